//go:build unix

package random

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// facts is the whole schema as lines of text, without numbers, as this package
// reads it for itself; columns are counted as they stand, not by attnum.
const factsSQL = `WITH spaces AS (SELECT * FROM pg_namespace WHERE nspname !~ '^(pg_|safemigrate)' AND nspname <> 'information_schema'),
rels AS (SELECT c.*, n.nspname, format('%I.%I', n.nspname, c.relname) AS id FROM pg_class c JOIN spaces n ON n.oid = c.relnamespace),
rights AS (SELECT 'n' AS c, oid, 'pg_namespace'::regclass AS class, coalesce(nspacl, acldefault('n', nspowner)) AS acl FROM spaces
	UNION ALL SELECT 'r', oid, 'pg_class', coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner)) FROM rels WHERE relkind NOT IN ('i', 'I', 'c')
	UNION ALL SELECT 'f', p.oid, 'pg_proc', coalesce(proacl, acldefault('f', proowner)) FROM pg_proc p JOIN spaces n ON n.oid = p.pronamespace
	UNION ALL SELECT 'T', t.oid, 'pg_type', coalesce(typacl, acldefault('T', typowner)) FROM pg_type t JOIN spaces n ON n.oid = t.typnamespace
		WHERE NOT (t.typelem <> 0 AND t.typcategory = 'A'))
SELECT format('schema %I of %s', nspname, pg_get_userbyid(nspowner)) FROM spaces
UNION ALL SELECT format('rights on %s: %s', pg_describe_object(class, oid, 0), (SELECT string_agg(x::text, ' ' ORDER BY x::text) FROM unnest(acl) x)) FROM rights
UNION ALL SELECT format('relation %s %s of %s, %s %s %s %s %s %s %s %s of type %s', relkind, id, pg_get_userbyid(relowner), relpersistence, reloptions, relrowsecurity, relforcerowsecurity,
	relreplident, relispopulated, relispartition, (SELECT amname FROM pg_am a WHERE a.oid = relam), reloftype::regtype) FROM rels
UNION ALL SELECT format('options of the overflow of %s: %s', r.id, t.reloptions) FROM rels r JOIN pg_class t ON t.oid = r.reltoastrelid WHERE t.reloptions IS NOT NULL
UNION ALL SELECT format('column %s of %s: %I %s %s', row_number() OVER (PARTITION BY r.oid ORDER BY a.attnum), r.id, a.attname, format_type(a.atttypid, a.atttypmod),
	to_jsonb(a) - ARRAY['attrelid', 'attname', 'atttypid', 'attnum', 'attcacheoff', 'attcollation', 'atthasmissing', 'attmissingval', 'attbyval', 'attlen', 'attalign', 'atttypmod', 'attndims']
	|| jsonb_build_object('collation', attcollation::regcollation, 'default', (SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef d WHERE d.adrelid = r.oid AND d.adnum = a.attnum)))
	FROM rels r JOIN pg_attribute a ON a.attrelid = r.oid WHERE r.relkind NOT IN ('S', 'i', 'I') AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL SELECT format('constraint %s: %s %s %s %s %s', pg_describe_object('pg_constraint'::regclass, k.oid, 0), pg_get_constraintdef(k.oid), k.convalidated, k.conislocal, k.coninhcount, k.connoinherit AND k.contype NOT IN ('p', 'u', 'x', 'f'))
	FROM pg_constraint k JOIN spaces n ON n.oid = k.connamespace
UNION ALL SELECT format('index %s: %s %s', r.id, pg_get_indexdef(r.oid), to_jsonb(x) - ARRAY['indexrelid', 'indrelid', 'indkey', 'indcollation', 'indclass', 'indexprs', 'indpred', 'indcheckxmin', 'indoption']
	|| jsonb_build_object('targets', (SELECT array_agg(a.attstattarget ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = r.oid))) FROM rels r JOIN pg_index x ON x.indexrelid = r.oid
UNION ALL SELECT format('sequence %s: %s %s', r.id, to_jsonb(s) - ARRAY['seqrelid', 'seqtypid'], s.seqtypid::regtype) FROM rels r JOIN pg_sequence s ON s.seqrelid = r.oid
UNION ALL SELECT format('view %s: %s', id, pg_get_viewdef(oid)) FROM rels WHERE relkind IN ('v', 'm')
UNION ALL SELECT format('routine of %s, %s %s: %s', pg_get_userbyid(p.proowner), p.prokind, p.oid::regprocedure, CASE p.prokind WHEN 'a' THEN (to_jsonb(g) - ARRAY['aggsortop', 'aggtranstype', 'aggmtranstype'])::text ELSE pg_get_functiondef(p.oid) END)
	FROM pg_proc p JOIN spaces n ON n.oid = p.pronamespace LEFT JOIN pg_aggregate g ON g.aggfnoid = p.oid
UNION ALL SELECT format('trigger %s: %s %s', r.id, pg_get_triggerdef(t.oid), t.tgenabled) FROM rels r JOIN pg_trigger t ON t.tgrelid = r.oid WHERE NOT t.tgisinternal
UNION ALL SELECT format('internal trigger on %s: %s %s %s %s', r.id, t.tgfoid::regproc, t.tgtype, t.tgenabled, pg_describe_object('pg_constraint'::regclass, t.tgconstraint, 0))
	FROM rels r JOIN pg_trigger t ON t.tgrelid = r.oid WHERE t.tgisinternal
UNION ALL SELECT format('rule %s: %s %s', r.id, pg_get_ruledef(w.oid), w.ev_enabled) FROM rels r JOIN pg_rewrite w ON w.ev_class = r.oid WHERE w.rulename <> '_RETURN'
UNION ALL SELECT 'policy ' || p::text FROM pg_policies p
UNION ALL SELECT format('type %s of %s: %s %s', t.oid::regtype, pg_get_userbyid(t.typowner), to_jsonb(t) - ARRAY['oid', 'typname', 'typnamespace', 'typowner', 'typrelid', 'typelem', 'typarray', 'typbasetype',
	'typacl', 'typdefaultbin', 'typcollation'] || jsonb_build_object('base', t.typbasetype::regtype, 'element', t.typelem::regtype, 'array', t.typarray::regtype, 'collation', t.typcollation::regcollation),
	(SELECT string_agg(quote_literal(enumlabel), ' ' ORDER BY enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid)) FROM pg_type t JOIN spaces n ON n.oid = t.typnamespace
UNION ALL SELECT format('range %s of %s: %s %s %s', rngtypid::regtype, rngsubtype::regtype, rngcollation::regcollation, rngcanonical, rngsubdiff) FROM pg_range r JOIN pg_type t ON t.oid = r.rngtypid JOIN spaces n ON n.oid = t.typnamespace
UNION ALL SELECT format('statistics %s of %s, %s', pg_get_statisticsobjdef(s.oid), pg_get_userbyid(s.stxowner), s.stxstattarget) FROM pg_statistic_ext s JOIN spaces n ON n.oid = s.stxnamespace
UNION ALL SELECT format('comment on %s: %s', pg_describe_object(classoid, objoid, objsubid), description) FROM pg_description
	WHERE objoid >= 16384 OR classoid = 'pg_namespace'::regclass AND objoid IN (SELECT oid FROM spaces)
UNION ALL SELECT format('%s inherits from %s as %s', inhrelid::regclass, inhparent::regclass, inhseqno) FROM pg_inherits i WHERE inhrelid >= 16384
UNION ALL SELECT format('partition %s: %s %s', id, pg_get_expr(relpartbound, oid), pg_get_partkeydef(oid)) FROM rels WHERE relispartition OR relkind = 'p'
UNION ALL SELECT format('%s depends on %s: %s', regexp_replace(pg_describe_object(classid, objid, objsubid), 'ConstraintTrigger\D*\d+', 'ConstraintTrigger'), pg_describe_object(refclassid, refobjid, refobjsubid), deptype)
	FROM pg_depend d WHERE objid >= 16384 AND (refobjid >= 16384 OR refclassid = 'pg_namespace'::regclass)
	AND pg_describe_object(classid, objid, objsubid) !~ 'safemigrate|pg_toast' AND pg_describe_object(refclassid, refobjid, refobjsubid) !~ 'pg_toast'
	AND NOT (deptype IN ('P', 'S') AND classid = 'pg_trigger'::regclass AND EXISTS (SELECT FROM pg_trigger g WHERE g.oid = objid AND g.tgisinternal)) -- ATTACH PARTITION makes them, and PARTITION OF does not
` + otherFactsSQL + publicationFactsSQL

// facts reads the schema and all rows; own settings have to be in force.
func (s *session) facts() ([]string, error) {
	found, err := s.Query(s.ctx, factsSQL)
	if err != nil {
		return nil, fmt.Errorf("read the facts: %w", err)
	}
	lines, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("read the facts: %w", err)
	}
	rows, err := s.rows()
	return slices.Sorted(slices.Values(append(lines, rows...))), err
}

const holdersSQL = `SELECT format('%I.%I', n.nspname, c.relname), c.relkind = 'r' FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE n.nspname !~ '^(pg_|safemigrate)' AND n.nspname <> 'information_schema' AND (c.relkind = 'r' OR c.relkind = 'm' AND c.relispopulated)`

// rows reads all rows of all tables, in the order of their columns.
func (s *session) rows() ([]string, error) {
	found, err := s.Query(s.ctx, holdersSQL)
	if err != nil {
		return nil, fmt.Errorf("list the tables: %w", err)
	}
	var parts []string
	for found.Next() {
		var name string
		var table bool
		if err := found.Scan(&name, &table); err != nil {
			return nil, err
		}
		from := name
		if table {
			from = "ONLY " + name
		}
		parts = append(parts, "SELECT "+literal("row of "+name)+" || t::text FROM "+from+" t")
	}
	if err := found.Err(); err != nil || len(parts) == 0 {
		return nil, err
	}
	found, err = s.Query(s.ctx, strings.Join(parts, " UNION ALL "))
	if err != nil {
		return nil, fmt.Errorf("read the rows: %w", err)
	}
	return pgx.CollectRows(found, pgx.RowTo[string])
}

// difference shows the lines that only one of two lists has, with how often.
func difference(want, got []string) string {
	count := map[string]int{}
	for _, l := range got {
		count[l]++
	}
	for _, l := range want {
		count[l]--
	}
	var out []string
	for l, n := range count {
		switch {
		case n > 0:
			out = append(out, fmt.Sprintf("%s (+%d)", l, n))
		case n < 0:
			out = append(out, fmt.Sprintf("%s (%d)", l, n))
		}
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}
