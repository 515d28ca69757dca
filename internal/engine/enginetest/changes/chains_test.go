//go:build unix

package changes_test

import "testing"

func TestChains(t *testing.T) { runCases(t, "chains", chainCases) }

// chain is a type under a column under a view under a function under a trigger.
const chain = `CREATE TYPE mood AS ENUM ('sad', 'glad'); CREATE TABLE t (id integer PRIMARY KEY, mood mood NOT NULL DEFAULT 'sad', n integer); INSERT INTO t VALUES (1, 'sad', 1), (2, 'glad', 2);
	CREATE VIEW v AS SELECT id, mood FROM t; CREATE FUNCTION latest() RETURNS SETOF v LANGUAGE sql BEGIN ATOMIC SELECT * FROM v; END;
	CREATE FUNCTION note(mood) RETURNS text LANGUAGE sql RETURN $1::text || (SELECT count(*) FROM latest());
	CREATE TABLE log (what text DEFAULT note('sad')); INSERT INTO log VALUES ('x'); CREATE VIEW w AS SELECT l.what, x.* FROM log l, latest() x;
	CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$DECLARE m mood; BEGIN SELECT mood INTO m FROM v LIMIT 1; RETURN NEW; END$$;
	CREATE TRIGGER tell BEFORE UPDATE ON t FOR EACH ROW WHEN (NEW.mood = 'glad') EXECUTE FUNCTION tell(); CREATE SCHEMA other; `

var chainCases = []change{
	{name: "created", batch: chain},
	{name: "its type dropped with CASCADE", setup: chain, batch: "DROP TYPE mood CASCADE;"},
	{name: "its table dropped with CASCADE", setup: chain, batch: "DROP TABLE t CASCADE;"},
	{name: "its view dropped with CASCADE", setup: chain, batch: "DROP VIEW v CASCADE;"},
	{name: "its function dropped with CASCADE", setup: chain, batch: "DROP FUNCTION latest CASCADE; DROP FUNCTION tell CASCADE;"},
	{name: "everything dropped, one after the other", setup: chain, batch: "DROP VIEW w; DROP TABLE log; DROP FUNCTION note; DROP FUNCTION latest; DROP VIEW v; DROP TRIGGER tell ON t; DROP FUNCTION tell; DROP TABLE t; DROP TYPE mood;"},
	{name: "everything renamed", setup: chain, batch: "ALTER TYPE mood RENAME TO feeling; ALTER TABLE t RENAME TO people; ALTER TABLE people RENAME mood TO feels; ALTER VIEW v RENAME TO vv; ALTER FUNCTION latest RENAME TO newest; ALTER FUNCTION note RENAME TO remark; ALTER VIEW w RENAME TO ww; ALTER TYPE feeling RENAME VALUE 'sad' TO 'blue';"},
	{name: "everything moved", setup: chain, batch: "ALTER TYPE mood SET SCHEMA other; ALTER TABLE t SET SCHEMA other; ALTER VIEW v SET SCHEMA other; ALTER FUNCTION latest SET SCHEMA other; ALTER FUNCTION note SET SCHEMA other; ALTER TABLE log SET SCHEMA other; ALTER VIEW w SET SCHEMA other; ALTER FUNCTION tell SET SCHEMA other;"},
	{name: "its type given a value", setup: chain, batch: "ALTER TYPE mood ADD VALUE 'calm' BEFORE 'glad';"},
	{name: "its column dropped with CASCADE", setup: chain, batch: "ALTER TABLE t DROP COLUMN mood CASCADE;"},
	{name: "its column retyped with all made anew", setup: chain, batch: `DROP VIEW v CASCADE; DROP TRIGGER tell ON t; ALTER TABLE t ALTER mood DROP DEFAULT, ALTER mood TYPE text;
		CREATE VIEW v AS SELECT id, mood FROM t; CREATE FUNCTION latest() RETURNS SETOF v LANGUAGE sql BEGIN ATOMIC SELECT * FROM v WHERE id > 1; END;`},
	{name: "its view given a column", setup: chain, batch: "CREATE OR REPLACE VIEW w AS SELECT l.what, x.*, 1 AS one FROM log l, latest() x;"},
	{name: "its function replaced", setup: chain, batch: "CREATE OR REPLACE FUNCTION latest() RETURNS SETOF v LANGUAGE sql BEGIN ATOMIC SELECT * FROM v WHERE id = 1; END; CREATE OR REPLACE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"},
	{name: "a view of views of views, the lowest dropped", setup: "CREATE TABLE t (a integer, b integer); INSERT INTO t VALUES (1, 2); CREATE VIEW v1 AS SELECT * FROM t; CREATE VIEW v2 AS SELECT a FROM v1; CREATE MATERIALIZED VIEW v3 AS SELECT a, count(*) FROM v2 GROUP BY a; CREATE UNIQUE INDEX ON v3 (a); CREATE VIEW v4 AS SELECT v3.*, v1.b FROM v3, v1;", batch: "DROP VIEW v1 CASCADE;"},
	{name: "a view of views of views, their column retyped", setup: "CREATE TABLE t (a integer, b integer); INSERT INTO t VALUES (1, 2); CREATE VIEW v1 AS SELECT * FROM t; CREATE VIEW v2 AS SELECT a FROM v1;", batch: "DROP VIEW v2; DROP VIEW v1; ALTER TABLE t ALTER a TYPE bigint; CREATE VIEW v1 AS SELECT * FROM t; CREATE VIEW v2 AS SELECT a FROM v1;"},
	{name: "two views exchange their names", setup: "CREATE VIEW a AS SELECT 1 AS x; CREATE VIEW b AS SELECT x, 2 AS y FROM a;", batch: "ALTER VIEW a RENAME TO c; ALTER VIEW b RENAME TO a; ALTER VIEW c RENAME TO b;"},
	{name: "a table, a view and a sequence exchange their names", setup: "CREATE TABLE a (x integer); INSERT INTO a VALUES (1); CREATE VIEW b AS SELECT x FROM a; CREATE SEQUENCE c; SELECT nextval('c');", batch: "ALTER TABLE a RENAME TO tmp; ALTER SEQUENCE c RENAME TO a; ALTER VIEW b RENAME TO c; ALTER TABLE tmp RENAME TO b;"},
	{name: "a function in a column default in a table in a view", setup: "CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1'; CREATE TABLE t (a integer DEFAULT f()); INSERT INTO t DEFAULT VALUES; CREATE VIEW v AS SELECT a, f() AS b FROM t;", batch: "DROP FUNCTION f CASCADE; CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$SELECT 'x'$$; ALTER TABLE t ADD COLUMN b text DEFAULT f();"},
	{name: "a row type in a column of another table", setup: "CREATE TABLE a (x integer, y text); CREATE TABLE b (id integer, a a); INSERT INTO a VALUES (1, 'y'); INSERT INTO b SELECT 1, a FROM a;", batch: "ALTER TABLE b DROP COLUMN a; DROP TABLE a;"},
	{name: "a row type in a column of another table, renamed", setup: "CREATE TABLE a (x integer, y text); CREATE TABLE b (id integer, a a, aa a[]); INSERT INTO a VALUES (1, 'y'); INSERT INTO b SELECT 1, a, ARRAY[a] FROM a;", batch: "ALTER TABLE a RENAME TO c; ALTER TABLE c RENAME COLUMN x TO z;"},
	{name: "a type and an index of the same name", setup: "CREATE TABLE t (a integer); INSERT INTO t VALUES (1); CREATE TYPE x AS ENUM ('a'); CREATE INDEX x ON t (a);", batch: "DROP INDEX x; ALTER TABLE t ADD COLUMN x x;"},
	{name: "a function and a table of the same name", setup: "CREATE TABLE t (a integer); INSERT INTO t VALUES (1); CREATE FUNCTION t(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';", batch: "DROP FUNCTION t; DROP TABLE t;"},
	{name: "all of it twice", setup: chain, batch: "DROP TYPE mood CASCADE; DROP TABLE t, log CASCADE; DROP FUNCTION tell CASCADE; DROP SCHEMA other;", more: []string{chain, "DROP TABLE t CASCADE;"}},
	{name: "over several files", setup: "CREATE TABLE t (id integer PRIMARY KEY, a text); INSERT INTO t VALUES (1, 'x'), (2, 'y');", batch: "ALTER TABLE t ADD COLUMN b integer;",
		more: []string{"UPDATE t SET b = length(a);", "ALTER TABLE t DROP COLUMN a;", "ALTER TABLE t RENAME TO u;", "CREATE VIEW t AS SELECT * FROM u;"}},
}
