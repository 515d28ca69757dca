package revert

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// Verify compares the schema as it is after Apply with what it has to be, and
// returns the differences; none: the way back was exact.
func (p *Plan) Verify(got *catalog.State) []string {
	var out []string
	x := newIndex(got)
	expected := map[address]bool{}
	for _, w := range p.expected {
		expected[w.address] = true
		now := x.objects[w.address]
		switch {
		case now == nil:
			out = append(out, label(w.object)+" is missing")
		case !p.same(w, now):
			out = append(out, difference(w.object, now))
		}
	}
	for i := range got.Objects {
		if o := &got.Objects[i]; !expected[o.Address] {
			out = append(out, label(o)+" is there and should not be")
		}
	}
	return out
}

// same compares exactly, but for what drift made of the object, or renamed.
func (p *Plan) same(w wish, got *object) bool {
	return w.object.Same(*got) && w.object.Array == got.Array || w.mixed && len(p.cmp.differences(w.object, got)) == 0
}

// difference says what is not as it has to be.
func difference(want, got *object) string {
	if want.Create != got.Create {
		return fmt.Sprintf("%s is %q and should be %q", label(want), got.Create, want.Create)
	}
	if !slices.Equal(want.After, got.After) {
		return fmt.Sprintf("%s is completed by %q and should be by %q", label(want), got.After, want.After)
	}
	x := newIndex(&catalog.State{})
	what := list(got, comparer{x: x, y: x}.differences(want, got))
	return fmt.Sprintf("%s: its %s is not what it should be", label(want), cmp.Or(what, string(partBody)))
}
