package revert

import (
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// checkMade finds what could not be made exactly as it was.
func (w *work) checkMade(all []address) {
	for _, a := range all {
		o := w.expect[a]
		if (w.make[a] || w.alter[a]) && o.Beyond != "" {
			w.conflictf("%s cannot be brought back: %s", label(o), o.Beyond)
		}
		if w.lostIdentity(o, w.cur.objects[a]) {
			w.conflictf("%s cannot be brought back: its replica identity is an index that was gone already", label(o))
		}
		if (w.make[a] || w.swap[a]) && o.Labelled {
			w.conflictf("%s has to be made anew, and its security label could not be given again", label(o))
		}
		if !w.make[a] {
			w.checkGrants(o, w.cur.objects[a])
			continue
		}
		if o.Unsupported != "" {
			w.conflictf("%s cannot be brought back: %s", label(o), o.Unsupported)
		}
		if o.Fixed != "" {
			w.conflictf("%s cannot be made anew: %s", label(o), o.Fixed)
		}
		w.checkMakers(o)
		w.checkGivenDefault(o)
		w.checkSpare(o)
		w.checkStray(o)
		for _, g := range allGrants(o) {
			if g.Grantor != o.Owner {
				w.conflictf("%s has to be made anew, and a privilege that %s granted to %s could not be given again", label(o), g.Grantor, grantee(g.Grantee))
			}
		}
		if v := w.verdicts[a]; !v.drift && o.Table == nil && len(hard(v.keep)) > 0 {
			w.conflictf("%s has to be made anew, and its %s since", label(o), changed(v.now, hard(v.keep)))
		}
	}
}

// lostIdentity says whether a table has to get a replica identity by an index
// that is not there: the server leaves one behind when the index is dropped, and
// has no statement that makes one.
func (w *work) lostIdentity(want, cur *object) bool {
	const lost = "i"
	if want == nil || want.Table == nil || want.Table.Replica != lost {
		return false
	}
	return w.make[want.Address] || cur == nil || cur.Table == nil || !strings.HasPrefix(cur.Table.Replica, lost)
}

// allGrants are the privileges on an object, its columns and their sequences.
func allGrants(o *object) []catalog.Grant {
	all := append([]catalog.Grant(nil), o.Grants...)
	for _, x := range o.Columns {
		all = append(all, x.Grants...)
	}
	if o.Table != nil {
		for i := range o.Table.Columns {
			all = append(all, o.Table.Columns[i].Grants...)
			if s := o.Table.Columns[i].IdentitySeq; s != nil {
				all = append(all, s.Grants...)
			}
		}
	}
	return all
}

// checkNeeds finds what is expected to be there without what it depends on,
// and definitions that name something by a name that it no longer has.
func (w *work) checkNeeds(all []address) {
	for _, a := range all {
		o := w.expect[a]
		if o == nil {
			continue
		}
		for _, d := range dependencies(o) {
			w.checkNeed(o, d)
		}
	}
}

func (w *work) checkNeed(o *object, d address) {
	was, is := w.before.objects[whole(d)], w.cur.objects[whole(d)]
	if was == nil && is == nil || whole(d) == o.Address {
		return // the server's own, or a part of itself
	}
	if !provides(w.expect[whole(d)], d.Column) {
		why := "which has to go"
		if !provides(is, d.Column) {
			why = "which was dropped since"
		}
		w.conflictf("%s depends on %s, %s", label(o), w.describe(d), why)
		return
	}
	if w.make[o.Address] && !w.verdicts[o.Address].drift && was != nil && is != nil && w.renamedSince(was, d) {
		w.conflictf("%s has to be made anew, and %s was renamed or moved since", label(o), w.describe(d))
	}
}

// provides says whether an object is there, with the column that is meant.
func provides(o *object, num int16) bool {
	switch {
	case o == nil:
		return false
	case num <= 0:
		return true
	case o.Table != nil, o.Kind == catalog.KindComposite:
		return column(o, num) != nil
	case o.Kind == catalog.KindView || o.Kind == catalog.KindMatview || o.Kind == catalog.KindForeignTable:
		return o.Column(num) != nil
	}
	return true
}

// renamedSince says whether drift gave something another name.
func (w *work) renamedSince(was *object, d address) bool {
	v := w.verdicts[whole(d)]
	if !v.drift && len(v.keep) == 0 {
		return false
	}
	want := w.expect[whole(d)]
	if want.Name != was.Name || schemaMoved(w.before, w.cur, was, want) {
		return true
	}
	a, b := column(was, d.Column), column(want, d.Column)
	return a != nil && b != nil && a.Name != b.Name
}

// checkSlots finds two things that would have one name.
func (w *work) checkSlots(all []address) {
	taken := map[slot]*object{}
	for _, a := range all {
		o := w.expect[a]
		if o == nil {
			continue
		}
		placed := *o
		placed.Schema = w.finalSchema(o)
		for _, s := range append(slots(&placed), columnSlots(o)...) {
			if other := taken[s]; other != nil {
				w.conflictf("%s and %s would have the same name, %s", label(other), label(o), s.name)
			}
			taken[s] = o
		}
	}
	for _, a := range all {
		w.checkNotNullSlots(w.expect[a], taken)
	}
}

// checkNotNullSlots finds constraints that would have the name of a column's NOT NULL.
func (w *work) checkNotNullSlots(o *object, taken map[slot]*object) {
	if o == nil || o.Table == nil {
		return
	}
	for i := range o.Table.Columns {
		if s, ok := notNullSlot(o, &o.Table.Columns[i]); ok && taken[s] != nil {
			w.conflictf("%s and the NOT NULL of column %s would have the same name", label(taken[s]), catalog.Quote(o.Table.Columns[i].Name))
		}
	}
}

// finalSchema is the name that the schema of an object will have.
func (w *work) finalSchema(o *object) string {
	x := w.before
	if w.cur.objects[o.Address] == o {
		x = w.cur
	}
	if s := w.expect[x.schemas[o.Schema]]; s != nil {
		return s.Name
	}
	return o.Schema
}
