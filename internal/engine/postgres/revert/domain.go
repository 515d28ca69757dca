package revert

import (
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// alterDomain puts a domain's NOT NULL back, where that is no constraint of its
// own (before PostgreSQL 17). Nothing else of a domain can be altered but its
// default and constraints, which are objects of their own.
func alterDomain(want, cur *object) ([]string, bool) {
	w, wanted := strings.CutSuffix(want.Create, " NOT NULL")
	c, _ := strings.CutSuffix(cur.Create, " NOT NULL")
	return []string{"ALTER DOMAIN " + cur.Identity + either(wanted, " SET", " DROP") + " NOT NULL"}, w == c && want.Default == cur.Default
}

// givenBy is the domain that gave another one its default, and the default that this is
// to have: "" for none.
func (w *work) givenBy(o *object) (base *object, has string) {
	a, _, _ := w.before.typeOf(o.Of)
	base = w.expect[a]
	if o.Default == "" || base == nil {
		return nil, ""
	}
	if own := w.expect[catalog.DomainDefault(a)]; own != nil {
		has, _ = strings.CutPrefix(own.Create, catalog.SetDomainDefault(base, ""))
		return base, has
	}
	return base, base.Default
}

// given lists what makes a domain whose default is that of its base: the base has it
// meanwhile, if it does not have it now.
func (w *work) given(o *object, steps []step) []step {
	base, has := w.givenBy(o)
	if base == nil || has == o.Default {
		return steps
	}
	lend := func(sql string) step { return step{sql: sql, what: "bringing " + label(o) + " back"} }
	back := catalog.DropStatement(object{Kind: catalog.KindDomainDefault, Identity: base.Identity})
	if has != "" {
		back = catalog.SetDomainDefault(base, has)
	}
	return slices.Concat([]step{lend(catalog.SetDomainDefault(base, o.Default))}, steps, []step{lend(back)})
}

// checkGivenDefault finds a domain whose default no statement gives it any more: its base
// has another one by now, and is over a domain itself, so that it would get this one as a
// value of that.
func (w *work) checkGivenDefault(o *object) {
	if base, has := w.givenBy(o); base != nil && has != o.Default && (base.Default != "" || len(base.After) > 0) {
		w.conflictf("%s has to be made anew, and %s, which it got its default from, has another one", label(o), label(base))
	}
}

// generatedOnce is the first server whose generated columns depend on their types
// once.
const generatedOnce = 150000

// notValid says whether a domain's constraint holds for new values only.
func notValid(o *object) bool { return strings.HasSuffix(o.Create, " NOT VALID") }

// unenforced says whether a constraint is written down only (PostgreSQL 18).
func unenforced(o *object) bool { return strings.HasSuffix(o.Create, " NOT ENFORCED") }

// holdBack takes a domain's constraints away while tables are filled whose rows
// need not satisfy them, for they were never validated, and checks that old rows
// were found not to pass yet.
func (w *work) holdBack() {
	for _, a := range addresses(w.cur) {
		o, want := w.cur.objects[a], w.expect[a]
		if want == nil || w.drop[a] {
			continue
		}
		if w.in.Behind[a] || o.Kind == catalog.KindDomainCheck && notValid(o) && w.filled(o.Parent) {
			w.drop[a], w.make[a] = true, true
		}
	}
}

// filled says whether rows come back into a table that uses a domain.
func (w *work) filled(domain address) bool {
	for _, a := range addresses(w.before, w.cur) {
		if o := w.expect[a]; o != nil && o.Table != nil && (w.make[a] || w.refill[a]) && w.uses(o, domain) {
			return true
		}
	}
	return false
}

// uses says whether an object is made of a type, however far below.
func (w *work) uses(o *object, typ address) bool {
	seen := map[address]bool{}
	var below func(o *object) bool
	below = func(o *object) bool {
		for _, d := range dependencies(o) {
			a := whole(d)
			if a == typ {
				return true
			}
			t := w.expect[a]
			if t == nil || seen[a] || !isType(t) {
				continue
			}
			seen[a] = true
			if below(t) {
				return true
			}
		}
		return false
	}
	return below(o)
}

// isType says whether an object is, or comes with, a type.
func isType(o *object) bool {
	return o.Address.Catalog == "pg_type" || o.Table != nil ||
		o.Kind == catalog.KindView || o.Kind == catalog.KindMatview || o.Kind == catalog.KindForeignTable
}

// checkContained finds the domains that have to get something back for which
// the server looks through the rows, while some column holds them inside arrays,
// composite types or ranges: it refuses to look there.
func (w *work) checkContained(all []address) {
	for _, a := range all {
		o := w.expect[a]
		if o == nil || !w.lookedThrough(o) {
			continue
		}
		domain := domainOf(o)
		if w.cur.objects[domain] == nil || w.drop[domain] {
			continue
		}
		if holder := w.holderOf(domain); holder != "" {
			w.conflictf("%s cannot be put back, for %s holds values of the domain inside others", label(o), holder)
		}
		if table := w.overrunBy(domain); table != "" {
			w.conflictf("%s cannot be put back, for PostgreSQL before 15 fails over the generated columns of %s", label(o), table)
		}
	}
}

// domainOf is a domain itself, or the one that a check belongs to.
func domainOf(o *object) address {
	if o.Kind == catalog.KindDomainCheck {
		return o.Parent
	}
	return o.Address
}

func (w *work) lookedThrough(o *object) bool {
	switch o.Kind {
	case catalog.KindDomainCheck:
		return w.make[o.Address] && !notValid(o)
	case catalog.KindDomain:
		return w.alter[o.Address] && strings.HasSuffix(o.Create, " NOT NULL")
	}
	return false
}

// holderOf names a column of a table that stays and that holds a domain inside
// something else; or a materialized view that does, without its column.
func (w *work) holderOf(domain address) string {
	for i := range w.cur.state.Objects {
		o := &w.cur.state.Objects[i]
		if w.drop[o.Address] || !w.uses(o, domain) {
			continue
		}
		if o.Kind == catalog.KindMatview && slices.ContainsFunc(o.Columns, func(c catalog.ColumnExtras) bool { return w.holds(c.Type, domain) }) {
			return label(o)
		}
		if o.Table == nil {
			continue
		}
		for j := range o.Table.Columns {
			c := &o.Table.Columns[j]
			a := o.Address
			a.Column = c.Num
			if !w.dropColumn[a] && w.holds(c.Type, domain) {
				return w.describe(a)
			}
		}
	}
	return ""
}

// overrunBy names a table that stays and that makes a server before 15 write past
// its list of a domain's columns: the list has room for the table's columns, and
// a generated one is in it twice, for its type and for its expression
// (get_rels_with_domain in the server's typecmds.c).
func (w *work) overrunBy(domain address) string {
	if w.cur.state.Server >= generatedOnce {
		return ""
	}
	for i := range w.cur.state.Objects {
		o := &w.cur.state.Objects[i]
		if o.Table == nil || w.drop[o.Address] {
			continue
		}
		listed, room := 0, 0
		for j := range o.Table.Columns {
			c := &o.Table.Columns[j]
			room = max(room, int(c.Num))
			if !w.isOf(c.Type, domain) {
				continue
			}
			listed++
			if c.Generated != "" {
				listed++
			}
		}
		if listed > room {
			return label(o)
		}
	}
	return ""
}

// isOf says whether a type is a domain, or a domain over it.
func (w *work) isOf(typ string, domain address) bool {
	a, array, ok := w.cur.typeOf(typ)
	if !ok || array != "" {
		return false
	}
	if a == domain {
		return true
	}
	t := w.cur.objects[a]
	return t != nil && t.Kind == catalog.KindDomain && w.isOf(t.Of, domain)
}

// holds says whether values of a type hold values of the domain inside.
func (w *work) holds(typ string, domain address) bool {
	a, array, ok := w.cur.typeOf(typ)
	if !ok {
		return false
	}
	if a == domain {
		return array != ""
	}
	t := w.cur.objects[a]
	if t == nil {
		t = w.cur.objects[w.cur.parent(a)]
	}
	if t == nil || !w.uses(t, domain) {
		return false
	}
	if t.Kind == catalog.KindDomain {
		return array != "" || w.holds(t.Of, domain)
	}
	return true
}
