package footprint

import (
	"slices"

	"github.com/safemigrate/safemigrate/migrate"
)

// rank orders the verdicts on a column.
var rank = map[migrate.Verdict]int{migrate.Untouched: 0, migrate.AddedTo: 1, migrate.Renamed: 2, migrate.Rewritten: 3,
	migrate.LosesColumns: 4, migrate.LosesRows: 5, migrate.DroppedAway: 6}

// table is the entry of a table that was there before the batch and has rows of
// its own; nil for every other relation.
func (w *walker) table(r *rel) *Table {
	if r.base == nil || r.kind != 'r' && r.base.Kind != 'r' || r.temporary {
		return nil
	}
	t := w.out.Tables[r.id]
	if t == nil {
		t = &Table{OID: r.id, Schema: r.base.Schema, Name: r.base.Name, Key: r.base.Key, Columns: map[int16]Column{}}
		w.out.Tables[r.id] = t
	}
	if len(t.Files) == 0 || t.Files[len(t.Files)-1] != w.file {
		t.Files = append(t.Files, w.file)
	}
	return t
}

// column says what happens to a column; the worst counts. A column that the
// batch added has no values to lose.
func (w *walker) column(r *rel, c *col, v migrate.Verdict) {
	t := w.table(r)
	if t == nil {
		return
	}
	label := c.names[0]
	if !c.before {
		v = migrate.AddedTo
	}
	if old, ok := t.Columns[c.num]; ok {
		label = old.Name
		if rank[old.Verdict] > rank[v] {
			v = old.Verdict
		}
	}
	t.Columns[c.num] = Column{Name: label, Verdict: v}
}

// forget: a column that the batch added is gone again.
func (w *walker) forget(r *rel, c *col) {
	if t := w.table(r); t != nil && !c.before && !w.maybe {
		delete(t.Columns, c.num)
	}
}

// each does something to a relation's tables: itself, and its descendants.
func (w *walker) each(r *rel, whole bool, do func(*rel)) {
	for _, t := range r.family(whole) {
		do(t)
	}
}

// rewritten: the rows go to a new file, and no value changes.
func (w *walker) rewritten(r *rel) {
	if t := w.table(r); t != nil {
		t.Rewrites, w.unsure[r] = true, true
	}
}

// filled: rows come into a table by the statement.
func (w *walker) filled(r *rel) {
	if _, also := w.told[r.id]; !also {
		w.told[r.id] = false
	}
}

// sort puts what has no order of its own into one.
func (f *Footprint) sort() {
	slices.Sort(f.Objects)
}
