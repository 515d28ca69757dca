//go:build unix

package enginetest_test

import (
	"errors"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/migrate"
)

// TestObjectVanishes has another session drop what a rollback has just read and is
// about to use: its drop is committed only once the rollback waits for it. The
// rollback then either does without, or fails and changes nothing.
func TestObjectVanishes(t *testing.T) {
	t.Parallel()
	const setup = `CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 1); CREATE VIEW w AS SELECT id FROM t;
		CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 1'`
	for _, c := range []struct{ name, batch, drop, left string }{
		{"function that the batch made", "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';", "DROP FUNCTION f()", ""},
		{"function that the batch replaced", "CREATE OR REPLACE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 2';", "DROP FUNCTION g()", ""},
		{"type that the batch made", "CREATE TYPE e AS ENUM ('a');", "DROP TYPE e", ""},
		{"sequence that the batch made", "CREATE SEQUENCE s;", "DROP SEQUENCE s", ""},
		{"view that the batch made", "CREATE VIEW v AS SELECT id FROM t;", "DROP VIEW v", ""},
		{"view that the batch replaced", "CREATE OR REPLACE VIEW w AS SELECT id, n FROM t;", "DROP VIEW w", ""},
		{"view that has to make room", "ALTER TABLE t ALTER n TYPE bigint;", "DROP VIEW w", "; DROP VIEW w"},
		{"schema that the batch made", "CREATE SCHEMA z;", "DROP SCHEMA z", ""},
		{"table that the batch made", "CREATE TABLE u (a int);", "DROP TABLE u", ""},
		{"table that the batch altered", "ALTER TABLE t ADD z int;", "DROP TABLE t CASCADE", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := prepared(t, setup, map[string]string{"1_change.up.sql": c.batch})
			p.Up(t, everything)
			err := whileDropped(t, p, c.drop, func(db *safemigrate.DB) error {
				_, err := db.Rollback(t.Context(), takeOut)
				return err
			})
			if err != nil {
				again(t, p)
				return
			}
			// What the batch made would have gone anyway; what somebody else dropped stays away.
			rowsAre(t, prepared(t, setup+c.left, nil), p)
		})
	}
}

// TestObjectVanishesUnderUp has another session drop what a batch is about to lock or
// to change. The batch then fails, or does without, and nothing else is changed.
func TestObjectVanishesUnderUp(t *testing.T) {
	t.Parallel()
	const setup = `CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 1); CREATE TABLE u (a int); INSERT INTO u VALUES (1);
		CREATE VIEW w AS SELECT id FROM t; CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 1';`
	for _, c := range []struct{ name, batch, drop string }{
		{"table that it changes", "UPDATE u SET a = 2;", "DROP TABLE u;"},
		{"table that it alters", "ALTER TABLE u ADD b int;", "DROP TABLE u;"},
		{"table that it drops", "DROP TABLE u;", "DROP TABLE u;"},
		{"table that it drops where there is one", "DROP TABLE IF EXISTS u; ALTER TABLE t ADD b int;", "DROP TABLE u;"},
		{"column that it drops", "ALTER TABLE t DROP n;", "ALTER TABLE t DROP n;"},
		{"view that it replaces", "CREATE OR REPLACE VIEW w AS SELECT id, n FROM t;", "DROP VIEW w;"},
		{"function that it replaces", "CREATE OR REPLACE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 2';", "DROP FUNCTION g();"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := prepared(t, setup, map[string]string{"1_change.up.sql": c.batch})
			err := whileDropped(t, p, c.drop, func(db *safemigrate.DB) error {
				_, err := db.Up(t.Context(), everything)
				return err
			})
			model := prepared(t, setup+c.drop, nil)
			if err == nil { // it has done without, and can be taken back
				p.Rollback(t, takeBack)
			}
			rowsAre(t, model, p)
		})
	}
}

// whileDropped has another session drop something, and commit that once what is done
// meanwhile waits for it.
func whileDropped(t *testing.T, p *enginetest.Project, drop string, do func(*safemigrate.DB) error) error {
	t.Helper()
	other := p.DB.Connect(t)
	defer other.Close()
	if err := other.Run("BEGIN; " + drop); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	db := p.Open(t)
	go func() { done <- do(db) }()
	blocked(t, p, done)
	if err := other.Run("COMMIT"); err != nil {
		t.Fatal(err)
	}
	return ended(t, done, "what waited")
}

// again repeats a rollback after a failure, which has to have changed nothing: it does
// now, or names what somebody else did.
func again(t *testing.T, p *enginetest.Project) {
	t.Helper()
	left := p.DB.Fingerprint(t)
	_, err := p.TryRollback(t, takeOut)
	if err == nil {
		return
	}
	f, ok := errors.AsType[*safemigrate.Failure](err)
	if !ok || f.Outcome != migrate.Disagreement {
		t.Errorf("the second rollback: %v", err)
	}
	p.Is(t, left, "after two refusals")
}

// blocked waits until a session of the program waits for a lock, or has ended.
func blocked(t *testing.T, p *enginetest.Project, done chan error) {
	t.Helper()
	const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database()
		AND application_name LIKE 'safemigrate%' AND wait_event_type = 'Lock'`
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(pollWait) {
		if len(p.Rows(t, waiting)) > 0 {
			return
		}
		select {
		case err := <-done:
			done <- err
			return
		default:
		}
	}
	t.Fatal("the rollback neither waits nor ends")
}
