//go:build unix

package changes_test

import "testing"

func TestOwners(t *testing.T) { runCases(t, "owners", ownerCases) }

const teamMayCreate = "GRANT CREATE ON SCHEMA public TO team; "

const ownerBase = `CREATE SCHEMA s; CREATE TABLE t (id serial PRIMARY KEY, k integer GENERATED ALWAYS AS IDENTITY); INSERT INTO t DEFAULT VALUES;
	CREATE VIEW v AS SELECT id FROM t; CREATE MATERIALIZED VIEW m AS SELECT id FROM t; CREATE SEQUENCE q; CREATE TYPE e AS ENUM ('a');
	CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1'; CREATE PROCEDURE p() LANGUAGE sql AS ''; CREATE STATISTICS st ON id, k FROM t; `

const ownedByTeam = `ALTER SCHEMA s OWNER TO team; ALTER TABLE t OWNER TO team; ALTER VIEW v OWNER TO team; ALTER MATERIALIZED VIEW m OWNER TO team;
	ALTER SEQUENCE q OWNER TO team; ALTER TYPE e OWNER TO team; ALTER FUNCTION f OWNER TO team; ALTER PROCEDURE p OWNER TO team; ALTER STATISTICS st OWNER TO team; `

var ownerCases = []change{
	{name: "of everything", admin: teamMayCreate, setup: ownerBase, batch: ownedByTeam},
	{name: "of everything, back to the role", admin: teamMayCreate, setup: ownerBase + ownedByTeam, batch: "REASSIGN OWNED BY team TO @owner;"},
	{name: "of everything, which is then dropped", admin: teamMayCreate, setup: ownerBase + ownedByTeam, batch: "DROP TABLE t CASCADE; DROP SEQUENCE q; DROP TYPE e; DROP FUNCTION f; DROP PROCEDURE p; DROP SCHEMA s;"},
	{name: "of a table", admin: teamMayCreate, setup: ownerBase, batch: "ALTER TABLE t OWNER TO team;"},
	{name: "of a table with privileges", admin: teamMayCreate, setup: ownerBase + "GRANT SELECT ON t TO alice WITH GRANT OPTION; GRANT UPDATE (id) ON t TO bob;", batch: "ALTER TABLE t OWNER TO team;"},
	{name: "of a table that is retyped", admin: teamMayCreate, setup: ownerBase + ownedByTeam, batch: "ALTER TABLE t ADD COLUMN x text; DROP VIEW v; DROP MATERIALIZED VIEW m; ALTER TABLE t ALTER COLUMN id TYPE bigint;"},
	{name: "of a view", admin: teamMayCreate, setup: ownerBase, batch: "ALTER VIEW v OWNER TO team; ALTER VIEW v RENAME TO w;"},
	{name: "of a function", admin: teamMayCreate, setup: ownerBase, batch: "ALTER FUNCTION f OWNER TO team; GRANT EXECUTE ON FUNCTION f TO alice;"},
	{name: "given and taken back", admin: teamMayCreate, setup: ownerBase, batch: "ALTER VIEW v OWNER TO team; ALTER VIEW v OWNER TO @owner;", same: true},
	{name: "of a thing dropped and recreated", admin: teamMayCreate, setup: ownerBase + ownedByTeam, batch: "DROP VIEW v; CREATE VIEW v AS SELECT id FROM t;"},
	{name: "a role's things created under SET ROLE", admin: teamMayCreate, setup: ownerBase, batch: "SET ROLE team; CREATE TABLE x (id serial); INSERT INTO x DEFAULT VALUES; RESET ROLE;"},
	{name: "another's function, dropped by the schema's owner", admin: "CREATE SCHEMA mine AUTHORIZATION @owner; CREATE FUNCTION mine.x() RETURNS integer LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION mine.x OWNER TO alice;",
		batch: "DROP FUNCTION mine.x;", refused: "mine.x"},
	{name: "another's view, dropped by the schema's owner", admin: "CREATE SCHEMA mine AUTHORIZATION @owner; CREATE VIEW mine.x AS SELECT 1 AS a; ALTER VIEW mine.x OWNER TO alice;",
		batch: "DROP VIEW mine.x;", refused: "mine.x"},
	{name: "another's view, dropped with a table", admin: "CREATE SCHEMA his AUTHORIZATION alice; CREATE TABLE t (id integer); INSERT INTO t VALUES (1); CREATE VIEW his.x AS SELECT id FROM t; ALTER VIEW his.x OWNER TO alice; ALTER TABLE t OWNER TO @owner; GRANT SELECT ON t TO alice; GRANT USAGE ON SCHEMA his TO @owner;",
		batch: "DROP TABLE t CASCADE;", refused: "his.x"},
	{name: "another's sequence, dropped by the schema's owner", admin: "CREATE SCHEMA mine AUTHORIZATION @owner; CREATE SEQUENCE mine.x; ALTER SEQUENCE mine.x OWNER TO alice; GRANT SELECT ON mine.x TO @owner;",
		batch: "DROP SEQUENCE mine.x;", refused: "mine.x"},
	{name: "another's type, dropped by the schema's owner", admin: "CREATE SCHEMA mine AUTHORIZATION @owner; CREATE TYPE mine.x AS ENUM ('a'); ALTER TYPE mine.x OWNER TO alice;",
		batch: "DROP TYPE mine.x;", refused: "mine.x"},
}
