//go:build unix

package enginetest_test

import (
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/migrate"
)

// counting has the server count the statements that drop something, in a
// sequence, which keeps count of those that are undone, too.
const counting = `CREATE SCHEMA seen; CREATE SEQUENCE seen.drops;
	CREATE FUNCTION seen.count() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN PERFORM nextval('seen.drops'); END $$;
	CREATE EVENT TRIGGER counting ON sql_drop EXECUTE FUNCTION seen.count();`

const rehearsed = "CREATE TABLE t (id integer PRIMARY KEY, n integer); INSERT INTO t VALUES (1, 10);" +
	"CREATE VIEW v AS SELECT id FROM t; CREATE TABLE o (t integer REFERENCES t); INSERT INTO o VALUES (1);"

// TestRehearsalOnlyWhereItTells: nothing is tried where the way back only drops
// what the batch made, or exchanges rows.
func TestRehearsalOnlyWhereItTells(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, batch string
		drops       string // of the batch and of the rehearsal
	}{
		{"additive", "CREATE TABLE n (id serial PRIMARY KEY, t integer REFERENCES t); ALTER TABLE t ADD x integer NOT NULL DEFAULT 7, ADD CHECK (x > 0);" +
			"CREATE INDEX ON t ((n + 1)); CREATE VIEW w AS SELECT x FROM t; CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1';" +
			"INSERT INTO t VALUES (2, 20);", "none"},
		{"rows", "UPDATE t SET n = 11; DELETE FROM o;", "none"},
		{"names, rights and comments", "ALTER TABLE t RENAME n TO m; ALTER VIEW v RENAME TO w; GRANT SELECT ON t TO PUBLIC; COMMENT ON VIEW w IS 'x';", "none"},
		{"plain index", "CREATE INDEX i ON t (n); DROP INDEX i;", "1"},
		{"view replaced, table made", "CREATE TABLE n (id integer); CREATE OR REPLACE VIEW v AS SELECT id, n FROM t;", "2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := prepared(t, rehearsed, map[string]string{"1_t.up.sql": c.batch})
			d := postgresOf(t, p)
			before := d.Fingerprint(t)
			d.AdminExec(t, counting)
			p.Up(t, safemigrate.UpOptions{})
			const count = "SELECT coalesce(last_value::text, 'none') FROM pg_catalog.pg_sequences WHERE sequencename = 'drops'"
			d.AdminExec(t, "GRANT USAGE ON SCHEMA seen TO PUBLIC; GRANT SELECT ON SEQUENCE seen.drops TO PUBLIC")
			if got := strings.Join(p.Rows(t, count), ""); got != c.drops {
				t.Errorf("%s statements dropped something, want %s", got, c.drops)
			}
			d.AdminExec(t, "DROP EVENT TRIGGER counting; DROP SCHEMA seen CASCADE")
			p.Rollback(t, takeOut)
			p.Is(t, before, "after the rollback")
		})
	}
}

// TestRehearsalYields: a table that the batch has nothing to do with, and that
// somebody else reads, is not waited for; up says what it could not try.
func TestRehearsalYields(t *testing.T) {
	t.Parallel()
	p := prepared(t, rehearsed, map[string]string{"1_t.up.sql": "ALTER TABLE t DROP COLUMN n;"})
	before := p.DB.Fingerprint(t)
	reader := p.DB.Connect(t)
	defer reader.Close()
	if err := reader.Run("BEGIN; SELECT * FROM o"); err != nil {
		t.Fatal(err)
	}
	report := p.Up(t, safemigrate.UpOptions{})
	if got := strings.Join(report.Effect.Warnings, "; "); !strings.Contains(got, "could not be tried: dropping constraint") {
		t.Errorf("the report warns of %q", got)
	}
	if !strings.Contains(p.Notices(), "warning: the way back was planned") {
		t.Errorf("nothing was said: %s", p.Notices())
	}
	if err := reader.Run("COMMIT"); err != nil {
		t.Fatal(err)
	}
	p.Rollback(t, takeBack)
	p.Is(t, before, "after the rollback")
}

// TestRehearsalAtEveryCommit: what cannot be taken back is found before the
// commit of the step that does it, and the steps before it are restored.
func TestRehearsalAtEveryCommit(t *testing.T) {
	t.Parallel()
	p := prepared(t, rehearsed+"CREATE OR REPLACE VIEW v AS SELECT id FROM v;", map[string]string{
		"1_t.up.sql": "INSERT INTO t VALUES (2, 20);", "2_t.up.sql": "CREATE INDEX CONCURRENTLY i ON t (n);", "3_t.up.sql": "DROP VIEW v;"})
	before := p.DB.Fingerprint(t)
	_, err := p.TryUp(t, safemigrate.UpOptions{})
	enginetest.Fails(t, err, migrate.NoWayBack, "the way back was tried", "view public.v")
	p.Is(t, before, "after the refusal")
}
