package catalog

import "context"

// constraintsSQL leaves out what belongs to a trigger, a domain or a column, what
// a foreign key becomes in partitions, and checks that come from a parent alone;
// those of partitions are needed when one stands alone. The index comes along for what the text of a constraint does
// not say.
const constraintsSQL = `
SELECT k.oid, k.conrelid, k.conname::text, coalesce(pg_get_constraintdef(k.oid), ''),
  coalesce(quote_ident(n.nspname) || '.' || quote_ident(i.relname), ''), coalesce(i.relname::text, ''),
  coalesce(i.reloptions, '{}'), coalesce(s.spcname::text, ''),
  coalesce(x.indisclustered, false), coalesce(x.indisreplident, false), coalesce(x.indisvalid, true),
  ` + indexTargets + `, coalesce(obj_description(i.oid, 'pg_class'), ''),
  k.contype::text, k.coninhcount > 0, coalesce(i.relkind = 'I', false), ` + indexParent + `
FROM pg_constraint k
LEFT JOIN pg_class i ON i.oid = k.conindid AND k.contype IN ('p', 'u', 'x')
LEFT JOIN pg_index x ON x.indexrelid = i.oid LEFT JOIN pg_namespace n ON n.oid = i.relnamespace
LEFT JOIN pg_tablespace s ON s.oid = i.reltablespace
WHERE k.contype IN ('c', 'u', 'p', 'f', 'x') AND k.conrelid <> 0 AND k.oid >= 16384
  AND (k.contype <> 'f' OR k.conparentid = 0)
  AND (k.contype <> 'c' OR k.conislocal OR k.coninhcount = 0 OR (SELECT relispartition FROM pg_class WHERE oid = k.conrelid))`

func (r *reader) readConstraints(ctx context.Context) error {
	return r.each(ctx, "constraints", constraintsSQL, func(rows row) error {
		var oid, table uint32
		var name, definition, onIndex, kind string
		var inherited bool
		var index indexState
		err := rows.Scan(&oid, &table, &name, &definition, &index.identity, &index.name,
			&index.options, &index.tablespace, &index.clustered, &index.replica, &index.valid,
			&index.targets, &onIndex, &kind, &inherited, &index.partitioned, &index.parent, &index.parentOID)
		if err != nil {
			return err
		}
		o, ok := r.hanging(Address{Catalog: "pg_constraint", OID: oid}, KindConstraint, name, table)
		if !ok || definition == "" {
			return nil
		}
		o.OnIndex = onIndex
		parent := r.object(o.Parent)
		o.Create = alterFor(parent, kind) + "ADD CONSTRAINT " + Quote(name) + " " + definition
		if index.name != "" {
			if len(index.options) > 0 {
				o.After = append(o.After, "ALTER INDEX "+index.identity+" SET ("+settings(index.options)+")")
			}
			index.complete(&o, parent)
			o.Part = r.partOf(&index)
		}
		o.Inherited = inherited && kind == "c"
		r.add(o, 0, 0)
		return nil
	})
}

// alterFor begins the statement that adds a constraint. Checks are inherited and
// foreign keys go to all partitions, where ONLY is refused.
func alterFor(table *Object, kind string) string {
	if table.Table != nil && (kind == "c" || kind == "f" && table.Table.Key != "") {
		return "ALTER TABLE " + table.Identity + " "
	}
	return alterOnly(table)
}
