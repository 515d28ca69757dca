package revert

import (
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// fitting says whether the kept values fit a table as it is before anything of it
// is put back: what it is made of is as it was, no check refuses rows that never
// had to pass it, no other partition holds them, and its triggers and privileges
// allow its owner to write them.
func (w *work) fitting(want, cur *object) bool {
	checks := slices.Concat(want.Table.Checks, cur.Table.Checks)
	switch {
	case len(cur.Table.Clones) > 0 || lacking(cur, "SELECT", "INSERT", "UPDATE", "DELETE") != "":
		return false
	case slices.ContainsFunc(checks, func(check string) bool { return strings.HasSuffix(check, unchecked) }):
		return false
	case slices.ContainsFunc(want.DependsOn, w.differs):
		return false
	}
	for i := range w.cur.state.Objects {
		o := &w.cur.state.Objects[i]
		if o.Kind != catalog.KindConstraint || o.Parent != cur.Address || isForeignKey(o) {
			continue
		}
		if notValid(o) || slices.ContainsFunc(o.DependsOn, w.differs) {
			return false
		}
	}
	return !slices.ContainsFunc(w.cur.parents(cur), func(p address) bool {
		was, is := slices.Clone(w.before.children[p]), slices.Clone(w.cur.children[p])
		byOID := func(a, b address) int { return int(a.OID) - int(b.OID) }
		slices.SortFunc(was, byOID)
		slices.SortFunc(is, byOID)
		return !slices.Equal(was, is)
	})
}

// differs says whether the batch changed something other than a table or the
// labels of an enum.
func (w *work) differs(d address) bool {
	a := whole(d)
	was, is := w.before.objects[a], w.cur.objects[a]
	switch {
	case was == nil && is == nil:
		return false
	case was == nil || is == nil:
		return true
	}
	return is.Table == nil && is.Kind != catalog.KindEnum && len(w.cmp.differences(was, is)) > 0
}
