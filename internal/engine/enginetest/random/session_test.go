//go:build unix

package random

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/safemigrate/safemigrate/internal/testpg"
)

func TestMain(m *testing.M) { testpg.Main(m) }

// Two more roles: one that privileges are granted to, and one that things are
// given to.
const (
	reader = `"a Reader"`
	keeper = "keeper"
)

var others struct {
	once sync.Once
	err  error
}

// newDatabase is an empty database whose owner may give things to keeper.
func newDatabase(tb testing.TB) *testpg.Database {
	tb.Helper()
	db := testpg.Start(tb).Database(tb)
	others.once.Do(func() { others.err = makeRoles(tb.Context(), db) })
	if others.err != nil {
		tb.Fatal(others.err)
	}
	db.AdminExec(tb, fmt.Sprintf("GRANT %[1]s TO %[2]s; GRANT CREATE ON DATABASE %[3]s TO %[1]s; GRANT CREATE ON SCHEMA public TO %[1]s", keeper, db.Role, db.Name))
	return db
}

func makeRoles(ctx context.Context, db *testpg.Database) error {
	conn, err := pgx.Connect(ctx, db.AdminURL)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.PgConn().Exec(ctx, "CREATE ROLE "+reader+"; CREATE ROLE "+keeper).ReadAll()
	return err
}

// session is one connection with an open transaction that is never committed.
type session struct {
	*pgx.Conn
	ctx context.Context
}

func open(tb testing.TB, db *testpg.Database) *session {
	tb.Helper()
	s := &session{Conn: connect(tb, db), ctx: tb.Context()}
	s.must(tb, "SET client_min_messages = error; SET default_toast_compression = 'pglz'; SET statement_timeout = '20s'")
	return s
}

// statementsKept is more than there are different statements in reading a schema: a
// session reads it thousands of times, and planning takes longer than running.
const statementsKept = 512

func connect(tb testing.TB, db *testpg.Database) *pgx.Conn {
	tb.Helper()
	config, err := pgx.ParseConfig(db.URL)
	if err != nil {
		tb.Fatalf("connecting: %v", err)
	}
	config.StatementCacheCapacity = statementsKept
	conn, err := pgx.ConnectConfig(tb.Context(), config)
	if err != nil {
		tb.Fatalf("connecting: %v", err)
	}
	tb.Cleanup(func() { _ = conn.Close(context.Background()) }) // one that is gone is closed, too
	return conn
}

func (s *session) script(sql string) error {
	_, err := s.PgConn().Exec(s.ctx, sql).ReadAll()
	return err
}

func (s *session) must(tb testing.TB, sql string) {
	tb.Helper()
	if err := s.script(sql); err != nil {
		tb.Fatalf("%s: %v", sql, err)
	}
}

// begin opens a transaction in which deferred constraints are checked at once,
// as at the end of each statement's own.
func (s *session) begin() error { return s.script("BEGIN; SET CONSTRAINTS ALL IMMEDIATE") }

// try runs a statement in a savepoint; one that the server refuses leaves
// nothing behind.
func (s *session) try(sql string) (done bool, err error) {
	if err := s.script("SAVEPOINT attempt"); err != nil {
		return false, err
	}
	err = s.script(sql)
	var answer *pgconn.PgError
	switch {
	case err == nil:
		return true, s.script("RELEASE SAVEPOINT attempt")
	case !errors.As(err, &answer) || answer.Severity == "FATAL":
		return false, fmt.Errorf("%s: %w", sql, err)
	}
	return false, s.script("ROLLBACK TO SAVEPOINT attempt; RELEASE SAVEPOINT attempt")
}

// own puts the settings in force under which the engine reads; users puts the
// application's back.
func (s *session) own() error {
	return s.script(`SET LOCAL search_path = pg_catalog, pg_temp; SET LOCAL row_security = off; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL IntervalStyle = 'postgres';
		SET LOCAL TimeZone = 'UTC'; SET LOCAL extra_float_digits = 3; SET LOCAL bytea_output = 'hex'; SET LOCAL check_function_bodies = off; SET LOCAL lc_monetary = 'C'`)
}

func (s *session) users() error {
	return s.script(`RESET ALL; SET LOCAL client_min_messages = error`)
}
