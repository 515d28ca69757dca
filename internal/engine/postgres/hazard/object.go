package hazard

import (
	tree "github.com/pganalyze/pg_query_go/v6"
)

// judgeObject judges the statements about other objects, names, rights and the
// session.
func (s *statement) judgeObject(node *tree.Node) bool {
	switch n := node.GetNode().(type) {
	case *tree.Node_DropStmt:
		s.dropObjects(n.DropStmt)
	case *tree.Node_RenameStmt:
		s.rename(n.RenameStmt)
	case *tree.Node_AlterObjectSchemaStmt:
		s.moveSchema(n.AlterObjectSchemaStmt)
	case *tree.Node_AlterOwnerStmt:
		s.lock(s.find(n.AlterOwnerStmt.GetRelation()), AccessExclusive)
	case *tree.Node_CreateTrigStmt:
		s.createTrigger(n.CreateTrigStmt)
	case *tree.Node_RuleStmt:
		r := s.find(n.RuleStmt.GetRelation())
		s.lock(r, AccessExclusive)
		if r != nil {
			s.hazardf("rule-added", r, "every statement on %s is planned anew, and may do something else than it says", r.name)
		}
	case *tree.Node_CreatePolicyStmt:
		s.lock(s.find(n.CreatePolicyStmt.GetTable()), AccessExclusive)
	case *tree.Node_AlterPolicyStmt:
		s.lock(s.find(n.AlterPolicyStmt.GetTable()), AccessExclusive)
	case *tree.Node_CommentStmt:
		s.comment(n.CommentStmt)
	case *tree.Node_CreateStatsStmt:
		for _, r := range n.CreateStatsStmt.GetRelations() {
			s.lock(s.find(r.GetRangeVar()), ShareUpdateExclusive)
		}
	case *tree.Node_CreateSeqStmt:
		s.ownedBy(n.CreateSeqStmt.GetOptions())
	case *tree.Node_AlterSeqStmt:
		s.ownedBy(n.AlterSeqStmt.GetOptions())
	case *tree.Node_CreatePublicationStmt:
		s.publication(n.CreatePublicationStmt.GetPubobjects())
	case *tree.Node_AlterPublicationStmt:
		s.publication(n.AlterPublicationStmt.GetPubobjects())
	case *tree.Node_VariableSetStmt:
		s.set(n.VariableSetStmt)
	default:
		return s.judgeRights(node)
	}
	return true
}

// judgeRights judges what is about roles, types, extensions and transactions.
func (s *statement) judgeRights(n *tree.Node) bool {
	switch n := n.GetNode().(type) {
	case *tree.Node_GrantStmt:
		s.grant(n.GrantStmt)
	case *tree.Node_AlterEnumStmt:
		s.alterEnum(n.AlterEnumStmt)
	case *tree.Node_AlterDomainStmt:
		s.alterDomain(n.AlterDomainStmt)
	case *tree.Node_CreateExtensionStmt:
		s.hazardf("extension-changed", nil, "CREATE EXTENSION %s needs files on the server, and what it sets up itself is not in any snapshot", n.CreateExtensionStmt.GetExtname())
	case *tree.Node_AlterExtensionStmt:
		s.hazardf("extension-changed", nil, "an extension has no way back to its older version")
	case *tree.Node_AlterExtensionContentsStmt:
		s.hazardf("extension-changed", nil, "what belongs to an extension cannot be taken back")
	case *tree.Node_DropOwnedStmt:
		s.hazardf("drop-cascade", nil, "DROP OWNED drops everything that the role owns in this database")
	default:
		return false
	}
	return true
}

// rename judges ALTER … RENAME.
func (s *statement) rename(n *tree.RenameStmt) {
	r := s.find(n.GetRelation())
	if r == nil {
		return
	}
	if r.kind == 'i' || r.kind == 'I' {
		s.move(r, r.schema, n.GetNewname())
		return
	}
	switch n.GetRenameType() {
	case tree.ObjectType_OBJECT_COLUMN, tree.ObjectType_OBJECT_ATTRIBUTE:
		s.lockAll(r.family(n.GetRelation().GetInh()), AccessExclusive)
		s.hazardf("column-renamed", r, "code of the release before still calls it %s.%s", r.name, n.GetSubname())
		if c := r.columns[n.GetSubname()]; c != nil {
			delete(r.columns, n.GetSubname())
			r.columns[n.GetNewname()] = c
		}
	case tree.ObjectType_OBJECT_TABLE, tree.ObjectType_OBJECT_VIEW, tree.ObjectType_OBJECT_MATVIEW, tree.ObjectType_OBJECT_FOREIGN_TABLE:
		s.lock(r, AccessExclusive)
		s.hazardf("table-renamed", r, "code of the release before still calls it %s", r.name)
		s.move(r, r.schema, n.GetNewname())
	case tree.ObjectType_OBJECT_TABCONSTRAINT:
		s.lock(r, AccessExclusive)
		if c := r.constraint(n.GetSubname()); c != nil {
			if c.kind == 'c' {
				s.lockAll(r.family(n.GetRelation().GetInh()), AccessExclusive)
			}
			c.name = n.GetNewname()
		}
	default:
		s.lockAll(r.family(n.GetRenameType() == tree.ObjectType_OBJECT_TRIGGER && r.kind == 'p'), AccessExclusive)
	}
}

// moveSchema judges SET SCHEMA.
func (s *statement) moveSchema(n *tree.AlterObjectSchemaStmt) {
	r := s.find(n.GetRelation())
	if r == nil {
		return
	}
	s.lock(r, AccessExclusive)
	s.hazardf("table-renamed", r, "code of the release before still looks for %s in %s", r.name, r.schema)
	s.move(r, n.GetNewschema(), r.name)
	for _, i := range r.indexes {
		i.schema = n.GetNewschema()
		s.relations[i.label()] = i
	}
}

// createTrigger judges CREATE TRIGGER.
func (s *statement) createTrigger(t *tree.CreateTrigStmt) {
	r := s.find(t.GetRelation())
	if r == nil {
		return
	}
	s.lockAll(r.family(r.kind == 'p' && t.GetRow()), ShareRowExclusive)
	s.lock(s.find(t.GetConstrrel()), AccessShare)
	s.hazardf("trigger-added", r, "nobody can write to %s until the commit, and every write afterwards calls the trigger", r.name)
}

// comment judges COMMENT ON.
func (s *statement) comment(c *tree.CommentStmt) {
	parts := words(c.GetObject().GetList().GetItems())
	switch c.GetObjtype() {
	case tree.ObjectType_OBJECT_TABLE, tree.ObjectType_OBJECT_VIEW, tree.ObjectType_OBJECT_MATVIEW, tree.ObjectType_OBJECT_FOREIGN_TABLE:
		s.lock(s.dotted(parts), ShareUpdateExclusive)
	case tree.ObjectType_OBJECT_COLUMN:
		if len(parts) > 1 {
			s.lock(s.dotted(parts[:len(parts)-1]), ShareUpdateExclusive)
		}
	default:
		if onTable[c.GetObjtype()] && len(parts) > 1 {
			s.lock(s.dotted(parts[:len(parts)-1]), AccessShare)
		}
	}
}

// ownedBy locks the table of a sequence's OWNED BY.
func (s *statement) ownedBy(options []*tree.Node) {
	for _, o := range options {
		if d := o.GetDefElem(); d.GetDefname() == "owned_by" {
			if parts := words(d.GetArg().GetList().GetItems()); len(parts) > 1 {
				s.lock(s.dotted(parts[:len(parts)-1]), AccessShare)
			}
		}
	}
}

func (s *statement) publication(objects []*tree.Node) {
	for _, o := range objects {
		s.lock(s.find(o.GetPublicationObjSpec().GetPubtable().GetRelation()), ShareUpdateExclusive)
	}
}

// set follows search_path; an argument that is no constant leaves it as it was.
func (s *statement) set(v *tree.VariableSetStmt) {
	if v.GetName() != "search_path" && v.GetKind() != tree.VariableSetKind_VAR_RESET_ALL {
		return
	}
	if v.GetKind() != tree.VariableSetKind_VAR_SET_VALUE {
		s.path = s.facts.path
		return
	}
	path := []string{"pg_catalog"}
	for _, a := range v.GetArgs() {
		path = append(path, a.GetAConst().GetSval().GetSval())
	}
	s.path = path
}

// grant judges GRANT and REVOKE.
func (s *statement) grant(g *tree.GrantStmt) {
	for _, n := range g.GetGrantees() {
		if n.GetRoleSpec().GetRoletype() != tree.RoleSpecType_ROLESPEC_PUBLIC {
			continue
		}
		if g.GetIsGrant() {
			s.hazardf("public-privileges", nil, "every role of the server gets the privilege, those that come later, too")
		} else {
			s.hazardf("public-privileges", nil, "roles that had the privilege through PUBLIC alone lose it at the commit")
		}
	}
}

// alterEnum judges ALTER TYPE … ADD VALUE and RENAME VALUE.
func (s *statement) alterEnum(a *tree.AlterEnumStmt) {
	name := last(a.GetTypeName())
	if a.GetOldVal() != "" {
		s.hazardf("enum-value-renamed", nil, "code of the release before still writes %s into columns of type %s", a.GetOldVal(), name)
		return
	}
	s.hazardf("enum-value-added", nil, "PostgreSQL cannot take a value out of %s: a rollback makes the type and its columns anew", name)
}

// alterDomain judges ALTER DOMAIN: a new constraint is checked in every table
// that has a column of it.
func (s *statement) alterDomain(a *tree.AlterDomainStmt) {
	name := last(a.GetTypeName())
	checks := a.GetSubtype() == "O" || (a.GetSubtype() == "C" && !a.GetDef().GetConstraint().GetSkipValidation()) || a.GetSubtype() == "V"
	if !checks {
		return
	}
	for _, r := range s.users[name] {
		s.lock(r, Share)
		s.does(scan, r)
	}
	if len(s.users[name]) > 0 {
		s.hazardf("domain-constraint-scan", s.users[name][0], "every row of the %d tables with a column of %s is read, under a lock that blocks writes", len(s.users[name]), name)
	}
}
