package catalog

import "context"

// privilegedSQL says what of a function (p, in language l) only a superuser could
// give it again.
const privilegedSQL = `CASE WHEN (SELECT rolsuper FROM pg_roles WHERE rolname = session_user) THEN ''
  WHEN NOT l.lanpltrusted THEN 'in a language that only superusers may use'
  WHEN p.prosupport <> 0 THEN 'with a support function, which only superusers may give'
  WHEN p.proleakproof THEN 'leakproof, which only superusers may make it'
  WHEN EXISTS (SELECT FROM unnest(p.proconfig) c WHERE NOT EXISTS (SELECT FROM pg_settings s
    WHERE lower(s.name) = lower(split_part(c, '=', 1)) AND s.context = 'user')) THEN 'with a setting that only superusers may give'
  ELSE '' END`

// readFunctions reads functions, window functions and procedures.
func (r *reader) readFunctions(ctx context.Context) error {
	const sql = `SELECT p.oid, n.nspname::text, p.proname::text, p.proowner, coalesce(pg_get_functiondef(p.oid), ''),
		array_to_string(ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY u (t, n) ORDER BY n), ','),
		` + privilegedSQL + `
		FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
		WHERE p.prokind IN ('f', 'p', 'w') AND p.oid >= 16384 AND p.pronamespace <> 'pg_catalog'::regnamespace`
	return r.each(ctx, "functions", sql, func(rows row) error {
		o := Object{Address: Address{Catalog: "pg_proc"}, Kind: KindFunction}
		var owner uint32
		var arguments string
		err := rows.Scan(&o.Address.OID, &o.Schema, &o.Name, &owner, &o.Create, &arguments, &o.Beyond)
		if err != nil || !r.defined(o.Address) || o.Create == "" {
			return err
		}
		o.Identity = Qualified(o.Schema, o.Name) + "(" + arguments + ")"
		r.add(o, owner, 'f')
		return nil
	})
}

func (r *reader) readStatistics(ctx context.Context) error {
	const sql = `SELECT s.oid, n.nspname::text, s.stxname::text, s.stxowner, s.stxrelid, coalesce(pg_get_statisticsobjdef(s.oid), ''),
		coalesce(s.stxstattarget, -1)::int4::text
		FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace WHERE s.oid >= 16384`
	return r.each(ctx, "extended statistics", sql, func(rows row) error {
		o := Object{Address: Address{Catalog: "pg_statistic_ext"}, Kind: KindStatistics}
		var owner, table uint32
		var target string
		err := rows.Scan(&o.Address.OID, &o.Schema, &o.Name, &owner, &table, &o.Create, &target)
		if err != nil || !r.defined(o.Address) || o.Create == "" {
			return err
		}
		o.Parent = relation(table)
		o.Identity = Qualified(o.Schema, o.Name)
		if target != "-1" {
			o.After = append(o.After, "ALTER STATISTICS "+o.Identity+" SET STATISTICS "+target)
		}
		r.add(o, owner, 0)
		return nil
	})
}
