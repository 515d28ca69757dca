//go:build failpoint && unix

package killtest

import (
	"slices"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/testmy"
)

// exchanging are points of tables that are exchanged for their copies: those of the
// scenarios refer to each other.
var exchanging = []string{"mysql.revert.exchanged"}

// TestMySQLExchange kills a restore around the moment at which a table changes its place
// with its copy, and has it done once more: what was written before that moment is in the
// quarantine, and what was written after it in the table.
func TestMySQLExchange(t *testing.T) {
	t.Parallel()
	for name, batch := range map[string]string{
		"rebuilt":      "ALTER TABLE wide DROP COLUMN note;",
		"refilled":     "UPDATE wide SET note = 'gone' WHERE id % 3 = 0;",
		"brought back": "DROP TABLE wide;",
		"grown":        "ALTER TABLE wide ADD COLUMN extra int; UPDATE wide SET extra = id, note = 'gone';",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dies := name == "rebuilt"
			w, server := onServer(t, dies)
			w.exec(t, "CREATE TABLE wide (id int PRIMARY KEY, name varchar(40), note varchar(40), UNIQUE one (name, id), KEY two (note(7), name), KEY three (name));"+
				"INSERT INTO wide SELECT seq, concat('name ', seq), concat('note ', seq) FROM "+testmy.Numbers(500)+";"+
				"CREATE TABLE small (id int PRIMARY KEY, n int, m int, KEY (n)); INSERT INTO small VALUES (1, 1, 1)")
			look := func() string { return testmy.WithoutCounters(w.fingerprint(t)) }
			before := look()
			s := newStage(t, w, write(t, map[string]string{"000001_x.up.sql": "ALTER TABLE small DROP COLUMN n; " + batch + "\nSELECT * FROM nowhere;"}))
			s.must(t, 4, "up", "--scope", "all", "--on-failure", "keep")
			if name != "brought back" {
				w.exec(t, "INSERT INTO wide (id, name) VALUES (1001, 'early')")
			}
			points := []string{"mysql.revert.quarantined", "mysql.revert.exchanged", "mysql.revert.exchanged", "mysql.revert.applied", "mysql.revert.sealed"}
			if name != "brought back" { // which leaves no table for the quarantine
				points = slices.Insert(points, 3, "mysql.take.manifest") //nolint:mnd // where the next one lists the table
			}
			for i, point := range points {
				s.must(t, 0, "snapshot", "prune", "--keep-last", "0")
				s.killed(t, []string{"recover"}, point)
				if dies {
					server.Stop(t, true)
					server.Restart(t)
				}
				s.must(t, 0, "snapshot", "verify")
				if i == 2 {
					w.exec(t, "INSERT INTO wide (id, name) VALUES (2001, 'late')")
				}
			}
			s.must(t, 0, "recover")
			s.must(t, 0, "snapshot", "verify")
			if late := w.AdminQuery(t, "SELECT id FROM wide WHERE id > 1000"); strings.Join(late, " ") != "2001" {
				t.Errorf("of what was written %q is in the table", late)
			}
			early := 0
			for _, table := range w.AdminQuery(t, `SELECT table_name FROM information_schema.columns WHERE table_schema = database() AND table_name LIKE 'safemigrate\_c\_%' AND column_name = 'name'`) {
				early += len(w.AdminQuery(t, "SELECT 1 FROM "+table+" WHERE name = 'early'"))
			}
			if name != "brought back" && early != 1 {
				t.Errorf("what was written before is there %d times", early)
			}
			w.exec(t, "DELETE FROM wide WHERE id = 2001")
			if now := look(); now != before {
				t.Errorf("after recover:\n%s", difference(before, now))
			}
			s = newStage(t, w, write(t, map[string]string{"000001_x.up.sql": "ALTER TABLE small DROP COLUMN n; " + batch}))
			s.must(t, 0, "up", "--scope", "all")
			after := look()
			s.killed(t, []string{"rollback"}, "mysql.revert.applied")
			if name == "grown" { // the others are as they were by then, or get their definition back
				s.killed(t, []string{"recover"}, "mysql.revert.exchanged")
			}
			s.must(t, 0, "recover")
			if now := look(); now != after {
				t.Errorf("after recover of a rollback:\n%s", difference(after, now))
			}
			s.must(t, 0, "rollback")
			if now := look(); now != before {
				t.Errorf("after rollback:\n%s", difference(before, now))
			}
		})
	}
}
