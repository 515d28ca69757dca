package footprint

import (
	"slices"

	tree "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// visit goes through a tree: functions are called, relations are read, and
// statements within it are run.
func (w *walker) visit(m proto.Message) {
	if m != nil {
		w.reach(m.ProtoReflect())
	}
}

func (w *walker) visitAll(nodes []*tree.Node) {
	for _, n := range nodes {
		w.visit(n)
	}
}

func (w *walker) reach(m protoreflect.Message) {
	if !m.IsValid() || w.depth > deepest {
		return
	}
	switch n := m.Interface().(type) {
	case *tree.RangeVar:
		for _, r := range w.resolve(n) {
			w.read(r)
		}
		return
	case *tree.FuncCall:
		schema, function := qualified(n.GetFuncname())
		w.call(schema, function, n.GetArgs())
	case *tree.A_Expr:
		w.operator(n)
	case *tree.CaseExpr:
		if n.GetArg() != nil {
			w.operators("=")
		}
	case *tree.SubLink:
		_, last := qualified(n.GetOperName())
		w.operators(last, "=")
	case *tree.JoinExpr:
		if len(n.GetUsingClause()) > 0 || n.GetIsNatural() {
			w.operators("=")
		}
	case *tree.TypeCast:
		w.conversion(n.GetTypeName())
	case *tree.ColumnRef:
		w.attribute(n.GetFields())
		return
	case *tree.A_Indirection:
		w.attribute(append([]*tree.Node{nil}, n.GetIndirection()...))
	case *tree.InsertStmt:
		w.insertStatement(n)
		return
	case *tree.UpdateStmt:
		w.updateStatement(n)
		return
	case *tree.DeleteStmt:
		w.deleteStatement(n)
		return
	case *tree.MergeStmt:
		w.mergeStatement(n)
		return
	default:
		w.homonyms(n)
	}
	within(m, w.reach)
}

// resolve gives every relation that a name in a tree may mean.
func (w *walker) resolve(v *tree.RangeVar) []*rel {
	if v == nil {
		return nil
	}
	if w.def != nil {
		if found, ok := w.def.bound[v]; ok {
			return found
		}
		if w.def.base {
			if base := w.facts.relations[name{v.GetSchemaname(), v.GetRelname()}]; base != nil {
				return []*rel{w.s.rel(base.OID)}
			}
			return nil
		}
	}
	return w.s.find(v.GetSchemaname(), v.GetRelname())
}

// bind keeps what the names in trees mean now.
func (w *walker) bind(nodes ...*tree.Node) *definition {
	d := &definition{nodes: nodes, bound: map[*tree.RangeVar][]*rel{}, paths: w.s.paths}
	if w.def != nil && w.def.base {
		d.base = true
	}
	for _, n := range nodes {
		names(n, func(v *tree.RangeVar) { d.bound[v] = w.resolve(v) })
	}
	return d
}

// names hands every relation's name in a tree to see.
func names(m proto.Message, see func(*tree.RangeVar)) {
	if m == nil {
		return
	}
	var in func(protoreflect.Message)
	in = func(m protoreflect.Message) {
		if v, ok := m.Interface().(*tree.RangeVar); ok {
			see(v)
			return
		}
		within(m, in)
	}
	in(m.ProtoReflect())
}

// qualified reads a dotted name: its last two parts.
func qualified(parts []*tree.Node) (schema, last string) {
	if len(parts) == 0 {
		return "", ""
	}
	last = parts[len(parts)-1].GetString_().GetSval()
	if len(parts) > 1 {
		schema = parts[len(parts)-2].GetString_().GetSval()
	}
	return schema, last
}

// read is a relation that is read: a view runs its query, a policy is asked.
func (w *walker) read(r *rel) {
	if r.kind == 'm' || !w.once(r, "read") {
		return
	}
	w.compute(r, OnRead)
	w.source(r)
}

// source runs the query of a view, as far as it can do more than read.
func (w *walker) source(r *rel) {
	if r.query != nil {
		w.under(r.query, func() { w.visitAll(r.query.nodes) })
		return
	}
	for _, o := range r.reads {
		w.read(o)
	}
}

// compute calls what is called when a relation is written or read.
func (w *walker) compute(r *rel, on CallTime) {
	for _, c := range r.calls {
		if c.on != on {
			continue
		}
		if c.routine != nil {
			w.run(c.routine)
		}
		if c.expr != nil {
			w.under(c.expr, func() { w.visitAll(c.expr.nodes) })
		}
	}
	for _, c := range r.columns {
		if on == OnWrite {
			w.domain(c.typ)
		}
	}
}

// domain calls what a domain's constraints call.
func (w *walker) domain(oid uint32) {
	for y := w.s.typeOf(oid); y != nil && y.kind == 'd'; y = w.s.typeOf(y.base) {
		for _, c := range y.calls {
			if c.routine != nil {
				w.run(c.routine)
			}
			if c.expr != nil {
				w.under(c.expr, func() { w.visitAll(c.expr.nodes) })
			}
		}
	}
}

func (w *walker) conversion(t *tree.TypeName) {
	if t == nil {
		return
	}
	schema, last := qualified(t.GetNames())
	for _, y := range w.s.typesNamed(schema, last) {
		w.domain(y.id)
	}
}

// operator calls the function of a user-defined operator.
func (w *walker) operator(n *tree.A_Expr) {
	switch n.GetKind() {
	case tree.A_Expr_Kind_AEXPR_BETWEEN, tree.A_Expr_Kind_AEXPR_NOT_BETWEEN, tree.A_Expr_Kind_AEXPR_BETWEEN_SYM, tree.A_Expr_Kind_AEXPR_NOT_BETWEEN_SYM:
		w.operators("<", "<=", ">", ">=")
	default:
		_, last := qualified(n.GetName())
		w.operators(last)
	}
}

func (w *walker) operators(names ...string) {
	for _, n := range names {
		for _, f := range w.s.operators()[n] {
			w.run(f)
		}
	}
}

// attribute is a.b, which calls the function b where there is one.
func (w *walker) attribute(parts []*tree.Node) {
	if len(parts) < 2 {
		return
	}
	if last := parts[len(parts)-1].GetString_().GetSval(); last != "" {
		for _, f := range w.s.called("", last, 1) {
			w.run(f)
		}
	}
}

// call is a call by name.
func (w *walker) call(schema, function string, args []*tree.Node) {
	found := w.s.called(schema, function, len(args))
	if w.def != nil && w.def.base {
		for _, f := range w.facts.functions[name{schema, function}] {
			for _, r := range w.s.routineOf(f.OID) {
				if !slices.Contains(found, r) {
					found = append(found, r)
				}
			}
		}
	}
	for _, r := range found {
		if runsText(r) {
			w.textGiven(r, args)
			continue
		}
		w.run(r)
	}
	if len(found) == 0 {
		w.builtin(function, args)
	}
}

// run does what a function's body does.
func (w *walker) run(r *routine) {
	if !w.once(r, "call") {
		return
	}
	for _, p := range r.parts {
		w.run(p)
	}
	for _, oid := range append(slices.Clone(r.arguments), r.returns) {
		w.domain(oid)
	}
	for _, b := range r.bodies {
		w.runBody(r, b)
	}
}

func (w *walker) runBody(r *routine, b *body) {
	switch b.language {
	case "sql", "plpgsql":
	case "internal":
		w.builtin(b.text, nil)
		return
	case "c":
		if runsText(r) {
			w.whole("function " + r.name.label() + " runs a text")
		}
		if b.volatility == 'v' && !harmless[b.extension] {
			w.whole("function " + r.name.label() + " is written in C")
		}
		return
	default:
		if b.volatility == 'v' {
			w.whole("function " + r.name.label() + " is written in " + b.language)
		}
		return
	}
	b.parse()
	if b.broken != "" {
		w.whole("function " + r.name.label() + ": " + b.broken)
		return
	}
	if w.depth++; w.depth > deepest {
		w.whole("functions and triggers that call one another too deeply")
		w.depth--
		return
	}
	defer func(text string) { w.depth, w.text = w.depth-1, text }(w.text)
	d := b.bound
	if d == nil {
		d = &definition{base: b.standard && b.base}
		d.paths = b.paths
	}
	w.text = b.text
	w.perhaps(func() {
		w.under(d, func() {
			if b.language == "plpgsql" {
				w.procedural(b.code)
				return
			}
			for _, n := range b.trees {
				w.statement(n)
			}
		})
	})
}

func (n name) label() string {
	if n.schema == "" {
		return n.name
	}
	return n.schema + "." + n.name
}

// calls hands every call of a function in a tree to see.
func calls(n *tree.Node, see func(*tree.FuncCall)) {
	var in func(protoreflect.Message)
	in = func(m protoreflect.Message) {
		if f, ok := m.Interface().(*tree.FuncCall); ok {
			see(f)
		}
		within(m, in)
	}
	in(n.ProtoReflect())
}

// within hands the messages in a message on, in the order of its fields.
func within(m protoreflect.Message, do func(protoreflect.Message)) {
	if _, ok := m.Interface().(*tree.Node); ok {
		if f := m.WhichOneof(m.Descriptor().Oneofs().Get(0)); f != nil {
			do(m.Get(f).Message())
		}
		return
	}
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if f.Message() == nil || !m.Has(f) {
			continue
		}
		if !f.IsList() {
			do(m.Get(f).Message())
			continue
		}
		list := m.Get(f).List()
		for k := range list.Len() {
			do(list.Get(k).Message())
		}
	}
}
