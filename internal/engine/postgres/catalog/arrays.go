package catalog

import "context"

// arraysSQL finds the types whose array type has another name than the server gives to it where
// it is free: a sequence takes that of a type's array, and another type does.
const arraysSQL = `SELECT t.oid, t.typrelid, a.typname::text FROM pg_type t JOIN pg_type a ON a.oid = t.typarray
	WHERE t.oid >= 16384 AND t.typtype IN ('c', 'd', 'e', 'r') AND a.typname <> ('_' || t.typname::text)::name`

func (r *reader) readArrays(ctx context.Context) error {
	return r.each(ctx, "array types", arraysSQL, func(rows row) error {
		of, table := Address{Catalog: "pg_type"}, Address{Catalog: "pg_class"}
		var name string
		if err := rows.Scan(&of.OID, &table.OID, &name); err != nil {
			return err
		}
		o := r.object(of)
		if o == nil {
			o = r.object(table)
		}
		if o != nil {
			o.Array = name
		}
		return nil
	})
}
