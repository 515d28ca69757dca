//go:build failpoint && unix

package killtest

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/testmy"
)

// TestMySQLSpared kills whatever handles a batch of which no row is kept: up, the restore of
// one that fails, a rollback, and recover. There is nothing to take rows from, so each table
// has its rows and one of its two definitions all the time; those that others wrote and that
// do not fit the old one are in the table or in the quarantine.
func TestMySQLSpared(t *testing.T) {
	t.Parallel()
	const (
		base = "CREATE TABLE parents (id int PRIMARY KEY, code varchar(20) NOT NULL, UNIQUE KEY by_code (code)); INSERT INTO parents VALUES (1, 'one'), (2, 'two');" +
			"CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, a int NOT NULL, b varchar(20), p varchar(20), up int, KEY by_a (a), UNIQUE KEY by_b (b), " +
			"CONSTRAINT fair CHECK (a <> 13), CONSTRAINT of_parent FOREIGN KEY (p) REFERENCES parents (code), CONSTRAINT of_self FOREIGN KEY (up) REFERENCES t (id));" +
			"INSERT INTO t VALUES (1, 1, 'a', 'one', NULL), (2, 2, 'b', 'two', 1);" +
			"CREATE TRIGGER marks BEFORE DELETE ON t FOR EACH ROW INSERT INTO parents VALUES (OLD.id + 100, OLD.id)"
		batch = "ALTER TABLE t DROP FOREIGN KEY of_parent, DROP FOREIGN KEY of_self;\nALTER TABLE t DROP KEY by_b, MODIFY a bigint NULL, DROP CONSTRAINT fair;\n" +
			"ALTER TABLE parents MODIFY code varchar(200) NOT NULL;\nALTER TABLE t MODIFY b varchar(200), MODIFY id bigint AUTO_INCREMENT, COMMENT 'new';\n"
		writes = "INSERT INTO t (a, b) VALUES (NULL, 'c'), (13, 'd'), (5000000000, 'e'), (3, repeat('x', 100)), (4, 'stays')"
	)
	prepared := func(t *testing.T, more string) (w world, s *stage, before string) {
		t.Helper()
		w = newMySQL(t, testmy.Start(t))
		w.exec(t, base)
		files := map[string]string{"000001_first.up.sql": "CREATE TABLE first (id int);"}
		newStage(t, w, write(t, files)).must(t, 0, "up")
		files["000002_x.up.sql"] = batch + more
		return w, newStage(t, w, write(t, files)), w.fingerprint(t)
	}
	same := func(t *testing.T, w world, want, when string) {
		t.Helper()
		if now := w.fingerprint(t); now != want {
			t.Errorf("%s:\n%s", when, difference(want, now))
		}
	}
	// rows are the numbers of those in the table and of those in quarantines.
	rows := func(t *testing.T, w world) (here, aside string) {
		t.Helper()
		db := w.(mysqlWorld)
		var there []string
		for _, place := range db.AdminQuery(t, `SELECT table_name FROM information_schema.columns WHERE table_schema = database() AND table_name LIKE 'safemigrate\_c\_%' AND column_name = 'up'`) {
			there = append(there, db.AdminQuery(t, "SELECT id FROM "+place+" WHERE id NOT IN (SELECT id FROM t)")...)
		}
		slices.Sort(there)
		return strings.Join(db.AdminQuery(t, "SELECT id FROM t ORDER BY id"), " "), strings.Join(slices.Compact(there), " ")
	}
	t.Run("up", func(t *testing.T) {
		t.Parallel()
		w, s, before := prepared(t, "")
		for _, point := range []string{"mysql.take.copied", "mysql.take.manifest", "up.snapshot.after", "up.statement.before#2", "up.statement.after#1", "up.statement.after#2", "up.statement.after#3", "up.statement.after#4", "up.guard.after", "up.commit.before", "up.commit.after"} {
			s.killed(t, []string{"up"}, point)
			s.must(t, 0, "recover")
			if now := w.fingerprint(t); now != before && strings.Contains(now, "COMMENT='new'") {
				s.must(t, 0, "rollback") // recover has finished it
			}
			same(t, w, before, "after "+point+" and recover")
		}
	})
	t.Run("restore", func(t *testing.T) {
		t.Parallel()
		w, s, before := prepared(t, "SELECT * FROM nowhere;")
		s.must(t, 4, "up", "--on-failure", "keep")
		w.exec(t, writes)
		for _, point := range []string{"mysql.revert.quarantined", "mysql.revert.step#4", "mysql.revert.step#5", "mysql.revert.table#1", "mysql.revert.table#1", "mysql.revert.step#6", "mysql.revert.step#7", "mysql.revert.step#8", "mysql.revert.step#12", "mysql.revert.applied", "mysql.revert.sealed"} {
			s.killed(t, []string{"recover"}, point)
			here, aside := rows(t, w)
			for id := 1; id <= 7; id++ {
				if n := strconv.Itoa(id); !slices.Contains(strings.Fields(here+" "+aside), n) {
					t.Errorf("row %s is nowhere after %s (%s, %s)", n, point, here, aside)
				}
			}
		}
		s.must(t, 0, "recover")
		if here, aside := rows(t, w); here != "1 2 7" || aside != "3 4 5 6" {
			t.Errorf("the table has %s, and the quarantine %s", here, aside)
		}
		w.exec(t, "DELETE FROM t WHERE id = 7; DELETE FROM parents WHERE id = 107")
		if now := testmy.WithoutCounters(w.fingerprint(t)); now != testmy.WithoutCounters(before) {
			t.Errorf("the rest is not what it was:\n%s", difference(testmy.WithoutCounters(before), now))
		}
	})
	t.Run("rollback", func(t *testing.T) {
		t.Parallel()
		w, s, _ := prepared(t, "")
		s.must(t, 0, "up")
		w.exec(t, writes)
		since := w.fingerprint(t)
		s.must(t, 7, "rollback")
		same(t, w, since, "after the refusal")
		for _, point := range []string{"mysql.revert.quarantined", "mysql.revert.opened", "mysql.revert.step#1", "mysql.revert.step#4", "mysql.revert.step#5", "mysql.revert.table#1", "mysql.revert.table#2", "mysql.revert.step#6", "mysql.revert.step#7", "mysql.revert.step#8", "mysql.revert.step#12", "mysql.revert.applied", "mysql.revert.sealed"} {
			s.killed(t, []string{"rollback", "--discard-writes"}, point)
			s.must(t, 0, "recover")
			if point == "mysql.revert.sealed" { // either is right
				s.run(t, "rollback", "--undo")
			}
			same(t, w, since, "after "+point+" and recover")
		}
		s.killed(t, []string{"rollback", "--discard-writes"}, "mysql.revert.applied")
		for _, point := range []string{"mysql.revert.step#5", "mysql.revert.table#1", "mysql.revert.applied"} {
			s.killed(t, []string{"recover"}, point)
		}
		s.must(t, 0, "recover")
		same(t, w, since, "after recover, which was killed, too")
		s.must(t, 0, "rollback", "--discard-writes")
		if here, aside := rows(t, w); here != "1 2 7" || aside != "3 4 5 6" {
			t.Errorf("the table has %s, and the quarantine %s", here, aside)
		}
	})
}
