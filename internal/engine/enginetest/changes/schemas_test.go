//go:build unix

package changes_test

import "testing"

func TestSchemas(t *testing.T) { runCases(t, "schemas", schemaCases) }

const schemaBase = `CREATE SCHEMA s; COMMENT ON SCHEMA s IS 'a schema'; GRANT USAGE ON SCHEMA s TO alice; CREATE TABLE s.t (id serial PRIMARY KEY, e text DEFAULT 'x'); INSERT INTO s.t DEFAULT VALUES;
	CREATE TYPE s.e AS ENUM ('a', 'b'); ALTER TABLE s.t ADD k s.e DEFAULT 'a'; CREATE VIEW s.v AS SELECT id, k FROM s.t; CREATE FUNCTION s.f(s.e) RETURNS s.e LANGUAGE sql AS 'SELECT $1';
	CREATE TABLE outside (t integer REFERENCES s.t, k s.e DEFAULT s.f('a')); INSERT INTO outside VALUES (1); CREATE SCHEMA empty; `

var schemaCases = []change{
	{name: "created", setup: schemaBase, batch: "CREATE SCHEMA x CREATE TABLE t (a integer) CREATE VIEW v AS SELECT a FROM t;"},
	{name: "created for a role", admin: "DO $$BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO team', current_database()); END$$;", setup: schemaBase, batch: "CREATE SCHEMA AUTHORIZATION team;"},
	{name: "created twice, the second time if it does not exist", setup: schemaBase, batch: "CREATE SCHEMA x; CREATE SCHEMA IF NOT EXISTS x;"},
	{name: "created and dropped", setup: schemaBase, batch: "CREATE SCHEMA x; DROP SCHEMA x;", same: true},
	{name: "renamed", setup: schemaBase, batch: "ALTER SCHEMA s RENAME TO z;"},
	{name: "renamed, and another of its name created", setup: schemaBase, batch: "ALTER SCHEMA s RENAME TO z; CREATE SCHEMA s; CREATE TABLE s.t (other text);"},
	{name: "two exchange their names", setup: schemaBase, batch: "ALTER SCHEMA s RENAME TO swap; ALTER SCHEMA empty RENAME TO s; ALTER SCHEMA swap RENAME TO empty;"},
	{name: "renamed, and a thing in it changed", setup: schemaBase, batch: "ALTER SCHEMA s RENAME TO z; ALTER TABLE z.t RENAME COLUMN e TO ee; DROP VIEW z.v; ALTER TYPE z.e RENAME VALUE 'a' TO 'A';"},
	{name: "dropped", setup: schemaBase, batch: "DROP SCHEMA empty;"},
	{name: "dropped with CASCADE", setup: schemaBase, batch: "DROP SCHEMA s CASCADE;"},
	{name: "dropped and recreated otherwise", setup: schemaBase, batch: "DROP SCHEMA s CASCADE; CREATE SCHEMA s; CREATE VIEW s.t AS SELECT 1 AS a;"},
	{name: "dropped and recreated alike", setup: schemaBase, batch: "DROP SCHEMA empty; CREATE SCHEMA empty;", same: true},
	{name: "emptied into another", setup: schemaBase, batch: "ALTER TABLE s.t SET SCHEMA empty; ALTER VIEW s.v SET SCHEMA empty; ALTER TYPE s.e SET SCHEMA empty; ALTER FUNCTION s.f SET SCHEMA empty; DROP SCHEMA s;"},
	{name: "of a name that begins as safemigrate's own", setup: "CREATE SCHEMA safemigrate_demo; CREATE TABLE safemigrate_demo.t (id integer PRIMARY KEY, v text); CREATE TABLE safemigrate_demo.u (v text); CREATE SCHEMA safemigrates; CREATE TABLE safemigrates.t (v text); CREATE SEQUENCE safemigrates.s; INSERT INTO safemigrate_demo.t VALUES (1, 'a'); INSERT INTO safemigrate_demo.u VALUES ('a'); INSERT INTO safemigrates.t VALUES ('a');",
		batch: "DROP TABLE safemigrate_demo.t; DELETE FROM safemigrate_demo.u; DO $$ BEGIN EXECUTE 'UPDATE safemigrates.t SET v = ''b'''; PERFORM nextval('safemigrates.s'); END $$; ALTER SCHEMA safemigrate_demo RENAME TO demo; CREATE SCHEMA safemigrate_two; CREATE TABLE safemigrate_two.t (a integer);"},
	{name: "privileges", setup: schemaBase, batch: "GRANT CREATE ON SCHEMA s TO bob; REVOKE USAGE ON SCHEMA s FROM alice;"},
	{name: "public: privileges", setup: schemaBase, batch: "GRANT CREATE ON SCHEMA public TO alice;", since: 150000},
	{name: "public: privileges by a superuser", setup: schemaBase, batch: "GRANT CREATE ON SCHEMA public TO alice;", superuser: true},
	{name: "everything moved by a search path", setup: schemaBase, batch: "SET search_path = s; CREATE TABLE here (a integer); ALTER TABLE t ADD COLUMN x here; DROP TABLE public.outside;"},
}
