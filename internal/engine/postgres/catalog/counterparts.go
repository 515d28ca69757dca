package catalog

// Pair is an object of one database and the same object of another that was made from
// what the first one held: they are called the same and have numbers of their own. One
// of the two is nil where there is none.
type Pair struct{ Here, There *Object }

// Alike tells whether both are there and have the same definition.
func (p Pair) Alike() bool { return p.Here != nil && p.There != nil && p.Here.Same(*p.There) }

// Counterparts finds the objects of two states by kind and identity. Of several that are
// called the same, those with the same definition belong together.
func Counterparts(here, there *State) []Pair {
	type name struct {
		kind     Kind
		identity string
	}
	left := map[name][]*Object{}
	for i := range there.Objects {
		o := &there.Objects[i]
		n := name{o.Kind, o.Identity}
		left[n] = append(left[n], o)
	}
	pairs := make([]Pair, 0, len(here.Objects))
	for i := range here.Objects {
		o := &here.Objects[i]
		n := name{o.Kind, o.Identity}
		pair := Pair{Here: o}
		for k, other := range left[n] {
			if k == len(left[n])-1 || o.Same(*other) {
				pair.There = other
				left[n] = append(left[n][:k:k], left[n][k+1:]...)
				break
			}
		}
		pairs = append(pairs, pair)
	}
	for i := range there.Objects {
		o := &there.Objects[i]
		for _, other := range left[name{o.Kind, o.Identity}] {
			if other == o {
				pairs = append(pairs, Pair{There: o})
			}
		}
	}
	return pairs
}
