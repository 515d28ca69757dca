package revert

import (
	"slices"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// untie takes the type from tables that are made of another than they were, for
// the columns of a typed table can be neither renamed nor dropped.
func (r *run) untie() []step {
	var steps []step
	before, cur := newIndex(r.before), newIndex(r.cur)
	cmp := comparer{x: before, y: cur, ren: renamed(before, cur)}
	for i := range r.cur.Objects {
		o := &r.cur.Objects[i]
		b := before.objects[o.Address]
		if o.Table == nil || o.Of == "" || b == nil || cmp.sameType(b.Of, o.Of) || r.plan.keeps(o)(partOf) {
			continue
		}
		steps = append(steps, notOf(o))
	}
	return steps
}

func notOf(o *object) step {
	return step{sql: "ALTER TABLE " + o.Identity + " NOT OF", what: "taking its type from " + label(o)}
}

// freed lists the tables that stay and whose type loses attributes: they are no
// typed tables while it does, so that no CASCADE is needed.
func (w *work) freed() []*object {
	var all []*object
	for i := range w.cur.state.Objects {
		o := &w.cur.state.Objects[i]
		if o.Table == nil || o.Of == "" || w.drop[o.Address] {
			continue
		}
		if a, _, ok := w.cur.typeOf(o.Of); ok && w.losesAttributes(a) {
			all = append(all, o)
		}
	}
	return all
}

func (w *work) losesAttributes(composite address) bool {
	for a := range w.dropColumn {
		if whole(a) == composite {
			return true
		}
	}
	return false
}

// checkTyped finds tables that someone made since of a type that loses
// attributes.
func (w *work) checkTyped() {
	for _, o := range w.freed() {
		a, _, _ := w.cur.typeOf(o.Of)
		if v := w.verdicts[o.Address]; v.drift || v.keepsColumns() {
			w.conflictf("%s is made of %s, which loses attributes", label(o), w.describe(a))
		}
	}
}

// free and tie take the type from the tables in freed, and give all tables the
// type that they had.
func (w *work) free() []step {
	var steps []step
	for _, o := range w.freed() {
		steps = append(steps, notOf(o))
	}
	return steps
}

func (w *work) tie() []step {
	free := map[address]bool{}
	for _, o := range w.freed() {
		free[o.Address] = true
	}
	var steps []step
	for _, a := range addresses(w.before, w.cur) {
		want, cur := w.expect[a], w.cur.objects[a]
		if want == nil || cur == nil || want.Table == nil || want.Of == "" || w.make[a] || cur.Of != "" && !free[a] {
			continue
		}
		steps = append(steps, step{sql: "ALTER TABLE " + cur.Identity + " OF " + want.Of, what: "giving " + label(want) + " its type back"})
	}
	return steps
}

// rebuildOver has a table made anew, with the rows that were kept, because a
// type of its columns has to be; false where that cannot be.
func (w *work) rebuildOver(o *object, cause address) bool {
	want, v := w.expect[o.Address], w.verdicts[o.Address]
	_, kept := w.in.Copies[o.Address.OID]
	if !kept || want == nil || v.drift || w.expect[whole(cause)] == nil || cause.Catalog != "pg_type" && !w.holdsRows(o, whole(cause)) {
		return false
	}
	why := w.describe(cause) + " has to be made anew"
	w.rebuild(want, o, why)
	return true
}

// rebuildHolders has the tables made anew that hold rows of another one whose
// columns change their type: the server refuses that while they are there.
func (w *work) rebuildHolders(of *object, enum address) {
	for i := range w.cur.state.Objects {
		o := &w.cur.state.Objects[i]
		if w.drop[o.Address] || !w.holdsRows(o, of.Address) {
			continue
		}
		if o.Kind == catalog.KindMatview {
			w.drop[o.Address] = true
			continue
		}
		if w.rebuildOver(o, enum) {
			continue
		}
		w.conflictf("%s holds rows of %s, whose columns have to change their type", label(o), label(of))
	}
}

// holdsRows says whether columns of a table or materialized view are of another
// table's row type, or of types made of that.
func (w *work) holdsRows(o *object, table address) bool {
	return slices.ContainsFunc(storedTypes(o), func(name string) bool {
		a, _, ok := w.cur.typeOf(name)
		if !ok || a == table {
			return ok
		}
		t := w.cur.objects[a]
		return t != nil && w.uses(t, table)
	})
}

// storedTypes are the types of what a table or materialized view holds.
func storedTypes(o *object) []string {
	var types []string
	if o.Table != nil {
		for i := range o.Table.Columns {
			types = append(types, o.Table.Columns[i].Type)
		}
	}
	if o.Kind == catalog.KindMatview {
		for _, c := range o.Columns {
			types = append(types, c.Type)
		}
	}
	return types
}

// cascade is what renaming an attribute needs to reach typed tables.
func cascade(kind catalog.Kind) string { return either(kind == catalog.KindComposite, " CASCADE", "") }
