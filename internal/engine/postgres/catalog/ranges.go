package catalog

import "context"

const rangesSQL = `
SELECT t.oid, n.nspname::text, t.typname::text, t.typowner, format_type(r.rngsubtype, NULL),
  coalesce(CASE WHEN NOT o.opcdefault THEN quote_ident(opn.nspname) || '.' || quote_ident(o.opcname) END, ''),
  coalesce(CASE WHEN r.rngcollation <> s.typcollation THEN quote_ident(kn.nspname) || '.' || quote_ident(k.collname) END, ''),
  coalesce(quote_ident(dn.nspname) || '.' || quote_ident(d.proname), ''), r.rngcanonical <> 0,
  m.oid, mn.nspname::text, m.typname::text, CASE WHEN m.typowner <> t.typowner THEN pg_get_userbyid(m.typowner)::text ELSE '' END,
  ARRAY(SELECT DISTINCT quote_ident(fn.nspname) || '.' || quote_ident(f.proname) FROM pg_depend p
    JOIN pg_proc f ON f.oid = p.objid JOIN pg_namespace fn ON fn.oid = f.pronamespace
    WHERE p.classid = 'pg_proc'::regclass AND p.refclassid = 'pg_type'::regclass AND p.deptype = 'i'
      AND p.refobjid IN (t.oid, m.oid) ORDER BY 1)
FROM pg_range r JOIN pg_type t ON t.oid = r.rngtypid JOIN pg_namespace n ON n.oid = t.typnamespace
JOIN pg_type s ON s.oid = r.rngsubtype
JOIN pg_opclass o ON o.oid = r.rngsubopc JOIN pg_namespace opn ON opn.oid = o.opcnamespace
JOIN pg_type m ON m.oid = r.rngmultitypid JOIN pg_namespace mn ON mn.oid = m.typnamespace
LEFT JOIN pg_collation k ON k.oid = r.rngcollation LEFT JOIN pg_namespace kn ON kn.oid = k.collnamespace
LEFT JOIN pg_proc d ON d.oid = r.rngsubdiff::oid LEFT JOIN pg_namespace dn ON dn.oid = d.pronamespace
WHERE t.oid >= 16384`

// readRanges reads range types, each with its multirange.
func (r *reader) readRanges(ctx context.Context) error {
	return r.each(ctx, "range types", rangesSQL, func(rows row) error {
		o := Object{Address: Address{Catalog: "pg_type"}, Kind: KindRange, With: &Companion{}}
		var owner uint32
		var subtype, class, collation, diff string
		var canonical bool
		err := rows.Scan(&o.Address.OID, &o.Schema, &o.Name, &owner, &subtype, &class, &collation, &diff, &canonical,
			&o.With.OID, &o.With.Schema, &o.With.Name, &o.With.Owner, &o.Makers)
		if err != nil || !r.defined(o.Address) {
			return err
		}
		o.Identity = Qualified(o.Schema, o.Name)
		o.Create = "CREATE TYPE " + o.Identity + " AS RANGE (SUBTYPE = " + subtype
		for _, option := range [][2]string{
			{"SUBTYPE_OPCLASS", class}, {"COLLATION", collation}, {"SUBTYPE_DIFF", diff},
			{"MULTIRANGE_TYPE_NAME", Qualified(o.With.Schema, o.With.Name)},
		} {
			if option[1] != "" {
				o.Create += ", " + option[0] + " = " + option[1]
			}
		}
		o.Create += ")"
		if canonical {
			o.Unsupported = "its canonical function needs the type before it is made"
		}
		r.rows[o.Address] = Address{Catalog: "pg_type", OID: o.With.OID}
		r.add(o, owner, 'T')
		return nil
	})
}
