package revert

import (
	"slices"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// sameByproducts compares what comes with two readings of an object, and overlooks
// what only follows renames.
func (c comparer) sameByproducts(a, b *object) bool {
	return slices.EqualFunc(a.Byproducts, b.Byproducts, func(x, y catalog.Byproduct) bool {
		return c.ren.explains(x.On, y.On) && x.Comment == y.Comment
	})
}

// commentByproducts puts the comments on what comes with an object back.
func commentByproducts(want, cur *object) []string {
	var out []string
	for _, b := range want.Byproducts {
		if !slices.Contains(cur.Byproducts, b) {
			out = append(out, comment(b.On, b.Comment))
		}
	}
	for _, b := range cur.Byproducts {
		if !slices.ContainsFunc(want.Byproducts, func(w catalog.Byproduct) bool { return w.On == b.On }) {
			out = append(out, comment(b.On, ""))
		}
	}
	return out
}
