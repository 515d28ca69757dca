//go:build failpoint && unix

package killtest

import (
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/testmy"
)

// puttingBack are points of columns that are put back: those of the scenarios go with rows
// that the batch wrote. TestMySQLPutBack has some that do not.
var puttingBack = []string{"mysql.revert.columns", "mysql.revert.values", "mysql.revert.put"}

// TestMySQLPutBack kills what puts columns back, in a restore and in a rollback, and once the
// server with it. What somebody writes to other columns meanwhile stays all the time; what
// he writes to the column before a restore that was killed has its values back is in the
// quarantine, and what he writes to it afterwards stays.
func TestMySQLPutBack(t *testing.T) {
	t.Parallel()
	for name, dies := range map[string]bool{"alone": false, "with the server": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, server := onServer(t, dies)
			w.exec(t, "CREATE TABLE wide (id int PRIMARY KEY, name varchar(40), note varchar(40) NOT NULL, n int, UNIQUE one (note), KEY two (name));"+
				"CREATE TRIGGER marks BEFORE UPDATE ON wide FOR EACH ROW SET NEW.n = OLD.n + 1000;"+
				"INSERT INTO wide SELECT seq, concat('name ', seq), concat('note ', seq), seq FROM "+testmy.Numbers(300)+";"+
				"CREATE TABLE zz (id int PRIMARY KEY, b int); INSERT INTO zz VALUES (1, 1)")
			look := func() string { return testmy.WithoutCounters(w.fingerprint(t)) }
			before := look()
			const batch = "ALTER TABLE wide DROP COLUMN note; ALTER TABLE zz DROP COLUMN b;"
			s := newStage(t, w, write(t, map[string]string{"000001_x.up.sql": batch + "\nSELECT * FROM nowhere;"}))
			s.must(t, 4, "up", "--on-failure", "keep")
			for i, point := range []string{"mysql.revert.quarantined", "mysql.revert.columns", "mysql.revert.values", "mysql.revert.put#1", "mysql.revert.put#1", "mysql.revert.sealed"} {
				s.killed(t, []string{"recover"}, point)
				if dies {
					server.Stop(t, true)
					server.Restart(t)
				}
				s.must(t, 0, "snapshot", "verify")
				switch i {
				case 2: // behind the values, and before they are noted
					w.exec(t, "UPDATE wide SET note = 'early' WHERE id = 1")
				case 3:
					w.exec(t, "UPDATE wide SET note = 'late' WHERE id = 2")
				}
			}
			s.must(t, 0, "recover")
			if got := w.AdminQuery(t, "SELECT note FROM wide WHERE id < 3 ORDER BY id"); strings.Join(got, ", ") != "note 1, late" {
				t.Errorf("the notes are %q", got)
			}
			noted := func(note string) (n int) {
				for _, table := range w.AdminQuery(t, `SELECT table_name FROM information_schema.columns WHERE table_schema = database() AND table_name LIKE 'safemigrate\_c\_%' AND column_name = 'note'`) {
					n += len(w.AdminQuery(t, "SELECT 1 FROM "+table+" WHERE note = '"+note+"'"))
				}
				return n
			}
			if n := noted("early"); n != 1 {
				t.Errorf("what was written before is there %d times", n)
			}
			const unmarked = "DROP TRIGGER marks; UPDATE wide SET n = id;" +
				"CREATE TRIGGER marks BEFORE UPDATE ON wide FOR EACH ROW SET NEW.n = OLD.n + 1000; DO 0" // MySQL keeps the semicolon
			w.exec(t, "UPDATE wide SET note = 'note 2' WHERE id = 2;"+unmarked)
			if now := look(); now != before {
				t.Errorf("after recover:\n%s", difference(before, now))
			}
			s = newStage(t, w, write(t, map[string]string{"000001_x.up.sql": batch}))
			s.must(t, 0, "up")
			after := look()
			for _, point := range puttingBack[:2] {
				s.killed(t, []string{"rollback"}, point)
				if dies {
					server.Stop(t, true)
					server.Restart(t)
				}
				w.exec(t, "UPDATE wide SET note = '"+point+"' WHERE id = 1")
				s.must(t, 0, "recover")
				if n := noted(point); n != 1 {
					t.Errorf("what was written to a column that went again is there %d times", n)
				}
				w.exec(t, unmarked)
				if now := look(); now != after {
					t.Errorf("after recover of a rollback:\n%s", difference(after, now))
				}
			}
			s.must(t, 0, "rollback")
			if now := look(); now != before {
				t.Errorf("after rollback:\n%s", difference(before, now))
			}
			s = newStage(t, w, write(t, map[string]string{"000001_x.up.sql": "SELECT * FROM nowhere; ALTER TABLE wide DROP COLUMN note;"}))
			s.must(t, 4, "up", "--on-failure", "keep")
			w.exec(t, "UPDATE wide SET note = 'other' WHERE id = 1") // it is not gone yet, with its key
			s.killed(t, []string{"recover"}, "mysql.revert.columns")
			s.must(t, 0, "recover")
			if got := w.AdminQuery(t, "SELECT note FROM wide WHERE id = 1"); strings.Join(got, ", ") != "note 1" {
				t.Errorf("the note is %q", got)
			}
		})
	}
}
