package footprint

import (
	"slices"

	tree "github.com/pganalyze/pg_query_go/v6"
)

// newTable adds a relation that a statement makes, and returns it.
func (w *walker) newTable(v *tree.RangeVar, kind byte) *rel {
	if v == nil {
		return nil
	}
	schema := v.Schemaname
	temporary := v.Relpersistence == "t" || schema == temporarySchema
	if temporary {
		schema = temporarySchema
	}
	r := &rel{id: w.s.fresh(), name: v.Relname, kind: kind, temporary: temporary}
	for _, in := range w.s.schemasToMake(schema) {
		r.schema = in
		w.s.bind(name{in, v.Relname}, r, w.maybe)
	}
	w.s.version++
	return r
}

// there reports whether IF NOT EXISTS finds a relation that is surely there.
func (w *walker) there(v *tree.RangeVar) bool {
	for _, in := range w.s.schemasToMake(v.GetSchemaname()) {
		if b := w.s.meaning(name{in, v.GetRelname()}); b != nil && b.sure {
			return true
		}
	}
	return false
}

func (w *walker) createTable(n *tree.CreateStmt, kind byte) {
	if n.IfNotExists && w.there(n.Relation) {
		return
	}
	parents := make([]*rel, 0, len(n.InhRelations))
	for _, p := range n.InhRelations {
		parents = append(parents, w.resolve(p.GetRangeVar())...)
	}
	if n.Partspec != nil {
		kind = 'p'
	}
	r := w.newTable(n.Relation, kind)
	r.parents, r.attached = parents, len(parents) > 0
	for _, p := range parents {
		p.children = append(p.children, r)
		for _, c := range p.present() {
			w.addColumn(r, c.names[0], c)
		}
		w.table(p)
	}
	w.typedColumns(r, n.OfTypename)
	for _, e := range n.TableElts {
		w.tableElement(r, e)
	}
	for _, c := range n.Constraints {
		w.constraint(r, c.GetConstraint(), nil)
	}
	for _, p := range n.Partspec.GetPartParams() {
		e := p.GetPartitionElem()
		if found := r.column(e.GetName()); len(found) > 0 {
			r.parts = append(r.parts, found[0].num)
		} else {
			r.parts = append(r.parts, 0)
		}
	}
	if n.Partbound != nil {
		w.visit(n.Partbound)
	}
	w.object("table " + name{r.schema, r.name}.label() + " created")
}

// addColumn appends a column like another, or a bare one.
func (w *walker) addColumn(r *rel, label string, like *col) *col {
	if found := r.column(label); len(found) > 0 {
		return found[0]
	}
	r.last++
	c := &col{num: r.last, names: []string{label}, modifier: -1}
	if like != nil {
		c.typ, c.modifier, c.generated, c.preset = like.typ, like.modifier, like.generated, like.preset
		if like.generated {
			c.uses = []int16{0}
		}
	}
	r.columns = append(r.columns, c)
	return c
}

func (w *walker) typedColumns(r *rel, of *tree.TypeName) {
	if of == nil {
		return
	}
	schema, last := qualified(of.Names)
	for _, y := range w.s.typesNamed(schema, last) {
		y.typed = append(y.typed, r)
		if y.rel != nil {
			for _, c := range y.rel.present() {
				w.addColumn(r, c.names[0], c)
			}
		}
	}
}

func (w *walker) tableElement(r *rel, e *tree.Node) {
	switch {
	case e.GetColumnDef() != nil:
		w.columnElement(r, e.GetColumnDef())
	case e.GetConstraint() != nil:
		w.constraint(r, e.GetConstraint(), nil)
	case e.GetTableLikeClause() != nil:
		for _, source := range w.resolve(e.GetTableLikeClause().Relation) {
			for _, c := range source.present() {
				w.addColumn(r, c.names[0], c)
			}
			r.calls = append(r.calls, source.calls...)
		}
	}
}

// columnElement adds a column with its constraints; what they call is called
// when rows are written.
func (w *walker) columnElement(r *rel, d *tree.ColumnDef) *col {
	c := w.addColumn(r, d.Colname, nil)
	if d.TypeName != nil {
		c.typ, c.modifier = w.typeNamed(d.TypeName)
	}
	for _, k := range d.Constraints {
		w.constraint(r, k.GetConstraint(), c)
	}
	return c
}

// constraint adds a constraint of a table, or of a column.
func (w *walker) constraint(r *rel, k *tree.Constraint, c *col) {
	if k == nil {
		return
	}
	switch k.Contype {
	case tree.ConstrType_CONSTR_DEFAULT:
		if c != nil {
			c.preset = w.bind(k.RawExpr)
		}
	case tree.ConstrType_CONSTR_GENERATED:
		c.generated, c.uses = true, []int16{0}
		r.calls = append(r.calls, call{expr: w.bind(k.RawExpr), on: OnWrite})
	case tree.ConstrType_CONSTR_CHECK:
		r.calls = append(r.calls, call{expr: w.bind(k.RawExpr), on: OnWrite})
	case tree.ConstrType_CONSTR_PRIMARY:
		for _, n := range k.Keys {
			for _, found := range r.column(n.GetString_().GetSval()) {
				r.key = append(r.key, found.num)
			}
		}
		if len(k.Keys) == 0 && c != nil {
			r.key = []int16{c.num}
		}
	case tree.ConstrType_CONSTR_EXCLUSION:
		r.calls = append(r.calls, call{expr: w.bind(k.Exclusions...), on: OnWrite})
	case tree.ConstrType_CONSTR_FOREIGN:
		w.foreignKey(r, k, c)
	default:
	}
	w.s.version++
}

func (w *walker) foreignKey(r *rel, k *tree.Constraint, c *col) {
	for _, parent := range w.resolve(k.Pktable) {
		made := &key{name: k.Conname, child: r, parent: parent, onUpdate: (k.FkUpdAction + "a")[0], onDelete: (k.FkDelAction + "a")[0]}
		made.columns = r.numbersNamed(k.FkAttrs)
		if c != nil {
			made.columns = []int16{c.num}
		}
		made.sets = r.numbersNamed(k.FkDelSetCols)
		made.refers = parent.numbersNamed(k.PkAttrs)
		if len(k.PkAttrs) == 0 {
			made.refers = parent.primary()
		}
		if len(made.refers) == 0 {
			made.refers = []int16{0}
		}
		w.s.keys[parent] = append(w.s.keys[parent], made)
		w.table(parent)
	}
}

func (r *rel) primary() []int16 {
	if r.base != nil && len(r.base.Key) > 0 {
		return r.base.Key
	}
	return r.key
}

// numbersNamed gives the numbers of columns; 0 for one that is not known.
func (r *rel) numbersNamed(nodes []*tree.Node) []int16 {
	var out []int16
	for _, n := range nodes {
		found := r.column(n.GetString_().GetSval())
		if len(found) == 0 {
			out = append(out, 0)
		}
		for _, c := range found {
			out = append(out, c.num)
		}
	}
	return out
}

func (w *walker) createTableAs(n *tree.CreateTableAsStmt) {
	if n.IfNotExists && w.there(n.Into.Rel) {
		return
	}
	if n.Objtype == tree.ObjectType_OBJECT_MATVIEW {
		w.statement(n.Query)
		if r := w.newTable(n.Into.Rel, 'm'); r != nil {
			r.query = w.bind(n.Query)
			w.object("materialized view " + name{r.schema, r.name}.label() + " created")
		}
		return
	}
	w.statement(n.Query)
	r := w.newTable(n.Into.Rel, 'r')
	w.resultColumns(r, n.Into.ColNames, n.Query)
	w.object("table " + name{r.schema, r.name}.label() + " created")
}

// resultColumns names the columns of a query's result, as far as they can be known.
func (w *walker) resultColumns(r *rel, labels []*tree.Node, query *tree.Node) {
	for i, t := range query.GetSelectStmt().GetTargetList() {
		label := t.GetResTarget().GetName()
		if label == "" {
			_, label = qualified(t.GetResTarget().GetVal().GetColumnRef().GetFields())
		}
		if i < len(labels) {
			label = labels[i].GetString_().GetSval()
		}
		if label != "" {
			w.addColumn(r, label, nil)
		}
	}
}

func (w *walker) createView(n *tree.ViewStmt) {
	d := w.bind(n.Query)
	var known []*rel
	if n.Replace {
		known = w.resolve(n.View)
	}
	for _, r := range known {
		if r.kind != 'v' {
			continue
		}
		w.object("view " + name{r.schema, r.name}.label() + " replaced")
		if w.maybe {
			r.reads = append(r.reads, w.readBy(n.Query)...)
			w.s.version++
			continue
		}
		r.query, r.columns = d, nil
		w.resultColumns(r, n.Aliases, n.Query)
		w.s.version++
	}
	if len(known) > 0 && !w.maybe {
		return
	}
	r := w.newTable(n.View, 'v')
	r.query = d
	w.resultColumns(r, n.Aliases, n.Query)
	w.object("view " + name{r.schema, r.name}.label() + " created")
}

func (w *walker) readBy(query *tree.Node) []*rel {
	var out []*rel
	names(query, func(v *tree.RangeVar) { out = append(out, w.resolve(v)...) })
	return out
}

func (w *walker) createIndex(n *tree.IndexStmt) {
	for _, r := range w.resolve(n.Relation) {
		w.table(r)
		for _, p := range n.IndexParams {
			if e := p.GetIndexElem(); e.GetExpr() != nil {
				w.visit(e.Expr)
				r.calls = append(r.calls, call{expr: w.bind(e.Expr), on: OnWrite})
				w.s.version++
			}
		}
		if n.WhereClause != nil {
			w.visit(n.WhereClause)
			r.calls = append(r.calls, call{expr: w.bind(n.WhereClause), on: OnWrite})
		}
	}
	w.object("index " + n.Idxname + " on " + n.Relation.GetRelname() + " created")
}

func (w *walker) createTrigger(n *tree.CreateTrigStmt) {
	schema, function := qualified(n.Funcname)
	found := w.s.called(schema, function, 0)
	t := &trig{name: n.Trigname, routines: found, row: n.Row, before: n.Timing&tgBefore != 0, instead: n.Timing&tgInstead != 0,
		events: Events{Insert: n.Events&tgInsert != 0, Delete: n.Events&tgDelete != 0, Update: n.Events&tgUpdate != 0, Truncate: n.Events&tgTruncate != 0}}
	if len(found) == 0 {
		t.builtin = function
	}
	for _, r := range w.resolve(n.Relation) {
		own := *t
		own.columns = r.numbersNamed(n.Columns)
		if slices.Contains(own.columns, 0) {
			own.columns = nil
		}
		r.triggers = append(r.triggers[:len(r.triggers):len(r.triggers)], &own)
		if n.WhenClause != nil {
			r.calls = append(r.calls, call{expr: w.bind(n.WhenClause), on: OnWrite})
		}
		w.table(r)
	}
	w.s.version++
	w.object("trigger " + n.Trigname + " on " + n.Relation.GetRelname() + " created")
}

func (w *walker) createRule(n *tree.RuleStmt) {
	letter := map[tree.CmdType]byte{tree.CmdType_CMD_UPDATE: '2', tree.CmdType_CMD_INSERT: '3', tree.CmdType_CMD_DELETE: '4'}[n.Event]
	for _, r := range w.resolve(n.Relation) {
		w.table(r)
		if letter == 0 {
			w.drop([]place{{Address: Address{Catalog: "pg_class", OID: r.id}}}, false) // a table becomes a view
			continue
		}
		d := w.bind(n.Actions...)
		if n.WhereClause != nil {
			d.nodes = append(slices.Clone(n.Actions), n.WhereClause)
		}
		r.rules = append(r.rules, &rule{name: n.Rulename, event: letter, instead: n.Instead && n.WhereClause == nil && !w.maybe, actions: d})
	}
	w.s.version++
	w.object("rule " + n.Rulename + " on " + n.Relation.GetRelname() + " created")
}

func (w *walker) createFunction(n *tree.CreateFunctionStmt) {
	schema, function := qualified(n.Funcname)
	b := bodyOf(n, w.text, w.facts.Role)
	if n.SqlBody != nil {
		b.bound = w.bind(n.SqlBody)
	}
	least, most := arity(n.Parameters, n.IsProcedure)
	for _, in := range w.s.schemasToMake(schema) {
		w.s.made(name{in, function}, least, most, b, w.maybe)
		w.object("function " + name{in, function}.label() + " created or replaced")
	}
}

// alterFunction may change what a function's names mean.
func (w *walker) alterFunction(n *tree.AlterFunctionStmt) {
	schema, function := qualified(n.Func.GetObjname())
	for _, r := range w.s.called(schema, function, -1) {
		w.object("function " + r.name.label() + " altered")
		for _, a := range n.Actions {
			d := a.GetDefElem()
			if set := d.GetArg().GetVariableSetStmt(); set.GetName() == "search_path" {
				for _, b := range slices.Clone(r.bodies) {
					changed := *b
					changed.path, changed.pathSet = pathValues(set.Args, w.facts.Role), set.Kind == tree.VariableSetKind_VAR_SET_VALUE
					r.bodies = append(r.bodies, &changed)
				}
			}
			if d.GetDefname() == "volatility" {
				for _, b := range r.bodies {
					b.volatility = 'v'
				}
			}
		}
	}
	w.s.version++
}
