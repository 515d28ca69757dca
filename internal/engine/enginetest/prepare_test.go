//go:build unix

package enginetest_test

import (
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/migrate"
)

const besideSchemas = `SELECT nspname FROM pg_namespace WHERE nspname ~ '^safemigrate_beside_' ORDER BY 1`

// dropsMuch loses a column of t, which has everything, the key column of k, and d.
const dropsMuch = `ALTER TABLE t DROP COLUMN z; ALTER TABLE k DROP COLUMN id; DROP TABLE d;`

const muchToDrop = items + `CREATE TABLE k (id integer PRIMARY KEY, v text); INSERT INTO k VALUES (1, 'x'), (2, 'y');
	CREATE TABLE d (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v text UNIQUE, CHECK (v <> '')); INSERT INTO d (v) VALUES ('p'), ('q');
	CREATE FUNCTION twice(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2'; CREATE INDEX t_twice ON t (twice(n));
	COMMENT ON INDEX t_twice IS 'twice'; GRANT SELECT ON d TO PUBLIC;`

// TestPrepareEachWay builds tables of every way ahead, and has the rollback use them.
func TestPrepareEachWay(t *testing.T) {
	t.Parallel()
	p := prepared(t, muchToDrop, map[string]string{"1_batch.up.sql": dropsMuch})
	start := p.DB.Fingerprint(t)
	p.Up(t, everything)
	report := p.Prepare(t)
	if len(report.Tables) != 3 || len(report.Left) != 0 || len(p.Rows(t, besideSchemas)) != 3 {
		t.Fatalf("prepared: %+v", report)
	}
	if again := p.Prepare(t); len(again.Tables) != 3 || len(p.Rows(t, besideSchemas)) != 3 {
		t.Errorf("prepared again: %+v", again)
	}
	ready(t, p, map[string]string{"public.t": "ready", "public.k": "ready", "public.d": "ready"})
	p.Rollback(t, takeBack)
	p.Is(t, start, "after the rollback")
	if left := p.Rows(t, besideSchemas); len(left) != 0 {
		t.Errorf("left behind: %q", left)
	}
	p.Rollback(t, undoIt)
	ready(t, p, map[string]string{"public.t": "", "public.k": "", "public.d": ""})
	p.Prepare(t)
	p.Rollback(t, takeBack)
	p.Is(t, start, "after the second rollback")
}

// ready compares what the plan of a rollback says about tables that were prepared.
func ready(t *testing.T, p *enginetest.Project, want map[string]string) {
	t.Helper()
	for _, line := range p.Rollback(t, safemigrate.RollbackOptions{Plan: true}).Tables {
		if line.Prepared != want[line.Name] {
			t.Errorf("%s is %q, not %q", line.Name, line.Prepared, want[line.Name])
		}
		if line.Prepared == "ready" && line.Bytes != 0 {
			t.Errorf("%s is ready, and costs %d bytes", line.Name, line.Bytes)
		}
	}
}

// TestPrepareUnfit changes something after the preparation: what was built is not
// used, and the rollback is what it would have been without.
func TestPrepareUnfit(t *testing.T) {
	t.Parallel()
	const changed, written = "not used: something of the schema was changed since", "not used: somebody wrote to it"
	for _, c := range []struct{ name, later, t string }{
		{"a function that an index calls", `CREATE OR REPLACE FUNCTION twice(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1 + $1'`, changed},
		{"an index that somebody added", `CREATE INDEX t_later ON t (n)`, changed},
		{"a comment and a view that somebody added", `COMMENT ON COLUMN t.a IS 'later'; CREATE VIEW later AS SELECT id FROM t`, "ready"},
		{"rows of what was built", `DO $$ BEGIN EXECUTE (SELECT format('UPDATE %I.t SET n = 0', n.nspname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
			WHERE c.relname = 't' AND n.nspname ~ '^safemigrate_beside_'); END $$`, written},
		{"what was built is gone", `DO $$ BEGIN EXECUTE (SELECT format('DROP TABLE %I.t', n.nspname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
			WHERE c.relname = 't' AND n.nspname ~ '^safemigrate_beside_'); END $$`, "not used: it is not there any more"},
		{"the table was emptied", `TRUNCATE t`, "catches up"},
		{"all rows were written anew", `UPDATE t SET n = n`, "catches up"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{"1_batch.up.sql": dropsMuch}
			model, p := prepared(t, muchToDrop, files), prepared(t, muchToDrop, files)
			for _, x := range []*enginetest.Project{model, p} {
				x.Up(t, everything)
			}
			p.Prepare(t)
			p.Exec(t, c.later)
			if !strings.Contains(c.later, "safemigrate") {
				model.Exec(t, c.later)
			}
			for _, line := range p.Rollback(t, safemigrate.RollbackOptions{Plan: true}).Tables {
				if line.Name == "public.t" && line.Prepared != c.t {
					t.Errorf("t is %q, not %q", line.Prepared, c.t)
				}
			}
			errModel := rollbackAll(t, model)
			if err := rollbackAll(t, p); (err == nil) != (errModel == nil) {
				t.Fatalf("with what was built: %v; without: %v", err, errModel)
			}
			rowsAre(t, model, p)
		})
	}
}

func rollbackAll(t *testing.T, p *enginetest.Project) error {
	t.Helper()
	_, err := p.TryRollback(t, takeOut)
	return err
}

// TestPrepareIsInNobodysWay has a later batch drop what the built tables rest on, and
// has each command that removes them do so.
func TestPrepareIsInNobodysWay(t *testing.T) {
	t.Parallel()
	const setup = `CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE t (id integer PRIMARY KEY, m mood, z text); INSERT INTO t VALUES (1, 'sad', 'a');`
	p := prepared(t, setup, map[string]string{"1_batch.up.sql": "ALTER TABLE t DROP COLUMN z;", "2_types.up.sql": "DROP TABLE t; DROP TYPE mood;"})
	start := p.DB.Fingerprint(t)
	p.Up(t, safemigrate.UpOptions{Limit: 1, Prepare: true})
	none := func(when string) {
		t.Helper()
		if left := p.Rows(t, besideSchemas); len(left) != 0 {
			t.Errorf("%s there is %q", when, left)
		}
	}
	if len(p.Rows(t, besideSchemas)) != 1 {
		t.Fatal("up did not prepare")
	}
	status, err := p.Open(t).Status(t.Context())
	if err != nil || len(status.Rollback.Prepared) != 1 || status.Rollback.Prepared[0].Rows != 1 {
		t.Errorf("status: %+v, %v", status.Rollback, err)
	}
	if _, err := p.Open(t).Verify(t.Context(), status.Rollback.Batch); err != nil {
		t.Errorf("verify: %v", err)
	}
	p.Up(t, everything)
	none("after the next batch")
	p.Prepare(t)
	if _, err := p.Open(t).Prepare(t.Context(), safemigrate.PrepareOptions{Drop: true}); err != nil {
		t.Fatal(err)
	}
	none("after prepare --drop")
	p.Prepare(t)
	p.Rollback(t, takeBack)
	p.Prepare(t)
	p.Rollback(t, undoIt)
	none("after the undo of another rollback")
	p.Rollback(t, takeBack)
	p.Prepare(t)
	p.Rollback(t, takeBack)
	p.Is(t, start, "after both rollbacks")
	none("after both rollbacks")
	p.Up(t, everything)
	p.Prepare(t)
	if _, err := p.Open(t).Prune(t.Context(), safemigrate.PruneOptions{IDs: []string{newestOf(t, p)}}); err != nil {
		t.Fatal(err)
	}
	none("after prune")
}

// newestOf is the ID of the newest snapshot.
func newestOf(t *testing.T, p *enginetest.Project) string {
	t.Helper()
	all, err := p.Open(t).Snapshots(t.Context())
	if err != nil || len(all) == 0 {
		t.Fatalf("snapshots: %v", err)
	}
	return all[len(all)-1].ID
}

// TestPrepareLeft tells what cannot be built ahead, and why.
func TestPrepareLeft(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, setup, batch, why string }{
		{"renamed", items, `ALTER TABLE t DROP COLUMN z; ALTER TABLE t RENAME COLUMN a TO b;`, "old name"},
		{"a default that calls a function", items + `ALTER TABLE t ADD at timestamptz DEFAULT now();`, `ALTER TABLE t DROP COLUMN at;`, "function"},
		{"a type that is made anew", `CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE t (id integer PRIMARY KEY, m mood); INSERT INTO t VALUES (1, 'sad');`, `ALTER TABLE t DROP COLUMN m; DROP TYPE mood;`, "first"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := prepared(t, c.setup, map[string]string{"1_batch.up.sql": c.batch})
			start := p.DB.Fingerprint(t)
			p.Up(t, everything)
			report := p.Prepare(t)
			if len(report.Tables) != 0 || len(report.Left) != 1 || !strings.Contains(report.Left[0].Why, c.why) || report.Nothing == "" {
				t.Errorf("prepared: %+v", report)
			}
			p.Rollback(t, takeBack)
			p.Is(t, start, "after the rollback")
		})
	}
}

// TestPrepareLeavesOutWhatDoesNotFit leaves the question to the rollback.
func TestPrepareLeavesOutWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	p := prepared(t, items+`CREATE TABLE u (id integer PRIMARY KEY, n integer); INSERT INTO u VALUES (1, 1);`,
		map[string]string{"1_batch.up.sql": "ALTER TABLE t ALTER n TYPE bigint; ALTER TABLE u ALTER n TYPE bigint;"})
	p.Up(t, everything)
	p.Exec(t, "UPDATE t SET n = 3000000000 WHERE id = 2")
	report := p.Prepare(t)
	if len(report.Tables) != 1 || report.Tables[0].Name != "public.u" || len(report.Left) != 1 || report.Left[0].Why != "later rows break the type integer of column n" {
		t.Errorf("prepared: %+v", report)
	}
	_, err := p.TryRollback(t, takeBack)
	enginetest.Fails(t, err, migrate.Undecided, "--discard-writes")
	p.Rollback(t, takeOut)
}

// TestPrepareNothing has no batch, or one that makes no table anew.
func TestPrepareNothing(t *testing.T) {
	t.Parallel()
	p := prepared(t, items, map[string]string{"1_batch.up.sql": "ALTER TABLE t ADD w integer;"})
	if report := p.Prepare(t); report.Nothing == "" || report.Batch != "" {
		t.Errorf("without a batch: %+v", report)
	}
	p.Up(t, everything)
	if report := p.Prepare(t); report.Nothing == "" || report.Batch == "" {
		t.Errorf("in place: %+v", report)
	}
	p.Exec(t, "UPDATE schema_migrations SET version = 9")
	_, err := p.Open(t).Prepare(t.Context(), safemigrate.PrepareOptions{})
	enginetest.Fails(t, err, migrate.Disagreement, "another tool")
}
