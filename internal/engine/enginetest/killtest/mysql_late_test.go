//go:build failpoint && unix

package killtest

import (
	"testing"

	"github.com/safemigrate/safemigrate/internal/testmy"
)

// lateKeys are points that no table of the scenarios has enough rows for: TestMySQLLateKeys
// has.
var lateKeys = []string{"mysql.revert.keyless", "mysql.revert.unkeyed"}

// onServer makes a database, on a server of its own where that is going to die.
func onServer(t *testing.T, dies bool) (mysqlWorld, *testmy.Server) {
	t.Helper()
	server := testmy.Start(t)
	if dies {
		server = testmy.New(t, nil)
	}
	w, ok := newMySQL(t, server).(mysqlWorld)
	if !ok {
		t.Fatal("not a MySQL database")
	}
	return w, server
}

// TestMySQLLateKeys kills what fills a table while the keys that come after its rows are
// away, in a restore and in a rollback, for each way in which a table gets all of its rows,
// and once the server with it. A table with such a fourth key is not exchanged for its copy.
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
			dies := name == "rebuilt"
			w, server := onServer(t, dies)
			w.exec(t, "CREATE TABLE wide (id int PRIMARY KEY, name varchar(40), note varchar(40), UNIQUE one (name, id), KEY two (note(7), name), KEY three (name) COMMENT 'x', FULLTEXT four (name));"+
				"INSERT INTO wide SELECT seq, concat('name ', seq % 777), concat('note ', seq) FROM "+testmy.Numbers(rows))
			look := func() string { // a server that dies gives out numbers again that it had set aside
				if dies {
					return testmy.WithoutCounters(w.fingerprint(t))
				}
				return w.fingerprint(t)
			}
			before := look()
			s := newStage(t, w, write(t, map[string]string{"000001_x.up.sql": batch + "\nSELECT * FROM nowhere;"}))
			s.must(t, 4, "up", "--scope", "all", "--on-failure", "keep")
			for _, point := range lateKeys {
				s.killed(t, []string{"recover"}, point)
				if dies {
					server.Stop(t, true)
					server.Restart(t)
				}
			}
			s.must(t, 0, "recover")
			if now := look(); now != before {
				t.Errorf("after recover:\n%s", difference(before, now))
			}
			if name == "refilled" { // a rollback corrects such a table
				return
			}
			s = newStage(t, w, write(t, map[string]string{"000001_x.up.sql": batch}))
			s.must(t, 0, "up", "--scope", "all")
			after := look()
			for _, point := range lateKeys {
				s.killed(t, []string{"rollback"}, point)
				s.must(t, 0, "recover")
				if now := look(); now != after {
					t.Errorf("after recover:\n%s", difference(after, now))
				}
			}
			s.must(t, 0, "rollback")
			if now := look(); now != before {
				t.Errorf("after rollback:\n%s", difference(before, now))
			}
		})
	}
}
