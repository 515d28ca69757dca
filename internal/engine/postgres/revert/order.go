package revert

import (
	"cmp"
	"slices"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// rank breaks ties between objects that do not depend on each other. Foreign
// keys and checks come last, and then only event triggers, which are to see none
// of it.
func rank(o *object) int {
	if o.Kind == catalog.KindEventTrigger {
		return catalog.Kinds() + 1
	}
	if o.Kind == catalog.KindConstraint && !hasIndex(o) || o.Kind == catalog.KindDomainCheck && notValid(o) {
		return catalog.Kinds()
	}
	return o.Kind.Rank()
}

// sorted orders addresses so that each comes after those it needs. needs may
// name addresses outside the set; a circle is cut where it is entered.
func sorted(set []address, rank func(address) int, needs func(address) []address) []address {
	slices.SortStableFunc(set, func(a, b address) int { return cmp.Compare(rank(a), rank(b)) })
	in := make(map[address]bool, len(set))
	for _, a := range set {
		in[a] = true
	}
	out := make([]address, 0, len(set))
	seen := make(map[address]bool, len(set))
	var visit func(a address)
	visit = func(a address) {
		if !in[a] || seen[a] {
			return
		}
		seen[a] = true
		for _, d := range needs(a) {
			visit(d)
			visit(whole(d))
		}
		out = append(out, a)
	}
	for _, a := range set {
		visit(a)
	}
	return out
}

// drops lists what is dropped, dependents first.
func (w *work) drops() []address {
	var set []address
	for i := range w.cur.state.Objects {
		o := &w.cur.state.Objects[i]
		if w.drop[o.Address] {
			set = append(set, o.Address)
		}
		for _, c := range o.LiveColumns() {
			a := o.Address
			a.Column = c.Num
			if w.dropColumn[a] {
				set = append(set, a)
			}
		}
	}
	all := sorted(set, w.rankNow, func(a address) []address {
		if a.Column != 0 {
			return append(slices.Clone(w.cur.objects[whole(a)].DependsOn), w.columnsAbove(a)...)
		}
		return append(slices.Clone(dependencies(w.cur.objects[a])), w.binding(a)...)
	})
	slices.Reverse(all)
	return all
}

// columnsAbove are those of its parents with which a column goes: what depends on it has to go
// before them.
func (w *work) columnsAbove(a address) (all []address) {
	o := w.cur.objects[whole(a)]
	c := column(o, a.Column)
	if c == nil || c.Inherited == 0 {
		return nil
	}
	for _, parent := range w.cur.parents(o) {
		for _, above := range w.cur.objects[parent].LiveColumns() {
			if above.Name == c.Name {
				parent.Column = above.Num
				all = append(all, parent)
			}
		}
	}
	return all
}

func (w *work) rankNow(a address) int { return rank(w.cur.objects[whole(a)]) }

// creates lists what is created, and what is changed or filled in place and
// may need what is created, in dependency order.
func (w *work) creates() []address {
	var set []address
	for _, a := range addresses(w.before, w.cur) {
		if w.make[a] || w.alter[a] || w.refill[a] {
			set = append(set, a)
		}
	}
	for a, joins := range w.join {
		if joins {
			set = append(set, placeOf(a))
		}
	}
	slices.SortFunc(set, func(a, b address) int {
		return cmp.Or(cmp.Compare(a.Catalog, b.Catalog), cmp.Compare(a.OID, b.OID), cmp.Compare(a.Column, b.Column))
	})
	return sorted(set,
		func(a address) int {
			switch {
			case a.Catalog == placeCatalog:
				return catalog.KindIndex.Rank()
			case w.in.Behind[a]:
				return catalog.Kinds()
			}
			return rank(w.expect[a])
		},
		w.treeNeeds(set))
}
