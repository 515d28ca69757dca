//go:build unix

package changes_test

import "testing"

func TestCasts(t *testing.T) { runCases(t, "casts", castCases) }

const castBase = `CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE t (id integer PRIMARY KEY, x e); INSERT INTO t VALUES (1, 'a'), (2, 'b');
	CREATE FUNCTION num(e) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT length($1::text)';
	CREATE FUNCTION num2(e) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT 2';
	CREATE CAST (e AS integer) WITH FUNCTION num(e); COMMENT ON CAST (e AS integer) IS 'old'; CREATE VIEW v AS SELECT x::integer AS n FROM t; `

var castCases = []change{
	{name: "created", setup: castBase, batch: "CREATE CAST (e AS date) WITH INOUT AS ASSIGNMENT; CREATE FUNCTION big(e) RETURNS bigint IMMUTABLE LANGUAGE sql AS 'SELECT 1::bigint'; CREATE CAST (e AS bigint) WITH FUNCTION big AS IMPLICIT;"},
	{name: "created and used by an index", setup: castBase + "DROP CAST (e AS integer) CASCADE; ", batch: "CREATE CAST (e AS integer) WITH FUNCTION num(e); CREATE INDEX ON t ((x::integer));"},
	{name: "dropped", setup: castBase + "DROP VIEW v; ", batch: "DROP CAST (e AS integer);"},
	{name: "dropped with CASCADE", setup: castBase, batch: "DROP CAST (e AS integer) CASCADE;"},
	{name: "recreated differently", setup: castBase, batch: "DROP CAST (e AS integer) CASCADE; CREATE CAST (e AS integer) WITH FUNCTION num2(e) AS ASSIGNMENT;"},
	{name: "recreated without a function", setup: castBase, batch: "DROP CAST (e AS integer) CASCADE; CREATE CAST (e AS integer) WITH INOUT;"},
	{name: "comment changed", setup: castBase, batch: "COMMENT ON CAST (e AS integer) IS 'new';"},
	{name: "its function renamed", setup: castBase, batch: "ALTER FUNCTION num(e) RENAME TO number;"},
	{name: "its function dropped with CASCADE", setup: castBase, batch: "DROP FUNCTION num CASCADE;"},
	{name: "its type renamed", setup: castBase, batch: "ALTER TYPE e RENAME TO e2; COMMENT ON CAST (e2 AS integer) IS NULL;"},
	{name: "its type dropped with CASCADE", setup: castBase, batch: "DROP TYPE e CASCADE;"},
	{name: "created and dropped", setup: castBase, batch: "CREATE CAST (e AS date) WITH INOUT;", more: []string{"DROP CAST (e AS date);"}, same: true},
	{name: "binary, created by a superuser", superuser: true, batch: "CREATE CAST (bigint AS timestamptz) WITHOUT FUNCTION AS IMPLICIT;"},
	{name: "binary, dropped by a superuser", superuser: true, admin: "CREATE CAST (bigint AS timestamptz) WITHOUT FUNCTION;", batch: "DROP CAST (bigint AS timestamptz);"},
	{name: "transform created", superuser: true, batch: "CREATE TRANSFORM FOR integer LANGUAGE plpgsql (FROM SQL WITH FUNCTION prsd_lextype(internal), TO SQL WITH FUNCTION int4recv(internal)); COMMENT ON TRANSFORM FOR integer LANGUAGE plpgsql IS 'x';"},
	{name: "transform dropped", superuser: true, admin: "CREATE TRANSFORM FOR integer LANGUAGE plpgsql (TO SQL WITH FUNCTION int4recv(internal)); CREATE FUNCTION f(integer) RETURNS integer TRANSFORM FOR TYPE integer LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';", batch: "DROP TRANSFORM FOR integer LANGUAGE plpgsql CASCADE;"},
	{name: "transform replaced", superuser: true, admin: "CREATE TRANSFORM FOR integer LANGUAGE plpgsql (TO SQL WITH FUNCTION int4recv(internal));", batch: "CREATE OR REPLACE TRANSFORM FOR integer LANGUAGE plpgsql (FROM SQL WITH FUNCTION prsd_lextype(internal));"},
}

func TestLanguages(t *testing.T) { runCases(t, "languages", languageCases) }

const languageBase = `CREATE TRUSTED LANGUAGE l HANDLER plpgsql_call_handler INLINE plpgsql_inline_handler VALIDATOR plpgsql_validator;
	COMMENT ON LANGUAGE l IS 'old'; GRANT USAGE ON LANGUAGE l TO alice; CREATE FUNCTION f() RETURNS integer LANGUAGE l AS 'BEGIN RETURN 1; END'; `

var languageCases = []change{
	{name: "created", superuser: true, batch: "CREATE LANGUAGE x HANDLER plpgsql_call_handler; CREATE FUNCTION f() RETURNS integer LANGUAGE x AS 'BEGIN RETURN 1; END';"},
	{name: "created and dropped", superuser: true, same: true, setup: "CREATE TABLE t (a integer);", batch: "CREATE LANGUAGE x HANDLER plpgsql_call_handler; DROP LANGUAGE x;"},
	{name: "renamed", superuser: true, admin: languageBase, batch: "ALTER LANGUAGE l RENAME TO m;"},
	{name: "owner, privileges and comment changed", superuser: true, admin: languageBase, batch: "ALTER LANGUAGE l OWNER TO alice; REVOKE USAGE ON LANGUAGE l FROM PUBLIC; GRANT USAGE ON LANGUAGE l TO bob; COMMENT ON LANGUAGE l IS 'new';"},
	{name: "dropped with CASCADE", superuser: true, admin: languageBase, batch: "DROP LANGUAGE l CASCADE;"},
	{name: "replaced", superuser: true, admin: languageBase, batch: "CREATE OR REPLACE LANGUAGE l HANDLER plpgsql_call_handler;"},
	{name: "dropped by an ordinary role", admin: languageBase + "ALTER LANGUAGE l OWNER TO @owner; ALTER FUNCTION f() OWNER TO @owner;", batch: "DROP LANGUAGE l CASCADE;", refused: "only superusers may make one"},
	{name: "access method created", superuser: true, batch: "CREATE ACCESS METHOD m TYPE TABLE HANDLER heap_tableam_handler; CREATE TABLE t (id integer) USING m; INSERT INTO t VALUES (1); COMMENT ON ACCESS METHOD m IS 'x';"},
	{name: "access method dropped", superuser: true, admin: "CREATE ACCESS METHOD m TYPE TABLE HANDLER heap_tableam_handler; CREATE TABLE t (id integer) USING m; INSERT INTO t VALUES (1); COMMENT ON ACCESS METHOD m IS 'x';", batch: "DROP ACCESS METHOD m CASCADE;"},
}
