package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/dump"
	"github.com/safemigrate/safemigrate/internal/failpoint"
	"github.com/safemigrate/safemigrate/migrate"
)

// unfinishedNote is the comment of a database that a restore has made and not finished; of
// one that was there, what stands behind it is its own.
const (
	unfinishedNote = "safemigrate: a restore into this database has not ended"
	noteOfOwner    = "; it was there, with the comment: "
)

// unlockTime is for how long a session is asked to give its lock back.
const unlockTime = 5 * time.Second

// target is the database that a restore fills. A session holds safemigrate's lock on it
// meanwhile, so that a second restore keeps out of it, and sees whether one died.
type target struct {
	config  *pgx.ConnConfig
	text    string // connection string
	conn    *pgx.Conn
	third   *pgx.Conn // claims the name, and makes and drops; nil where no other database can be reached
	barred  error     // why none can
	server  int       // server_version_num
	oid     uint32    // of the database
	made    bool      // by this restore
	comment string    // of one that was there
	marked  bool      // so that its own comment has to come back
}

// openTarget makes the database, or makes sure that it is empty.
func openTarget(ctx context.Context, config *pgx.ConnConfig, text, schema string) (t *target, err error) {
	t = &target{config: config, text: text}
	defer func() {
		if err != nil {
			err = errors.Join(err, t.abandon(ctx))
		}
	}()
	if err := t.claim(ctx); err != nil {
		return t, err
	}
	for {
		t.conn, err = pgx.ConnectConfig(ctx, config.Copy())
		if code(err) == "3D000" && !t.made {
			if err := t.create(ctx, schema); err != nil {
				return t, err
			}
			continue
		}
		if err != nil {
			return t, connectFailure(config, err)
		}
		// One that a dead restore made and brought nothing into may have another form.
		if again, err := t.look(ctx); err != nil || !again {
			return t, err
		}
		if err := t.drop(ctx); err != nil {
			return t, err
		}
	}
}

// look makes sure that nobody else restores into the database, and that it is empty. It
// tells whether it was made by a restore that died before it brought anything.
func (t *target) look(ctx context.Context) (again bool, err error) {
	var free bool
	var things int
	var oid uint32
	var note string
	err = t.conn.QueryRow(ctx, `SELECT pg_catalog.current_setting('server_version_num')::int, pg_catalog.pg_try_advisory_lock($1),
		(SELECT pg_catalog.count(*) FROM pg_catalog.pg_class c WHERE c.oid >= 16384 AND c.relpersistence <> 't'
			AND c.relnamespace <> 'pg_toast'::pg_catalog.regnamespace) +
		(SELECT pg_catalog.count(*) FROM pg_catalog.pg_proc p WHERE p.oid >= 16384) +
		(SELECT pg_catalog.count(*) FROM pg_catalog.pg_largeobject_metadata) +
		(SELECT pg_catalog.count(*) FROM pg_catalog.pg_namespace n WHERE n.oid >= 16384 AND n.nspname !~ '^pg_'),
		d.oid, coalesce(pg_catalog.shobj_description(d.oid, 'pg_database'), '')
		FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()`, lockKey).
		Scan(&t.server, &free, &things, &oid, &note)
	if err == nil {
		_, err = t.conn.Exec(ctx, "SET idle_session_timeout = 0") // it waits for as long as the restore takes
	}
	if !t.made {
		t.oid = oid
	}
	rest, unfinished := strings.CutPrefix(note, unfinishedNote)
	refused := &migrate.Failure{Outcome: migrate.Usage, Op: t.operation(), State: "nothing was changed"}
	switch {
	case err != nil:
		return false, fmt.Errorf("look whether the database is empty: %w", plain(err))
	case !free:
		return false, t.atWork()
	case things > 0 && unfinished:
		refused.Err, refused.Hint = errors.New("it holds a part of a restore that has not ended"),
			"no restore is at work in it any more: DROP DATABASE "+catalog.Quote(t.config.Database)+", then run the same command again"
		return false, refused
	case things > 0:
		refused.Err, refused.Hint = fmt.Errorf("it is not empty: it holds %d objects", things), "name a database that is not there yet, or an empty one, with --into"
		return false, refused
	}
	t.comment = note
	if unfinished {
		t.comment = strings.TrimPrefix(rest, noteOfOwner)
	}
	return unfinished && rest == "" && !t.made, nil
}

// refusePart keeps everything out of a database that holds a part of a restore which died:
// history and tables are not those of any version.
func (d *DB) refusePart(ctx context.Context) error {
	found, err := d.Query(ctx, `SELECT datname FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()
		AND pg_catalog.starts_with(pg_catalog.shobj_description(oid, 'pg_database'), $1)`, unfinishedNote)
	if err != nil || len(found) == 0 {
		return err
	}
	name := found[0].Text(0)
	return &migrate.Failure{Outcome: migrate.Unchanged, Op: "lock the database", State: "the database was not changed",
		Err:  fmt.Errorf("database %q holds a part of a snapshot restore that has not ended", name),
		Hint: "run that safemigrate snapshot restore again; where it finds a part there, DROP DATABASE " + catalog.Quote(name) + " first"}
}

// mark says in the comment of a database that was there that it holds a part, as long as
// it does. Who does not own it cannot.
func (t *target) mark(ctx context.Context) error {
	if t.made {
		return nil
	}
	err := t.say(ctx, unfinishedNote+noteOfOwner+t.comment)
	t.marked = err == nil
	if code(err) == "42501" {
		return nil
	}
	return err
}

// say gives the database a comment; "": none.
func (t *target) say(ctx context.Context, comment string) error {
	if _, err := t.conn.Exec(ctx, t.commented(comment)); err != nil {
		return fmt.Errorf("mark database %q: %w", t.config.Database, plain(err))
	}
	return nil
}

func (t *target) commented(comment string) string {
	value := "NULL"
	if comment != "" {
		value = catalog.Literal(comment)
	}
	return "COMMENT ON DATABASE " + catalog.Quote(t.config.Database) + " IS " + value
}

// finish takes the mark off a database into which all was restored. With it, in one
// transaction, one that was made gets what the dumped one had beside what is in it: owner,
// settings, connection limit, comment, privileges. It lists what this role may not give, or
// what names a role that is not there.
func (t *target) finish(ctx context.Context, p dump.Properties) (not []string, err error) {
	if !t.made && !t.marked {
		return nil, nil
	}
	// The session with the lock has waited for long, and may be gone.
	conn, err := pgx.ConnectConfig(ctx, t.config.Copy())
	if err != nil {
		return nil, connectFailure(t.config, err)
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	tx, err := conn.Begin(ctx)
	if err == nil {
		_, err = tx.Exec(ctx, t.commented(t.comment))
	}
	if err != nil {
		return nil, fmt.Errorf("take the mark off database %q: %w", t.config.Database, plain(err))
	}
	if t.made {
		if not, err = give(ctx, tx, p, t.config.Database); err != nil {
			return not, err
		}
	}
	failpoint.Hit("postgres.restore.given")
	if err := tx.Commit(ctx); err != nil {
		return not, fmt.Errorf("take the mark off database %q: %w", t.config.Database, plain(err))
	}
	failpoint.Hit("postgres.restore.finished")
	return not, nil
}

// give carries out the statements that this role may; the others are listed.
func give(ctx context.Context, tx pgx.Tx, p dump.Properties, database string) (not []string, err error) {
	all := p.Statements
	if p.Owner != "" {
		all = append([][]string{{"ALTER DATABASE " + catalog.Quote(database) + " OWNER TO " + catalog.Quote(p.Owner)}}, all...)
	}
	for _, together := range all {
		for _, statement := range together {
			err := pgx.BeginFunc(ctx, tx, func(one pgx.Tx) error {
				_, err := one.Exec(ctx, statement)
				return err //nolint:wrapcheck // it is told below
			})
			if code(err) == "" && err != nil {
				return not, fmt.Errorf("give the database its settings and privileges: %w", err)
			}
			if err != nil {
				not = append(not, fmt.Sprintf("%s: %v", withoutValue(statement), plain(err)))
				break
			}
		}
	}
	return not, nil
}

// abandon drops a database that was made; one that was there keeps what it holds.
func (t *target) abandon(ctx context.Context) error {
	away := context.WithoutCancel(ctx)
	var err error
	if t.made {
		err = t.drop(away)
	}
	t.close(away)
	return err
}

// close gives the locks back.
func (t *target) close(ctx context.Context) {
	leave(ctx, t.conn)
	leave(ctx, t.third)
	t.conn, t.third = nil, nil
}

// leave gives the locks of a session back and ends it. The server ends one some time after
// it was told to, and who comes next must not find the lock taken.
func leave(ctx context.Context, conn *pgx.Conn) {
	if conn == nil {
		return
	}
	away, cancel := context.WithTimeout(context.WithoutCancel(ctx), unlockTime)
	defer cancel()
	_, _ = conn.Exec(away, "SELECT pg_catalog.pg_advisory_unlock_all()") // a session that is gone has no lock
	_ = conn.Close(away)                                                 // nothing was to be written any more
}

// create makes the database as the dumped one was: its encoding and locale.
func (t *target) create(ctx context.Context, schema string) error {
	if t.third == nil {
		return t.barred
	}
	conn := t.third
	var server int
	if err := conn.QueryRow(ctx, "SELECT pg_catalog.current_setting('server_version_num')::int").Scan(&server); err != nil {
		return fmt.Errorf("ask for the server's version: %w", plain(err))
	}
	form, err := dump.DatabaseForm(schema, server)
	if err != nil {
		return damaged(err)
	}
	// A server that has been told to stop may have made it all the same.
	away := context.WithoutCancel(ctx)
	if err := t.createMarked(away, conn, form); err != nil {
		return &migrate.Failure{Outcome: migrate.Unchanged, Op: fmt.Sprintf("make database %q", t.config.Database), Err: plain(err), State: "nothing was changed",
			Hint: "have an empty database made, and name that with --into"}
	}
	t.made = true
	failpoint.Hit("postgres.restore.made")
	return nil
}

// createMarked makes the database under a name that tells whose it is, for it is made in no
// transaction: one that has its own name has its mark, too.
func (t *target) createMarked(ctx context.Context, conn *pgx.Conn, form string) error {
	unnamed := catalog.Quote(cloneName(t.config.Database, "restoring"))
	drop := "DROP DATABASE IF EXISTS " + unnamed
	if _, err := conn.Exec(ctx, drop); err != nil {
		return err //nolint:wrapcheck // the caller says what was tried
	}
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+unnamed+" "+form); err != nil {
		return err //nolint:wrapcheck // as above
	}
	failpoint.Hit("postgres.restore.created")
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "ALTER DATABASE "+unnamed+" RENAME TO "+catalog.Quote(t.config.Database)+"; "+t.commented(unfinishedNote)); err != nil {
			return err //nolint:wrapcheck // as above
		}
		return tx.QueryRow(ctx, "SELECT oid FROM pg_catalog.pg_database WHERE datname = $1", t.config.Database).Scan(&t.oid)
	})
	if err != nil {
		_, failed := conn.Exec(ctx, drop)
		return errors.Join(err, failed)
	}
	return nil
}

// drop drops a database that holds a part, or nothing, of a restore that made it. Of its
// sessions none may be left that keeps others out, so it makes sure that it is still the same.
func (t *target) drop(ctx context.Context) error {
	if t.third == nil || t.third.Ping(ctx) != nil { // it has waited for long, and may be gone
		leave(ctx, t.third)
		t.third = nil
		if err := t.claim(ctx); err != nil {
			return err
		}
	}
	leave(ctx, t.conn)
	t.conn = nil
	if t.third == nil {
		return t.barred
	}
	var another bool
	err := t.third.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = $1 AND oid <> $2)", t.config.Database, t.oid).Scan(&another)
	if err == nil && another {
		return fmt.Errorf("another database has the name %q by now, and stays", t.config.Database)
	}
	if err == nil {
		_, err = t.third.Exec(ctx, "DROP DATABASE IF EXISTS "+catalog.Quote(t.config.Database))
	}
	if err != nil {
		return fmt.Errorf("drop the unfinished database %q: %w", t.config.Database, plain(err))
	}
	return nil
}
