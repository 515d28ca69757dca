package hazard

import (
	"strings"

	tree "github.com/pganalyze/pg_query_go/v6"
)

// addConstraint judges ADD CONSTRAINT.
func (s *statement) addConstraint(r *relation, con *tree.Constraint) {
	switch con.GetContype() {
	case tree.ConstrType_CONSTR_CHECK:
		if !con.GetSkipValidation() {
			s.does(scan, r)
			s.hazardf("check-validates", r, "every row of %s is read to check it, under a lock that blocks reads and writes", r.name)
		}
		s.keep(r, con, nil)
	case tree.ConstrType_CONSTR_FOREIGN:
		s.foreignKey(r, con, words(con.GetFkAttrs()), con.GetSkipValidation())
	case tree.ConstrType_CONSTR_UNIQUE, tree.ConstrType_CONSTR_PRIMARY:
		s.unique(r, con, words(con.GetKeys()))
	case tree.ConstrType_CONSTR_EXCLUSION:
		s.does(indexBuild, r)
		s.hazardf("exclusion-constraint", r, "every row of %s is read and indexed, under a lock that blocks reads and writes", r.name)
		s.keep(r, con, nil)
	case tree.ConstrType_CONSTR_NOTNULL:
		if !con.GetSkipValidation() {
			for _, k := range words(con.GetKeys()) {
				s.setNotNull(r, k)
			}
		}
	}
}

// keep adds a constraint to the world.
func (s *statement) keep(r *relation, con *tree.Constraint, columns []string) *constraint {
	kinds := map[tree.ConstrType]byte{tree.ConstrType_CONSTR_CHECK: 'c', tree.ConstrType_CONSTR_FOREIGN: 'f',
		tree.ConstrType_CONSTR_UNIQUE: 'u', tree.ConstrType_CONSTR_PRIMARY: 'p', tree.ConstrType_CONSTR_EXCLUSION: 'x'}
	c := &constraint{name: con.GetConname(), kind: kinds[con.GetContype()], validated: !con.GetSkipValidation(), columns: columns, child: r}
	if c.kind == 'c' {
		if test := con.GetRawExpr().GetNullTest(); test != nil && test.GetNulltesttype() == tree.NullTestType_IS_NOT_NULL {
			c.text = "(" + last(test.GetArg().GetColumnRef().GetFields()) + " IS NOT NULL)"
		}
	}
	r.constraints = append(r.constraints, c)
	return c
}

// foreignKey judges a new foreign key of r.
func (s *statement) foreignKey(r *relation, con *tree.Constraint, columns []string, unread bool) {
	parent := s.find(con.GetPktable())
	c := s.keep(r, con, columns)
	c.onDelete, c.onUpdate = letter(con.GetFkDelAction()), letter(con.GetFkUpdAction())
	if parent == nil {
		return
	}
	c.parent, c.targets = parent, words(con.GetPkAttrs())
	if len(c.targets) == 0 {
		c.targets = parent.primaryKey()
	}
	parent.referencing = append(parent.referencing, c)
	s.lockAll(parent.family(parent.kind == 'p'), ShareRowExclusive)
	if !unread && !r.made {
		s.does(scan, r)
		s.hazardf("foreign-key-validates", r, "every row of %s is looked up in %s, under a lock that blocks writes on both", r.name, parent.name)
	}
	if !r.indexed(columns) {
		s.hazardf("foreign-key-not-indexed", r, "no index of %s begins with %s: each DELETE or UPDATE of a key in %s reads all of it", r.name, strings.Join(columns, ", "), parent.name)
	}
}

// unique judges a new primary key or unique constraint.
func (s *statement) unique(r *relation, con *tree.Constraint, columns []string) {
	what := "UNIQUE"
	if con.GetContype() == tree.ConstrType_CONSTR_PRIMARY {
		what = "PRIMARY KEY"
	}
	c := s.keep(r, con, columns)
	if con.GetIndexname() != "" {
		c.index = s.named(r.schema, con.GetIndexname())
		return
	}
	c.index = s.addIndex(r, con.GetConname(), columns, true)
	if r.made {
		return
	}
	s.does(indexBuild, r)
	s.hazardf("unique-builds-index", r, "%s builds an index over every row of %s, under a lock that blocks reads and writes; and it fails where two rows are equal", what, r.name)
	if con.GetContype() == tree.ConstrType_CONSTR_PRIMARY && len(columns) == 1 {
		if col := r.columns[columns[0]]; col != nil && (col.typ == "integer" || col.typ == "smallint") {
			s.remarkf("int-key", r, "the primary key %s.%s is %s: its values run out", r.name, columns[0], col.typ)
		}
	}
}

// validate judges VALIDATE CONSTRAINT, which reads the rows and blocks nobody.
func (s *statement) validate(r *relation, name string) {
	c := r.constraint(name)
	s.does(scan, r)
	if c == nil {
		return
	}
	c.validated = true
	if c.kind == 'f' {
		s.lock(c.parent, RowShare)
	}
}

// dropConstraint judges DROP CONSTRAINT.
func (s *statement) dropConstraint(r *relation, cmd *tree.AlterTableCmd) {
	s.cascade(cmd.GetBehavior(), r, "DROP CONSTRAINT "+cmd.GetName())
	c := r.constraint(cmd.GetName())
	if c == nil {
		return
	}
	switch {
	case c.kind == 'f':
		s.lock(c.parent, AccessExclusive)
		s.hazardf("foreign-key-dropped", r, "rows of %s may from now on point at nothing", r.name)
		if c.parent != nil {
			c.parent.referencing = without(c.parent.referencing, c)
		}
	case cmd.GetBehavior() == tree.DropBehavior_DROP_CASCADE && c.index != nil:
		for _, f := range r.referencing {
			if f.index == c.index {
				s.lock(f.child, AccessExclusive)
			}
		}
	}
	r.constraints = without(r.constraints, c)
	if c.index != nil {
		c.index.gone = true
	}
}

// cascade notes a CASCADE, whose reach nobody sees in the file.
func (s *statement) cascade(b tree.DropBehavior, r *relation, what string) {
	if b == tree.DropBehavior_DROP_CASCADE {
		s.hazardf("drop-cascade", r, "%s … CASCADE drops whatever depends on it, too", what)
	}
}
