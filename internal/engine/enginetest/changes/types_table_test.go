//go:build unix

package changes_test

import "testing"

func TestTypedTables(t *testing.T) { runCases(t, "typed tables", typedCases) }

func TestRowTypes(t *testing.T) { runCases(t, "row types", rowTypeCases) }

const typedBase = `CREATE TYPE c AS (id integer, name text, at date); CREATE TABLE t OF c (id WITH OPTIONS PRIMARY KEY, name WITH OPTIONS NOT NULL DEFAULT 'n');
	COMMENT ON COLUMN t.name IS 'x'; ALTER TABLE t ADD CHECK (name <> ''); INSERT INTO t VALUES (1, 'a', '2020-01-01'), (2, DEFAULT, NULL); CREATE VIEW v AS SELECT id, name FROM t; `

var typedCases = []change{
	{name: "created", setup: typedBase, batch: "CREATE TABLE u OF c (PRIMARY KEY (id), at WITH OPTIONS DEFAULT '2021-01-01'); INSERT INTO u (id) VALUES (1);"},
	{name: "created with its type", batch: "CREATE TYPE n AS (a integer); CREATE TABLE u OF n; INSERT INTO u VALUES (1);"},
	{name: "dropped", setup: typedBase, batch: "DROP VIEW v; DROP TABLE t;"},
	{name: "dropped with its type", setup: typedBase, batch: "DROP TYPE c CASCADE;"},
	{name: "renamed", setup: typedBase, batch: "ALTER TABLE t RENAME TO t2; ALTER TYPE c RENAME TO c2;"},
	{name: "attribute added", setup: typedBase, batch: "ALTER TYPE c ADD ATTRIBUTE extra integer CASCADE; UPDATE t SET extra = 4 WHERE id = 1;"},
	{name: "attribute added, no rows written", setup: typedBase, batch: "ALTER TYPE c ADD ATTRIBUTE extra integer CASCADE;"},
	{name: "attribute added and a table made of it", setup: typedBase, batch: "ALTER TYPE c ADD ATTRIBUTE extra integer CASCADE; CREATE TABLE u OF c; CREATE VIEW w AS SELECT extra FROM t;"},
	{name: "attribute dropped", setup: typedBase, batch: "ALTER TYPE c DROP ATTRIBUTE at CASCADE;"},
	{name: "attribute renamed", setup: typedBase, batch: "ALTER TYPE c RENAME ATTRIBUTE name TO title CASCADE;"},
	{name: "attributes swapped by name", setup: typedBase, batch: "ALTER TYPE c RENAME ATTRIBUTE name TO x CASCADE; ALTER TYPE c RENAME ATTRIBUTE id TO name CASCADE; ALTER TYPE c RENAME ATTRIBUTE x TO id CASCADE;"},
	{name: "attribute of another type", setup: typedBase, batch: "ALTER TYPE c ALTER ATTRIBUTE at TYPE timestamp CASCADE;"},
	{name: "its type taken away", setup: typedBase, batch: "ALTER TABLE t NOT OF;"},
	{name: "its type taken away and dropped, columns changed", setup: typedBase, batch: "ALTER TABLE t NOT OF; DROP TYPE c; ALTER TABLE t RENAME name TO title; ALTER TABLE t ADD more integer;"},
	{name: "given a type", setup: "CREATE TYPE c AS (a integer, b text); CREATE TABLE t (x integer, a integer, b text); ALTER TABLE t DROP x; INSERT INTO t VALUES (1, 'a');", batch: "ALTER TABLE t OF c; CREATE TYPE d AS (a integer, b text); CREATE TABLE u (a integer, b text); ALTER TABLE u OF d;"},
	{name: "given a type of the batch", setup: "CREATE TABLE t (a integer, b text); INSERT INTO t VALUES (1, 'a');", batch: "CREATE TYPE d AS (a integer, b text); ALTER TABLE t OF d; ALTER TYPE d RENAME ATTRIBUTE b TO q CASCADE; ALTER TYPE d ADD ATTRIBUTE z integer CASCADE;"},
	{name: "given another type", setup: typedBase + "CREATE TYPE d AS (id integer, name text, at date);", batch: "ALTER TABLE t OF d; ALTER TYPE d RENAME ATTRIBUTE at TO date CASCADE;"},
	{name: "column's options", setup: typedBase, batch: "ALTER TABLE t ALTER name DROP NOT NULL, ALTER name DROP DEFAULT, ALTER at SET DEFAULT now(), DROP CONSTRAINT t_name_check; COMMENT ON COLUMN t.name IS NULL;"},
	{name: "rows changed", setup: typedBase, batch: "UPDATE t SET name = 'z'; DELETE FROM t WHERE id = 1;"},
}

const rowTypeBase = "CREATE TABLE t (a integer, b text); INSERT INTO t VALUES (1, 'x'); CREATE VIEW v AS SELECT a FROM t; CREATE TABLE u (r t, rs t[]); INSERT INTO u VALUES (ROW(1, 'y'), ARRAY[ROW(2, NULL)::t, NULL]), (NULL, '{}'); "

var rowTypeCases = []change{
	{name: "privileges revoked", setup: rowTypeBase, batch: "REVOKE USAGE ON TYPE t FROM PUBLIC; GRANT USAGE ON TYPE t TO alice;"},
	{name: "privileges given back", setup: rowTypeBase + "REVOKE USAGE ON TYPE t FROM PUBLIC;", batch: "GRANT USAGE ON TYPE t TO PUBLIC;"},
	{name: "privileges on a view's", setup: rowTypeBase, batch: "REVOKE USAGE ON TYPE v FROM PUBLIC; COMMENT ON TYPE v IS 'x';"},
	{name: "comment", setup: rowTypeBase, batch: "COMMENT ON TYPE t IS 'a row';"},
	{name: "comment changed", setup: rowTypeBase + "COMMENT ON TYPE t IS 'a row';", batch: "COMMENT ON TYPE t IS 'rows';"},
	{name: "table with both dropped", setup: "CREATE TABLE t (a integer); INSERT INTO t VALUES (1); REVOKE USAGE ON TYPE t FROM PUBLIC; COMMENT ON TYPE t IS 'x';", batch: "DROP TABLE t;"},
	{name: "table with both rebuilt", setup: "CREATE TABLE t (a integer, b text); INSERT INTO t VALUES (1, 'x'); REVOKE USAGE ON TYPE t FROM PUBLIC; COMMENT ON TYPE t IS 'x'; CREATE FUNCTION f(t) RETURNS SETOF t LANGUAGE sql AS 'SELECT $1';", batch: "ALTER TABLE t DROP b;"},
	{name: "table with both changed owner", setup: rowTypeBase + "REVOKE USAGE ON TYPE t FROM PUBLIC; GRANT USAGE ON TYPE t TO alice; GRANT CREATE ON SCHEMA public TO team;", batch: "ALTER TABLE t OWNER TO team;"},
	{name: "column added while a table holds rows of it", setup: rowTypeBase, batch: "ALTER TABLE t ADD c integer;"},
	{name: "column dropped while a table holds rows of it", setup: rowTypeBase, batch: "DROP VIEW v; ALTER TABLE t DROP b;"},
	{name: "renamed while a table holds rows of it", setup: rowTypeBase, batch: "ALTER TABLE t RENAME TO t2; ALTER TABLE t2 RENAME b TO bb;"},
	{name: "domain over a row type", setup: rowTypeBase + "CREATE DOMAIN d AS t CHECK ((VALUE).a > 0); CREATE TABLE w (x d); INSERT INTO w VALUES (ROW(3, 'q'));", batch: "DROP DOMAIN d CASCADE;"},
}
