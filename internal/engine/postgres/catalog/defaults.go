package catalog

import "context"

func (r *reader) readDefaults(ctx context.Context) error {
	const sql = `SELECT d.oid, d.adrelid, a.attname::text, coalesce(pg_get_expr(d.adbin, d.adrelid), '')
		FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
		WHERE a.attgenerated = '' AND d.oid >= 16384`
	return r.each(ctx, "column defaults", sql, func(rows row) error {
		var oid, table uint32
		var column, expr string
		if err := rows.Scan(&oid, &table, &column, &expr); err != nil {
			return err
		}
		o, ok := r.hanging(Address{Catalog: "pg_attrdef", OID: oid}, KindDefault, column, table)
		if !ok || expr == "" {
			return nil
		}
		o.Create = alterOnly(r.object(o.Parent)) + "ALTER COLUMN " + Quote(column) + " SET DEFAULT " + expr
		r.add(o, 0, 0)
		return nil
	})
}

// hanging begins an object that hangs on a table or view; not ok where that is
// left out.
func (r *reader) hanging(a Address, kind Kind, name string, table uint32) (Object, bool) {
	parent := r.object(relation(table))
	if parent == nil || !r.defined(a) {
		return Object{}, false
	}
	return Object{
		Address: a, Kind: kind, Schema: parent.Schema, Name: name, Parent: parent.Address,
		Identity: Quote(name) + " ON " + parent.Identity,
	}, true
}

// alterOnly begins an ALTER TABLE of exactly one table. Views take it as well.
func alterOnly(o *Object) string { return "ALTER TABLE ONLY " + o.Identity + " " }
