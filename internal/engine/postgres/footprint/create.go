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
	schema := v.GetSchemaname()
	temporary := v.GetRelpersistence() == "t" || schema == temporarySchema
	if temporary {
		schema = temporarySchema
	}
	r := &rel{id: w.s.fresh(), name: v.GetRelname(), kind: kind, temporary: temporary}
	for _, in := range w.s.schemasToMake(schema) {
		r.schema, r.temporary = in, r.temporary || in == temporarySchema
		w.s.bind(name{in, v.GetRelname()}, r, w.maybe)
	}
	w.s.version++
	return r
}

// inItsPlace lists what a relation's name may mean in the schemas where a statement would
// make it; sure: something is there in each.
func (w *walker) inItsPlace(v *tree.RangeVar) (found []*rel, sure bool) {
	schema := v.GetSchemaname()
	if v.GetRelpersistence() == "t" {
		schema = temporarySchema
	}
	sure = true
	for _, in := range w.s.schemasToMake(schema) {
		b := w.s.meaning(name{in, v.GetRelname()})
		if sure = sure && b != nil && b.sure; b != nil {
			found = append(found, b.rels...)
		}
	}
	return found, sure && len(found) > 0
}

// mayEnd: a temporary table that ends with its transaction hides another of its
// name only up to there, and where a batch commits is not known here.
func (w *walker) mayEnd(r *rel, at tree.OnCommitAction) {
	if b := w.s.names[name{r.schema, r.name}]; b != nil && at == tree.OnCommitAction_ONCOMMIT_DROP {
		b.sure = false
	}
}

// there reports whether IF NOT EXISTS finds a relation that is surely there.
func (w *walker) there(v *tree.RangeVar) bool {
	_, sure := w.inItsPlace(v)
	return sure
}

func (w *walker) createTable(n *tree.CreateStmt, kind byte) {
	if n.GetIfNotExists() && w.there(n.GetRelation()) {
		return
	}
	parents := make([]*rel, 0, len(n.GetInhRelations()))
	for _, p := range n.GetInhRelations() {
		parents = append(parents, w.resolve(p.GetRangeVar())...)
	}
	if n.GetPartspec() != nil {
		kind = 'p'
	}
	r := w.newTable(n.GetRelation(), kind)
	w.mayEnd(r, n.GetOncommit())
	r.parents, r.attached = parents, len(parents) > 0
	for _, p := range parents {
		p.children = append(p.children, r)
		r.calls = append(r.calls, p.computed()...)
		for _, c := range p.present() {
			w.addColumn(r, c.names[0], c)
		}
		w.table(p)
	}
	w.typedColumns(r, n.GetOfTypename())
	for _, e := range n.GetTableElts() {
		w.tableElement(r, e)
	}
	for _, c := range n.GetConstraints() {
		w.constraint(r, c.GetConstraint(), nil)
	}
	for _, p := range n.GetPartspec().GetPartParams() {
		e := p.GetPartitionElem()
		if found := r.column(e.GetName()); len(found) > 0 {
			r.parts = append(r.parts, found[0].num)
		} else {
			r.parts = append(r.parts, 0)
		}
	}
	if n.GetPartbound() != nil {
		w.visit(n.GetPartbound())
	}
	w.object("table " + name{r.schema, r.name}.label() + " created")
}

// computed lists what a child takes over: defaults and constraints.
func (r *rel) computed() []call {
	return slices.DeleteFunc(slices.Clone(r.calls), func(c call) bool { return c.on == OnRead })
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
	schema, last := qualified(of.GetNames())
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
		for _, source := range w.resolve(e.GetTableLikeClause().GetRelation()) {
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
	c := w.addColumn(r, d.GetColname(), nil)
	if d.GetTypeName() != nil {
		c.typ, c.modifier = w.typeNamed(d.GetTypeName())
	}
	for _, k := range d.GetConstraints() {
		w.constraint(r, k.GetConstraint(), c)
	}
	return c
}

// constraint adds a constraint of a table, or of a column.
func (w *walker) constraint(r *rel, k *tree.Constraint, c *col) {
	if k == nil {
		return
	}
	switch k.GetContype() {
	case tree.ConstrType_CONSTR_DEFAULT:
		if c != nil {
			c.preset = w.bind(k.GetRawExpr())
		}
	case tree.ConstrType_CONSTR_GENERATED:
		c.generated, c.uses = true, []int16{0}
		r.calls = append(r.calls, call{expr: w.bind(k.GetRawExpr()), on: OnWrite})
	case tree.ConstrType_CONSTR_CHECK:
		w.unchecked(r, k)
		r.calls = append(r.calls, call{expr: w.bind(k.GetRawExpr()), on: OnWrite})
	case tree.ConstrType_CONSTR_PRIMARY:
		for _, n := range k.GetKeys() {
			for _, found := range r.column(n.GetString_().GetSval()) {
				r.key = append(r.key, found.num)
			}
		}
		if len(k.GetKeys()) == 0 && c != nil {
			r.key = []int16{c.num}
		}
	case tree.ConstrType_CONSTR_EXCLUSION:
		r.calls = append(r.calls, call{expr: w.bind(k.GetExclusions()...), on: OnWrite})
	case tree.ConstrType_CONSTR_FOREIGN:
		w.foreignKey(r, k, c)
	default:
	}
	w.s.version++
}

func (w *walker) foreignKey(r *rel, k *tree.Constraint, c *col) {
	for _, parent := range w.resolve(k.GetPktable()) {
		made := &key{name: k.GetConname(), child: r, parent: parent, onUpdate: (k.GetFkUpdAction() + "a")[0], onDelete: (k.GetFkDelAction() + "a")[0]}
		made.columns = r.numbersNamed(k.GetFkAttrs())
		if c != nil {
			made.columns = []int16{c.num}
		}
		made.sets = r.numbersNamed(k.GetFkDelSetCols())
		made.refers = parent.numbersNamed(k.GetPkAttrs())
		if len(k.GetPkAttrs()) == 0 {
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
	if n.GetIfNotExists() && w.there(n.GetInto().GetRel()) {
		return
	}
	if n.GetObjtype() == tree.ObjectType_OBJECT_MATVIEW {
		w.statement(n.GetQuery())
		if r := w.newTable(n.GetInto().GetRel(), 'm'); r != nil {
			r.query = w.bind(n.GetQuery())
			w.object("materialized view " + name{r.schema, r.name}.label() + " created")
		}
		return
	}
	w.statement(n.GetQuery())
	r := w.newTable(n.GetInto().GetRel(), 'r')
	w.mayEnd(r, n.GetInto().GetOnCommit())
	w.resultColumns(r, n.GetInto().GetColNames(), n.GetQuery())
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
	d := w.bind(n.GetQuery())
	var known []*rel
	if n.GetReplace() {
		known, _ = w.inItsPlace(n.GetView())
	}
	for _, r := range known {
		if r.kind != 'v' {
			continue
		}
		w.object("view " + name{r.schema, r.name}.label() + " replaced")
		if w.maybe {
			r.reads = append(r.reads, w.readBy(n.GetQuery())...)
			w.s.version++
			continue
		}
		r.query, r.columns = d, nil
		w.resultColumns(r, n.GetAliases(), n.GetQuery())
		w.s.version++
	}
	if len(known) > 0 && !w.maybe {
		return
	}
	r := w.newTable(n.GetView(), 'v')
	r.query = d
	w.resultColumns(r, n.GetAliases(), n.GetQuery())
	w.object("view " + name{r.schema, r.name}.label() + " created")
}

func (w *walker) readBy(query *tree.Node) []*rel {
	var out []*rel
	names(query, func(v *tree.RangeVar) { out = append(out, w.resolve(v)...) })
	return out
}

func (w *walker) createIndex(n *tree.IndexStmt) {
	for _, r := range w.resolve(n.GetRelation()) {
		w.table(r)
		for _, p := range n.GetIndexParams() {
			if e := p.GetIndexElem(); e.GetExpr() != nil {
				w.visit(e.GetExpr())
				r.calls = append(r.calls, call{expr: w.bind(e.GetExpr()), on: OnWrite})
				w.s.version++
			}
		}
		if n.GetWhereClause() != nil {
			w.visit(n.GetWhereClause())
			r.calls = append(r.calls, call{expr: w.bind(n.GetWhereClause()), on: OnWrite})
		}
	}
	w.object("index " + n.GetIdxname() + " on " + n.GetRelation().GetRelname() + " created")
}

func (w *walker) createTrigger(n *tree.CreateTrigStmt) {
	schema, function := qualified(n.GetFuncname())
	found := w.s.called(schema, function, 0)
	t := &trig{name: n.GetTrigname(), routines: found, row: n.GetRow(), before: n.GetTiming()&tgBefore != 0, instead: n.GetTiming()&tgInstead != 0,
		events: Events{Insert: n.GetEvents()&tgInsert != 0, Delete: n.GetEvents()&tgDelete != 0, Update: n.GetEvents()&tgUpdate != 0, Truncate: n.GetEvents()&tgTruncate != 0}}
	if len(found) == 0 {
		t.builtin = function
	}
	for _, r := range w.resolve(n.GetRelation()) {
		own := *t
		own.columns = r.numbersNamed(n.GetColumns())
		if slices.Contains(own.columns, 0) {
			own.columns = nil
		}
		r.triggers = append(slices.Clip(r.triggers), &own)
		if n.GetWhenClause() != nil {
			r.calls = append(r.calls, call{expr: w.bind(n.GetWhenClause()), on: OnWrite})
		}
		w.table(r)
	}
	w.s.version++
	w.object("trigger " + n.GetTrigname() + " on " + n.GetRelation().GetRelname() + " created")
}

func (w *walker) createRule(n *tree.RuleStmt) {
	letter := map[tree.CmdType]byte{tree.CmdType_CMD_UPDATE: '2', tree.CmdType_CMD_INSERT: '3', tree.CmdType_CMD_DELETE: '4'}[n.GetEvent()]
	for _, r := range w.resolve(n.GetRelation()) {
		w.table(r)
		if letter == 0 {
			w.drop([]place{{Address: Address{Catalog: "pg_class", OID: r.id}}}, false) // a table becomes a view
			continue
		}
		d := w.bind(n.GetActions()...)
		if n.GetWhereClause() != nil {
			d.nodes = append(slices.Clone(n.GetActions()), n.GetWhereClause())
		}
		r.rules = append(r.rules, &rule{name: n.GetRulename(), event: letter, instead: n.GetInstead() && n.GetWhereClause() == nil && !w.maybe, actions: d})
	}
	w.s.version++
	w.object("rule " + n.GetRulename() + " on " + n.GetRelation().GetRelname() + " created")
}

func (w *walker) createFunction(n *tree.CreateFunctionStmt) {
	schema, function := qualified(n.GetFuncname())
	b := w.bodyOf(n)
	if n.GetSqlBody() != nil {
		b.bound = w.bind(n.GetSqlBody())
	}
	least, most := arity(n.GetParameters(), n.GetIsProcedure())
	returns, _ := w.typeNamed(n.GetReturnType())
	for _, in := range w.s.schemasToMake(schema) {
		w.s.made(&routine{name: name{in, function}, least: least, most: most, arguments: w.argumentTypes(n.GetParameters()), returns: returns, bodies: []*body{b}}, w.maybe)
		w.object("function " + name{in, function}.label() + " created or replaced")
	}
}

// alterFunction may change what a function's names mean.
func (w *walker) alterFunction(n *tree.AlterFunctionStmt) {
	schema, function := qualified(n.GetFunc().GetObjname())
	for _, r := range w.s.called(schema, function, -1) {
		w.object("function " + r.name.label() + " altered")
		for _, a := range n.GetActions() {
			d := a.GetDefElem()
			if set := d.GetArg().GetVariableSetStmt(); set.GetName() == "search_path" || set.GetKind() == tree.VariableSetKind_VAR_RESET_ALL {
				for _, b := range slices.Clone(r.bodies) {
					changed := *b
					changed.paths = w.pathsSet(set)
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
