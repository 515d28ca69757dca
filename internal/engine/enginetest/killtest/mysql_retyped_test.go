//go:build failpoint && unix

package killtest

import (
	"slices"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/testmy"
)

// TestMySQLRetyped kills what puts columns back that got another type. In a restore, a value
// that somebody writes before is in the quarantine, and one that he writes once the values are
// back stays. In a rollback, rows that came later keep what they hold, however often it is
// killed and brought back.
func TestMySQLRetyped(t *testing.T) {
	t.Parallel()
	w, _ := onServer(t, false)
	w.exec(t, "CREATE TABLE wide (id int PRIMARY KEY, cost decimal(10,2) NOT NULL, note varchar(40) NOT NULL, n int, UNIQUE one (note), KEY two (cost));"+
		"INSERT INTO wide SELECT seq, seq / 8, concat('note ', seq), seq FROM "+testmy.Numbers(300))
	look := func() string { return testmy.WithoutCounters(w.fingerprint(t)) }
	before := look()
	const batch = "ALTER TABLE wide MODIFY cost int NOT NULL, DROP COLUMN note;"
	s := newStage(t, w, write(t, map[string]string{"000001_x.up.sql": batch + "\nSELECT * FROM nowhere;"}))
	s.must(t, 4, "up", "--on-failure", "keep")
	w.exec(t, "UPDATE wide SET cost = 77001 WHERE id = 1; INSERT INTO wide VALUES (1001, 77002, 1)")
	for _, point := range []string{"mysql.revert.quarantined", "mysql.revert.columns", "mysql.revert.values", "mysql.revert.put", "mysql.revert.sealed"} {
		s.killed(t, []string{"recover"}, point)
		s.must(t, 0, "snapshot", "verify")
	}
	w.exec(t, "UPDATE wide SET cost = 5 WHERE id = 2")
	s.must(t, 0, "recover")
	var kept []string
	for _, table := range w.AdminQuery(t, `SELECT DISTINCT table_name FROM information_schema.columns WHERE table_schema = database() AND table_name LIKE 'safemigrate\_c\_%' AND column_name = 'cost'`) {
		kept = append(kept, w.AdminQuery(t, "SELECT cost FROM "+table+" WHERE cost > 77000 ORDER BY id")...)
	}
	slices.Sort(kept) // of each that was killed before the values went
	if got := strings.Join(slices.Compact(kept), " "); got != "77001 77002" {
		t.Errorf("the quarantine has %q", got)
	}
	if got := w.AdminQuery(t, "SELECT cost FROM wide WHERE id < 3 ORDER BY id"); strings.Join(got, " ") != "0.13 5.00" {
		t.Errorf("the values are %q", got)
	}
	w.exec(t, "UPDATE wide SET cost = 0.25 WHERE id = 2")
	if now := look(); now != before {
		t.Errorf("after recover:\n%s", difference(before, now))
	}
	s = newStage(t, w, write(t, map[string]string{"000001_x.up.sql": "ALTER TABLE wide MODIFY cost int NOT NULL;"}))
	s.must(t, 0, "up")
	w.exec(t, "INSERT INTO wide VALUES (1001, 77, 'later', 1); UPDATE wide SET n = 0 WHERE id = 7")
	since := look()
	for _, point := range []string{"mysql.revert.quarantined", "mysql.revert.opened", "mysql.revert.columns", "mysql.revert.values#1", "mysql.revert.values#2", "mysql.revert.table", "mysql.revert.applied"} {
		s.killed(t, []string{"rollback"}, point)
		s.must(t, 0, "recover")
		if now := look(); now != since {
			t.Errorf("after recover of a rollback at %s:\n%s", point, difference(since, now))
		}
		if left := w.AdminQuery(t, `SELECT table_name FROM information_schema.tables WHERE table_schema = database() AND table_name LIKE 'safemigrate\_later\_%'`); len(left) > 0 {
			t.Errorf("after recover of a rollback at %s there are %q", point, left)
		}
	}
	s.must(t, 0, "rollback")
	if got := w.AdminQuery(t, "SELECT concat_ws(' ', cost, note) FROM wide WHERE id = 1001"); strings.Join(got, "") != "77.00 later" {
		t.Errorf("the later row is %q", got)
	}
	w.exec(t, "DELETE FROM wide WHERE id = 1001; UPDATE wide SET n = 7 WHERE id = 7")
	if now := look(); now != before {
		t.Errorf("after rollback:\n%s", difference(before, now))
	}
}
