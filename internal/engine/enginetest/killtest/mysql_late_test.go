//go:build failpoint && unix

package killtest

import (
	"testing"

	"github.com/safemigrate/safemigrate/internal/testmy"
)

// TestMySQLLateKeys kills what fills a table while the keys that come after its rows are
// away, in a restore and in a rollback, for each way in which a table gets all of its rows.
func TestMySQLLateKeys(t *testing.T) {
	t.Parallel()
	const rows = 12_000
	for name, batch := range map[string]string{
		"rebuilt":      "ALTER TABLE wide DROP COLUMN note;",
		"refilled":     "UPDATE wide SET note = 'gone' WHERE id % 3 = 0;",
		"brought back": "DROP TABLE wide;",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ok := newMySQL(t, testmy.Start(t)).(mysqlWorld)
			if !ok {
				t.Fatal("not a MySQL database")
			}
			w.exec(t, "CREATE TABLE wide (id int PRIMARY KEY, name varchar(40), note varchar(40), UNIQUE one (name, id), KEY two (note(7), name), KEY three (name) COMMENT 'x');"+
				"INSERT INTO wide SELECT seq, concat('name ', seq % 777), concat('note ', seq) FROM "+testmy.Numbers(rows))
			before := w.fingerprint(t)
			s := newStage(t, w, write(t, map[string]string{"000001_x.up.sql": batch + "\nSELECT * FROM nowhere;"}))
			s.must(t, 4, "up", "--on-failure", "keep")
			for _, point := range []string{"mysql.revert.keyless", "mysql.revert.unkeyed"} {
				s.killed(t, []string{"recover"}, point)
			}
			s.must(t, 0, "recover")
			if now := s.fingerprint(t); now != before {
				t.Errorf("after recover:\n%s", difference(before, now))
			}
			if name == "refilled" { // a rollback corrects such a table
				return
			}
			s = newStage(t, w, write(t, map[string]string{"000001_x.up.sql": batch}))
			s.must(t, 0, "up")
			after := s.fingerprint(t)
			for _, point := range []string{"mysql.revert.keyless", "mysql.revert.unkeyed"} {
				s.killed(t, []string{"rollback"}, point)
				s.must(t, 0, "recover")
				if now := s.fingerprint(t); now != after {
					t.Errorf("after recover:\n%s", difference(after, now))
				}
			}
			s.must(t, 0, "rollback")
			if now := s.fingerprint(t); now != before {
				t.Errorf("after rollback:\n%s", difference(before, now))
			}
		})
	}
}
