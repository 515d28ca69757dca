package catalog_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/testpg"
)

func TestTypesAreMadeAgain(t *testing.T) {
	d := func(name, sql string) making { return making{name, sql, catalog.KindDomain, "public.d"} }
	c := func(name, sql string) making { return making{name, sql, catalog.KindComposite, "public.c"} }
	r := func(name, sql string) making { return making{name, sql, catalog.KindRange, "public.r"} }
	rebuildAll(t, []making{
		d("domain", `CREATE DOMAIN d AS integer`),
		d("domain with everything", `CREATE DOMAIN d AS text COLLATE "C" DEFAULT 'it''s' NOT NULL CONSTRAINT "Long" CHECK (length(VALUE) > 1) CHECK (VALUE <> 'x')`),
		d("domain of a sized type", `CREATE DOMAIN d AS numeric(10,2)`),
		d("domain of an array", `CREATE DOMAIN d AS varchar(3)[] CHECK (array_length(VALUE, 1) < 3)`),
		d("domain of a domain", `CREATE DOMAIN e AS int CHECK (VALUE > 0); CREATE DOMAIN d AS e CHECK (VALUE < 9)`),
		d("domain of a composite type", `CREATE TYPE c AS (a int, b text); CREATE DOMAIN d AS c CHECK ((VALUE).a > 0)`),
		d("domain of an enum", `CREATE TYPE e AS ENUM ('a', 'b'); CREATE DOMAIN d AS e DEFAULT 'a' CHECK (VALUE <> 'b')`),
		d("domain not validated", `CREATE DOMAIN d AS int; CREATE TABLE t (a d); INSERT INTO t VALUES (-1); ALTER DOMAIN d ADD CONSTRAINT k CHECK (VALUE > 0) NOT VALID`),
		d("domain by functions", `CREATE FUNCTION f(int) RETURNS boolean LANGUAGE sql AS 'SELECT true'; CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 1';
			CREATE DOMAIN d AS int DEFAULT g() CHECK (f(VALUE))`),
		d("domain by a sequence", `CREATE SEQUENCE s; CREATE DOMAIN d AS bigint DEFAULT nextval('s')`),
		d("domain of an extension's type", `CREATE EXTENSION citext; CREATE DOMAIN d AS citext DEFAULT 'X' CHECK (VALUE ~ '@')`),
		d("domain of an array of a domain", `CREATE DOMAIN e AS int; CREATE DOMAIN d AS e[]`),
		{"domain with quotes in its name", `CREATE SCHEMA "S"; CREATE DOMAIN "S"."d ""1""" AS int CONSTRAINT "k ""2""" CHECK (VALUE > 0)`,
			catalog.KindDomain, `"S"."d ""1"""`},
		c("composite type", `CREATE TYPE c AS (a int, "B c" text COLLATE "C", d numeric(4,1)[])`),
		c("empty composite type", `CREATE TYPE c AS ()`),
		c("nested composite type", `CREATE DOMAIN d AS int; CREATE TYPE b AS (x d, y d[]); CREATE TYPE c AS (a b, e b[])`),
		c("composite type with a gap", `CREATE TYPE c AS (a int, b int, c text); ALTER TYPE c DROP ATTRIBUTE a; ALTER TYPE c ADD ATTRIBUTE z date`),
		c("composite type used", `CREATE TYPE c AS (a int); CREATE TABLE t (x c, y c[]); CREATE VIEW v AS SELECT (x).a FROM t; CREATE FUNCTION f(c) RETURNS c[] LANGUAGE sql AS 'SELECT NULL::public.c[]'`),
		r("range type", `CREATE TYPE r AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = float8mi)`),
		r("range type with everything", `CREATE SCHEMA s; CREATE FUNCTION s.diff(text, text) RETURNS float8 IMMUTABLE LANGUAGE sql AS 'SELECT 1.0::float8';
			CREATE TYPE r AS RANGE (SUBTYPE = text, SUBTYPE_OPCLASS = text_pattern_ops, COLLATION = "C", SUBTYPE_DIFF = s.diff, MULTIRANGE_TYPE_NAME = s."many R")`),
		r("range type of a user's type", `CREATE DOMAIN d AS int; CREATE TYPE e AS ENUM ('a', 'b'); CREATE TYPE r AS RANGE (SUBTYPE = e); CREATE TYPE r2 AS RANGE (SUBTYPE = d)`),
		r("range type used", `CREATE TYPE r AS RANGE (SUBTYPE = int); CREATE TABLE t (a r, b r[], c r_multirange DEFAULT '{}'); CREATE VIEW v AS SELECT r(1, 2) AS x, r_multirange(a) FROM t; CREATE INDEX ON t USING gist (a)`),
		{"typed table", `CREATE TYPE c AS (a int, b text); CREATE TABLE t OF c (a WITH OPTIONS NOT NULL DEFAULT 3, PRIMARY KEY (a), CHECK (b <> ''))`, catalog.KindTable, "public.t"},
		{"table that was given a type", `CREATE TYPE c AS (a int, b text); CREATE TABLE t (x int, a int, b text COMPRESSION pglz); ALTER TABLE t DROP x; ALTER TABLE t OF c`, catalog.KindTable, "public.t"},
	})
}

func TestRowTypes(t *testing.T) {
	rows := func(name, sql string, kind catalog.Kind) making { return making{name, sql, kind, "public.x"} }
	for _, m := range []making{
		rows("privileges on a row type", `CREATE TABLE x (a int); REVOKE ALL ON TYPE x FROM PUBLIC`, catalog.KindTable),
		rows("comment on a row type", `CREATE TABLE x (a int); COMMENT ON TYPE x IS 'row'`, catalog.KindTable),
		rows("comment on a view's row type", `CREATE VIEW x AS SELECT 1 AS a; COMMENT ON TYPE x IS 'row'`, catalog.KindView),
		rows("privileges as they were given", `CREATE TABLE x (a int); REVOKE ALL ON TYPE x FROM PUBLIC; GRANT USAGE ON TYPE x TO PUBLIC`, ""),
	} {
		t.Run(m.name, func(t *testing.T) {
			conn := testpg.Start(t).Database(t).Connect(t)
			inTx(t, conn, func(tx pgx.Tx) {
				exec(t, tx, m.sql)
				for _, o := range read(t, tx).Objects {
					if o.Identity == m.identity && (o.With != nil) != (o.Kind == m.kind) {
						t.Errorf("row type: %+v", o.With)
					}
				}
			})
		})
	}
}

func TestChangesOfTypes(t *testing.T) {
	const dom = `CREATE DOMAIN x AS int CONSTRAINT xc CHECK (VALUE > 0)`
	const rng = `CREATE TYPE x AS RANGE (SUBTYPE = float8)`
	check(t, false, []alteration{
		{name: "create domain", change: dom},
		{name: "drop domain", setup: dom, change: `DROP DOMAIN x`},
		{name: "domain default", setup: dom, change: `ALTER DOMAIN x SET DEFAULT 5`},
		{name: "domain not null", setup: dom, change: `ALTER DOMAIN x SET NOT NULL`},
		{name: "domain constraint", setup: dom, change: `ALTER DOMAIN x DROP CONSTRAINT xc`},
		{name: "domain constraint changed", setup: dom, change: `ALTER DOMAIN x RENAME CONSTRAINT xc TO z`},
		{name: "composite type", change: `CREATE TYPE x AS (a int)`},
		{name: "composite attribute", setup: `CREATE TYPE x AS (a int)`, change: `ALTER TYPE x ADD ATTRIBUTE b int`},
		{name: "range type", change: `CREATE TYPE x AS RANGE (SUBTYPE = float8)`},
		{name: "grant on the row type", change: `REVOKE USAGE ON TYPE t FROM PUBLIC`},
		{name: "comment on a domain", setup: dom, change: `COMMENT ON DOMAIN x IS 'x'`},
		{name: "comment on a row type", change: `COMMENT ON TYPE t IS 'x'`},
		{name: "typed table", setup: `CREATE TYPE x AS (a int); CREATE TABLE y OF x`, change: `DROP TABLE y`},
		{name: "comment on a domain's constraint", setup: dom, change: `COMMENT ON CONSTRAINT xc ON DOMAIN x IS 'x'`},
		{name: "comment on an attribute", setup: `CREATE TYPE x AS (a int)`, change: `COMMENT ON COLUMN x.a IS 'x'`},
		{name: "comment on a multirange", setup: rng, change: `COMMENT ON TYPE x_multirange IS 'x'`},
		{name: "multirange renamed", setup: rng, change: `ALTER TYPE x_multirange RENAME TO y`},
		{name: "range type dropped", setup: rng, change: `DROP TYPE x`},
		{name: "attribute renamed with the columns of a typed table", setup: `CREATE TYPE x AS (a int); CREATE TABLE y OF x`, change: `ALTER TYPE x RENAME ATTRIBUTE a TO b CASCADE`},
		{name: "table given a type", setup: `CREATE TYPE x AS (a int); CREATE TABLE y (a int)`, change: `ALTER TABLE y OF x`},
		{name: "comment on an array type", setup: dom, change: `COMMENT ON TYPE x[] IS 'x'`},
	})
}
