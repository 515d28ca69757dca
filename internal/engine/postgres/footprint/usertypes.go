package footprint

import (
	"slices"

	tree "github.com/pganalyze/pg_query_go/v6"

	"github.com/safemigrate/safemigrate/migrate"
)

// typeStatement walks what makes and changes types, operators and casts.
func (w *walker) typeStatement(n *tree.Node) bool {
	switch t := n.GetNode().(type) {
	case *tree.Node_CreateDomainStmt:
		w.createDomain(t.CreateDomainStmt)
	case *tree.Node_CompositeTypeStmt:
		v := t.CompositeTypeStmt.GetTypevar()
		r := &rel{id: w.s.fresh(), kind: 'c', name: v.GetRelname()}
		for _, c := range t.CompositeTypeStmt.GetColdeflist() {
			w.columnElement(r, c.GetColumnDef())
		}
		w.makeType(v.GetSchemaname(), v.GetRelname(), &datatype{kind: 'c', rel: r})
	case *tree.Node_CreateEnumStmt:
		schema, last := qualified(t.CreateEnumStmt.GetTypeName())
		w.makeType(schema, last, &datatype{kind: 'e'})
	case *tree.Node_CreateRangeStmt:
		schema, last := qualified(t.CreateRangeStmt.GetTypeName())
		w.makeType(schema, last, &datatype{kind: 'r'})
	case *tree.Node_AlterEnumStmt:
		w.alterEnum(t.AlterEnumStmt)
	case *tree.Node_AlterDomainStmt:
		w.alterDomain(t.AlterDomainStmt)
	case *tree.Node_DefineStmt:
		w.define(t.DefineStmt)
	case *tree.Node_CreateCastStmt:
		schema, last := qualified(t.CreateCastStmt.GetFunc().GetObjname())
		w.s.unnamed = append(w.s.unnamed, w.s.called(schema, last, -1)...)
		w.s.version++
		w.object("cast created")
	case *tree.Node_CreateOpClassStmt:
		schema, last := qualified(t.CreateOpClassStmt.GetOpclassname())
		w.object("operator class " + name{schema, last}.label() + " created")
		w.classItems(t.CreateOpClassStmt.GetItems())
	case *tree.Node_AlterOpFamilyStmt:
		schema, last := qualified(t.AlterOpFamilyStmt.GetOpfamilyname())
		w.object("operator family " + name{schema, last}.label() + " altered")
		w.classItems(t.AlterOpFamilyStmt.GetItems())
	default:
		return false
	}
	return true
}

// classItems are the operators and functions of an operator class: an index calls them, and
// so does a query that sorts.
func (w *walker) classItems(items []*tree.Node) {
	const isOperator, isFunction = 1, 2
	for _, i := range items {
		item := i.GetCreateOpClassItem()
		schema, last := qualified(item.GetName().GetObjname())
		switch item.GetItemtype() {
		case isOperator:
			w.s.unnamed = append(w.s.unnamed, w.s.operators()[last]...)
		case isFunction:
			w.s.unnamed = append(w.s.unnamed, w.s.called(schema, last, -1)...)
		}
	}
	w.s.version++
}

func (w *walker) makeType(schema, last string, y *datatype) {
	w.s.newType(schema, last, y)
	w.object("type " + name{schema, last}.label() + " created")
}

func (w *walker) createDomain(n *tree.CreateDomainStmt) {
	y := &datatype{kind: 'd'}
	y.base, y.modifier = w.typeNamed(n.GetTypeName())
	for _, k := range n.GetConstraints() {
		if e := k.GetConstraint().GetRawExpr(); e != nil {
			y.calls = append(y.calls, call{expr: w.bind(e)})
		}
	}
	schema, last := qualified(n.GetDomainname())
	w.makeType(schema, last, y)
}

// alterDomain: a new constraint is checked against every row of the domain's columns.
func (w *walker) alterDomain(n *tree.AlterDomainStmt) {
	schema, last := qualified(n.GetTypeName())
	w.object("domain " + name{schema, last}.label() + " altered")
	e := n.GetDef().GetConstraint().GetRawExpr()
	if e == nil {
		return
	}
	w.visit(e)
	for _, y := range w.s.typesNamed(schema, last) {
		y.calls = append(y.calls, call{expr: w.bind(e)})
	}
	w.s.version++
}

// alterEnum: a renamed label shows in every value of the type.
func (w *walker) alterEnum(n *tree.AlterEnumStmt) {
	schema, last := qualified(n.GetTypeName())
	w.object("type " + name{schema, last}.label() + " altered")
	if n.GetOldVal() == "" {
		return
	}
	for _, y := range w.s.typesNamed(schema, last) {
		w.columnsOf(y.id, func(r *rel, c *col) { w.column(r, c, migrate.Renamed) })
	}
}

// define is CREATE AGGREGATE, OPERATOR, TYPE, COLLATION, TEXT SEARCH ….
func (w *walker) define(n *tree.DefineStmt) {
	schema, last := qualified(n.GetDefnames())
	w.object(kindOf(n.GetKind()) + " " + name{schema, last}.label() + " created")
	var parts []*routine
	for _, d := range n.GetDefinition() {
		e := d.GetDefElem()
		of, function := qualified(e.GetArg().GetTypeName().GetNames())
		if function == "" {
			of, function = qualified(e.GetArg().GetList().GetItems())
		}
		if function != "" {
			parts = append(parts, w.s.called(of, function, -1)...)
		}
	}
	switch n.GetKind() {
	case tree.ObjectType_OBJECT_AGGREGATE:
		for _, in := range w.s.schemasToMake(schema) {
			w.s.routines[name{in, last}] = append(slices.Clone(w.s.routinesIn(name{in, last})), &routine{id: w.s.fresh(), name: name{in, last}, most: -1, parts: parts})
		}
	case tree.ObjectType_OBJECT_OPERATOR:
		w.s.operators()[last] = append(w.s.operators()[last], parts...)
	case tree.ObjectType_OBJECT_TYPE:
		w.s.newType(schema, last, &datatype{kind: 'b'})
	default:
	}
	w.s.version++
}

// alterComposite is ALTER TYPE … ADD, DROP and ALTER ATTRIBUTE.
func (w *walker) alterComposite(n *tree.AlterTableStmt) {
	w.object("type " + n.GetRelation().GetRelname() + " altered")
	for _, y := range w.s.typesNamed(n.GetRelation().GetSchemaname(), n.GetRelation().GetRelname()) {
		for _, c := range n.GetCmds() {
			cmd := c.GetAlterTableCmd()
			verdict := migrate.LosesRows
			if cmd.GetSubtype() == tree.AlterTableType_AT_AddColumn {
				verdict = migrate.AddedTo
			}
			w.columnsOf(y.id, func(r *rel, c *col) { w.column(r, c, verdict) })
			for _, t := range w.typedTables(y) {
				w.table(t)
				w.alter(t, cmd, true)
			}
		}
	}
}

// typedTables lists the tables that are OF a type.
func (w *walker) typedTables(y *datatype) []*rel {
	out := slices.Clone(y.typed)
	for _, d := range w.facts.depends[place{Address: Address{Catalog: "pg_type", OID: y.id}}] {
		if d.Catalog == "pg_class" && d.column == 0 {
			if r := w.s.rel(d.OID); r != nil && r.kind != 'v' && r.kind != 'm' {
				out = append(out, r)
			}
		}
	}
	return out
}
