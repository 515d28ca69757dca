//go:build failpoint && unix

package killtest

import (
	"testing"

	"github.com/safemigrate/safemigrate/internal/testmy"
)

// TestMySQLLooseKeys kills what gives the columns of foreign keys their form back while
// these are away, and what makes a table anew that refers to itself: behind the step that
// drops them, between two tables, behind more of them, and before they come again.
func TestMySQLLooseKeys(t *testing.T) {
	t.Parallel()
	const batch = `ALTER TABLE orders DROP FOREIGN KEY order_of;
ALTER TABLE customers MODIFY id bigint NOT NULL AUTO_INCREMENT;
ALTER TABLE orders MODIFY customer bigint NOT NULL, ADD CONSTRAINT order_of FOREIGN KEY (customer) REFERENCES customers (id) ON DELETE CASCADE;
ALTER TABLE tree DROP COLUMN a;`
	points := []string{"mysql.revert.step#4", "mysql.revert.table#1", "mysql.revert.table#2", "mysql.revert.step#6"}
	w, ok := newMySQL(t, testmy.Start(t)).(mysqlWorld)
	if !ok {
		t.Fatal("not a MySQL database")
	}
	w.exec(t, "CREATE TABLE tree (id int PRIMARY KEY, parent int, a int, CONSTRAINT tree_of FOREIGN KEY (parent) REFERENCES tree (id)); INSERT INTO tree VALUES (1, NULL, 1), (2, 1, 2)")
	before := w.fingerprint(t)
	is := func(when, want string) {
		t.Helper()
		if now := w.fingerprint(t); now != want {
			t.Errorf("%s:\n%s", when, difference(want, now))
		}
	}
	s := newStage(t, w, write(t, map[string]string{"000001_x.up.sql": batch + "\nSELECT * FROM nowhere;"}))
	s.must(t, 4, "up", "--on-failure", "keep")
	for _, point := range points {
		s.killed(t, []string{"recover"}, point)
	}
	s.must(t, 0, "recover")
	is("after recover", before)
	s = newStage(t, w, write(t, map[string]string{"000001_x.up.sql": batch}))
	s.must(t, 0, "up")
	after := w.fingerprint(t)
	for _, point := range points {
		s.killed(t, []string{"rollback"}, point)
		s.must(t, 0, "recover")
		is("after recover of a rollback", after)
	}
	s.must(t, 0, "rollback")
	is("after rollback", before)
}
