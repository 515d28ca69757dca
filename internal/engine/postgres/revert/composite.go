package revert

import (
	"slices"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// sameAttributes compares two readings of a composite type. Names are compared
// exactly: they are put back before anything else.
func (c comparer) sameAttributes(a, b *object) bool {
	return slices.EqualFunc(a.Attributes, b.Attributes, func(x, y catalog.Column) bool {
		return x.Num == y.Num && x.Name == y.Name && c.sameAttribute(&x, &y)
	})
}

func (c comparer) sameAttribute(x, y *catalog.Column) bool {
	return c.sameType(x.Type, y.Type) && c.ren.explains(x.Collation, y.Collation)
}

// attributes decides how a composite type gets its old attributes back: added
// ones can be dropped; one that is gone, or is of another type, cannot come back
// in its place, so that the type has to be made anew.
func (w *work) attributes(want, cur *object) {
	for i := range want.Attributes {
		x := &want.Attributes[i]
		if y := column(cur, x.Num); y == nil || !w.cmp.sameAttribute(x, y) {
			w.drop[cur.Address] = true
			return
		}
	}
	for _, y := range cur.Attributes {
		if column(want, y.Num) == nil {
			a := cur.Address
			a.Column = y.Num
			w.dropColumn[a] = true
		}
	}
}
