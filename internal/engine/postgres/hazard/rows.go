package hazard

import (
	"strings"

	tree "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/proto"
)

// judgeRows judges the statements that read and write rows.
func (s *statement) judgeRows(n *tree.Node) bool {
	switch n := n.GetNode().(type) {
	case *tree.Node_SelectStmt, *tree.Node_InsertStmt, *tree.Node_UpdateStmt, *tree.Node_DeleteStmt, *tree.Node_MergeStmt:
		s.query(&tree.Node{Node: n})
	case *tree.Node_CopyStmt:
		s.copy(n.CopyStmt)
	case *tree.Node_TruncateStmt:
		s.truncate(n.TruncateStmt)
	case *tree.Node_LockStmt:
		s.lockTable(n.LockStmt)
	case *tree.Node_ExplainStmt:
		s.query(n.ExplainStmt.GetQuery())
	case *tree.Node_PrepareStmt, *tree.Node_DeclareCursorStmt:
	default:
		return false
	}
	return true
}

// query locks what a query reads and writes, at whatever depth.
func (s *statement) query(n *tree.Node) {
	if n == nil {
		return
	}
	local := set{}
	visit(n, func(m proto.Message) {
		if c, ok := m.(*tree.CommonTableExpr); ok {
			local[c.GetCtename()] = true
		}
	})
	targets := map[*tree.RangeVar]bool{}
	visit(n, func(m proto.Message) {
		switch m := m.(type) {
		case *tree.InsertStmt:
			targets[m.GetRelation()] = true
			s.insert(m)
		case *tree.UpdateStmt:
			targets[m.GetRelation()] = true
			s.write(m.GetRelation(), m.GetWhereClause() == nil && len(m.GetFromClause()) == 0, "UPDATE", changed(m.GetTargetList()))
		case *tree.DeleteStmt:
			targets[m.GetRelation()] = true
			s.write(m.GetRelation(), m.GetWhereClause() == nil && len(m.GetUsingClause()) == 0, "DELETE", nil)
		case *tree.MergeStmt:
			targets[m.GetRelation()] = true
			s.merge(m)
		case *tree.SelectStmt:
			s.lockingClauses(m, local)
		case *tree.IntoClause:
			if m.GetRel() != nil {
				targets[m.GetRel()] = true
				s.create(m.GetRel(), 'r')
			}
		case *tree.RangeVar:
			if !targets[m] && (m.GetSchemaname() != "" || !local[m.GetRelname()]) {
				s.reads(s.find(m), m.GetInh(), AccessShare)
			}
		}
	})
}

// reads locks a relation that a query names, its children, and, through a view,
// what that reads.
func (s *statement) reads(r *relation, inherited bool, m Mode) {
	if r == nil {
		return
	}
	s.lockAll(r.family(inherited), m)
	if r.kind == 'v' {
		for _, t := range r.reads {
			s.reads(t, true, m)
		}
	}
}

// changed lists the columns that an UPDATE sets.
func changed(targets []*tree.Node) []string {
	var out []string
	for _, t := range targets {
		out = append(out, t.GetResTarget().GetName())
	}
	return out
}

// lockingClauses locks what FOR UPDATE and FOR SHARE name.
func (s *statement) lockingClauses(q *tree.SelectStmt, local set) {
	for _, n := range q.GetLockingClause() {
		named := n.GetLockingClause().GetLockedRels()
		for _, from := range q.GetFromClause() {
			visit(from, func(m proto.Message) {
				v, ok := m.(*tree.RangeVar)
				if !ok || local[v.GetRelname()] || (len(named) > 0 && !namedIn(named, v)) {
					return
				}
				s.reads(s.find(v), v.GetInh(), RowShare)
			})
		}
	}
}

func namedIn(list []*tree.Node, v *tree.RangeVar) bool {
	for _, n := range list {
		name := n.GetRangeVar().GetRelname()
		if name == v.GetRelname() || name == v.GetAlias().GetAliasname() {
			return true
		}
	}
	return false
}

// insert judges INSERT: its foreign keys lock the rows that they point at.
func (s *statement) insert(i *tree.InsertStmt) {
	r := s.target(i.GetRelation())
	if r == nil {
		return
	}
	s.lockAll(r.family(r.kind == 'p'), RowExclusive)
	s.checkParents(r, nil)
}

// target is the table that is written, through a view that shows one table, too.
func (s *statement) target(v *tree.RangeVar) *relation {
	r := s.find(v)
	for r != nil && r.kind == 'v' {
		s.lock(r, RowExclusive)
		if len(r.reads) != 1 {
			return nil
		}
		r = r.reads[0]
	}
	return r
}

// checkParents locks what the foreign keys over the written columns point at;
// nil: all.
func (s *statement) checkParents(r *relation, columns []string) {
	for _, c := range r.constraints {
		if c.kind == 'f' && c.parent != nil && (columns == nil || overlap(c.columns, columns)) {
			s.lockAll(c.parent.family(c.parent.kind == 'p'), RowShare)
		}
	}
}

func overlap(a, b []string) bool {
	for _, x := range a {
		if contains(b, x) {
			return true
		}
	}
	return false
}

// write judges UPDATE and DELETE.
func (s *statement) write(v *tree.RangeVar, unbounded bool, verb string, columns []string) {
	r := s.target(v)
	if r == nil {
		return
	}
	s.lockAll(r.family(v.GetInh()), RowExclusive)
	s.follow(r, verb, columns)
	if unbounded {
		s.does(update, r)
		s.hazardf("unbounded-write", r, "%s without WHERE changes every row of %s, and holds them until the commit", verb, r.name)
	}
}

// follow locks what the foreign keys of a written table lead to.
func (s *statement) follow(r *relation, verb string, columns []string) {
	if verb == "UPDATE" {
		s.checkParents(r, columns)
	}
	for _, c := range r.referencing {
		if c.child == nil || (verb == "UPDATE" && !overlap(c.targets, columns)) {
			continue
		}
		action := c.onDelete
		if verb == "UPDATE" {
			action = c.onUpdate
		}
		if action == 'a' || action == 'r' || action == 0 {
			s.lockAll(c.child.family(c.child.kind == 'p'), RowShare)
			continue
		}
		if l, ok := s.held[c.child]; ok && s.locks[l].mode >= RowExclusive {
			continue
		}
		s.lockAll(c.child.family(c.child.kind == 'p'), RowExclusive)
		if action == 'c' && verb == "DELETE" {
			s.follow(c.child, verb, nil)
		} else {
			s.follow(c.child, "UPDATE", c.columns)
		}
	}
}

// merge judges MERGE.
func (s *statement) merge(m *tree.MergeStmt) {
	r := s.target(m.GetRelation())
	if r == nil {
		return
	}
	s.lockAll(r.family(m.GetRelation().GetInh()), RowExclusive)
	for _, n := range m.GetMergeWhenClauses() {
		switch w := n.GetMergeWhenClause(); w.GetCommandType() {
		case tree.CmdType_CMD_INSERT:
			s.checkParents(r, nil)
		case tree.CmdType_CMD_UPDATE:
			s.follow(r, "UPDATE", changed(w.GetTargetList()))
		case tree.CmdType_CMD_DELETE:
			s.follow(r, "DELETE", nil)
		}
	}
}

// copy judges COPY.
func (s *statement) copy(c *tree.CopyStmt) {
	s.query(c.GetQuery())
	r := s.find(c.GetRelation())
	if r == nil {
		return
	}
	if !c.GetIsFrom() {
		s.lock(r, AccessShare)
		return
	}
	s.lockAll(r.family(r.kind == 'p'), RowExclusive)
	s.checkParents(r, nil)
}

// truncate judges TRUNCATE.
func (s *statement) truncate(t *tree.TruncateStmt) {
	cascades := t.GetBehavior() == tree.DropBehavior_DROP_CASCADE
	var all []*relation
	for _, n := range t.GetRelations() {
		v := n.GetRangeVar()
		r := s.find(v)
		if r == nil {
			continue
		}
		all = append(all, r.family(v.GetInh())...)
		s.hazardf("truncate", r, "every row of %s goes, and nobody can read it until the commit", r.name)
	}
	named := len(all)
	seen := map[*relation]bool{}
	for i := 0; i < len(all); i++ {
		if seen[all[i]] {
			continue
		}
		seen[all[i]] = true
		s.lock(all[i], AccessExclusive)
		for _, c := range all[i].referencing {
			if cascades && c.child != nil {
				all = append(all, c.child.family(true)...)
			}
		}
	}
	if cascades {
		gone := []string{"nothing more as things stand"}
		for i, r := range all[named:] {
			gone = append(gone[:i], r.label())
		}
		s.hazardf("truncate-cascade", nil, "TRUNCATE … CASCADE also empties what points at the table: %s", strings.Join(gone, ", "))
	}
}

// lockTable judges LOCK TABLE.
func (s *statement) lockTable(l *tree.LockStmt) {
	for _, n := range l.GetRelations() {
		v := n.GetRangeVar()
		r := s.find(v)
		if r == nil {
			continue
		}
		s.reads(r, v.GetInh(), Mode(l.GetMode()))
		if Mode(l.GetMode()) >= Share {
			s.hazardf("lock-table", r, "LOCK TABLE keeps %s from %s until the commit", Mode(l.GetMode()).Blocks(), r.name)
		}
	}
}
