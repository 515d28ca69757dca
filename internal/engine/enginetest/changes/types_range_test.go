//go:build unix

package changes_test

import "testing"

func TestRangeTypes(t *testing.T) { runCases(t, "range types", rangeCases) }

const rangeBase = `CREATE TYPE r AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = float8mi); COMMENT ON TYPE r IS 'a range'; COMMENT ON TYPE r_multirange IS 'many';
	CREATE TABLE t (id integer PRIMARY KEY, a r, b r[], m r_multirange DEFAULT '{}'); CREATE INDEX i ON t USING gist (a);
	INSERT INTO t VALUES (1, '[1.5,2)', '{"[1,2]",NULL,empty}', '{[1,2),(3,4]}'), (2, '(,)', '{}', NULL), (3, 'empty', NULL, DEFAULT), (4, '[Infinity,NaN]', '[-2:-1]={"(,5)","[-Infinity,)"}', '{(,)}');
	CREATE VIEW v AS SELECT lower(a) AS l, a * r(0, 9) AS c FROM t; CREATE SCHEMA other; `

var rangeCases = []change{
	{name: "created", setup: rangeBase, batch: "CREATE TYPE n AS RANGE (SUBTYPE = text, COLLATION = \"C\", SUBTYPE_OPCLASS = text_pattern_ops, MULTIRANGE_TYPE_NAME = ns); CREATE TABLE u (a n, b ns, c ns[]); INSERT INTO u VALUES (n('a', 'b'), ns(n('c', 'd')), NULL);"},
	{name: "created and dropped in one batch", setup: rangeBase, batch: "CREATE TYPE n AS RANGE (SUBTYPE = integer); DROP TYPE n;", same: true},
	{name: "created over every kind of type", setup: "CREATE TYPE m AS ENUM ('a', 'b'); CREATE DOMAIN d AS integer;", batch: "CREATE TYPE rm AS RANGE (SUBTYPE = m); CREATE TYPE rd AS RANGE (SUBTYPE = d); CREATE TABLE t (a rm, b rd); INSERT INTO t VALUES (rm('a', 'b'), rd(1, 2));"},
	{name: "dropped", setup: `CREATE FUNCTION diff(text, text) RETURNS float8 IMMUTABLE LANGUAGE sql AS 'SELECT 1.0::float8'; CREATE SCHEMA other;
		CREATE TYPE r AS RANGE (SUBTYPE = text, SUBTYPE_OPCLASS = text_pattern_ops, COLLATION = "C", SUBTYPE_DIFF = diff, MULTIRANGE_TYPE_NAME = other."Many r"); COMMENT ON TYPE r IS 'x'; COMMENT ON TYPE other."Many r" IS 'y'; REVOKE USAGE ON TYPE r FROM PUBLIC;`, batch: "DROP TYPE r;"},
	{name: "dropped with CASCADE and columns", setup: rangeBase, batch: "DROP TYPE r CASCADE;"},
	{name: "dropped with its table and a function", setup: rangeBase + "CREATE FUNCTION f(r, r_multirange) RETURNS r LANGUAGE sql AS 'SELECT $1';", batch: "DROP VIEW v; DROP TABLE t; DROP FUNCTION f; DROP TYPE r;"},
	{name: "renamed", setup: rangeBase, batch: "ALTER TYPE r RENAME TO r2;"},
	{name: "multirange renamed", setup: rangeBase, batch: "ALTER TYPE r_multirange RENAME TO rr;"},
	{name: "both renamed, crosswise", setup: rangeBase, batch: "ALTER TYPE r RENAME TO x; ALTER TYPE r_multirange RENAME TO r; ALTER TYPE x RENAME TO r_multirange;"},
	{name: "moved to another schema", setup: rangeBase, batch: "ALTER TYPE r SET SCHEMA other;"},
	{name: "multirange moved to another schema", setup: rangeBase, batch: "ALTER TYPE r_multirange SET SCHEMA other; ALTER TYPE other.r_multirange RENAME TO mm;"},
	{name: "renamed and its name taken", setup: rangeBase, batch: "ALTER TYPE r RENAME TO old; CREATE TYPE r AS RANGE (SUBTYPE = integer, MULTIRANGE_TYPE_NAME = ri);"},
	{name: "recreated differently", setup: rangeBase, batch: "DROP VIEW v; ALTER TABLE t DROP a, DROP b, DROP m; DROP TYPE r; CREATE TYPE r AS RANGE (SUBTYPE = float8); ALTER TABLE t ADD a r;"},
	{name: "replaced by another kind", setup: "CREATE TYPE r AS RANGE (SUBTYPE = integer);", batch: "DROP TYPE r; CREATE DOMAIN r AS integer; CREATE VIEW r_multirange AS SELECT 1 AS a;"},
	{name: "dropped that had been renamed", setup: "CREATE TYPE x AS RANGE (SUBTYPE = integer); ALTER TYPE x RENAME TO r;", batch: "DROP TYPE r;", refused: "range type public.r has to be made anew, and its function public.x would have another name"},
	{name: "comments", setup: rangeBase, batch: "COMMENT ON TYPE r IS NULL; COMMENT ON TYPE r_multirange IS 'else';"},
	{name: "owner", setup: rangeBase + "GRANT CREATE ON SCHEMA public TO team;", batch: "ALTER TYPE r OWNER TO team;"},
	{name: "privileges", setup: rangeBase, batch: "REVOKE USAGE ON TYPE r FROM PUBLIC; GRANT USAGE ON TYPE r TO alice;"},
	{name: "privileges on the multirange", until: 170000, setup: rangeBase, batch: "REVOKE USAGE ON TYPE r_multirange FROM PUBLIC; GRANT USAGE ON TYPE r_multirange TO alice;"},
	{name: "table rebuilt", setup: rangeBase, batch: "ALTER TABLE t DROP id;"},
	{name: "rows changed", setup: rangeBase, batch: "UPDATE t SET a = 'empty', m = '{(,)}'; DELETE FROM t WHERE id = 1;"},
	{name: "column made text", setup: rangeBase, batch: "DROP VIEW v; DROP INDEX i; ALTER TABLE t ALTER a TYPE text USING a::text, ALTER b TYPE text USING b::text;"},
	{name: "over an enum that gets a label", setup: "CREATE TYPE m AS ENUM ('a', 'c'); CREATE TYPE r AS RANGE (SUBTYPE = m); CREATE TABLE t (x r); INSERT INTO t VALUES (r('a', 'c'));", batch: "ALTER TYPE m ADD VALUE 'b' BEFORE 'c';"},
	{name: "shell type", batch: "CREATE TYPE n;", superuser: true, refused: "type public.n"},
	{name: "base type", superuser: true, batch: "CREATE TYPE n; CREATE FUNCTION nin(cstring) RETURNS n IMMUTABLE STRICT LANGUAGE internal AS 'int4in'; CREATE FUNCTION nout(n) RETURNS cstring IMMUTABLE STRICT LANGUAGE internal AS 'int4out'; CREATE TYPE n (INPUT = nin, OUTPUT = nout, LIKE = integer);", refused: "type public.n"},
}
