package footprint

import (
	"slices"

	tree "github.com/pganalyze/pg_query_go/v6"

	"github.com/safemigrate/safemigrate/migrate"
)

// dropStatement is DROP of anything.
func (w *walker) dropStatement(n *tree.DropStmt) {
	cascade := n.GetBehavior() == tree.DropBehavior_DROP_CASCADE
	for _, o := range n.GetObjects() {
		w.drop(w.places(n.GetRemoveType(), o), cascade)
	}
	w.s.version++
}

// places resolves what a DROP names.
func (w *walker) places(kind tree.ObjectType, o *tree.Node) []place {
	parts := o.GetList().GetItems()
	switch {
	case o.GetTypeName() != nil:
		parts = o.GetTypeName().GetNames()
	case o.GetObjectWithArgs() != nil:
		parts = o.GetObjectWithArgs().GetObjname()
	case o.GetString_() != nil:
		parts = []*tree.Node{o}
	}
	schema, last := qualified(parts)
	var out []place
	add := func(catalog string, oid uint32) {
		out = append(out, place{Address: Address{Catalog: catalog, OID: oid}})
	}
	switch kind {
	case tree.ObjectType_OBJECT_TABLE, tree.ObjectType_OBJECT_VIEW, tree.ObjectType_OBJECT_MATVIEW, tree.ObjectType_OBJECT_FOREIGN_TABLE, tree.ObjectType_OBJECT_SEQUENCE:
		for _, r := range w.s.find(schema, last) {
			add("pg_class", r.id)
		}
	case tree.ObjectType_OBJECT_TYPE, tree.ObjectType_OBJECT_DOMAIN:
		for _, y := range w.s.typesNamed(schema, last) {
			add("pg_type", y.id)
		}
	case tree.ObjectType_OBJECT_FUNCTION, tree.ObjectType_OBJECT_PROCEDURE, tree.ObjectType_OBJECT_ROUTINE, tree.ObjectType_OBJECT_AGGREGATE:
		for _, r := range w.s.called(schema, last, -1) {
			add("pg_proc", r.id)
		}
	case tree.ObjectType_OBJECT_SCHEMA:
		return w.schemaPlaces(last)
	case tree.ObjectType_OBJECT_TRIGGER, tree.ObjectType_OBJECT_RULE:
		w.dropOnTable(kind, parts)
	case tree.ObjectType_OBJECT_INDEX, tree.ObjectType_OBJECT_POLICY, tree.ObjectType_OBJECT_STATISTIC_EXT, tree.ObjectType_OBJECT_CONVERSION,
		tree.ObjectType_OBJECT_PUBLICATION, tree.ObjectType_OBJECT_SUBSCRIPTION, tree.ObjectType_OBJECT_EVENT_TRIGGER:
		w.object(kindOf(kind) + " " + last + " dropped")
	case tree.ObjectType_OBJECT_CAST:
		w.drop(w.castUsers(), true)
	default:
		for a, other := range w.facts.Others {
			if other.Name == last && (schema == "" || schema == other.Schema) && otherCatalogs[kind] == a.Catalog {
				out = append(out, place{Address: a})
			}
		}
		if kind == tree.ObjectType_OBJECT_EXTENSION {
			for _, r := range w.s.members[last] {
				add("pg_class", r.id)
			}
		}
	}
	return out
}

var otherCatalogs = map[tree.ObjectType]string{
	tree.ObjectType_OBJECT_EXTENSION: "pg_extension", tree.ObjectType_OBJECT_COLLATION: "pg_collation", tree.ObjectType_OBJECT_OPERATOR: "pg_operator",
	tree.ObjectType_OBJECT_LANGUAGE: "pg_language", tree.ObjectType_OBJECT_ACCESS_METHOD: "pg_am", tree.ObjectType_OBJECT_FOREIGN_SERVER: "pg_foreign_server",
	tree.ObjectType_OBJECT_FDW: "pg_foreign_data_wrapper", tree.ObjectType_OBJECT_TSCONFIGURATION: "pg_ts_config", tree.ObjectType_OBJECT_TSDICTIONARY: "pg_ts_dict",
	tree.ObjectType_OBJECT_OPCLASS: "pg_opclass", tree.ObjectType_OBJECT_OPFAMILY: "pg_opfamily",
}

// castUsers are the columns that are generated with a cast of the user's.
func (w *walker) castUsers() []place {
	var out []place
	for at, all := range w.facts.depends {
		if at.Catalog == "pg_cast" {
			for _, d := range all {
				out = append(out, d.place)
			}
		}
	}
	return out
}

// dropOnTable is DROP TRIGGER and DROP RULE.
func (w *walker) dropOnTable(kind tree.ObjectType, parts []*tree.Node) {
	if len(parts) < 2 {
		return
	}
	last := parts[len(parts)-1].GetString_().GetSval()
	schema, table := qualified(parts[:len(parts)-1])
	for _, r := range w.s.find(schema, table) {
		w.table(r)
		if w.maybe {
			continue
		}
		if kind == tree.ObjectType_OBJECT_RULE {
			r.rules = slices.DeleteFunc(slices.Clone(r.rules), func(u *rule) bool { return u.name == last })
			continue
		}
		for _, t := range r.family(r.kind == 'p') {
			t.triggers = slices.DeleteFunc(slices.Clone(t.triggers), func(g *trig) bool { return g.name == last && (t == r || g.row) })
		}
	}
	w.object(kindOf(kind) + " " + last + " on " + table + " dropped")
}

// schemaPlaces lists what goes with a schema.
func (w *walker) schemaPlaces(schema string) []place {
	w.object("schema " + schema + " dropped")
	old := w.s.wasCalled(schema)
	out := w.relationsIn(schema, old)
	add := func(catalog string, oid uint32) {
		out = append(out, place{Address: Address{Catalog: catalog, OID: oid}})
	}
	for oid, y := range w.facts.Types {
		if y.Schema == old {
			add("pg_type", oid)
		}
	}
	for n, made := range w.s.types {
		for _, y := range made {
			if n.schema == schema {
				add("pg_type", y.id)
			}
		}
	}
	for oid, f := range w.facts.Functions {
		if f.Schema == old {
			add("pg_proc", oid)
		}
	}
	for a, o := range w.facts.Others {
		if o.Schema == old && o.Schema != "" {
			out = append(out, place{Address: a})
		}
	}
	if !w.maybe {
		w.s.schemas[schema] = ""
	}
	return out
}

// relationsIn lists the relations in a schema, which was called old before the batch.
func (w *walker) relationsIn(schema, old string) []place {
	var out []place
	add := func(oid uint32) { out = append(out, place{Address: Address{Catalog: "pg_class", OID: oid}}) }
	for oid, base := range w.facts.Relations {
		if r, met := w.s.rels[oid]; met && r.schema != schema || !met && base.Schema != old {
			continue
		}
		add(oid)
	}
	for _, b := range w.s.names {
		for _, r := range b.rels {
			if r.base == nil && r.schema == schema {
				add(r.id)
			}
		}
	}
	return out
}

// dropOwned is DROP OWNED BY.
func (w *walker) dropOwned(n *tree.DropOwnedStmt) {
	owners := map[string]bool{}
	for _, r := range n.GetRoles() {
		owner := r.GetRoleSpec().GetRolename()
		if owner == "" {
			owner = w.facts.Role
		}
		owners[owner] = true
	}
	var out []place
	for _, s := range w.facts.Schemas {
		if owners[s.Owner] && s.Name != "public" {
			out = append(out, w.schemaPlaces(s.Name)...)
		}
	}
	for oid, r := range w.facts.Relations {
		if owners[r.Owner] {
			out = append(out, place{Address: Address{Catalog: "pg_class", OID: oid}})
		}
	}
	for oid, y := range w.facts.Types {
		if owners[y.Owner] {
			out = append(out, place{Address: Address{Catalog: "pg_type", OID: oid}})
		}
	}
	for oid, f := range w.facts.Functions {
		if owners[f.Owner] {
			out = append(out, place{Address: Address{Catalog: "pg_proc", OID: oid}})
		}
	}
	for a, o := range w.facts.Others {
		if owners[o.Owner] {
			out = append(out, place{Address: a})
		}
	}
	w.object("privileges of dropped owners revoked")
	w.drop(out, true)
}

// drop follows what goes with something: what is a part of it always, what
// depends on it with CASCADE.
func (w *walker) drop(start []place, cascade bool) {
	seen := map[place]bool{}
	next := start
	for len(next) > 0 {
		p := next[0]
		next = next[1:]
		if seen[p] {
			continue
		}
		seen[p] = true
		next = append(next, w.gone(p, cascade)...)
	}
	w.s.version++
}

// gone notes the end of one thing and returns what goes with it.
func (w *walker) gone(p place, cascade bool) []place {
	var with []place
	for _, d := range w.facts.depends[p] {
		if (cascade || d.kind != 'n') && w.follows(d) {
			with = append(with, d.place)
		}
	}
	switch p.Catalog {
	case "pg_class":
		r := w.s.anyRel(p.OID)
		switch {
		case r == nil:
			with = append(with, w.attributeGone(p)...)
		case p.column != 0:
			w.columnGone(r, p.column)
		default:
			with = append(with, w.relationGone(r, cascade)...)
		}
	case "pg_type":
		with = append(with, w.typeGone(p.OID)...)
	case "pg_proc":
		if f := w.facts.Functions[p.OID]; f != nil {
			w.object("function " + f.Schema + "." + f.Name + " dropped")
		}
	default:
		if o := w.facts.Others[p.Address]; o != nil {
			w.object(p.Catalog[len("pg_"):] + " " + o.Name + " dropped")
		}
	}
	return with
}

// follows leaves the children of a table to what the walk knows of them.
func (w *walker) follows(d dependent) bool {
	if d.Catalog != "pg_class" || d.column != 0 {
		return true
	}
	r := w.s.anyRel(d.OID)
	return r == nil || len(r.base.parentsOf()) == 0
}

func (r *Relation) parentsOf() []uint32 {
	if r == nil {
		return nil
	}
	return r.Parents
}

// anyRel gives a relation by its OID, or by the number that the walk gave it.
func (s *space) anyRel(id uint32) *rel {
	if r := s.rel(id); r != nil {
		return r
	}
	if id < firstSynthetic {
		return nil
	}
	for _, b := range s.names {
		for _, r := range b.rels {
			if r.id == id {
				return r
			}
		}
	}
	return nil
}

func (w *walker) columnGone(r *rel, num int16) {
	c := r.numbered(num)
	if c == nil {
		return
	}
	w.column(r, c, migrate.DroppedAway)
	w.forget(r, c)
	c.gone = c.gone || !w.maybe
	if w.table(r) == nil && r.base != nil {
		w.object(kindWords[r.kind] + " " + r.base.Label() + " altered")
	}
}

// relationGone is the end of a relation: its partitions go with it, and other
// children with CASCADE.
func (w *walker) relationGone(r *rel, cascade bool) []place {
	var with []place
	for _, c := range r.children {
		if cascade || r.kind == 'p' {
			with = append(with, place{Address: Address{Catalog: "pg_class", OID: c.id}})
		}
	}
	if t := w.table(r); t != nil {
		t.Dropped = true
	} else if r.base != nil {
		w.object(kindWords[r.kind] + " " + r.base.Label() + " dropped")
	}
	for _, c := range r.columns {
		with = append(with, w.columnUsers(r, c)...)
	}
	if r.base != nil && r.base.rowType != 0 {
		with = append(with, place{Address: Address{Catalog: "pg_type", OID: r.base.rowType}})
	}
	if !w.maybe {
		r.gone = true
		for _, p := range r.parents {
			p.children = slices.DeleteFunc(slices.Clone(p.children), func(o *rel) bool { return o == r })
		}
	}
	w.s.unbind(r, w.maybe)
	return with
}

// columnUsers lists what goes with a column of a table that goes.
func (w *walker) columnUsers(r *rel, c *col) []place {
	var out []place
	for _, d := range w.facts.depends[place{Address: Address{Catalog: "pg_class", OID: r.id}, column: c.num}] {
		if d.OID != r.id {
			out = append(out, d.place)
		}
	}
	return out
}

// typeGone is the end of a type: columns of it go, and values that hold it lose
// that part.
func (w *walker) typeGone(oid uint32) []place {
	var with []place
	if y := w.facts.Types[oid]; y != nil && y.Relation == 0 && y.Element == 0 {
		w.object("type " + y.Schema + "." + y.Name + " dropped")
	}
	if array := w.s.arrays()[oid]; array != 0 {
		with = append(with, place{Address: Address{Catalog: "pg_type", OID: array}})
	}
	w.columnsOf(oid, func(r *rel, c *col) {
		if w.made(c.typ, oid, nil) {
			with = append(with, place{Address: Address{Catalog: "pg_class", OID: r.id}, column: c.num})
			return
		}
		w.column(r, c, migrate.LosesRows)
	})
	return with
}

// made reports whether a type is another, an array of it or a domain over it.
func (w *walker) made(oid, of uint32, seen []uint32) bool {
	if oid == of {
		return true
	}
	y := w.s.typeOf(oid)
	if y == nil || slices.Contains(seen, oid) {
		return false
	}
	seen = append(seen, oid)
	return y.kind == 'd' && w.made(y.base, of, seen) || y.element != 0 && w.made(y.element, of, seen)
}

// attributeGone: an attribute of a composite type.
func (w *walker) attributeGone(p place) []place {
	for oid, y := range w.facts.Types {
		if y.Relation == p.OID && y.Kind == 'c' {
			if p.column == 0 {
				return []place{{Address: Address{Catalog: "pg_type", OID: oid}}}
			}
			w.columnsOf(oid, func(r *rel, c *col) { w.column(r, c, migrate.LosesRows) })
		}
	}
	return nil
}

// columnsOf finds the columns whose values are, or hold, values of a type.
func (w *walker) columnsOf(oid uint32, do func(*rel, *col)) {
	const firstOfUsers = 16384
	look := func(r *rel) {
		for _, c := range r.present() {
			if c.typ >= firstOfUsers && w.s.holds(c.typ, oid, nil) {
				do(r, c)
			}
		}
	}
	holders := map[uint32]bool{}
	for id, base := range w.facts.Relations {
		if _, met := w.s.rels[id]; met || base.Kind != 'r' && base.Kind != 'p' {
			continue
		}
		for _, a := range base.Columns {
			if a.Type < firstOfUsers {
				continue
			}
			if _, known := holders[a.Type]; !known {
				holders[a.Type] = w.s.holds(a.Type, oid, nil)
			}
			if holders[a.Type] {
				w.s.rel(id)
				break
			}
		}
	}
	for _, r := range w.s.rels {
		if r.kind == 'r' || r.kind == 'p' {
			look(r)
		}
	}
}
