package footprint

import (
	"cmp"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/migrate"
)

// Footprint is what a batch touches.
type Footprint struct {
	// Tables are the touched tables that were there before the batch, by their
	// names then.
	Tables map[string]*Touched
	// Objects are other objects that change: "view totals dropped".
	Objects []string
	// Whole says which statements may touch anything; then every table counts as
	// one that can lose its rows.
	Whole []migrate.WholeReason
	// Outside says which statements write to another database, of which no
	// snapshot is taken.
	Outside []migrate.WholeReason
}

// Touched is what happens to one table.
type Touched struct {
	Name string // before the batch
	// Inserts, Deletes, Updates: rows may come, go, change. TRUNCATE deletes.
	Inserts, Deletes, Updates bool
	// Rewrites: the rows are written to a new file, and every value stays.
	Rewrites bool
	Renamed  bool
	Dropped  bool
	// Columns holds the touched columns. AddedTo is one that the batch adds,
	// LosesRows one whose values it may change.
	Columns map[string]migrate.Verdict
	Files   []string // the migrations that touch it, in their order

	table *Table
}

// verdicts in their order, from the mildest to the worst.
var verdicts = []migrate.Verdict{migrate.Untouched, migrate.AddedTo, migrate.Renamed, migrate.Rewritten,
	migrate.LosesColumns, migrate.LosesRows, migrate.DroppedAway}

func worse(a, b migrate.Verdict) migrate.Verdict {
	if slices.Index(verdicts, b) > slices.Index(verdicts, a) {
		return b
	}
	return a
}

// Rows is the worst that happens to the rows of the table.
func (t *Touched) Rows() migrate.Verdict {
	v := migrate.Untouched
	for _, c := range t.Columns {
		if c == migrate.DroppedAway {
			c = migrate.LosesColumns
		}
		v = worse(v, c)
	}
	for _, is := range []struct {
		so   bool
		what migrate.Verdict
	}{
		{t.Inserts, migrate.AddedTo}, {t.Renamed, migrate.Renamed}, {t.Rewrites, migrate.Rewritten},
		{t.Updates || t.Deletes, migrate.LosesRows}, {t.Dropped, migrate.DroppedAway},
	} {
		if is.so {
			v = worse(v, is.what)
		}
	}
	return v
}

// Destroys reports whether rows or values of the table may be gone afterwards.
func (t *Touched) Destroys() bool {
	return slices.Index(verdicts, t.Rows()) >= slices.Index(verdicts, migrate.LosesColumns)
}

// column notes what happens to a column.
func (t *Touched) column(name string, v migrate.Verdict) {
	if c := t.table.column(name); c != nil {
		name = c.Name
	}
	t.Columns[name] = worse(t.Columns[name], v)
}

// loses notes that the values of every column may change.
func (t *Touched) loses() {
	for _, c := range t.table.Columns {
		t.column(c.Name, migrate.LosesRows)
	}
}

// Report puts the footprint into the words of plan: tables in the order of
// their names, columns in the order of the table.
func (f *Footprint) Report() *migrate.Footprint {
	out := &migrate.Footprint{Tables: make([]migrate.TableFootprint, 0, len(f.Tables)), Objects: f.Objects, Whole: f.Whole}
	for _, t := range f.Tables {
		r := migrate.TableFootprint{Name: t.Name, Rows: t.Rows(), Files: t.Files}
		for name, v := range t.Columns {
			r.Columns = append(r.Columns, migrate.ColumnFootprint{Name: name, Verdict: v})
		}
		slices.SortFunc(r.Columns, func(a, b migrate.ColumnFootprint) int {
			return cmp.Or(cmp.Compare(t.place(a.Name), t.place(b.Name)), strings.Compare(a.Name, b.Name))
		})
		out.Tables = append(out.Tables, r)
	}
	slices.SortFunc(out.Tables, func(a, b migrate.TableFootprint) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// place of a column in the table; new ones stand behind the others.
func (t *Touched) place(column string) int {
	for i, c := range t.table.Columns {
		if c.Name == column {
			return i
		}
	}
	return len(t.table.Columns)
}
