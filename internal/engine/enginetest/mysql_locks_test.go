//go:build unix

package enginetest_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/migrate"
)

// oneTry is the shortest time for which these servers wait for a table's lock.
const oneTry = time.Second

// untilSessions waits until the sessions of the user are as they have to be.
func untilSessions(t *testing.T, d *enginetest.MySQLDatabase, are func(all []string) bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(pollWait) {
		all := d.Sessions(t)
		if are(all) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the sessions are %q", all)
		}
	}
}

// untilDoing waits until a session has what it does in its line.
func untilDoing(t *testing.T, d *enginetest.MySQLDatabase, doing string) {
	t.Helper()
	untilSessions(t, d, func(all []string) bool {
		return slices.ContainsFunc(all, func(line string) bool { return strings.Contains(line, doing) })
	})
}

// number is that of a session, from its line.
func number(line string) string {
	id, _, _ := strings.Cut(line, "|")
	return id
}

// TestMySQLPlainToolWaits starts the plain tool while safemigrate works, and the other way
// round: each holds the plain tool's lock. Who came first stands at a gate until the other
// one is there.
func TestMySQLPlainToolWaits(t *testing.T) {
	t.Parallel()
	p, d := myProject(t, nil, nil)
	gate := "gate " + d.Name
	atGate := "DO GET_LOCK('" + gate + "', 100);\nDO RELEASE_LOCK('" + gate + "');"
	hold, letGo := "DO GET_LOCK('"+gate+"', 0)", "DO RELEASE_LOCK('"+gate+"')"
	p.Add(map[string]string{"1_gate.up.sql": "CREATE TABLE t (id int);\n" + atGate})
	keeper := d.Connect(t)
	run(t, keeper, hold)
	done := running(t, p)
	untilDoing(t, d, gate+"', 100)") // not the keeper, whose statement can still be seen
	plain := newTool(t, d.ToolURL(), p.Files)
	waited := upBeside(t, plain)
	untilDoing(t, d, ", 10)") // as long as it tries
	run(t, keeper, letGo)
	if err := ended(t, done, "up"); err != nil {
		t.Fatalf("up: %v", err)
	}
	waited()

	p.Add(map[string]string{"2_gate.up.sql": "CREATE TABLE u (id int);\n" + atGate})
	plain = newTool(t, d.ToolURL(), p.Files)
	run(t, keeper, hold)
	first := plain.command("up")
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	untilDoing(t, d, gate+"', 100)") // not the keeper, whose statement can still be seen
	p.Config.LockTimeout = lockTry
	_, err := p.TryUp(t, safemigrate.UpOptions{})
	enginetest.Fails(t, err, migrate.Locked, "the lock of the plain migration tool", "connection", d.Role)
	_, err = p.TryRollback(t, safemigrate.RollbackOptions{})
	enginetest.Fails(t, err, migrate.Locked, "the lock of the plain migration tool")
	p.Config.LockTimeout = patience
	there := map[string]bool{} // some are of commands that are over, and go only now
	for _, line := range d.Sessions(t) {
		there[number(line)] = true
	}
	behind := running(t, p)
	untilSessions(t, d, func(all []string) bool {
		return len(slices.DeleteFunc(all, func(line string) bool { return there[number(line)] })) >= 3 // all of up's
	})
	run(t, keeper, letGo)
	if err := ended(t, behind, "up"); err != nil {
		t.Errorf("up behind the plain tool: %v", err)
	}
	if err := first.Wait(); err != nil {
		t.Errorf("the plain tool: %v", err)
	}
	if status, err := p.Open(t).Status(t.Context()); err != nil || status.Version != "2" || len(status.Batches) != 1 {
		t.Errorf("status: %+v, %v", status, err)
	}
}

// TestMySQLApplicationHoldsALock has an application keep tables, rows and definitions locked
// from each part of the work: that ends with exit 5, and nothing is changed.
func TestMySQLApplicationHoldsALock(t *testing.T) {
	t.Parallel()
	const drops = "ALTER TABLE t DROP COLUMN a;"
	for name, c := range map[string]struct{ batch, held, up string }{
		"a copy, the table":          {drops, "LOCK TABLES t WRITE", "one of the tables in scope (t) is held by someone else"},
		"a copy, rows":               {drops, "BEGIN; UPDATE t SET b = 9", "one of the tables in scope (t) is held by someone else"},
		"a statement, the table":     {"ALTER TABLE t ADD COLUMN c int;", "LOCK TABLES t READ", "1_t.up.sql:1:1:"},
		"a statement behind another": {"ALTER TABLE u ADD COLUMN c int; ALTER TABLE t ADD COLUMN c int;", "BEGIN; SELECT * FROM t", "1 statement had been committed by itself and was taken back"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, d := myProject(t, nil, map[string]string{"1_t.up.sql": c.batch})
			p.Exec(t, "CREATE TABLE t (id int PRIMARY KEY, a int, b int); INSERT INTO t VALUES (1, 1, 1), (2, 2, 2); CREATE TABLE u (id int)")
			before := d.Fingerprint(t)
			application := d.Connect(t)
			run(t, application, c.held)
			p.Config.LockTimeout = oneTry
			_, err := p.TryUp(t, safemigrate.UpOptions{})
			enginetest.Fails(t, err, migrate.Locked, c.up)
			run(t, application, "UNLOCK TABLES; ROLLBACK")
			p.Is(t, before, "after a lock that could not be had")
			p.Config.LockTimeout = 0
			p.Up(t, safemigrate.UpOptions{})
			run(t, application, c.held)
			p.Config.LockTimeout = oneTry
			_, err = p.TryRollback(t, safemigrate.RollbackOptions{})
			enginetest.Fails(t, err, migrate.Locked, "a table that is taken back is held by someone else")
			run(t, application, "UNLOCK TABLES; ROLLBACK")
			p.Config.LockTimeout = 0
			p.Rollback(t, safemigrate.RollbackOptions{})
			p.Is(t, before, "after the rollback")
		})
	}
}

// TestMySQLViewsOfTablesInUse has somebody wait for a table alone, and everybody else behind
// him: so does a batch that names a view of it, no longer than for any other lock, and one
// that does not goes on.
func TestMySQLViewsOfTablesInUse(t *testing.T) {
	t.Parallel()
	p, d := myProject(t, nil, map[string]string{"1_v.up.sql": "DROP VIEW v;"})
	p.Exec(t, "CREATE TABLE t (id int PRIMARY KEY, a int); CREATE TABLE u (id int); CREATE VIEW v AS SELECT id FROM t")
	before := d.Fingerprint(t)
	application, another := d.Connect(t), d.Connect(t)
	run(t, application, "BEGIN; SELECT * FROM t")
	waits := make(chan error, 1)
	go func() { waits <- another.Run("ALTER TABLE t COMMENT = 'alone'") }()
	untilDoing(t, d, "ALTER TABLE t")
	p.Config.LockTimeout = oneTry
	_, err := p.TryUp(t, safemigrate.UpOptions{})
	enginetest.Fails(t, err, migrate.Locked, "read the query of view v", "a table whose definition is read is held by someone else")
	p.Add(map[string]string{"1_v.up.sql": "ALTER TABLE u ADD COLUMN a int;"})
	p.Up(t, safemigrate.UpOptions{})
	p.Rollback(t, safemigrate.RollbackOptions{})
	run(t, application, "ROLLBACK")
	if err := ended(t, waits, "the other one"); err != nil {
		t.Error(err)
	}
	run(t, application, "ALTER TABLE t COMMENT = ''")
	p.Is(t, before, "after the rollback")
}
