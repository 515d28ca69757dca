package hazard

import (
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
	if c.IfNotExists && s.find(c.Relation) != nil {
		return
	}
	kind := byte('r')
	if c.Partspec != nil {
		kind = 'p'
	}
	r := s.create(c.Relation, kind)
	for _, n := range c.InhRelations {
		parent := s.find(n.GetRangeVar())
		if parent == nil {
			continue
		}
		mode := ShareUpdateExclusive
		if c.Partbound != nil {
			mode = AccessExclusive
			r.partition, r.isDefault = true, c.Partbound.IsDefault
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
	for _, n := range append(append([]*tree.Node(nil), c.TableElts...), c.Constraints...) {
		switch {
		case n.GetColumnDef() != nil:
			s.addColumn(r, n.GetColumnDef(), false)
		case n.GetConstraint() != nil:
			s.addConstraint(r, n.GetConstraint())
			s.keyOfNew(r, c, n.GetConstraint())
		case n.GetTableLikeClause() != nil:
			s.lock(s.find(n.GetTableLikeClause().Relation), AccessShare)
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
	if con.Contype != tree.ConstrType_CONSTR_PRIMARY || len(con.Keys) != 1 {
		return
	}
	for _, n := range c.TableElts {
		if d := n.GetColumnDef(); d != nil && d.Colname == con.Keys[0].GetString_().GetSval() {
			s.judgeKey(r, d)
		}
	}
}

// createAs judges CREATE TABLE AS and CREATE MATERIALIZED VIEW.
func (s *statement) createAs(c *tree.CreateTableAsStmt) {
	if c.IfNotExists && s.find(c.Into.GetRel()) != nil {
		return
	}
	s.query(c.Query)
	kind := byte('r')
	if c.Objtype == tree.ObjectType_OBJECT_MATVIEW {
		kind = 'm'
	}
	s.create(c.Into.GetRel(), kind)
}

// createView judges CREATE VIEW, which locks what it reads, and the view itself
// where it replaces one.
func (s *statement) createView(v *tree.ViewStmt) {
	old := s.find(v.View)
	s.query(v.Query)
	if old != nil && v.Replace {
		s.lock(old, AccessExclusive)
		return
	}
	r := s.create(v.View, 'v')
	for _, l := range s.locks {
		if l.relation != r {
			r.reads, l.relation.readers = append(r.reads, l.relation), append(l.relation.readers, r)
		}
	}
}

const widest = 3 // columns of an index that narrow a search

// createIndex judges CREATE INDEX.
func (s *statement) createIndex(i *tree.IndexStmt) {
	r := s.find(i.Relation)
	if r == nil || (i.IfNotExists && i.Idxname != "" && s.named(r.schema, i.Idxname) != nil) {
		return
	}
	var keys []string
	for _, p := range i.IndexParams {
		keys = append(keys, p.GetIndexElem().GetName())
	}
	s.addIndex(r, i.Idxname, keys, i.Unique)
	if len(keys) > widest && !i.Unique {
		s.remark("wide-index", r, "the index on %s has %d columns: %s", r.name, len(keys), strings.Join(keys, ", "))
	}
	if i.Concurrent {
		s.lock(r, ShareUpdateExclusive)
		s.does(indexBuild, r)
		if s.block {
			s.hazard("concurrently-in-transaction", nil, "CREATE INDEX CONCURRENTLY stands between BEGIN and COMMIT")
		}
		return
	}
	s.lockAll(r.family(i.Relation.Inh && r.kind == 'p'), Share)
	switch {
	case r.made:
	case r.kind == 'p' && i.Relation.Inh:
		s.does(indexBuild, r)
		s.hazard("partitioned-index", r, "the index is built on every partition of %s, under a lock that blocks writes on all of them", r.name)
	case r.kind != 'p':
		s.does(indexBuild, r)
		s.hazard("index-not-concurrent", r, "nobody can write to %s while the index is built, nor until the commit", r.name)
	}
}

// refresh judges REFRESH MATERIALIZED VIEW.
func (s *statement) refresh(v *tree.RefreshMatViewStmt) {
	r := s.find(v.Relation)
	if r == nil {
		return
	}
	if !v.SkipData {
		s.lockReads(r)
	}
	s.does(rewrite, r)
	if v.Concurrent {
		s.lock(r, Exclusive)
		return
	}
	s.lock(r, AccessExclusive)
	s.hazard("refresh-not-concurrent", r, "nobody can read %s while its query runs, nor until the commit", r.name)
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
	for _, p := range n.Params {
		if p.GetDefElem().GetDefname() == "concurrently" {
			mode, concurrent = ShareUpdateExclusive, true
		}
	}
	var all []*relation
	switch n.Kind {
	case tree.ReindexObjectType_REINDEX_OBJECT_INDEX:
		if i := s.find(n.Relation); i != nil && i.table != nil {
			all = append(all, i.table)
		}
	case tree.ReindexObjectType_REINDEX_OBJECT_TABLE:
		if r := s.find(n.Relation); r != nil {
			all = r.family(r.kind == 'p')
		}
	case tree.ReindexObjectType_REINDEX_OBJECT_SCHEMA:
		all = s.within(n.Name)
	}
	for _, r := range all {
		s.lock(r, mode)
		s.does(indexBuild, r)
		if !concurrent {
			s.hazard("reindex-not-concurrent", r, "nobody can write to %s, nor read through the index, while it is built anew", r.name)
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
	r := s.find(c.Relation)
	if r == nil {
		return
	}
	s.lockAll(r.family(r.kind == 'p'), AccessExclusive)
	s.rewrites(r, "CLUSTER writes every row of %s and its indexes anew", r.name)
}

// vacuum judges VACUUM and ANALYZE.
func (s *statement) vacuum(v *tree.VacuumStmt) {
	full := false
	for _, o := range v.Options {
		full = full || o.GetDefElem().GetDefname() == "full"
	}
	for _, n := range v.Rels {
		r := s.find(n.GetVacuumRelation().GetRelation())
		if r == nil {
			continue
		}
		if full {
			s.lockAll(r.family(r.kind == 'p'), AccessExclusive)
			s.rewrites(r, "VACUUM FULL writes every row of %s and its indexes anew", r.name)
			continue
		}
		for i, f := range r.family(true) {
			switch {
			case i == 0 || r.kind == 'p':
				s.lock(f, ShareUpdateExclusive)
			case !v.IsVacuumcmd:
				s.lock(f, AccessShare)
			}
		}
		s.does(scan, r)
	}
}
