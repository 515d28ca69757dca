//go:build unix

package changes_test

import "testing"

func TestDomains(t *testing.T) { runCases(t, "domains", domainCases) }

const (
	domainBase = `CREATE DOMAIN d AS integer DEFAULT 5 CONSTRAINT positive CHECK (VALUE > 0) CONSTRAINT small CHECK (VALUE < 100);
	COMMENT ON DOMAIN d IS 'a number'; COMMENT ON CONSTRAINT small ON DOMAIN d IS 'it''s small';
	CREATE TABLE t (id integer PRIMARY KEY, a d, b text); INSERT INTO t VALUES (1, 10, 'x'), (2, DEFAULT, 'y'), (3, NULL, NULL);
	CREATE VIEW v AS SELECT a, b FROM t WHERE a > 3; CREATE SCHEMA other; `
	domainLoose = `CREATE DOMAIN l AS text; CREATE TABLE u (a text); INSERT INTO u VALUES ('q'); CREATE SCHEMA other; `
	domainChain = `CREATE FUNCTION even(integer) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT $1 % 2 = 0';
	CREATE DOMAIN d AS integer CHECK (even(VALUE)); CREATE DOMAIN e AS d CHECK (VALUE < 50); CREATE TABLE t (id integer PRIMARY KEY, a e);
	INSERT INTO t VALUES (1, 2), (2, 4); CREATE VIEW v AS SELECT a FROM t; CREATE FUNCTION f(v) RETURNS e LANGUAGE sql AS 'SELECT $1.a';
	CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER w INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION g(); `
)

// domainRows are values of a domain, and of one over it, in a table with a key and one without.
const domainRows = `CREATE DOMAIN d AS integer; CREATE DOMAIN e AS d; CREATE TABLE t (id integer PRIMARY KEY, a d, b e); INSERT INTO t VALUES (1, 5, 6), (2, 50, 7), (3, 8, NULL); CREATE TABLE u (a d); INSERT INTO u VALUES (50), (7);`

// boundBelow is a function that calls another, which nothing of the schema tells.
const boundBelow = `CREATE FUNCTION low(integer) RETURNS boolean LANGUAGE sql AS 'SELECT $1 < 99'; CREATE FUNCTION within(integer) RETURNS boolean LANGUAGE sql AS 'SELECT public.low($1)';`

const boundLower = `CREATE OR REPLACE FUNCTION low(integer) RETURNS boolean LANGUAGE sql AS 'SELECT $1 < 9';`

var domainCases = []change{
	{name: "constraint added while a check is dropped", setup: "CREATE DOMAIN d AS text[]; CREATE TABLE t (id integer, CONSTRAINT c CHECK (id > 0)); INSERT INTO t VALUES (1);", batch: "ALTER TABLE t DROP CONSTRAINT c; ALTER DOMAIN d ADD CHECK (VALUE IS NOT NULL);"},
	{name: "created", setup: domainLoose, batch: "CREATE DOMAIN n AS numeric(6,2) DEFAULT 1.5 NOT NULL CONSTRAINT c CHECK (VALUE > 0); ALTER TABLE u ADD x n;"},
	{name: "created and dropped in one batch", setup: domainLoose, batch: "CREATE DOMAIN n AS integer CHECK (VALUE > 1);", more: []string{"DROP DOMAIN n;"}, same: true},
	{name: "created over every kind of type", setup: "CREATE TYPE c AS (a integer, b text); CREATE TYPE m AS ENUM ('a', 'b');",
		batch: "CREATE DOMAIN da AS integer[] CHECK (array_length(VALUE, 1) < 4); CREATE DOMAIN dc AS c CHECK ((VALUE).a > 0); CREATE DOMAIN dm AS m DEFAULT 'a'; CREATE DOMAIN dd AS dm CHECK (VALUE::m <> 'b'); CREATE TABLE n (a da, b dc, c dm, d dd, e dd[]);"},
	{name: "dropped", setup: domainLoose, batch: "DROP DOMAIN l;"},
	{name: "dropped with everything", setup: `CREATE DOMAIN d AS text COLLATE "C" DEFAULT 'it''s' NOT NULL CONSTRAINT k CHECK (VALUE <> '') CONSTRAINT "K 2" CHECK (length(VALUE) < 9);
		COMMENT ON DOMAIN d IS 'x'; COMMENT ON CONSTRAINT "K 2" ON DOMAIN d IS 'y'; REVOKE USAGE ON DOMAIN d FROM PUBLIC; GRANT USAGE ON DOMAIN d TO alice WITH GRANT OPTION;`, batch: "DROP DOMAIN d;"},
	{name: "dropped with CASCADE and its column", setup: domainBase, batch: "DROP DOMAIN d CASCADE;"},
	{name: "dropped under a column of an array", setup: "CREATE DOMAIN d AS text CHECK (VALUE <> 'no'); CREATE TABLE t (a d[], b integer); INSERT INTO t VALUES ('{a,NULL,\"x y\"}', 1), ('{}', 2), (NULL, 3), ('[5:6]={p,q}', 4), ('{{a},{b}}', 5);",
		batch: "ALTER TABLE t DROP a; DROP DOMAIN d;"},
	{name: "dropped with its table", setup: domainBase, batch: "DROP VIEW v; DROP TABLE t; DROP DOMAIN d;"},
	{name: "renamed", setup: domainBase, batch: "ALTER DOMAIN d RENAME TO d2;"},
	{name: "renamed twice", setup: domainBase, batch: "ALTER DOMAIN d RENAME TO x;", more: []string{"ALTER DOMAIN x RENAME TO y;"}},
	{name: "renamed and its name taken", setup: domainBase, batch: "ALTER DOMAIN d RENAME TO d2; CREATE TYPE d AS ENUM ('a');"},
	{name: "names of two swapped", setup: domainBase + "CREATE DOMAIN e AS text; CREATE TABLE z (a e[]); INSERT INTO z VALUES ('{a}');", batch: "ALTER DOMAIN d RENAME TO x; ALTER DOMAIN e RENAME TO d; ALTER DOMAIN x RENAME TO e;"},
	{name: "moved to another schema", setup: domainBase, batch: "ALTER DOMAIN d SET SCHEMA other;"},
	{name: "moved and renamed and changed", setup: domainBase, batch: "ALTER DOMAIN d SET SCHEMA other; ALTER DOMAIN other.d RENAME TO e; ALTER DOMAIN other.e DROP CONSTRAINT small; ALTER DOMAIN other.e SET DEFAULT 9;"},
	{name: "its schema renamed", setup: "CREATE SCHEMA s; CREATE DOMAIN s.d AS integer DEFAULT 4 CHECK (VALUE > 1); CREATE TABLE t (a s.d); INSERT INTO t VALUES (2);", batch: "ALTER SCHEMA s RENAME TO s2;"},
	{name: "its schema dropped", setup: "CREATE SCHEMA s; CREATE DOMAIN s.d AS integer DEFAULT 4 CHECK (VALUE > 1); CREATE TABLE t (a s.d, b integer); INSERT INTO t VALUES (2, 3);", batch: "DROP SCHEMA s CASCADE;"},
	{name: "default set", setup: domainLoose, batch: "ALTER DOMAIN l SET DEFAULT 'x';"},
	{name: "default changed", setup: domainBase, batch: "ALTER DOMAIN d SET DEFAULT 7;"},
	{name: "default dropped", setup: domainBase, batch: "ALTER DOMAIN d DROP DEFAULT;"},
	{name: "default changed twice", setup: domainBase, batch: "ALTER DOMAIN d SET DEFAULT 7;", more: []string{"ALTER DOMAIN d SET DEFAULT 8;"}},
	{name: "default changed and back", setup: domainBase, batch: "ALTER DOMAIN d SET DEFAULT 7;", more: []string{"ALTER DOMAIN d SET DEFAULT 5;"}, same: true},
	{name: "default dropped that came from the domain below", setup: "CREATE DOMAIN b AS integer DEFAULT 3; CREATE DOMAIN d AS b; CREATE TABLE t (a d, x integer); INSERT INTO t (x) VALUES (1);", batch: "ALTER DOMAIN d DROP DEFAULT;"},
	{name: "dropped over one that got a default later", setup: "CREATE DOMAIN b AS integer; CREATE DOMAIN d AS b; ALTER DOMAIN b SET DEFAULT 3; CREATE TABLE t (a d); INSERT INTO t VALUES (DEFAULT);", batch: "DROP TABLE t; DROP DOMAIN d;"},
	{name: "dropped with a default that the one below had before", setup: "CREATE DOMAIN b AS integer DEFAULT 3; CREATE DOMAIN d AS b; ALTER DOMAIN b SET DEFAULT 4;", batch: "DROP DOMAIN d; ALTER DOMAIN b DROP DEFAULT;"},
	{name: "dropped with a default that two below had before", setup: "CREATE DOMAIN b AS integer DEFAULT 3; CREATE DOMAIN d AS b; CREATE DOMAIN e AS d; ALTER DOMAIN d SET DEFAULT 4;", batch: "DROP DOMAIN e;",
		refused: "domain public.e has to be made anew, and domain public.d, which it got its default from, has another one"},
	{name: "default by a function of the batch", setup: domainBase, batch: "CREATE FUNCTION n() RETURNS integer LANGUAGE sql AS 'SELECT 3'; ALTER DOMAIN d SET DEFAULT n();"},
	{name: "default by a sequence dropped", setup: "CREATE SEQUENCE s; CREATE DOMAIN d AS bigint DEFAULT nextval('s'); CREATE TABLE t (a d, b integer); INSERT INTO t (b) VALUES (1), (2);", batch: "ALTER DOMAIN d DROP DEFAULT; DROP SEQUENCE s;"},
	{name: "default by a sequence, which goes with CASCADE", setup: "CREATE SEQUENCE s; CREATE DOMAIN d AS bigint DEFAULT nextval('s'); CREATE TABLE t (a d, b integer); INSERT INTO t (b) VALUES (1), (2);", batch: "DROP SEQUENCE s CASCADE;"},
	{name: "default by a function whose result changed", setup: "CREATE FUNCTION n() RETURNS integer LANGUAGE sql AS 'SELECT 3'; CREATE DOMAIN d AS integer DEFAULT n(); CREATE TABLE t (a d); INSERT INTO t VALUES (DEFAULT);",
		batch: "ALTER DOMAIN d DROP DEFAULT; DROP FUNCTION n; CREATE FUNCTION n() RETURNS bigint LANGUAGE sql AS 'SELECT 4::bigint'; ALTER DOMAIN d SET DEFAULT n();"},
	{name: "not null set", setup: domainBase + "DELETE FROM t WHERE a IS NULL;", batch: "ALTER DOMAIN d SET NOT NULL;"},
	{name: "not null dropped", setup: "CREATE DOMAIN d AS integer NOT NULL; CREATE TABLE t (a d); INSERT INTO t VALUES (1);", batch: "ALTER DOMAIN d DROP NOT NULL;"},
	{name: "not null dropped and NULLs written", setup: "CREATE DOMAIN d AS integer NOT NULL; CREATE TABLE t (a d); INSERT INTO t VALUES (1);", batch: "ALTER DOMAIN d DROP NOT NULL; INSERT INTO t VALUES (NULL);"},
	{name: "not null with a name", since: 170000, setup: "CREATE DOMAIN d AS integer CONSTRAINT nn NOT NULL; CREATE TABLE t (a d); INSERT INTO t VALUES (1);", batch: "ALTER DOMAIN d DROP NOT NULL;"},
	{name: "constraint added", setup: domainBase, batch: "ALTER DOMAIN d ADD CONSTRAINT more CHECK (VALUE <> 50);"},
	{name: "constraint added not valid", setup: domainBase, batch: "ALTER DOMAIN d ADD CONSTRAINT more CHECK (VALUE > 50) NOT VALID;"},
	{name: "constraint dropped", setup: domainBase, batch: "ALTER DOMAIN d DROP CONSTRAINT small;"},
	{name: "constraint dropped and rows written that it forbids", setup: domainBase, batch: "ALTER DOMAIN d DROP CONSTRAINT small; INSERT INTO t VALUES (7, 1000, 'big');"},
	{name: "constraint dropped and a table made that it forbids", setup: domainBase, batch: "ALTER DOMAIN d DROP CONSTRAINT small; CREATE TABLE n (a d); INSERT INTO n VALUES (500); ALTER TABLE t ADD x d DEFAULT 700;"},
	{name: "constraint renamed", setup: domainBase, batch: "ALTER DOMAIN d RENAME CONSTRAINT small TO little;"},
	{name: "names of two constraints swapped", setup: domainBase, batch: "ALTER DOMAIN d RENAME CONSTRAINT small TO x; ALTER DOMAIN d RENAME CONSTRAINT positive TO small; ALTER DOMAIN d RENAME CONSTRAINT x TO positive;"},
	{name: "constraint replaced under its name", setup: domainBase, batch: "ALTER DOMAIN d DROP CONSTRAINT small; ALTER DOMAIN d ADD CONSTRAINT small CHECK (VALUE < 1000);"},
	{name: "constraint validated", setup: "CREATE DOMAIN d AS integer; CREATE TABLE t (a d); INSERT INTO t VALUES (3); ALTER DOMAIN d ADD CONSTRAINT k CHECK (VALUE > 0) NOT VALID;", batch: "ALTER DOMAIN d VALIDATE CONSTRAINT k;"},
	{name: "table rebuilt whose rows an unvalidated constraint forbids", setup: "CREATE DOMAIN d AS integer; CREATE TABLE t (a d, b integer); INSERT INTO t VALUES (-3, 1); ALTER DOMAIN d ADD CONSTRAINT k CHECK (VALUE > 0) NOT VALID; COMMENT ON CONSTRAINT k ON DOMAIN d IS 'later';", batch: "ALTER TABLE t DROP b;"},
	{name: "table rebuilt whose arrays an unvalidated constraint forbids", setup: "CREATE DOMAIN d AS integer; CREATE TYPE c AS (x d, y d[]); CREATE TABLE t (a c[], b integer); INSERT INTO t VALUES ('{\"(-3,\\\"{-4}\\\")\"}', 1); ALTER DOMAIN d ADD CONSTRAINT k CHECK (VALUE > 0) NOT VALID;", batch: "ALTER TABLE t DROP b;"},
	{name: "constraint by a function of the batch", setup: domainBase, batch: "CREATE FUNCTION ok(integer) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT true'; ALTER DOMAIN d ADD CHECK (ok(VALUE));"},
	{name: "constraint's function replaced", setup: domainChain, batch: "CREATE OR REPLACE FUNCTION even(integer) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT true';"},
	{name: "constraint's function dropped with CASCADE", setup: domainChain, batch: "DROP FUNCTION even CASCADE;"},
	{name: "constraint's function made with another result", setup: domainChain, batch: "ALTER DOMAIN d DROP CONSTRAINT d_check; DROP FUNCTION even(integer); CREATE FUNCTION even(bigint) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT true'; ALTER DOMAIN d ADD CHECK (even(VALUE));"},
	{name: "constraint's function renamed", setup: domainChain, batch: "ALTER FUNCTION even RENAME TO straight;"},
	{name: "constraint dropped while a column holds arrays", setup: "CREATE DOMAIN d AS integer CONSTRAINT k CHECK (VALUE > 0); CREATE TABLE t (a d[]); INSERT INTO t VALUES ('{1}');", batch: "ALTER DOMAIN d DROP CONSTRAINT k;",
		refused: "domain constraint k ON DOMAIN public.d cannot be put back, for column a of public.t holds values of the domain inside others"},
	{name: "constraint dropped while a column holds composite values", setup: "CREATE DOMAIN d AS integer CONSTRAINT k CHECK (VALUE > 0); CREATE TYPE c AS (x d); CREATE TABLE t (a c); INSERT INTO t VALUES ('(1)');", batch: "ALTER DOMAIN d DROP CONSTRAINT k;",
		refused: "column a of public.t holds values of the domain inside others"},
	{name: "constraint dropped while a materialized view holds rows of its table", setup: "CREATE DOMAIN d AS integer CONSTRAINT k CHECK (VALUE > 0); CREATE TABLE t (a d); INSERT INTO t VALUES (1); CREATE MATERIALIZED VIEW m AS SELECT t FROM t;", batch: "ALTER DOMAIN d DROP CONSTRAINT k;",
		refused: "materialized view public.m holds values of the domain inside others"},
	{name: "constraint dropped while a materialized view holds arrays", setup: "CREATE DOMAIN d AS integer CONSTRAINT k CHECK (VALUE > 0); CREATE TABLE t (a d); INSERT INTO t VALUES (1); CREATE MATERIALIZED VIEW m AS SELECT array_agg(a) AS all FROM t;", batch: "ALTER DOMAIN d DROP CONSTRAINT k;",
		refused: "materialized view public.m holds values of the domain inside others"},
	{name: "constraint dropped while views hold rows of its table, and a materialized one its values", setup: "CREATE DOMAIN d AS integer CONSTRAINT k CHECK (VALUE > 0); CREATE TABLE t (a d); INSERT INTO t VALUES (1); CREATE VIEW v AS SELECT t FROM t; CREATE MATERIALIZED VIEW m AS SELECT a, (t).a IS NULL AS none FROM t;", batch: "ALTER DOMAIN d DROP CONSTRAINT k;"},
	{name: "not null dropped while a column holds arrays", until: 170000, setup: "CREATE DOMAIN d AS integer NOT NULL; CREATE DOMAIN e AS d[]; CREATE TABLE t (a e); INSERT INTO t VALUES ('{1}');", batch: "ALTER DOMAIN d DROP NOT NULL;",
		refused: "domain public.d cannot be put back, for column a of public.t holds values of the domain inside others"},
	{name: "not null dropped while a column holds arrays, by its name", since: 170000, setup: "CREATE DOMAIN d AS integer NOT NULL; CREATE TABLE t (a d[]); INSERT INTO t VALUES ('{1}');", batch: "ALTER DOMAIN d DROP NOT NULL;",
		refused: "domain constraint d_not_null ON DOMAIN public.d cannot be put back, for column a of public.t holds values of the domain inside others"},
	{name: "rows cleaned for a new constraint", setup: domainRows, batch: "DELETE FROM t WHERE a > 9; UPDATE t SET b = 0 WHERE b IS NULL; UPDATE u SET a = 8; ALTER DOMAIN d ADD CHECK (VALUE < 9); ALTER DOMAIN e SET NOT NULL;"},
	{name: "rows moved from one constraint to another", setup: domainRows + "ALTER DOMAIN d ADD CONSTRAINT k CHECK (VALUE > 4);", batch: "ALTER DOMAIN d DROP CONSTRAINT k; UPDATE t SET a = 1, b = 2; DELETE FROM u; ALTER DOMAIN d ADD CONSTRAINT k CHECK (VALUE < 4);"},
	{name: "rows cleaned for a constraint whose function is replaced", setup: domainRows + boundBelow + "ALTER DOMAIN d ADD CHECK (low(VALUE));", batch: "UPDATE t SET a = 0 WHERE a > 9; DELETE FROM u; " + boundLower},
	{name: "rows cleaned for a constraint, and a function below its function replaced", setup: domainRows + boundBelow + "ALTER DOMAIN d ADD CHECK (within(VALUE));", batch: "UPDATE t SET a = 0 WHERE a > 9; DELETE FROM u; " + boundLower},
	{name: "cast from text by hand, table rebuilt", setup: "CREATE TYPE c AS (a integer, b text); CREATE FUNCTION f(text) RETURNS c IMMUTABLE LANGUAGE sql AS 'SELECT ROW(0, ''cast'')::c'; CREATE CAST (text AS c) WITH FUNCTION f(text); CREATE TABLE t (x c, y integer); INSERT INTO t VALUES (ROW(7, 'q'), 1), (NULL, 2);", batch: "ALTER TABLE t DROP y;"},
	{name: "constraint and default of a column's array changed", setup: "CREATE DOMAIN d AS integer; CREATE TABLE t (a d[]); INSERT INTO t VALUES ('{1}');", batch: "ALTER DOMAIN d SET DEFAULT 4; COMMENT ON DOMAIN d IS 'x';"},
	{name: "constraint dropped with a table that holds arrays", setup: "CREATE DOMAIN d AS integer CONSTRAINT k CHECK (VALUE > 0); CREATE TABLE t (a d[]); INSERT INTO t VALUES ('{1,NULL}');", batch: "DROP TABLE t; ALTER DOMAIN d DROP CONSTRAINT k;"},
	{name: "chain: constraint of the domain below", setup: domainChain, batch: "ALTER DOMAIN d DROP CONSTRAINT d_check; ALTER DOMAIN e ADD CHECK (VALUE > 1);"},
	{name: "chain: dropped with CASCADE", setup: domainChain, batch: "DROP DOMAIN d CASCADE;"},
	{name: "chain: renamed and moved", setup: domainChain + "CREATE SCHEMA other;", batch: "ALTER DOMAIN d RENAME TO q; ALTER DOMAIN e SET SCHEMA other;"},
	{name: "chain: column of another type", setup: domainChain, batch: "DROP VIEW v CASCADE; ALTER TABLE t ALTER a TYPE bigint; DROP DOMAIN e; DROP DOMAIN d;"},
	{name: "replaced by one of another base", setup: domainBase, batch: "DROP VIEW v; ALTER TABLE t ALTER a TYPE integer; DROP DOMAIN d; CREATE DOMAIN d AS bigint CHECK (VALUE > 3); ALTER TABLE t ALTER a TYPE d;"},
	{name: "replaced by another kind", setup: domainBase, batch: "DROP VIEW v; ALTER TABLE t DROP a; DROP DOMAIN d; CREATE TABLE d (x integer);"},
	{name: "a table replaced by a domain", setup: domainLoose, batch: "DROP TABLE u; CREATE DOMAIN u AS integer;"},
	{name: "comment changed", setup: domainBase, batch: "COMMENT ON DOMAIN d IS 'other';"},
	{name: "comment dropped", setup: domainBase, batch: "COMMENT ON DOMAIN d IS NULL;"},
	{name: "comments on constraints", setup: domainBase, batch: "COMMENT ON CONSTRAINT small ON DOMAIN d IS NULL; COMMENT ON CONSTRAINT positive ON DOMAIN d IS 'above';"},
	{name: "owner changed", setup: domainBase + "GRANT CREATE ON SCHEMA public TO team;", batch: "ALTER DOMAIN d OWNER TO team;"},
	{name: "privileges revoked", setup: domainBase, batch: "REVOKE USAGE ON DOMAIN d FROM PUBLIC; GRANT USAGE ON DOMAIN d TO alice;"},
	{name: "privileges given back", setup: domainBase + "REVOKE USAGE ON DOMAIN d FROM PUBLIC; GRANT USAGE ON DOMAIN d TO alice WITH GRANT OPTION;", batch: "GRANT USAGE ON DOMAIN d TO PUBLIC; REVOKE GRANT OPTION FOR USAGE ON DOMAIN d FROM alice;"},
	{name: "generated column over it", setup: "CREATE DOMAIN d AS integer CHECK (VALUE > 0); CREATE TABLE t (a d, b d GENERATED ALWAYS AS (a * 2) STORED); INSERT INTO t VALUES (2);", batch: "ALTER DOMAIN d DROP CONSTRAINT d_check; ALTER DOMAIN d RENAME TO e;", since: 150000},
	{name: "generated column over it, on a server that fails over it", setup: "CREATE DOMAIN d AS integer CHECK (VALUE > 0); CREATE TABLE t (a d, b d GENERATED ALWAYS AS (a * 2) STORED); INSERT INTO t VALUES (2);", batch: "ALTER DOMAIN d DROP CONSTRAINT d_check; ALTER DOMAIN d RENAME TO e;", until: 150000,
		refused: "fails over the generated columns of table public.t"},
	{name: "generated column over it, beside others", setup: "CREATE DOMAIN d AS integer CHECK (VALUE > 0); CREATE TABLE t (a d, b d GENERATED ALWAYS AS (a * 2) STORED, c integer); INSERT INTO t VALUES (2);", batch: "ALTER DOMAIN d DROP CONSTRAINT d_check; ALTER DOMAIN d RENAME TO e;"},
	{name: "index and check over it", setup: domainBase + "CREATE INDEX i ON t ((a::integer + 1)) WHERE a > 2; ALTER TABLE t ADD CHECK (a <> 77);", batch: "ALTER DOMAIN d RENAME TO e; ALTER DOMAIN e DROP CONSTRAINT positive;"},
}
