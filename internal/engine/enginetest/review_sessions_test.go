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

// TestSubtransactionOlderThanBatch writes its rows after the batch all the same.
func TestSubtransactionOlderThanBatch(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, write   string
		written, gone int64
	}{
		{"update", "UPDATE t SET a = 'later' WHERE id = 2", 1, 1},
		{"insert", "INSERT INTO t VALUES (7, 'later')", 1, 0},
		{"delete", "DELETE FROM t WHERE id = 2", 0, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := prepared(t, table+"CREATE TABLE other (id integer)", map[string]string{"1_t.up.sql": "UPDATE t SET a = 'x' WHERE id = 1;\n" + waitAtGate})
			p.Config.Exclude = []string{"other"}
			before := p.DB.Fingerprint(t)
			gate, late := p.DB.Connect(t), p.DB.Connect(t)
			run(t, gate, hold)
			run(t, late, "BEGIN; SAVEPOINT a; INSERT INTO other VALUES (1)")
			done := running(t, p)
			untilTrue(t, p, gateWaits)
			wrote := make(chan error, 1)
			go func() { wrote <- late.Run(c.write) }()
			untilTrue(t, p, "SELECT count(*) = 1 "+locksHere+"relation = 't'::regclass AND NOT granted")
			run(t, gate, letGo)
			if err := ended(t, done, "up"); err != nil {
				t.Fatalf("up: %v", err)
			}
			if err := ended(t, wrote, "the late writer"); err != nil {
				t.Fatalf("%s: %v", c.write, err)
			}
			run(t, late, "COMMIT")
			after := p.DB.Fingerprint(t)
			report, err := p.TryRollback(t, takeBack)
			enginetest.Fails(t, err, migrate.Undecided, "--discard-writes")
			counted(t, report, "t", c.written, c.gone)
			p.Is(t, after, "without a decision")
			p.Rollback(t, takeOut)
			same(t, p, "SELECT id FROM other", "1")
			p.Exec(t, "DELETE FROM other")
			p.Is(t, before, "after the rollback")
		})
	}
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
