package catalog

import "context"

// readDefaults reads the defaults of columns; the expression of a generated one
// is part of its table.
func (r *reader) readDefaults(ctx context.Context) error {
	const sql = `SELECT oid, adrelid, adnum, coalesce(pg_get_expr(adbin, adrelid), '') FROM pg_attrdef WHERE oid >= 16384`
	var oid, table uint32
	var num int16
	var expr string
	into := []any{&oid, &table, &num, &expr}
	return r.each(ctx, "column defaults", sql, func(rows row) error {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		column := r.columnOf(relation(table), num)
		if column == "" || expr == "" {
			return nil
		}
		o, ok := r.hanging(Address{Catalog: "pg_attrdef", OID: oid}, KindDefault, column, table)
		if !ok {
			return nil
		}
		o.Create = alterOnly(r.object(o.Parent)) + "ALTER COLUMN " + Quote(column) + " SET DEFAULT " + expr
		r.add(o, 0, 0)
		return nil
	})
}

// columnOf names a column of a table or view; "" where there is none, or it is
// generated.
func (r *reader) columnOf(at Address, num int16) string {
	o := r.object(at)
	if o == nil {
		return ""
	}
	if o.Table == nil {
		if c := o.Column(num); c != nil {
			return c.Name
		}
		return ""
	}
	for i := range o.Table.Columns {
		if c := &o.Table.Columns[i]; c.Num == num && c.Generated == "" {
			return c.Name
		}
	}
	return ""
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
