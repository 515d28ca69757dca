//go:build unix

package testpg

// reading says how the census reads one catalog, whose row is called t.
type reading struct {
	where   string            // the rows of user objects
	without string            // columns that change by themselves, or whose meaning another one holds
	columns map[string]string // SQL instead of the column
	of      string            // SQL: what the row belongs to, where no column says it
}

const (
	users     = "t.oid >= 16384"
	permanent = " AND t.relpersistence <> 't'"
)

const thisDatabase = "(SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())"

// indexed begins SQL that names the table of an index.
const indexed = "(SELECT pg_describe_object('pg_catalog.pg_class'::regclass, x.indrelid, 0) " +
	"FROM pg_catalog.pg_index x WHERE x.indexrelid = "

// readings are the catalogs of the census: all that hold the schema of one database.
// Their columns are those of the server, so that a newer one's are in.
var readings = map[string]reading{
	"pg_class": {
		where: users + permanent, of: indexed + "t.oid)",
		without: `relpages reltuples relallvisible relallfrozen relfilenode relfrozenxid relminmxid relhasindex relhastriggers
			relhasrules relhassubclass relrewrite relnatts`,
		columns: map[string]string{
			"relacl":        acl("relacl", "(CASE t.relkind WHEN 'S' THEN 's' ELSE 'r' END)::\"char\"", "relowner"),
			"relpartbound":  "pg_get_expr(t.relpartbound, t.oid)",
			"reltoastrelid": "(SELECT s.reloptions FROM pg_catalog.pg_class s WHERE s.oid = t.reltoastrelid)",
		},
	},
	"pg_attribute": {
		where: "t.attrelid >= 16384 AND t.attnum > 0 AND NOT t.attisdropped", of: indexed + "t.attrelid)",
		without: "attcacheoff atthasmissing attmissingval attndims",
		columns: map[string]string{
			"attnum": `(SELECT count(*) FROM pg_catalog.pg_attribute b WHERE b.attrelid = t.attrelid
				AND b.attnum BETWEEN 1 AND t.attnum AND NOT b.attisdropped)`,
			"attacl": acl("attacl", "'c'", ""),
			// 17 turned -1 into NULL.
			"attstattarget": "nullif(t.attstattarget, -1)",
		},
	},
	"pg_attrdef": {where: users, columns: map[string]string{"adbin": "pg_get_expr(t.adbin, t.adrelid)"}},
	"pg_constraint": {where: users, columns: map[string]string{
		"conbin": "pg_get_constraintdef(t.oid)",
		// Nobody inherits a key, or the part that a partition has in one. The server marks
		// it so or not by how it was made, and nothing looks at that; pg_dump's output
		// makes a part in the other way, and one that was detached keeps the mark.
		"connoinherit": "t.connoinherit AND t.contype NOT IN ('p', 'u', 'x')",
	}},
	"pg_index": {where: "t.indexrelid >= 16384", without: "indcheckxmin indpred", columns: map[string]string{
		"indexprs": "pg_get_indexdef(t.indexrelid)",
	}},
	"pg_inherits": {where: "t.inhrelid >= 16384"},
	"pg_partitioned_table": {where: "true", columns: map[string]string{
		"partexprs": "pg_get_partkeydef(t.partrelid)",
	}},
	"pg_sequence": {where: "t.seqrelid >= 16384"},
	"pg_trigger": {where: users, columns: map[string]string{
		"tgqual": "CASE WHEN t.tgisinternal THEN '-' ELSE pg_get_triggerdef(t.oid) END",
	}},
	"pg_rewrite":       {where: users, without: "ev_qual", columns: map[string]string{"ev_action": "pg_get_ruledef(t.oid)"}},
	"pg_statistic_ext": {where: users, columns: map[string]string{"stxexprs": "pg_get_statisticsobjdef(t.oid)"}},
	"pg_policy": {where: users, columns: map[string]string{
		"polqual": "pg_get_expr(t.polqual, t.polrelid)", "polwithcheck": "pg_get_expr(t.polwithcheck, t.polrelid)",
	}},
	"pg_proc": {where: users, columns: map[string]string{
		"proacl":         acl("proacl", "'f'", "proowner"),
		"proargdefaults": "pg_get_function_arguments(t.oid)",
		"prosqlbody":     "pg_get_function_sqlbody(t.oid)",
	}},
	"pg_aggregate": {where: "t.aggfnoid >= 16384"},
	"pg_type": {where: users, columns: map[string]string{
		"typacl":        acl("typacl", "'T'", "typowner"),
		"typdefaultbin": "pg_get_expr(t.typdefaultbin, 0)",
		// Of a domain that is how the default was printed when it was set.
		"typdefault": "CASE WHEN t.typtype <> 'd' THEN t.typdefault END",
	}},
	"pg_enum": {where: users, columns: map[string]string{
		"enumsortorder": `(SELECT count(*) FROM pg_catalog.pg_enum b
			WHERE b.enumtypid = t.enumtypid AND b.enumsortorder <= t.enumsortorder)`,
	}},
	"pg_range":      {where: "t.rngtypid >= 16384"},
	"pg_operator":   {where: users},
	"pg_opclass":    {where: users},
	"pg_opfamily":   {where: users},
	"pg_amop":       {where: users},
	"pg_amproc":     {where: users},
	"pg_am":         {where: users},
	"pg_cast":       {where: users},
	"pg_conversion": {where: users},
	"pg_collation":  {where: users},
	"pg_transform":  {where: users},
	"pg_language":   {where: users, columns: map[string]string{"lanacl": acl("lanacl", "'l'", "lanowner")}},
	"pg_namespace": {
		where:   "(t.oid >= 16384 OR t.nspname = 'public') AND t.nspname !~ '^(pg_|safemigrate$|safemigrate_[0-9]|safemigrate_beside_)'",
		columns: map[string]string{"nspacl": acl("nspacl", "'n'", "nspowner")},
	},
	"pg_extension":     {where: users},
	"pg_event_trigger": {where: users},
	"pg_foreign_data_wrapper": {where: users, columns: map[string]string{
		"fdwacl": acl("fdwacl", "'F'", "fdwowner"),
	}},
	"pg_foreign_server":        {where: users, columns: map[string]string{"srvacl": acl("srvacl", "'S'", "srvowner")}},
	"pg_foreign_table":         {where: "true"},
	"pg_user_mapping":          {where: users},
	"pg_publication":           {where: users},
	"pg_publication_rel":       {where: users, columns: map[string]string{"prattrs": attributes("prrelid", "prattrs"), "prqual": "pg_get_expr(t.prqual, t.prrelid)"}},
	"pg_publication_namespace": {where: users},
	"pg_ts_config":             {where: users},
	"pg_ts_config_map":         {where: "t.mapcfg >= 16384"},
	"pg_ts_dict":               {where: users},
	"pg_ts_parser":             {where: users},
	"pg_ts_template":           {where: users},
	"pg_default_acl": {where: users, columns: map[string]string{
		"defaclacl": "(SELECT array_agg(x::text ORDER BY x::text COLLATE \"C\") FROM unnest(t.defaclacl) x)",
	}},
	"pg_database": {
		where:   "t.oid = " + thisDatabase,
		without: "datname datlastsysoid datfrozenxid datminmxid datcollversion dathasloginevt",
		columns: map[string]string{"datacl": acl("datacl", "'d'", "datdba")},
	},
	"pg_db_role_setting": {where: "t.setdatabase = " + thisDatabase, without: "setdatabase"},
	"pg_shdescription":   {where: "t.classoid = 'pg_catalog.pg_database'::regclass AND t.objoid = " + thisDatabase, without: "objoid"},
	"pg_description": {
		where:   "t.objoid >= 16384 OR t.classoid = 'pg_catalog.pg_namespace'::regclass",
		without: "classoid objsubid",
		columns: map[string]string{"objoid": "pg_describe_object(t.classoid, t.objoid, t.objsubid)"},
	},
	"pg_seclabel": {
		where:   "t.objoid >= 16384",
		without: "classoid objsubid",
		columns: map[string]string{"objoid": "pg_describe_object(t.classoid, t.objoid, t.objsubid)"},
	},
	"pg_depend": {
		where:   "t.objid >= 16384",
		without: "classid objsubid refclassid refobjsubid",
		columns: map[string]string{
			"objid":    "pg_describe_object(t.classid, t.objid, t.objsubid)",
			"refobjid": "pg_describe_object(t.refclassid, t.refobjid, t.refobjsubid)",
		},
	},
}

// acl spells privileges in one order; those that absence means are absent. A column
// has no owner, and no privileges by itself.
func acl(column, class, owner string) string {
	sorted := func(list string) string {
		return `coalesce((SELECT array_agg(x::text ORDER BY x::text COLLATE "C") FROM unnest(` + list + `) x), '{}')`
	}
	implied := "'{}'"
	if owner != "" {
		implied = sorted("acldefault(" + class + ", t." + owner + ")")
	}
	return "CASE WHEN t." + column + " IS NOT NULL THEN nullif(" + sorted("t."+column) + ", " + implied + ") END"
}

// attributes names the columns of a table that a row lists by their numbers.
func attributes(table, numbers string) string {
	return "ARRAY(SELECT a.attname FROM unnest(t." + numbers + "::int2[]) WITH ORDINALITY u(n, o) " +
		"JOIN pg_catalog.pg_attribute a ON a.attrelid = t." + table + " AND a.attnum = u.n ORDER BY u.o)"
}
