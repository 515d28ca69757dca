package revert

import (
	"slices"
	"strings"

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

// sameAttributeComments compares the comments on the attributes that both have.
func sameAttributeComments(a, b *object) bool {
	for i := range a.Attributes {
		j := attributeAt(b, a.Attributes[i].Num)
		if j >= 0 && a.Columns[i].Comment != b.Columns[j].Comment {
			return false
		}
	}
	return true
}

func attributeAt(o *object, num int16) int {
	return slices.IndexFunc(o.Attributes, func(c catalog.Column) bool { return c.Num == num })
}

// takeExtras carries over the comments and privileges of a view's columns, or
// the comments on the attributes that both have.
func takeExtras(dst, src *object) {
	if dst.Kind != catalog.KindComposite {
		dst.Columns = src.Columns
		return
	}
	dst.Columns = slices.Clone(dst.Columns)
	for i := range dst.Attributes {
		if j := attributeAt(src, dst.Attributes[i].Num); j >= 0 {
			dst.Columns[i].Comment = src.Columns[j].Comment
		}
	}
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
	if len(cur.Attributes) > len(want.Attributes) {
		w.keepHolders(cur)
	}
}

// keepHolders has the rows of tables copied away that hold values of a type
// which loses attributes: the undo of this undo makes them anew.
func (w *work) keepHolders(composite *object) {
	for i := range w.cur.state.Objects {
		o := &w.cur.state.Objects[i]
		if o.Table == nil || w.drop[o.Address] || w.expect[o.Address] == nil || !w.holdsRows(o, composite.Address) {
			continue
		}
		way, ok := w.tables[o.Address]
		if !ok {
			way = TableWay{OID: o.Address.OID, Before: w.expect[o.Address].Identity, Now: o.Identity, Way: InPlace}
		}
		way.Why = strings.TrimPrefix(way.Why+", ", ", ") + "attributes of " + composite.Identity
		way.NeedsQuarantine = true
		w.tables[o.Address] = way
	}
}
