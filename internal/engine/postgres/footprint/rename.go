package footprint

import (
	"slices"
	"strings"

	tree "github.com/pganalyze/pg_query_go/v6"

	"github.com/safemigrate/safemigrate/migrate"
)

// kindOf spells a kind of object in words.
func kindOf(kind tree.ObjectType) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(kind.String(), "OBJECT_")), "_", " ")
}

func (w *walker) rename(n *tree.RenameStmt) {
	w.s.version++
	switch n.GetRenameType() {
	case tree.ObjectType_OBJECT_TABLE, tree.ObjectType_OBJECT_VIEW, tree.ObjectType_OBJECT_MATVIEW, tree.ObjectType_OBJECT_FOREIGN_TABLE,
		tree.ObjectType_OBJECT_SEQUENCE, tree.ObjectType_OBJECT_INDEX:
		for _, r := range w.resolve(n.GetRelation()) {
			w.renameRelation(r, r.schema, n.GetNewname())
		}
	case tree.ObjectType_OBJECT_COLUMN:
		for _, r := range w.resolve(n.GetRelation()) {
			for _, t := range r.family(n.GetRelation().GetInh()) {
				w.renameColumn(t, n.GetSubname(), n.GetNewname())
			}
		}
	case tree.ObjectType_OBJECT_ATTRIBUTE:
		w.object("type " + n.GetRelation().GetRelname() + " altered")
		for _, y := range w.s.typesNamed(n.GetRelation().GetSchemaname(), n.GetRelation().GetRelname()) {
			for _, t := range w.typedTables(y) {
				w.renameColumn(t, n.GetSubname(), n.GetNewname())
			}
		}
	case tree.ObjectType_OBJECT_SCHEMA:
		w.renameSchema(n.GetSubname(), n.GetNewname())
	case tree.ObjectType_OBJECT_FUNCTION, tree.ObjectType_OBJECT_PROCEDURE, tree.ObjectType_OBJECT_ROUTINE, tree.ObjectType_OBJECT_AGGREGATE:
		schema, last := qualified(n.GetObject().GetObjectWithArgs().GetObjname())
		for _, from := range w.s.meant(schema, last) {
			w.routinesAs(from, name{from.schema, n.GetNewname()})
		}
	case tree.ObjectType_OBJECT_TYPE, tree.ObjectType_OBJECT_DOMAIN:
		schema, last := qualified(n.GetObject().GetList().GetItems())
		for _, from := range w.s.meantTypes(schema, last) {
			w.typesAs(from, name{from.schema, n.GetNewname()})
		}
	default:
		for _, r := range w.resolve(n.GetRelation()) {
			w.table(r)
			w.renameTrigger(r, n)
			for _, t := range r.family(n.GetRenameType() == tree.ObjectType_OBJECT_TABCONSTRAINT) {
				t.keysRenamed = t.keysRenamed || n.GetRenameType() == tree.ObjectType_OBJECT_TABCONSTRAINT
			}
		}
		w.object(kindOf(n.GetRenameType()) + " " + n.GetSubname() + " renamed to " + n.GetNewname())
	}
}

func (w *walker) renameTrigger(r *rel, n *tree.RenameStmt) {
	if w.maybe {
		return
	}
	for _, t := range r.triggers {
		if n.GetRenameType() == tree.ObjectType_OBJECT_TRIGGER && t.name == n.GetSubname() {
			t.name = n.GetNewname()
		}
	}
}

// renameRelation gives a relation another name or schema.
func (w *walker) renameRelation(r *rel, schema, to string) {
	if t := w.table(r); t != nil {
		t.Renamed = true
	} else if r.base != nil {
		w.object(kindWords[r.kind] + " " + r.base.Label() + " renamed to " + name{schema, to}.label())
	}
	w.s.unbind(r, w.maybe)
	w.s.bind(name{schema, to}, r, w.maybe)
	if !w.maybe {
		r.schema, r.name = schema, to
	}
}

func (w *walker) renameColumn(t *rel, from, to string) {
	for _, c := range t.column(from) {
		w.column(t, c, migrate.Renamed)
		if w.maybe {
			c.names = append(c.names, to)
		} else {
			c.had, c.names = append(c.had, c.names...), []string{to}
		}
	}
}

// routinesAs adds a name of functions; that the old one is gone only matters for calls
// that would fail.
func (w *walker) routinesAs(from, to name) {
	for _, r := range w.s.routinesIn(from) {
		w.object("function " + from.label() + " renamed to " + to.label())
		w.s.routines[to] = append(slices.Clip(w.s.routinesIn(to)), r)
	}
}

func (w *walker) typesAs(from, to name) {
	for _, y := range w.s.typesIn(from) {
		w.object("type " + from.label() + " renamed to " + to.label())
		w.s.types[to] = append(w.s.types[to], y)
	}
}

// renameSchema moves everything in it along.
func (w *walker) renameSchema(from, to string) {
	if w.maybe {
		w.whole("a schema is renamed where that may or may not happen")
		return
	}
	w.object("schema " + from + " renamed to " + to)
	old := w.s.wasCalled(from)
	for _, p := range w.relationsIn(from, old) {
		r := w.s.anyRel(p.OID)
		if t := w.table(r); t != nil {
			t.Renamed = true
		}
	}
	w.moveNames(from, to)
	for n, all := range w.s.routines {
		if n.schema == from {
			w.s.routines[name{to, n.name}] = all
		}
	}
	for n, all := range w.s.types {
		if n.schema == from {
			w.s.types[name{to, n.name}] = all
		}
	}
	if old != from {
		delete(w.s.schemas, from)
	}
	w.s.schemas[old] = to
}

// moveNames gives every relation that the batch has met another schema.
func (w *walker) moveNames(from, to string) {
	moved := map[name]*binding{}
	for n, b := range w.s.names {
		if n.schema == from {
			moved[name{to, n.name}] = b
			delete(w.s.names, n)
		}
	}
	for _, r := range w.s.rels {
		if r.schema != from {
			continue
		}
		r.schema = to
		if _, known := moved[name{to, r.name}]; !known && !r.gone {
			moved[name{to, r.name}] = &binding{rels: []*rel{r}, sure: true}
		}
	}
	for n, b := range moved {
		for _, r := range b.rels {
			r.schema = to
		}
		w.s.names[n] = b
	}
}

func (w *walker) moveToSchema(n *tree.AlterObjectSchemaStmt) {
	w.s.version++
	switch n.GetObjectType() {
	case tree.ObjectType_OBJECT_TABLE, tree.ObjectType_OBJECT_VIEW, tree.ObjectType_OBJECT_MATVIEW, tree.ObjectType_OBJECT_FOREIGN_TABLE, tree.ObjectType_OBJECT_SEQUENCE:
		for _, r := range w.resolve(n.GetRelation()) {
			w.renameRelation(r, n.GetNewschema(), r.name)
		}
	case tree.ObjectType_OBJECT_FUNCTION, tree.ObjectType_OBJECT_PROCEDURE, tree.ObjectType_OBJECT_ROUTINE, tree.ObjectType_OBJECT_AGGREGATE:
		schema, last := qualified(n.GetObject().GetObjectWithArgs().GetObjname())
		for _, from := range w.s.meant(schema, last) {
			w.routinesAs(from, name{n.GetNewschema(), last})
		}
	case tree.ObjectType_OBJECT_TYPE, tree.ObjectType_OBJECT_DOMAIN:
		schema, last := qualified(n.GetObject().GetList().GetItems())
		for _, from := range w.s.meantTypes(schema, last) {
			w.typesAs(from, name{n.GetNewschema(), last})
		}
	default:
		w.object(kindOf(n.GetObjectType()) + " moved to schema " + n.GetNewschema())
	}
}
