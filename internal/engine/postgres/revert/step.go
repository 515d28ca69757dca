package revert

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// step is one statement, and what it does in words.
type step struct {
	sql  string
	what string
	runs bool   // calls functions of the user, whose bodies may rely on a search_path
	rows bool   // moves or checks rows and does nothing else: a rehearsal leaves it out
	none string // in place of sql: a query that counts what must not be there

	takes address // of a table that stays, whose rows it deletes
	fills string  // the materialized view that it fills, in words
	casts address // of a table whose present values it reads as ones of the types that they had
}

func (r *run) exec(ctx context.Context, steps []step) error {
	for _, s := range steps {
		if s.rows && r.plan.in.Rehearsal {
			continue
		}
		err := r.one(ctx, s)
		if err != nil && s.casts != (address{}) {
			return &castError{s.casts, err}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *run) one(ctx context.Context, s step) error {
	if s.none != "" {
		return r.mustBeNone(ctx, s)
	}
	err := r.execOne(ctx, s)
	if err != nil && s.fills != "" && OfQuery(err) {
		return &FillError{s.fills, err}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.what, err)
	}
	return nil
}

func (r *run) mustBeNone(ctx context.Context, s step) error {
	n, err := Count(ctx, r.conn, s.none)
	if err != nil {
		return fmt.Errorf("looking for %s: %w", s.what, err)
	}
	if n > 0 {
		return fmt.Errorf("%w: %s: %d", ErrConflict, s.what, n)
	}
	return nil
}

// Count counts rows by a query that may call functions of the user.
func Count(ctx context.Context, conn Conn, query string) (n int64, err error) {
	err = underEither(ctx, conn, func() error { return conn.QueryRow(ctx, query).Scan(&n) })
	return n, err
}

func (r *run) execOne(ctx context.Context, s step) error {
	s.sql = Respell(s.sql)
	var tag pgconn.CommandTag
	run := func() (err error) {
		tag, err = r.conn.Exec(ctx, s.sql)
		return err
	}
	// The server leaves invalidations of ALTER DOMAIN unprocessed, and then refuses
	// the next savepoint; one around the statement itself takes care of them.
	if !s.runs && !strings.HasPrefix(s.sql, "ALTER DOMAIN ") {
		return run()
	}
	if err := underEither(ctx, r.conn, run); err != nil {
		return err
	}
	if s.takes != (address{}) {
		r.plan.TakenOut[s.takes.OID] += tag.RowsAffected()
	}
	return nil
}

// underEither does something under search_path pg_catalog, for every name is qualified
// there. Where a function of the user does not find what it names, the session's own
// search_path is tried, under which it was made to run.
func underEither(ctx context.Context, conn Conn, do func() error) error {
	if _, err := conn.Exec(ctx, "SAVEPOINT safemigrate_step"); err != nil {
		return err
	}
	err := do()
	if err != nil && unknownName(err) {
		if _, back := conn.Exec(ctx, "ROLLBACK TO SAVEPOINT safemigrate_step"); back != nil {
			return errors.Join(err, back)
		}
		err = asUser(ctx, conn, do)
	}
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "RELEASE SAVEPOINT safemigrate_step")
	return err
}

func asUser(ctx context.Context, conn Conn, do func() error) error {
	const usual = `SELECT set_config('search_path', reset_val, true) FROM pg_catalog.pg_settings WHERE name = 'search_path'`
	if _, err := conn.Exec(ctx, usual); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	_, err := conn.Exec(ctx, "SET LOCAL search_path = pg_catalog")
	return err
}

// unknownName says whether the server did not find a table, function, type,
// operator, schema or column.
func unknownName(err error) bool {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return false
	}
	switch pg.Code {
	case "42P01", "42883", "42704", "3F000", "42703":
		return true
	}
	return false
}

// mayRun says whether creating an object can call functions of the user.
func mayRun(o *object) bool {
	switch o.Kind {
	case catalog.KindConstraint, catalog.KindIndex, catalog.KindMatview:
		return true
	case catalog.KindTable:
		return strings.Contains(o.Create, " GENERATED ALWAYS AS (")
	}
	return false
}
