//go:build unix

package changes_test

import "testing"

func TestFunctions(t *testing.T) { runCases(t, "functions", functionCases) }

const functionBase = `CREATE TABLE t (id integer, name text); INSERT INTO t VALUES (1, 'a'), (2, 'b'); CREATE SCHEMA other;
	CREATE FUNCTION f(x integer, y integer DEFAULT 2) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT x + y'; COMMENT ON FUNCTION f IS 'adds';
	CREATE PROCEDURE p(x integer, INOUT y integer DEFAULT NULL) LANGUAGE plpgsql AS $$BEGIN y := x; -- a comment
	END$$; `

var functionCases = []change{
	{name: "created, SQL", setup: functionBase, batch: "CREATE FUNCTION x(a integer[], VARIADIC b text[] DEFAULT '{}') RETURNS SETOF t STABLE ROWS 10 COST 5 LANGUAGE sql AS 'SELECT * FROM t';"},
	{name: "created, PL/pgSQL", setup: functionBase, batch: "CREATE FUNCTION x(OUT a integer, OUT b text) LANGUAGE plpgsql AS $$BEGIN a := 1; b := '$'; END$$;"},
	{name: "created, BEGIN ATOMIC", setup: functionBase, batch: "CREATE FUNCTION x(a integer) RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM t WHERE id = a; END;"},
	{name: "created, RETURN", setup: functionBase, batch: "CREATE FUNCTION x(a integer) RETURNS integer LANGUAGE sql RETURN f(a) + 1;"},
	{name: "created, a procedure", setup: functionBase, batch: "CREATE PROCEDURE x(a integer) LANGUAGE sql AS 'INSERT INTO t VALUES (a)'; CALL x(9);"},
	{name: "created and dropped", setup: functionBase, batch: "CREATE FUNCTION x() RETURNS integer LANGUAGE sql AS 'SELECT 1'; SELECT x(); DROP FUNCTION x;", same: true},
	{name: "created twice", setup: functionBase, batch: "CREATE OR REPLACE FUNCTION x() RETURNS integer LANGUAGE sql AS 'SELECT 1'; CREATE OR REPLACE FUNCTION x() RETURNS integer LANGUAGE sql AS 'SELECT 2';"},
	{name: "overloaded", setup: functionBase, batch: "CREATE FUNCTION f(x text) RETURNS text LANGUAGE sql AS 'SELECT x'; CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 0';"},
	{name: "replaced", setup: functionBase, batch: "CREATE OR REPLACE FUNCTION f(x integer, y integer DEFAULT 5) RETURNS integer LANGUAGE plpgsql STRICT AS 'BEGIN RETURN x * y; END';"},
	{name: "replaced with a default less, under an index", setup: functionBase + "CREATE INDEX i ON t (f(id, 1));", batch: "CREATE OR REPLACE FUNCTION f(x integer, y integer DEFAULT 3) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT x + y';"},
	{name: "replaced with a default more", setup: functionBase, batch: "CREATE OR REPLACE FUNCTION f(x integer DEFAULT 1, y integer DEFAULT 2) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT x + y';"},
	{name: "replaced with a default more, under a view", setup: functionBase + "CREATE VIEW v AS SELECT f(id, 1) FROM t;", batch: "CREATE OR REPLACE FUNCTION f(x integer DEFAULT 1, y integer DEFAULT 2) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT x + y';"},
	{name: "replaced with names of arguments", setup: "CREATE FUNCTION f(integer) RETURNS integer LANGUAGE sql AS 'SELECT $1'; CREATE VIEW v AS SELECT f(1);", batch: "CREATE OR REPLACE FUNCTION f(x integer) RETURNS integer LANGUAGE sql AS 'SELECT x';"},
	{name: "replaced as security definer with settings", setup: functionBase, batch: "CREATE OR REPLACE FUNCTION f(x integer, y integer DEFAULT 2) RETURNS integer LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp SET work_mem = '4MB' AS 'SELECT 1';"},
	{name: "dropped", setup: functionBase, batch: "DROP FUNCTION f;"},
	{name: "dropped, a procedure", setup: functionBase, batch: "DROP PROCEDURE p;"},
	{name: "dropped with CASCADE", setup: functionBase + "CREATE VIEW v AS SELECT f(id) FROM t; CREATE INDEX i ON t (f(id, 1)); ALTER TABLE t ADD CHECK (f(id) > 0), ADD g integer GENERATED ALWAYS AS (f(id, 7)) STORED;", batch: "DROP FUNCTION f CASCADE;"},
	{name: "dropped, BEGIN ATOMIC", setup: functionBase + "CREATE FUNCTION x(a integer) RETURNS SETOF t LANGUAGE sql BEGIN ATOMIC INSERT INTO t VALUES (f(a)) RETURNING *; SELECT * FROM t; END;", batch: "DROP FUNCTION x;"},
	{name: "dropped, with everything", admin: "CREATE SCHEMA other;" + `CREATE FUNCTION x("select" integer, OUT "Out" text, INOUT c numeric DEFAULT 1.5, VARIADIC d text[] DEFAULT ARRAY['a''b', '\']) RETURNS SETOF record
		LANGUAGE plpgsql STABLE STRICT SECURITY DEFINER LEAKPROOF PARALLEL RESTRICTED COST 3 ROWS 7 SET "my.setting" = 'a, "b' SET search_path TO other, "$user" AS $q$BEGIN RETURN; END $q$;`, superuser: true, batch: "DROP FUNCTION x;"},
	{name: "dropped, with a support function", admin: "CREATE FUNCTION x(a text, b text) RETURNS boolean IMMUTABLE LANGUAGE sql SUPPORT textlike_support AS 'SELECT a LIKE b'; ALTER FUNCTION x OWNER TO @owner;", batch: "DROP FUNCTION x;", refused: "support function"},
	{name: "dropped, with a support function, by a superuser", superuser: true, admin: "CREATE FUNCTION x(a text, b text) RETURNS boolean IMMUTABLE LANGUAGE sql SUPPORT textlike_support AS 'SELECT a LIKE b';", batch: "DROP FUNCTION x(text, text);"},
	{name: "dropped, leakproof", admin: "CREATE FUNCTION x() RETURNS integer LEAKPROOF LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION x OWNER TO @owner;", batch: "DROP FUNCTION x;", refused: "leakproof"},
	{name: "dropped, with a setting of the superuser's", admin: "CREATE FUNCTION x() RETURNS integer LANGUAGE sql SET log_statement = 'all' AS 'SELECT 1'; ALTER FUNCTION x OWNER TO @owner;", batch: "DROP FUNCTION x;", refused: "setting"},
	{name: "dropped, in a language of the superuser's", admin: "CREATE FUNCTION x() RETURNS bigint LANGUAGE internal AS 'window_row_number' WINDOW; ALTER FUNCTION x OWNER TO @owner;", batch: "DROP FUNCTION x;", refused: "language"},
	{name: "dropped, of a window, in C", superuser: true, admin: "CREATE FUNCTION x() RETURNS bigint WINDOW LANGUAGE internal AS 'window_row_number'; CREATE FUNCTION y(text) RETURNS text IMMUTABLE STRICT LANGUAGE internal AS 'upper';", batch: "DROP FUNCTION x(), y(text);"},
	{name: "dropped, RETURNS TABLE", setup: functionBase + "CREATE FUNCTION x(a integer) RETURNS TABLE (b integer, c t) LANGUAGE sql AS 'SELECT a, t FROM t';", batch: "DROP FUNCTION x;"},
	{name: "dropped, with a transform", superuser: true, setup: functionBase, admin: "CREATE FUNCTION from_sql(internal) RETURNS internal LANGUAGE internal IMMUTABLE AS 'textin'; CREATE TRANSFORM FOR integer LANGUAGE sql (FROM SQL WITH FUNCTION from_sql(internal)); CREATE FUNCTION x(a integer) RETURNS text TRANSFORM FOR TYPE integer LANGUAGE sql AS 'SELECT a::text';",
		batch: "DROP FUNCTION x;"},
	{name: "procedure renamed", setup: functionBase + "CREATE PROCEDURE pr(n integer) LANGUAGE sql AS 'SELECT 1'; COMMENT ON PROCEDURE pr IS 'p';", batch: "ALTER PROCEDURE pr RENAME TO ps; ALTER PROCEDURE ps(integer) SET SCHEMA other;"},
	{name: "dropped, with an argument of an extension's type", admin: "CREATE EXTENSION hstore; ", setup: functionBase + "CREATE FUNCTION x(a hstore) RETURNS text LANGUAGE sql AS 'SELECT a::text';", batch: "DROP FUNCTION x;"},
	{name: "dropped and recreated with another result", setup: functionBase, batch: "DROP FUNCTION f; CREATE FUNCTION f(x integer, y integer) RETURNS text LANGUAGE sql AS $$SELECT 'x'$$;"},
	{name: "dropped and recreated alike", setup: functionBase, batch: "DROP FUNCTION f; CREATE FUNCTION f(x integer, y integer DEFAULT 2) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT x + y'; COMMENT ON FUNCTION f IS 'adds';", same: true},
	{name: "dropped for a procedure", setup: functionBase, batch: "DROP FUNCTION f; CREATE PROCEDURE f(x integer, y integer) LANGUAGE sql AS 'SELECT 1';"},
	{name: "dropped for an aggregate", setup: functionBase, batch: "DROP FUNCTION f; CREATE AGGREGATE f(integer) (SFUNC = int4pl, STYPE = integer);"},
	{name: "renamed", setup: functionBase + "CREATE VIEW v AS SELECT f(id) FROM t;", batch: "ALTER FUNCTION f RENAME TO g;"},
	{name: "renamed, and another of its name created", setup: functionBase + "CREATE VIEW v AS SELECT f(id) FROM t;", batch: "ALTER FUNCTION f RENAME TO g; CREATE FUNCTION f(x integer, y integer DEFAULT 2) RETURNS integer LANGUAGE sql AS 'SELECT 0';"},
	{name: "moved to another schema", setup: functionBase + "CREATE VIEW v AS SELECT f(id) FROM t;", batch: "ALTER FUNCTION f SET SCHEMA other; ALTER PROCEDURE p SET SCHEMA other;"},
	{name: "attributes", setup: functionBase, batch: "ALTER FUNCTION f COST 9 VOLATILE STRICT SECURITY DEFINER PARALLEL SAFE;"},
	{name: "attributes under a view", setup: functionBase + "CREATE VIEW v AS SELECT f(id) FROM t;", batch: "ALTER FUNCTION f COST 9 STABLE; ALTER FUNCTION f RENAME TO g;"},
	{name: "settings", setup: functionBase, batch: "ALTER FUNCTION f SET search_path = public; ALTER PROCEDURE p SET work_mem = '1MB';"},
	{name: "settings reset", setup: functionBase + "ALTER FUNCTION f SET search_path = public, other; ALTER FUNCTION f SET statement_timeout = '5s';", batch: "ALTER FUNCTION f RESET ALL;"},
	{name: "its table dropped", setup: functionBase + "CREATE FUNCTION x(t) RETURNS integer LANGUAGE sql AS 'SELECT $1.id'; CREATE FUNCTION y() RETURNS SETOF t LANGUAGE sql AS 'SELECT * FROM t';", batch: "DROP TABLE t CASCADE;"},
	{name: "its table's column dropped with CASCADE", setup: functionBase + "CREATE FUNCTION x() RETURNS text LANGUAGE sql BEGIN ATOMIC SELECT name FROM t; END;", batch: "ALTER TABLE t DROP COLUMN name CASCADE;"},
	{name: "its table renamed", setup: functionBase + "CREATE FUNCTION x() RETURNS text LANGUAGE sql BEGIN ATOMIC SELECT name FROM t; END;", batch: "ALTER TABLE t RENAME TO u; ALTER TABLE u RENAME COLUMN name TO title;"},
	{name: "tied to an extension", admin: "CREATE EXTENSION hstore; ALTER EXTENSION hstore SET SCHEMA public;", setup: functionBase, batch: "ALTER FUNCTION f DEPENDS ON EXTENSION hstore;", superuser: true},
	{name: "calling each other, dropped", setup: "CREATE FUNCTION a(integer) RETURNS integer LANGUAGE sql RETURN $1; CREATE FUNCTION b(integer) RETURNS integer LANGUAGE sql RETURN a($1); CREATE FUNCTION c(integer DEFAULT b(1)) RETURNS integer LANGUAGE sql RETURN b($1);", batch: "DROP FUNCTION a CASCADE;"},
}
