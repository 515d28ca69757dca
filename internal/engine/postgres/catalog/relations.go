package catalog

import "context"

const relationsSQL = `
SELECT c.oid, n.nspname::text, c.relname::text, c.relkind::text, c.relowner, c.relpersistence::text,
  coalesce(c.reloptions, '{}')
    || ARRAY(SELECT 'toast.' || o FROM pg_class s, unnest(s.reloptions) o WHERE s.oid = c.reltoastrelid),
  coalesce(s.spcname::text, ''), coalesce(m.amname::text, ''),
  c.relrowsecurity, c.relforcerowsecurity, c.relreplident::text, c.relispopulated,
  ARRAY(SELECT quote_ident(pn.nspname) || '.' || quote_ident(p.relname) FROM pg_inherits i
    JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace
    WHERE i.inhrelid = c.oid ORDER BY i.inhseqno),
  coalesce(CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END, ''),
  coalesce(pg_get_expr(c.relpartbound, c.oid), ''),
  coalesce(CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END, ''),
  coalesce(format_type(nullif(c.reloftype, 0), NULL), ''), c.reltype
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_type t ON t.oid = c.reltype
LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace LEFT JOIN pg_am m ON m.oid = c.relam
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND c.oid >= 16384`

// relationRow is a row of pg_class for a table or view, before its columns are
// known.
type relationRow struct {
	object    Object
	kind      string // relkind
	owner     uint32
	table     Table
	populated bool   // a materialized view that holds rows
	query     string // of a view
	server    int
}

// readRelations reads tables, views and materialized views.
func (r *reader) readRelations(ctx context.Context) error {
	var found []relationRow
	err := r.each(ctx, "tables and views", relationsSQL, func(rows row) error {
		row, err := r.scanRelation(rows)
		gone := row.query == "" && (row.kind == "v" || row.kind == "m")
		if err == nil && !gone && r.defined(row.object.Address) {
			found = append(found, row)
		}
		return err
	})
	if err != nil {
		return err
	}
	tables := make(map[uint32]struct{}, len(found))
	for i := range found {
		tables[found[i].object.Address.OID] = struct{}{}
	}
	columns, err := r.readColumns(ctx, tables)
	if err != nil {
		return err
	}
	checks, err := r.readInheritedChecks(ctx)
	if err != nil {
		return err
	}
	for i := range found {
		row := &found[i]
		live := columns[row.object.Address.OID]
		switch row.kind {
		case "v":
			row.defineView(live)
		case "m":
			row.defineMatview(live)
		case "f":
			row.defineForeign(live)
		default:
			row.table.Checks = checks[row.object.Address.OID]
			row.defineTable(live)
		}
		r.add(row.object, row.owner, 'r')
	}
	return r.completeTrees(ctx)
}

func (r *reader) scanRelation(rows row) (relationRow, error) {
	row := relationRow{server: r.server}
	o, t := &row.object, &row.table
	var rowType uint32
	o.Address.Catalog = "pg_class"
	err := rows.Scan(&o.Address.OID, &o.Schema, &o.Name, &row.kind, &row.owner, &t.Persistence,
		&t.Options, &t.Tablespace, &t.Method, &t.RowSecurity, &t.ForceRLS, &t.Replica, &row.populated,
		&t.Parents, &t.Key, &t.Partition, &row.query, &o.Of, &rowType)
	r.rows[o.Address] = Address{Catalog: "pg_type", OID: rowType}
	o.Schema, row.kind = r.text(o.Schema), r.text(row.kind)
	t.Persistence, t.Method, t.Replica = r.text(t.Persistence), r.text(t.Method), r.text(t.Replica)
	o.Identity = Qualified(o.Schema, o.Name)
	row.query = trimStatement(row.query)
	return row, err
}
