//go:build unix

package enginetest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/migrate"
)

// TestLaterRowsThatBreakWhatComesBack writes rows which the constraints of a lost column
// do not allow once it is back: they need a decision, as others that cannot stay do.
func TestLaterRowsThatBreakWhatComesBack(t *testing.T) {
	t.Parallel()
	const owners = `CREATE TABLE o (id integer PRIMARY KEY); INSERT INTO o VALUES (1), (2);`
	laterRows(t, []laterCase{
		{"a check over it", `CREATE TABLE t (id integer PRIMARY KEY, a text, b text, CHECK (a IS NOT NULL OR b IS NOT NULL)); INSERT INTO t VALUES (1, 'a', NULL), (2, NULL, 'b');`,
			`ALTER TABLE t DROP a;`, `INSERT INTO t VALUES (3, 'fits'), (4, NULL); UPDATE t SET b = 'later' WHERE id = 1`, `UPDATE t SET b = 'later' WHERE id = 1`, false},
		{"its default twice", `CREATE TABLE t (id integer PRIMARY KEY, a text DEFAULT 'none' UNIQUE, b text); INSERT INTO t VALUES (1, 'a', 'x');`,
			`ALTER TABLE t DROP a; ALTER TABLE t RENAME TO s;`, `INSERT INTO s VALUES (2, 'y'), (3, 'z')`, ``, false},
		{"its default refers to nothing", owners + `CREATE TABLE t (id integer PRIMARY KEY, o integer DEFAULT 9 REFERENCES o); INSERT INTO t VALUES (1, 1);`,
			`ALTER TABLE t DROP o;`, `INSERT INTO t VALUES (2)`, ``, false},
		{"in two tables", `CREATE TABLE t (id integer PRIMARY KEY, a integer DEFAULT 0 CHECK (a > 0)); CREATE TABLE u (id integer PRIMARY KEY, a integer DEFAULT 0 CHECK (a > 0)); INSERT INTO t VALUES (1, 1); INSERT INTO u VALUES (1, 1);`,
			`ALTER TABLE t DROP a; ALTER TABLE u DROP a;`, `INSERT INTO t VALUES (2); INSERT INTO u VALUES (2)`, ``, false},
		{"beside rows of the batch", `CREATE TABLE t (id integer PRIMARY KEY, a text, b text, CHECK (a IS NOT NULL)); INSERT INTO t VALUES (1, 'a', 'b');`,
			`INSERT INTO t VALUES (8, 'x', 'y'); UPDATE t SET b = 'c'; ALTER TABLE t DROP a;`, `INSERT INTO t VALUES (9, 'z')`, ``, false},
		{"a row of the batch, and no value", `CREATE TABLE t (id integer PRIMARY KEY, a text NOT NULL, b text); INSERT INTO t VALUES (1, 'a', 'b');`,
			`INSERT INTO t VALUES (8, 'x', 'y'); ALTER TABLE t DROP a;`, `UPDATE t SET b = 'later' WHERE id = 8`, ``, false},
		{"a row of the batch, and a check", `CREATE TABLE t (id integer PRIMARY KEY, a text CHECK (a IS NOT NULL), b text); INSERT INTO t VALUES (1, 'a', 'b');`,
			`INSERT INTO t VALUES (8, 'x', 'y'); ALTER TABLE t DROP a;`, `UPDATE t SET b = 'later' WHERE id = 8`, ``, false},
		{"its default refers to a row of the batch", owners + `CREATE TABLE t (id integer PRIMARY KEY, o integer DEFAULT 9 REFERENCES o); INSERT INTO t VALUES (1, 1);`,
			`ALTER TABLE t DROP o; INSERT INTO o VALUES (9);`, `INSERT INTO t VALUES (2)`, ``, false},
		{"values that the batch made others of", `CREATE TABLE t (id integer PRIMARY KEY, price numeric(8,2)); INSERT INTO t VALUES (1, 17.25);`,
			`ALTER TABLE t ALTER price TYPE integer USING (price * 100)::integer;`, `UPDATE t SET price = 1800`, ``, false},
		{"too large or too long for the old type", `CREATE TABLE t (id integer PRIMARY KEY, n integer, v varchar(5)); INSERT INTO t VALUES (1, 1, 'one'), (2, NULL, NULL);`,
			`ALTER TABLE t ALTER n TYPE bigint, ALTER v TYPE varchar(50);`, `INSERT INTO t VALUES (3, 3000000000, 'x'), (4, 4, 'too long'), (5, 5, 'fits'), (6, NULL, NULL)`, `INSERT INTO t VALUES (5, 5, 'fits'), (6, NULL, NULL)`, false},
		{"without a primary key", `CREATE TABLE t (n smallint); INSERT INTO t VALUES (1), (1);`,
			`ALTER TABLE t ALTER n TYPE integer;`, `INSERT INTO t VALUES (40000), (1)`, `INSERT INTO t VALUES (1)`, false},
		{"a key too large for the old type", owners + `CREATE TABLE t (id integer PRIMARY KEY, o integer REFERENCES o); INSERT INTO t VALUES (1, 1);`,
			`ALTER TABLE t ALTER id TYPE bigint, ALTER o TYPE bigint; ALTER TABLE o ALTER id TYPE bigint;`,
			`INSERT INTO o VALUES (3000000000), (3); INSERT INTO t VALUES (3000000001, 1), (2, 3000000000), (3, 3)`, `INSERT INTO o VALUES (3); INSERT INTO t VALUES (3, 3)`, false},
		{"more digits than the old type", `CREATE TABLE t (id integer PRIMARY KEY, n numeric(6,2), at timestamptz(0)); INSERT INTO t VALUES (1, 1.25, 'epoch');`,
			`ALTER TABLE t ALTER n TYPE numeric(12,2), ALTER at TYPE timestamptz;`, `INSERT INTO t VALUES (2, 1, '2026-01-01 00:00:00.5'), (3, 123456, NULL), (4, 1.5, '2026-01-01')`, `INSERT INTO t VALUES (4, 1.5, '2026-01-01')`, false},
		{"digits that would be lost, and a row from before", `CREATE TABLE t (id integer PRIMARY KEY, v numeric(5,2)); INSERT INTO t VALUES (1, NULL), (2, NULL);`,
			`ALTER TABLE t ALTER v TYPE numeric(7,4);`, `UPDATE t SET v = 1.2345 WHERE id = 2; INSERT INTO t VALUES (3, 1.25)`, `DELETE FROM t WHERE id = 2; INSERT INTO t VALUES (3, 1.25)`, false},
		{"keys that read as another text, and as none", `CREATE TABLE t (id integer PRIMARY KEY, a text); INSERT INTO t VALUES (1, 'x');`,
			`ALTER TABLE t ALTER id TYPE text;`, `INSERT INTO t VALUES ('007', 'y'), ('seven', 'y'), ('7', 'y')`, `INSERT INTO t VALUES (7, 'y')`, false},
		{"a domain", `CREATE DOMAIN small AS integer CHECK (VALUE < 10); CREATE TABLE t (id integer PRIMARY KEY, n small); INSERT INTO t VALUES (1, 1);`,
			`ALTER TABLE t ALTER n TYPE integer;`, `INSERT INTO t VALUES (2, 10), (3, 9)`, `INSERT INTO t VALUES (3, 9)`, false},
		{"too large, and a row of the batch", `CREATE TABLE t (id integer PRIMARY KEY, n integer); INSERT INTO t VALUES (1, 1), (2, 2);`,
			`ALTER TABLE t ALTER n TYPE bigint; INSERT INTO t VALUES (8, 8); UPDATE t SET n = 22 WHERE id = 2;`,
			`UPDATE t SET n = 3000000000 WHERE id IN (2, 8); INSERT INTO t VALUES (9, 3000000000), (3, 3)`, ``, false},
		{"labels that the batch added", `CREATE TYPE c AS ENUM ('a', 'b'); CREATE TYPE d AS ENUM ('x'); CREATE TABLE t (id integer PRIMARY KEY, c c DEFAULT 'b', cs c[], d d); INSERT INTO t VALUES (1, 'a', '{b}', 'x'), (2, NULL, NULL, NULL);
			CREATE VIEW v AS SELECT c FROM t WHERE c > 'a'; CREATE TABLE u (id integer PRIMARY KEY, t integer REFERENCES t); INSERT INTO u VALUES (1, 1);`,
			`ALTER TYPE c ADD VALUE 'aa' BEFORE 'b'; ALTER TYPE d ADD VALUE 'y';`, `INSERT INTO t VALUES (3, 'aa', NULL, 'x'), (4, 'b', '{a,aa}', 'x'), (5, 'b', '{a}', 'y'), (6, 'b', '{a}', 'x'); INSERT INTO u VALUES (6, 6)`,
			`INSERT INTO t VALUES (6, 'b', '{a}', 'x'); INSERT INTO u VALUES (6, 6)`, false},
		{"a label, without a key, under a trigger", `CREATE TYPE c AS ENUM ('a'); CREATE TABLE t (c c); INSERT INTO t VALUES ('a'), ('a'); CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
			CREATE TRIGGER no BEFORE DELETE ON t FOR EACH ROW EXECUTE FUNCTION no(); CREATE RULE never AS ON DELETE TO t DO INSTEAD NOTHING;`,
			`ALTER TYPE c ADD VALUE 'z';`, `INSERT INTO t VALUES ('z'), ('a'), ('z')`, `INSERT INTO t VALUES ('a')`, false},
		{"a label, and the batch's own column", `CREATE TYPE c AS ENUM ('a'); CREATE TABLE t (id integer PRIMARY KEY, c c); INSERT INTO t VALUES (1, 'a');`,
			`ALTER TYPE c ADD VALUE 'z'; ALTER TABLE t ADD n integer DEFAULT 1; ALTER TABLE t RENAME TO s;`, `INSERT INTO s VALUES (2, 'z'), (3, 'a')`, `INSERT INTO t VALUES (3, 'a')`, false},
		{"no value, and a column that was lost", `CREATE TABLE t (id integer PRIMARY KEY, a text NOT NULL, b text); INSERT INTO t VALUES (1, 'a', 'b');`,
			`ALTER TABLE t ALTER a DROP NOT NULL, DROP b;`, `INSERT INTO t VALUES (2, NULL), (3, 'c'), (4, 'd')`, `INSERT INTO t VALUES (3, 'c'), (4, 'd')`, true},
		{"twice what was unique, a check and a column that was lost", `CREATE TABLE t (id integer PRIMARY KEY, a text UNIQUE, n integer CHECK (n > 0), b text); INSERT INTO t VALUES (1, 'a', 1, 'b');`,
			`ALTER TABLE t DROP CONSTRAINT t_a_key, DROP CONSTRAINT t_n_check, DROP b; INSERT INTO t VALUES (8, 'x', 1);`, `INSERT INTO t VALUES (2, 'a', 1), (3, 'c', -1), (4, 'd', 1)`, `INSERT INTO t VALUES (4, 'd', 1)`, true},
		{"no value, and what a lost column does not allow", `CREATE TABLE t (id integer PRIMARY KEY, a text NOT NULL, b text, CHECK (b IS NOT NULL)); INSERT INTO t VALUES (1, 'a', 'b');`,
			`ALTER TABLE t ALTER a DROP NOT NULL, DROP b;`, `INSERT INTO t VALUES (2, NULL), (3, 'c')`, ``, true},
		{"no value, in a published table whose rows subscribers could not find", `CREATE TABLE t (a text NOT NULL, b text); INSERT INTO t VALUES ('a', 'b'); CREATE PUBLICATION p FOR TABLE t;`,
			`ALTER TABLE t ALTER a DROP NOT NULL;`, `INSERT INTO t VALUES (NULL, 'b'), ('c', NULL)`, `INSERT INTO t VALUES ('c', NULL)`, false},
		{"what overlaps", `CREATE TABLE t (id integer PRIMARY KEY, r int4range, n integer, CONSTRAINT x EXCLUDE USING gist (r WITH &&) WHERE (n > 0)); INSERT INTO t VALUES (5, '[1,5)', 1), (6, '[5,9)', 1);`,
			`ALTER TABLE t DROP CONSTRAINT x;`, `INSERT INTO t VALUES (1, '[4,6)', 1), (2, '[20,30)', 1), (3, '[25,35)', 1), (4, '[1,99)', 0), (7, NULL, 1)`, `INSERT INTO t VALUES (2, '[20,30)', 1), (4, '[1,99)', 0), (7, NULL, 1)`, false},
		{"what overlaps by an expression, and a column that was lost", `CREATE TABLE t (id integer PRIMARY KEY, a text, b text, CONSTRAINT x EXCLUDE (lower(a) WITH =) DEFERRABLE); INSERT INTO t VALUES (1, 'A', 'b');`,
			`ALTER TABLE t DROP CONSTRAINT x, DROP b;`, `INSERT INTO t VALUES (2, 'a'), (3, 'c')`, `INSERT INTO t VALUES (3, 'c')`, true},
		{"what overlaps in a chain", `CREATE TABLE t (id integer PRIMARY KEY, r int4range, CONSTRAINT x EXCLUDE USING gist (r WITH &&)); INSERT INTO t VALUES (10, '[100,200)'), (11, 'empty');`,
			`ALTER TABLE t DROP CONSTRAINT x;`, `INSERT INTO t VALUES (1, '[1,4)'), (2, '[3,7)'), (3, '[6,9)'), (4, '[8,12)'), (5, '[150,160)'), (6, '[155,300)'), (7, '[250,310)'), (12, NULL)`,
			`INSERT INTO t VALUES (1, '[1,4)'), (3, '[6,9)'), (7, '[250,310)'), (12, NULL)`, false},
		{"what overlaps in a chain beside a wider type, by another collation and under other names", `CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
			CREATE TABLE t (id integer PRIMARY KEY, at text, v0 integer, w integer, CONSTRAINT x EXCLUDE (at COLLATE ci text_ops DESC WITH =, v0 WITH =) WHERE (v0 > 0)); INSERT INTO t VALUES (1, 'A', 1, 1);`,
			`ALTER TABLE t DROP CONSTRAINT x, ALTER w TYPE bigint; ALTER TABLE t RENAME at TO nth; ALTER TABLE t RENAME TO s;`,
			`INSERT INTO s VALUES (2, 'a', 1, 1), (3, 'b', 1, 1), (4, 'B', 1, 1), (5, 'b', 2, 2), (6, 'c', 0, 1), (7, 'C', 0, 1)`,
			`INSERT INTO t VALUES (3, 'b', 1, 1), (5, 'b', 2, 2), (6, 'c', 0, 1), (7, 'C', 0, 1)`, true},
		{"a check that was dropped, under another name", `CREATE TABLE t (id integer PRIMARY KEY, n integer CONSTRAINT k CHECK (n > 0) NO INHERIT); INSERT INTO t VALUES (1, 1);`,
			`ALTER TABLE t DROP CONSTRAINT k; ALTER TABLE t RENAME n TO m; ALTER TABLE t RENAME TO s;`, `INSERT INTO s VALUES (2, -2), (3, 3), (4, NULL)`, `INSERT INTO t VALUES (3, 3), (4, NULL)`, true},
		{"a check whose function relies on a search_path", `CREATE FUNCTION g(integer) RETURNS boolean LANGUAGE sql AS 'SELECT $1 > 0'; CREATE FUNCTION f(integer) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RETURN g($1); END $$;
			CREATE TABLE t (id integer PRIMARY KEY, n integer CONSTRAINT k CHECK (f(n))); INSERT INTO t VALUES (1, 1);`,
			`ALTER TABLE t DROP CONSTRAINT k;`, `INSERT INTO t VALUES (2, -2), (3, 3)`, `INSERT INTO t VALUES (3, 3)`, false},
		{"such a check, and rows that refer to those", `CREATE FUNCTION g(integer) RETURNS boolean LANGUAGE sql AS 'SELECT $1 > 0'; CREATE FUNCTION f(integer) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RETURN g($1); END $$;
			CREATE TABLE t (id integer PRIMARY KEY, n integer CONSTRAINT k CHECK (f(n))); CREATE TABLE u (id integer PRIMARY KEY, t integer REFERENCES t); INSERT INTO t VALUES (1, 1);`,
			`ALTER TABLE t DROP CONSTRAINT k;`, `INSERT INTO t VALUES (2, -2), (3, 3); INSERT INTO u VALUES (3, 3)`, `INSERT INTO t VALUES (3, 3); INSERT INTO u VALUES (3, 3)`, false},
		{"such a check, and a wider type", `CREATE FUNCTION g(integer) RETURNS boolean LANGUAGE sql AS 'SELECT $1 > 0'; CREATE FUNCTION f(integer) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RETURN g($1); END $$;
			CREATE TABLE t (id integer PRIMARY KEY, n integer CONSTRAINT k CHECK (f(n)), w integer); INSERT INTO t VALUES (1, 1, 1);`,
			`ALTER TABLE t DROP CONSTRAINT k, ALTER w TYPE bigint;`, `INSERT INTO t VALUES (2, -2, 2), (3, 3, 3)`, `INSERT INTO t VALUES (3, 3, 3)`, true},
		{"a check, a wider type and other names", `CREATE TABLE t (id integer PRIMARY KEY, n integer CONSTRAINT k CHECK (n > 0), w integer, a text UNIQUE, z text NOT NULL); INSERT INTO t VALUES (1, 1, 1, 'a', 'z');`,
			`ALTER TABLE t DROP CONSTRAINT k, DROP CONSTRAINT t_a_key, ALTER z DROP NOT NULL, ALTER w TYPE bigint; ALTER TABLE t RENAME n TO m; ALTER TABLE t RENAME w TO a2; ALTER TABLE t RENAME z TO n; ALTER TABLE t RENAME TO s;`,
			`INSERT INTO s VALUES (2, -2, 2, 'b', 'z'), (3, 3, 3, 'c', 'z'), (4, 4, 3000000000, 'd', 'z'), (5, 5, 5, 'a', 'z'), (6, 6, 6, 'e', NULL)`, `INSERT INTO t VALUES (3, 3, 3, 'c', 'z')`, true},
		{"a check, a wider type and another name, without a key", `CREATE TABLE t (n integer CONSTRAINT k CHECK (n > 0), w integer); INSERT INTO t VALUES (1, 1), (1, 1);`,
			`ALTER TABLE t DROP CONSTRAINT k, ALTER w TYPE bigint; ALTER TABLE t RENAME n TO m;`,
			`INSERT INTO t VALUES (-2, 2), (3, 3), (4, 3000000000)`, `INSERT INTO t VALUES (3, 3)`, true},
		{"a foreign key, a wider type and other names, and rows of the batch", owners + `CREATE TABLE t (id integer PRIMARY KEY, o integer REFERENCES o, w integer, x text); INSERT INTO t VALUES (1, 1, 1, 'x'), (2, 2, 2, 'x');`,
			`ALTER TABLE t DROP CONSTRAINT t_o_fkey, ALTER w TYPE bigint; UPDATE t SET x = 'y' WHERE id = 2; ALTER TABLE t RENAME o TO p; ALTER TABLE o RENAME id TO no;`,
			`INSERT INTO t VALUES (3, 9, 3, 'c'), (4, 2, 4, 'd')`, `INSERT INTO t VALUES (4, 2, 4, 'd')`, true},
		{"foreign keys that were dropped", `CREATE TABLE o (a integer, b text, PRIMARY KEY (a, b)); INSERT INTO o VALUES (1, 'x'), (2, 'y');
			CREATE TABLE t (id integer PRIMARY KEY, a integer, b text, FOREIGN KEY (a, b) REFERENCES o); CREATE TABLE u (id integer PRIMARY KEY, a integer, b text, FOREIGN KEY (a, b) REFERENCES o MATCH FULL);`,
			`ALTER TABLE t DROP CONSTRAINT t_a_b_fkey; ALTER TABLE u DROP CONSTRAINT u_a_b_fkey;`,
			`INSERT INTO t VALUES (1, 1, 'x'), (2, 1, 'y'), (3, 1, NULL); INSERT INTO u VALUES (1, 1, 'x'), (2, 1, 'y'), (3, 1, NULL), (4, NULL, NULL)`,
			`INSERT INTO t VALUES (1, 1, 'x'), (3, 1, NULL); INSERT INTO u VALUES (1, 1, 'x'), (4, NULL, NULL)`, false},
		{"what they referred to", owners + `CREATE TABLE t (id integer PRIMARY KEY, o integer REFERENCES o); INSERT INTO t VALUES (1, 1), (2, 2);`,
			`ALTER TABLE t DROP CONSTRAINT t_o_fkey;`, `DELETE FROM o WHERE id = 2`, `DELETE FROM t WHERE id = 2; DELETE FROM o WHERE id = 2`, false},
		{"what was unique, twice", `CREATE TABLE t (id integer PRIMARY KEY, a text UNIQUE, b integer); INSERT INTO t VALUES (1, 'a', 1), (2, NULL, 1);`,
			`ALTER TABLE t DROP CONSTRAINT t_a_key;`, `INSERT INTO t VALUES (3, 'a', 1), (4, 'b', 1), (5, 'b', 1), (6, NULL, 1), (7, 'c', 1)`, `INSERT INTO t VALUES (4, 'b', 1), (6, NULL, 1), (7, 'c', 1)`, false},
		{"what was unique, and who was there first", `CREATE TABLE t (id uuid PRIMARY KEY, a text UNIQUE); INSERT INTO t VALUES ('f0000000-0000-0000-0000-000000000000', 'a'), ('e0000000-0000-0000-0000-000000000000', 'b');`,
			`ALTER TABLE t DROP CONSTRAINT t_a_key; ALTER TABLE t ADD n integer;`, `INSERT INTO t VALUES ('00000000-0000-0000-0000-000000000000', 'a'); UPDATE t SET a = 'a' WHERE a = 'b'`,
			`DELETE FROM t WHERE a = 'b'`, false},
		{"a unique index of expressions, of some rows", `CREATE TABLE "T x" (id integer PRIMARY KEY, "a,b" text, c text, n integer); INSERT INTO "T x" VALUES (1, 'A', ')', 1);
			CREATE UNIQUE INDEX "i ( x" ON "T x" USING btree (lower("a,b") COLLATE "C" DESC NULLS LAST, (c || '),('), n) INCLUDE (id) WITH (fillfactor = 70) WHERE n > 0 OR c = ''' WHERE ';`,
			`DROP INDEX "i ( x"; ALTER TABLE "T x" RENAME TO t;`, `INSERT INTO t VALUES (2, 'a', ')', 1), (3, 'a', ')', 0), (4, 'a', ')', 0), (5, 'a', NULL, 1), (6, 'a', NULL, 1)`,
			`INSERT INTO "T x" VALUES (3, 'a', ')', 0), (4, 'a', ')', 0), (5, 'a', NULL, 1), (6, 'a', NULL, 1)`, false},
		{"no value more than once", `CREATE TABLE t (a text, UNIQUE NULLS NOT DISTINCT (a)); CREATE TABLE u (a text); CREATE UNIQUE INDEX i ON u (a) NULLS NOT DISTINCT;`,
			`ALTER TABLE t DROP CONSTRAINT t_a_key; DROP INDEX i;`, `INSERT INTO t VALUES (NULL), (NULL); INSERT INTO u VALUES (NULL), (NULL), ('a')`,
			`INSERT INTO t VALUES (NULL); INSERT INTO u VALUES (NULL), ('a')`, false},
		{"a primary key that was dropped", `CREATE TABLE t (id integer PRIMARY KEY, a text); INSERT INTO t VALUES (1, 'a'), (2, 'b');`,
			`ALTER TABLE t DROP CONSTRAINT t_pkey;`, `INSERT INTO t VALUES (1, 'later'), (3, 'c'); UPDATE t SET a = 'fits' WHERE id = 2`, `INSERT INTO t VALUES (3, 'c'); UPDATE t SET a = 'fits' WHERE id = 2`, false},
		{"unique, and a key that refers to it", `CREATE TABLE t (id integer PRIMARY KEY, a text UNIQUE); CREATE TABLE u (id integer PRIMARY KEY, a text REFERENCES t (a)); INSERT INTO t VALUES (1, 'a'); INSERT INTO u VALUES (1, 'a');`,
			`ALTER TABLE u DROP CONSTRAINT u_a_fkey; ALTER TABLE t DROP CONSTRAINT t_a_key;`, `INSERT INTO t VALUES (2, 'a'), (3, 'c'); INSERT INTO u VALUES (2, 'a'), (3, 'none'), (4, 'c')`,
			`INSERT INTO t VALUES (3, 'c'); INSERT INTO u VALUES (2, 'a'), (4, 'c')`, false},
		{"all at once", owners + `CREATE TYPE c AS ENUM ('a'); CREATE TABLE t (id integer PRIMARY KEY, o integer REFERENCES o, c c, a text NOT NULL, n integer CHECK (n < 9)); INSERT INTO t VALUES (1, 1, 'a', 'a', 1);`,
			`ALTER TABLE t DROP CONSTRAINT t_o_fkey, DROP CONSTRAINT t_n_check, ALTER a DROP NOT NULL, ADD x integer; ALTER TYPE c ADD VALUE 'z';`,
			`INSERT INTO t VALUES (2, 9, 'a', 'a', 1), (3, 1, 'z', 'a', 1), (4, 1, 'a', NULL, 1), (5, 1, 'a', 'a', 9), (6, 9, 'z', NULL, 9), (7, 2, 'a', 'a', 2)`, `INSERT INTO t VALUES (7, 2, 'a', 'a', 2)`, false},
		{"all at once, and a wider type", owners + `CREATE TABLE t (id integer PRIMARY KEY, w integer, o integer REFERENCES o, u text UNIQUE, a text NOT NULL, n integer CHECK (n < 9)); INSERT INTO t VALUES (1, 1, 1, 'u', 'a', 1);`,
			`ALTER TABLE t DROP CONSTRAINT t_o_fkey, DROP CONSTRAINT t_u_key, DROP CONSTRAINT t_n_check, ALTER a DROP NOT NULL, ALTER w TYPE bigint;`,
			`INSERT INTO t VALUES (2, 2, 9, 'b', 'a', 1), (3, 3, 1, 'u', 'a', 1), (4, 4, 1, 'd', NULL, 1), (5, 5, 1, 'e', 'a', 9), (6, 3000000000, 1, 'f', 'a', 1), (7, 7, 2, 'g', 'a', 2)`, `INSERT INTO t VALUES (7, 7, 2, 'g', 'a', 2)`, true},
		{"what a domain allowed", `CREATE DOMAIN d AS integer CONSTRAINT small CHECK (VALUE < 9) CONSTRAINT odd CHECK (VALUE % 2 = 1); CREATE DOMAIN e AS d NOT NULL; CREATE TABLE t (id integer PRIMARY KEY, d d, "E e" e); INSERT INTO t VALUES (1, 1, 1);`,
			`ALTER DOMAIN d DROP CONSTRAINT small; ALTER DOMAIN e DROP NOT NULL;`, `INSERT INTO t VALUES (2, 11, 1), (3, 1, 11), (4, 1, NULL), (5, NULL, 3)`, `INSERT INTO t VALUES (5, NULL, 3)`, false},
		{"too large, and no value", `CREATE TABLE t (id integer PRIMARY KEY, n integer, a text NOT NULL); INSERT INTO t VALUES (1, 1, 'a'), (2, 2, 'b');`,
			`ALTER TABLE t ALTER n TYPE bigint, DROP a;`, `INSERT INTO t VALUES (3, 3), (4, 3000000000); UPDATE t SET n = 5 WHERE id = 1`, `UPDATE t SET n = 5 WHERE id = 1`, false},
	})
}

// TestLaterRowsOutsideOfPartitions writes rows that no partition takes as it was, or into a
// default partition what belongs into one that comes back.
func TestLaterRowsOutsideOfPartitions(t *testing.T) {
	t.Parallel()
	const owners = `CREATE TABLE o (id integer PRIMARY KEY); INSERT INTO o VALUES (1), (2);`
	const ranges = `CREATE TABLE p (id integer, a text) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (MINVALUE) TO (10);
		CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20); INSERT INTO p VALUES (1, 'a'), (11, 'b');`
	laterRows(t, []laterCase{
		{"a partition that was detached", ranges, `ALTER TABLE p DETACH PARTITION p2;`,
			`INSERT INTO p2 VALUES (12, 'c'), (99, 'd'), (NULL, 'e'); UPDATE p2 SET id = 20 WHERE id = 11`, `INSERT INTO p VALUES (12, 'c'); DELETE FROM p WHERE id = 11`, false},
		{"a partition that was widened, with a primary key and another name", ranges + `ALTER TABLE p ADD PRIMARY KEY (id);`,
			`ALTER TABLE p DETACH PARTITION p2; ALTER TABLE p ATTACH PARTITION p2 FOR VALUES FROM (10) TO (30); ALTER TABLE p RENAME id TO no; ALTER TABLE p2 RENAME TO q;`,
			`INSERT INTO p VALUES (12, 'c'), (25, 'd')`, `INSERT INTO p VALUES (12, 'c')`, true},
		{"a default partition beside one that was dropped", ranges + `CREATE TABLE d PARTITION OF p DEFAULT; CREATE TABLE w (n integer);
			CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO w VALUES (1); RETURN OLD; END $$; CREATE TRIGGER f BEFORE DELETE ON p FOR EACH ROW EXECUTE FUNCTION f();`,
			`DROP TABLE p2;`, `INSERT INTO p VALUES (12, 'c'), (50, 'd'), (NULL, 'e')`, `INSERT INTO p VALUES (50, 'd'), (NULL, 'e')`, false},
		{"trees under lists and hashes", `CREATE DOMAIN k AS text; CREATE TABLE p (k k, id integer, "a b" numeric) PARTITION BY LIST (lower(k)); CREATE TABLE pa PARTITION OF p FOR VALUES IN ('a', NULL) PARTITION BY HASH (id, "a b");
			CREATE TABLE pa0 PARTITION OF pa FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE TABLE pa1 PARTITION OF pa FOR VALUES WITH (MODULUS 2, REMAINDER 1);
			CREATE TABLE d PARTITION OF p DEFAULT PARTITION BY RANGE (id, lower(k) COLLATE "C"); CREATE TABLE d1 PARTITION OF d FOR VALUES FROM (5, 'x') TO (9, MAXVALUE); CREATE TABLE dd PARTITION OF d DEFAULT;
			INSERT INTO p SELECT 'A', g, g FROM generate_series(1, 9) g;`,
			`ALTER TABLE p DETACH PARTITION pa; ALTER TABLE pa DETACH PARTITION pa0;`,
			`INSERT INTO pa0 SELECT 'a', g, 100 FROM generate_series(1, 9) g; INSERT INTO pa SELECT k, g, 3 FROM unnest(ARRAY['b', 'a', NULL]) k, generate_series(20, 30) g WHERE satisfies_hash_partition('pa'::regclass, 2, 1, g, 3::numeric); INSERT INTO p VALUES ('A', 7, 7), ('x', 7, 7), ('A', 70, 7), ('b', 70, 7)`,
			`INSERT INTO pa0 SELECT 'a', g, 100 FROM generate_series(1, 9) g WHERE satisfies_hash_partition('pa'::regclass, 2, 0, g, 100::numeric); INSERT INTO p SELECT k, g, 3 FROM unnest(ARRAY['a', NULL]) k, generate_series(20, 30) g WHERE satisfies_hash_partition('pa'::regclass, 2, 1, g, 3::numeric); INSERT INTO p VALUES ('x', 7, 7), ('b', 70, 7)`, false},
		{"partitions whose table got back what all have", owners + `CREATE TABLE p (id integer, o integer, a text NOT NULL, n integer, CONSTRAINT k CHECK (n > 0), CONSTRAINT u UNIQUE (id, n), CONSTRAINT f FOREIGN KEY (o) REFERENCES o) PARTITION BY RANGE (id);
			CREATE TABLE p1 (n integer CONSTRAINT k CHECK (n > 0), x text, a text NOT NULL, o integer, id integer); ALTER TABLE p1 DROP x; ALTER TABLE p ATTACH PARTITION p1 FOR VALUES FROM (MINVALUE) TO (10); CREATE TABLE p2 PARTITION OF p DEFAULT PARTITION BY LIST (n);
			CREATE TABLE p2a PARTITION OF p2 FOR VALUES IN (1, NULL); CREATE TABLE p2b PARTITION OF p2 DEFAULT; INSERT INTO p VALUES (1, 1, 'a', 1), (11, 2, 'b', 1);`,
			`ALTER TABLE p ALTER a DROP NOT NULL, DROP CONSTRAINT k, DROP CONSTRAINT u, DROP CONSTRAINT f;`,
			`INSERT INTO p VALUES (2, 1, NULL, 1), (3, 1, 'a', -1), (1, 1, 'twice', 1), (4, 9, 'a', 1), (12, 1, NULL, 1), (13, 1, 'b', -1), (11, 1, 'b', 1), (14, 9, 'b', 1), (5, 1, 'a', 5), (15, NULL, 'b', NULL), (16, 2, 'a', 5)`,
			`INSERT INTO p VALUES (5, 1, 'a', 5), (15, NULL, 'b', NULL), (16, 2, 'a', 5)`, false},
		{"children and a parent that got back what they have", `CREATE TABLE p (id integer PRIMARY KEY, a text NOT NULL, n integer); CREATE TABLE c (id integer UNIQUE, n integer CONSTRAINT k CHECK (n > 0)) INHERITS (p); INSERT INTO p VALUES (1, 'a'); INSERT INTO c VALUES (2, 'b', 1);`,
			`ALTER TABLE p ALTER a DROP NOT NULL, DROP CONSTRAINT p_pkey; ALTER TABLE c DROP CONSTRAINT c_id_key, DROP CONSTRAINT k;`,
			`INSERT INTO p VALUES (1, 'c'), (3, NULL), (4, 'd'); INSERT INTO c VALUES (2, 'c', 1), (5, NULL, 1), (6, 'd', 0), (7, 'e', 2)`, `INSERT INTO p VALUES (4, 'd'); INSERT INTO c VALUES (7, 'e', 2)`, false},
		{"a partition that was detached and changed", ranges + `ALTER TABLE p2 ADD CHECK (a <> 'no');`, `ALTER TABLE p DETACH PARTITION p2; ALTER TABLE p2 ALTER id TYPE bigint;`,
			`INSERT INTO p2 VALUES (12, 'c'), (99, 'd'), (3000000000, 'e')`, `INSERT INTO p VALUES (12, 'c')`, true},
	})
}

// TestLaterRowsWithoutAValue is for all versions: what a NOT NULL is changed with 18, which
// knows keys without overlaps as well.
func TestLaterRowsWithoutAValue(t *testing.T) {
	t.Parallel()
	key := "EXCLUDE USING gist (id WITH =, r WITH &&)"
	if p := prepared(t, "", nil); p.Rows(t, "SELECT (current_setting('server_version_num')::int >= 180000)::text")[0] == "true" {
		key = "PRIMARY KEY (id, r WITHOUT OVERLAPS)"
	}
	laterRows(t, []laterCase{
		{"what overlaps, of one key", `CREATE TABLE t (id int4range, r daterange, a text, CONSTRAINT k ` + key + `); INSERT INTO t VALUES ('[1,2)', '[2020-01-01,2021-01-01)', 'a'), ('[2,3)', '[2020-01-01,2021-01-01)', 'b');`,
			`ALTER TABLE t DROP CONSTRAINT k;`, `INSERT INTO t VALUES ('[1,2)', '[2020-05-01,2020-06-01)', 'c'), ('[1,2)', '[2021-05-01,2021-06-01)', 'd'), ('[3,4)', '[2020-01-01,2020-02-01)', 'e'), ('[3,4)', '[2020-01-15,2020-03-01)', 'f')`,
			`INSERT INTO t VALUES ('[1,2)', '[2021-05-01,2021-06-01)', 'd'), ('[3,4)', '[2020-01-01,2020-02-01)', 'e')`, false},
		{"no value where the batch allowed none", `CREATE TABLE t (id integer PRIMARY KEY, a text NOT NULL, b text NOT NULL); INSERT INTO t VALUES (1, 'a', 'b');`,
			`ALTER TABLE t ALTER a DROP NOT NULL, ALTER b DROP NOT NULL;`, `INSERT INTO t VALUES (2, NULL, 'b'), (3, 'a', NULL), (4, 'a', 'b')`, `INSERT INTO t VALUES (4, 'a', 'b')`, false},
	})
}

// laterCase is what others write after a batch, of which some cannot stay.
type laterCase struct {
	name, setup, batch, later string
	expect                    string // done to the setup, what must be left
	tried                     bool   // only trying it tells what is broken
}

func laterRows(t *testing.T, cases []laterCase) {
	t.Helper()
	for _, c := range cases {
		for _, ahead := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, prepared %t", c.name, ahead), func(t *testing.T) {
				t.Parallel()
				model := prepared(t, c.setup, nil)
				if c.expect != "" {
					model.Exec(t, c.expect)
				}
				p := prepared(t, "", map[string]string{"1_batch.up.sql": c.batch})
				running := p.DB.Connect(t) // a transaction older than all rows, which hides none of their order
				defer running.Close()
				if err := running.Run("BEGIN; SELECT pg_current_xact_id()"); err != nil {
					t.Fatal(err)
				}
				p.Exec(t, c.setup)
				p.Up(t, everything)
				if ahead { // it would have to catch up with what does not fit
					p.Prepare(t)
				}
				p.Exec(t, c.later)
				after := p.DB.Fingerprint(t)
				planned := p.Rollback(t, safemigrate.RollbackOptions{Plan: true})
				report, err := p.TryRollback(t, takeBack)
				enginetest.Fails(t, err, migrate.Undecided, "--discard-writes")
				foreseen := func(r migrate.TableReport) bool {
					r.Kept, r.Place = 0, ""
					return slices.Contains(planned.Tables, r)
				}
				for _, r := range report.Tables { // of others a plan cannot know before it is tried
					if r.Way == "in place" && !c.tried && !foreseen(r) {
						t.Errorf("not foreseen: %+v\n%+v", r, planned.Tables)
					}
				}
				_, err = p.TryRollback(t, keepLater)
				enginetest.Fails(t, err, migrate.Undecided, "public.")
				p.Is(t, after, "without a decision")
				if ahead { // now it is there already
					p.Prepare(t)
				}
				p.Rollback(t, takeOut)
				rowsAre(t, model, p)
				p.Rollback(t, undoIt)
				p.Is(t, after, "after the undo")
			})
		}
	}
}

// TestLaterRowsThatCannotBeAsked has checks come back that fail on a later row, or that the
// role may not ask: the plan counts what it can, says what it does not know, and why.
func TestLaterRowsThatCannotBeAsked(t *testing.T) {
	t.Parallel()
	p := prepared(t, `CREATE FUNCTION f(integer) RETURNS boolean LANGUAGE sql AS 'SELECT $1 > 0';
		CREATE TABLE t (id integer PRIMARY KEY, a text NOT NULL, n integer CONSTRAINT ratio CHECK (10 / n < 20), m integer CONSTRAINT f CHECK (f(m))); INSERT INTO t VALUES (1, 'a', 1, 1);
		CREATE TABLE u (n integer CHECK (10 / n < 20)); CREATE TABLE v (n integer CHECK (n < 9)); CREATE TABLE w (n integer CONSTRAINT ratio CHECK (10 / n < 20))`, map[string]string{"1_batch.up.sql": `
		ALTER TABLE t ALTER a DROP NOT NULL, DROP CONSTRAINT ratio, DROP CONSTRAINT f;
		ALTER TABLE u DROP CONSTRAINT u_n_check; ALTER TABLE v DROP CONSTRAINT v_n_check; ALTER TABLE w DROP CONSTRAINT ratio;`})
	p.Up(t, everything)
	p.Exec(t, `INSERT INTO t VALUES (2, 'b', 0, 1), (3, NULL, 1, 1), (4, NULL, 1, 1); INSERT INTO u VALUES (1); INSERT INTO v VALUES (9), (8); INSERT INTO w VALUES (0);
		REVOKE EXECUTE ON FUNCTION f FROM PUBLIC; REVOKE EXECUTE ON FUNCTION f FROM CURRENT_USER`)
	planned := p.Rollback(t, safemigrate.RollbackOptions{Plan: true})
	said := map[string]string{}
	for _, r := range planned.Tables {
		said[r.Name] = fmt.Sprintf("%d %d %s", r.Written, r.Gone, r.Why)
	}
	for name, words := range map[string][]string{
		"public.t": {"-1 -1 ", "; so far 2; how many rows break ", "constraint ratio ON public.t (division by zero (SQLSTATE 22012))", "constraint f ON public.t (permission denied for function f (SQLSTATE 42501))"},
		"public.v": {"1 0 "},
		"public.w": {"-1 -1 ", "comes back; how many rows break ", "division by zero"},
	} {
		for _, w := range words {
			if !strings.Contains(said[name], w) {
				t.Errorf("%s lacks %q: %s", name, w, said[name])
			}
		}
	}
	if said["public.u"] != "" {
		t.Errorf("u: %s", said["public.u"])
	}
	p.Exec(t, `GRANT EXECUTE ON FUNCTION f TO PUBLIC, CURRENT_USER`)
	after := p.DB.Fingerprint(t)
	_, err := p.TryRollback(t, takeOut)
	enginetest.Fails(t, err, migrate.Disagreement, "division by zero")
	p.Exec(t, `DELETE FROM t WHERE n = 0; DELETE FROM w`)
	p.Rollback(t, takeOut)
	p.Rollback(t, undoIt)
	p.Exec(t, `INSERT INTO t VALUES (2, 'b', 0, 1); INSERT INTO w VALUES (0)`)
	p.Is(t, after, "after the undo")
}
