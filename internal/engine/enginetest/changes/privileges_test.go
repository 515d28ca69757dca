//go:build unix

package changes_test

import "testing"

func TestPrivileges(t *testing.T) { runCases(t, "privileges", privilegeCases) }

const privilegeBase = `CREATE SCHEMA s; CREATE TABLE t (id integer GENERATED ALWAYS AS IDENTITY, name text, n integer); INSERT INTO t (name) VALUES ('a'), ('b');
	CREATE VIEW v AS SELECT id, name FROM t; CREATE MATERIALIZED VIEW m AS SELECT id FROM t; CREATE SEQUENCE q; CREATE TYPE e AS ENUM ('a');
	CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1'; CREATE PROCEDURE p() LANGUAGE sql AS ''; `

const granted = `GRANT USAGE ON SCHEMA s TO alice, PUBLIC; GRANT SELECT, INSERT ON t TO alice WITH GRANT OPTION; GRANT UPDATE (name), SELECT (id) ON t TO bob; GRANT ALL ON v TO bob;
	GRANT SELECT (id) ON m TO alice; GRANT USAGE ON q TO alice WITH GRANT OPTION; REVOKE USAGE ON TYPE e FROM PUBLIC; GRANT USAGE ON TYPE e TO bob;
	REVOKE EXECUTE ON FUNCTION f FROM PUBLIC; GRANT EXECUTE ON PROCEDURE p TO bob; GRANT SELECT ON SEQUENCE t_id_seq TO alice; REVOKE DELETE ON t FROM @owner; `

var privilegeCases = []change{
	{name: "granted on everything", setup: privilegeBase, batch: granted},
	{name: "revoked on everything", setup: privilegeBase + granted, batch: `REVOKE ALL ON SCHEMA s FROM alice, PUBLIC; REVOKE ALL ON t, v, m FROM alice, bob; REVOKE ALL (name, id) ON t FROM bob; REVOKE ALL (id) ON m FROM alice;
		REVOKE ALL ON q, t_id_seq FROM alice; GRANT USAGE ON TYPE e TO PUBLIC; GRANT EXECUTE ON FUNCTION f TO PUBLIC; REVOKE ALL ON PROCEDURE p FROM bob, PUBLIC; GRANT DELETE ON t TO @owner;`},
	{name: "on everything, dropped", setup: privilegeBase + granted, batch: "DROP TABLE t CASCADE; DROP SEQUENCE q; DROP TYPE e; DROP FUNCTION f; DROP PROCEDURE p; DROP SCHEMA s;"},
	{name: "on everything, renamed", setup: privilegeBase + granted, batch: "ALTER TABLE t RENAME TO u; ALTER VIEW v SET SCHEMA s; ALTER FUNCTION f RENAME TO g; ALTER TYPE e RENAME TO ee; ALTER SCHEMA s RENAME TO z;"},
	{name: "with grant option", setup: privilegeBase, batch: "GRANT SELECT ON t TO alice WITH GRANT OPTION;"},
	{name: "grant option added", setup: privilegeBase + "GRANT SELECT ON t TO alice;", batch: "GRANT SELECT ON t TO alice WITH GRANT OPTION;"},
	{name: "grant option revoked", setup: privilegeBase + granted, batch: "REVOKE GRANT OPTION FOR SELECT ON t FROM alice;"},
	{name: "granted twice", setup: privilegeBase, batch: "GRANT SELECT ON t TO alice; GRANT SELECT ON t TO alice;"},
	{name: "granted and revoked", setup: privilegeBase + "GRANT SELECT ON t TO bob;", batch: "GRANT SELECT ON t TO alice; REVOKE SELECT ON t FROM alice;", same: true},
	{name: "revoked and granted", setup: privilegeBase + "GRANT SELECT ON t TO bob, alice;", batch: "REVOKE SELECT ON t FROM alice; GRANT SELECT ON t TO alice;", same: true},
	{name: "revoked from the owner", setup: privilegeBase, batch: "REVOKE ALL ON t FROM @owner;", refused: "table public.t"},
	{name: "revoked from the owner of a function, a view, a schema and a type", setup: privilegeBase, batch: "REVOKE ALL ON FUNCTION f FROM PUBLIC, @owner; REVOKE ALL ON v FROM @owner; REVOKE ALL ON SCHEMA s FROM @owner; REVOKE ALL ON TYPE e FROM @owner;"},
	{name: "revoked from the owner of a materialized view", setup: privilegeBase, batch: "REVOKE ALL ON m FROM @owner;", refused: "materialized view public.m"},
	{name: "revoked from the owner of a schema with a table", setup: privilegeBase + "CREATE TABLE s.x (a integer); INSERT INTO s.x VALUES (1);", batch: "REVOKE ALL ON SCHEMA s FROM @owner;", refused: "table s.x"},
	{name: "revoked from the owner of a sequence", setup: privilegeBase, batch: "REVOKE ALL ON q FROM @owner;", refused: "sequence public.q"},
	{name: "a sequence that its owner may not read, dropped", setup: privilegeBase + "SELECT nextval('q'), nextval('q'); REVOKE ALL ON q FROM @owner;", batch: "DROP SEQUENCE q;", refused: "sequence public.q"},
	{name: "revoked from the owner, and the table dropped", setup: privilegeBase + "REVOKE INSERT, UPDATE, TRUNCATE ON t FROM @owner;", batch: "DROP TABLE t CASCADE;"},
	{name: "to PUBLIC", setup: privilegeBase, batch: "GRANT SELECT ON t TO PUBLIC; REVOKE EXECUTE ON FUNCTION f FROM PUBLIC;"},
	{name: "of a column that is dropped", setup: privilegeBase + granted, batch: "DROP VIEW v; ALTER TABLE t DROP COLUMN name;"},
	{name: "of a column that is renamed", setup: privilegeBase + granted, batch: "ALTER TABLE t RENAME COLUMN name TO title; GRANT SELECT (n) ON t TO alice;"},
	{name: "of a column that is retyped", setup: privilegeBase + granted, batch: "ALTER TABLE t ALTER COLUMN n TYPE text; DROP VIEW v; ALTER TABLE t ALTER COLUMN name TYPE varchar(9);"},
	{name: "of a view's column", setup: privilegeBase + "GRANT SELECT (name) ON v TO alice;", batch: "CREATE OR REPLACE VIEW v AS SELECT id, name, n FROM t; GRANT SELECT (n) ON v TO bob;"},
	{name: "of a view that is dropped and recreated", setup: privilegeBase + granted, batch: "DROP VIEW v; CREATE VIEW v AS SELECT id FROM t;"},
	{name: "of a thing that is made", setup: privilegeBase, batch: "CREATE TABLE x (a serial, b text); GRANT ALL ON x TO alice; GRANT SELECT (b) ON x TO bob WITH GRANT OPTION; GRANT USAGE ON x_a_seq TO bob;"},
	{name: "of an identity's sequence", setup: privilegeBase + granted, batch: "REVOKE SELECT ON SEQUENCE t_id_seq FROM alice; GRANT ALL ON SEQUENCE t_id_seq TO bob;"},
	{name: "given on by another role, left alone", admin: "CREATE TABLE x (a integer); ALTER TABLE x OWNER TO @owner;", setup: "GRANT SELECT ON x TO team WITH GRANT OPTION; SET ROLE team; GRANT SELECT ON x TO bob; RESET ROLE;", batch: "ALTER TABLE x ADD COLUMN b text;"},
	{name: "given on by another role, dropped", admin: "CREATE TABLE x (a integer); ALTER TABLE x OWNER TO @owner;", setup: "GRANT SELECT ON x TO team WITH GRANT OPTION; SET ROLE team; GRANT SELECT ON x TO bob; RESET ROLE;", batch: "DROP TABLE x;", refused: "granted to bob"},
	{name: "given on by another role, revoked with CASCADE", admin: "CREATE TABLE x (a integer); ALTER TABLE x OWNER TO @owner;", setup: "GRANT SELECT ON x TO team WITH GRANT OPTION; SET ROLE team; GRANT SELECT ON x TO bob; RESET ROLE;", batch: "REVOKE SELECT ON x FROM team CASCADE;", refused: "x"},
	{name: "on the database", setup: privilegeBase, batch: "DO $$BEGIN EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO alice', current_database()); END$$;"},
	{name: "of a row type", setup: privilegeBase, batch: "GRANT USAGE ON TYPE t TO alice;"},
}
