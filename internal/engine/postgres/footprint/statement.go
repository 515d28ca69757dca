package footprint

import (
	"slices"
	"strings"

	tree "github.com/pganalyze/pg_query_go/v6"
)

// statement walks one statement.
func (w *walker) statement(n *tree.Node) {
	if n == nil || w.depth > deepest {
		return
	}
	switch {
	case w.rowStatement(n):
	case w.sessionStatement(n):
	default:
		w.runUnnamed()
		w.eventTriggers()
		w.definitionStatement(n)
	}
}

// rowStatement walks what reads and writes rows.
func (w *walker) rowStatement(n *tree.Node) bool {
	w.runUnnamed()
	switch t := n.GetNode().(type) {
	case *tree.Node_SelectStmt:
		if w.onlySetsPath(t.SelectStmt) {
			return true
		}
		w.visit(n)
		if into := t.SelectStmt.GetIntoClause(); into != nil {
			w.eventTriggers()
			w.newTable(into.GetRel(), 'r')
		}
	case *tree.Node_InsertStmt, *tree.Node_UpdateStmt, *tree.Node_DeleteStmt, *tree.Node_MergeStmt, *tree.Node_ReturnStmt, *tree.Node_List:
		w.list(n)
	case *tree.Node_CopyStmt:
		w.copyStatement(t.CopyStmt)
	case *tree.Node_TruncateStmt:
		w.truncateStatement(t.TruncateStmt)
	case *tree.Node_CallStmt:
		w.visit(t.CallStmt.GetFunccall())
	case *tree.Node_DoStmt:
		w.do(t.DoStmt)
	case *tree.Node_PrepareStmt:
		w.prepared[t.PrepareStmt.GetName()] = t.PrepareStmt.GetQuery()
		w.statement(t.PrepareStmt.GetQuery())
	case *tree.Node_ExecuteStmt:
		w.executePrepared(t.ExecuteStmt)
	case *tree.Node_DeclareCursorStmt:
		w.statement(t.DeclareCursorStmt.GetQuery())
	case *tree.Node_ExplainStmt:
		w.explain(t.ExplainStmt)
	default:
		return false
	}
	return true
}

// onlySetsPath is SELECT set_config('search_path', …): then it is sure to be set.
func (w *walker) onlySetsPath(n *tree.SelectStmt) bool {
	if len(n.GetTargetList()) != 1 || len(n.GetFromClause()) > 0 || n.GetWhereClause() != nil || n.GetWithClause() != nil {
		return false
	}
	call := n.GetTargetList()[0].GetResTarget().GetVal().GetFuncCall()
	if _, function := qualified(call.GetFuncname()); function != "set_config" {
		return false
	}
	w.setConfig(call.GetArgs())
	return true
}

// list is a statement, or a body of several.
func (w *walker) list(n *tree.Node) {
	items := n.GetList().GetItems()
	if items == nil {
		w.visit(n)
		return
	}
	for _, i := range items {
		w.statement(i)
	}
}

// runUnnamed runs the functions of user-defined casts and operator classes, which the
// server may call in any statement without a word of it in the text.
func (w *walker) runUnnamed() {
	for _, f := range w.facts.unnamed {
		for _, r := range w.s.routineOf(f) {
			w.run(r)
		}
	}
	for _, r := range w.s.unnamed {
		w.run(r)
	}
}

// sessionStatement walks what changes the session, and what changes nothing.
func (w *walker) sessionStatement(n *tree.Node) bool {
	switch t := n.GetNode().(type) {
	case *tree.Node_VariableSetStmt:
		w.setting(t.VariableSetStmt)
	case *tree.Node_DiscardStmt:
		w.setPath(w.facts.SearchPath)
		for n, b := range w.s.names {
			b.sure = b.sure && n.schema != temporarySchema
		}
		w.s.version++
	case *tree.Node_TransactionStmt, *tree.Node_VariableShowStmt, *tree.Node_ClosePortalStmt, *tree.Node_FetchStmt, *tree.Node_NotifyStmt,
		*tree.Node_ListenStmt, *tree.Node_UnlistenStmt, *tree.Node_LoadStmt, *tree.Node_CheckPointStmt, *tree.Node_LockStmt,
		*tree.Node_ConstraintsSetStmt, *tree.Node_DeallocateStmt, *tree.Node_PlassignStmt:
	case *tree.Node_VacuumStmt:
		w.vacuum(t.VacuumStmt)
	case *tree.Node_ClusterStmt:
		w.cluster(t.ClusterStmt)
	default:
		return false
	}
	return true
}

func (w *walker) setting(n *tree.VariableSetStmt) {
	switch {
	case n.GetKind() == tree.VariableSetKind_VAR_RESET_ALL:
		w.setPath(w.facts.SearchPath)
	case n.GetName() == "role" || n.GetName() == "session_authorization":
		w.setRole(pathValues(n.GetArgs(), w.facts.Role))
	case !strings.EqualFold(n.GetName(), "search_path"):
	case n.GetKind() == tree.VariableSetKind_VAR_SET_VALUE && n.GetIsLocal():
		w.setLocalPath(pathValues(n.GetArgs(), w.facts.Role))
	case n.GetKind() == tree.VariableSetKind_VAR_SET_VALUE:
		w.setPath(pathValues(n.GetArgs(), w.facts.Role))
	case n.GetKind() == tree.VariableSetKind_VAR_SET_DEFAULT || n.GetKind() == tree.VariableSetKind_VAR_RESET:
		w.setPath(w.facts.SearchPath)
	}
}

// setRole: "$user" in search_path may be another schema from here on.
func (w *walker) setRole(roles []string) {
	for _, role := range roles {
		if !w.s.schemaExists(role) {
			continue
		}
		for _, path := range w.s.paths {
			w.perhaps(func() { w.setPath(append([]string{role}, path...)) })
		}
	}
}

// do is a DO block.
func (w *walker) do(n *tree.DoStmt) {
	language, text := "plpgsql", ""
	for _, a := range n.GetArgs() {
		switch d := a.GetDefElem(); d.GetDefname() {
		case "language":
			language = strings.ToLower(d.GetArg().GetString_().GetSval())
		case "as":
			text = d.GetArg().GetString_().GetSval()
		}
	}
	if language != "plpgsql" {
		w.whole("a DO block in " + language)
		return
	}
	tree, broken := code("DO " + dollarQuoted(text))
	if broken != "" {
		w.whole("a DO block: " + broken)
		return
	}
	defer func(text string) { w.text = text }(w.text)
	w.perhaps(func() { w.procedural(tree) })
}

// dollarQuoted quotes a text so that nothing in it ends the quotation.
func dollarQuoted(text string) string {
	tag := "$safemigrate$"
	for strings.Contains(text, tag) {
		tag = tag[:len(tag)-1] + "x$"
	}
	return tag + text + tag
}

func (w *walker) executePrepared(n *tree.ExecuteStmt) {
	w.visitAll(n.GetParams())
	query, ok := w.prepared[n.GetName()]
	if !ok {
		w.whole("EXECUTE of a statement that this batch did not prepare")
		return
	}
	w.statement(query)
}

// explain runs its statement with ANALYZE; without, only functions that the
// planner may call.
func (w *walker) explain(n *tree.ExplainStmt) {
	for _, o := range n.GetOptions() {
		if d := o.GetDefElem(); d.GetDefname() == "analyze" && truth(d) {
			w.statement(n.GetQuery())
			return
		}
	}
	calls(n.GetQuery(), func(f *tree.FuncCall) {
		schema, function := qualified(f.GetFuncname())
		for _, r := range w.s.called(schema, function, len(f.GetArgs())) {
			if slices.ContainsFunc(r.bodies, func(b *body) bool { return b.volatility != 'v' }) {
				w.run(r)
			}
		}
	})
}

// truth reads a Boolean option: without a value it is on.
func truth(d *tree.DefElem) bool {
	switch {
	case d.GetArg() == nil:
		return true
	case d.GetArg().GetBoolean() != nil:
		return d.GetArg().GetBoolean().GetBoolval()
	case d.GetArg().GetInteger() != nil:
		return d.GetArg().GetInteger().GetIval() != 0
	}
	switch strings.ToLower(d.GetArg().GetString_().GetSval()) {
	case "off", "false", "0", "no":
		return false
	}
	return true
}

// eventTriggers runs the functions that react to definitions.
func (w *walker) eventTriggers() {
	for _, e := range w.facts.EventTriggers {
		for _, r := range w.s.routineOf(e.Function) {
			w.run(r)
		}
	}
	for _, r := range w.s.onDefinition {
		w.run(r)
	}
}

// vacuum: FULL writes the rows to a new file.
func (w *walker) vacuum(n *tree.VacuumStmt) {
	for _, o := range n.GetOptions() {
		if d := o.GetDefElem(); d.GetDefname() == "full" && truth(d) {
			w.rewriteNamed(n.GetRels())
		}
	}
}

func (w *walker) rewriteNamed(named []*tree.Node) {
	if len(named) == 0 {
		w.rewriteAll()
	}
	for _, v := range named {
		for _, r := range w.resolve(v.GetVacuumRelation().GetRelation()) {
			w.each(r, true, w.rewritten)
		}
	}
}

func (w *walker) rewriteAll() {
	for oid := range w.facts.Relations {
		if r := w.s.rel(oid); r.kind == 'r' {
			w.rewritten(r)
		}
	}
}

func (w *walker) cluster(n *tree.ClusterStmt) {
	if n.GetRelation() == nil {
		w.rewriteAll()
		return
	}
	for _, r := range w.resolve(n.GetRelation()) {
		w.each(r, true, w.rewritten)
	}
}
