package hazard

import (
	"slices"

	tree "github.com/pganalyze/pg_query_go/v6"
)

// addColumn judges ADD COLUMN with the constraints that stand at the column.
func (s *statement) addColumn(r *relation, d *tree.ColumnDef, inherited bool) {
	if d == nil {
		return
	}
	s.judgeColumn(r, d)
	made := &column{typ: typeText(d.GetTypeName())}
	notNull := false
	for _, n := range d.GetConstraints() {
		con := n.GetConstraint()
		switch con.GetContype() {
		case tree.ConstrType_CONSTR_NOTNULL:
			notNull = true
		case tree.ConstrType_CONSTR_DEFAULT:
			made.filled = true
			if f := s.volatileIn(con.GetRawExpr()); f != "" {
				s.rewritesf(r, "the default of %s.%s calls %s, which is volatile: every row of %s gets its own value and is written anew", r.name, d.GetColname(), f, r.name)
			}
		case tree.ConstrType_CONSTR_IDENTITY:
			made.filled = true
			s.rewritesf(r, "every row of %s gets a number of its own for %s and is written anew", r.name, d.GetColname())
		case tree.ConstrType_CONSTR_GENERATED:
			made.filled = true
			s.rewritesf(r, "%s.%s is computed and stored for every row of %s", r.name, d.GetColname(), r.name)
		case tree.ConstrType_CONSTR_CHECK:
			if !r.made {
				s.does(scan, r)
				s.hazardf("check-validates", r, "every row of %s is read to check the constraint of %s, under a lock that blocks reads and writes", r.name, d.GetColname())
			}
			s.keep(r, con, []string{d.GetColname()})
		case tree.ConstrType_CONSTR_FOREIGN:
			s.foreignKey(r, con, []string{d.GetColname()}, !made.filled)
		case tree.ConstrType_CONSTR_UNIQUE, tree.ConstrType_CONSTR_PRIMARY:
			s.unique(r, con, []string{d.GetColname()})
		}
	}
	name := last(d.GetTypeName().GetNames())
	switch {
	case serials[name]:
		made.filled = true
		s.rewritesf(r, "every row of %s gets a number of its own for %s and is written anew", r.name, d.GetColname())
	case s.domains[name]:
		s.rewritesf(r, "%s is a domain with constraints: every row of %s is written anew to check them", name, r.name)
	}
	if made.notNull = notNull; notNull && !made.filled {
		s.hazardf("not-null-without-default", r, "%s has no value for %s in the rows that are there, so the statement fails; and code of the release before does not write it", r.name, d.GetColname())
	}
	for _, t := range r.family(inherited) {
		t.columns[d.GetColname()] = made
	}
}

// dropColumn judges DROP COLUMN.
func (s *statement) dropColumn(r *relation, cmd *tree.AlterTableCmd) {
	s.hazardf("column-dropped", r, "code of the release before still reads or writes %s.%s, and the values are gone", r.name, cmd.GetName())
	s.cascade(cmd.GetBehavior(), r, "DROP COLUMN "+cmd.GetName())
	for _, f := range r.foreignKeys() {
		if f.child == r && contains(f.columns, cmd.GetName()) {
			s.lock(f.parent, AccessExclusive)
		} else if f.parent == r && contains(f.targets, cmd.GetName()) {
			s.lock(f.child, AccessExclusive)
		}
	}
	if cmd.GetBehavior() == tree.DropBehavior_DROP_CASCADE {
		s.lockAll(readersOf(r), AccessExclusive)
	}
	delete(r.columns, cmd.GetName())
}

// readersOf are the views over r, and the views over those.
func readersOf(r *relation) []*relation {
	out := append([]*relation(nil), r.readers...)
	seen := map[*relation]bool{}
	for i := 0; i < len(out); i++ {
		if seen[out[i]] {
			continue
		}
		seen[out[i]] = true
		out = append(out, out[i].readers...)
	}
	return out
}

// changeType judges ALTER COLUMN … TYPE.
func (s *statement) changeType(r *relation, cmd *tree.AlterTableCmd) {
	d := cmd.GetDef().GetColumnDef()
	to := typeText(d.GetTypeName())
	was := r.columns[cmd.GetName()]
	from := ""
	if was != nil {
		from = was.typ
	}
	if from == to && plainCast(d.GetRawDefault(), cmd.GetName(), to) {
		return
	}
	s.hazardf("column-type-changed", r, "code of the release before may not read or write %s.%s as %s", r.name, cmd.GetName(), to)
	if !s.keepsRows(from, to) || !plainCast(d.GetRawDefault(), cmd.GetName(), to) {
		s.rewritesf(r, "the change of %s.%s to %s writes every row of %s and all its indexes anew", r.name, cmd.GetName(), to, r.name)
	}
	for _, f := range r.foreignKeys() {
		if (f.parent == r && contains(f.targets, cmd.GetName())) || (f.child == r && contains(f.columns, cmd.GetName())) {
			s.lock(f.other(r), AccessExclusive)
		}
	}
	for _, t := range r.family(true) {
		if c := t.columns[cmd.GetName()]; c != nil {
			c.typ = to
		}
	}
}

// setNotNull judges SET NOT NULL, which reads every row unless a constraint
// proves that none is null.
func (s *statement) setNotNull(r *relation, name string) {
	c := r.columns[name]
	if c != nil && c.notNull {
		return
	}
	for _, con := range r.constraints {
		if con.kind == 'c' && con.validated && con.provesNotNull(name) {
			if c != nil {
				c.notNull = true
			}
			return
		}
	}
	s.does(scan, r)
	s.hazardf("set-not-null-scan", r, "every row of %s is read to see that %s is never null, under a lock that blocks reads and writes", r.name, name)
	if c != nil {
		c.notNull = true
	}
}

// provesNotNull reports whether a check is just (column IS NOT NULL), as
// pg_get_expr writes it.
func (c *constraint) provesNotNull(name string) bool {
	return c.text == "("+name+" IS NOT NULL)" || c.text == `("`+name+`" IS NOT NULL)`
}

func contains(list []string, word string) bool {
	return slices.Contains(list, word)
}
