package catalog

import (
	"context"
	"slices"
)

// ByParents tells whether a table can only be made as it is by CREATE TABLE …
// INHERITS: it has columns, checks or a NOT NULL from its parents alone. Partitions,
// and tables that declare all of theirs, are made on their own and put in their
// place then.
func (t *Table) ByParents() bool {
	return t.Partition == "" && (len(t.Checks) > 0 ||
		slices.ContainsFunc(t.Columns, func(c Column) bool { return c.NotNullOver || c.Inherited > 0 && !c.Local }))
}

// completeInherited lists what CREATE TABLE … INHERITS would leave otherwise in
// columns that come from parents, alone or as well.
func (t *Table) completeInherited(alter string) []string {
	if !t.ByParents() {
		return nil
	}
	var after []string
	for i := range t.Columns {
		c := &t.Columns[i]
		if c.Inherited == 0 {
			continue
		}
		column := alter + "ALTER COLUMN " + Quote(c.Name) + " "
		if c.Generated == "" && c.Identity == "" {
			after = append(after, column+"DROP DEFAULT") // what it has is an object of its own
		}
		if c.Local {
			continue
		}
		switch {
		case !c.NotNull || c.NotNullOver || c.NotNullBad:
		case c.NotNullName != "":
			after = append(after, alter+"ADD "+c.NotNullConstraint())
		default:
			after = append(after, column+"SET NOT NULL")
		}
		if c.Compression != "" {
			after = append(after, column+"SET COMPRESSION "+c.Compression)
		}
	}
	return after
}

// readInheritedChecks reads the checks that tables have from parents alone, by the
// OID of the table; those of partitions are objects.
func (r *reader) readInheritedChecks(ctx context.Context) (map[uint32][]string, error) {
	const sql = `SELECT k.conrelid, quote_ident(k.conname) || ' ' || coalesce(pg_get_constraintdef(k.oid), '')
		FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
		WHERE k.contype = 'c' AND NOT k.conislocal AND k.coninhcount > 0 AND NOT c.relispartition AND k.oid >= 16384 ORDER BY k.conname`
	checks := map[uint32][]string{}
	err := r.each(ctx, "inherited checks", sql, func(rows row) error {
		var oid uint32
		var check string
		err := rows.Scan(&oid, &check)
		checks[oid] = append(checks[oid], check)
		return err
	})
	return checks, err
}

// completeTrees adds to partitions the triggers that come from their parents.
func (r *reader) completeTrees(ctx context.Context) error {
	const triggers = `SELECT tgrelid, CASE tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE ALWAYS' ELSE 'ENABLE' END
		|| ' TRIGGER ' || quote_ident(tgname)
		FROM pg_trigger WHERE tgparentid <> 0 AND tgconstraint = 0 AND oid >= 16384 ORDER BY tgname`
	err := r.each(ctx, "triggers of partitions", triggers, func(rows row) error {
		var oid uint32
		var state string
		err := rows.Scan(&oid, &state)
		if o := r.object(relation(oid)); o != nil && o.Table != nil {
			o.Table.Clones = append(o.Table.Clones, state)
		}
		return err
	})
	if err != nil {
		return err
	}
	r.checkOrder()
	return nil
}

// checkOrder finds tables whose columns stand in another order than CREATE
// TABLE … INHERITS gives: first those of the parents, one after the other.
func (r *reader) checkOrder() {
	tables := map[string]*Table{}
	for i := range r.objects {
		if o := &r.objects[i]; o.Table != nil && len(o.Table.Parents) > 0 {
			tables[o.Identity] = nil
		}
	}
	if len(tables) == 0 {
		return
	}
	for i := range r.objects {
		if o := &r.objects[i]; o.Table != nil {
			tables[o.Identity] = o.Table
		}
	}
	for i := range r.objects {
		o := &r.objects[i]
		if o.Table == nil || !o.Table.ByParents() || o.Fixed != "" {
			continue
		}
		if !o.Table.ordered(tables) {
			o.Fixed = "its columns stand in another order than its parents' give"
		}
	}
}

func (t *Table) ordered(tables map[string]*Table) bool {
	var names []string
	add := func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, parent := range t.Parents {
		if p := tables[parent]; p != nil {
			for i := range p.Columns {
				add(p.Columns[i].Name)
			}
		}
	}
	for i := range t.Columns {
		add(t.Columns[i].Name)
	}
	return slices.EqualFunc(t.Columns, names, func(c Column, name string) bool { return c.Name == name })
}
