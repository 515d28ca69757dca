//go:build unix

package changes_test

import "testing"

func TestCompositeTypes(t *testing.T) { runCases(t, "composite types", compositeCases) }

const (
	compositeFree = `CREATE TYPE c AS (a integer, b text COLLATE "C", n numeric(5,2)); COMMENT ON TYPE c IS 'three'; COMMENT ON COLUMN c.b IS 'it''s b';
	CREATE FUNCTION f(c) RETURNS c[] LANGUAGE sql AS 'SELECT ARRAY[$1]'; CREATE VIEW v AS SELECT (f(ROW(1, 'x', 2)::c))[1] AS x; CREATE SCHEMA other; `
	compositeUsed = `CREATE TYPE p AS (x integer, y text); CREATE TYPE c AS (a p, b p[], d date); COMMENT ON COLUMN c.b IS 'many';
	CREATE TABLE t (id integer PRIMARY KEY, v c, w c[], z p); CREATE VIEW q AS SELECT id, (v).a, (z).y AS zy FROM t;
	INSERT INTO t VALUES (1, ROW(ROW(1, 'a "quoted", \text'), ARRAY[ROW(2, NULL)::p, NULL, ROW(NULL, '')::p], '2020-02-29'), ARRAY[NULL, ROW(NULL, NULL, NULL)::c], ROW(NULL, NULL)),
		(2, NULL, '{}', ROW(0, '')), (3, ROW(NULL, '{}', 'infinity'), '[3:3]={"(,,)"}', NULL);
	CREATE SCHEMA other; `
)

var compositeCases = []change{
	{name: "created", setup: compositeFree, batch: `CREATE TYPE n AS (a c, "B b" c[], e text COLLATE "C"); CREATE TABLE t (x n); INSERT INTO t VALUES (ROW(ROW(1, 'q', 2), NULL, 'z'));`},
	{name: "created without attributes", batch: "CREATE TYPE n AS ();"},
	{name: "created and dropped in one batch", setup: compositeFree, batch: "CREATE TYPE n AS (a c); ALTER TYPE n ADD ATTRIBUTE b integer; DROP TYPE n;", same: true},
	{name: "dropped", setup: "CREATE TYPE c AS (a integer, \"B b\" text COLLATE \"C\", d numeric(4,1)[]); COMMENT ON TYPE c IS 'x'; COMMENT ON COLUMN c.\"B b\" IS 'y'; REVOKE USAGE ON TYPE c FROM PUBLIC; GRANT USAGE ON TYPE c TO bob;", batch: "DROP TYPE c;"},
	{name: "dropped that had lost an attribute", setup: "CREATE TYPE c AS (a integer, b integer, d integer); ALTER TYPE c DROP ATTRIBUTE b; COMMENT ON COLUMN c.d IS 'x'; CREATE VIEW v AS SELECT (ROW(1, 2)::c).d AS d;", batch: "DROP TYPE c CASCADE;"},
	{name: "dropped with CASCADE", setup: compositeFree, batch: "DROP TYPE c CASCADE;"},
	{name: "dropped with CASCADE and columns", setup: compositeUsed, batch: "DROP TYPE p CASCADE;"},
	{name: "dropped with its table", setup: compositeUsed, batch: "DROP VIEW q; DROP TABLE t; DROP TYPE c; DROP TYPE p;"},
	{name: "renamed", setup: compositeUsed, batch: "ALTER TYPE c RENAME TO c2;"},
	{name: "renamed and moved", setup: compositeUsed, batch: "ALTER TYPE p RENAME TO p2; ALTER TYPE p2 SET SCHEMA other; ALTER TYPE c SET SCHEMA other;"},
	{name: "renamed and its name taken", setup: compositeUsed, batch: "ALTER TYPE c RENAME TO c2; CREATE TABLE c (x integer); INSERT INTO c VALUES (1);"},
	{name: "attribute added", setup: compositeUsed, batch: "ALTER TYPE p ADD ATTRIBUTE extra integer;"},
	{name: "attribute added and values written", setup: compositeUsed, batch: "ALTER TYPE p ADD ATTRIBUTE extra integer; UPDATE t SET z = ROW(5, 'five', 55); INSERT INTO t (id, z) VALUES (9, ROW(1, 'q', 2));"},
	{name: "attribute added and used by a view", setup: compositeUsed, batch: "ALTER TYPE p ADD ATTRIBUTE extra integer; CREATE OR REPLACE VIEW q AS SELECT id, (v).a, (z).y AS zy, (z).extra FROM t; CREATE VIEW r AS SELECT extra FROM q;"},
	{name: "attribute of a type of the batch added", setup: compositeUsed, batch: "CREATE TYPE m AS ENUM ('a'); ALTER TYPE p ADD ATTRIBUTE m m;"},
	{name: "attribute added and dropped", setup: compositeUsed, batch: "ALTER TYPE p ADD ATTRIBUTE extra integer; ALTER TYPE p DROP ATTRIBUTE extra;", same: true},
	{name: "attribute renamed", setup: compositeUsed, batch: "ALTER TYPE p RENAME ATTRIBUTE y TO why; ALTER TYPE c RENAME ATTRIBUTE b TO bee;"},
	{name: "attributes swapped by name", setup: compositeUsed, batch: "ALTER TYPE p RENAME ATTRIBUTE x TO tmp; ALTER TYPE p RENAME ATTRIBUTE y TO x; ALTER TYPE p RENAME ATTRIBUTE tmp TO y;"},
	{name: "attribute renamed and another added under its name", setup: compositeUsed, batch: "ALTER TYPE p RENAME ATTRIBUTE y TO z; ALTER TYPE p ADD ATTRIBUTE y integer;"},
	{name: "attribute dropped, no table", setup: compositeFree, batch: "ALTER TYPE c DROP ATTRIBUTE b;"},
	{name: "attribute dropped and added, no table", setup: compositeFree, batch: "ALTER TYPE c DROP ATTRIBUTE a; ALTER TYPE c ADD ATTRIBUTE a integer;"},
	{name: "attribute of another type, no table", setup: compositeFree, batch: "DROP VIEW v; ALTER TYPE c ALTER ATTRIBUTE a TYPE bigint; ALTER TYPE c ALTER ATTRIBUTE b TYPE text COLLATE \"POSIX\";"},
	{name: "attribute dropped while a table has values", setup: compositeUsed, batch: "ALTER TYPE c DROP ATTRIBUTE d;"},
	{name: "attribute dropped below, while a table has values", setup: compositeUsed, batch: "ALTER TYPE p DROP ATTRIBUTE x;"},
	{name: "attribute dropped and added while a table has values", setup: compositeUsed, batch: "ALTER TYPE p DROP ATTRIBUTE x; ALTER TYPE p ADD ATTRIBUTE x integer;"},
	{name: "attribute dropped while a published table has values", setup: compositeUsed + "CREATE TABLE w (a p); INSERT INTO w VALUES ('(1,x)'); CREATE PUBLICATION pub FOR TABLE w;", batch: "ALTER TYPE p DROP ATTRIBUTE x;"},
	{name: "replaced by another of its name", setup: compositeUsed, batch: "ALTER TYPE p RENAME TO old; CREATE TYPE p AS (x text); ALTER TABLE t ADD k p; UPDATE t SET k = ROW('a');"},
	{name: "replaced by an enum", setup: compositeFree, batch: "DROP TYPE c CASCADE; CREATE TYPE c AS ENUM ('a', 'b');"},
	{name: "replaced by a table", setup: compositeFree, batch: "DROP TYPE c CASCADE; CREATE TABLE c (a integer);"},
	{name: "a table replaced by a composite type", setup: compositeUsed, batch: "DROP VIEW q; DROP TABLE t; CREATE TYPE t AS (id integer);"},
	{name: "comments", setup: compositeUsed, batch: "COMMENT ON TYPE c IS 'x'; COMMENT ON COLUMN c.a IS 'y'; COMMENT ON COLUMN c.b IS NULL;"},
	{name: "comment on an attribute that is renamed", setup: compositeUsed, batch: "ALTER TYPE c RENAME ATTRIBUTE b TO bb; COMMENT ON COLUMN c.bb IS 'else';"},
	{name: "comment on an attribute twice", setup: compositeUsed, batch: "COMMENT ON COLUMN c.b IS 'one';", more: []string{"COMMENT ON COLUMN c.b IS 'two';"}},
	{name: "owner", setup: compositeUsed + "GRANT CREATE ON SCHEMA public TO team;", batch: "ALTER TYPE c OWNER TO team;"},
	{name: "privileges", setup: compositeUsed, batch: "REVOKE USAGE ON TYPE c FROM PUBLIC; GRANT USAGE ON TYPE c TO alice, bob WITH GRANT OPTION;"},
	{name: "in a function's signature", setup: compositeFree, batch: "ALTER TYPE c ADD ATTRIBUTE z integer; ALTER TYPE c RENAME TO c2;"},
	{name: "column of it dropped, and the type", setup: compositeUsed, batch: "DROP VIEW q; ALTER TABLE t DROP v, DROP w; DROP TYPE c;"},
	{name: "column of it made text", setup: compositeUsed, batch: "DROP VIEW q; ALTER TABLE t ALTER v TYPE text USING v::text;"},
	{name: "with a domain and a range inside", setup: "CREATE DOMAIN d AS integer CHECK (VALUE > 0); CREATE TYPE r AS RANGE (SUBTYPE = integer); CREATE TYPE c AS (a d, b r, e r[], m r_multirange); CREATE TABLE t (x c, k integer); INSERT INTO t VALUES (ROW(1, r(1, 5), ARRAY[r(NULL, 3), NULL, 'empty'], '{[1,2),[5,)}'), 1), (NULL, 2);",
		batch: "ALTER TABLE t DROP k; DROP TABLE t; DROP TYPE c; DROP TYPE r; DROP DOMAIN d;"},
}
