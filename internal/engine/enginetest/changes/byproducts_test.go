//go:build unix

package changes_test

import "testing"

func TestByproducts(t *testing.T) { runCases(t, "byproducts", byproductCases) }

// With these come others: functions, a multirange and a cast, array and row types, a
// rule, a family, what a partition has from its parent.
const (
	madeRange  = `CREATE TYPE r AS RANGE (subtype = integer); `
	rangeSaid  = madeRange + `COMMENT ON CAST (r AS r_multirange) IS 'seldom'; COMMENT ON TYPE r[] IS 'many'; COMMENT ON TYPE r_multirange[] IS 'many more'; COMMENT ON TYPE r_multirange IS 'multi'; `
	arraysSaid = `CREATE TYPE e AS ENUM ('a'); CREATE DOMAIN d AS int; CREATE TYPE c AS (x int); CREATE TABLE t (id int); CREATE VIEW v AS SELECT 1 AS x;
		COMMENT ON TYPE e[] IS 'e'; COMMENT ON TYPE d[] IS 'd'; COMMENT ON TYPE c[] IS 'c'; COMMENT ON TYPE t[] IS 't'; COMMENT ON TYPE v[] IS 'v'; COMMENT ON RULE "_RETURN" ON v IS 'rule'; `
	partedSaid = `CREATE TABLE k (id int PRIMARY KEY); CREATE TABLE p (id int CONSTRAINT f REFERENCES k) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (9);
		CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER tr AFTER INSERT ON p FOR EACH ROW EXECUTE FUNCTION tf();
		COMMENT ON CONSTRAINT f ON p1 IS 'f of p1'; COMMENT ON TRIGGER tr ON p1 IS 'tr of p1'; `
	heirSaid = `CREATE TABLE a (id int CONSTRAINT pos CHECK (id > 0)); CREATE TABLE h () INHERITS (a); COMMENT ON CONSTRAINT pos ON h IS 'pos of h'; `
)

var byproductCases = []change{
	{name: "range with comments dropped", setup: rangeSaid, batch: `DROP TYPE r;`},
	{name: "range with comments replaced", setup: rangeSaid, batch: `DROP TYPE r; CREATE TYPE r AS RANGE (subtype = bigint);`},
	{name: "range with comments renamed", setup: rangeSaid, batch: `ALTER TYPE r RENAME TO s; ALTER TYPE r_multirange RENAME TO ms;`},
	{name: "range with comments moved", setup: rangeSaid + `CREATE SCHEMA other;`, batch: `ALTER TYPE r SET SCHEMA other;`},
	{name: "range's schema dropped", setup: `CREATE SCHEMA s; SET search_path = s;` + rangeSaid, batch: `DROP SCHEMA s CASCADE;`},
	{name: "comments on a range's made", setup: madeRange, batch: rangeSaid[len(madeRange):]},
	{name: "comments on a range's changed", setup: rangeSaid, batch: `COMMENT ON CAST (r AS r_multirange) IS NULL; COMMENT ON TYPE r[] IS 'other';`},
	{name: "range of another owner dropped", setup: `CREATE SCHEMA s; GRANT ALL ON SCHEMA s TO team; SET search_path = s;` + madeRange + `ALTER TYPE r OWNER TO team;`, batch: `DROP TYPE s.r;`},
	{name: "range given away", setup: `CREATE SCHEMA s; GRANT ALL ON SCHEMA s TO team; SET search_path = s;` + madeRange, batch: `ALTER TYPE s.r OWNER TO team;`},
	{name: "range of another role's making dropped", admin: `GRANT CREATE ON SCHEMA public TO team;`, setup: `SET ROLE team;` + madeRange + `RESET ROLE;`, batch: `DROP TYPE r;`},
	{name: "range dropped where functions get other privileges", setup: madeRange + `ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;`, batch: `DROP TYPE r;`},
	{name: "range's function altered", setup: madeRange, batch: `ALTER FUNCTION r(int, int) COST 7;`, superuser: true},
	{name: "range's function forbidden", setup: madeRange, batch: `REVOKE EXECUTE ON FUNCTION r(int, int) FROM PUBLIC;`, superuser: true},
	{name: "range with an altered function dropped", admin: madeRange + `ALTER FUNCTION r(int, int) COST 7; ALTER TYPE r OWNER TO @owner;`, batch: `DROP TYPE r;`, refused: "a function that comes with it was altered"},
	{name: "range with a forbidden function dropped", admin: madeRange + `REVOKE EXECUTE ON FUNCTION r(int, int) FROM PUBLIC; ALTER TYPE r OWNER TO @owner;`, batch: `DROP TYPE r;`, refused: "a function that comes with it was altered"},
	{name: "range with a comment on its function dropped", admin: madeRange + `COMMENT ON FUNCTION r(int, int) IS 'two'; ALTER TYPE r OWNER TO @owner;`, batch: `DROP TYPE r;`, refused: "a function that comes with it was altered"},
	{name: "types with comments on their arrays dropped", setup: arraysSaid, batch: `DROP TYPE e, c; DROP DOMAIN d; DROP TABLE t; DROP VIEW v;`},
	{name: "types with comments on their arrays renamed", setup: arraysSaid, batch: `ALTER TYPE e RENAME TO e2; ALTER TYPE c RENAME TO c2; ALTER DOMAIN d RENAME TO d2; ALTER TABLE t RENAME TO t2; ALTER VIEW v RENAME TO v2;`},
	{name: "comments on arrays made", setup: `CREATE TYPE e AS ENUM ('a'); CREATE TABLE t (id int);`, batch: `COMMENT ON TYPE e[] IS 'e'; COMMENT ON TYPE t[] IS 't';`},
	{name: "view with a comment on its rule replaced", setup: arraysSaid, batch: `CREATE OR REPLACE VIEW v AS SELECT 2 AS x, 3 AS y;`},
	{name: "table with a comment on its array retyped", setup: arraysSaid + `INSERT INTO t VALUES (1);`, batch: `ALTER TABLE t ALTER id TYPE bigint;`},
	{name: "partition with comments dropped", setup: partedSaid, batch: `DROP TABLE p1;`},
	{name: "partition with comments detached", setup: partedSaid, batch: `ALTER TABLE p DETACH PARTITION p1;`},
	{name: "partitioned table with comments dropped", setup: partedSaid, batch: `DROP TABLE p;`},
	{name: "comments on a partition's made", setup: partedSaid, batch: `COMMENT ON CONSTRAINT f ON p1 IS NULL; COMMENT ON TRIGGER tr ON p1 IS 'other';`},
	{name: "foreign key and trigger of a partition with comments dropped", setup: partedSaid, batch: `ALTER TABLE p DROP CONSTRAINT f; DROP TRIGGER tr ON p;`},
	{name: "child with a comment on its parent's check dropped", setup: heirSaid, batch: `DROP TABLE h;`},
	{name: "check of parent and child dropped", setup: heirSaid, batch: `ALTER TABLE a DROP CONSTRAINT pos;`},
	{name: "comment on a child's check made", setup: heirSaid, batch: `COMMENT ON CONSTRAINT pos ON h IS NULL;`},
	{name: "default family with a comment dropped", admin: `GRANT CREATE ON SCHEMA public TO @owner;`, superuser: true,
		setup: `SELECT 1;`, batch: `CREATE OPERATOR CLASS oc FOR TYPE int4 USING btree AS OPERATOR 1 <; COMMENT ON OPERATOR FAMILY oc USING btree IS 'f';`},
	{since: postgres18, name: "not null with a comment dropped", setup: named18 + `COMMENT ON CONSTRAINT a_there ON t IS 'x';`, batch: `ALTER TABLE t ALTER a DROP NOT NULL;`},
	{since: postgres18, name: "table with a comment on its not null dropped", setup: named18 + `COMMENT ON CONSTRAINT a_there ON t IS 'x';`, batch: `DROP TABLE t;`},
	{since: postgres18, name: "not null with a comment renamed", setup: named18 + `COMMENT ON CONSTRAINT a_there ON t IS 'x';`, batch: `ALTER TABLE t RENAME CONSTRAINT a_there TO z;`},
}
