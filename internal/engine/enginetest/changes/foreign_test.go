//go:build unix

package changes_test

import "testing"

func TestForeignData(t *testing.T) { runCases(t, "foreign data", foreignCases) }

// foreignAdmin lets the owner make servers of a wrapper that reads nothing.
const (
	foreignAdmin = "CREATE FOREIGN DATA WRAPPER w; GRANT USAGE ON FOREIGN DATA WRAPPER w TO @owner; "
	foreignBase  = `CREATE SERVER s TYPE 'x' VERSION '1' FOREIGN DATA WRAPPER w OPTIONS (a '1', b '2');
		CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (user 'me');
		CREATE FOREIGN TABLE f (id integer NOT NULL, x integer, a text OPTIONS (col 'A'), CONSTRAINT c CHECK (id > 0)) SERVER s OPTIONS (t 'T');
		ALTER FOREIGN TABLE f DROP x; COMMENT ON FOREIGN TABLE f IS 'far'; COMMENT ON COLUMN f.a IS 'text'; GRANT SELECT ON f TO alice; GRANT UPDATE (a) ON f TO bob;
		CREATE VIEW v AS SELECT a FROM f; GRANT USAGE ON FOREIGN SERVER s TO alice; COMMENT ON SERVER s IS 'there'; CREATE SCHEMA o; `
)

func foreignCase(name, batch string) change {
	return change{name: name, admin: foreignAdmin, setup: foreignBase, batch: batch}
}

func foreignBySuperuser(name, batch string) change {
	return change{name: name, superuser: true, admin: foreignAdmin, setup: foreignBase, batch: batch}
}

var foreignCases = []change{
	foreignBySuperuser("wrapper created", "CREATE FOREIGN DATA WRAPPER x OPTIONS (o 'p'); GRANT USAGE ON FOREIGN DATA WRAPPER x TO alice; COMMENT ON FOREIGN DATA WRAPPER x IS 'x';"),
	foreignBySuperuser("wrapper altered", "ALTER FOREIGN DATA WRAPPER w OPTIONS (ADD dbname 'p');"),
	foreignBySuperuser("wrapper's validator", "ALTER FOREIGN DATA WRAPPER w VALIDATOR postgresql_fdw_validator;"),
	foreignBySuperuser("wrapper renamed", "ALTER FOREIGN DATA WRAPPER w RENAME TO x;"),
	foreignBySuperuser("wrapper's privileges and comment", "REVOKE USAGE ON FOREIGN DATA WRAPPER w FROM @owner; COMMENT ON FOREIGN DATA WRAPPER w IS 'x';"),
	foreignBySuperuser("wrapper's owner", "ALTER FOREIGN DATA WRAPPER w OWNER TO chief;"),
	foreignBySuperuser("table's owner", "ALTER FOREIGN TABLE f OWNER TO alice; GRANT SELECT ON f TO bob;"),
	{name: "server and wrapper created and dropped", superuser: true, same: true, admin: foreignAdmin, setup: foreignBase, batch: "CREATE FOREIGN DATA WRAPPER x; CREATE SERVER z FOREIGN DATA WRAPPER x; CREATE FOREIGN TABLE g (a integer) SERVER z; DROP FOREIGN TABLE g; DROP SERVER z; DROP FOREIGN DATA WRAPPER x;"},
	foreignBySuperuser("wrapper dropped with CASCADE", "DROP FOREIGN DATA WRAPPER w CASCADE;"),
	foreignCase("server created", "CREATE SERVER z FOREIGN DATA WRAPPER w OPTIONS (x 'y'); CREATE USER MAPPING FOR @owner SERVER z; CREATE FOREIGN TABLE g (a integer) SERVER z;"),
	foreignCase("server's options", "ALTER SERVER s OPTIONS (SET a '3', DROP b, ADD c 'it''s');"),
	foreignCase("server's version", "ALTER SERVER s VERSION '2';"),
	foreignCase("server renamed", "ALTER SERVER s RENAME TO z;"),
	foreignCase("server's owner", "ALTER SERVER s OWNER TO @owner; GRANT USAGE ON FOREIGN SERVER s TO bob;"),
	foreignBySuperuser("server given away", "ALTER SERVER s OWNER TO alice;"),
	foreignCase("server's privileges and comment", "REVOKE USAGE ON FOREIGN SERVER s FROM alice; COMMENT ON SERVER s IS NULL;"),
	foreignCase("server dropped with CASCADE", "DROP SERVER s CASCADE;"),
	foreignCase("server dropped and made otherwise", "DROP SERVER s CASCADE; CREATE SERVER s FOREIGN DATA WRAPPER w;"),
	foreignCase("mapping created", "CREATE USER MAPPING FOR @owner SERVER s OPTIONS (password 'hidden');"),
	foreignCase("mapping's options", "ALTER USER MAPPING FOR PUBLIC SERVER s OPTIONS (SET user 'you');"),
	foreignCase("mapping dropped", "DROP USER MAPPING FOR PUBLIC SERVER s;"),
	{name: "mapping with a password dropped", admin: foreignAdmin, setup: foreignBase + "CREATE USER MAPPING FOR @owner SERVER s OPTIONS (password 'hidden');",
		batch: "DROP USER MAPPING FOR @owner SERVER s;", refused: "options that may hold a secret"},
	{name: "server with a hidden mapping dropped", admin: foreignAdmin, setup: foreignBase + "CREATE USER MAPPING FOR alice SERVER s OPTIONS (password 'hidden');",
		batch: "DROP SERVER s CASCADE;", refused: "options that this role may not read"},
	{name: "hidden mapping altered", admin: foreignAdmin, setup: foreignBase + "CREATE USER MAPPING FOR alice SERVER s OPTIONS (password 'hidden');",
		batch: "ALTER USER MAPPING FOR alice SERVER s OPTIONS (SET password 'other');", refused: "options of user mappings that this role may not read"},
	foreignCase("table created", "CREATE FOREIGN TABLE g (a integer DEFAULT 4 NOT NULL, b text OPTIONS (x 'y')) SERVER s OPTIONS (t 'G'); GRANT SELECT ON g TO alice;"),
	foreignCase("table's options", "ALTER FOREIGN TABLE f OPTIONS (SET t 'U', ADD q 'r');"),
	foreignCase("table's column options", "ALTER FOREIGN TABLE f ALTER a OPTIONS (SET col 'B');"),
	foreignCase("table's column added", "ALTER FOREIGN TABLE f ADD z integer DEFAULT 5;"),
	foreignCase("table's column dropped with CASCADE", "ALTER FOREIGN TABLE f DROP a CASCADE;"),
	foreignCase("table's column renamed", "ALTER FOREIGN TABLE f RENAME a TO b;"),
	foreignCase("table's column type", "ALTER FOREIGN TABLE f ALTER id TYPE bigint;"),
	foreignCase("table's default and constraint", "ALTER FOREIGN TABLE f ALTER a SET DEFAULT 'x'; ALTER FOREIGN TABLE f DROP CONSTRAINT c; ALTER FOREIGN TABLE f ADD CHECK (a > '');"),
	foreignCase("table's trigger", "CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER g BEFORE INSERT ON f FOR EACH ROW EXECUTE FUNCTION tf(); ALTER FOREIGN TABLE f DISABLE TRIGGER g;"),
	foreignCase("table renamed and moved", "ALTER FOREIGN TABLE f RENAME TO g; ALTER FOREIGN TABLE g SET SCHEMA o;"),
	foreignCase("table's privileges and comments", "REVOKE SELECT ON f FROM alice; REVOKE UPDATE (a) ON f FROM bob; COMMENT ON COLUMN f.a IS NULL; COMMENT ON FOREIGN TABLE f IS 'x';"),
	foreignCase("table dropped with CASCADE", "DROP FOREIGN TABLE f CASCADE;"),
	foreignCase("table replaced by a table", "DROP FOREIGN TABLE f CASCADE; CREATE TABLE f (id integer); INSERT INTO f VALUES (1);"),
	{name: "table made and dropped", same: true, admin: foreignAdmin, setup: foreignBase, batch: "CREATE FOREIGN TABLE g (a integer) SERVER s; DROP FOREIGN TABLE g;"},
	{name: "inherited table dropped", admin: foreignAdmin, setup: foreignBase + "CREATE TABLE p (a integer); CREATE FOREIGN TABLE h () INHERITS (p) SERVER s;", batch: "DROP FOREIGN TABLE h;", refused: "partition, or inherited"},
	{name: "secret option of a server", admin: foreignAdmin, setup: foreignBase + "CREATE SERVER z FOREIGN DATA WRAPPER w OPTIONS (api_token 'x');", batch: "ALTER SERVER z OPTIONS (SET api_token 'y');", refused: "options that may hold a secret"},
	{name: "of an extension", superuser: true, admin: "CREATE EXTENSION file_fdw; CREATE SERVER fs FOREIGN DATA WRAPPER file_fdw; CREATE FOREIGN TABLE ff (a text) SERVER fs OPTIONS (filename '/dev/null')",
		batch: "ALTER FOREIGN TABLE ff OPTIONS (ADD format 'csv'); DROP EXTENSION file_fdw CASCADE;"},
}
