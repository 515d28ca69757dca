package revert

import (
	"fmt"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// A table that was a partition once keeps constraints of which the server believes that
// its children have them, too. None has, and so none can be dropped while there are any.

// bound says whether a constraint of a table that is there cannot be dropped while tables
// inherit from that.
func (w *work) bound(o *object) bool {
	t := w.cur.objects[o.Parent]
	return o.Passed && t != nil && t.Table != nil && t.Table.Key == "" && len(w.cur.children[o.Parent]) > 0
}

// binding lists the constraints of its parents that a table keeps from being dropped.
func (w *work) binding(table address) []address {
	var all []address
	for i := range w.cur.state.Objects {
		o := &w.cur.state.Objects[i]
		if w.drop[o.Address] && o.Kind == catalog.KindConstraint && w.bound(o) && slices.Contains(w.cur.children[o.Parent], table) {
			all = append(all, o.Address)
		}
	}
	return all
}

// checkBound finds constraints that would have to be dropped under tables that stay.
func (w *work) checkBound() {
	for i := range w.cur.state.Objects {
		o := &w.cur.state.Objects[i]
		if !w.drop[o.Address] || o.Kind != catalog.KindConstraint || !w.bound(o) {
			continue
		}
		for _, child := range w.cur.children[o.Parent] {
			c, t := w.cur.objects[child], w.cur.objects[o.Parent]
			if !w.drop[child] && !slices.Contains(w.leave[child], t.Identity) {
				w.conflictf("%s has to be dropped, and the server cannot while %s inherits from %s: it was made when that was a partition", label(o), label(c), t.Identity)
			}
		}
	}
}

// remadePassed says whether a foreign key has to be made anew of which the server has to
// believe that again.
func (w *work) remadePassed(o *object) bool {
	table := w.expect[o.Parent]
	return w.make[o.Address] && o.Passed && isForeignKey(o) && table != nil && table.Table != nil && table.Table.Key == ""
}

// checkPassed finds such keys of tables that cannot be a partition for the time that it takes.
func (w *work) checkPassed() {
	for _, a := range addresses(w.before) {
		o := w.expect[a]
		if o == nil || !w.remadePassed(o) {
			continue
		}
		table := w.expect[o.Parent]
		var why string
		switch {
		case notValid(o):
			why = "it is not valid"
		case table.Of != "":
			why = "its table is made of a type"
		case len(w.before.children[table.Address]) > 0 || len(w.cur.children[table.Address]) > 0:
			why = "others inherit from its table"
		case w.cur.state.Server >= identityOfTree && identity(table, nil) != nil:
			why = "its table has an identity column"
		case slices.ContainsFunc(w.hangers(table, catalog.KindTrigger), func(t *object) bool { return strings.Contains(t.Create, " REFERENCING ") }):
			why = "a trigger of its table has transition tables"
		default:
			continue
		}
		w.conflictf("%s would have to be made as one of a partition, as it was, and cannot: %s", label(o), why)
	}
}

// asPartition makes such a key where the statement makes one that is the table's own: the table,
// which is in the schema and has the name by then, is the only partition of another one for a
// moment. That one is in the same schema: on some servers, PostgreSQL 14 among them, a
// partition's key counts to the schema of its parent, also later.
func (w *work) asPartition(o *object, schema, name string, s step) []step {
	if w.in.Rehearsal || !w.remadePassed(o) {
		return []step{s}
	}
	table := w.expect[o.Parent]
	from, _, _ := w.foreignKey(w.before, o)
	columns := make([]string, len(table.Table.Columns))
	for i := range table.Table.Columns {
		c := &table.Table.Columns[i]
		columns[i] = catalog.Quote(c.Name) + " " + c.Type + either(c.Collation == "", "", " COLLATE "+c.Collation) +
			either(c.Generated == "", "", " GENERATED ALWAYS AS ("+c.Generated+") "+either(c.Virtual, "VIRTUAL", "STORED"))
	}
	_, constraint, _ := strings.Cut(s.sql, name+" ADD CONSTRAINT ")
	like := catalog.Qualified(schema, fmt.Sprintf("safemigrate_like_%d", o.Address.OID))
	steps := []step{
		{sql: "CREATE TABLE " + like + " (" + joined(columns) + ") PARTITION BY LIST ((" + from[0] + " IS NULL))"},
		{sql: "ALTER TABLE " + like + " ADD CONSTRAINT " + constraint},
		{sql: "ALTER TABLE " + like + " ATTACH PARTITION " + name + " DEFAULT", runs: true},
		{sql: "ALTER TABLE " + like + " DETACH PARTITION " + name},
		{sql: "DROP TABLE " + like},
	}
	for i := range steps {
		steps[i].what = s.what
	}
	return steps
}
