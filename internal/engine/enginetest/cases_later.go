//go:build unix

package enginetest

import (
	"slices"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/migrate"
)

var (
	discard = safemigrate.RollbackOptions{Decide: migrate.Discard}
	keep    = safemigrate.RollbackOptions{Decide: migrate.Keep}
)

// later is what an application writes after version 4.
const later = `INSERT INTO customers (id, first) VALUES (4, 'Dee');
UPDATE customers SET first = 'Bobby' WHERE id = 2;
INSERT INTO log VALUES (2, 'second'), (3, 'third');
INSERT INTO orders VALUES (4, 2, 10, 'fast')`

func rowsSince(x trial) {
	t, e := x.t, x.e
	p, v1 := seeded(t, e)
	p.Up(t, all)
	p.Exec(t, later)
	v4 := p.DB.Fingerprint(t)
	for _, planned := range []bool{true, false} {
		report, err := p.TryRollback(t, safemigrate.RollbackOptions{Plan: planned})
		if planned && err != nil {
			t.Errorf("a plan: %v", err)
		}
		if !planned {
			Fails(t, err, migrate.Undecided, "--discard-writes")
		}
		counts(t, report, "log", 2, 0)
		if e.PutsBack {
			// Only the row without the name that it must have again cannot stay.
			counts(t, report, "customers", 1, 0)
		} else {
			counts(t, report, "customers", 2, 1)
		}
		counts(t, report, "orders", 0, 0)
		p.Is(t, v4, "without a decision")
	}
	_, err := p.TryRollback(t, keep)
	Fails(t, err, migrate.Undecided, "customers")
	p.Is(t, v4, "after --keep-writes")

	report := p.Rollback(t, discard)
	if report.Quarantine == "" {
		t.Error("no quarantine is named")
	}
	// The later row of a table that was reverted in place stays.
	if got, want := strings.ReplaceAll(Difference(v1, p.DB.Fingerprint(t)), "|", "\t"), "+ \t4\t2\t10\n"; got != want {
		t.Errorf("after --discard-writes:\n%swant\n%s", got, want)
	}
	p.Rollback(t, undo)
	p.Is(t, v4, "after the undo")
}

// counts checks one table of a report.
func counts(t *testing.T, r *safemigrate.RollbackReport, table string, written, gone int64) {
	t.Helper()
	i := slices.IndexFunc(r.Tables, func(x migrate.TableReport) bool {
		return strings.TrimPrefix(x.Name, "public.") == table
	})
	if i < 0 {
		if written != 0 || gone != 0 {
			t.Errorf("%s is not in the report: %+v", table, r.Tables)
		}
		return
	}
	if got := r.Tables[i]; got.Written != written || got.Gone != gone {
		t.Errorf("%s: %d written, %d gone; want %d and %d", table, got.Written, got.Gone, written, gone)
	}
}

// rowsSinceBatches counts across batches: what is written between them belongs
// to the application, what the batches wrote does not.
func rowsSinceBatches(x trial) {
	t, e := x.t, x.e
	p, v1 := seeded(t, e)
	p.Up(t, safemigrate.UpOptions{To: "3"})
	p.Exec(t, "INSERT INTO customers (id, first) VALUES (4, 'Dee')")
	v3 := p.DB.Fingerprint(t)
	p.Add(map[string]string{"000005_upper.up.sql": "UPDATE customers SET first = upper(first);\nALTER TABLE customers ADD COLUMN city text;\n"})
	p.Up(t, all)
	p.Exec(t, "INSERT INTO customers (id, first) VALUES (5, 'Eve'); DELETE FROM customers WHERE id = 4")
	v5 := p.DB.Fingerprint(t)

	report, err := p.TryRollback(t, back)
	Fails(t, err, migrate.Undecided)
	counts(t, report, "customers", 0, 1) // the batch did not write row 5, which stays
	report, err = p.TryRollback(t, to("1"))
	Fails(t, err, migrate.Undecided)
	if report.Losses() == 0 {
		t.Errorf("no losses: %+v", report.Tables)
	}
	p.Is(t, v5, "without a decision")
	p.Rollback(t, discard)
	// Row 4, which the batch changed and the application deleted, is back.
	if got, want := strings.NewReplacer("|", "\t", "'", "").Replace(Difference(v3, p.DB.Fingerprint(t))), "+ \t5\tEve\n"; got != want {
		t.Errorf("after the newest batch:\n%swant\n%s", got, want)
	}
	v3 = p.DB.Fingerprint(t)
	report, err = p.TryRollback(t, back)
	Fails(t, err, migrate.Undecided)
	counts(t, report, "customers", 2, 0) // without the name that they must have again
	p.Is(t, v3, "without a second decision")
	p.Rollback(t, discard)
	p.Is(t, v1, "after the second rollback")
	p.Rollback(t, undo)
	p.Is(t, v3, "after the undo of the second rollback")
}

// batchesAfterEachOther wrote to one table: what a later batch wrote is nobody
// else's work, so that all of them go back without a question.
func batchesAfterEachOther(x trial) {
	t, e := x.t, x.e
	p := NewProject(t, e, map[string]string{
		"1_t.up.sql": "CREATE TABLE t (id integer PRIMARY KEY, a varchar(40));",
		"2_t.up.sql": "INSERT INTO t VALUES (1, 'one'), (2, 'two'), (3, 'three');",
		"3_t.up.sql": "ALTER TABLE t ADD COLUMN b text;\nUPDATE t SET b = a WHERE id < 3;",
		"4_t.up.sql": "UPDATE t SET a = 'vier' WHERE id = 3;\nALTER TABLE t ADD COLUMN c text;",
		"5_t.up.sql": "CREATE INDEX t_a ON t (a);\nUPDATE t SET c = 'c';",
	})
	var states []string
	for range 5 {
		states = append(states, p.DB.Fingerprint(t))
		p.Up(t, one)
	}
	newest := p.DB.Fingerprint(t)
	for version, tag := range map[int]string{3: "3", 1: "1", 0: ""} {
		if r := p.Rollback(t, to(tag)); r.Losses() != 0 {
			t.Errorf("to %q: %+v", tag, r.Tables)
		}
		p.Is(t, states[version], "after a rollback to version "+tag)
		p.Rollback(t, undo)
		p.Is(t, newest, "after its undo")
	}
	for v := 4; v >= 0; v-- {
		p.Rollback(t, back)
		p.Is(t, states[v], "after one rollback more")
	}
}
