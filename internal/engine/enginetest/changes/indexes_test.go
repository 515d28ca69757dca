//go:build unix

package changes_test

import "testing"

func TestIndexes(t *testing.T) { runCases(t, "indexes", indexCases) }

const indexBase = `CREATE TABLE t (id integer PRIMARY KEY, a text, b text COLLATE "C", n integer, j jsonb, p point, r int4range);
	INSERT INTO t VALUES (1, 'a', 'x', 1, '{"k": 1}', '(1,2)', '[1,5)'), (2, 'b', 'y', 2, '[]', NULL, 'empty'), (3, NULL, NULL, NULL, NULL, NULL, NULL);
	CREATE INDEX i ON t (a); CREATE SCHEMA other; `

var indexCases = []change{
	{name: "created", setup: indexBase, batch: "CREATE INDEX x ON t (n);"},
	{name: "created, partial", setup: indexBase, batch: "CREATE INDEX x ON t (n) WHERE a IS NOT NULL AND n > 1;"},
	{name: "created, on expressions", setup: indexBase, batch: "CREATE UNIQUE INDEX x ON t (lower(a), (n + 1) DESC NULLS LAST, b);"},
	{name: "created concurrently", setup: indexBase, batch: "CREATE INDEX CONCURRENTLY x ON t (n);"},
	{name: "created twice, the second time if it does not exist", setup: indexBase, batch: "CREATE INDEX x ON t (n); CREATE INDEX IF NOT EXISTS x ON t (a);"},
	{name: "created and dropped", setup: indexBase, batch: "CREATE INDEX x ON t (n); DROP INDEX x;", same: true},
	{name: "two alike", setup: indexBase, batch: "CREATE INDEX ON t (a); CREATE INDEX ON t (a);"},
	{name: "renamed", setup: indexBase, batch: "ALTER INDEX i RENAME TO x;"},
	{name: "renamed, and another of its name created", setup: indexBase, batch: "ALTER INDEX i RENAME TO x; CREATE INDEX i ON t (n);"},
	{name: "moved with its table", setup: indexBase, batch: "ALTER TABLE t SET SCHEMA other; ALTER INDEX other.i RENAME TO x;"},
	{name: "dropped", setup: indexBase, batch: "DROP INDEX i;"},
	{name: "dropped concurrently", setup: indexBase, batch: "DROP INDEX CONCURRENTLY i;"},
	{name: "dropped and recreated otherwise", setup: indexBase, batch: "DROP INDEX i; CREATE UNIQUE INDEX i ON t (n, a);"},
	{name: "dropped and recreated alike", setup: indexBase, batch: "DROP INDEX i; CREATE INDEX i ON t (a);", same: true},
	{name: "dropped for a view", setup: indexBase, batch: "DROP INDEX i; CREATE VIEW i AS SELECT id FROM t;"},
	{name: "partial dropped", setup: indexBase + "CREATE UNIQUE INDEX x ON t (n) WHERE a <> 'z''z';", batch: "DROP INDEX x;"},
	{name: "on expressions dropped", setup: indexBase + "CREATE INDEX x ON t (lower(a) text_pattern_ops, (j -> 'k'), ((n + 1)) DESC NULLS LAST);", batch: "DROP INDEX x;"},
	{name: "with INCLUDE dropped", setup: indexBase + "CREATE UNIQUE INDEX x ON t (n) INCLUDE (a, b);", batch: "DROP INDEX x;"},
	{name: "with a collation dropped", setup: indexBase + `CREATE INDEX x ON t (a COLLATE "C", b COLLATE "POSIX" DESC);`, batch: "DROP INDEX x;"},
	{name: "with an operator class and its options dropped", setup: indexBase + "CREATE INDEX x ON t USING gist (to_tsvector('simple', a) tsvector_ops (siglen = 64));", batch: "DROP INDEX x;"},
	{name: "gin dropped", setup: indexBase + "CREATE INDEX x ON t USING gin (j jsonb_path_ops) WITH (fastupdate = off, gin_pending_list_limit = 128);", batch: "DROP INDEX x;"},
	{name: "gist dropped", setup: indexBase + "CREATE INDEX x ON t USING gist (p, r) WITH (fillfactor = 60, buffering = on);", batch: "DROP INDEX x;"},
	{name: "spgist dropped", setup: indexBase + "CREATE INDEX x ON t USING spgist (p kd_point_ops);", batch: "DROP INDEX x;"},
	{name: "brin dropped", setup: indexBase + "CREATE INDEX x ON t USING brin (n int4_minmax_multi_ops (values_per_range = 16)) WITH (pages_per_range = 4, autosummarize = on);", batch: "DROP INDEX x;"},
	{name: "hash dropped", setup: indexBase + "CREATE INDEX x ON t USING hash (a) WITH (fillfactor = 40);", batch: "DROP INDEX x;"},
	{name: "nulls not distinct created", since: 150000, setup: indexBase, batch: "CREATE UNIQUE INDEX x ON t (n, a) NULLS NOT DISTINCT;"},
	{name: "nulls not distinct dropped", since: 150000, setup: indexBase + "CREATE UNIQUE INDEX x ON t (n, a) NULLS NOT DISTINCT;", batch: "DROP INDEX x;"},
	{name: "options", setup: indexBase, batch: "ALTER INDEX i SET (fillfactor = 50, deduplicate_items = off);"},
	{name: "options reset", setup: indexBase + "ALTER INDEX i SET (fillfactor = 50, deduplicate_items = off);", batch: "ALTER INDEX i RESET (fillfactor);"},
	{name: "statistics of an expression", setup: indexBase + "CREATE INDEX x ON t (lower(a), (n + 1));", batch: "ALTER INDEX x ALTER COLUMN 2 SET STATISTICS 77;"},
	{name: "with statistics of an expression dropped", setup: indexBase + "CREATE INDEX x ON t (lower(a), (n + 1)); ALTER INDEX x ALTER COLUMN 2 SET STATISTICS 77;", batch: "DROP INDEX x;"},
	{name: "rebuilt", setup: indexBase, batch: "REINDEX INDEX i;", same: true},
	{name: "made a constraint", setup: indexBase + "CREATE UNIQUE INDEX x ON t (n);", batch: "ALTER TABLE t ADD CONSTRAINT u UNIQUE USING INDEX x;"},
	{name: "of a column that is dropped", setup: indexBase, batch: "ALTER TABLE t DROP COLUMN a;"},
	{name: "of a column that is retyped", setup: indexBase + "CREATE INDEX x ON t (n) INCLUDE (a) WHERE n > 0;", batch: "ALTER TABLE t ALTER COLUMN n TYPE bigint;"},
	{name: "not valid, left alone", admin: "CREATE TABLE bad (a integer); INSERT INTO bad VALUES (1); CREATE INDEX bad_a ON bad (a); UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'bad_a'::regclass; ALTER TABLE bad OWNER TO @owner;",
		setup: indexBase, batch: "ALTER TABLE bad ADD COLUMN b integer;"},
	{name: "not valid, renamed", admin: "CREATE TABLE bad (a integer); INSERT INTO bad VALUES (1); CREATE INDEX bad_a ON bad (a); UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'bad_a'::regclass; ALTER TABLE bad OWNER TO @owner;",
		batch: "ALTER INDEX bad_a RENAME TO x;", refused: "invalid index"},
	{name: "not valid, dropped", admin: "CREATE TABLE bad (a integer); INSERT INTO bad VALUES (1); CREATE INDEX bad_a ON bad (a); UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'bad_a'::regclass; ALTER TABLE bad OWNER TO @owner;",
		batch: "DROP INDEX bad_a;", refused: "bad_a"},
	{name: "not valid, its table dropped", admin: "CREATE TABLE bad (a integer); INSERT INTO bad VALUES (1); CREATE INDEX bad_a ON bad (a); UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'bad_a'::regclass; ALTER TABLE bad OWNER TO @owner;",
		batch: "DROP TABLE bad;", refused: "bad_a"},
}
