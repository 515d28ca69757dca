package catalog

import (
	"context"
	"strings"
)

// readComposites reads the composite types that belong to no table.
func (r *reader) readComposites(ctx context.Context) error {
	const sql = `SELECT t.oid, n.nspname::text, t.typname::text, t.typowner, t.typrelid
		FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace JOIN pg_class c ON c.oid = t.typrelid
		WHERE t.typtype = 'c' AND c.relkind = 'c' AND t.oid >= 16384`
	attributes, err := r.readAttributes(ctx)
	if err != nil {
		return err
	}
	return r.each(ctx, "composite types", sql, func(rows row) error {
		o := Object{Address: Address{Catalog: "pg_type"}, Kind: KindComposite}
		var owner, held uint32
		err := rows.Scan(&o.Address.OID, &o.Schema, &o.Name, &owner, &held)
		if err != nil || !r.defined(o.Address) {
			return err
		}
		r.rows[o.Address] = relation(held)
		o.Identity = Qualified(o.Schema, o.Name)
		o.Attributes = attributes[held]
		o.Create = "CREATE TYPE " + o.Identity + " AS (" + spellAttributes(o.Attributes) + ")"
		r.add(o, owner, 'T')
		return nil
	})
}

// readAttributes reads the live attributes of composite types, by the OID of the
// relation that holds them.
func (r *reader) readAttributes(ctx context.Context) (map[uint32][]Column, error) {
	const sql = `SELECT a.attrelid, a.attnum, a.attname::text, format_type(a.atttypid, a.atttypmod), a.atttypid,
		coalesce(CASE WHEN a.attcollation <> t.typcollation THEN quote_ident(kn.nspname) || '.' || quote_ident(k.collname) END, '')
		FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
		LEFT JOIN pg_collation k ON k.oid = a.attcollation LEFT JOIN pg_namespace kn ON kn.oid = k.collnamespace
		WHERE c.relkind = 'c' AND a.attnum > 0 AND NOT a.attisdropped AND a.attrelid >= 16384 ORDER BY a.attrelid, a.attnum`
	attributes := map[uint32][]Column{}
	err := r.each(ctx, "attributes", sql, func(rows row) error {
		var held uint32
		var c Column
		err := rows.Scan(&held, &c.Num, &c.Name, &c.Type, &c.TypeOID, &c.Collation)
		c.Name, c.Type, c.Collation = r.text(c.Name), r.text(c.Type), r.text(c.Collation)
		attributes[held] = append(attributes[held], c)
		return err
	})
	return attributes, err
}

func spellAttributes(all []Column) string {
	spelled := make([]string, len(all))
	for i := range all {
		spelled[i] = "\n    " + all[i].definition()
	}
	if len(all) == 0 {
		return ""
	}
	return strings.Join(spelled, ",") + "\n"
}
