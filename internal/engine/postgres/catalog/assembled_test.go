package catalog_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/testpg"
)

func TestAggregatesAreMadeAgain(t *testing.T) {
	const state = `CREATE FUNCTION sf(int, int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT coalesce($1, 0) + $2';
		CREATE FUNCTION ff(int) RETURNS text LANGUAGE sql AS 'SELECT $1::text';
		CREATE FUNCTION fx(int, int) RETURNS text LANGUAGE sql AS 'SELECT $1::text';
		CREATE FUNCTION ord(int, anyelement) RETURNS int LANGUAGE sql AS 'SELECT 1'; `
	a := func(name, sql, arguments string) making {
		return making{name, state + sql, catalog.KindAggregate, "public.a(" + arguments + ")"}
	}
	rebuildAll(t, []making{
		a("plain", `CREATE AGGREGATE a(int) (SFUNC = sf, STYPE = int)`, "integer"),
		a("named argument", `CREATE AGGREGATE a("x y" int) (SFUNC = sf, STYPE = int, INITCOND = '0')`, "integer"),
		a("final function", `CREATE AGGREGATE a(int) (SFUNC = sf, STYPE = int, SSPACE = 12, FINALFUNC = ff, FINALFUNC_MODIFY = SHAREABLE)`, "integer"),
		a("final function with the arguments", `CREATE AGGREGATE a(int) (SFUNC = sf, STYPE = int, FINALFUNC = fx, FINALFUNC_EXTRA, FINALFUNC_MODIFY = READ_WRITE)`, "integer"),
		a("parallel", `CREATE AGGREGATE a(int) (SFUNC = sf, STYPE = int, COMBINEFUNC = sf, PARALLEL = SAFE)`, "integer"),
		a("restricted", `CREATE AGGREGATE a(int) (SFUNC = sf, STYPE = int, PARALLEL = RESTRICTED)`, "integer"),
		a("moving", `CREATE AGGREGATE a(int) (SFUNC = sf, STYPE = int, MSFUNC = sf, MINVFUNC = sf, MSTYPE = int, MSSPACE = 3,
			MFINALFUNC = int4um, MFINALFUNC_MODIFY = SHAREABLE, MINITCOND = '1')`, "integer"),
		a("moving with the arguments", `CREATE AGGREGATE a(int) (SFUNC = sf, STYPE = int, FINALFUNC = fx, FINALFUNC_EXTRA, MSFUNC = sf, MINVFUNC = sf,
			MSTYPE = int, MFINALFUNC = fx, MFINALFUNC_EXTRA)`, "integer"),
		a("sort operator", `CREATE AGGREGATE a(int) (SFUNC = int4larger, STYPE = int, SORTOP = >)`, "integer"),
		a("of rows", `CREATE AGGREGATE a(*) (SFUNC = int8inc, STYPE = int8, INITCOND = '0')`, ""),
		a("state to begin with, quoted", `CREATE AGGREGATE a(text) (SFUNC = textcat, STYPE = text, INITCOND = 'it''s \x')`, "text"),
		a("variadic", `CREATE FUNCTION sv(int, VARIADIC int[]) RETURNS int LANGUAGE sql AS 'SELECT 1';
			CREATE AGGREGATE a(VARIADIC v int[]) (SFUNC = sv, STYPE = int)`, "integer[]"),
		a("polymorphic", `CREATE AGGREGATE a(anycompatible) (SFUNC = array_append, STYPE = anycompatiblearray, INITCOND = '{}')`, "anycompatible"),
		a("of two arguments", `CREATE AGGREGATE a(float8, float8) (SFUNC = float8_regr_accum, STYPE = float8[], FINALFUNC = float8_regr_sxx, INITCOND = '{0,0,0,0,0,0}')`, "double precision,double precision"),
		a("ordered set, with a modest final function", `CREATE FUNCTION fo(int, anyelement) RETURNS int LANGUAGE sql AS 'SELECT 1';
			CREATE AGGREGATE a(ORDER BY anyelement) (SFUNC = ord, STYPE = int, FINALFUNC = fo, FINALFUNC_EXTRA, FINALFUNC_MODIFY = READ_ONLY)`, "anyelement"),
		a("of an enum", `CREATE TYPE e AS ENUM ('x'); CREATE FUNCTION se(e, e) RETURNS e LANGUAGE sql AS 'SELECT $2'; CREATE AGGREGATE a(e) (SFUNC = se, STYPE = e, INITCOND = 'x')`, "public.e"),
		a("used by a view", `CREATE AGGREGATE a(int) (SFUNC = sf, STYPE = int); CREATE VIEW v AS SELECT a(x) FROM generate_series(1, 3) x`, "integer"),
		{"name with quotes", state + `CREATE AGGREGATE "a (x)"(int) (SFUNC = sf, STYPE = int)`, catalog.KindAggregate, `public."a (x)"(integer)`},
	})
}

func TestOperatorsAreMadeAgain(t *testing.T) {
	const f = `CREATE TYPE e AS ENUM ('a'); CREATE FUNCTION f(e, e) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT true';
		CREATE FUNCTION g(e) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION h(e, int) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT true';
		CREATE FUNCTION h(int, e) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT true'; `
	o := func(name, sql string) making {
		return making{name, f + sql, catalog.KindOperator, "public.=== (public.e, public.e)"}
	}
	rebuildAll(t, []making{
		o("plain", `CREATE OPERATOR === (FUNCTION = f, LEFTARG = e, RIGHTARG = e)`),
		o("its own commutator", `CREATE OPERATOR === (FUNCTION = f, LEFTARG = e, RIGHTARG = e, COMMUTATOR = ===)`),
		o("all options", `CREATE OPERATOR === (FUNCTION = f, LEFTARG = e, RIGHTARG = e, COMMUTATOR = ===, NEGATOR = !==, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES);
			CREATE OPERATOR !== (FUNCTION = f, LEFTARG = e, RIGHTARG = e, COMMUTATOR = !==, NEGATOR = ===, RESTRICT = neqsel, JOIN = neqjoinsel)`),
		o("commutator that is no operator yet", `CREATE OPERATOR === (FUNCTION = f, LEFTARG = e, RIGHTARG = e, COMMUTATOR = =-=)`),
		o("negator that is no operator yet", `CREATE OPERATOR === (FUNCTION = f, LEFTARG = e, RIGHTARG = e, NEGATOR = =-=)`),
		o("neither is yet", `CREATE OPERATOR === (FUNCTION = f, LEFTARG = e, RIGHTARG = e, COMMUTATOR = =+=, NEGATOR = =-=)`),
		{"prefix", f + `CREATE OPERATOR ## (FUNCTION = g, RIGHTARG = e)`, catalog.KindOperator, "public.## (NONE, public.e)"},
		{"of two types", f + `CREATE OPERATOR <<< (FUNCTION = h, LEFTARG = e, RIGHTARG = int, COMMUTATOR = >>>); CREATE OPERATOR >>> (FUNCTION = h, LEFTARG = int, RIGHTARG = e, COMMUTATOR = <<<)`,
			catalog.KindOperator, "public.<<< (public.e, integer)"},
		{"in a schema to quote", f + `CREATE SCHEMA "S s"; CREATE OPERATOR "S s".### (FUNCTION = f, LEFTARG = e, RIGHTARG = e, COMMUTATOR = OPERATOR("S s".###))`,
			catalog.KindOperator, `"S s".### (public.e, public.e)`},
		o("used by a view, a check and an index", `CREATE OPERATOR === (FUNCTION = f, LEFTARG = e, RIGHTARG = e);
			CREATE TABLE t (a e, CHECK (a OPERATOR(public.===) a)); CREATE INDEX ON t ((a OPERATOR(public.===) a)); CREATE VIEW v AS SELECT a === a AS x FROM t`),
	})
}

func TestCastsAndTransformsAreMadeAgain(t *testing.T) {
	const e = `CREATE TYPE e AS ENUM ('a'); CREATE FUNCTION f(e) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1';
		CREATE FUNCTION f3(int, int, boolean) RETURNS e IMMUTABLE LANGUAGE sql AS 'SELECT NULL::public.e'; `
	c := func(name, sql, identity string) making { return making{name, e + sql, catalog.KindCast, identity} }
	rebuildAll(t, []making{
		c("function", `CREATE CAST (e AS int) WITH FUNCTION f(e)`, "(public.e AS integer)"),
		c("assignment", `CREATE CAST (e AS int) WITH FUNCTION f AS ASSIGNMENT`, "(public.e AS integer)"),
		c("implicit", `CREATE CAST (e AS int) WITH FUNCTION f(e) AS IMPLICIT`, "(public.e AS integer)"),
		c("inout", `CREATE CAST (e AS date) WITH INOUT AS ASSIGNMENT`, "(public.e AS date)"),
		c("function of three arguments", `CREATE CAST (int AS e) WITH FUNCTION f3(int, int, boolean)`, "(integer AS public.e)"),
		c("used by a view", `CREATE CAST (e AS int) WITH FUNCTION f(e); CREATE VIEW v AS SELECT 'a'::e::int AS x`, "(public.e AS integer)"),
	})
}

func TestCollationsAndConversionsAreMadeAgain(t *testing.T) {
	c := func(name, sql string) making { return making{name, sql, catalog.KindCollation, "public.c"} }
	v := func(name, sql string) making { return making{name, sql, catalog.KindConversion, "public.c"} }
	rebuildAll(t, []making{
		c("icu", `CREATE COLLATION c (PROVIDER = icu, LOCALE = 'de-u-co-phonebk')`),
		c("not deterministic", `CREATE COLLATION c (PROVIDER = icu, LOCALE = 'und-u-ks-level2', DETERMINISTIC = false)`),
		c("rules", `CREATE COLLATION c (PROVIDER = icu, LOCALE = 'und', RULES = '&V << w <<< W')`),
		c("libc", `CREATE COLLATION c (LOCALE = 'C')`),
		c("libc of two locales", `CREATE COLLATION c (LC_COLLATE = 'C', LC_CTYPE = 'POSIX')`),
		c("copy of C", `CREATE COLLATION c FROM "C"`),
		c("copy of POSIX", `CREATE COLLATION c FROM "POSIX"`),
		c("copy of an ICU collation", `CREATE COLLATION c FROM "de-x-icu"`),
		c("builtin", `CREATE COLLATION c (PROVIDER = builtin, LOCALE = 'C.UTF-8')`),
		c("builtin C", `CREATE COLLATION c (PROVIDER = builtin, LOCALE = 'C')`),
		c("used by a column, an index, a default and a view", `CREATE COLLATION c (PROVIDER = icu, LOCALE = 'de');
			CREATE TABLE t (a text COLLATE c, b text); CREATE INDEX ON t (b COLLATE c); CREATE VIEW v AS SELECT b COLLATE c AS b FROM t`),
		v("conversion", `CREATE CONVERSION c FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8`),
		v("default conversion", `CREATE DEFAULT CONVERSION c FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8`),
	})
}

func TestTextSearchIsMadeAgain(t *testing.T) {
	d := func(name, sql string) making { return making{name, sql, catalog.KindTextDictionary, "public.d"} }
	c := func(name, sql string) making { return making{name, sql, catalog.KindTextConfiguration, "public.c"} }
	rebuildAll(t, []making{
		d("dictionary", `CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = simple)`),
		d("dictionary with options", `CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = snowball, Language = 'german', STOPWORDS = german)`),
		d("dictionary with options altered", `CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = simple, Accept = false, StopWords = english);
			ALTER TEXT SEARCH DICTIONARY d (ACCEPT = 'on', StopWords)`),
		d("dictionary of synonyms", `CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = synonym, SYNONYMS = synonym_sample, CaseSensitive = 1)`),
		c("configuration", `CREATE TEXT SEARCH CONFIGURATION c (PARSER = "default")`),
		c("configuration with mappings", `CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = simple); CREATE TEXT SEARCH CONFIGURATION c (PARSER = "default");
			ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR asciiword, word WITH d, english_stem, simple; ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR email WITH simple`),
		c("copy of a configuration", `CREATE TEXT SEARCH CONFIGURATION c (COPY = german)`),
		c("used by a generated column and an index", `CREATE TEXT SEARCH CONFIGURATION c (COPY = german);
			CREATE TABLE t (a text, b tsvector GENERATED ALWAYS AS (to_tsvector('public.c', a)) STORED); CREATE INDEX ON t USING gin (to_tsvector('public.c', a))`),
		{"names with quotes", `CREATE TEXT SEARCH DICTIONARY "d,  'd'" (TEMPLATE = simple); CREATE TEXT SEARCH CONFIGURATION "c WITH" (PARSER = "default");
			ALTER TEXT SEARCH CONFIGURATION "c WITH" ADD MAPPING FOR word WITH "d,  'd'"`, catalog.KindTextConfiguration, `public."c WITH"`},
	})
}

// TestWhatASuperuserMakesIsMadeAgain holds the kinds that only superusers may
// make.
func TestWhatASuperuserMakesIsMadeAgain(t *testing.T) {
	const e = `CREATE TYPE e AS ENUM ('a'); CREATE FUNCTION lt(e, e) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT false';
		CREATE FUNCTION cmp(e, e) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 0'; CREATE FUNCTION dist(e, e) RETURNS float8 IMMUTABLE LANGUAGE sql AS 'SELECT 0::float8';
		CREATE FUNCTION ltx(e, int) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT false';
		CREATE OPERATOR <<< (FUNCTION = lt, LEFTARG = e, RIGHTARG = e); CREATE OPERATOR <<< (FUNCTION = ltx, LEFTARG = e, RIGHTARG = int);
		CREATE OPERATOR <-> (FUNCTION = dist, LEFTARG = e, RIGHTARG = e); `
	rebuildAs(t, testpg.Start(t).Database(t).AdminURL, []making{
		{"aggregate: internal state", `CREATE AGGREGATE a(int8) (SFUNC = int8_avg_accum, STYPE = internal, FINALFUNC = numeric_poly_avg, COMBINEFUNC = int8_avg_combine,
			SERIALFUNC = int8_avg_serialize, DESERIALFUNC = int8_avg_deserialize, PARALLEL = SAFE)`, catalog.KindAggregate, `public.a(bigint)`},
		{"aggregate: sort operator of the user", `CREATE OPERATOR >>>> (FUNCTION = int4gt, LEFTARG = int, RIGHTARG = int); CREATE OPERATOR FAMILY "of" USING btree; ALTER OPERATOR FAMILY "of" USING btree ADD OPERATOR 5 >>>> (int, int);
			CREATE AGGREGATE a(int) (SFUNC = int4larger, STYPE = int, SORTOP = >>>>)`, catalog.KindAggregate, `public.a(integer)`},
		{"aggregate: ordered set", `CREATE AGGREGATE a(float8 ORDER BY anyelement) (SFUNC = ordered_set_transition, STYPE = internal, FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA)`, catalog.KindAggregate, `public.a(double precision,anyelement)`},
		{"aggregate: hypothetical set", `CREATE AGGREGATE a(VARIADIC "any" ORDER BY VARIADIC "any") (SFUNC = ordered_set_transition_multi, STYPE = internal, FINALFUNC = rank_final, FINALFUNC_EXTRA, HYPOTHETICAL)`, catalog.KindAggregate, `public.a("any")`},
		{"empty operator family", `CREATE OPERATOR FAMILY f USING btree`, catalog.KindOperatorFamily, "public.f USING btree"},
		{"operator family", e + `CREATE OPERATOR FAMILY f USING btree; ALTER OPERATOR FAMILY f USING btree ADD OPERATOR 1 <<< (e, e), OPERATOR 1 <<< (e, int), FUNCTION 1 (e, e) cmp(e, e)`,
			catalog.KindOperatorFamily, "public.f USING btree"},
		{"operator class", e + `CREATE OPERATOR CLASS c FOR TYPE e USING btree AS OPERATOR 1 <<<, FUNCTION 1 cmp(e, e)`, catalog.KindOperatorClass, "public.c USING btree"},
		{"operator class in a family with more", e + `CREATE OPERATOR FAMILY f USING btree; CREATE OPERATOR CLASS c DEFAULT FOR TYPE e USING btree FAMILY f AS OPERATOR 1 <<<, FUNCTION 1 cmp(e, e);
			ALTER OPERATOR FAMILY f USING btree ADD OPERATOR 1 <<< (e, int), FUNCTION 4 (e, e) btequalimage(oid)`, catalog.KindOperatorClass, "public.c USING btree"},
		{"operator class that orders", e + `CREATE OPERATOR CLASS c FOR TYPE point USING gist AS STORAGE box, OPERATOR 15 <->(point, point) FOR ORDER BY float_ops,
			FUNCTION 1 gist_point_consistent(internal, point, smallint, oid, internal), FUNCTION 2 gist_box_union(internal, internal), FUNCTION 3 gist_point_compress(internal),
			FUNCTION 5 gist_box_penalty(internal, internal, internal), FUNCTION 6 gist_box_picksplit(internal, internal), FUNCTION 7 gist_box_same(box, box, internal), FUNCTION 8 (point, point) gist_point_distance(internal, point, smallint, oid, internal)`,
			catalog.KindOperatorClass, "public.c USING gist"},
		{"operator class used by an index", e + `CREATE OPERATOR CLASS c FOR TYPE e USING btree AS OPERATOR 1 <<<, FUNCTION 1 cmp(e, e); CREATE TABLE t (a e); CREATE INDEX ON t (a c)`,
			catalog.KindOperatorClass, "public.c USING btree"},
		{"two classes in one family", e + `CREATE OPERATOR FAMILY f USING hash; CREATE FUNCTION hs(e) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1'; CREATE OPERATOR CLASS c FOR TYPE e USING hash FAMILY f AS OPERATOR 1 <<<, FUNCTION 1 hs(e);
			CREATE OPERATOR CLASS c2 FOR TYPE int USING hash FAMILY f AS OPERATOR 1 =, FUNCTION 1 hashint4(int)`, catalog.KindOperatorFamily, "public.f USING hash"},
		{"cast without function", `CREATE CAST (bigint AS timestamptz) WITHOUT FUNCTION`, catalog.KindCast, "(bigint AS timestamp with time zone)"},
		{"cast between the server's types", `CREATE CAST (int AS box) WITH INOUT AS IMPLICIT`, catalog.KindCast, "(integer AS box)"},
		{"parser", `CREATE TEXT SEARCH PARSER p (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype, HEADLINE = prsd_headline);
			CREATE TEXT SEARCH CONFIGURATION c (PARSER = p); ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR word WITH simple`, catalog.KindTextParser, "public.p"},
		{"parser without headline", `CREATE TEXT SEARCH PARSER p (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype)`, catalog.KindTextParser, "public.p"},
		{"template", `CREATE TEXT SEARCH TEMPLATE x (INIT = dsimple_init, LEXIZE = dsimple_lexize); CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = x, ACCEPT = false)`, catalog.KindTextTemplate, "public.x"},
		{"template without init", `CREATE TEXT SEARCH TEMPLATE x (LEXIZE = dsimple_lexize)`, catalog.KindTextTemplate, "public.x"},
		{"language", `CREATE TRUSTED LANGUAGE l HANDLER plpgsql_call_handler INLINE plpgsql_inline_handler VALIDATOR plpgsql_validator`, catalog.KindLanguage, "l"},
		{"untrusted language", `CREATE LANGUAGE "L l" HANDLER plpgsql_call_handler; CREATE FUNCTION f() RETURNS int LANGUAGE "L l" AS 'BEGIN RETURN 1; END'`, catalog.KindLanguage, `"L l"`},
		{"table access method", `CREATE ACCESS METHOD m TYPE TABLE HANDLER heap_tableam_handler; CREATE TABLE t (a int) USING m`, catalog.KindAccessMethod, "m"},
		{"index access method", `CREATE ACCESS METHOD m TYPE INDEX HANDLER bthandler; CREATE OPERATOR CLASS c DEFAULT FOR TYPE int USING m AS OPERATOR 1 <, FUNCTION 1 btint4cmp(int, int)`, catalog.KindAccessMethod, "m"},
		{"transform", `CREATE TRANSFORM FOR int LANGUAGE plpgsql (FROM SQL WITH FUNCTION prsd_lextype(internal), TO SQL WITH FUNCTION int4recv(internal))`, catalog.KindTransform, "FOR integer LANGUAGE plpgsql"},
		{"transform one way", `CREATE TRANSFORM FOR int LANGUAGE plpgsql (TO SQL WITH FUNCTION int4recv(internal))`, catalog.KindTransform, "FOR integer LANGUAGE plpgsql"},
	})
}

func rebuildAs(t *testing.T, url string, makings []making) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	rebuildOver(t, conn, makings)
}
