package revert

import (
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// referred calls f for the table that a foreign key refers to, and all tables
// under it, which hold its rows; not at all for any other object.
func (w *work) referred(x *index, o *object, f func(parent address)) {
	if o.Kind != catalog.KindConstraint || !isForeignKey(o) {
		return
	}
	if _, _, parent := w.foreignKey(x, o); parent != nil {
		x.below(parent.Address, f)
	}
}

// rowsToCome says whether one of the two tables of a foreign key stays, and its
// rows have yet to be put right: until then it need not hold between them.
func (w *work) rowsToCome(o, parent *object) bool {
	found := false
	for _, table := range []address{o.Parent, parent.Address} {
		w.cur.below(table, func(a address) { found = found || w.correct[a] || w.refill[a] })
	}
	return found
}

// keysWait says whether a foreign key of a table, or to it, cannot be made beside
// because the rows of the other table have yet to be put right.
func (w *work) keysWait(table address) bool {
	for i := range w.before.state.Objects {
		o := &w.before.state.Objects[i]
		if !w.make[o.Address] || w.expect[o.Address] == nil || o.Kind != catalog.KindConstraint || !isForeignKey(o) {
			continue
		}
		_, _, parent := w.foreignKey(w.before, o)
		if parent != nil && (o.Parent == table || parent.Address == table) && w.rowsToCome(o, parent) {
			return true
		}
	}
	return false
}

// governs says whether a table's foreign keys, and those to it, are in force for the
// rows of a: it is the same table, or a is a partition under it.
func (w *work) governs(table *object, a address) bool {
	if table == nil || table.Address == a {
		return table != nil
	}
	return table.Table != nil && table.Table.Key != "" && slices.ContainsFunc(w.cur.parents(w.cur.objects[a]), func(p address) bool { return w.governs(table, p) })
}

// unwritableBelow says whether a foreign key to a table would write to an identity column
// that is GENERATED ALWAYS: the server then lets no row of the table go, nor change what
// the key refers to, whether rows refer to it or not.
func (w *work) unwritableBelow(a address) bool {
	return slices.ContainsFunc(w.cur.state.Objects, func(o object) bool {
		if !isEnforcedKey(&o) || !strings.Contains(o.Create, " SET NULL") && !strings.Contains(o.Create, " ON UPDATE CASCADE") {
			return false
		}
		from, _, parent := w.foreignKey(w.cur, &o)
		child := w.cur.objects[o.Parent]
		return w.governs(parent, a) && slices.ContainsFunc(from, func(name string) bool {
			c := column(child, numberOf(child, name))
			return c != nil && c.Identity == "a"
		})
	})
}

// castBelow says whether a foreign key is of a table over a type from which a cast leads
// elsewhere by itself: that can leave the server unable to choose among the operators
// that compare its values, and so to enforce the key.
func castBelow(x *index, key *object) bool {
	child := x.objects[key.Parent]
	return isEnforcedKey(key) && child != nil && slices.ContainsFunc(child.DependsOn, func(typ address) bool {
		t := x.objects[typ]
		return t != nil && isType(t) && slices.ContainsFunc(x.state.Objects, func(o object) bool {
			return o.Kind == catalog.KindCast && strings.HasSuffix(o.Create, " AS IMPLICIT") && slices.Contains(o.DependsOn, typ)
		})
	})
}

// castKeys lists such foreign keys that are in force for the rows of a table.
func (w *work) castKeys(x *index, a address) []*object {
	var all []*object
	for i := range x.state.Objects {
		o := &x.state.Objects[i]
		if !castBelow(x, o) {
			continue
		}
		if _, _, parent := w.foreignKey(x, o); parent != nil && (w.governs(parent, a) || w.governs(x.objects[o.Parent], a)) {
			all = append(all, o)
		}
	}
	return all
}

// compared has the server choose the operators of such a foreign key, over no rows. Its
// types are of the user, and the operators the server's own.
func (w *work) compared(x *index, key *object) string {
	from, to, parent := w.foreignKey(x, key)
	on := make([]string, len(from))
	for i := range from {
		on[i] = "c." + from[i] + " OPERATOR(pg_catalog.=) p." + to[i]
	}
	return "SELECT FROM " + x.objects[key.Parent].Identity + " c JOIN " + parent.Identity + " p ON " + strings.Join(on, " AND ") + " LIMIT 0"
}

// refersTo lists the tables with rows that foreign keys of a table refer to.
func (w *work) refersTo(a address) []address {
	var all []address
	for i := range w.cur.state.Objects {
		o := &w.cur.state.Objects[i]
		if o.Kind != catalog.KindConstraint || !isForeignKey(o) || !w.governs(w.cur.objects[o.Parent], a) {
			continue
		}
		_, _, parent := w.foreignKey(w.cur, o)
		switch {
		case parent == nil:
		case parent.Table == nil || parent.Table.Key == "":
			all = append(all, parent.Address)
		default:
			w.cur.below(parent.Address, func(p address) { all = append(all, p) })
		}
	}
	return all
}

// foreignKey reads the columns of a foreign key, those that it refers to, and the
// table that it refers to; nil where that is not known.
func (w *work) foreignKey(x *index, o *object) (from, to []string, parent *object) {
	definition := o.Create[strings.Index(o.Create, " FOREIGN KEY (")+len(" FOREIGN KEY ("):]
	all := tokens(definition)
	end := slices.Index(all, ")")
	if end < 0 || end+1 >= len(all) || all[end+1] != "REFERENCES" {
		return nil, nil, nil
	}
	open := slices.Index(all[end:], "(")
	if open < 0 {
		return nil, nil, nil
	}
	name := strings.Join(all[end+2:end+open], "")
	rest := all[end+open+1:]
	comma := func(s string) bool { return s == "," }
	from = slices.DeleteFunc(slices.Clone(all[:end]), comma)
	to = slices.DeleteFunc(slices.Clone(rest[:max(0, slices.Index(rest, ")"))]), comma)
	return from, to, x.objects[x.tables[name]]
}
