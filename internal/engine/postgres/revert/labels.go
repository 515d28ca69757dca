package revert

import (
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// relabelled lists the columns of a table that stays whose enum loses labels. A table with
// parents or children is left out: its rows are not its own alone.
func (w *work) relabelled(cur *object) []*catalog.Column {
	if w.drop[cur.Address] || cur.Table.Key != "" || len(cur.Table.Parents) > 0 || len(w.cur.children[cur.Address]) > 0 {
		return nil
	}
	var all []*catalog.Column
	for i := range cur.Table.Columns {
		c := &cur.Table.Columns[i]
		a := cur.Address
		a.Column = c.Num
		if enum, _, _ := w.cur.typeOf(c.Type); w.retype[a] && len(w.labelsThatGo(enum)) > 0 {
			all = append(all, c)
		}
	}
	return all
}

// labelsThatGo are those that an enum has now and had not before.
func (w *work) labelsThatGo(enum address) []string {
	return slices.DeleteFunc(slices.Clone(w.cur.objects[enum].Labels), func(s string) bool {
		return slices.Contains(w.expect[enum].Labels, s)
	})
}

// labelled is a condition on the present rows of a table, by their alias: they hold a label
// that goes. "" where none was found to, or the table is none of these.
func (w *work) labelled(cur *object, alias string) string {
	if !w.in.Misfits[cur.Address.OID].Type {
		return ""
	}
	var all []string
	for _, c := range w.relabelled(cur) {
		enum, array, _ := w.cur.typeOf(c.Type)
		gone := w.labelsThatGo(enum)
		for i, s := range gone {
			gone[i] = catalog.Literal(s)
		}
		name := alias + catalog.Quote(c.Name)
		all = append(all, either(array == "", textOf(name)+" IN ("+joined(gone)+")",
			"EXISTS (SELECT FROM pg_catalog.unnest("+name+") AS x (v) WHERE "+textOf("x.v")+" IN ("+joined(gone)+"))"))
	}
	return either(len(all) > 0, "("+strings.Join(all, " OR ")+")", "")
}

// takeOutLabelled deletes the rows that hold a label which goes, once nothing refers to
// them: they are in the quarantine.
func (w *work) takeOutLabelled(cur *object) []step {
	which := w.labelled(cur, "t.")
	if which == "" {
		return nil
	}
	steps := append([]step{{sql: "SET CONSTRAINTS ALL IMMEDIATE", what: "taking rows out of " + label(cur)}}, w.hush(cur, "DELETE")...)
	for _, r := range w.referring(cur) {
		o := Orphans{Table: r.child.Identity, Constraint: catalog.Quote(r.key.Name), SQL: "SELECT pg_catalog.count(*) FROM " + r.child.Identity +
			" c JOIN ONLY " + cur.Identity + " t ON " + r.on + " WHERE " + which}
		if r.child == cur {
			o.SQL += " AND NOT " + w.labelled(cur, "c.")
		}
		steps = append(steps, step{none: o.SQL, what: o.what()})
	}
	steps = append(steps, step{sql: "DELETE FROM ONLY " + cur.Identity + " AS t WHERE " + which,
		what: "taking rows with labels that the batch added out of " + label(cur), runs: true})
	return append(steps, w.unhush(cur)...)
}
