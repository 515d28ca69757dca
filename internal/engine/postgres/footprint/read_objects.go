package footprint

import "strings"

func (r *reader) functions() {
	var p Function
	var kind, volatility string
	var defaults int
	var variadic bool
	var settings []string
	r.ask(`SELECT p.oid, n.nspname::text, p.proname::text, p.prokind::text, l.lanname::text, p.provolatile::text,
			p.pronargs::int4, p.pronargdefaults::int4, p.provariadic <> 0, p.proargtypes::oid[], p.prorettype, coalesce(p.proconfig, '{}'),
			CASE WHEN p.prokind <> 'a' AND (p.prosqlbody IS NOT NULL OR l.lanname = 'plpgsql') THEN coalesce(pg_catalog.pg_get_functiondef(p.oid), p.prosrc) ELSE p.prosrc END,
			p.prosqlbody IS NOT NULL, pg_catalog.pg_get_userbyid(p.proowner)::text,
			coalesce((SELECT e.extname::text FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
				WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid AND d.deptype = 'e' LIMIT 1), ''),
			p.prorettype IN ('pg_catalog.trigger'::pg_catalog.regtype, 'pg_catalog.event_trigger'::pg_catalog.regtype),
			coalesce((SELECT pg_catalog.array_agg(u.f) FROM pg_catalog.pg_aggregate a,
				pg_catalog.unnest(ARRAY[a.aggtransfn::oid, a.aggfinalfn::oid, a.aggcombinefn::oid, a.aggmtransfn::oid, a.aggminvtransfn::oid, a.aggmfinalfn::oid]) u (f)
				WHERE a.aggfnoid = p.oid AND u.f >= 16384), '{}')
		FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace JOIN pg_catalog.pg_language l ON l.oid = p.prolang
		WHERE p.oid >= 16384 AND (`+ofUsers+` OR n.nspname = 'pg_catalog')`,
		[]any{&p.OID, &p.Schema, &p.Name, &kind, &p.Language, &volatility, &p.Most, &defaults, &variadic, &p.Arguments, &p.Returns, &settings,
			&p.Body, &p.Standard, &p.Owner, &p.Extension, &p.Trigger, &p.Parts}, func() {
			found := p
			found.Kind, found.Volatility, found.Least = kind[0], volatility[0], p.Most-defaults
			if variadic {
				found.Most, found.Least = -1, found.Least-1
			}
			for _, s := range settings {
				if value, ok := strings.CutPrefix(s, "search_path="); ok {
					found.Path, found.PathSet = pathOf(value, r.f.Role), true
				}
			}
			settings, p.Parts, p.Arguments = nil, nil, nil
			r.f.Functions[p.OID] = &found
			key := name{p.Schema, p.Name}
			r.f.functions[key] = append(r.f.functions[key], &found)
		})
}

func (r *reader) types() {
	var y Type
	var kind string
	r.ask(`SELECT t.oid, n.nspname::text, t.typname::text, t.typtype::text, t.typbasetype, t.typtypmod, CASE WHEN t.typlen = -1 THEN t.typelem ELSE 0 END, t.typrelid,
			pg_catalog.pg_get_userbyid(t.typowner)::text
		FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE t.oid >= 16384 AND `+ofUsers,
		[]any{&y.OID, &y.Schema, &y.Name, &kind, &y.Base, &y.Modifier, &y.Element, &y.Relation, &y.Owner}, func() {
			found := y
			found.Kind = kind[0]
			r.f.Types[y.OID], r.f.types[name{y.Schema, y.Name}] = &found, &found
		})
}

// others reads the kinds of object whose end can end a column, and operators.
func (r *reader) others() {
	var o Other
	r.ask(`
		SELECT 'pg_extension', e.oid, '', e.extname::text, pg_catalog.pg_get_userbyid(e.extowner)::text, '{}'::oid[] FROM pg_catalog.pg_extension e
		UNION ALL SELECT 'pg_collation', c.oid, n.nspname::text, c.collname::text, pg_catalog.pg_get_userbyid(c.collowner)::text, '{}'
			FROM pg_catalog.pg_collation c JOIN pg_catalog.pg_namespace n ON n.oid = c.collnamespace WHERE c.oid >= 16384 AND `+ofUsers+`
		UNION ALL SELECT 'pg_operator', o.oid, n.nspname::text, o.oprname::text, pg_catalog.pg_get_userbyid(o.oprowner)::text, ARRAY[o.oprcode::oid]
			FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace WHERE o.oid >= 16384 AND `+ofUsers+`
		UNION ALL SELECT 'pg_language', l.oid, '', l.lanname::text, pg_catalog.pg_get_userbyid(l.lanowner)::text, '{}' FROM pg_catalog.pg_language l WHERE l.lanispl
		UNION ALL SELECT 'pg_am', a.oid, '', a.amname::text, '', '{}' FROM pg_catalog.pg_am a WHERE a.oid >= 16384
		UNION ALL SELECT 'pg_foreign_server', s.oid, '', s.srvname::text, pg_catalog.pg_get_userbyid(s.srvowner)::text, '{}' FROM pg_catalog.pg_foreign_server s
		UNION ALL SELECT 'pg_foreign_data_wrapper', w.oid, '', w.fdwname::text, pg_catalog.pg_get_userbyid(w.fdwowner)::text, '{}' FROM pg_catalog.pg_foreign_data_wrapper w
		UNION ALL SELECT 'pg_ts_config', t.oid, n.nspname::text, t.cfgname::text, pg_catalog.pg_get_userbyid(t.cfgowner)::text, '{}'
			FROM pg_catalog.pg_ts_config t JOIN pg_catalog.pg_namespace n ON n.oid = t.cfgnamespace WHERE t.oid >= 16384 AND `+ofUsers+`
		UNION ALL SELECT 'pg_ts_dict', t.oid, n.nspname::text, t.dictname::text, pg_catalog.pg_get_userbyid(t.dictowner)::text, '{}'
			FROM pg_catalog.pg_ts_dict t JOIN pg_catalog.pg_namespace n ON n.oid = t.dictnamespace WHERE t.oid >= 16384 AND `+ofUsers+`
		UNION ALL SELECT 'pg_opclass', o.oid, n.nspname::text, o.opcname::text, pg_catalog.pg_get_userbyid(o.opcowner)::text, '{}'
			FROM pg_catalog.pg_opclass o JOIN pg_catalog.pg_namespace n ON n.oid = o.opcnamespace WHERE o.oid >= 16384 AND `+ofUsers+`
		UNION ALL SELECT 'pg_opfamily', o.oid, n.nspname::text, o.opfname::text, pg_catalog.pg_get_userbyid(o.opfowner)::text, '{}'
			FROM pg_catalog.pg_opfamily o JOIN pg_catalog.pg_namespace n ON n.oid = o.opfnamespace WHERE o.oid >= 16384 AND `+ofUsers,
		[]any{&o.Catalog, &o.OID, &o.Schema, &o.Name, &o.Owner, &o.Functions}, func() {
			found := o
			o.Functions = nil
			r.f.Others[o.Address] = &found
		})
}

func (r *reader) eventTriggers() {
	var e EventTrigger
	r.ask(`SELECT evtname::text, evtevent::text, evttags, evtfoid FROM pg_catalog.pg_event_trigger WHERE evtenabled <> 'D' ORDER BY evtname`,
		[]any{&e.Name, &e.Event, &e.Tags, &e.Function}, func() {
			found := e
			e.Tags = nil
			r.f.EventTriggers = append(r.f.EventTriggers, &found)
		})
}

// unnamed reads the functions that a statement may call without a word of them in its text.
// One in C that is not volatile writes nothing; extensions have hundreds of them.
func (r *reader) unnamed() {
	var function uint32
	r.ask(`SELECT p.oid FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid = p.prolang
		WHERE p.oid >= 16384 AND (l.lanname <> 'c' OR p.provolatile = 'v') AND p.oid IN (
			SELECT castfunc FROM pg_catalog.pg_cast UNION ALL SELECT amproc FROM pg_catalog.pg_amproc
			UNION ALL SELECT o.oprcode FROM pg_catalog.pg_amop a JOIN pg_catalog.pg_operator o ON o.oid = a.amopopr)
		ORDER BY 1`,
		[]any{&function}, func() { r.f.unnamed = append(r.f.unnamed, function) })
}

func (r *reader) volatileNames() {
	var function string
	r.ask(`SELECT DISTINCT p.proname::text FROM pg_catalog.pg_proc p WHERE p.oid < 16384 AND p.provolatile = 'v'`,
		[]any{&function}, func() { r.f.volatiles[function] = true })
}

// dependenciesQuery lists what depends on what: generated columns, views,
// columns and tables, and objects without rows of their own. Indexes,
// constraints and triggers hold no rows and are left out, as is what a type has
// to do with its own table and array.
const dependenciesQuery = `
	SELECT d.refclassid, d.refobjid, d.refobjsubid, 'pg_catalog.pg_class'::pg_catalog.regclass::oid, ad.adrelid, ad.adnum::int4, d.deptype::text
		FROM pg_catalog.pg_attrdef ad
			JOIN pg_catalog.pg_attribute a ON a.attrelid = ad.adrelid AND a.attnum = ad.adnum AND a.attgenerated <> ''
			JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND d.objid = ad.oid
		WHERE d.refobjid >= 16384 AND (d.refobjid, d.refobjsubid) <> (ad.adrelid, ad.adnum::int4)
	UNION ALL
	SELECT d.refclassid, d.refobjid, d.refobjsubid, 'pg_catalog.pg_class'::pg_catalog.regclass::oid, w.ev_class, 0, d.deptype::text
		FROM pg_catalog.pg_rewrite w
			JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = w.oid
		WHERE w.ev_type = '1' AND w.oid >= 16384 AND d.refobjid >= 16384 AND d.refobjid <> w.ev_class
	UNION ALL
	SELECT d.refclassid, d.refobjid, d.refobjsubid, d.classid, d.objid, d.objsubid, d.deptype::text
		FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class c ON c.oid = d.objid
		WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid >= 16384 AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c')
			AND d.refclassid <> 'pg_catalog.pg_namespace'::pg_catalog.regclass
	UNION ALL
	SELECT d.refclassid, d.refobjid, d.refobjsubid, d.classid, d.objid, d.objsubid, d.deptype::text
		FROM pg_catalog.pg_depend d
		WHERE d.refobjid >= 16384 AND d.refclassid <> 'pg_catalog.pg_namespace'::pg_catalog.regclass
			AND (d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.deptype <> 'i'
				OR d.classid IN ('pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass, 'pg_catalog.pg_cast'::pg_catalog.regclass,
					'pg_catalog.pg_collation'::pg_catalog.regclass, 'pg_catalog.pg_language'::pg_catalog.regclass, 'pg_catalog.pg_foreign_server'::pg_catalog.regclass,
					'pg_catalog.pg_ts_config'::pg_catalog.regclass, 'pg_catalog.pg_ts_dict'::pg_catalog.regclass, 'pg_catalog.pg_am'::pg_catalog.regclass,
					'pg_catalog.pg_extension'::pg_catalog.regclass, 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass))`

// dependencies reads what can take a table or a column along when it goes.
func (r *reader) dependencies() {
	catalogs := map[uint32]string{}
	var oid uint32
	var catalog string
	r.ask(`SELECT oid, relname::text FROM pg_catalog.pg_class WHERE oid < 16384 AND relkind = 'r'`, []any{&oid, &catalog}, func() {
		catalogs[oid] = catalog
	})
	var of, by uint32
	var at place
	var d dependent
	var from, column int32
	var kind string
	r.ask(dependenciesQuery, []any{&of, &at.OID, &from, &by, &d.OID, &column, &kind}, func() {
		at.Catalog, d.Catalog, d.kind = catalogs[of], catalogs[by], kind[0]
		at.column, d.column = int16(from), int16(column) //nolint:gosec // attnum has 16 bits
		if d.place != at && (d.Address != at.Address || d.column != 0) {
			r.f.depends[at] = append(r.f.depends[at], d)
		}
	})
}

// calls reads which user-defined functions are called by what hangs on a
// relation or a domain, and what a view reads.
func (r *reader) calls() {
	var owner, function uint32
	var when string
	r.ask(`SELECT coalesce(ad.adrelid, nullif(con.conrelid, 0), nullif(con.contypid, 0), i.indrelid, pol.polrelid, w.ev_class, tg.tgrelid, d.objid), d.refobjid,
			CASE WHEN a.attgenerated = '' THEN 'default' WHEN pol.oid IS NOT NULL THEN 'policy' WHEN w.oid IS NOT NULL THEN 'read' ELSE 'write' END
		FROM pg_catalog.pg_depend d
			LEFT JOIN pg_catalog.pg_attrdef ad ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND ad.oid = d.objid
			LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = ad.adrelid AND a.attnum = ad.adnum
			LEFT JOIN pg_catalog.pg_constraint con ON d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND con.oid = d.objid
			LEFT JOIN pg_catalog.pg_index i ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND i.indexrelid = d.objid
			LEFT JOIN pg_catalog.pg_policy pol ON d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass AND pol.oid = d.objid
			LEFT JOIN pg_catalog.pg_rewrite w ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND w.oid = d.objid AND w.ev_type = '1'
			LEFT JOIN pg_catalog.pg_trigger tg ON d.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass AND tg.oid = d.objid
		WHERE d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.refobjid >= 16384 AND tg.tgfoid IS DISTINCT FROM d.refobjid
			AND d.classid IN ('pg_catalog.pg_trigger'::pg_catalog.regclass, 'pg_catalog.pg_attrdef'::pg_catalog.regclass, 'pg_catalog.pg_constraint'::pg_catalog.regclass, 'pg_catalog.pg_class'::pg_catalog.regclass,
				'pg_catalog.pg_policy'::pg_catalog.regclass, 'pg_catalog.pg_rewrite'::pg_catalog.regclass, 'pg_catalog.pg_type'::pg_catalog.regclass)`,
		[]any{&owner, &function, &when}, func() {
			if t := r.f.Relations[owner]; t != nil {
				at := map[string][]CallTime{"default": {OnInsert}, "policy": {OnRead, OnWrite}, "read": {OnRead}, "write": {OnWrite}}[when]
				for _, on := range at {
					t.Calls = append(t.Calls, Call{Function: function, On: on})
				}
			} else if y := r.f.Types[owner]; y != nil {
				y.Calls = append(y.Calls, function)
			}
		})
	var read uint32
	r.ask(`SELECT DISTINCT w.ev_class, d.refobjid FROM pg_catalog.pg_rewrite w
			JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = w.oid
		WHERE w.ev_type = '1' AND w.oid >= 16384 AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid <> w.ev_class
		ORDER BY 1, 2`,
		[]any{&owner, &read}, func() {
			if t := r.f.Relations[owner]; t != nil {
				t.Reads = append(t.Reads, read)
			}
		})
}
