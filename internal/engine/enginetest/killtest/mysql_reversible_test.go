//go:build failpoint && unix

package killtest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/testmy"
)

const (
	reversibleSchema = `CREATE TABLE parents (id int PRIMARY KEY, code varchar(9), UNIQUE by_code (code));
CREATE TABLE spared (id int PRIMARY KEY, n int NOT NULL DEFAULT 7, p int, note text, KEY by_n (n), CONSTRAINT of_parent FOREIGN KEY (p) REFERENCES parents (id), CONSTRAINT small CHECK (n < 1000));
CREATE TABLE shed (id int PRIMARY KEY, n int DEFAULT 5, KEY by_n (n));
CREATE TRIGGER counts BEFORE UPDATE ON shed FOR EACH ROW SET NEW.n = OLD.n + 1;
CREATE TABLE swapped (id int PRIMARY KEY, gone varchar(20) DEFAULT 'none', n int, KEY by_gone (gone));
INSERT INTO parents VALUES (1, 'one'), (2, 'two');
CREATE TABLE tied (id int PRIMARY KEY, p int, CONSTRAINT tie FOREIGN KEY (p) REFERENCES parents (id) ON DELETE CASCADE);
INSERT INTO tied VALUES (1, 1), (2, 2);`
	reversibleBatch = `ALTER TABLE parents DROP KEY by_code, ADD UNIQUE better (code, id);
ALTER TABLE spared DROP FOREIGN KEY of_parent;
ALTER TABLE spared DROP KEY by_n, DROP CONSTRAINT small, MODIFY n int NULL, ADD KEY more (p, n), ADD CONSTRAINT again FOREIGN KEY (p) REFERENCES parents (id) ON DELETE SET NULL;
ALTER TABLE shed ADD extra int DEFAULT 4, ADD name varchar(20) NOT NULL DEFAULT 'x' FIRST, ALTER n DROP DEFAULT, ADD KEY by_extra (extra);
DROP TRIGGER counts;
UPDATE shed SET extra = id * 2;
CREATE TRIGGER counts BEFORE UPDATE ON shed FOR EACH ROW SET NEW.n = OLD.n + 2;
ALTER TABLE tied MODIFY p int COMMENT 'of whom', ADD KEY by_p (p, id);
ALTER TABLE swapped DROP COLUMN gone, ADD come int DEFAULT 6, ADD KEY by_come (come);`
)

// TestMySQLReversible kills a rollback of which nothing is kept but columns, and its undo, at
// every point, and recover with it at some. What others write to the tables then stays.
func TestMySQLReversible(t *testing.T) {
	t.Parallel()
	w, _ := onServer(t, false)
	w.exec(t, reversibleSchema+"INSERT INTO spared SELECT seq, seq % 100, 1 + seq % 2, 'x' FROM "+testmy.Numbers(300)+"; INSERT INTO shed SELECT seq, seq FROM "+testmy.Numbers(300)+"; INSERT INTO swapped SELECT seq, concat('name ', seq), seq FROM "+testmy.Numbers(300))
	before := w.fingerprint(t)
	s := newStage(t, w, write(t, map[string]string{"000001_x.up.sql": reversibleBatch}))
	s.must(t, 0, "up")
	after := w.fingerprint(t)
	const copies = `SELECT table_name FROM information_schema.columns WHERE table_schema = database() AND table_name LIKE 'safemigrate\_c\_%' AND column_name = 'n'`
	kept := w.AdminQuery(t, copies)
	r := reversal{s, w}
	rollback, undo := []string{"rollback"}, []string{"rollback", "--undo"}
	_, points := s.traced(t, rollback)
	r.is(t, before, "after the rollback")
	if whole := w.AdminQuery(t, copies); len(whole) != len(kept) {
		t.Errorf("whole rows are in %q, before it in %q", whole, kept)
	}
	_, back := s.traced(t, undo)
	r.is(t, after, "after the undo")
	if whole := w.AdminQuery(t, copies); len(whole) != len(kept) {
		t.Errorf("whole rows are in %q, before the undo in %q", whole, kept)
	}
	r.killed(t, rollback, points, after)
	s.must(t, 0, rollback...)
	r.is(t, before, "after another rollback")
	r.killed(t, undo, back, before)
	s.must(t, 0, undo...)
	r.is(t, after, "after another undo")
}

// reversal is one database whose batch is taken back time and again.
type reversal struct {
	*stage
	w mysqlWorld
}

func (r reversal) is(t *testing.T, want, when string) {
	t.Helper()
	if now := r.w.fingerprint(t); now != want {
		t.Fatalf("%s:\n%s", when, difference(want, now))
	}
}

// killed kills a command at each point that it passes, and recover behind the last one at some
// of its own.
func (r reversal) killed(t *testing.T, command, points []string, want string) {
	t.Helper()
	for i, point := range points {
		if point == "mysql.revert.sealed" {
			break // it may be over
		}
		r.killedAt(t, command, fmt.Sprintf("%s#%d", point, count(points[:i+1], point)), want)
	}
	for _, again := range []string{"opened", "step#4", "columns", "values", "put", "table#2", "step#6", "applied"} {
		r.killedAt(t, command, "mysql.revert.applied", want, "mysql.revert."+again)
	}
}

// killedAt kills a command, has others write to the tables, and recovers. again are points at
// which recover dies, if it passes them.
func (r reversal) killedAt(t *testing.T, command []string, at, want string, again ...string) {
	t.Helper()
	r.stage.killed(t, command, at)
	when := fmt.Sprintf("after recover, killed at %q, of %v, killed at %s", again, command, at)
	r.w.exec(t, "INSERT INTO spared (id, n, p) VALUES (1001, 8, 1); DELETE FROM spared WHERE id = 2; INSERT INTO swapped (id, n) VALUES (1001, 8); INSERT INTO shed (id, n) VALUES (1001, 8)")
	written := "6 4"
	if r.w.hasExtra(t) {
		written = "99 4"
		r.w.exec(t, "REPLACE INTO shed (id, n, extra) VALUES (3, 3, 99)")
	}
	for _, point := range again {
		r.wait(t, r.start(t, []string{"recover"}, environment(point, "")...))
	}
	r.must(t, 0, "recover")
	if r.w.hasExtra(t) {
		if got := r.w.AdminQuery(t, "SELECT extra FROM shed WHERE id IN (3, 1001) ORDER BY id"); strings.Join(got, " ") != written {
			t.Errorf("%s: the column holds %q, want %s", when, got, written)
		}
		r.w.exec(t, "REPLACE INTO shed (id, n, extra) VALUES (3, 3, 6)")
	}
	if got := r.w.AdminQuery(t, "SELECT concat((SELECT count(*) FROM spared WHERE id IN (2, 1001)), (SELECT count(*) FROM shed WHERE id = 1001), (SELECT count(*) FROM swapped WHERE id = 1001))"); got[0] != "111" {
		t.Errorf("%s: of the later rows there are %s", when, got)
	}
	r.w.exec(t, "DELETE FROM spared WHERE id = 1001; INSERT INTO spared VALUES (2, 2, 1, 'x'); DELETE FROM shed WHERE id = 1001; DELETE FROM swapped WHERE id = 1001")
	r.is(t, want, when)
}

func (w mysqlWorld) hasExtra(t *testing.T) bool {
	t.Helper()
	return len(w.AdminQuery(t, "SELECT 1 FROM information_schema.columns WHERE table_schema = database() AND table_name = 'shed' AND column_name = 'extra'")) > 0
}

// TestMySQLReversibleLate has others write, while a rollback is about to take columns away, to
// these: that is kept with what was kept of them. What others add to a table of which nothing is
// kept stays, and once it is gone that is undone as ever.
func TestMySQLReversibleLate(t *testing.T) {
	t.Parallel()
	w, _ := onServer(t, false)
	w.exec(t, reversibleSchema+"INSERT INTO spared VALUES (1, 1, 1, 'x'); INSERT INTO shed VALUES (1, 1), (2, 2), (3, 3); INSERT INTO swapped VALUES (1, 'x', 1), (2, 'y', 2)")
	s := newStage(t, w, write(t, map[string]string{"000001_x.up.sql": reversibleBatch}))
	s.must(t, 0, "up")
	at := s.pause(t, []string{"rollback"}, "mysql.revert.opened", 1)
	w.exec(t, "INSERT INTO shed (id, n, name, extra) VALUES (4, 4, 'new', 44); UPDATE shed SET extra = 99 WHERE id = 2; DELETE FROM shed WHERE id = 3; UPDATE swapped SET come = 66 WHERE id = 1; INSERT INTO spared VALUES (2, 5, 2, 'y')")
	after := w.fingerprint(t)
	at.release(t)
	if e := s.wait(t, at.child); e.code != 0 || !strings.Contains(e.String(), "5 rows of replaced tables") {
		t.Fatalf("the rollback ended with %d\n%s", e.code, e)
	}
	w.exec(t, "UPDATE spared SET note = 'theirs' WHERE id = 2; INSERT INTO swapped (id, n) VALUES (3, 3)")
	s.must(t, 0, "rollback", "--undo")
	if got := w.AdminQuery(t, "SELECT concat(note, (SELECT come FROM swapped WHERE id = 3)) FROM spared WHERE id = 2"); got[0] != "theirs6" {
		t.Errorf("what others wrote is %q", got)
	}
	w.exec(t, "UPDATE spared SET note = 'y' WHERE id = 2; DELETE FROM swapped WHERE id = 3")
	if now := w.fingerprint(t); now != after {
		t.Errorf("after the undo:\n%s", difference(after, now))
	}
	at = s.pause(t, []string{"rollback"}, "mysql.revert.applied", 1)
	w.exec(t, "ALTER TABLE spared ADD KEY theirs (note(3)); ALTER TABLE shed ADD KEY theirs (n, id)")
	at.release(t)
	if e := s.wait(t, at.child); e.code != 0 || !strings.Contains(e.String(), "spared") {
		t.Fatalf("the rollback ended with %d\n%s", e.code, e)
	}
	w.exec(t, "ALTER TABLE spared DROP KEY theirs; ALTER TABLE shed DROP KEY theirs")
	s.must(t, 0, "rollback", "--undo")
	if now := w.fingerprint(t); now != after {
		t.Errorf("after the second undo:\n%s", difference(after, now))
	}
}
