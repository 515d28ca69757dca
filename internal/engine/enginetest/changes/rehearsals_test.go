//go:build unix

package changes_test

import "testing"

// The way back is tried before the commit where the server reads something anew.
func TestRehearsals(t *testing.T) { runCases(t, "rehearsals", rehearsalCases) }

const (
	selfBase = "CREATE TABLE t (id integer PRIMARY KEY, n integer); INSERT INTO t VALUES (1, 2); CREATE VIEW v AS SELECT id, n FROM t; "
	// What selects from f names the columns that its type had then.
	gainedBase = "CREATE TABLE t (id integer, n integer); INSERT INTO t VALUES (1, 2); CREATE FUNCTION f() RETURNS SETOF t LANGUAGE sql AS 'SELECT * FROM public.t'; " +
		"CREATE TABLE o (id integer, x integer); INSERT INTO o VALUES (3, 4); "
	gains = "ALTER TABLE t ADD extra text; "
)

var rehearsalCases = []change{
	{name: "view that reads itself", setup: selfBase + "CREATE OR REPLACE VIEW v AS SELECT id, n FROM v;", batch: "DROP VIEW v;", refused: "view public.v"},
	{name: "view that reads itself, replaced", setup: selfBase + "CREATE OR REPLACE VIEW v AS SELECT id, n FROM v;",
		batch: "CREATE OR REPLACE VIEW v AS SELECT id, n FROM t;", refused: "view public.v"},
	{name: "view that reads itself, left alone", setup: selfBase + "CREATE OR REPLACE VIEW v AS SELECT id, n FROM v;", batch: "ALTER TABLE t ADD x integer;"},
	{name: "views that read each other", setup: selfBase + "CREATE VIEW w AS SELECT id, n FROM v; CREATE OR REPLACE VIEW v AS SELECT id, n FROM w;",
		batch: "DROP VIEW v CASCADE;", refused: "view public."},
	{name: "view over a function whose type gained columns", setup: gainedBase + "CREATE VIEW v AS SELECT * FROM f(); " + gains,
		batch: "DROP VIEW v;", refused: "view public.v"},
	{name: "materialized view over a function whose type gained columns", setup: gainedBase + "CREATE MATERIALIZED VIEW v AS SELECT * FROM f(); " + gains,
		batch: "DROP MATERIALIZED VIEW v;", refused: "materialized view public.v"},
	{name: "rule over a function whose type gained columns", setup: gainedBase +
		"CREATE RULE r AS ON DELETE TO o DO ALSO INSERT INTO o SELECT f.id, f.n FROM f() f; " + gains, batch: "DROP RULE r ON o;", refused: "rule r ON public.o"},
	{name: "policy over a function whose type gained columns", setup: gainedBase +
		"CREATE POLICY p ON o USING (id IN (SELECT f.id FROM f() f)); " + gains, batch: "DROP POLICY p ON o;", refused: "policy p ON public.o"},
	{name: "function with a body over one whose type gained columns", setup: gainedBase +
		"CREATE FUNCTION g() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM f() f; END; " + gains,
		batch: "DROP FUNCTION g();", refused: "function public.g()"},
	{name: "function replaced over one whose type gained columns", setup: gainedBase +
		"CREATE FUNCTION g() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM f() f; END; " + gains,
		batch: "CREATE OR REPLACE FUNCTION g() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT 1::bigint; END;", refused: "function public.g()"},
	{name: "view under a column's type", setup: gainedBase + "CREATE VIEW v AS SELECT o.x, f.id FROM o, f() f; " + gains,
		batch: "DROP VIEW v; ALTER TABLE o ALTER x TYPE bigint USING x;", refused: "view public.v"},
	{name: "columns gained by the batch itself", setup: gainedBase + "CREATE VIEW v AS SELECT * FROM f();", batch: gains + "DROP VIEW v;"},
	{name: "index, check and view of a large table", setup: "CREATE TABLE t (id integer PRIMARY KEY, n integer CHECK (n > 0), s varchar(9) CHECK (s IN ('a', 'b'))); " +
		"CREATE TABLE c (t integer REFERENCES t, n integer); INSERT INTO t SELECT i, i, 'a' FROM generate_series(1, 60000) i; INSERT INTO c VALUES (7, 7); " +
		"CREATE UNIQUE INDEX u ON t ((n + 1)) WHERE s IN ('a', 'b'); CREATE VIEW v AS SELECT t.*, c.n AS m FROM t JOIN c ON c.t = t.id; ",
		batch: "DROP VIEW v; DROP INDEX u; ALTER TABLE t DROP CONSTRAINT t_n_check, DROP CONSTRAINT t_s_check; UPDATE t SET n = -1;"},
	{name: "not null and a view of a large table", setup: "CREATE TABLE t (id integer PRIMARY KEY, n integer NOT NULL); " +
		"INSERT INTO t SELECT i, i FROM generate_series(1, 60000) i; CREATE VIEW v AS SELECT * FROM t WHERE n > 5; ",
		batch: "DROP VIEW v; ALTER TABLE t ALTER n DROP NOT NULL; INSERT INTO t (id) VALUES (0);"},
	{name: "labels of a large table", setup: "CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE t (id integer PRIMARY KEY, e e DEFAULT 'a'); " +
		"INSERT INTO t (id) SELECT i FROM generate_series(1, 60000) i; CREATE VIEW v AS SELECT * FROM t WHERE e = 'a'; ",
		batch: "ALTER TYPE e ADD VALUE 'c';"},
	{name: "partition of a large tree", setup: "CREATE TABLE p (id integer, n integer) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (100000); " +
		"CREATE TABLE pd PARTITION OF p DEFAULT; INSERT INTO p SELECT i, i FROM generate_series(1, 60000) i; INSERT INTO p VALUES (-1, 1); CREATE VIEW v AS SELECT * FROM p; ",
		batch: "DROP VIEW v; ALTER TABLE p DETACH PARTITION p1; UPDATE p1 SET id = -5 WHERE id = 7;"},
	{name: "check that was never validated", setup: "CREATE TABLE t (id integer, n integer); INSERT INTO t VALUES (1, -1); " +
		"ALTER TABLE t ADD CONSTRAINT k CHECK (n > 0) NOT VALID; CREATE VIEW v AS SELECT * FROM t;", batch: "DROP VIEW v; UPDATE t SET n = 5;"},
	{name: "domain's check and a view", setup: "CREATE DOMAIN d AS integer CHECK (VALUE > 0); CREATE TABLE t (id integer, d d); INSERT INTO t VALUES (1, 1); CREATE VIEW v AS SELECT * FROM t;",
		batch: "DROP VIEW v; ALTER DOMAIN d DROP CONSTRAINT d_check; INSERT INTO t VALUES (2, -2);"},
	{name: "domain's not null and a view", setup: "CREATE DOMAIN d AS integer NOT NULL; CREATE TABLE t (id integer, d d); INSERT INTO t VALUES (1, 1); CREATE VIEW v AS SELECT * FROM t;",
		batch: "DROP VIEW v; ALTER DOMAIN d DROP NOT NULL; INSERT INTO t VALUES (2, NULL);"},
}
