package revert

import (
	"fmt"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// checkStray finds a table that would have to be made anew with a check that it has from
// a parent, while no parent has it any more: the server leaves such a check behind where
// a column of the parent alone was dropped, and no statement makes one.
func (w *work) checkStray(o *object) {
	if o.Table == nil {
		return
	}
	x := w.before
	if w.cur.objects[o.Address] == o {
		x = w.cur
	}
	for _, check := range x.inheritedChecks(o) {
		if !slices.ContainsFunc(x.parents(o), func(p address) bool { return x.hasCheck(p, check) }) {
			w.conflictf("%s cannot be made anew: it has its check %s from a parent that has none of that name any more", label(o), catalog.Quote(check))
		}
	}
}

// straySince names a check of a table's own that it had from a parent as well, which has
// lost it together with a column: the server goes on counting that parent, and would count
// it twice once it is back.
func (w *work) straySince(want, cur *object) string {
	for _, p := range w.before.parents(want) {
		was, is := w.before.objects[p], w.cur.objects[p]
		if want.Table.Partition != "" || is == nil || is.Table == nil || !lostColumns(was, is) {
			continue
		}
		for _, check := range w.cur.inheritedChecks(cur) {
			if w.before.hasCheck(p, check) && !w.cur.hasCheck(p, check) {
				return fmt.Sprintf("its check %s is counted as one of a parent that has lost it", catalog.Quote(check))
			}
		}
	}
	return ""
}

func lostColumns(was, is *object) bool {
	return slices.ContainsFunc(was.Table.Columns, func(c catalog.Column) bool { return column(is, c.Num) == nil })
}

// inheritedChecks names the checks that a table has from parents, alone or as well.
func (x *index) inheritedChecks(o *object) []string {
	var names []string
	for _, check := range o.Table.Checks {
		names = append(names, bare(check[:tokenLength(check)]))
	}
	for i := range x.state.Objects {
		if c := &x.state.Objects[i]; c.Parent == o.Address && c.Inherited {
			names = append(names, c.Name)
		}
	}
	return names
}

// hasCheck says whether a table has a check of a name, its own or its parents'.
func (x *index) hasCheck(table address, name string) bool {
	o := x.objects[table]
	if o == nil || o.Table == nil {
		return false
	}
	if slices.ContainsFunc(o.Table.Checks, func(check string) bool { return strings.HasPrefix(check, catalog.Quote(name)+" ") }) {
		return true
	}
	return slices.ContainsFunc(x.state.Objects, func(c object) bool {
		return c.Kind == catalog.KindConstraint && c.Parent == table && c.Name == name && !hasIndex(&c) && !isForeignKey(&c)
	})
}
