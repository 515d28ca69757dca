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

// endlessMySQL is such a statement in a database that has come to its end.
const endlessMySQL = "UPDATE customers SET first = 'x' WHERE benchmark(1000000000000, crc32(first)) = 1;"

// sleeping waits until the slow statement runs, and not the one before it.
func (w mysqlWorld) sleeping(t *testing.T) {
	t.Helper()
	eventually(t, "the slow statement runs", func() bool { return w.sleeps(t) })
}

// sleeps reports whether the slow statement runs.
func (w mysqlWorld) sleeps(t *testing.T) bool {
	t.Helper()
	return slices.ContainsFunc(w.Sessions(t), func(line string) bool {
		return strings.Contains(line, "UPDATE customers SET") && strings.Contains(line, "benchmark(")
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
	if e := s.must(t, 0, "recover"); !strings.Contains(e.stdout, "of a dead run (safemigrate up pid ") {
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

// slowCopyMySQL is a table whose rows cost seconds where safemigrate copies them, and nothing
// where others write them: only its sessions take the 31st of February for a date, which
// has the copy's index hash a long text for each row. It is refilled, since it has a foreign key.
const slowCopyMySQL = `SET SESSION sql_mode = '';
CREATE TABLE slow (id int PRIMARY KEY, day varchar(10) NOT NULL, customer int, CONSTRAINT slow_of FOREIGN KEY (customer) REFERENCES customers (id),
	h char(128) AS (sha2(concat(id, repeat('x', if(cast(day AS date) IS NULL, 0, 12000000))), 512)) VIRTUAL UNIQUE);
INSERT INTO slow (id, day) WITH RECURSIVE s (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM s WHERE seq < 200) SELECT seq, '' FROM s;`

const makeSlow = "SET SESSION sql_mode = '';\nUPDATE slow SET day = '2020-02-31';\n"

// TestMySQLOrphanOfOurs kills safemigrate while the server copies rows for it: for up no
// batch says whose session that is, for recover the batch of somebody else.
func TestMySQLOrphanOfOurs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file, command string
		before        func(t *testing.T, w mysqlWorld, s *stage)
	}{
		"the copies of up": {"DELETE FROM slow;", "up", func(t *testing.T, w mysqlWorld, _ *stage) {
			t.Helper()
			w.exec(t, makeSlow)
		}},
		"the quarantine of recover": {makeSlow + "DROP TABLE nowhere;", "recover", func(t *testing.T, _ mysqlWorld, s *stage) {
			t.Helper()
			s.must(t, 4, "up", "--on-failure", "keep")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ok := newMySQL(t, testmy.Start(t)).(mysqlWorld)
			if !ok {
				t.Fatal("not a MySQL database")
			}
			w.exec(t, slowCopyMySQL)
			s := newStage(t, w, write(t, map[string]string{"000001_slow.up.sql": c.file}))
			c.before(t, w, s)
			child := s.start(t, []string{c.command})
			copies := func() bool {
				return slices.ContainsFunc(w.Sessions(t), func(line string) bool { return strings.Contains(line, "INSERT INTO `safemigrate_c_") })
			}
			eventually(t, "rows are copied", copies)
			child.signal(t, syscall.SIGKILL)
			s.wait(t, child)
			if e := s.must(t, 5, "up", "--lock-timeout", "1ms"); !strings.Contains(e.stderr, "safemigrate "+c.command+" pid ") {
				t.Errorf("who holds the lock is not said\n%s", e)
			}
			s.killed(t, []string{"recover"}, "recover.orphan.ended") // to copy those rows once more takes long
			if copies() {
				t.Error("recover went on while the session of a dead run copied")
			}
			unlocked(t, s)
		})
	}
}
