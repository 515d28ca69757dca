package footprint

import (
	tree "github.com/pganalyze/pg_query_go/v6"
)

// definitionStatement walks DDL. What is not named here changes no rows and no
// name that later statements could use for a table or a function.
func (w *walker) definitionStatement(n *tree.Node) {
	if w.createStatement(n) || w.typeStatement(n) {
		return
	}
	switch t := n.GetNode().(type) {
	case *tree.Node_AlterTableStmt:
		w.alterTable(t.AlterTableStmt)
	case *tree.Node_DropStmt:
		w.dropStatement(t.DropStmt)
	case *tree.Node_RenameStmt:
		w.rename(t.RenameStmt)
	case *tree.Node_AlterObjectSchemaStmt:
		w.moveToSchema(t.AlterObjectSchemaStmt)
	case *tree.Node_AlterFunctionStmt:
		w.alterFunction(t.AlterFunctionStmt)
	case *tree.Node_RefreshMatViewStmt:
		w.refresh(t.RefreshMatViewStmt)
	case *tree.Node_DropOwnedStmt:
		w.dropOwned(t.DropOwnedStmt)
	case *tree.Node_AlterTableMoveAllStmt:
		w.rewriteAll()
	case *tree.Node_ReindexStmt:
		for _, r := range w.resolve(t.ReindexStmt.GetRelation()) {
			w.table(r)
		}
	case *tree.Node_AlterExtensionStmt:
		w.alterExtension(t.AlterExtensionStmt)
	case *tree.Node_AlterExtensionContentsStmt:
		w.extensionContents(t.AlterExtensionContentsStmt)
	case *tree.Node_CreateSubscriptionStmt, *tree.Node_AlterSubscriptionStmt:
		w.whole("a subscription, which writes rows in the background")
	case *tree.Node_CommentStmt, *tree.Node_GrantStmt, *tree.Node_SecLabelStmt, *tree.Node_AlterOwnerStmt, *tree.Node_CreatePolicyStmt, *tree.Node_AlterPolicyStmt:
		w.aside(n)
	}
}

// aside walks what stands beside an object: comments, privileges, policies.
func (w *walker) aside(n *tree.Node) {
	switch t := n.GetNode().(type) {
	case *tree.Node_CreatePolicyStmt:
		w.policy(t.CreatePolicyStmt.GetTable(), t.CreatePolicyStmt.GetQual(), t.CreatePolicyStmt.GetWithCheck())
	case *tree.Node_AlterPolicyStmt:
		w.policy(t.AlterPolicyStmt.GetTable(), t.AlterPolicyStmt.GetQual(), t.AlterPolicyStmt.GetWithCheck())
	default:
		names(n, func(v *tree.RangeVar) {
			for _, r := range w.resolve(v) {
				w.table(r)
			}
		})
	}
}

func (w *walker) policy(table *tree.RangeVar, qual, check *tree.Node) {
	for _, r := range w.resolve(table) {
		w.table(r)
		for _, n := range []*tree.Node{qual, check} {
			if n != nil {
				d := w.bind(n)
				r.calls = append(r.calls, call{expr: d, on: OnRead}, call{expr: d, on: OnWrite})
			}
		}
	}
	w.s.version++
}

// createStatement walks what makes relations, functions, triggers and schemas.
func (w *walker) createStatement(n *tree.Node) bool {
	switch t := n.GetNode().(type) {
	case *tree.Node_CreateStmt:
		w.createTable(t.CreateStmt, 'r')
	case *tree.Node_CreateForeignTableStmt:
		w.createTable(t.CreateForeignTableStmt.GetBaseStmt(), 'f')
	case *tree.Node_CreateTableAsStmt:
		w.createTableAs(t.CreateTableAsStmt)
	case *tree.Node_ViewStmt:
		w.createView(t.ViewStmt)
	case *tree.Node_CreateSeqStmt:
		if r := w.newTable(t.CreateSeqStmt.GetSequence(), 'S'); r != nil {
			w.object("sequence " + name{r.schema, r.name}.label() + " created")
		}
	case *tree.Node_IndexStmt:
		w.createIndex(t.IndexStmt)
	case *tree.Node_CreateTrigStmt:
		w.createTrigger(t.CreateTrigStmt)
	case *tree.Node_RuleStmt:
		w.createRule(t.RuleStmt)
	case *tree.Node_CreateFunctionStmt:
		w.createFunction(t.CreateFunctionStmt)
	case *tree.Node_CreateSchemaStmt:
		w.createSchema(t.CreateSchemaStmt)
	case *tree.Node_CreateEventTrigStmt:
		w.createEventTrigger(t.CreateEventTrigStmt)
	case *tree.Node_CreateExtensionStmt:
		w.createExtension(t.CreateExtensionStmt)
	default:
		return false
	}
	return true
}

func (w *walker) createSchema(n *tree.CreateSchemaStmt) {
	schema := n.GetSchemaname()
	if schema == "" {
		schema = n.GetAuthrole().GetRolename()
	}
	if schema == "" {
		schema = w.facts.Role
	}
	if !w.s.schemaExists(schema) {
		before := schema // a schema of that name may have been renamed or dropped
		for w.s.moved(before) {
			before += "\x00"
		}
		w.s.schemas[before] = schema
		w.s.version++
		w.object("schema " + schema + " created")
	}
	defer func(paths [][]string) { w.s.paths = paths }(w.s.paths)
	var paths [][]string
	for _, p := range w.s.paths {
		paths = append(paths, append([]string{schema}, p...))
	}
	w.s.paths = paths
	for _, e := range n.GetSchemaElts() {
		w.statement(e)
	}
}

// createExtension: what the scripts of well-known extensions do is known to be harmless.
func (w *walker) createExtension(n *tree.CreateExtensionStmt) {
	w.object("extension " + n.GetExtname() + " created")
	for _, o := range w.facts.Others {
		if o.Catalog == "pg_extension" && o.Name == n.GetExtname() {
			return
		}
	}
	if !contained[n.GetExtname()] {
		w.whole("the scripts of extension " + n.GetExtname())
	}
}

func (w *walker) alterExtension(n *tree.AlterExtensionStmt) {
	w.object("extension " + n.GetExtname() + " updated")
	if !contained[n.GetExtname()] {
		w.whole("the scripts of extension " + n.GetExtname())
	}
}

// extensionContents is ALTER EXTENSION … ADD or DROP: a table that becomes a
// member goes with the extension.
func (w *walker) extensionContents(n *tree.AlterExtensionContentsStmt) {
	w.object("extension " + n.GetExtname() + " changed")
	if list := n.GetObject().GetList().GetItems(); len(list) > 0 {
		schema, last := qualified(list)
		for _, r := range w.s.find(schema, last) {
			w.table(r)
			w.s.members[n.GetExtname()] = append(w.s.members[n.GetExtname()], r)
		}
	}
}

// refresh runs a materialized view's query.
func (w *walker) refresh(n *tree.RefreshMatViewStmt) {
	for _, r := range w.resolve(n.GetRelation()) {
		w.object("materialized view " + name{r.schema, r.name}.label() + " refreshed")
		w.compute(r, OnRead)
		w.compute(r, OnWrite)
		w.source(r)
	}
}

func (w *walker) createEventTrigger(n *tree.CreateEventTrigStmt) {
	w.object("event trigger " + n.GetTrigname() + " created")
	schema, function := qualified(n.GetFuncname())
	w.s.onDefinition = append(w.s.onDefinition, w.s.called(schema, function, 0)...)
}
