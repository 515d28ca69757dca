//go:build failpoint && unix

package killtest

import (
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/safemigrate/safemigrate/internal/testmy"
)

// slowMySQL has a statement that runs for longer than anybody waits, behind two
// that are committed. It computes: a sleeping one looks every few seconds whether
// its client is still there, and ends when it is not.
var slowMySQL = map[string]string{
	"000001_phone.up.sql": addPhoneMySQL,
	"000002_slow.up.sql":  "ALTER TABLE orders DROP COLUMN state;\nUPDATE customers SET name = 'x' WHERE benchmark(1000000000000, crc32(name)) = 1;",
}

// sleeping waits until the slow statement runs, and not the one before it.
func (w mysqlWorld) sleeping(t *testing.T) {
	t.Helper()
	eventually(t, "the slow statement runs", func() bool {
		return slices.ContainsFunc(w.Sessions(t), func(line string) bool { return strings.Contains(line, "|UPDATE customers SET name") })
	})
}

// TestMySQLOrphan kills safemigrate while the server works on a statement: the
// server does not notice, and recover ends the session before it decides
// anything.
func TestMySQLOrphan(t *testing.T) {
	t.Parallel()
	w, ok := newMySQL(t, testmy.Start(t)).(mysqlWorld)
	if !ok {
		t.Fatal("not a MySQL database")
	}
	s := newStage(t, w, write(t, slowMySQL))
	before := s.fingerprint(t)
	c := s.start(t, []string{"up"})
	w.sleeping(t)
	c.signal(t, syscall.SIGKILL)
	s.wait(t, c)
	if e := s.must(t, 5, "up", "--lock-timeout", "1s"); !strings.Contains(e.stderr, "UPDATE customers") {
		t.Errorf("the refusal does not tell what holds the lock\n%s", e)
	}
	if e := s.must(t, 0, "recover"); !strings.Contains(e.stdout+e.stderr, "of a dead run") {
		t.Errorf("recover does not tell whom it has ended\n%s", e)
	}
	if now := s.fingerprint(t); now != before {
		t.Errorf("after recover:\n%s", difference(before, now))
	}
	unlocked(t, s)
}

// TestMySQLServerDies kills the server in the middle of a statement, in that of
// a restore, and while it is being recovered.
func TestMySQLServerDies(t *testing.T) {
	t.Parallel()
	server := testmy.New(t, nil)
	w, ok := newMySQL(t, server).(mysqlWorld)
	if !ok {
		t.Fatal("not a MySQL database")
	}
	s := newStage(t, w, write(t, slowMySQL))
	before := s.fingerprint(t)
	c := s.start(t, []string{"up"})
	w.sleeping(t)
	server.Stop(t, true)
	if e := s.wait(t, c); e.code != 4 || !strings.Contains(e.lastLines(), "safemigrate recover") {
		t.Errorf("up without its server ended with %d\n%s", e.code, e)
	}
	server.Restart(t)
	for _, point := range []string{"mysql.revert.quarantined", "mysql.revert.step", "mysql.revert.table", "mysql.revert.applied"} {
		s.killed(t, []string{"recover"}, point)
		server.Stop(t, true)
		server.Restart(t)
	}
	s.must(t, 0, "recover")
	if now := s.fingerprint(t); now != before {
		t.Errorf("after recover:\n%s", difference(before, now))
	}
}

// TestMySQLPruneKeepsQuarantines: what an interrupted restore was about to replace is kept
// by prune while the batch is open, and is there when it is restored.
func TestMySQLPruneKeepsQuarantines(t *testing.T) {
	t.Parallel()
	w, ok := newMySQL(t, testmy.Start(t)).(mysqlWorld)
	if !ok {
		t.Fatal("not a MySQL database")
	}
	s := newStage(t, w, write(t, map[string]string{"000001_phone.up.sql": addPhoneMySQL, "000002_breaks.up.sql": mysqlBreaks}))
	s.must(t, 0, "up", "1")
	before := s.fingerprint(t)
	s.must(t, 4, "up", "--on-failure", "keep")
	w.exec(t, "INSERT INTO customers (name, phone) VALUES ('Later', '+2 1')")
	later := func() (ids []string) {
		for _, table := range w.AdminQuery(t, `SELECT table_name FROM information_schema.tables WHERE table_schema = database() AND table_name LIKE 'safemigrate\_c\_%'
			AND table_name IN (SELECT table_name FROM information_schema.columns WHERE table_schema = database() AND column_name = 'phone')`) {
			if w.AdminQuery(t, "SELECT count(*) FROM "+table+" WHERE name = 'Later'")[0] == "1" {
				ids = append(ids, table)
			}
		}
		return ids
	}
	s.killed(t, []string{"recover"}, "mysql.revert.table")
	s.must(t, 0, "snapshot", "prune", "--keep-last", "0")
	if kept := later(); len(kept) != 1 {
		t.Errorf("of an interrupted restore prune has left %q", kept)
	}
	s.must(t, 0, "recover")
	if now := s.fingerprint(t); now != before {
		t.Errorf("after recover:\n%s", difference(before, now))
	}
	s.must(t, 0, "snapshot", "prune", "--keep-last", "9")
	if kept := later(); len(kept) != 1 {
		t.Errorf("after the next restore %q is left", kept)
	}
	s.must(t, 0, "snapshot", "prune", "--keep-last", "0")
	if kept := later(); len(kept) != 0 {
		t.Errorf("prune has left %q", kept)
	}
}
