//go:build failpoint && unix

package killtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/testmy"
)

const (
	renamedSchema = `CREATE TABLE people (id int PRIMARY KEY, code varchar(9), UNIQUE by_code (code));
CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, n int, b varchar(20), p int, up int, KEY by_n (n, b(5)), KEY by_b (b),
  CONSTRAINT of_person FOREIGN KEY (p) REFERENCES people (id), CONSTRAINT of_self FOREIGN KEY (up) REFERENCES t (id));
CREATE TABLE kids (id int PRIMARY KEY, owner int, note text, CONSTRAINT of_t FOREIGN KEY (owner) REFERENCES t (id));
CREATE TRIGGER marks AFTER INSERT ON people FOR EACH ROW INSERT INTO kids VALUES (NEW.id + 1000, NULL, NEW.code);
CREATE VIEW codes AS SELECT id, code FROM people;
INSERT INTO people VALUES (1, 'one'), (2, 'two');
INSERT INTO t VALUES (1, 10, 'a', 1, NULL), (2, 20, 'b', 2, 1), (3, 30, 'c', NULL, 2);
INSERT INTO kids VALUES (1, 1, 'x'), (2, 2, 'y');`
	renamedBatch = `RENAME TABLE people TO persons;
CREATE OR REPLACE VIEW codes AS SELECT id, code FROM persons;
ALTER TABLE t RENAME COLUMN id TO number, RENAME COLUMN n TO amount, DROP KEY by_n, ADD KEY by_amount (amount);
ALTER TABLE t DROP FOREIGN KEY of_person;
ALTER TABLE t RENAME COLUMN p TO person, DROP KEY by_b, ADD KEY more (b, amount);
ALTER TABLE t ADD CONSTRAINT again FOREIGN KEY (person) REFERENCES persons (id) ON DELETE SET NULL;
ALTER TABLE kids RENAME COLUMN owner TO of_what, ADD KEY noted (note(9));
`
	// How tables and columns are called is the batch's or not, each for itself.
	renamedIs = "SELECT column_name FROM information_schema.columns WHERE table_schema = database() AND table_name = 't' AND ordinal_position = 2"
)

// renaming is one database whose names are given and taken back time and again.
type renaming struct {
	*stage
	w    mysqlWorld
	rows string // that a restore leaves of what others wrote
}

// Of a table that comes back in place all rows stay; of one of which whole rows were kept, these
// take the place of what others wrote, which goes to the quarantine.
const (
	rowsStay = "a10 b20 c77 later55later"
	rowsBack = "a10 b20 c30later"
)

// writes has others write by whatever names there are, and take that back once it is seen.
func (r renaming) writes(t *testing.T) (seen func(when string)) {
	t.Helper()
	named := strings.Join(r.w.AdminQuery(t, renamedIs), "")
	r.w.exec(t, fmt.Sprintf("UPDATE t SET %s = 77 WHERE b = 'c'; INSERT INTO t (%s, b) VALUES (55, 'later'); INSERT INTO kids (id, note) VALUES (9, 'later')", named, named))
	return func(when string) {
		t.Helper()
		named := strings.Join(r.w.AdminQuery(t, renamedIs), "")
		got := strings.Join(r.w.AdminQuery(t, fmt.Sprintf("SELECT concat(b, coalesce(%s, 'nothing')) FROM t ORDER BY b", named)), " ")
		if got += strings.Join(r.w.AdminQuery(t, "SELECT note FROM kids WHERE id = 9"), " "); got != r.rows {
			t.Errorf("%s: the rows are %s", when, got)
		}
		r.w.exec(t, fmt.Sprintf("UPDATE t SET %s = 30 WHERE b = 'c'; DELETE FROM t WHERE b = 'later'; DELETE FROM kids WHERE id = 9", named))
	}
}

func (r renaming) is(t *testing.T, want, when string) {
	t.Helper()
	if now := testmy.WithoutCounters(r.w.fingerprint(t)); now != testmy.WithoutCounters(want) {
		t.Fatalf("%s:\n%s", when, difference(testmy.WithoutCounters(want), now))
	}
}

// each kills a command at each point that it passes, and recover behind it at another one of
// those in turn. want is what recover leaves.
func (r renaming) each(t *testing.T, command, points []string, want string) {
	t.Helper()
	for i, point := range points {
		if point == "mysql.revert.sealed" {
			break // it may be over
		}
		at := fmt.Sprintf("%s#%d", point, count(points[:i+1], point))
		r.killed(t, command, at)
		left := r
		if !slices.Contains(points[:i+1], "mysql.revert.opened") {
			left.rows = rowsStay // nothing has begun
		}
		seen := left.writes(t)
		then := points[(i*5+3)%len(points)]
		if strings.HasPrefix(then, "mysql.revert.") && then != "mysql.revert.sealed" {
			r.wait(t, r.start(t, []string{"recover"}, environment(then, "")...))
		}
		r.must(t, 0, "recover")
		when := fmt.Sprintf("after %v, killed at %s, and recover, killed at %s", command, at, then)
		seen(when)
		r.is(t, want, when)
	}
}

// TestMySQLRenamed kills whatever takes names of tables and columns back, and forth again, at
// every point: no row is kept, and recover leaves one side or the other, with what others wrote by
// the names that were there.
func TestMySQLRenamed(t *testing.T) {
	t.Parallel()
	for rows, batches := range map[string][]string{
		rowsStay: {renamedBatch},
		// To lose columns and give others their names needs whole rows.
		rowsBack: {"ALTER TABLE t DROP FOREIGN KEY of_self, DROP COLUMN up;", "ALTER TABLE t RENAME COLUMN n TO amount;", "ALTER TABLE kids DROP COLUMN owner, DROP FOREIGN KEY of_t;"},
	} {
		t.Run(fmt.Sprintf("%d batches", len(batches)), func(t *testing.T) {
			t.Parallel()
			renamedBack(t, batches, rows)
		})
	}
	for n := range strings.Count(renamedBatch, ";") {
		t.Run(fmt.Sprintf("restore behind %d", n+1), func(t *testing.T) {
			t.Parallel()
			w, _ := onServer(t, false)
			w.exec(t, renamedSchema)
			before := w.fingerprint(t)
			upTo := strings.Join(strings.SplitAfter(renamedBatch, ";")[:n+1], "")
			s := newStage(t, w, write(t, map[string]string{"000001_x.up.sql": upTo + " SELECT * FROM nowhere;"}))
			r := renaming{s, w, rowsStay}
			s.must(t, 4, "up", "--on-failure", "keep")
			_, points := s.traced(t, []string{"recover"})
			r.is(t, before, "after recover")
			for i, point := range points {
				s.must(t, 4, "up", "--on-failure", "keep")
				at := fmt.Sprintf("%s#%d", point, count(points[:i+1], point))
				early := r.writes(t)
				s.killed(t, []string{"recover"}, at)
				early("after the kill at " + at)
				late := r.writes(t)
				s.must(t, 0, "recover")
				late("after recover, killed at " + at)
				r.is(t, before, "after recover, killed at "+at)
			}
		})
	}
}

// renamedBack kills the rollback of all batches at once, and its undo, behind which recover leaves
// these rows, at every point.
func renamedBack(t *testing.T, batches []string, rows string) {
	t.Helper()
	w, _ := onServer(t, false)
	w.exec(t, renamedSchema)
	before, files := w.fingerprint(t), map[string]string{}
	for i, batch := range batches {
		files[fmt.Sprintf("%06d_x.up.sql", i+1)] = batch
	}
	s := newStage(t, w, write(t, files))
	for range batches {
		s.must(t, 0, "up", "1")
	}
	after := w.fingerprint(t)
	r := renaming{s, w, rowsStay}
	rollback, undo := []string{"rollback", "--to", "none"}, []string{"rollback", "--undo"}
	copies := func() int { return len(w.AdminQuery(t, `SHOW TABLES LIKE 'safemigrate\_c\_%'`)) }
	had := copies()
	_, there := s.traced(t, rollback)
	r.is(t, before, "after the rollback")
	if made := copies() - had; made != 0 {
		t.Errorf("the rollback made %d copies", made)
	}
	_, back := s.traced(t, undo)
	r.is(t, after, "after the undo")
	r.each(t, rollback, there, after)
	s.must(t, 0, rollback...)
	r.is(t, before, "after another rollback")
	r.rows = rows
	r.each(t, undo, back, before)
	s.must(t, 0, undo...)
	r.is(t, after, "after another undo")
}
