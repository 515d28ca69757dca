package footprint

import (
	"slices"

	tree "github.com/pganalyze/pg_query_go/v6"

	"github.com/safemigrate/safemigrate/migrate"
)

func (w *walker) alterTable(n *tree.AlterTableStmt) {
	if n.GetObjtype() == tree.ObjectType_OBJECT_TYPE {
		w.alterComposite(n)
		return
	}
	for _, r := range w.resolve(n.GetRelation()) {
		w.table(r)
		if r.kind != 'r' && r.kind != 'p' {
			w.object(kindWords[r.kind] + " " + name{r.schema, r.name}.label() + " altered")
		}
		for _, c := range n.GetCmds() {
			w.alter(r, c.GetAlterTableCmd(), n.GetRelation().GetInh())
		}
	}
	w.s.version++
}

var kindWords = map[byte]string{'r': "table", 'p': "table", 'v': "view", 'm': "materialized view", 'f': "foreign table", 'S': "sequence", 'c': "type"}

// alter is one subcommand of ALTER TABLE. Those that are not named change
// neither rows nor the meaning of a name: constraints' validation, options,
// storage, statistics, owners, row security, replica identity.
func (w *walker) alter(r *rel, c *tree.AlterTableCmd, whole bool) {
	if c == nil || w.alterColumn(r, c, whole) {
		return
	}
	switch c.GetSubtype() {
	case tree.AlterTableType_AT_AddConstraint:
		for _, t := range r.family(whole) {
			w.table(t)
			w.constraint(t, c.GetDef().GetConstraint(), nil)
		}
		w.visit(c.GetDef())
	case tree.AlterTableType_AT_ValidateConstraint:
		for _, t := range r.family(whole) {
			w.validated(t, c.GetName())
		}
		w.compute(r, OnWrite)
	case tree.AlterTableType_AT_DropConstraint:
		w.dropConstraint(r, c)
	case tree.AlterTableType_AT_SetLogged, tree.AlterTableType_AT_SetUnLogged, tree.AlterTableType_AT_SetAccessMethod, tree.AlterTableType_AT_SetTableSpace:
		w.rewritten(r)
	case tree.AlterTableType_AT_AddInherit:
		w.inherit(r, c.GetDef().GetRangeVar(), true)
	case tree.AlterTableType_AT_DropInherit:
		w.inherit(r, c.GetDef().GetRangeVar(), false)
	case tree.AlterTableType_AT_AttachPartition:
		for _, part := range w.resolve(c.GetDef().GetPartitionCmd().GetName()) {
			w.relate(part, r, true)
			w.compute(part, OnWrite)
		}
	case tree.AlterTableType_AT_DetachPartition, tree.AlterTableType_AT_DetachPartitionFinalize:
		for _, part := range w.resolve(c.GetDef().GetPartitionCmd().GetName()) {
			w.relate(part, r, false)
		}
	default:
		w.switchTriggers(r, c)
	}
}

// switchTriggers is ENABLE and DISABLE of triggers and rules. What is switched
// on may fire from here on; what is switched off may not, if that is sure.
func (w *walker) switchTriggers(r *rel, c *tree.AlterTableCmd) {
	on, off, rules := false, false, false
	switch c.GetSubtype() {
	case tree.AlterTableType_AT_EnableTrig, tree.AlterTableType_AT_EnableAlwaysTrig, tree.AlterTableType_AT_EnableReplicaTrig,
		tree.AlterTableType_AT_EnableTrigAll, tree.AlterTableType_AT_EnableTrigUser:
		on = true
	case tree.AlterTableType_AT_DisableTrig, tree.AlterTableType_AT_DisableTrigAll, tree.AlterTableType_AT_DisableTrigUser:
		off = true
	case tree.AlterTableType_AT_EnableRule, tree.AlterTableType_AT_EnableAlwaysRule, tree.AlterTableType_AT_EnableReplicaRule:
		on, rules = true, true
	case tree.AlterTableType_AT_DisableRule:
		off, rules = true, true
	default:
		return
	}
	off = off && !w.maybe
	if !on && !off {
		return
	}
	for _, t := range r.family(r.kind == 'p') {
		if rules {
			for _, u := range t.rules {
				if u.name == c.GetName() {
					u.off = off
				}
			}
			continue
		}
		for i, g := range t.triggers {
			if c.GetName() == "" || c.GetName() == g.name {
				changed := *g
				changed.off = off
				t.triggers[i] = &changed
			}
		}
	}
}

func (w *walker) inherit(r *rel, parent *tree.RangeVar, add bool) {
	for _, p := range w.resolve(parent) {
		w.relate(r, p, add)
	}
}

// relate makes a table the child of another, or ends that.
func (w *walker) relate(child, parent *rel, add bool) {
	w.table(child)
	w.table(parent)
	switch {
	case add:
		child.attached = true
		child.parents, parent.children = append(child.parents, parent), append(parent.children, child)
	case !w.maybe:
		child.parents = slices.DeleteFunc(slices.Clone(child.parents), func(o *rel) bool { return o == parent })
		parent.children = slices.DeleteFunc(slices.Clone(parent.children), func(o *rel) bool { return o == child })
	}
	w.s.version++
}

// dropConstraint drops foreign keys that the batch made, where it is sure; of
// the others the footprint may only grow too large by keeping them.
func (w *walker) dropConstraint(r *rel, c *tree.AlterTableCmd) {
	if w.maybe || r.keysRenamed {
		return
	}
	for parent, all := range w.s.keys {
		w.s.keys[parent] = slices.DeleteFunc(slices.Clone(all), func(k *key) bool { return k.child == r && k.name == c.GetName() && k.name != "" })
	}
	w.s.dropped[keyName{r.id, c.GetName()}] = true
}

// alterColumn handles the subcommands on columns.
func (w *walker) alterColumn(r *rel, c *tree.AlterTableCmd, whole bool) bool {
	switch c.GetSubtype() {
	case tree.AlterTableType_AT_AddColumn:
		for _, t := range r.family(whole) {
			w.addColumnTo(t, c)
		}
	case tree.AlterTableType_AT_DropColumn:
		w.dropColumns(r, c, whole)
	case tree.AlterTableType_AT_AlterColumnType:
		for _, t := range r.family(whole) {
			w.changeType(t, c)
		}
	case tree.AlterTableType_AT_ColumnDefault:
		for _, t := range r.family(whole) {
			w.table(t)
			for _, column := range t.column(c.GetName()) {
				if c.GetDef() != nil {
					column.preset = w.bind(c.GetDef())
				}
			}
		}
	case tree.AlterTableType_AT_SetExpression:
		for _, t := range r.family(whole) {
			for _, column := range t.column(c.GetName()) {
				w.rewritten(t)
				w.column(t, column, migrate.LosesRows)
				column.uses = []int16{0}
			}
			t.calls = append(t.calls, call{expr: w.bind(c.GetDef()), on: OnWrite})
		}
		w.visit(c.GetDef())
	case tree.AlterTableType_AT_SetNotNull, tree.AlterTableType_AT_DropNotNull, tree.AlterTableType_AT_SetStorage, tree.AlterTableType_AT_SetCompression,
		tree.AlterTableType_AT_SetStatistics, tree.AlterTableType_AT_AddIdentity, tree.AlterTableType_AT_SetIdentity, tree.AlterTableType_AT_DropIdentity,
		tree.AlterTableType_AT_DropExpression:
		for _, t := range r.family(whole) {
			w.table(t)
		}
		if c.GetSubtype() == tree.AlterTableType_AT_DropExpression && !w.maybe {
			for _, column := range r.column(c.GetName()) {
				column.generated = false
			}
		}
	default:
		return false
	}
	return true
}

// addColumnTo is ADD COLUMN: the rows are written anew where each gets a value
// of its own.
func (w *walker) addColumnTo(t *rel, c *tree.AlterTableCmd) {
	d := c.GetDef().GetColumnDef()
	if found := t.column(d.GetColname()); len(found) > 0 && !w.maybe {
		return // IF NOT EXISTS, a merge with a parent's, or an error
	}
	if w.maybe {
		if len(t.column(d.GetColname())) > 0 {
			w.addAnother(t, d)
			return
		}
	}
	column := w.columnElement(t, d)
	w.column(t, column, migrate.AddedTo)
	w.visitAll(d.GetConstraints())
	if t.kind == 'r' && w.ownValues(d) {
		w.rewritten(t)
	}
	if y := w.s.typeOf(column.typ); y != nil && y.kind == 'd' {
		w.rewritten(t)
		w.domain(column.typ)
	}
}

// addAnother adds a column of a name that may be there already.
func (w *walker) addAnother(t *rel, d *tree.ColumnDef) {
	t.last++
	column := &col{num: t.last, names: []string{d.GetColname()}, modifier: -1}
	t.columns = append(t.columns, column)
	w.column(t, column, migrate.AddedTo)
	if t.kind == 'r' && w.ownValues(d) {
		w.rewritten(t)
	}
}

// ownValues reports whether each row gets a value of its own.
func (w *walker) ownValues(d *tree.ColumnDef) bool {
	if _, last := qualified(d.GetTypeName().GetNames()); last == "serial" || last == "bigserial" || last == "smallserial" || last == "serial4" || last == "serial8" || last == "serial2" {
		return true
	}
	for _, k := range d.GetConstraints() {
		switch k.GetConstraint().GetContype() {
		case tree.ConstrType_CONSTR_GENERATED, tree.ConstrType_CONSTR_IDENTITY:
			return true
		case tree.ConstrType_CONSTR_DEFAULT:
			if w.volatile(k.GetConstraint().GetRawExpr()) {
				return true
			}
		default:
		}
	}
	return false
}

// volatile reports whether an expression may call a volatile function.
func (w *walker) volatile(n *tree.Node) bool {
	found := false
	calls(n, func(f *tree.FuncCall) {
		schema, function := qualified(f.GetFuncname())
		routines := w.s.called(schema, function, len(f.GetArgs()))
		for _, r := range routines {
			for _, b := range r.bodies {
				found = found || b.volatility == 'v'
			}
		}
		found = found || len(routines) == 0 && w.facts.volatiles[function]
	})
	return found
}

// dropColumns is DROP COLUMN, in children too where they only inherit it.
func (w *walker) dropColumns(r *rel, c *tree.AlterTableCmd, whole bool) {
	var gone []place
	for i, t := range r.family(whole) {
		for _, column := range t.column(c.GetName()) {
			if i > 0 && t.base != nil && column.before && t.kind == 'r' {
				if a := t.base.Column(column.names[0]); a != nil && a.Local && !t.base.Partition {
					w.table(t)
					continue
				}
			}
			gone = append(gone, place{Address: Address{Catalog: "pg_class", OID: t.id}, column: column.num})
		}
	}
	w.drop(gone, c.GetBehavior() == tree.DropBehavior_DROP_CASCADE)
}

// changeType is ALTER COLUMN … TYPE.
func (w *walker) changeType(t *rel, c *tree.AlterTableCmd) {
	d := c.GetDef().GetColumnDef()
	to, modifier := w.typeNamed(d.GetTypeName())
	using := d.GetRawDefault()
	w.parts(using)
	for _, column := range t.column(c.GetName()) {
		w.table(t)
		plain := using == nil || w.plainCast(using, c.GetName(), to, modifier)
		switch {
		case plain && to != 0 && column.typ == to && column.modifier == modifier:
		case plain && keeps(column.typ, column.modifier, to, modifier):
			if column.typ != to && !sameBytes(column.typ, to) {
				w.rewritten(t)
			}
			w.column(t, column, migrate.Rewritten)
		default:
			w.rewritten(t)
			w.column(t, column, migrate.LosesRows)
		}
		if w.maybe {
			column.typ, column.modifier = 0, -1
		} else {
			column.typ, column.modifier = to, modifier
		}
	}
	w.compute(t, OnWrite)
	w.domain(to)
}

// sameBytes: text and varchar are stored alike.
func sameBytes(a, b uint32) bool {
	return a == typeVarchar && b == typeText || a == typeText && b == typeVarchar
}

// plainCast reports whether USING is the column itself, or a cast of it to the new type.
func (w *walker) plainCast(n *tree.Node, column string, to uint32, modifier int32) bool {
	if cast := n.GetTypeCast(); cast != nil {
		oid, by := w.typeNamed(cast.GetTypeName())
		if oid != to || by != modifier {
			return false
		}
		n = cast.GetArg()
	}
	fields := n.GetColumnRef().GetFields()
	return len(fields) == 1 && fields[0].GetString_().GetSval() == column
}
