//go:build failpoint && unix

package killtest

import (
	"strconv"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/testmy"
)

// What others do to definitions while a batch is taken back: at every step of it, to every
// table, whatever becomes of that.
const (
	meanwhileSchema = `CREATE TABLE parent (id int PRIMARY KEY, n int);
CREATE TABLE child (id int PRIMARY KEY, p int, KEY by_p (p), CONSTRAINT child_of FOREIGN KEY (p) REFERENCES parent (id));
CREATE TABLE rebuilt (id int PRIMARY KEY, lost text, n int);
CREATE TABLE placed (id int PRIMARY KEY, n int);
CREATE TABLE corrected (id int PRIMARY KEY, n int);
CREATE TABLE back (id int PRIMARY KEY, n int);
CREATE TABLE untouched (id int PRIMARY KEY, n int);
INSERT INTO parent VALUES (1, 1), (2, 2); INSERT INTO child VALUES (1, 1), (2, 2); INSERT INTO rebuilt VALUES (1, 'x', 1), (2, 'y', 2);
INSERT INTO placed VALUES (1, 1), (2, 2); INSERT INTO corrected VALUES (1, 1), (2, 2); INSERT INTO back VALUES (1, 1), (2, 2); INSERT INTO untouched VALUES (1, 1), (2, 2);`
	meanwhileBatch = `ALTER TABLE child DROP FOREIGN KEY child_of;
ALTER TABLE parent MODIFY id bigint NOT NULL;
ALTER TABLE child MODIFY p bigint, ADD CONSTRAINT child_of FOREIGN KEY (p) REFERENCES parent (id);
ALTER TABLE rebuilt DROP COLUMN lost;
ALTER TABLE placed ADD COLUMN extra int;
UPDATE corrected SET n = 9 WHERE id = 1;
DROP TABLE back;
CREATE TABLE made (id int PRIMARY KEY, n int, m int);
INSERT INTO made VALUES (1, 1, 1), (2, 2, 2);`
)

// meddling is what somebody else does to a table T.
type meddling struct{ do, there, undo string }

var meddlings = map[string]meddling{
	"column":  {"ALTER TABLE T ADD COLUMN z int; UPDATE T SET z = 40 + id", "SELECT count(*) FROM T WHERE z = 40 + id", "ALTER TABLE T DROP COLUMN z"},
	"index":   {"ALTER TABLE T ADD KEY z (id, n)", "SELECT count(*) FROM information_schema.statistics WHERE table_schema = database() AND table_name = 'T' AND index_name = 'z'", "ALTER TABLE T DROP KEY z"},
	"check":   {"ALTER TABLE T ADD CONSTRAINT z CHECK (id > -5)", "SELECT 2 * count(*) FROM information_schema.table_constraints WHERE table_schema = database() AND table_name = 'T' AND constraint_name = 'z'", "ALTER TABLE T DROP CONSTRAINT z"},
	"trigger": {"CREATE TRIGGER z BEFORE INSERT ON T FOR EACH ROW SET NEW.n = NEW.n + 1", "SELECT 2 * count(*) FROM information_schema.triggers WHERE trigger_schema = database() AND trigger_name = 'z'", "DROP TRIGGER z"},
}

func (m meddling) on(text, table string) string {
	return strings.NewReplacer("'T'", "'"+table+"'", " T ", " "+table+" ").Replace(text)
}

// TestMySQLMeanwhile changes a definition while a rollback or a restore waits at a point of
// it, or when it was killed there and before recover. Whatever becomes of that, the change is
// there afterwards, and named.
func TestMySQLMeanwhile(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"rollback: column of rebuilt at quarantined#1 ends with 8",
		"rollback: column of made at step#2 ends with 8",
		"rollback: column of child at step#3 ends with 8",
		"rollback: column of rebuilt at step#5 ends with 8",
		"rollback: column of placed at step#5 ends with 8",
		"rollback: column of corrected at step#5 ends with 8",
		"rollback: column of child at step#6 ends with 4",
		"rollback: column of parent at step#6 ends with 0",
		"rollback: column of untouched at table#3 ends with 0",
		"rollback: column of back at applied#1 ends with 0",
		"rollback: column of placed at applied#1 ends with 0",
		"rollback: trigger of rebuilt at step#5 ends with 8",
		"rollback: trigger of corrected at step#5 ends with 8",
		"rollback: index of placed at step#5 ends with 8",
		"rollback: check of rebuilt at step#5 ends with 8",
		"restore: column of placed at quarantined#1 ends with 4",
		"restore: column of rebuilt at table#1 ends with 4",
		"restore: column of placed at applied#1 ends with 0",
		"killed rollback: column of untouched at step#3 ends with 0",
		"killed rollback: column of rebuilt at step#5 ends with 0",
		"killed rollback: column of rebuilt at step#6 ends with 4",
		"killed rollback: index of placed at step#6 ends with 4",
		"killed restore: column of rebuilt at step#5 ends with 4",
		"killed restore: column of placed at step#6 ends with 0",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			way, rest, _ := strings.Cut(text, ": ")
			words := strings.Fields(rest)
			meddled(t, way, meddlings[words[0]], words[2], "mysql.revert."+words[4], words[7])
		})
	}
}

// meddled tries one.
func meddled(t *testing.T, way string, m meddling, table, point, code string) {
	t.Helper()
	w, ok := newMySQL(t, testmy.Start(t)).(mysqlWorld)
	if !ok {
		t.Fatal("not a MySQL database")
	}
	w.exec(t, meanwhileSchema)
	want := w.fingerprint(t)
	batch, command := meanwhileBatch, []string{"rollback", "--discard-writes"}
	if strings.HasSuffix(way, "restore") {
		command = []string{"recover"}
		s := newStage(t, w, write(t, map[string]string{"000001_x.up.sql": batch + "\nSELECT * FROM nowhere;"}))
		s.must(t, 4, "up", "--on-failure", "keep")
		s.meddled(t, w, way, m, table, point, code, command, want)
		return
	}
	s := newStage(t, w, write(t, map[string]string{"000001_x.up.sql": batch}))
	s.must(t, 0, "up")
	if way != "rollback" || code != "0" {
		want = w.fingerprint(t)
	}
	s.meddled(t, w, way, m, table, point, code, command, want)
}

// meddled has somebody do something while a command is at a point. want is what is there in
// the end but for that.
func (s *stage) meddled(t *testing.T, w mysqlWorld, way string, m meddling, table, point, code string, command []string, want string) {
	t.Helper()
	e := s.meddle(t, w, way, command, point, m.on(m.do, table))
	still := func(when string) {
		t.Helper()
		if n := w.AdminQuery(t, m.on(m.there, table)); n[0] != "2" {
			t.Fatalf("%s, what somebody else did is gone (%s)\n%s", when, n[0], e)
		}
	}
	still("after the command")
	if strconv.Itoa(e.code) != code || !strings.Contains(e.String(), "table "+table) && !strings.Contains(e.String(), "trigger z") {
		t.Errorf("it ended with %d, or does not name it\n%s", e.code, e)
	}
	if e.code == 4 {
		e = s.must(t, 4, "recover")
		still("after recover")
		w.exec(t, m.on(m.undo, table))
		s.must(t, 0, "recover")
	} else {
		w.exec(t, m.on(m.undo, table))
	}
	if now := w.fingerprint(t); now != want {
		t.Errorf("it is not as it has to be:\n%s\n%s", difference(want, now), e)
	}
}

// meddle lets a command come to a point, or die there, and somebody do something then.
func (s *stage) meddle(t *testing.T, w mysqlWorld, way string, command []string, point, do string) ending {
	t.Helper()
	if strings.HasPrefix(way, "killed") {
		s.killed(t, command, point)
		w.exec(t, do)
		return s.run(t, "recover")
	}
	name, n, _ := strings.Cut(point, "#")
	at := s.pause(t, command, name, int(n[0]-'0'))
	w.exec(t, do)
	at.release(t)
	return s.wait(t, at.child)
}

// TestMySQLAddedMeanwhile writes to a column of the batch when a restore has seen that nobody
// had, before its table is locked: the column stays, and what was written is in the quarantine
// of the next one.
func TestMySQLAddedMeanwhile(t *testing.T) {
	t.Parallel()
	w, _ := onServer(t, false)
	w.exec(t, "CREATE TABLE placed (id int PRIMARY KEY, n int); INSERT INTO placed VALUES (1, 1), (2, 2)")
	want := w.fingerprint(t)
	s := newStage(t, w, write(t, map[string]string{"000001_x.up.sql": "ALTER TABLE placed ADD COLUMN extra int;\nSELECT * FROM nowhere;"}))
	s.must(t, 4, "up", "--on-failure", "keep")
	if e := s.meddle(t, w, "restore", []string{"recover"}, "mysql.revert.quarantined#1", "UPDATE placed SET extra = 42 WHERE id = 1"); e.code != 4 || !strings.Contains(e.String(), "somebody wrote to extra") {
		t.Errorf("it ended with %d\n%s", e.code, e)
	}
	if got := w.AdminQuery(t, "SELECT count(*) FROM placed WHERE extra = 42"); got[0] != "1" {
		t.Error("what was written is gone")
	}
	e := s.must(t, 0, "recover")
	place := w.AdminQuery(t, `SELECT table_name FROM information_schema.columns WHERE table_schema = database() AND table_name LIKE 'safemigrate\_c\_%' AND column_name = 'extra'`)
	if len(place) != 1 || w.AdminQuery(t, "SELECT count(*) FROM "+place[0]+" WHERE extra = 42")[0] != "1" || !strings.Contains(e.String(), "2 rows of replaced tables in the quarantine") {
		t.Errorf("kept are %q\n%s", place, e)
	}
	if now := w.fingerprint(t); now != want {
		t.Errorf("it is not as it was:\n%s", difference(want, now))
	}
}
