//go:build unix

package changes_test

import "testing"

func TestSecurityLabels(t *testing.T) { runCases(t, "security labels", labelCases) }

// labelBase gives objects of many kinds a label each. No provider is loaded, so that
// the labels are written into the catalog.
const labelBase = `CREATE SCHEMA s; CREATE TABLE t (id integer PRIMARY KEY, a text, z text); INSERT INTO t VALUES (1, 'a', 'z'); CREATE TABLE u (id integer, b text); INSERT INTO u VALUES (1, 'b');
	CREATE VIEW v AS SELECT id, a FROM t; CREATE MATERIALIZED VIEW m AS SELECT b FROM u; CREATE SEQUENCE q; CREATE TYPE e AS ENUM ('x'); CREATE DOMAIN d AS text; CREATE TYPE c AS (a integer);
	CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1'; CREATE AGGREGATE g(integer) (SFUNC = int4pl, STYPE = integer); CREATE PUBLICATION p FOR TABLE u;
	CREATE TABLE plain (id integer PRIMARY KEY, a text);
	ALTER TABLE t OWNER TO @owner; ALTER TABLE u OWNER TO @owner; ALTER TABLE plain OWNER TO @owner; ALTER VIEW v OWNER TO @owner; ALTER MATERIALIZED VIEW m OWNER TO @owner; ALTER SEQUENCE q OWNER TO @owner;
	ALTER TYPE e OWNER TO @owner; ALTER DOMAIN d OWNER TO @owner; ALTER TYPE c OWNER TO @owner; ALTER FUNCTION f() OWNER TO @owner; ALTER AGGREGATE g(integer) OWNER TO @owner; ALTER SCHEMA s OWNER TO @owner;
	SET allow_system_table_mods = on;
	INSERT INTO pg_seclabel SELECT x::regclass, 'pg_class'::regclass, 0, 'p', 'secret ' || x FROM unnest(ARRAY['t', 'v', 'm', 'q']) x;
	INSERT INTO pg_seclabel VALUES ('u'::regclass, 'pg_class'::regclass, 2, 'p', 'a column''s');
	INSERT INTO pg_seclabel SELECT x::regtype, 'pg_type'::regclass, 0, 'p', x FROM unnest(ARRAY['e', 'd', 'c']) x;
	INSERT INTO pg_seclabel VALUES ('f'::regproc, 'pg_proc'::regclass, 0, 'p', 'x'), ('g'::regproc, 'pg_proc'::regclass, 0, 'p', 'x'), ('s'::regnamespace, 'pg_namespace'::regclass, 0, 'p', 'x'),
		((SELECT oid FROM pg_publication), 'pg_publication'::regclass, 0, 'p', 'x');
	RESET allow_system_table_mods; `

const mayLabel = "SET allow_system_table_mods = on; "

var labelCases = []change{
	{name: "objects stay", admin: labelBase, setup: "SELECT 1", batch: `ALTER TABLE t ADD x integer; CREATE INDEX i ON t (a); UPDATE t SET a = 'b'; ALTER TABLE u ALTER b SET NOT NULL; ALTER SEQUENCE q INCREMENT 2; ALTER TYPE e RENAME VALUE 'x' TO 'y'; ALTER FUNCTION f() COST 7;`},
	{name: "objects renamed and moved", admin: labelBase, setup: "SELECT 1", batch: `ALTER TABLE t RENAME TO t2; ALTER TABLE u RENAME b TO b2; ALTER TABLE u SET SCHEMA s; ALTER VIEW v RENAME TO v2; ALTER FUNCTION f() RENAME TO f2; ALTER DOMAIN d RENAME TO d2;`},
	{name: "function replaced", admin: labelBase, setup: "SELECT 1", batch: `CREATE OR REPLACE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 2';`},
	{name: "another table dropped", admin: labelBase, setup: "SELECT 1", batch: `DROP TABLE plain; CREATE TABLE t3 (a integer);`},
	{name: "table dropped", admin: labelBase, setup: "SELECT 1", batch: `DROP VIEW v; DROP TABLE t;`, refused: "security label"},
	{name: "table with a labelled column dropped", admin: labelBase, setup: "SELECT 1", batch: `DROP TABLE u CASCADE;`, refused: "security label"},
	{name: "column dropped", admin: labelBase, setup: "SELECT 1", batch: `ALTER TABLE u DROP b CASCADE;`, refused: "security label"},
	{name: "another column dropped", admin: labelBase, setup: "SELECT 1", batch: `ALTER TABLE u DROP id;`, refused: "security label"},
	{name: "column of a labelled table dropped", admin: labelBase, setup: "SELECT 1", batch: `ALTER TABLE t DROP z;`, refused: "security label"},
	{name: "column of a labelled table retyped", admin: labelBase, setup: "SELECT 1", batch: `ALTER TABLE t ALTER z TYPE varchar(9);`, refused: "security label"},
	{name: "view dropped", admin: labelBase, setup: "SELECT 1", batch: `DROP VIEW v;`, refused: "security label"},
	{name: "view over what has to be made anew", admin: labelBase + `DELETE FROM pg_seclabel WHERE objoid = 't'::regclass; `, setup: "SELECT 1", batch: `ALTER TABLE t DROP z;`, refused: "security label"},
	{name: "materialized view dropped", admin: labelBase, setup: "SELECT 1", batch: `DROP MATERIALIZED VIEW m;`, refused: "security label"},
	{name: "sequence dropped", admin: labelBase, setup: "SELECT 1", batch: `DROP SEQUENCE q;`, refused: "security label"},
	{name: "enum dropped", admin: labelBase, setup: "SELECT 1", batch: `DROP TYPE e;`, refused: "security label"},
	{name: "enum with a new value", admin: labelBase, setup: "SELECT 1", batch: `ALTER TYPE e ADD VALUE 'y';`, refused: "enum public.e has to be made anew, and its security label"},
	{name: "view replaced", admin: labelBase, setup: "SELECT 1", batch: `CREATE OR REPLACE VIEW v AS SELECT id, a, z FROM t;`, refused: "security label"},
	{name: "domain dropped", admin: labelBase, setup: "SELECT 1", batch: `DROP DOMAIN d;`, refused: "security label"},
	{name: "composite type dropped", admin: labelBase, setup: "SELECT 1", batch: `DROP TYPE c;`, refused: "security label"},
	{name: "function dropped", admin: labelBase, setup: "SELECT 1", batch: `DROP FUNCTION f();`, refused: "security label"},
	{name: "aggregate dropped", admin: labelBase, setup: "SELECT 1", batch: `DROP AGGREGATE g(integer);`, refused: "security label"},
	{name: "schema dropped", admin: labelBase, setup: "SELECT 1", batch: `DROP SCHEMA s;`, refused: "security label"},
	{name: "publication dropped", superuser: true, admin: labelBase, setup: "SELECT 1", batch: `DROP PUBLICATION p;`, refused: "security label"},
	{name: "table replaced by a view", admin: labelBase, setup: "SELECT 1", batch: `DROP TABLE t CASCADE; CREATE VIEW t AS SELECT 1 AS id;`, refused: "security label"},
	{name: "changed", superuser: true, admin: labelBase, setup: "SELECT 1", batch: mayLabel + `UPDATE pg_seclabel SET label = 'open' WHERE objoid = 't'::regclass;`, refused: "security label"},
	{name: "changed on a column", superuser: true, admin: labelBase, setup: "SELECT 1", batch: mayLabel + `UPDATE pg_seclabel SET label = 'open' WHERE objoid = 'u'::regclass;`, refused: "security label"},
	{name: "changed on a function", superuser: true, admin: labelBase, setup: "SELECT 1", batch: mayLabel + `UPDATE pg_seclabel SET label = 'open' WHERE objoid = 'f'::regproc;`, refused: "security label"},
	{name: "removed", superuser: true, admin: labelBase, setup: "SELECT 1", batch: mayLabel + `DELETE FROM pg_seclabel WHERE objoid = 't'::regclass;`, refused: "security label"},
	{name: "removed from a type", superuser: true, admin: labelBase, setup: "SELECT 1", batch: mayLabel + `DELETE FROM pg_seclabel WHERE objoid = 'e'::regtype;`, refused: "security label"},
	{name: "given to a column", superuser: true, admin: labelBase, setup: "SELECT 1", batch: mayLabel + `INSERT INTO pg_seclabel VALUES ('plain'::regclass, 'pg_class'::regclass, 1, 'p', 'x');`, refused: "security label"},
}
