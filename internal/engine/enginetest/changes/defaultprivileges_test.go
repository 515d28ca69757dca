//go:build unix

package changes_test

import "testing"

func TestDefaultPrivileges(t *testing.T) { runCases(t, "default privileges", defaultPrivilegeCases) }

const (
	defaultsAlter = "ALTER DEFAULT PRIVILEGES "
	defaultsBase  = `CREATE SCHEMA s; CREATE TABLE t (id integer PRIMARY KEY, a text); INSERT INTO t VALUES (1, 'a'); ` +
		defaultsAlter + "GRANT SELECT ON TABLES TO alice; " + defaultsAlter + "IN SCHEMA s GRANT USAGE ON SEQUENCES TO bob WITH GRANT OPTION; " +
		defaultsAlter + "REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC; "
	leaky = `CREATE TABLE l (id serial PRIMARY KEY, a text, g integer GENERATED ALWAYS AS IDENTITY); INSERT INTO l (a) VALUES ('x');
		CREATE VIEW v AS SELECT a FROM l; CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1'; CREATE TYPE e AS ENUM ('a'); CREATE SEQUENCE q; CREATE SCHEMA k; `
	leaks = defaultsAlter + "GRANT ALL ON TABLES TO alice; " + defaultsAlter + "GRANT ALL ON SEQUENCES TO alice; " + defaultsAlter + "GRANT ALL ON TYPES TO alice; " +
		defaultsAlter + "GRANT ALL ON SCHEMAS TO alice; " + defaultsAlter + "REVOKE ALL ON FUNCTIONS FROM PUBLIC; "
	dropLeaky = "DROP VIEW v; DROP TABLE l; DROP FUNCTION f; DROP TYPE e; DROP SEQUENCE q; DROP SCHEMA k;"
)

var defaultPrivilegeCases = []change{
	{name: "granted", setup: defaultsBase, batch: defaultsAlter + "GRANT UPDATE ON TABLES TO bob;"},
	{name: "granted in a schema", setup: defaultsBase, batch: defaultsAlter + "IN SCHEMA s GRANT SELECT ON TABLES TO bob;"},
	{name: "granted for another role", setup: defaultsBase, batch: defaultsAlter + "FOR ROLE team GRANT SELECT ON TABLES TO bob;"},
	{name: "first of a kind", setup: defaultsBase, batch: defaultsAlter + "REVOKE USAGE ON TYPES FROM PUBLIC; " + defaultsAlter + "GRANT USAGE ON SCHEMAS TO bob;"},
	{name: "grant option added and taken", setup: defaultsBase, batch: defaultsAlter + "GRANT SELECT ON TABLES TO alice WITH GRANT OPTION; " + defaultsAlter + "IN SCHEMA s REVOKE GRANT OPTION FOR USAGE ON SEQUENCES FROM bob;"},
	{name: "revoked", setup: defaultsBase, batch: defaultsAlter + "REVOKE SELECT ON TABLES FROM alice;"},
	{name: "revoked in a schema", setup: defaultsBase, batch: defaultsAlter + "IN SCHEMA s REVOKE ALL ON SEQUENCES FROM bob;"},
	{name: "built-in default given back", setup: defaultsBase, batch: defaultsAlter + "GRANT EXECUTE ON FUNCTIONS TO PUBLIC;"},
	{name: "owner's own taken away", setup: defaultsBase, batch: defaultsAlter + "REVOKE ALL ON TABLES FROM @owner;"},
	{name: "everything taken away", setup: defaultsBase, batch: defaultsAlter + "REVOKE ALL ON FUNCTIONS FROM @owner, PUBLIC;"},
	{name: "schema renamed", setup: defaultsBase, batch: "ALTER SCHEMA s RENAME TO z;"},
	{name: "schema dropped", setup: defaultsBase, batch: "DROP SCHEMA s;"},
	{name: "changed twice", setup: defaultsBase, batch: defaultsAlter + "GRANT INSERT ON TABLES TO bob;", more: []string{defaultsAlter + "REVOKE ALL ON TABLES FROM alice, bob;"}},
	{name: "granted and revoked", same: true, setup: defaultsBase, batch: defaultsAlter + "GRANT SELECT ON TABLES TO bob; " + defaultsAlter + "REVOKE SELECT ON TABLES FROM bob;"},
	{name: "by a superuser for many", superuser: true, setup: defaultsBase, batch: defaultsAlter + "FOR ROLE alice, bob IN SCHEMA s GRANT ALL ON TABLES TO team;"},
	{name: "made anew under default privileges", setup: leaky + leaks, batch: dropLeaky},
	{name: "default privileges newer than what is made anew", setup: leaky, batch: leaks + dropLeaky},
	{name: "default privileges older than what is made anew", setup: leaks + leaky, batch: dropLeaky + defaultsAlter + "REVOKE ALL ON TABLES FROM alice; " + defaultsAlter + "GRANT EXECUTE ON FUNCTIONS TO PUBLIC;"},
	{name: "rebuilt under default privileges of the schema", setup: leaky + defaultsAlter + "IN SCHEMA public GRANT ALL ON TABLES TO PUBLIC; " + defaultsAlter + "IN SCHEMA public GRANT ALL ON SEQUENCES TO bob;", batch: "DROP VIEW v; ALTER TABLE l DROP a;"},
}
