package catalog

import (
	"cmp"
	"context"
)

// assembled is a kind whose definitions the catalogs do not spell: one query
// puts them together. Its columns are: OID, schema ("" where it lies in none),
// name ("" where it has none), what follows the name in its identity, owner (0
// where it has none), Create, After, Unsupported.
type assembled struct {
	kind    Kind
	catalog string
	idle    string // the catalog that is empty where there are none, if it is another one
	class   byte   // object class of acldefault, 0 where there are no privileges
	sql     string
}

// assembledKinds are such kinds. Each of their queries looks at the user's rows
// of one small catalog.
var assembledKinds = []assembled{
	{kind: KindLanguage, catalog: "pg_language", class: 'l', sql: languagesSQL},
	{kind: KindAccessMethod, catalog: "pg_am", sql: accessMethodsSQL},
	{kind: KindAggregate, catalog: "pg_proc", idle: "pg_aggregate", class: 'f', sql: aggregatesSQL},
	{kind: KindOperatorFamily, catalog: "pg_opfamily", sql: operatorFamiliesSQL},
	{kind: KindOperatorClass, catalog: "pg_opclass", sql: operatorClassesSQL},
	{kind: KindCast, catalog: "pg_cast", sql: castsSQL},
	{kind: KindTransform, catalog: "pg_transform", sql: transformsSQL},
	{kind: KindConversion, catalog: "pg_conversion", sql: conversionsSQL},
	{kind: KindCollation, catalog: "pg_collation", sql: collationsSQL},
	{kind: KindTextParser, catalog: "pg_ts_parser", sql: textParsersSQL},
	{kind: KindTextTemplate, catalog: "pg_ts_template", sql: textTemplatesSQL},
	{kind: KindTextDictionary, catalog: "pg_ts_dict", sql: textDictionariesSQL},
	{kind: KindTextConfiguration, catalog: "pg_ts_config", sql: textConfigurationsSQL},
}

func (r *reader) readAssembled(ctx context.Context) error {
	for _, a := range assembledKinds {
		if r.idle[cmp.Or(a.idle, a.catalog)] {
			continue
		}
		err := r.each(ctx, "each "+string(a.kind), a.sql, func(rows row) error {
			o := Object{Address: Address{Catalog: a.catalog}, Kind: a.kind}
			var owner uint32
			var signature string
			err := rows.Scan(&o.Address.OID, &o.Schema, &o.Name, &signature, &owner, &o.Create, &o.After, &o.Unsupported)
			if err != nil || !r.defined(o.Address) || r.whole(o.Address) != o.Address {
				return err
			}
			o.Identity = signature
			if o.Name != "" {
				o.Identity = a.kind.Spell(o.Schema, o.Name) + signature
			}
			r.add(o, owner, a.class)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// The SQL that spells the name of an object that another one's row has the OID
// of; NULL where that is 0. The result is qualified, whatever search_path says.

func routineNamed(oid string) string {
	return `(SELECT format('%I.%I', s.nspname, f.proname) FROM pg_proc f JOIN pg_namespace s ON s.oid = f.pronamespace WHERE f.oid = ` + oid + `)`
}

func operatorNamed(oid string) string {
	return `(SELECT format('OPERATOR(%I.%s)', s.nspname, x.oprname) FROM pg_operator x JOIN pg_namespace s ON s.oid = x.oprnamespace WHERE x.oid = ` + oid + `)`
}

// forSuperusers is the Unsupported of what only a superuser may make.
const forSuperusers = `CASE WHEN (SELECT rolsuper FROM pg_roles WHERE rolname = session_user) THEN '' ELSE 'only superusers may make one' END`

// signatureOf spells the argument types of a routine.
func signatureOf(types string) string {
	return `'(' || array_to_string(ARRAY(SELECT format_type(u.t, NULL) FROM unnest(` + types +
		`) WITH ORDINALITY u (t, n) ORDER BY n), ',') || ')'`
}
