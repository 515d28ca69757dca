package catalog

import (
	"context"
	"strings"
)

func (r *reader) readEnums(ctx context.Context) error {
	const sql = `SELECT t.oid, n.nspname::text, t.typname::text, t.typowner,
		ARRAY(SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder)
		FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype = 'e' AND t.oid >= 16384`
	return r.each(ctx, "enum types", sql, func(rows row) error {
		o := Object{Address: Address{Catalog: "pg_type"}, Kind: KindEnum}
		var owner uint32
		if err := rows.Scan(&o.Address.OID, &o.Schema, &o.Name, &owner, &o.Labels); err != nil {
			return err
		}
		if !r.defined(o.Address) {
			return nil
		}
		o.Identity = Qualified(o.Schema, o.Name)
		quoted := make([]string, len(o.Labels))
		for i, label := range o.Labels {
			quoted[i] = Literal(label)
		}
		o.Create = "CREATE TYPE " + o.Identity + " AS ENUM (" + strings.Join(quoted, ", ") + ")"
		r.add(o, owner, 'T')
		return nil
	})
}
