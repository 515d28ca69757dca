package hazard

import (
	"slices"
	"strings"

	tree "github.com/pganalyze/pg_query_go/v6"
)

// judgeTable judges the statements that make or change tables and indexes.
func (s *statement) judgeTable(n *tree.Node) bool {
	switch n := n.GetNode().(type) {
	case *tree.Node_AlterTableStmt:
		s.alterTable(n.AlterTableStmt)
	case *tree.Node_CreateStmt:
		s.createTable(n.CreateStmt)
	case *tree.Node_IndexStmt:
		s.createIndex(n.IndexStmt)
	case *tree.Node_CreateTableAsStmt:
		s.createAs(n.CreateTableAsStmt)
	case *tree.Node_ViewStmt:
		s.createView(n.ViewStmt)
	case *tree.Node_RefreshMatViewStmt:
		s.refresh(n.RefreshMatViewStmt)
	case *tree.Node_ReindexStmt:
		s.reindex(n.ReindexStmt)
	case *tree.Node_ClusterStmt:
		s.cluster(n.ClusterStmt)
	case *tree.Node_VacuumStmt:
		s.vacuum(n.VacuumStmt)
	default:
		return false
	}
	return true
}

// createTable judges CREATE TABLE: nothing waits for a table that nobody knows,
// but for the tables that it names.
func (s *statement) createTable(c *tree.CreateStmt) {
	if c.GetIfNotExists() && s.find(c.GetRelation()) != nil {
		return
	}
	kind := byte('r')
	if c.GetPartspec() != nil {
		kind = 'p'
	}
	r := s.create(c.GetRelation(), kind)
	for _, n := range c.GetInhRelations() {
		parent := s.find(n.GetRangeVar())
		if parent == nil {
			continue
		}
		mode := ShareUpdateExclusive
		if c.GetPartbound() != nil {
			mode = AccessExclusive
			r.partition, r.isDefault = true, c.GetPartbound().GetIsDefault()
			for _, sibling := range parent.children {
				if sibling.isDefault {
					s.lock(sibling, AccessExclusive)
				}
			}
			s.inherit(r, parent)
		}
		s.lock(parent, mode)
		parent.children, r.parents = append(parent.children, r), append(r.parents, parent)
	}
	for _, n := range append(append([]*tree.Node(nil), c.GetTableElts()...), c.GetConstraints()...) {
		switch {
		case n.GetColumnDef() != nil:
			s.addColumn(r, n.GetColumnDef(), false)
		case n.GetConstraint() != nil:
			s.addConstraint(r, n.GetConstraint())
			s.keyOfNew(r, c, n.GetConstraint())
		case n.GetTableLikeClause() != nil:
			s.lock(s.find(n.GetTableLikeClause().GetRelation()), AccessShare)
		}
	}
	s.work = nil
}

// inherit locks what a new partition's foreign keys, taken from its parent, point
// at.
func (s *statement) inherit(_, parent *relation) {
	for _, c := range parent.constraints {
		if c.kind == 'f' && c.parent != nil {
			s.lock(c.parent, ShareRowExclusive)
		}
	}
	for _, c := range parent.referencing {
		s.lock(c.child, ShareRowExclusive)
	}
}

// keyOfNew judges the primary key of a new table that stands apart from its column.
func (s *statement) keyOfNew(r *relation, c *tree.CreateStmt, con *tree.Constraint) {
	if con.GetContype() != tree.ConstrType_CONSTR_PRIMARY || len(con.GetKeys()) != 1 {
		return
	}
	for _, n := range c.GetTableElts() {
		if d := n.GetColumnDef(); d != nil && d.GetColname() == con.GetKeys()[0].GetString_().GetSval() {
			s.judgeKey(r, d)
		}
	}
}

// createAs judges CREATE TABLE AS and CREATE MATERIALIZED VIEW.
func (s *statement) createAs(c *tree.CreateTableAsStmt) {
	if c.GetIfNotExists() && s.find(c.GetInto().GetRel()) != nil {
		return
	}
	s.query(c.GetQuery())
	kind := byte('r')
	if c.GetObjtype() == tree.ObjectType_OBJECT_MATVIEW {
		kind = 'm'
	}
	s.create(c.GetInto().GetRel(), kind)
}

// createView judges CREATE VIEW, which locks what it reads, and the view itself
// where it replaces one.
func (s *statement) createView(v *tree.ViewStmt) {
	old := s.find(v.GetView())
	s.query(v.GetQuery())
	if old != nil && v.GetReplace() {
		s.lock(old, AccessExclusive)
		return
	}
	r := s.create(v.GetView(), 'v')
	for _, l := range s.locks {
		if l.relation != r {
			r.reads, l.relation.readers = append(r.reads, l.relation), append(l.relation.readers, r)
		}
	}
}

const widest = 3 // columns of an index that narrow a search

// createIndex judges CREATE INDEX.
func (s *statement) createIndex(i *tree.IndexStmt) {
	r := s.find(i.GetRelation())
	if r == nil || (i.GetIfNotExists() && i.GetIdxname() != "" && s.named(r.schema, i.GetIdxname()) != nil) {
		return
	}
	var keys []string
	for _, p := range i.GetIndexParams() {
		keys = append(keys, p.GetIndexElem().GetName())
	}
	s.addIndex(r, i.GetIdxname(), keys, i.GetUnique())
	if len(keys) > widest && !i.GetUnique() {
		s.remarkf("wide-index", r, "the index on %s has %d columns: %s", r.name, len(keys), strings.Join(columnNames(keys), ", "))
	}
	if i.GetConcurrent() {
		s.lock(r, ShareUpdateExclusive)
		s.does(indexBuild, r)
		if s.block {
			s.hazardf("concurrently-in-transaction", nil, "CREATE INDEX CONCURRENTLY stands between BEGIN and COMMIT")
		}
		return
	}
	s.lockAll(r.family(i.GetRelation().GetInh() && r.kind == 'p'), Share)
	switch {
	case r.made:
	case r.kind == 'p' && i.GetRelation().GetInh():
		s.does(indexBuild, r)
		s.hazardf("partitioned-index", r, "the index is built on every partition of %s, under a lock that blocks writes on all of them", r.name)
	case r.kind != 'p':
		s.does(indexBuild, r)
		s.hazardf("index-not-concurrent", r, "nobody can write to %s while the index is built, nor until the commit", r.name)
	}
}

// columnNames names the columns of an index; one that is computed has no name.
func columnNames(keys []string) []string {
	out := slices.Clone(keys)
	for i, k := range out {
		if k == "" {
			out[i] = "(an expression)"
		}
	}
	return out
}

// refresh judges REFRESH MATERIALIZED VIEW.
func (s *statement) refresh(v *tree.RefreshMatViewStmt) {
	r := s.find(v.GetRelation())
	if r == nil {
		return
	}
	if !v.GetSkipData() {
		s.lockReads(r)
	}
	s.does(rewrite, r)
	if v.GetConcurrent() {
		s.lock(r, Exclusive)
		return
	}
	s.lock(r, AccessExclusive)
	s.hazardf("refresh-not-concurrent", r, "nobody can read %s while its query runs, nor until the commit", r.name)
}

// lockReads locks what a view reads, down to the tables.
func (s *statement) lockReads(v *relation) {
	for _, t := range v.reads {
		for _, f := range t.family(true) {
			if _, seen := s.held[f]; !seen && f.kind == 'v' {
				s.lock(f, AccessShare)
				s.lockReads(f)
			}
			s.lock(f, AccessShare)
		}
	}
}

// reindex judges REINDEX.
func (s *statement) reindex(n *tree.ReindexStmt) {
	mode, concurrent := Share, false
	for _, p := range n.GetParams() {
		if p.GetDefElem().GetDefname() == "concurrently" {
			mode, concurrent = ShareUpdateExclusive, true
		}
	}
	var all []*relation
	switch n.GetKind() {
	case tree.ReindexObjectType_REINDEX_OBJECT_INDEX:
		if i := s.find(n.GetRelation()); i != nil && i.table != nil {
			all = append(all, i.table)
		}
	case tree.ReindexObjectType_REINDEX_OBJECT_TABLE:
		if r := s.find(n.GetRelation()); r != nil {
			all = r.family(r.kind == 'p')
		}
	case tree.ReindexObjectType_REINDEX_OBJECT_SCHEMA:
		all = s.within(n.GetName())
	}
	for _, r := range all {
		s.lock(r, mode)
		s.does(indexBuild, r)
		if !concurrent {
			s.hazardf("reindex-not-concurrent", r, "nobody can write to %s, nor read through the index, while it is built anew", r.name)
		}
	}
}

// within lists the tables of a schema.
func (w *world) within(schema string) []*relation {
	var out []*relation
	for _, r := range w.relations {
		if r.schema == schema && !r.gone && r.kind != 'i' && r.kind != 'I' {
			out = append(out, r)
		}
	}
	sortRelations(out)
	return out
}

// cluster judges CLUSTER.
func (s *statement) cluster(c *tree.ClusterStmt) {
	r := s.find(c.GetRelation())
	if r == nil {
		return
	}
	s.lockAll(r.family(r.kind == 'p'), AccessExclusive)
	s.rewritesf(r, "CLUSTER writes every row of %s and its indexes anew", r.name)
}

// vacuum judges VACUUM and ANALYZE.
func (s *statement) vacuum(v *tree.VacuumStmt) {
	full := false
	for _, o := range v.GetOptions() {
		full = full || o.GetDefElem().GetDefname() == "full"
	}
	for _, n := range v.GetRels() {
		r := s.find(n.GetVacuumRelation().GetRelation())
		if r == nil {
			continue
		}
		if full {
			s.lockAll(r.family(r.kind == 'p'), AccessExclusive)
			s.rewritesf(r, "VACUUM FULL writes every row of %s and its indexes anew", r.name)
			continue
		}
		for i, f := range r.family(true) {
			switch {
			case i == 0 || r.kind == 'p':
				s.lock(f, ShareUpdateExclusive)
			case !v.GetIsVacuumcmd():
				s.lock(f, AccessShare)
			}
		}
		s.does(scan, r)
	}
}
