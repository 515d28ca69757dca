//go:build unix

package enginetest_test

import (
	"testing"
	"time"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/migrate"
)

const (
	hold       = "SELECT pg_advisory_lock(42)"
	letGo      = "SELECT pg_advisory_unlock(42)"
	waitAtGate = "SELECT pg_advisory_xact_lock(42);"
	locksHere  = "FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE datname = current_database() AND "
	gateWaits  = "SELECT count(*) = 1 " + locksHere + "locktype = 'advisory' AND NOT granted"
)

// TestSubtransactionOlderThanBatch writes its rows after the batch all the same:
// they stay where rows are told by their key, and need a decision where the batch
// wrote them, too, or where they are told by their writer.
func TestSubtransactionOlderThanBatch(t *testing.T) {
	t.Parallel()
	const (
		changes = "UPDATE t SET a = 'x' WHERE id = 1;"
		inserts = "INSERT INTO t VALUES (3, 'x');"
		drops   = "ALTER TABLE t DROP COLUMN b;"
	)
	keyed := table + "ALTER TABLE t ADD COLUMN b text DEFAULT 'b';"
	bare := keyed + "ALTER TABLE t DROP CONSTRAINT t_pkey;"
	cases := []struct {
		name, setup, batch, write string
		written, gone             int64
	}{
		{"update", keyed, changes, "UPDATE t SET a = 'later' WHERE id = 2", 0, 0},
		{"insert", keyed, changes, "INSERT INTO t VALUES (7, 'later')", 0, 0},
		{"delete", keyed, changes, "DELETE FROM t WHERE id = 2", 0, 0},
		{"update, beside inserted rows", keyed, inserts, "UPDATE t SET a = 'later' WHERE id = 2", 0, 0},
		{"insert, beside inserted rows", keyed, inserts, "INSERT INTO t VALUES (7, 'later')", 0, 0},
		{"update, beside a dropped column", keyed, drops, "UPDATE t SET a = 'later' WHERE id = 2", 0, 0},
		{"insert, beside a dropped column", keyed, drops, "INSERT INTO t VALUES (7, 'later')", 0, 0},
		{"update of what the batch changed", keyed, changes, "UPDATE t SET a = 'later' WHERE id = 1", 1, 0},
		{"update of what the batch inserted", keyed, inserts, "UPDATE t SET a = 'later' WHERE id = 3", 1, 0},
		{"update, without a key", bare, changes, "UPDATE t SET a = 'later' WHERE id = 2", 1, 1},
		{"insert, without a key", bare, changes, "INSERT INTO t VALUES (7, 'later')", 1, 0},
		{"delete, without a key", bare, changes, "DELETE FROM t WHERE id = 2", 0, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := prepared(t, c.setup+"CREATE TABLE other (id integer)", map[string]string{"1_t.up.sql": c.batch + "\n" + waitAtGate})
			p.Config.Exclude = []string{"other"}
			before := p.DB.Fingerprint(t)
			writeLate(t, p, c.write)
			after := p.DB.Fingerprint(t)
			report := p.Rollback(t, safemigrate.RollbackOptions{Plan: true})
			counted(t, report, "t", c.written, c.gone)
			decide := takeBack
			if report.Losses() > 0 {
				_, err := p.TryRollback(t, takeBack)
				enginetest.Fails(t, err, migrate.Undecided, "--discard-writes")
				decide = takeOut
			}
			p.Is(t, after, "without a decision")
			p.Rollback(t, decide)
			same(t, p, "SELECT id FROM other", "1")
			model := prepared(t, c.setup+"CREATE TABLE other (id integer)", nil)
			if report.Losses() == 0 {
				model.Exec(t, c.write)
			}
			model.Exec(t, "INSERT INTO other VALUES (1)")
			rowsAre(t, model, p)
			p.Rollback(t, undoIt)
			p.Is(t, after, "after the undo")
			if report.Losses() == 0 {
				return
			}
			p.Rollback(t, decide)
			p.Exec(t, "DELETE FROM other")
			p.Is(t, before, "after the rollback")
		})
	}
}

// writeLate runs the project's batch, which waits at the gate, and has a session
// write whose transaction has a subtransaction from before it. It gets its turn when
// the batch is done.
func writeLate(t *testing.T, p *enginetest.Project, write string) {
	t.Helper()
	gate, late := p.DB.Connect(t), p.DB.Connect(t)
	run(t, gate, hold)
	run(t, late, "BEGIN; SAVEPOINT a; INSERT INTO other VALUES (1)")
	done := running(t, p)
	untilTrue(t, p, gateWaits)
	wrote := make(chan error, 1)
	go func() { wrote <- late.Run(write) }()
	untilTrue(t, p, "SELECT count(*) = 1 "+locksHere+"relation = 't'::regclass AND NOT granted")
	run(t, gate, letGo)
	if err := ended(t, done, "up"); err != nil {
		t.Fatalf("up: %v", err)
	}
	if err := ended(t, wrote, "the late writer"); err != nil {
		t.Fatalf("%s: %v", write, err)
	}
	run(t, late, "COMMIT")
}

// TestLocksGivenAwayByFile are taken again at its end, so that nobody else
// starts while the batch still runs.
func TestLocksGivenAwayByFile(t *testing.T) {
	t.Parallel()
	for name, giveAway := range map[string]string{
		"discard all":                      "DISCARD ALL;",
		"discard all and more":             "CREATE TABLE u (id integer);\nDISCARD ALL;\nCREATE TABLE v (id integer);",
		"all advisory locks":               "SELECT pg_advisory_unlock_all();",
		"all advisory locks, outside":      "VACUUM t;\nSELECT pg_advisory_unlock_all();",
		"safemigrate's advisory lock only": "SELECT pg_advisory_unlock(8314038972916000626);",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := prepared(t, table, map[string]string{
				"1_t.up.sql": "UPDATE t SET a = 'x';", "2_t.up.sql": giveAway, "3_t.up.sql": waitAtGate + "\nDELETE FROM t WHERE id = 1;"})
			before := p.DB.Fingerprint(t)
			gate := p.DB.Connect(t)
			run(t, gate, hold)
			done := running(t, p)
			untilTrue(t, p, gateWaits)
			// The gate's, safemigrate's, and the plain tool's, one for each of its drivers.
			same(t, p, "SELECT count(*) "+locksHere+"locktype = 'advisory' AND granted", "4")
			second := enginetest.Project{DB: p.DB, Files: p.Files, Config: safemigrate.Config{LockTimeout: 300 * time.Millisecond}}
			_, err := second.TryUp(t, everything)
			enginetest.Fails(t, err, migrate.Locked)
			run(t, gate, letGo)
			if err := ended(t, done, "up"); err != nil {
				t.Fatalf("up: %v", err)
			}
			same(t, p, "SELECT id, a FROM t", "2|x")
			same(t, p, "SELECT version, dirty FROM schema_migrations", "3|f")
			p.Rollback(t, takeBack)
			p.Is(t, before, "after the rollback")
		})
	}
}
