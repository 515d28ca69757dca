package footprint

import (
	"slices"

	tree "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/proto"
)

// The parts of the statements that write rows. What they read and call is
// visited first, then what they write.

func (w *walker) insertStatement(n *tree.InsertStmt) {
	w.parts(n.GetWithClause(), n.GetSelectStmt(), n.GetOnConflictClause())
	w.visitAll(n.GetReturningList())
	w.visitAll(n.GetCols())
	for _, r := range w.targets(n.GetRelation()) {
		w.insert(r)
		if c := n.GetOnConflictClause(); c != nil && c.GetAction() == tree.OnConflictAction_ONCONFLICT_UPDATE {
			w.update(r, assignedIn(c.GetTargetList()), false)
		}
	}
}

func (w *walker) updateStatement(n *tree.UpdateStmt) {
	w.parts(n.GetWithClause(), n.GetWhereClause())
	w.visitAll(n.GetFromClause())
	w.visitAll(n.GetTargetList())
	w.visitAll(n.GetReturningList())
	for _, r := range w.targets(n.GetRelation()) {
		w.defaults(r, n.GetTargetList())
		w.update(r, assignedIn(n.GetTargetList()), n.GetRelation().GetInh())
	}
}

func (w *walker) deleteStatement(n *tree.DeleteStmt) {
	w.parts(n.GetWithClause(), n.GetWhereClause())
	w.visitAll(n.GetUsingClause())
	w.visitAll(n.GetReturningList())
	for _, r := range w.targets(n.GetRelation()) {
		w.delete(r, n.GetRelation().GetInh())
	}
}

func (w *walker) mergeStatement(n *tree.MergeStmt) {
	w.parts(n.GetWithClause(), n.GetSourceRelation(), n.GetJoinCondition())
	w.visitAll(n.GetReturningList())
	for _, c := range n.GetMergeWhenClauses() {
		when := c.GetMergeWhenClause()
		w.parts(when.GetCondition())
		w.visitAll(when.GetTargetList())
		w.visitAll(when.GetValues())
		for _, r := range w.targets(n.GetRelation()) {
			switch when.GetCommandType() {
			case tree.CmdType_CMD_INSERT:
				w.insert(r)
			case tree.CmdType_CMD_UPDATE:
				w.defaults(r, when.GetTargetList())
				w.update(r, assignedIn(when.GetTargetList()), n.GetRelation().GetInh())
			case tree.CmdType_CMD_DELETE:
				w.delete(r, n.GetRelation().GetInh())
			default:
			}
		}
	}
}

// parts visits those parts of a statement that are there.
func (w *walker) parts(all ...proto.Message) {
	for _, m := range all {
		if m != nil && m.ProtoReflect().IsValid() {
			w.visit(m)
		}
	}
}

// targets resolves the relation that a statement writes to.
func (w *walker) targets(v *tree.RangeVar) []*rel {
	found := w.resolve(v)
	if len(found) == 0 && v != nil && (v.GetSchemaname() == "pg_catalog" || v.GetSchemaname() == "" && isCatalog(v.GetRelname())) {
		w.whole("it writes to the system catalog " + v.GetRelname())
	}
	for _, r := range found {
		if r.kind == 'v' || r.base != nil && r.base.Security {
			w.compute(r, OnRead)
		}
	}
	return found
}

func isCatalog(relation string) bool { return len(relation) > 3 && relation[:3] == "pg_" }

// assignedIn lists the columns that SET assigns.
func assignedIn(targets []*tree.Node) []string {
	out := make([]string, 0, len(targets))
	for _, t := range targets {
		if n := t.GetResTarget().GetName(); !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// defaults computes what SET column = DEFAULT asks for.
func (w *walker) defaults(r *rel, targets []*tree.Node) {
	for _, t := range targets {
		if t.GetResTarget().GetVal().GetSetToDefault() != nil {
			w.compute(r, OnInsert)
			w.presets(r, []string{t.GetResTarget().GetName()})
		}
	}
}

// copyStatement is COPY.
func (w *walker) copyStatement(n *tree.CopyStmt) {
	w.parts(n.GetQuery(), n.GetWhereClause())
	if !n.GetIsFrom() {
		for _, r := range w.resolve(n.GetRelation()) {
			w.read(r)
		}
		return
	}
	for _, r := range w.targets(n.GetRelation()) {
		if r.kind == 'r' || r.kind == 'p' {
			w.insertInto(r) // COPY obeys no rule
		} else {
			w.insert(r)
		}
	}
}

// truncateStatement is TRUNCATE.
func (w *walker) truncateStatement(n *tree.TruncateStmt) {
	var all []*rel
	for _, v := range n.GetRelations() {
		for _, r := range w.targets(v.GetRangeVar()) {
			for _, t := range r.family(v.GetRangeVar().GetInh()) {
				if !slices.Contains(all, t) {
					all = append(all, t)
				}
			}
		}
	}
	w.truncate(all, n.GetBehavior() == tree.DropBehavior_DROP_CASCADE, n.GetRestartSeqs())
}
