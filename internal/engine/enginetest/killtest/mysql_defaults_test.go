//go:build failpoint && unix

package killtest

import (
	"strings"
	"testing"
)

// defaulting is a point that only programs of another default character set pass:
// TestMySQLDefaults has them.
var defaulting = []string{"mysql.revert.defaults"}

// TestMySQLDefaults kills what makes a program again while the database has the default
// character set that it had when the program was made, in a restore and in a rollback, and
// once the server with it. Database and program are as they were in the end.
func TestMySQLDefaults(t *testing.T) {
	t.Parallel()
	for _, dies := range []bool{false, true} {
		t.Run(map[bool]string{false: "client", true: "server"}[dies], func(t *testing.T) {
			t.Parallel()
			w, server := onServer(t, dies)
			w.exec(t, "ALTER DATABASE CHARACTER SET latin1; CREATE PROCEDURE old(x varchar(9)) SELECT x; CREATE TRIGGER stamps BEFORE INSERT ON orders FOR EACH ROW SET NEW.state = 'x';"+
				"ALTER DATABASE CHARACTER SET utf8mb4; CREATE PROCEDURE fresh() SELECT 1")
			killed := func(t *testing.T, s *stage, command string) {
				t.Helper()
				s.killed(t, []string{command}, "mysql.revert.defaults")
				if dies {
					server.Stop(t, true)
					server.Restart(t)
				}
			}
			const batch = "DROP PROCEDURE old; DROP PROCEDURE fresh; UPDATE orders SET state = 'y';"
			before := w.fingerprint(t)
			s := newStage(t, w, write(t, map[string]string{"000001_x.up.sql": batch + "\nSELECT * FROM nowhere;"}))
			s.must(t, 4, "up", "--on-failure", "keep")
			killed(t, s, "recover")
			killed(t, s, "recover")
			s.must(t, 0, "recover")
			if now := w.fingerprint(t); now != before {
				t.Errorf("after recover:\n%s", difference(before, now))
			}
			s = newStage(t, w, write(t, map[string]string{"000001_x.up.sql": batch}))
			s.must(t, 0, "up")
			after := w.fingerprint(t)
			killed(t, s, "rollback")
			s.must(t, 0, "recover")
			if now := w.fingerprint(t); now != after {
				t.Errorf("after a rollback that was killed and recovered:\n%s", difference(after, now))
			}
			s.must(t, 0, "rollback")
			if now := w.fingerprint(t); now != before {
				t.Errorf("after the rollback:\n%s", difference(before, now))
			}
			if !strings.Contains(before, "latin1") {
				t.Error("the program was made as any other")
			}
		})
	}
}

// TestMySQLDefaultsMeanwhile has somebody give the database a third default while it has that
// of a program: it stays, and is named, until that is taken back by hand.
func TestMySQLDefaultsMeanwhile(t *testing.T) {
	t.Parallel()
	w, _ := onServer(t, false)
	w.exec(t, "ALTER DATABASE CHARACTER SET latin1; CREATE PROCEDURE old(x varchar(9)) SELECT x; ALTER DATABASE CHARACTER SET utf8mb4")
	before := w.fingerprint(t)
	s := newStage(t, w, write(t, map[string]string{"000001_x.up.sql": "DROP PROCEDURE old;\nSELECT * FROM nowhere;"}))
	s.must(t, 4, "up", "--on-failure", "keep")
	for _, point := range []string{"mysql.revert.step#9", "mysql.revert.defaults#1"} { // before it, and meanwhile
		if e := s.meddle(t, w, "restore", []string{"recover"}, point, "ALTER DATABASE CHARACTER SET ascii"); e.code != 4 || !strings.Contains(e.String(), "was changed: it has CHARACTER SET ascii") {
			t.Errorf("at %s it ended with %d\n%s", point, e.code, e)
		}
		if got := w.AdminQuery(t, "SELECT default_character_set_name FROM information_schema.schemata WHERE schema_name = database()"); got[0] != "ascii" {
			t.Errorf("at %s what somebody else did is gone: %s", point, got)
		}
		w.exec(t, "ALTER DATABASE CHARACTER SET utf8mb4")
	}
	s.must(t, 0, "recover")
	if now := w.fingerprint(t); now != before {
		t.Errorf("after recover:\n%s", difference(before, now))
	}
}
