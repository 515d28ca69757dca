//go:build unix

package random

import (
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/enginetest/soak"
)

// example is a case with a name.
type example struct {
	name         string
	setup, batch []string
}

// found are cases that failed once, shrunk. Each is exact by now.
var found = []example{
	{
		name:  "check of a varchar with IN, table rebuilt",
		setup: []string{`CREATE TABLE t (a varchar(20) CHECK (a IN ('a', 'b') OR a <> 'z'), b text)`, `INSERT INTO t VALUES ('a', 'x')`},
		batch: []string{`ALTER TABLE t DROP COLUMN b`},
	},
	{
		name:  "identity copied by LIKE",
		setup: []string{`CREATE TABLE k (id smallint GENERATED ALWAYS AS IDENTITY (START 10 INCREMENT 5) PRIMARY KEY, x text)`, `CREATE TABLE l (LIKE k INCLUDING ALL)`, `INSERT INTO l (x) VALUES ('a')`},
		batch: []string{`ALTER TABLE l DROP COLUMN x`},
	},
	{
		name:  "table of another owner, dropped with its schema",
		setup: []string{`CREATE TABLE t (a integer)`, `INSERT INTO t VALUES (1), (1), (NULL)`, `ALTER TABLE t OWNER TO keeper`},
		batch: []string{`DROP SCHEMA public CASCADE`},
	},
	{
		name:  "sequence that a table of another owner owns, dropped",
		setup: []string{`CREATE TABLE t (id bigserial PRIMARY KEY)`, `ALTER TABLE t OWNER TO keeper`},
		batch: []string{`DROP SEQUENCE t_id_seq CASCADE`},
	},
	{
		name:  "function over a column that a child has of its parent",
		setup: []string{`CREATE TABLE p (a integer)`, `CREATE TABLE c () INHERITS (p)`},
		batch: []string{`ALTER TABLE p ADD COLUMN b integer`, `CREATE FUNCTION f() RETURNS bigint LANGUAGE sql STABLE BEGIN ATOMIC SELECT count(b) FROM c; END`},
	},
	{
		name:  "one of two storage parameters changed",
		setup: []string{`CREATE TABLE t (a integer) WITH (fillfactor = 70, autovacuum_enabled = off)`},
		batch: []string{`ALTER TABLE t SET (fillfactor = 55)`},
	},
	{
		name:  "index and type of one name",
		setup: []string{`CREATE TYPE same AS ENUM ('a')`, `CREATE TABLE t (a same UNIQUE, b integer)`, `CREATE INDEX same ON t (b)`, `INSERT INTO t VALUES ('a', 1)`},
		batch: []string{`ALTER TABLE t DROP COLUMN b`, `ALTER TYPE same RENAME TO other`, `CREATE INDEX other ON t (a)`},
	},
	{
		name:  "comment on the cast that comes with a range type ",
		setup: []string{`CREATE SCHEMA notes1`, `CREATE TYPE notes1.d0 AS RANGE (subtype = integer)`, `COMMENT ON CAST (notes1.d0 AS notes1.d0_multirange) IS 'seldom'`},
	},
	{
		name:  "sequence given to a table that was moved",
		setup: []string{`CREATE SCHEMA other`, `CREATE SEQUENCE other.s`, `CREATE TABLE t (a boolean)`},
		batch: []string{`ALTER TABLE t SET SCHEMA other`, `ALTER SEQUENCE other.s OWNED BY other.t.a`},
	},
	{
		name:  "privilege on a range type's function that its owner cannot give",
		setup: []string{`CREATE TYPE r AS RANGE (subtype = numeric)`, `GRANT EXECUTE ON ROUTINE r(numeric, numeric, text) TO "a Reader"`},
	},
	{
		name:  "child taken out from under one of its parents and put back, with a check of that",
		setup: []string{`CREATE TABLE p (n text)`, `CREATE TABLE q (e jsonb CHECK (e IS NOT NULL))`, `CREATE TABLE c (n text DEFAULT 'x') INHERITS (p, q)`, `INSERT INTO c VALUES ('a', '{}')`},
		batch: []string{`ALTER TABLE c NO INHERIT q; ALTER TABLE c INHERIT q`},
	},
	{
		name:  "child taken out from under one of its parents and put back",
		setup: []string{`CREATE TABLE p (n integer)`, `CREATE TABLE q (a date NOT NULL, b text)`, `CREATE TABLE c (n integer DEFAULT 0) INHERITS (p, q)`},
		batch: []string{`ALTER TABLE c NO INHERIT q; ALTER TABLE c INHERIT q`},
	},
	{
		name:  "child without the default of its parent, rebuilt",
		setup: []string{`CREATE TABLE p (a text, n bigint DEFAULT 0)`, `CREATE TABLE c (n bigint DEFAULT NULL) INHERITS (p)`, `ALTER TABLE c ADD COLUMN d integer`},
		batch: []string{`ALTER TABLE c DROP COLUMN d`},
	},
	{
		name:  "check renamed that had the name of a table",
		setup: []string{`CREATE TABLE n (a integer CONSTRAINT k CHECK (a > 0))`, `CREATE TABLE k (a integer PRIMARY KEY)`},
		batch: []string{`ALTER TABLE n RENAME CONSTRAINT k TO x`},
	},
	{
		name:  "domain with the default of the one that it is over",
		setup: []string{`CREATE DOMAIN b AS integer DEFAULT 3`, `CREATE DOMAIN d AS b`},
		batch: []string{`DROP DOMAIN d`, `ALTER DOMAIN b SET DEFAULT 4`},
	},
	{
		name:  "domain with a default that the one it is over had once, by a function",
		setup: []string{`CREATE SCHEMA s`, `CREATE FUNCTION s.f() RETURNS integer LANGUAGE sql AS 'SELECT 3'`, `CREATE DOMAIN b AS integer DEFAULT s.f()`, `CREATE DOMAIN d AS b`, `CREATE DOMAIN e AS d`, `ALTER DOMAIN b SET DEFAULT 5`},
		batch: []string{`DROP DOMAIN e`, `DROP DOMAIN d`, `DROP FUNCTION s.f()`, `ALTER DOMAIN b DROP DEFAULT`},
	},
	{
		name:  "domain whose default was that of the one that it is over",
		setup: []string{`CREATE DOMAIN b AS integer DEFAULT 3`, `CREATE DOMAIN d AS b NOT NULL`, `CREATE DOMAIN e AS d CHECK (VALUE > 0)`, `CREATE TABLE t (a b, b integer)`, `INSERT INTO t VALUES (DEFAULT, 1)`},
		batch: []string{`ALTER DOMAIN d SET DEFAULT 9`, `ALTER DOMAIN e DROP DEFAULT`},
	},
	{
		name:  "domains over one with a default, without any and with one of their own",
		setup: []string{`CREATE DOMAIN b AS integer`, `CREATE DOMAIN c AS b`, `CREATE DOMAIN d AS b DEFAULT 3`, `CREATE DOMAIN e AS b DEFAULT NULL`, `CREATE SCHEMA s`, `CREATE FUNCTION s.f() RETURNS b LANGUAGE sql AS 'SELECT 1::b'`, `CREATE DOMAIN g AS b DEFAULT s.f()`, `ALTER DOMAIN b SET DEFAULT 3`},
		batch: []string{`DROP DOMAIN c, d, e, g`},
	},
	{
		name:  "default of a domain changed that another one had got, in use",
		setup: []string{`CREATE DOMAIN b AS integer DEFAULT 3`, `CREATE DOMAIN d AS b`, `CREATE TABLE t (a d, x b, c integer)`, `INSERT INTO t (c) VALUES (1)`},
		batch: []string{`ALTER DOMAIN b SET DEFAULT 4`, `ALTER TABLE t DROP COLUMN c`},
	},
	{
		name:  "child that declares a generated column of its parents",
		setup: []string{`CREATE TABLE p (a integer, g integer GENERATED ALWAYS AS (a / 2) STORED)`, `CREATE TABLE q (LIKE p INCLUDING ALL)`, `CREATE TABLE c (g integer, b text) INHERITS (p, q)`, `INSERT INTO c VALUES (4, DEFAULT, 'b')`},
		batch: []string{`ALTER TABLE q DROP COLUMN g`, `ALTER TABLE c DROP COLUMN b`},
	},
	{
		name:  "column renamed, and one of its name added to a child, with a check as well",
		setup: []string{`CREATE TABLE p (a integer, b text, CONSTRAINT k CHECK (a > 0))`, `CREATE TABLE c (x text) INHERITS (p)`, `CREATE TABLE d () INHERITS (c)`, `INSERT INTO d VALUES (1, 'b', 'x')`},
		batch: []string{`ALTER TABLE p RENAME COLUMN b TO y`, `ALTER TABLE d ADD COLUMN b integer`, `ALTER TABLE p RENAME CONSTRAINT k TO l`, `ALTER TABLE c ADD CONSTRAINT k CHECK (x <> '')`},
	},
	{
		name: "indexes on ONLY tables that lost their partitions",
		setup: []string{
			`CREATE TABLE k (a integer, b integer, PRIMARY KEY (a, b))`, `CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'`,
			`CREATE TABLE r (k text, b_0 text GENERATED ALWAYS AS (md5(k)) STORED) PARTITION BY LIST (k)`, `CREATE TABLE p PARTITION OF r DEFAULT PARTITION BY RANGE (k)`, `CREATE TABLE p1 PARTITION OF p DEFAULT`,
			`CREATE INDEX "n ""1""" ON ONLY p (b_0)`, `CREATE INDEX ON r (k)`, `DROP TABLE p1`,
			`CREATE TABLE h (a integer, b integer, PRIMARY KEY (a, b), FOREIGN KEY (a, b) REFERENCES k) PARTITION BY HASH (a, b)`, `CREATE TABLE h1 PARTITION OF h FOR VALUES WITH (MODULUS 1, REMAINDER 0)`,
			`CREATE TRIGGER t AFTER INSERT ON h FOR EACH ROW EXECUTE FUNCTION f()`, `CREATE TABLE g (a integer, b integer, FOREIGN KEY (a, b) REFERENCES h)`,
			`ALTER TABLE ONLY h ADD CONSTRAINT u UNIQUE (b, a)`, `COMMENT ON INDEX u IS 'incomplete'`, `ALTER TABLE h DETACH PARTITION h1`,
		},
		batch: []string{`DROP INDEX "n ""1"""`, `ALTER TABLE h DROP CONSTRAINT u`},
	},
	{
		name:  "partition made anew of an index that is not valid, though nothing is missing",
		setup: []string{`CREATE TABLE p (k integer) PARTITION BY RANGE (k)`, `CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (2)`, `CREATE UNIQUE INDEX x ON ONLY p (k)`, `ALTER TABLE p DETACH PARTITION p1`, `ALTER TABLE p ATTACH PARTITION p1 FOR VALUES FROM (1) TO (2)`, `CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (2) TO (3)`},
		batch: []string{`DROP TABLE p2`, `ALTER TABLE p DETACH PARTITION p1`},
	},
	{
		name:  "index that is not valid though nothing is missing, dropped",
		setup: []string{`CREATE TABLE p (k integer) PARTITION BY RANGE (k)`, `CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (2)`, `CREATE INDEX x ON ONLY p (k)`, `ALTER TABLE p DETACH PARTITION p1`, `ALTER TABLE p ATTACH PARTITION p1 FOR VALUES FROM (1) TO (2)`, `INSERT INTO p VALUES (1)`},
		batch: []string{`DROP INDEX x`},
	},
	{
		name:  "index made valid by its last part",
		setup: []string{`CREATE TABLE p (k integer) PARTITION BY RANGE (k)`, `CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (2)`, `CREATE TABLE p2 PARTITION OF p DEFAULT`, `CREATE INDEX x ON ONLY p (k)`, `CREATE INDEX x1 ON p1 (k)`, `CREATE INDEX x2 ON p2 (k)`, `ALTER INDEX x ATTACH PARTITION x1`},
		batch: []string{`ALTER INDEX x ATTACH PARTITION x2`},
	},
	{
		name:  "part of an index that is not valid itself, and its table taken out",
		setup: []string{`CREATE TABLE p (k integer) PARTITION BY RANGE (k)`, `CREATE TABLE q PARTITION OF p FOR VALUES FROM (1) TO (9) PARTITION BY RANGE (k)`, `CREATE TABLE q1 PARTITION OF q DEFAULT`, `CREATE INDEX x ON ONLY p (k)`, `CREATE INDEX y ON ONLY q (k)`, `ALTER INDEX x ATTACH PARTITION y`},
		batch: []string{`ALTER TABLE p DETACH PARTITION q`},
	},
}

// trees are made from their definitions alone in an empty database; nothing else is done to them.
var trees = []example{
	{name: "list, with NULL and a default", setup: []string{`CREATE TABLE p (k text, v integer DEFAULT 3) PARTITION BY LIST (k)`, `CREATE TABLE p1 PARTITION OF p FOR VALUES IN ('a', 'it''s', NULL)`, `CREATE TABLE p2 PARTITION OF p (v DEFAULT 4 NOT NULL, CHECK (v > 0)) DEFAULT`}},
	{name: "range over two columns", setup: []string{`CREATE TABLE p (a date, b text COLLATE "C") PARTITION BY RANGE (a, b)`, `CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (MINVALUE, MINVALUE) TO ('2026-01-01', 'm')`, `CREATE TABLE p2 PARTITION OF p FOR VALUES FROM ('2026-01-01', 'm') TO (MAXVALUE, MAXVALUE)`}},
	{name: "hash of an expression", setup: []string{`CREATE TABLE p (a text) PARTITION BY HASH (lower(a))`, `CREATE TABLE p1 PARTITION OF p FOR VALUES WITH (MODULUS 2, REMAINDER 0)`, `CREATE TABLE p2 PARTITION OF p FOR VALUES WITH (MODULUS 4, REMAINDER 1)`}},
	{name: "nested, columns in another order", setup: []string{`CREATE TABLE p (a integer NOT NULL, k text) PARTITION BY LIST (k)`, `CREATE TABLE q (k text, x integer, a integer NOT NULL) PARTITION BY RANGE (a)`, `ALTER TABLE q DROP COLUMN x`, `ALTER TABLE p ATTACH PARTITION q FOR VALUES IN ('b')`,
		`CREATE TABLE q1 PARTITION OF q FOR VALUES FROM (1) TO (9) PARTITION BY HASH (a)`, `CREATE TABLE q1a PARTITION OF q1 FOR VALUES WITH (MODULUS 1, REMAINDER 0)`, `CREATE TABLE q2 PARTITION OF q DEFAULT`}},
	{name: "indexes, keys and checks", setup: []string{`CREATE TABLE p (a integer, k text, CONSTRAINT c CHECK (a > 0), PRIMARY KEY (a, k), UNIQUE (k, a) DEFERRABLE) PARTITION BY LIST (k)`, `CREATE TABLE p1 PARTITION OF p FOR VALUES IN ('a')`, `CREATE TABLE p2 PARTITION OF p DEFAULT PARTITION BY RANGE (a)`, `CREATE TABLE p2a PARTITION OF p2 DEFAULT`,
		`CREATE INDEX i ON p (a DESC) WHERE k <> 'z'`, `CREATE INDEX own ON p1 (k)`, `CREATE INDEX bare ON ONLY p (k, a)`, `CREATE TABLE f (a integer, k text, FOREIGN KEY (a, k) REFERENCES p)`, `ALTER TABLE p ADD FOREIGN KEY (a, k) REFERENCES p`, `ALTER INDEX p1_a_idx RENAME TO named`}},
}

func TestFound(t *testing.T) { exact(t, found) }

func TestTrees(t *testing.T) { exact(t, trees) }

func exact(t *testing.T, cases []example) {
	t.Helper()
	t.Parallel()
	s := open(t, newDatabase(t))
	for _, f := range cases {
		c := script{soak.Script{Setup: f.setup, Batch: f.batch}}
		done, o, err := s.again(c)
		switch {
		case err != nil:
			t.Fatalf("%s: %v", f.name, err)
		case done != len(f.setup)+len(f.batch):
			t.Errorf("%s: the server refuses some of it", f.name)
		case o.Wrong != "" || len(o.Refused) > 0:
			t.Errorf("%s: refused: %q\n%s", f.name, o.Refused, o.Wrong)
		}
	}
}
