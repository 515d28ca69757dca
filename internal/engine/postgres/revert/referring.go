package revert

import "github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"

// referred calls f for the table that a foreign key refers to, and all tables
// under it, which hold its rows; not at all for any other object.
func (w *work) referred(x *index, o *object, f func(parent address)) {
	if o.Kind != catalog.KindConstraint || !isForeignKey(o) {
		return
	}
	if _, _, parent := w.foreignKey(x, o); parent != nil {
		x.below(parent.Address, f)
	}
}

// rowsToCome says whether one of the two tables of a foreign key stays, and its
// rows have yet to be put right: until then it need not hold between them.
func (w *work) rowsToCome(o, parent *object) bool {
	found := false
	for _, table := range []address{o.Parent, parent.Address} {
		w.cur.below(table, func(a address) { found = found || w.correct[a] || w.refill[a] })
	}
	return found
}

// keysWait says whether a foreign key of a table, or to it, cannot be made beside
// because the rows of the other table have yet to be put right.
func (w *work) keysWait(table address) bool {
	for i := range w.before.state.Objects {
		o := &w.before.state.Objects[i]
		if !w.make[o.Address] || w.expect[o.Address] == nil || o.Kind != catalog.KindConstraint || !isForeignKey(o) {
			continue
		}
		_, _, parent := w.foreignKey(w.before, o)
		if parent != nil && (o.Parent == table || parent.Address == table) && w.rowsToCome(o, parent) {
			return true
		}
	}
	return false
}
