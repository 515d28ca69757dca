package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/dump"
	"github.com/safemigrate/safemigrate/migrate"
)

// unfinishedNote is the comment of a database that a restore has made and not finished.
const unfinishedNote = "safemigrate: a restore into this database has not ended"

// prepareTarget makes the database, or makes sure that it is empty.
func prepareTarget(ctx context.Context, config *pgx.ConnConfig, text, schema string, out *Restored) (server int, err error) {
	conn, err := pgx.ConnectConfig(ctx, config.Copy())
	if code(err) == "3D000" {
		if err := createTarget(ctx, config, text, schema, &out.Created); err != nil {
			return 0, err
		}
		conn, err = pgx.ConnectConfig(ctx, config.Copy())
	}
	if err != nil {
		return 0, connectFailure(config, err)
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	var things int
	var note string
	err = conn.QueryRow(ctx, `SELECT pg_catalog.current_setting('server_version_num')::int,
		(SELECT pg_catalog.count(*) FROM pg_catalog.pg_class c WHERE c.oid >= 16384 AND c.relpersistence <> 't'
			AND c.relnamespace <> 'pg_toast'::pg_catalog.regnamespace) +
		(SELECT pg_catalog.count(*) FROM pg_catalog.pg_proc p WHERE p.oid >= 16384) +
		(SELECT pg_catalog.count(*) FROM pg_catalog.pg_largeobject_metadata) +
		(SELECT pg_catalog.count(*) FROM pg_catalog.pg_namespace n WHERE n.oid >= 16384 AND n.nspname !~ '^pg_'),
		(SELECT coalesce(pg_catalog.shobj_description(d.oid, 'pg_database'), '') FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())`).
		Scan(&server, &things, &note)
	switch {
	case err != nil:
		return 0, fmt.Errorf("look whether the database is empty: %w", plain(err))
	case things > 0 && note == unfinishedNote:
		return 0, &migrate.Failure{Outcome: migrate.Usage, Op: fmt.Sprintf("restore into database %q", config.Database),
			Err: errors.New("it holds a part of a restore that has not ended"), State: "nothing was changed",
			Hint: "if no restore is at work any more: DROP DATABASE " + catalog.Quote(config.Database) + ", then run the same command again"}
	case things > 0:
		return 0, &migrate.Failure{Outcome: migrate.Usage, Op: fmt.Sprintf("restore into database %q", config.Database),
			Err: fmt.Errorf("it is not empty: it holds %d objects", things), State: "nothing was changed",
			Hint: "name a database that is not there yet, or an empty one, with --into"}
	}
	return server, nil
}

// maintenance connects to a database of the server that is there: the one that the
// connection string names, or the usual one.
func maintenance(ctx context.Context, config *pgx.ConnConfig, text string) (*pgx.Conn, error) {
	names := []string{"postgres"}
	if c, err := pgx.ParseConfig(text); err == nil && c.Database != config.Database {
		names = []string{c.Database, "postgres"}
	}
	var failed error
	for _, name := range names {
		other := config.Copy()
		other.Database = name
		conn, err := pgx.ConnectConfig(ctx, other)
		if err == nil {
			return conn, nil
		}
		failed = connectFailure(other, err)
	}
	return nil, failed
}

// createTarget makes the database as the dumped one was: its encoding and locale.
func createTarget(ctx context.Context, config *pgx.ConnConfig, text, schema string, created *bool) (err error) {
	conn, err := maintenance(ctx, config, text)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	var server int
	if err := conn.QueryRow(ctx, "SELECT pg_catalog.current_setting('server_version_num')::int").Scan(&server); err != nil {
		return fmt.Errorf("ask for the server's version: %w", plain(err))
	}
	form, err := dump.DatabaseForm(schema, server)
	if err != nil {
		return damaged(err)
	}
	// A server that has been told to stop may have made it all the same; the caller drops it.
	away := context.WithoutCancel(ctx)
	if _, err := conn.Exec(away, "CREATE DATABASE "+catalog.Quote(config.Database)+" "+form); err != nil {
		return &migrate.Failure{Outcome: migrate.Unchanged, Op: fmt.Sprintf("make database %q", config.Database), Err: plain(err), State: "nothing was changed",
			Hint: "have an empty database made, and name that with --into"}
	}
	*created = true
	if _, err := conn.Exec(away, "COMMENT ON DATABASE "+catalog.Quote(config.Database)+" IS "+catalog.Literal(unfinishedNote)); err != nil {
		return fmt.Errorf("mark database %q: %w", config.Database, plain(err))
	}
	return nil
}

// finishTarget takes the mark off a database into which all was restored.
func finishTarget(ctx context.Context, config *pgx.ConnConfig) (err error) {
	conn, err := pgx.ConnectConfig(ctx, config.Copy())
	if err != nil {
		return connectFailure(config, err)
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	if _, err := conn.Exec(ctx, "COMMENT ON DATABASE "+catalog.Quote(config.Database)+" IS NULL"); err != nil {
		return fmt.Errorf("take the mark off database %q: %w", config.Database, plain(err))
	}
	return nil
}

func dropTarget(ctx context.Context, config *pgx.ConnConfig, text string) (err error) {
	conn, err := maintenance(ctx, config, text)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	if _, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+catalog.Quote(config.Database)); err != nil {
		return fmt.Errorf("drop the unfinished database %q: %w", config.Database, plain(err))
	}
	return nil
}
