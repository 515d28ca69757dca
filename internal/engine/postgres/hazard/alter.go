package hazard

import (
	tree "github.com/pganalyze/pg_query_go/v6"
)

// alterModes holds the actions of ALTER TABLE that take less than ACCESS
// EXCLUSIVE (AlterTableGetLockLevel in PostgreSQL's tablecmds.c).
var alterModes = map[tree.AlterTableType]Mode{
	tree.AlterTableType_AT_SetStatistics:           ShareUpdateExclusive,
	tree.AlterTableType_AT_SetOptions:              ShareUpdateExclusive,
	tree.AlterTableType_AT_ResetOptions:            ShareUpdateExclusive,
	tree.AlterTableType_AT_ClusterOn:               ShareUpdateExclusive,
	tree.AlterTableType_AT_DropCluster:             ShareUpdateExclusive,
	tree.AlterTableType_AT_ValidateConstraint:      ShareUpdateExclusive,
	tree.AlterTableType_AT_AttachPartition:         ShareUpdateExclusive,
	tree.AlterTableType_AT_DetachPartitionFinalize: ShareUpdateExclusive,
	tree.AlterTableType_AT_EnableTrig:              ShareRowExclusive,
	tree.AlterTableType_AT_EnableAlwaysTrig:        ShareRowExclusive,
	tree.AlterTableType_AT_EnableReplicaTrig:       ShareRowExclusive,
	tree.AlterTableType_AT_EnableTrigAll:           ShareRowExclusive,
	tree.AlterTableType_AT_EnableTrigUser:          ShareRowExclusive,
	tree.AlterTableType_AT_DisableTrig:             ShareRowExclusive,
	tree.AlterTableType_AT_DisableTrigAll:          ShareRowExclusive,
	tree.AlterTableType_AT_DisableTrigUser:         ShareRowExclusive,
}

// ownOnly holds the actions that stay with the table that is named, whatever
// inherits from it.
var ownOnly = map[tree.AlterTableType]bool{
	tree.AlterTableType_AT_ChangeOwner: true, tree.AlterTableType_AT_SetRelOptions: true, tree.AlterTableType_AT_ResetRelOptions: true,
	tree.AlterTableType_AT_ClusterOn: true, tree.AlterTableType_AT_DropCluster: true, tree.AlterTableType_AT_SetLogged: true,
	tree.AlterTableType_AT_SetUnLogged: true, tree.AlterTableType_AT_SetAccessMethod: true, tree.AlterTableType_AT_SetTableSpace: true,
	tree.AlterTableType_AT_ReplicaIdentity: true, tree.AlterTableType_AT_EnableRowSecurity: true, tree.AlterTableType_AT_DisableRowSecurity: true,
	tree.AlterTableType_AT_ForceRowSecurity: true, tree.AlterTableType_AT_NoForceRowSecurity: true, tree.AlterTableType_AT_EnableRule: true,
	tree.AlterTableType_AT_EnableAlwaysRule: true, tree.AlterTableType_AT_EnableReplicaRule: true, tree.AlterTableType_AT_DisableRule: true,
	tree.AlterTableType_AT_AddInherit: true, tree.AlterTableType_AT_DropInherit: true, tree.AlterTableType_AT_AttachPartition: true,
	tree.AlterTableType_AT_DetachPartition: true, tree.AlterTableType_AT_DetachPartitionFinalize: true, tree.AlterTableType_AT_AddOf: true,
	tree.AlterTableType_AT_DropOf: true,
}

// weakOptions are the storage parameters whose change takes the weaker lock.
var weakOptions = func() map[string]bool {
	m := map[string]bool{"fillfactor": true, "toast_tuple_target": true, "parallel_workers": true, "log_autovacuum_min_duration": true,
		"vacuum_index_cleanup": true, "vacuum_truncate": true, "deduplicate_items": true}
	return m
}()

// alterTable judges ALTER TABLE and its kin.
func (s *statement) alterTable(a *tree.AlterTableStmt) {
	r := s.find(a.GetRelation())
	if r == nil {
		return
	}
	if r.kind == 'i' || r.kind == 'I' {
		s.alterIndex(a, r)
		return
	}
	mode := None
	for _, c := range a.GetCmds() {
		cmd := c.GetAlterTableCmd()
		mode = max(mode, s.actionMode(cmd))
	}
	s.lock(r, mode)
	for _, c := range a.GetCmds() {
		cmd := c.GetAlterTableCmd()
		if a.GetRelation().GetInh() && !ownOnly[cmd.GetSubtype()] && s.recurses(r, cmd) {
			s.lockAll(r.family(true), s.below(r, cmd, mode))
		}
	}
	for _, c := range a.GetCmds() {
		s.action(r, c.GetAlterTableCmd(), a.GetRelation().GetInh())
	}
}

// recurses reports whether an action reaches the tables that inherit from r.
func (s *statement) recurses(r *relation, cmd *tree.AlterTableCmd) bool {
	switch cmd.GetSubtype() {
	case tree.AlterTableType_AT_AddConstraint:
		con := cmd.GetDef().GetConstraint()
		return r.kind == 'p' || (con.GetContype() == tree.ConstrType_CONSTR_CHECK && !con.GetIsNoInherit())
	case tree.AlterTableType_AT_ColumnDefault, tree.AlterTableType_AT_SetStatistics, tree.AlterTableType_AT_AddIndexConstraint,
		tree.AlterTableType_AT_SetOptions, tree.AlterTableType_AT_ResetOptions:
		return cmd.GetSubtype() != tree.AlterTableType_AT_AddIndexConstraint
	case tree.AlterTableType_AT_EnableTrig, tree.AlterTableType_AT_DisableTrig, tree.AlterTableType_AT_EnableAlwaysTrig,
		tree.AlterTableType_AT_EnableReplicaTrig, tree.AlterTableType_AT_EnableTrigAll, tree.AlterTableType_AT_EnableTrigUser,
		tree.AlterTableType_AT_DisableTrigAll, tree.AlterTableType_AT_DisableTrigUser:
		return r.kind == 'p'
	case tree.AlterTableType_AT_AlterConstraint:
		return r.kind == 'p'
	case tree.AlterTableType_AT_AddIdentity, tree.AlterTableType_AT_SetIdentity, tree.AlterTableType_AT_DropIdentity:
		return r.kind == 'p' && s.server >= 170000
	}
	return true
}

// below is the lock that an action of ALTER TABLE takes on what inherits from r:
// a key of a partitioned table is built as an index on every partition.
func (s *statement) below(r *relation, cmd *tree.AlterTableCmd, mode Mode) Mode {
	con := cmd.GetDef().GetConstraint()
	if cmd.GetSubtype() != tree.AlterTableType_AT_AddConstraint || r.kind != 'p' {
		return mode
	}
	switch con.GetContype() {
	case tree.ConstrType_CONSTR_PRIMARY:
		for _, name := range words(con.GetKeys()) {
			if c := r.columns[name]; c == nil || !c.notNull {
				return mode
			}
		}
		return Share
	case tree.ConstrType_CONSTR_UNIQUE, tree.ConstrType_CONSTR_EXCLUSION:
		return Share
	}
	return mode
}

// actionMode is the lock that an action takes on the table itself.
func (s *statement) actionMode(cmd *tree.AlterTableCmd) Mode {
	switch cmd.GetSubtype() {
	case tree.AlterTableType_AT_AddConstraint:
		if cmd.GetDef().GetConstraint().GetContype() == tree.ConstrType_CONSTR_FOREIGN {
			return ShareRowExclusive
		}
	case tree.AlterTableType_AT_SetRelOptions, tree.AlterTableType_AT_ResetRelOptions:
		return optionsMode(cmd.GetDef().GetList().GetItems())
	case tree.AlterTableType_AT_DetachPartition:
		if cmd.GetDef().GetPartitionCmd().GetConcurrent() {
			return ShareUpdateExclusive
		}
	}
	if m, ok := alterModes[cmd.GetSubtype()]; ok {
		return m
	}
	return AccessExclusive
}

// optionsMode is the lock of SET and RESET of storage parameters.
func optionsMode(options []*tree.Node) Mode {
	for _, o := range options {
		d := o.GetDefElem()
		if !weakOptions[d.GetDefname()] && d.GetDefnamespace() != "toast" && !autovacuum(d.GetDefname()) {
			return AccessExclusive
		}
	}
	return ShareUpdateExclusive
}

func autovacuum(option string) bool {
	const prefix = "autovacuum_"
	return len(option) > len(prefix) && option[:len(prefix)] == prefix
}

// alterIndex judges ALTER INDEX, whose lock is on the index alone.
func (s *statement) alterIndex(a *tree.AlterTableStmt, index *relation) {
	for _, c := range a.GetCmds() {
		cmd := c.GetAlterTableCmd()
		if cmd.GetSubtype() == tree.AlterTableType_AT_AttachPartition && index.table != nil {
			s.lock(index.table, AccessShare)
			if part := s.find(cmd.GetDef().GetPartitionCmd().GetName()); part != nil {
				s.lock(part.table, AccessShare)
			}
		}
	}
}

// action judges one action of ALTER TABLE on r.
func (s *statement) action(r *relation, cmd *tree.AlterTableCmd, inherited bool) {
	switch cmd.GetSubtype() {
	case tree.AlterTableType_AT_AddColumn:
		s.addColumn(r, cmd.GetDef().GetColumnDef(), inherited)
	case tree.AlterTableType_AT_DropColumn:
		s.dropColumn(r, cmd)
	case tree.AlterTableType_AT_AlterColumnType:
		s.changeType(r, cmd)
	case tree.AlterTableType_AT_SetNotNull:
		s.setNotNull(r, cmd.GetName())
	case tree.AlterTableType_AT_DropNotNull:
		if c := r.columns[cmd.GetName()]; c != nil {
			c.notNull = false
		}
		s.hazardf("not-null-dropped", r, "code that reads %s.%s may not expect NULL", r.name, cmd.GetName())
	case tree.AlterTableType_AT_ColumnDefault:
		if c := r.columns[cmd.GetName()]; c != nil {
			c.filled = cmd.GetDef() != nil
		}
	case tree.AlterTableType_AT_SetExpression:
		s.rewritesf(r, "SET EXPRESSION computes every row of %s anew", r.name)
	case tree.AlterTableType_AT_AddConstraint:
		s.addConstraint(r, cmd.GetDef().GetConstraint())
	case tree.AlterTableType_AT_AddIndexConstraint, tree.AlterTableType_AT_AddIndex:
	case tree.AlterTableType_AT_ValidateConstraint:
		s.validate(r, cmd.GetName())
	case tree.AlterTableType_AT_DropConstraint:
		s.dropConstraint(r, cmd)
	default:
		s.tableAction(r, cmd)
	}
}

// tableAction judges the actions that concern the table as a whole.
func (s *statement) tableAction(r *relation, cmd *tree.AlterTableCmd) {
	switch cmd.GetSubtype() {
	case tree.AlterTableType_AT_SetLogged:
		s.rewritesf(r, "SET LOGGED writes every row of %s to a new file and to the log", r.name)
	case tree.AlterTableType_AT_SetUnLogged:
		s.rewritesf(r, "SET UNLOGGED writes every row of %s to a new file", r.name)
		s.hazardf("set-unlogged", r, "after a crash of the server %s is empty", r.name)
	case tree.AlterTableType_AT_SetAccessMethod:
		s.rewritesf(r, "SET ACCESS METHOD writes every row of %s anew", r.name)
	case tree.AlterTableType_AT_SetTableSpace:
		s.rewritesf(r, "SET TABLESPACE copies the files of %s", r.name)
	case tree.AlterTableType_AT_DisableTrig, tree.AlterTableType_AT_DisableTrigAll, tree.AlterTableType_AT_DisableTrigUser:
		s.hazardf("triggers-disabled", r, "rows of %s that anybody writes meanwhile pass the trigger by, also after the batch where nothing turns it on again", r.name)
	case tree.AlterTableType_AT_DisableRowSecurity, tree.AlterTableType_AT_NoForceRowSecurity:
		s.hazardf("row-security-disabled", r, "every role with a privilege on %s sees all its rows", r.name)
	case tree.AlterTableType_AT_AttachPartition:
		s.attach(r, cmd.GetDef().GetPartitionCmd())
	case tree.AlterTableType_AT_DetachPartition, tree.AlterTableType_AT_DetachPartitionFinalize:
		s.detach(r, cmd)
	case tree.AlterTableType_AT_AddInherit:
		if p := s.find(cmd.GetDef().GetRangeVar()); p != nil {
			s.lock(p, ShareUpdateExclusive)
			p.children, r.parents = append(p.children, r), append(r.parents, p)
		}
	case tree.AlterTableType_AT_DropInherit:
		if p := s.find(cmd.GetDef().GetRangeVar()); p != nil {
			s.lock(p, AccessShare)
			p.children, r.parents = without(p.children, r), without(r.parents, p)
		}
	}
}

// rewritesf notes that every row of r is written to a new file.
func (s *statement) rewritesf(r *relation, format string, args ...any) {
	if s.doing(rewrite, r) {
		return
	}
	s.does(rewrite, r)
	s.hazardf("table-rewrite", r, format+", under a lock that blocks reads and writes", args...)
}

// attach judges ATTACH PARTITION.
func (s *statement) attach(parent *relation, cmd *tree.PartitionCmd) {
	part := s.find(cmd.GetName())
	if part == nil {
		return
	}
	s.lockAll(part.family(true), AccessExclusive)
	for _, c := range parent.children {
		if c.isDefault {
			s.lock(c, AccessExclusive)
		}
	}
	s.does(scan, part)
	s.hazardf("attach-partition-scan", part, "every row of %s is read to see whether it fits the bounds, unless a constraint proves it", part.name)
	parent.children, part.parents = append(parent.children, part), append(part.parents, parent)
	part.partition, part.isDefault = true, cmd.GetBound().GetIsDefault()
}

// detach judges DETACH PARTITION.
func (s *statement) detach(parent *relation, cmd *tree.AlterTableCmd) {
	part := s.find(cmd.GetDef().GetPartitionCmd().GetName())
	if part == nil {
		return
	}
	mode := AccessExclusive
	if cmd.GetDef().GetPartitionCmd().GetConcurrent() {
		mode = ShareUpdateExclusive
	} else if cmd.GetSubtype() == tree.AlterTableType_AT_DetachPartition {
		s.hazardf("detach-not-concurrent", parent, "nobody can read or write %s or any of its partitions until the commit", parent.name)
	}
	s.lock(part, mode)
	for _, c := range parent.children {
		if c.isDefault {
			s.lock(c, AccessExclusive)
		}
	}
	parent.children, part.parents = without(parent.children, part), without(part.parents, parent)
}
