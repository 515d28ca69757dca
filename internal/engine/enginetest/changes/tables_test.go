//go:build unix

package changes_test

import "testing"

func TestTables(t *testing.T) { runCases(t, "tables", tableCases) }

const tableBase = `CREATE TABLE t (id integer PRIMARY KEY, name text NOT NULL, n integer DEFAULT 3);
	INSERT INTO t VALUES (1, 'a', 10), (2, 'b', 20), (3, 'c', NULL);
	CREATE INDEX t_n ON t (n); CREATE SCHEMA other; `

// lostIdentity leaves a table whose replica identity is an index that is not there.
const lostIdentity = tableBase + "CREATE UNIQUE INDEX t_name ON t (name); ALTER TABLE t REPLICA IDENTITY USING INDEX t_name; DROP INDEX t_name;"

var tableCases = []change{
	{name: "rebuilt beside one that has the name of its array type", setup: `CREATE TABLE _t (id int); CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a'), (2, NULL);`, batch: "ALTER TABLE t DROP COLUMN v;"},
	{name: "created", setup: tableBase, batch: "CREATE TABLE u (id bigint GENERATED ALWAYS AS IDENTITY, t integer REFERENCES t); INSERT INTO u (t) VALUES (1);"},
	{name: "created without a column", setup: tableBase, batch: "CREATE TABLE u ();"},
	{name: "created from a query", setup: tableBase, batch: "CREATE TABLE u AS SELECT id, name || '!' AS shout FROM t;"},
	{name: "created like another", setup: tableBase, batch: "CREATE TABLE u (LIKE t INCLUDING ALL);"},
	{name: "created twice, the second time if it does not exist", setup: tableBase, batch: "CREATE TABLE u (a integer); CREATE TABLE IF NOT EXISTS u (b text);"},
	{name: "created and dropped", setup: tableBase, batch: "CREATE TABLE u (a serial PRIMARY KEY); INSERT INTO u DEFAULT VALUES; DROP TABLE u;", same: true},
	{name: "created, dropped and created again", setup: tableBase, batch: "CREATE TABLE u (a serial PRIMARY KEY); DROP TABLE u; CREATE TABLE u (b text); INSERT INTO u VALUES ('x');"},
	{name: "created in a new schema", setup: tableBase, batch: "CREATE SCHEMA s; CREATE TABLE s.u (a integer PRIMARY KEY); INSERT INTO s.u VALUES (1);"},
	{name: "created and renamed", setup: tableBase, batch: "CREATE TABLE u (a integer PRIMARY KEY); ALTER TABLE u RENAME TO w;"},
	{name: "renamed", setup: tableBase, batch: "ALTER TABLE t RENAME TO u;"},
	{name: "renamed twice", setup: tableBase, batch: "ALTER TABLE t RENAME TO u; ALTER TABLE u RENAME TO w;"},
	{name: "renamed and back", setup: tableBase, batch: "ALTER TABLE t RENAME TO u; ALTER TABLE u RENAME TO t;", same: true},
	{name: "two exchange their names", setup: tableBase + "CREATE TABLE u (x text); INSERT INTO u VALUES ('u');",
		batch: "ALTER TABLE t RENAME TO swap; ALTER TABLE u RENAME TO t; ALTER TABLE swap RENAME TO u;"},
	{name: "three exchange their names", setup: tableBase + "CREATE TABLE u (x text); CREATE TABLE w (y date); INSERT INTO u VALUES ('u'); INSERT INTO w VALUES ('2020-01-01');",
		batch: "ALTER TABLE t RENAME TO swap; ALTER TABLE u RENAME TO t; ALTER TABLE w RENAME TO u; ALTER TABLE swap RENAME TO w;"},
	{name: "renamed to a name of 63 bytes", setup: tableBase, batch: `ALTER TABLE t RENAME TO "ééééééééééééééééééééééééééééééé""";`},
	{name: "moved to another schema", setup: tableBase, batch: "ALTER TABLE t SET SCHEMA other;"},
	{name: "moved and renamed", setup: tableBase, batch: "ALTER TABLE t SET SCHEMA other; ALTER TABLE other.t RENAME TO u;"},
	{name: "moved to a schema of the batch", setup: tableBase, batch: "CREATE SCHEMA s; ALTER TABLE t SET SCHEMA s;"},
	{name: "moved with its serial sequence", setup: "CREATE SCHEMA other; CREATE TABLE t (id serial PRIMARY KEY, a text); INSERT INTO t (a) VALUES ('x'), ('y');", batch: "ALTER TABLE t SET SCHEMA other;"},
	{name: "dropped", setup: tableBase, batch: "DROP TABLE t;"},
	{name: "dropped with CASCADE", setup: tableBase + "CREATE VIEW v AS SELECT id FROM t; CREATE TABLE c (t integer REFERENCES t); INSERT INTO c VALUES (1);", batch: "DROP TABLE t CASCADE;"},
	{name: "dropped, which does not exist", setup: tableBase, batch: "DROP TABLE IF EXISTS nothing; DROP TABLE t; DROP TABLE IF EXISTS t;"},
	{name: "dropped and recreated otherwise", setup: tableBase, batch: "DROP TABLE t; CREATE TABLE t (x date, id bigint); INSERT INTO t VALUES ('2024-02-29', 9);"},
	{name: "dropped and recreated alike", setup: tableBase, batch: "DROP TABLE t; CREATE TABLE t (id integer PRIMARY KEY, name text NOT NULL, n integer DEFAULT 3); CREATE INDEX t_n ON t (n);"},
	{name: "replaced by a view", setup: tableBase, batch: "ALTER TABLE t RENAME TO t_base; CREATE VIEW t AS SELECT * FROM t_base;"},
	{name: "dropped for a view", setup: tableBase, batch: "DROP TABLE t; CREATE VIEW t AS SELECT 1 AS id;"},
	{name: "dropped for a materialized view", setup: tableBase, batch: "DROP TABLE t; CREATE MATERIALIZED VIEW t AS SELECT 1 AS id; CREATE UNIQUE INDEX ON t (id);"},
	{name: "dropped for a sequence", setup: tableBase, batch: "DROP TABLE t; CREATE SEQUENCE t;"},
	{name: "dropped for a type", setup: tableBase, batch: "DROP TABLE t; CREATE TYPE t AS ENUM ('a');"},
	{name: "dropped for an index", setup: tableBase + "CREATE TABLE u (a integer);", batch: "DROP TABLE t; CREATE INDEX t ON u (a);"},
	{name: "truncated", setup: tableBase, batch: "TRUNCATE t;"},
	{name: "truncated with restart of its identity", setup: "CREATE TABLE t (id integer GENERATED ALWAYS AS IDENTITY, a text); INSERT INTO t (a) VALUES ('x'), ('y');", batch: "TRUNCATE t RESTART IDENTITY; INSERT INTO t (a) VALUES ('new');"},
	{name: "options", setup: tableBase, batch: "ALTER TABLE t SET (fillfactor = 70, autovacuum_enabled = false, toast.autovacuum_enabled = false);"},
	{name: "options reset", setup: "CREATE TABLE t (a text) WITH (fillfactor = 50, parallel_workers = 2); INSERT INTO t VALUES ('x');", batch: "ALTER TABLE t RESET (fillfactor); ALTER TABLE t SET (parallel_workers = 3);"},
	{name: "made unlogged", setup: tableBase, batch: "ALTER TABLE t SET UNLOGGED;"},
	{name: "made logged", setup: "CREATE UNLOGGED TABLE t (id serial PRIMARY KEY); INSERT INTO t DEFAULT VALUES;", batch: "ALTER TABLE t SET LOGGED;"},
	{name: "unlogged dropped", setup: "CREATE UNLOGGED TABLE t (id integer PRIMARY KEY, a text); INSERT INTO t VALUES (1, 'x');", batch: "DROP TABLE t;"},
	{name: "row security on", setup: tableBase, batch: "ALTER TABLE t ENABLE ROW LEVEL SECURITY;"},
	{name: "row security forced", setup: tableBase + "ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (id = 1);", batch: "ALTER TABLE t FORCE ROW LEVEL SECURITY;"},
	{name: "row security off", setup: tableBase + "ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (id = 1);", batch: "ALTER TABLE t DISABLE ROW LEVEL SECURITY; ALTER TABLE t DROP COLUMN n;"},
	{name: "with row security dropped", setup: tableBase + "ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (id = 1);", batch: "DROP TABLE t;"},
	{name: "with forced row security, which hides rows from its owner", setup: tableBase + "ALTER TABLE t ENABLE ROW LEVEL SECURITY; ALTER TABLE t FORCE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (id = 1);",
		batch: "DROP TABLE t;", refused: "row security"},
	{name: "replica identity full", setup: tableBase, batch: "ALTER TABLE t REPLICA IDENTITY FULL;"},
	{name: "replica identity nothing", setup: tableBase, batch: "ALTER TABLE t REPLICA IDENTITY NOTHING;"},
	{name: "replica identity by an index", setup: tableBase + "CREATE UNIQUE INDEX t_name ON t (name);", batch: "ALTER TABLE t REPLICA IDENTITY USING INDEX t_name;"},
	{name: "replica identity by an index back to the key", setup: tableBase + "CREATE UNIQUE INDEX t_name ON t (name); ALTER TABLE t REPLICA IDENTITY USING INDEX t_name;", batch: "ALTER TABLE t REPLICA IDENTITY DEFAULT; DROP INDEX t_name;"},
	{name: "with a replica identity by an index dropped", setup: tableBase + "CREATE UNIQUE INDEX t_name ON t (name); ALTER TABLE t REPLICA IDENTITY USING INDEX t_name;", batch: "DROP TABLE t;"},
	{name: "with a replica identity by an index that is gone, dropped", setup: lostIdentity, batch: "DROP TABLE t;", refused: "its replica identity is an index that was gone"},
	{name: "replica identity by an index that is gone, changed", setup: lostIdentity, batch: "ALTER TABLE t REPLICA IDENTITY FULL;", refused: "its replica identity is an index that was gone"},
	{name: "replica identity by an index that is gone, then by another", setup: lostIdentity, batch: "ALTER TABLE t REPLICA IDENTITY USING INDEX t_pkey;"},
	{name: "with a replica identity by an index that is gone, altered", setup: lostIdentity, batch: "ALTER TABLE t ADD COLUMN more integer;"},
	{name: "clustered on an index", setup: tableBase, batch: "ALTER TABLE t CLUSTER ON t_n;"},
	{name: "clustered on its key", setup: tableBase + "ALTER TABLE t CLUSTER ON t_n;", batch: "ALTER TABLE t CLUSTER ON t_pkey;"},
	{name: "clustered no more", setup: tableBase + "ALTER TABLE t CLUSTER ON t_n;", batch: "ALTER TABLE t SET WITHOUT CLUSTER;"},
	{name: "clustered and dropped", setup: tableBase + "ALTER TABLE t CLUSTER ON t_n;", batch: "DROP TABLE t;"},
	{name: "rewritten by CLUSTER", setup: tableBase, batch: "CLUSTER t USING t_n;"},
	{name: "access method set", setup: tableBase, batch: "CREATE TABLE u (a integer) USING heap; INSERT INTO u VALUES (1);"},
	{name: "access method of the server's own", since: 150000, setup: tableBase, batch: "ALTER TABLE t SET ACCESS METHOD heap;", same: true},
	{name: "access method changed", since: 150000, admin: "CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler;",
		setup: tableBase, batch: "ALTER TABLE t SET ACCESS METHOD heap2;"},
	{name: "with an access method of its own dropped", admin: "CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler;",
		setup: "CREATE TABLE t (a integer) USING heap2; INSERT INTO t VALUES (1), (1);", batch: "DROP TABLE t;"},
	{name: "without a primary key and with equal rows, dropped", setup: "CREATE TABLE t (a integer, b text); INSERT INTO t VALUES (1, 'x'), (1, 'x'), (NULL, NULL), (NULL, NULL);", batch: "DROP TABLE t;"},
	{name: "without a column and with rows, dropped", setup: "CREATE TABLE t (); INSERT INTO t DEFAULT VALUES; INSERT INTO t DEFAULT VALUES;", batch: "DROP TABLE t;"},
	{name: "rows inserted, changed and deleted", setup: tableBase, batch: "INSERT INTO t VALUES (4, 'd'); UPDATE t SET name = 'B' WHERE id = 2; DELETE FROM t WHERE id = 1;"},
	{name: "rows exchanged under a unique key", setup: "CREATE TABLE t (id integer PRIMARY KEY DEFERRABLE, a text); INSERT INTO t VALUES (1, 'x'), (2, 'y');", batch: "UPDATE t SET id = 3 - id;"},
	{name: "names that have to be quoted", setup: `CREATE SCHEMA "S p"; CREATE TABLE "S p"."T""a%s$$" ("select" integer PRIMARY KEY, "Ä b" text DEFAULT 'it''s \ "q"', "a.b" integer CHECK ("a.b" > 0));
		INSERT INTO "S p"."T""a%s$$" VALUES (1, 'x', 2);`, batch: `ALTER TABLE "S p"."T""a%s$$" DROP COLUMN "Ä b"; ALTER TABLE "S p"."T""a%s$$" RENAME COLUMN "select" TO "from";`},
	{name: "names that have to be quoted, dropped", setup: `CREATE SCHEMA "S p"; CREATE TABLE "S p"."T""a%s$$" ("select" integer PRIMARY KEY, "Ä b" text DEFAULT 'it''s \ "q"', "a.b" integer CHECK ("a.b" > 0));
		INSERT INTO "S p"."T""a%s$$" VALUES (1, 'x', 2);`, batch: `DROP TABLE "S p"."T""a%s$$";`},
}
