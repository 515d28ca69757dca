package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/failpoint"
	"github.com/safemigrate/safemigrate/migrate"
)

// swap gives the name of the database to the copy, in one transaction of a session on a
// third database. The renaming locks the database before it looks who is connected, and
// looks for five seconds: this session, which has kept writers out since the rows were
// counted, ends only when that lock is held and nobody else is there, so nobody gets in
// between. A crash before COMMIT changes nothing; after it, all of it is true.
func (x *exchange) swap(ctx context.Context, third *DB, fresh []catalog.Grant) (done bool, err error) {
	away := context.WithoutCancel(ctx)
	if err := third.Begin(ctx, migrate.Step{}); err != nil {
		return false, err
	}
	defer func() {
		if !done && !third.conn.IsClosed() {
			err = errors.Join(err, third.Abort(away))
		}
	}()
	name := catalog.Quote(x.own.Name)
	x.tellf("exchanging the databases")
	if err := x.stepAside(ctx, third, "ALTER DATABASE "+name+" RENAME TO "+catalog.Quote(x.aside)); err != nil {
		return false, err
	}
	failpoint.Hit("postgres.clone.renamed")
	statements := []string{
		"ALTER DATABASE " + catalog.Quote(x.image.Name) + " RENAME TO " + name,
		"COMMENT ON DATABASE " + catalog.Quote(x.aside) + " IS " + catalog.Literal(cloneNote(x.req.ID, x.req.Database.OID)),
		fmt.Sprintf("ALTER DATABASE %s CONNECTION LIMIT %d", name, x.own.limit),
	}
	if x.own.pattern {
		statements = append(statements, "ALTER DATABASE "+name+" IS_TEMPLATE true")
	}
	for _, s := range append(statements, propertyStatements(name, x.back, fresh)...) {
		if err := third.script(away, s); err != nil {
			return false, fmt.Errorf("exchange the databases: %w", err)
		}
	}
	failpoint.Hit("postgres.clone.exchanged")
	err = third.Commit(away)
	failpoint.Hit("postgres.clone.committed")
	if _, unknown := errors.AsType[*migrate.UnknownCommitError](err); unknown {
		return x.settle(away, err)
	}
	return err == nil, err
}

// stepAside sends the first renaming and ends this session for it.
func (x *exchange) stepAside(ctx context.Context, third *DB, rename string) error {
	sent := make(chan error, 1)
	within, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { sent <- third.script(within, rename) }()
	for {
		alone, err := x.emptied(ctx, third)
		if err != nil {
			cancel()
			return errors.Join(err, cancelled(<-sent))
		}
		if alone {
			break
		}
		select {
		case err := <-sent:
			if code(err) == inUse { // those who were told to end take too long
				return x.inTheWay(context.WithoutCancel(ctx), x.own.Name, err)
			}
			return fmt.Errorf("rename the database: %w", errors.Join(err, errors.New("the server did not wait for this session")))
		case <-time.After(pollEvery / 10):
		}
	}
	x.away = true
	if err := x.end(ctx); err != nil {
		x.tellf("the session did not end in order: %v", err)
	}
	err := <-sent
	if code(err) == inUse {
		return third.inTheWay(context.WithoutCancel(ctx), x.own.Name, err)
	}
	if err != nil {
		return fmt.Errorf("rename the database: %w", err)
	}
	return nil
}

// emptied reports whether nobody else is connected, and nobody can be any more. Who is
// there then is in the way, or is ended.
func (x *exchange) emptied(ctx context.Context, third *DB) (bool, error) {
	held, err := x.renaming(ctx, third)
	if err != nil || !held {
		return false, err
	}
	there, err := x.others(ctx, x.own.Name)
	switch {
	case err != nil:
		return false, err
	case len(there) == 0:
		return true, x.unalteredAlone(ctx)
	case !x.req.EndSessions:
		return false, &migrate.SessionsError{Database: x.own.Name, Sessions: names(there)}
	}
	return false, x.endOthers(ctx, there)
}

// unalteredAlone looks once more when nobody can come any more, as far as there is time for it:
// the server waits no longer than that for this session to end.
func (x *exchange) unalteredAlone(ctx context.Context) error {
	const long = longestAlone / 5
	if x.reading < long {
		if err := x.unaltered(ctx); err != nil {
			return err
		}
	}
	if x.summing < long {
		return x.objectsUnaltered(ctx)
	}
	return nil
}

// cancelled is what a statement that was given up has to say beside that.
func cancelled(err error) error {
	if err == nil || code(err) == "57014" || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// renaming reports whether the session that renames has the lock that keeps others from
// connecting.
func (x *exchange) renaming(ctx context.Context, third *DB) (bool, error) {
	found, err := x.Query(ctx, `SELECT 1 FROM pg_catalog.pg_locks WHERE pid = $1 AND granted AND locktype = 'object' AND mode = 'AccessExclusiveLock'
		AND classid = 'pg_catalog.pg_database'::pg_catalog.regclass AND objid = $2`, int64(third.conn.PgConn().PID()), x.own.OID)
	if err != nil {
		return false, fmt.Errorf("look at the lock on the database: %w", err)
	}
	return len(found) > 0, nil
}

// settle finds out which database has the name after a commit whose answer was lost.
func (x *exchange) settle(ctx context.Context, cause error) (bool, error) {
	third, err := x.outside(ctx)
	if err != nil {
		return false, cause
	}
	found, err := third.lookUp(ctx, x.own.Name)
	if err = errors.Join(err, third.end(ctx)); err != nil || found == nil {
		return false, cause
	}
	if found.OID == x.image.OID {
		return true, nil
	}
	return false, errors.New("the connection was lost before the databases were exchanged")
}

// reopen opens the session anew, on the database that has the name now. It holds no lock
// of safemigrate's any more.
func (d *DB) reopen(ctx context.Context) error {
	config := d.conn.Config().Copy()
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return connectFailure(config, err)
	}
	d.conn, d.locks, d.batch = conn, nil, nil
	d.own, d.dirty, d.middle, d.kept = false, true, false, nil
	d.watch = d.script(ctx, watchScript) == nil
	return nil
}
