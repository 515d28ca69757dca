package sqlite_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/sqlite"
	"github.com/safemigrate/safemigrate/migrate"
)

// stepwise applies a batch of several steps, as the runner does: a snapshot in
// the first transaction, and each step judged before it is committed.
type stepwise struct {
	t *testing.T
	d *sqlite.DB
}

func (s stepwise) do(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s stepwise) begin() {
	s.t.Helper()
	s.do(s.d.Begin(s.t.Context(), migrate.Step{Transaction: true}))
}

func (s stepwise) take() {
	s.t.Helper()
	s.begin()
	_, err := s.d.Take(s.t.Context(), migrate.SnapshotRequest{ID: "b1", Database: dbIdentity(s.t, s.d), History: history})
	s.do(err)
}

func (s stepwise) commit(sql string, final bool) {
	s.t.Helper()
	s.do(runAll(s.t.Context(), s.d, sql))
	_, err := s.d.Guard(s.t.Context(), "b1", final)
	s.do(err)
	s.do(ledger(s.t.Context(), s.d, "b1"))
	s.do(s.d.Commit(s.t.Context()))
}

// outside journals a statement, and runs it between two transactions.
func (s stepwise) outside(sql string) {
	s.t.Helper()
	s.begin()
	s.do(s.d.Commit(s.t.Context()))
	s.do(runAll(s.t.Context(), s.d, sql))
}

// TestBetweenSteps has the application write while a batch of several steps is
// under way: its rows are not taken for the batch's.
func TestBetweenSteps(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		outside string
		writes  string
		last    string // what the batch does after it
		want    map[string][2]int64
	}{
		{"nobody writes", ``, ``, `UPDATE parent SET name = 'x'`, nil},
		{"a table of no step", ``, `INSERT INTO child VALUES (9, 1)`, `UPDATE parent SET name = 'x'`, map[string][2]int64{"child": {1, 0}}},
		{"a table of the next step", ``, `INSERT INTO parent VALUES (9, 'theirs')`, `UPDATE parent SET name = 'x'`, map[string][2]int64{"parent": {1, 0}}},
		{"a table that is made anew", ``, `INSERT INTO parent VALUES (9, 'theirs'); UPDATE parent SET name = 'y' WHERE id = 1`, rebuild, map[string][2]int64{"parent": {2, 1}}},
		{"a table that is dropped", ``, `INSERT INTO parent_log VALUES ('theirs')`, `DROP TABLE parent_log`, map[string][2]int64{"parent_log": {1, 0}}},
		{"rows deleted", ``, `DELETE FROM grandchild`, `UPDATE parent SET name = 'x'`, map[string][2]int64{"grandchild": {0, 2}}},
		{"before a VACUUM", `VACUUM`, `INSERT INTO parent VALUES (9, 'theirs')`, `DELETE FROM parent`, map[string][2]int64{"parent": {1, 0}}},
		{"VACUUM alone", `VACUUM; PRAGMA wal_checkpoint`, ``, `DELETE FROM parent`, nil},
		{"the batch itself, outside a transaction", `UPDATE parent SET name = 'mine'`, ``, `DELETE FROM child`, nil},
		{"both, outside a transaction", `UPDATE parent SET name = 'mine'`, `INSERT INTO parent VALUES (9, 'theirs'); INSERT INTO child VALUES (9, 1)`,
			`DELETE FROM child`, map[string][2]int64{"parent": {-1, -1}, "child": {1, 0}}},
	}
	for _, mode := range modes {
		for _, c := range cases {
			t.Run(c.name+" "+mode, func(t *testing.T) {
				t.Parallel()
				path := newFile(t, append([]string{"PRAGMA journal_mode=" + mode}, family("")...)...)
				before := contents(t, path)
				s, other := stepwise{t, openDB(t, path)}, app(t, path)
				s.take()
				s.commit(`CREATE TABLE made (x)`, false)
				must(t, other, c.writes)
				if c.outside != "" {
					s.outside(c.outside)
				}
				s.begin()
				s.commit(`INSERT INTO made VALUES (1)`, false)
				s.begin()
				s.commit(c.last, true)
				oneState(t, path)
				takenBack(t, s.d, path, before, c.want)
			})
		}
	}
}

// oneState checks that the states of the earlier steps are gone.
func oneState(t *testing.T, path string) {
	t.Helper()
	if files, err := filepath.Glob(path + ".safemigrate/b1/after-*"); err != nil || len(files) != 1 {
		t.Errorf("%v, %v", files, err)
	}
}

func takenBack(t *testing.T, d *sqlite.DB, path, before string, want map[string][2]int64) {
	t.Helper()
	plan := request(d, "r0", "b1")
	plan.PlanOnly = true
	report, err := d.Revert(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	checkLosses(t, report, want)
	r := request(d, "r1", "b1")
	if want != nil {
		if _, err := d.Revert(t.Context(), r); err == nil {
			t.Fatal("rows were taken out without a question")
		}
		r.Decide = migrate.Discard
	}
	if report, err = d.Revert(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	checkLosses(t, report, want)
	same(t, contents(t, path), before)
}

// TestSchemaBetweenSteps has somebody change the schema in between: that is a
// conflict, as it is after the batch.
func TestSchemaBetweenSteps(t *testing.T) {
	t.Parallel()
	path := newFile(t, family("")...)
	s, other := stepwise{t, openDB(t, path)}, app(t, path)
	s.take()
	s.commit(`ALTER TABLE parent ADD COLUMN x`, false)
	must(t, other, `CREATE TABLE theirs (x)`)
	s.begin()
	s.commit(`UPDATE parent SET x = 1`, true)
	report, err := s.d.Revert(t.Context(), request(s.d, "r1", "b1"))
	if _, ok := errors.AsType[*migrate.ConflictError](err); !ok || len(report.Drift) != 1 || report.Drift[0] != "table theirs was created while the batch ran" {
		t.Fatalf("%+v, %v", report, err)
	}
}

// TestUndoneStep has the last step fail: what others wrote is neither counted
// twice nor forgotten when it is tried again.
func TestUndoneStep(t *testing.T) {
	t.Parallel()
	path := newFile(t, family("")...)
	before := contents(t, path)
	s, other := stepwise{t, openDB(t, path)}, app(t, path)
	s.take()
	s.commit(`CREATE TABLE made (x)`, false)
	must(t, other, `INSERT INTO child VALUES (9, 1)`)
	for range 2 {
		s.begin()
		s.do(runAll(t.Context(), s.d, `DELETE FROM child`))
		_, err := s.d.Guard(t.Context(), "b1", true)
		s.do(err)
		s.do(s.d.Abort(t.Context()))
	}
	s.begin()
	s.commit(`DELETE FROM child`, true)
	oneState(t, path)
	takenBack(t, s.d, path, before, map[string][2]int64{"child": {1, 0}})
}

// TestIncompleteCounts restores a batch that stopped after a step: what others
// wrote before and after that is told, and kept.
func TestIncompleteCounts(t *testing.T) {
	t.Parallel()
	for _, running := range []string{"", "2.sql:1 UPDATE"} {
		t.Run(running, func(t *testing.T) {
			t.Parallel()
			path := newFile(t, family("")...)
			before := contents(t, path)
			s, other := stepwise{t, openDB(t, path)}, app(t, path)
			s.take()
			s.commit(`CREATE TABLE made (x)`, false)
			must(t, other, `INSERT INTO child VALUES (9, 1)`)
			s.begin()
			s.commit(`INSERT INTO made VALUES (1)`, false)
			must(t, other, `INSERT INTO child VALUES (10, 1)`)
			s.do(s.d.Close())
			d := openDB(t, path)
			r := request(d, "r1", "b1")
			r.Incomplete, r.Batches[0].Running = true, running
			report, err := d.Revert(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			want := map[string][2]int64{"child": {2, 0}}
			if running != "" {
				want["child"] = [2]int64{1, 0} // the other may be the statement's
			}
			checkLosses(t, report, want)
			same(t, contents(t, path), before)
			if got := text(t, app(t, path+".safemigrate/r1/database"), `SELECT id FROM child WHERE id > 8`); got != "9 10" {
				t.Errorf("the quarantine has %s", got)
			}
		})
	}
}

// TestWriteBeforeReplacing has the application write in the one moment in
// which nobody holds the file, between the counting and the replacing: what it
// wrote is counted, too, before it is replaced.
func TestWriteBeforeReplacing(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			path := newFile(t, "PRAGMA journal_mode="+mode, shop)
			before := contents(t, path)
			d, other := openDB(t, path), app(t, path)
			mustUp(t, d, "b1", change)
			forgetChanges(t, path, "b1")
			after := contents(t, path)
			writes := 0
			r := request(d, "r1", "b1")
			r.Progress = func(step string) {
				if step == "writing version before b1 into the database" && writes > 0 {
					writes--
					must(t, other, `INSERT INTO added (x) VALUES (77)`)
				}
			}
			writes = 1
			report, err := d.Revert(t.Context(), r)
			if _, ok := errors.AsType[*migrate.UndecidedError](err); !ok {
				t.Fatalf("%+v, %v", report, err)
			}
			checkLosses(t, report, map[string][2]int64{"added": {1, 0}})
			must(t, other, `DELETE FROM added WHERE x = 77`)
			same(t, contents(t, path), after)
			if exists(path + ".safemigrate/r1") {
				t.Error("a refusal leaves a quarantine")
			}
			writes, r.Decide = 1000, migrate.Discard
			if _, err := d.Revert(t.Context(), r); err == nil {
				t.Fatal("replaced although somebody wrote each time")
			}
			tries := 1000 - writes
			if got := text(t, other, `SELECT count(*) FROM added WHERE x = 77`); got != "10" || tries != 10 {
				t.Errorf("%s rows, %d tries", got, tries)
			}
			writes = 2
			if report, err = d.Revert(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			checkLosses(t, report, map[string][2]int64{"added": {12, 0}})
			same(t, contents(t, path), before)
			noLeftovers(t, path)
			if err := verifyAll(t, d); err != nil {
				t.Error(err)
			}
			if _, err := d.Revert(t.Context(), request(d, "u1", "r1")); err != nil {
				t.Fatal(err)
			}
			if got := text(t, other, `SELECT count(*) FROM added WHERE x = 77`); got != "12" {
				t.Errorf("the undo brings %s rows back", got)
			}
		})
	}
}

func verifyAll(t *testing.T, d *sqlite.DB) error {
	t.Helper()
	all, err := d.Snapshots(t.Context())
	for _, m := range all {
		if err == nil {
			err = d.Verify(t.Context(), m)
		}
	}
	return err
}
