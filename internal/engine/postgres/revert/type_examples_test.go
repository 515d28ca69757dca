package revert_test

import "testing"

const ofTypes = `CREATE DOMAIN d AS int DEFAULT 5 CONSTRAINT pos CHECK (VALUE > 0) CONSTRAINT low CHECK (VALUE < 100); COMMENT ON DOMAIN d IS 'd';
	CREATE TYPE c AS (a int, b text); COMMENT ON COLUMN c.b IS 'b'; CREATE TYPE r AS RANGE (SUBTYPE = float8); CREATE TYPE o AS (k int, l text);
	CREATE TABLE t (id int PRIMARY KEY, x d, y c, z r); INSERT INTO t VALUES (1, 10, ROW(1, 'q'), '[1,2)'), (2, NULL, ROW(NULL, NULL), NULL);
	CREATE TABLE w OF o; INSERT INTO w VALUES (1, 'x'); CREATE SCHEMA s; `

func TestTypesThatDrift(t *testing.T) {
	survives := func(name, batch, since, ways string, drift ...string) example {
		return example{name: name, setup: ofTypes, batch: batch, since: since, expect: since, ways: ways, drift: drift}
	}
	clash := func(name, batch, since, conflict string) example {
		return example{name: name, setup: ofTypes, batch: batch, since: since, conflict: conflict}
	}
	runExamples(t, []example{
		survives("domain made", `ALTER DOMAIN d SET DEFAULT 6`, `CREATE DOMAIN hand AS text NOT NULL CHECK (VALUE <> '')`, "-", "domain public.hand was made"),
		survives("constraint added beside a changed default", `ALTER DOMAIN d SET DEFAULT 6`, `ALTER DOMAIN d ADD CONSTRAINT hand CHECK (VALUE <> 50); COMMENT ON CONSTRAINT hand ON DOMAIN d IS 'x'`, "-", "domain constraint hand ON DOMAIN public.d was made"),
		survives("default changed beside a dropped constraint", `ALTER DOMAIN d DROP CONSTRAINT low`, `ALTER DOMAIN d SET DEFAULT 9`, "-", "domain default public.d: its definition was changed"),
		survives("constraint dropped beside a dropped one", `ALTER DOMAIN d DROP CONSTRAINT low`, `ALTER DOMAIN d DROP CONSTRAINT pos`, "-", "domain constraint pos ON DOMAIN public.d was dropped"),
		survives("not null set beside an added constraint", `ALTER DOMAIN d ADD CONSTRAINT more CHECK (VALUE <> 3)`, `DELETE FROM t WHERE x IS NULL; ALTER DOMAIN d SET NOT NULL`, "-"),
		survives("comment and privileges on a changed domain", `ALTER DOMAIN d SET DEFAULT 6`, `COMMENT ON DOMAIN d IS 'hand'; REVOKE USAGE ON DOMAIN d FROM PUBLIC`, "-", "domain public.d: its "),
		survives("domain renamed and moved", `ALTER TYPE c RENAME TO c2`, `ALTER DOMAIN d RENAME TO hand; ALTER DOMAIN hand SET SCHEMA s`, "-", "domain s.hand: its name, schema were changed"),
		survives("column of the domain", `ALTER DOMAIN d SET DEFAULT 6`, `ALTER TABLE t ADD hand d DEFAULT 1`, "-"),
		survives("attribute added to another type", `ALTER TYPE c RENAME ATTRIBUTE b TO bb`, `ALTER TYPE o ADD ATTRIBUTE hand int CASCADE`, "-"),
		survives("comment on an attribute", `ALTER TYPE c ADD ATTRIBUTE z int`, `COMMENT ON TYPE c IS 'hand'; COMMENT ON COLUMN c.b IS 'hand'`, "public.t in place", "composite type public.c: its comment, column comments and privileges were changed"),
		survives("comment on an attribute of a type that is made anew", `ALTER TYPE c DROP ATTRIBUTE a`, `COMMENT ON COLUMN c.b IS 'hand'`, "public.t rebuilt"),
		survives("range type renamed", `ALTER DOMAIN d SET DEFAULT 6`, `ALTER TYPE r RENAME TO hand; ALTER TYPE r_multirange SET SCHEMA s; COMMENT ON TYPE s.r_multirange IS 'x'`, "-", "range type public.hand: its name, schema"),
		survives("multirange renamed", `COMMENT ON TYPE r IS 'x'`, `ALTER TYPE r_multirange RENAME TO hand`, "-", "range type public.r: its name was changed"),
		survives("privileges on a row type", `ALTER TABLE t ADD n int`, `REVOKE USAGE ON TYPE t FROM PUBLIC; COMMENT ON TYPE t IS 'x'`, "public.t in place", "row type's"),
		survives("table of a type that gets another name", `ALTER DOMAIN d SET DEFAULT 6`, `CREATE TABLE hand OF c; ALTER TABLE w NOT OF`, "-", "table public.w: its type that it is made of was changed"),
		{name: "typed table made, attribute renamed by the batch", setup: ofTypes, batch: `ALTER TYPE o RENAME ATTRIBUTE l TO ll CASCADE`, since: `CREATE TABLE hand OF o`, expect: `CREATE TABLE hand OF o`, ways: "public.w in place"},
		{name: "the batch's constraint dropped by hand", setup: ofTypes, batch: `ALTER DOMAIN d ADD CONSTRAINT more CHECK (VALUE <> 3)`, since: `ALTER DOMAIN d DROP CONSTRAINT more`},
		{name: "view by hand over a renamed attribute", setup: ofTypes, batch: `ALTER TYPE c RENAME ATTRIBUTE b TO bb`, since: `CREATE VIEW hand AS SELECT (y).bb FROM t`, expect: `CREATE VIEW hand AS SELECT (y).b AS bb FROM t`},

		clash("domain renamed beside a changed default", `ALTER DOMAIN d SET DEFAULT 6`, `ALTER DOMAIN d RENAME TO hand`, "domain default public.d has to be made anew, and domain public.hand was renamed or moved since"),
		clash("same default", `ALTER DOMAIN d SET DEFAULT 6`, `ALTER DOMAIN d SET DEFAULT 7`, "domain default public.d: its definition was changed by the batch, and again since"),
		clash("same constraint renamed", `ALTER DOMAIN d RENAME CONSTRAINT low TO x`, `ALTER DOMAIN d RENAME CONSTRAINT x TO y`, "name was changed by the batch, and again since"),
		clash("name of a dropped constraint taken", `ALTER DOMAIN d DROP CONSTRAINT low`, `ALTER DOMAIN d ADD CONSTRAINT low CHECK (VALUE < 50)`, "would have the same name"),
		clash("same attribute", `ALTER TYPE c ADD ATTRIBUTE z int`, `ALTER TYPE c ADD ATTRIBUTE hand int`, "composite type public.c: its definition was changed by the batch, and again since"),
		clash("view over an added attribute", `ALTER TYPE c ADD ATTRIBUTE z int`, `CREATE VIEW hand AS SELECT (y).z FROM t`, "view public.hand depends on attribute z of public.c, which has to go"),
		clash("column of a new domain", `CREATE DOMAIN n AS int`, `ALTER TABLE t ADD hand n`, "table public.t depends on domain public.n"),
		clash("function of a new range type", `CREATE TYPE n AS RANGE (SUBTYPE = int)`, `CREATE FUNCTION hand(n) RETURNS int LANGUAGE sql AS 'SELECT 1'`, "depends on range type public.n"),
		clash("view by the constructor of a new range type", `CREATE TYPE n AS RANGE (SUBTYPE = int)`, `CREATE VIEW hand AS SELECT n(1, 2)::text`, "view public.hand depends on range type public.n"),
		clash("typed table of a type that gained attributes", `ALTER TYPE o ADD ATTRIBUTE z int CASCADE`, `CREATE TABLE hand OF o`, "table public.hand is made of composite type public.o, which loses attributes"),
		clash("table of a type that lost one", `ALTER TYPE c DROP ATTRIBUTE a`, `CREATE TABLE hand (y c)`, "table public.hand depends on composite type public.c, which has to go"),
		clash("column added to a table that has to be rebuilt", `ALTER TYPE c DROP ATTRIBUTE a`, `ALTER TABLE t ADD hand int`, "table public.t"),
		clash("domain dropped since", `ALTER DOMAIN d SET DEFAULT 6`, `DROP DOMAIN d CASCADE`, "domain default public.d was changed by the batch (definition) and dropped since"),
		clash("array of the domain since", `ALTER DOMAIN d DROP CONSTRAINT low`, `CREATE TABLE hand (x d[])`, "column x of public.hand holds values of the domain inside others"),
		clash("name of a dropped type taken", `ALTER TABLE t DROP z; DROP TYPE r`, `CREATE TABLE r (a int)`, "would have the same name"),
		clash("name of a multirange taken", `ALTER TABLE t DROP z; DROP TYPE r`, `CREATE TABLE r_multirange (a int)`, "would have the same name"),

		{name: "rows that the constraint forbids", setup: ofTypes, batch: `ALTER DOMAIN d DROP CONSTRAINT low`, since: `INSERT INTO t VALUES (3, 1000, NULL, NULL)`, refused: `column "x" of table "t" contains values that violate the new constraint`},
	})
}
