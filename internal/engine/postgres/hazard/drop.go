package hazard

import (
	"sort"

	tree "github.com/pganalyze/pg_query_go/v6"
)

// onTable holds the objects that belong to a table and are named behind it.
var onTable = map[tree.ObjectType]bool{
	tree.ObjectType_OBJECT_TRIGGER: true, tree.ObjectType_OBJECT_RULE: true, tree.ObjectType_OBJECT_POLICY: true,
	tree.ObjectType_OBJECT_TABCONSTRAINT: true, tree.ObjectType_OBJECT_COLUMN: true,
}

// dropObjects judges DROP.
func (s *statement) dropObjects(d *tree.DropStmt) {
	for _, o := range d.GetObjects() {
		parts := words(o.GetList().GetItems())
		switch d.GetRemoveType() {
		case tree.ObjectType_OBJECT_TABLE, tree.ObjectType_OBJECT_FOREIGN_TABLE, tree.ObjectType_OBJECT_MATVIEW, tree.ObjectType_OBJECT_VIEW:
			if r := s.dotted(parts); r != nil {
				s.dropRelation(r, d.GetBehavior())
			}
		case tree.ObjectType_OBJECT_INDEX:
			s.dropIndex(d, parts)
		case tree.ObjectType_OBJECT_SCHEMA:
			s.dropSchema(o.GetString_().GetSval(), d.GetBehavior())
		case tree.ObjectType_OBJECT_TYPE, tree.ObjectType_OBJECT_DOMAIN:
			s.dropType(last(o.GetTypeName().GetNames()), d.GetBehavior())
		case tree.ObjectType_OBJECT_STATISTIC_EXT:
			s.lock(s.statistics[parts[len(parts)-1]], ShareUpdateExclusive)
		default:
			if onTable[d.GetRemoveType()] && len(parts) > 1 {
				s.lock(s.dotted(parts[:len(parts)-1]), AccessExclusive)
			}
			s.cascade(d.GetBehavior(), nil, "DROP")
		}
	}
}

// dropRelation judges the end of a table or view.
func (s *statement) dropRelation(r *relation, b tree.DropBehavior) {
	if r.kind == 'v' {
		s.hazardf("view-dropped", r, "code of the release before still reads %s", r.name)
	} else {
		s.hazardf("table-dropped", r, "code of the release before still uses %s, and its rows are gone", r.name)
	}
	s.cascade(b, r, "DROP "+r.name)
	s.lockDropped(r, b == tree.DropBehavior_DROP_CASCADE)
	for _, f := range r.family(b == tree.DropBehavior_DROP_CASCADE || r.kind == 'p') {
		s.drop(f)
	}
}

// lockDropped locks a relation that goes, and what it is tied to: the tables at
// the other end of its foreign keys, its parent, its children, its views.
func (s *statement) lockDropped(r *relation, cascades bool) {
	for _, f := range r.family(cascades || r.kind == 'p') {
		s.lock(f, AccessExclusive)
		for _, c := range f.constraints {
			if c.kind == 'f' {
				s.lock(c.parent, AccessExclusive)
			}
		}
		if !cascades {
			continue
		}
		for _, c := range f.referencing {
			s.lock(c.child, AccessExclusive)
		}
		s.lockAll(readersOf(f), AccessExclusive)
	}
	if !r.partition {
		return
	}
	for _, p := range r.parents {
		s.lock(p, AccessExclusive)
		for _, c := range p.children {
			if c.isDefault {
				s.lock(c, AccessExclusive)
			}
		}
	}
}

// dropIndex judges DROP INDEX.
func (s *statement) dropIndex(d *tree.DropStmt, parts []string) {
	i := s.dotted(parts)
	if i == nil || i.table == nil {
		return
	}
	if d.GetConcurrent() {
		s.lock(i.table, ShareUpdateExclusive)
		if s.block {
			s.hazardf("concurrently-in-transaction", nil, "DROP INDEX CONCURRENTLY stands between BEGIN and COMMIT")
		}
	} else {
		s.lockAll(i.table.family(i.kind == 'I'), AccessExclusive)
		s.hazardf("index-drop-not-concurrent", i.table, "nobody can read or write %s from here to the commit", i.table.name)
	}
	s.cascade(d.GetBehavior(), i.table, "DROP INDEX")
	i.gone = true
}

// dropSchema judges DROP SCHEMA.
func (s *statement) dropSchema(name string, b tree.DropBehavior) {
	if b != tree.DropBehavior_DROP_CASCADE {
		return
	}
	all := s.within(name)
	s.hazardf("schema-dropped", nil, "DROP SCHEMA %s CASCADE drops %d tables and views with their rows", name, len(all))
	s.cascade(b, nil, "DROP SCHEMA "+name)
	for _, r := range all {
		s.lockDropped(r, true)
	}
	for _, r := range all {
		s.drop(r)
	}
}

// dropType judges DROP TYPE and DROP DOMAIN.
func (s *statement) dropType(name string, b tree.DropBehavior) {
	s.cascade(b, nil, "DROP TYPE "+name)
	if b != tree.DropBehavior_DROP_CASCADE {
		return
	}
	for _, r := range s.users[name] {
		s.lockAll(r.family(true), AccessExclusive)
		s.hazardf("column-dropped", r, "the columns of %s that have the type %s go with it", r.name, name)
	}
}

// sortRelations puts relations into the order of their names.
func sortRelations(all []*relation) {
	sort.Slice(all, func(i, k int) bool { return all[i].label() < all[k].label() })
}
