package catalog

import "context"

func (r *reader) readSchemas(ctx context.Context) error {
	const sql = `SELECT oid, nspname::text, nspowner FROM pg_namespace
		WHERE nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema'`
	return r.each(ctx, "schemas", sql, func(rows row) error {
		o := Object{Address: Address{Catalog: "pg_namespace"}, Kind: KindSchema}
		var owner uint32
		if err := rows.Scan(&o.Address.OID, &o.Name, &owner); err != nil {
			return err
		}
		if !r.defined(o.Address) {
			return nil
		}
		o.Identity = Quote(o.Name)
		o.Create = "CREATE SCHEMA " + o.Identity
		r.add(o, owner, 'n')
		return nil
	})
}

func (r *reader) readExtensions(ctx context.Context) error {
	const sql = `SELECT e.oid, e.extname::text, n.nspname::text, e.extversion, e.extowner
		FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace`
	return r.each(ctx, "extensions", sql, func(rows row) error {
		o := Object{Address: Address{Catalog: "pg_extension"}, Kind: KindExtension}
		var owner uint32
		var schema string
		if err := rows.Scan(&o.Address.OID, &o.Name, &schema, &o.Version, &owner); err != nil {
			return err
		}
		o.Identity = Quote(o.Name)
		o.Create = "CREATE EXTENSION " + o.Identity + " WITH SCHEMA " + Quote(schema) + " VERSION " + Literal(o.Version)
		r.add(o, owner, 0)
		return nil
	})
}
