//go:build failpoint && unix

package killtest

import (
	"testing"

	"github.com/safemigrate/safemigrate/internal/testmy"
)

// TestMySQLUnfit kills a rollback that takes rows out which do not fit what their table was
// before the batch: recover brings them back, and the next rollback goes through.
func TestMySQLUnfit(t *testing.T) {
	t.Parallel()
	w := newMySQL(t, testmy.Start(t))
	w.exec(t, "CREATE TABLE people (id int PRIMARY KEY, name varchar(20) NOT NULL); INSERT INTO people VALUES (1, 'a'), (2, 'b')")
	before := w.fingerprint(t)
	s := newStage(t, w, write(t, map[string]string{"000001_x.up.sql": "ALTER TABLE people MODIFY name varchar(20) NULL;"}))
	s.must(t, 0, "up")
	w.exec(t, "INSERT INTO people VALUES (3, NULL); UPDATE people SET name = NULL WHERE id = 2")
	since := w.fingerprint(t)
	s.must(t, 7, "rollback")
	for _, point := range []string{"mysql.revert.step#5", "mysql.revert.table#1", "mysql.revert.applied"} {
		s.killed(t, []string{"rollback", "--discard-writes"}, point)
		s.must(t, 0, "recover")
		if now := w.fingerprint(t); now != since {
			t.Errorf("after recover:\n%s", difference(since, now))
		}
	}
	s.must(t, 0, "rollback", "--discard-writes")
	w.exec(t, "INSERT INTO people VALUES (2, 'b')")
	if now := w.fingerprint(t); now != before {
		t.Errorf("after rollback:\n%s", difference(before, now))
	}
}
