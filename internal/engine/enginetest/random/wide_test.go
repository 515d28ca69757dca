//go:build unix

package random

import (
	"fmt"

	"github.com/safemigrate/safemigrate/internal/engine/enginetest/soak"
)

// wideFrom is the first seed of the fast level whose grammar has these kinds,
// too: what an earlier seed makes stays the same.
const wideFrom = 1501

// wideOps make and change what schemas seldom have.
var wideOps = []op{{2, newAggregate}, {2, newOperator}, {1, newCollation}, {2, newCast}, {2, newTextSearch}, {4, changeOther}}

func newAggregate(g *gen) string {
	return "CREATE AGGREGATE " + g.fresh() + g.One("(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0')", "(text) (SFUNC = textcat, STYPE = text, PARALLEL = safe)",
		"(VARIADIC integer[]) (SFUNC = array_cat, STYPE = integer[])", "(integer) (SFUNC = int4larger, STYPE = integer, SORTOP = >)")
}

func newOperator(g *gen) string {
	sign := g.One("===", "~~~", "<+>", "@#@")
	return fmt.Sprintf("CREATE OPERATOR %s.%s (%s)", quote(g.schema()), sign, g.One("LEFTARG = integer, RIGHTARG = integer, FUNCTION = int4eq, COMMUTATOR = OPERATOR("+quote(g.schema())+"."+sign+"), HASHES",
		"LEFTARG = text, RIGHTARG = text, FUNCTION = textcat", "RIGHTARG = integer, FUNCTION = int4abs", "LEFTARG = integer, RIGHTARG = integer, FUNCTION = int4lt, RESTRICT = scalarltsel, JOIN = scalarltjoinsel"))
}

func newCollation(g *gen) string {
	return "CREATE COLLATION " + g.fresh() + g.One(` FROM "C"`, ` (PROVIDER = libc, LOCALE = 'C')`, ` (LC_COLLATE = 'POSIX', LC_CTYPE = 'C')`)
}

func newCast(g *gen) string {
	t, ok := soak.Pick(g.Dice, g.w.typesOf("ec"))
	if !ok {
		return ""
	}
	return "CREATE CAST (" + g.One(t.sql()+" AS ", "") + g.One("integer", "text", "jsonb") + g.One("", " AS "+t.sql()) + ") WITH INOUT" + g.One("", " AS ASSIGNMENT", " AS IMPLICIT")
}

func newTextSearch(g *gen) string {
	return "CREATE TEXT SEARCH " + g.One("CONFIGURATION "+g.fresh()+" (COPY = "+g.One("simple", "english")+")",
		"DICTIONARY "+g.fresh()+" (TEMPLATE = simple"+g.Or(50, ", accept = false")+")")
}

// changeOther drops, renames, moves, describes or gives away one of these.
func changeOther(g *gen) string {
	o, ok := soak.Pick(g.Dice, g.w.Others)
	if !ok {
		return ""
	}
	switch g.IntN(5) {
	case 0:
		return "ALTER " + o + " RENAME TO " + quote(g.name())
	case 1:
		return "ALTER " + o + " SET SCHEMA " + quote(g.schema())
	case 2:
		return "ALTER " + o + " OWNER TO " + g.One(keeper, "CURRENT_USER")
	case 3:
		return "COMMENT ON " + o + " IS " + g.One("'seldom'", "NULL")
	}
	return "DROP " + o + g.Or(70, " CASCADE")
}

// othersSQL names them as ALTER and DROP do.
const othersSQL = `SELECT coalesce(json_agg(name ORDER BY name COLLATE "C"), '[]') FROM (
	SELECT 'OPERATOR ' || format('%I.%s (%s, %s)', n.nspname, o.oprname, CASE o.oprleft WHEN 0 THEN 'NONE' ELSE format_type(o.oprleft, NULL) END, format_type(o.oprright, NULL)) AS name
		FROM pg_operator o JOIN spaces n ON n.oid = o.oprnamespace WHERE o.oprcode <> 0
	UNION ALL SELECT 'COLLATION ' || format('%I.%I', n.nspname, c.collname) FROM pg_collation c JOIN spaces n ON n.oid = c.collnamespace
	UNION ALL SELECT 'CAST ' || format('(%s AS %s)', format_type(castsource, NULL), format_type(casttarget, NULL)) FROM pg_cast WHERE oid >= 16384
	UNION ALL SELECT 'TEXT SEARCH CONFIGURATION ' || format('%I.%I', n.nspname, c.cfgname) FROM pg_ts_config c JOIN spaces n ON n.oid = c.cfgnamespace
	UNION ALL SELECT 'TEXT SEARCH DICTIONARY ' || format('%I.%I', n.nspname, d.dictname) FROM pg_ts_dict d JOIN spaces n ON n.oid = d.dictnamespace) o`

// otherFactsSQL are the facts of them.
const otherFactsSQL = `
UNION ALL SELECT format('operator %s of %s: %s %s %s', o.oid::regoperator, pg_get_userbyid(o.oprowner), o.oprcom::regoperator, o.oprnegate::regoperator,
	to_jsonb(o) - ARRAY['oid', 'oprnamespace', 'oprowner', 'oprcom', 'oprnegate', 'oprleft', 'oprright', 'oprresult']) FROM pg_operator o JOIN spaces n ON n.oid = o.oprnamespace
UNION ALL SELECT format('collation %s of %s: %s', c.oid::regcollation, pg_get_userbyid(c.collowner), to_jsonb(c) - ARRAY['oid', 'collnamespace', 'collowner']) FROM pg_collation c JOIN spaces n ON n.oid = c.collnamespace
UNION ALL SELECT format('%s: %s %s %s', pg_describe_object('pg_cast'::regclass, oid, 0), castfunc::regprocedure, castcontext, castmethod) FROM pg_cast WHERE oid >= 16384
UNION ALL SELECT format('text search dictionary %s of %s: %s %s', d.oid::regdictionary, pg_get_userbyid(d.dictowner), dicttemplate, dictinitoption) FROM pg_ts_dict d JOIN spaces n ON n.oid = d.dictnamespace
UNION ALL SELECT format('text search configuration %s of %s: %s', c.oid::regconfig, pg_get_userbyid(c.cfgowner), (SELECT string_agg(format('%s %s %s', maptokentype, mapseqno, mapdict::regdictionary), ', '
	ORDER BY maptokentype, mapseqno) FROM pg_ts_config_map m WHERE m.mapcfg = c.oid)) FROM pg_ts_config c JOIN spaces n ON n.oid = c.cfgnamespace`
