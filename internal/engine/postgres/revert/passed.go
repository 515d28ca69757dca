package revert

import (
	"slices"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// A table that was a partition once keeps constraints of which the server believes that
// its children have them, too. None has, and so none can be dropped while there are any.

// bound says whether a constraint of a table that is there cannot be dropped while tables
// inherit from that.
func (w *work) bound(o *object) bool {
	t := w.cur.objects[o.Parent]
	return o.Passed && t != nil && t.Table != nil && t.Table.Key == "" && len(w.cur.children[o.Parent]) > 0
}

// binding lists the constraints of its parents that a table keeps from being dropped.
func (w *work) binding(table address) []address {
	var all []address
	for i := range w.cur.state.Objects {
		o := &w.cur.state.Objects[i]
		if w.drop[o.Address] && o.Kind == catalog.KindConstraint && w.bound(o) && slices.Contains(w.cur.children[o.Parent], table) {
			all = append(all, o.Address)
		}
	}
	return all
}

// checkBound finds constraints that would have to be dropped under tables that stay.
func (w *work) checkBound() {
	for i := range w.cur.state.Objects {
		o := &w.cur.state.Objects[i]
		if !w.drop[o.Address] || o.Kind != catalog.KindConstraint || !w.bound(o) {
			continue
		}
		for _, child := range w.cur.children[o.Parent] {
			c, t := w.cur.objects[child], w.cur.objects[o.Parent]
			if !w.drop[child] && !slices.Contains(w.leave[child], t.Identity) {
				w.conflictf("%s has to be dropped, and the server cannot while %s inherits from %s: it was made when that was a partition", label(o), label(c), t.Identity)
			}
		}
	}
}
