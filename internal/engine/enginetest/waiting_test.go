//go:build unix

package enginetest_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/migrate"
)

// lockTry is what these tests set; nobody may queue for much longer.
const lockTry = 300 * time.Millisecond

// waitingTable has rows, so that a rewrite of it has something to do.
const waitingTable = "CREATE TABLE t (id bigint PRIMARY KEY, a text); INSERT INTO t SELECT n, 'x' FROM generate_series(1, 100) n; CREATE TABLE other (id bigint)"

// TestNobodyQueuesBehindAWaitingUp holds a table open in one session, has up wait
// for it, and measures how long a third session's reads take meanwhile: the
// longest is the time for which it stood behind up's request.
func TestNobodyQueuesBehindAWaitingUp(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, file string
	}{
		{"alter table", "INSERT INTO other VALUES (1); ALTER TABLE t ADD COLUMN b int;"},
		{"drop table", "DROP TABLE t;"},
		{"outside a transaction", "VACUUM FULL t;"},
		{"in a block", "DO $$ BEGIN ALTER TABLE t ADD COLUMN b int; END $$;"},
		{"a session that resets itself", "SET lock_timeout = 0; RESET ALL; ALTER TABLE t ADD COLUMN b int;"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := prepared(t, waitingTable, map[string]string{"1_case.up.sql": c.file})
			reader := p.DB.Connect(t)
			run(t, reader, "BEGIN; SELECT count(*) FROM t")
			done := patientUp(t, p, time.Minute)
			const most, during = lockTry + 700*time.Millisecond, 2 * time.Second
			longest := longestRead(t, p, during)
			// A busy machine holds up a read now and then, a queue one behind every try.
			for more := 4; longest > most && more > 0; more-- {
				longest = longestRead(t, p, during)
			}
			select {
			case err := <-done:
				t.Fatalf("up ended while the table was held: %v", err)
			default:
			}
			run(t, reader, "COMMIT")
			if err := <-done; err != nil {
				t.Fatalf("up after the reader: %v", err)
			}
			t.Logf("longest read: %s", longest)
			if longest > most {
				t.Errorf("a read took %s behind a try of %s", longest, lockTry)
			}
			if got := strings.Join(p.Rows(t, "SELECT version FROM schema_migrations"), ""); got != "1" {
				t.Errorf("version %s", got)
			}
		})
	}
}

// TestUpGivesUp holds the table for longer than up waits.
func TestUpGivesUp(t *testing.T) {
	t.Parallel()
	p := prepared(t, waitingTable, map[string]string{"1_case.up.sql": "INSERT INTO other VALUES (1); ALTER TABLE t ADD COLUMN b int;"})
	before := p.DB.Fingerprint(t)
	reader := p.DB.Connect(t)
	run(t, reader, "BEGIN; SELECT count(*) FROM t")
	const most = safemigrate.DefaultLockTimeout
	var took time.Duration
	for more := 3; more > 0 && (took == 0 || took > most); more-- { // a busy machine takes longer, now and then
		started := time.Now()
		err := <-patientUp(t, p, 1500*time.Millisecond)
		enginetest.Fails(t, err, migrate.Locked, "55P03", "1_case.up.sql:1:")
		took = time.Since(started)
	}
	if took < 500*time.Millisecond || took > most {
		t.Errorf("it gave up after %s", took)
	}
	run(t, reader, "COMMIT")
	p.Is(t, before, "after it gave up")
}

// patientUp starts an up that waits for a lock in short tries.
func patientUp(t *testing.T, p *enginetest.Project, wait time.Duration) <-chan error {
	t.Helper()
	db, err := safemigrate.Open(t.Context(), safemigrate.Config{Database: p.DB.URL(), FS: p.Files, LockTimeout: wait, LockTry: lockTry})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := db.Up(context.WithoutCancel(t.Context()), safemigrate.UpOptions{})
		done <- err
	}()
	return done
}

// longestRead reads the table again and again for a while, and returns how long
// the slowest read took. Right after the start it waits until up has come to it.
func longestRead(t *testing.T, p *enginetest.Project, during time.Duration) time.Duration {
	t.Helper()
	untilTrue(t, p, "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 't'::regclass)")
	s := p.DB.Connect(t)
	var longest time.Duration
	for deadline := time.Now().Add(during); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		started := time.Now()
		run(t, s, "SELECT count(*) FROM t")
		longest = max(longest, time.Since(started))
	}
	return longest
}
