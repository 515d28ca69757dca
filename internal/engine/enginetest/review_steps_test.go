//go:build unix

package enginetest_test

import (
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/migrate"
)

// TestRowsWrittenBetweenSteps are nobody's but the application's: a batch that
// commits in steps does not take them for its own.
func TestRowsWrittenBetweenSteps(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, write   string
		written, gone int64
	}{
		{"insert", "INSERT INTO t VALUES (7, 'seven')", 1, 0},
		{"delete", "DELETE FROM t WHERE id = 2", 0, 1},
		{"update", "UPDATE t SET a = 'zwei' WHERE id = 2", 1, 1},
		{"all of them", "INSERT INTO t VALUES (7, 'seven'), (8, 'eight'); DELETE FROM t WHERE id = 2", 2, 1},
		{"nothing", "SELECT 1", 0, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := prepared(t, table, map[string]string{
				"1_t.up.sql": "UPDATE t SET a = a || '!' WHERE id = 1;",
				"2_t.up.sql": "CREATE INDEX CONCURRENTLY t_a ON t (a);",
				"3_t.up.sql": "CREATE TABLE u (id integer);",
			})
			before := p.DB.Fingerprint(t)
			if err := whileIndexIsBuilt(t, p, func() { p.Exec(t, c.write) }); err != nil {
				t.Fatalf("up: %v", err)
			}
			after := p.DB.Fingerprint(t)
			report, err := p.TryRollback(t, takeBack)
			counted(t, report, "t", c.written, c.gone)
			if c.written+c.gone == 0 {
				if err != nil {
					t.Fatalf("rollback: %v", err)
				}
				p.Is(t, before, "after the rollback")
				return
			}
			enginetest.Fails(t, err, migrate.Undecided, "--discard-writes")
			p.Is(t, after, "without a decision")
			p.Rollback(t, takeOut)
			p.Is(t, before, "after the rollback")
			p.Rollback(t, undoIt)
			p.Is(t, after, "after its undo")
		})
	}
}

// TestIndexBuildInterrupted takes back the index and what the batch had done
// before, and nothing that an application did meanwhile.
func TestIndexBuildInterrupted(t *testing.T) {
	t.Parallel()
	const end = " FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'CREATE INDEX CONCURRENTLY%' AND wait_event_type = 'Lock'"
	cases := []struct {
		name, interrupt string
		outcome         migrate.Outcome
	}{
		{"the statement is cancelled", "SELECT pg_cancel_backend(pid)" + end, migrate.Restored},
		{"the session is ended", "SELECT pg_terminate_backend(pid)" + end, migrate.Interrupted},
	}
	for _, c := range cases {
		for name, files := range map[string]map[string]string{
			"alone":              {"1_t.up.sql": "CREATE INDEX CONCURRENTLY t_a ON t (a);"},
			"after another step": {"1_t.up.sql": "UPDATE t SET a = 'x';\nCREATE TABLE u (id integer);", "2_t.up.sql": "CREATE INDEX CONCURRENTLY t_a ON t (a);"},
		} {
			t.Run(c.name+", "+name, func(t *testing.T) {
				t.Parallel()
				p := prepared(t, table+"CREATE TABLE untouched (id integer PRIMARY KEY); INSERT INTO untouched VALUES (1)", files)
				before := p.DB.Fingerprint(t)
				err := whileIndexIsBuilt(t, p, func() {
					p.Exec(t, "INSERT INTO untouched VALUES (2), (3); DELETE FROM untouched WHERE id = 1; CREATE VIEW seen AS SELECT id FROM untouched")
					p.Exec(t, c.interrupt)
				})
				enginetest.Fails(t, err, c.outcome)
				if c.outcome == migrate.Interrupted {
					report, err := p.Open(t).Recover(t.Context(), safemigrate.RecoverOptions{})
					if err != nil {
						t.Fatalf("recover: %v", err)
					}
					if report.Action != "restored" {
						t.Errorf("recover: %+v", report)
					}
				}
				same(t, p, "SELECT id FROM seen ORDER BY id", "2,3")
				p.Exec(t, "DROP VIEW seen; TRUNCATE untouched; INSERT INTO untouched VALUES (1)")
				p.Is(t, before, "but for what the application did, after the restore")
			})
		}
	}
}

// TestGuardRefusesLaterStep has the steps before it taken back, too, and says
// why there is no way back.
func TestGuardRefusesLaterStep(t *testing.T) {
	t.Parallel()
	for word, statement := range map[string]string{
		"large object": "SELECT lo_from_bytea(0, 'abc');",
	} {
		t.Run(word, func(t *testing.T) {
			t.Parallel()
			p := prepared(t, table, map[string]string{
				"1_t.up.sql": "UPDATE t SET a = 'x' WHERE id = 1;\nALTER TABLE t ADD COLUMN b text;",
				"2_t.up.sql": "VACUUM t;",
				"3_t.up.sql": "DELETE FROM t;\n" + statement,
			})
			before := p.DB.Fingerprint(t)
			_, err := p.TryUp(t, everything)
			enginetest.Fails(t, err, migrate.NoWayBack, word)
			p.Is(t, before, "after the refusal")
		})
	}
}
