package footprint

import (
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
		w.eventTriggers()
		w.definitionStatement(n)
	}
}

// rowStatement walks what reads and writes rows.
func (w *walker) rowStatement(n *tree.Node) bool {
	w.userCasts()
	switch t := n.Node.(type) {
	case *tree.Node_SelectStmt:
		if w.onlySetsPath(t.SelectStmt) {
			return true
		}
		w.visit(n)
		if into := t.SelectStmt.IntoClause; into != nil {
			w.eventTriggers()
			w.newTable(into.Rel, 'r')
		}
	case *tree.Node_InsertStmt, *tree.Node_UpdateStmt, *tree.Node_DeleteStmt, *tree.Node_MergeStmt, *tree.Node_ReturnStmt, *tree.Node_List:
		w.list(n)
	case *tree.Node_CopyStmt:
		w.copyStatement(t.CopyStmt)
	case *tree.Node_TruncateStmt:
		w.truncateStatement(t.TruncateStmt)
	case *tree.Node_CallStmt:
		w.visit(t.CallStmt.Funccall)
	case *tree.Node_DoStmt:
		w.do(t.DoStmt)
	case *tree.Node_PrepareStmt:
		w.prepared[t.PrepareStmt.Name] = t.PrepareStmt.Query
		w.statement(t.PrepareStmt.Query)
	case *tree.Node_ExecuteStmt:
		w.executePrepared(t.ExecuteStmt)
	case *tree.Node_DeclareCursorStmt:
		w.statement(t.DeclareCursorStmt.Query)
	case *tree.Node_ExplainStmt:
		w.explain(t.ExplainStmt)
	default:
		return false
	}
	return true
}

// onlySetsPath is SELECT set_config('search_path', …): then it is sure to be set.
func (w *walker) onlySetsPath(n *tree.SelectStmt) bool {
	if len(n.TargetList) != 1 || len(n.FromClause) > 0 || n.WhereClause != nil || n.WithClause != nil {
		return false
	}
	call := n.TargetList[0].GetResTarget().GetVal().GetFuncCall()
	if _, function := qualified(call.GetFuncname()); function != "set_config" {
		return false
	}
	w.setConfig(call.Args)
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

// userCasts runs the functions of user-defined casts, which the server may call
// in any statement without a word of it in the text.
func (w *walker) userCasts() {
	for _, c := range w.facts.casts {
		for _, r := range w.s.routineOf(c) {
			w.run(r)
		}
	}
	for _, r := range w.s.casts {
		w.run(r)
	}
}

// sessionStatement walks what changes the session, and what changes nothing.
func (w *walker) sessionStatement(n *tree.Node) bool {
	switch t := n.Node.(type) {
	case *tree.Node_VariableSetStmt:
		w.setting(t.VariableSetStmt)
	case *tree.Node_DiscardStmt:
		w.setPath(w.facts.SearchPath)
		w.prepared = map[string]*tree.Node{}
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
	case n.Kind == tree.VariableSetKind_VAR_RESET_ALL:
		w.setPath(w.facts.SearchPath)
	case !strings.EqualFold(n.Name, "search_path"):
	case n.Kind == tree.VariableSetKind_VAR_SET_VALUE:
		w.setPath(pathValues(n.Args, w.facts.Role))
	case n.Kind == tree.VariableSetKind_VAR_SET_DEFAULT || n.Kind == tree.VariableSetKind_VAR_RESET:
		w.setPath(w.facts.SearchPath)
	}
}

// do is a DO block.
func (w *walker) do(n *tree.DoStmt) {
	language, text := "plpgsql", ""
	for _, a := range n.Args {
		switch d := a.GetDefElem(); d.GetDefname() {
		case "language":
			language = strings.ToLower(d.Arg.GetString_().GetSval())
		case "as":
			text = d.Arg.GetString_().GetSval()
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
	w.visitAll(n.Params)
	query, ok := w.prepared[n.Name]
	if !ok {
		w.whole("EXECUTE of a statement that this batch did not prepare")
		return
	}
	w.statement(query)
}

// explain runs its statement with ANALYZE; without, only functions that the
// planner may call.
func (w *walker) explain(n *tree.ExplainStmt) {
	for _, o := range n.Options {
		if d := o.GetDefElem(); d.GetDefname() == "analyze" && truth(d) {
			w.statement(n.Query)
			return
		}
	}
}

// truth reads a Boolean option: without a value it is on.
func truth(d *tree.DefElem) bool {
	switch {
	case d.Arg == nil:
		return true
	case d.Arg.GetBoolean() != nil:
		return d.Arg.GetBoolean().Boolval
	case d.Arg.GetInteger() != nil:
		return d.Arg.GetInteger().Ival != 0
	}
	switch strings.ToLower(d.Arg.GetString_().GetSval()) {
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
	for _, o := range n.Options {
		if d := o.GetDefElem(); d.GetDefname() == "full" && truth(d) {
			w.rewriteNamed(n.Rels)
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
	if n.Relation == nil {
		w.rewriteAll()
		return
	}
	for _, r := range w.resolve(n.Relation) {
		w.each(r, true, w.rewritten)
	}
}
