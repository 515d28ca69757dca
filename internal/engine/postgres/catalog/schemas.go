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
