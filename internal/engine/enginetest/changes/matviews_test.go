//go:build unix

package changes_test

import "testing"

func TestMaterializedViews(t *testing.T) { runCases(t, "materialized views", matviewCases) }

const matviewBase = `CREATE TABLE t (id integer PRIMARY KEY, name text, n integer);
	INSERT INTO t VALUES (1, 'a', 10), (2, 'b', 20);
	CREATE MATERIALIZED VIEW m AS SELECT id, name FROM t WHERE n > 5; CREATE UNIQUE INDEX m_id ON m (id); CREATE INDEX m_name ON m (lower(name));
	CREATE MATERIALIZED VIEW empty AS SELECT n FROM t WITH NO DATA; CREATE SCHEMA other; `

var matviewCases = []change{
	{name: "created", setup: matviewBase, batch: "CREATE MATERIALIZED VIEW x WITH (fillfactor = 70) AS SELECT count(*) FROM t; CREATE INDEX ON x (count);"},
	{name: "created with no data", setup: matviewBase, batch: "CREATE MATERIALIZED VIEW x AS SELECT count(*) FROM t WITH NO DATA;"},
	{name: "created and dropped", setup: matviewBase, batch: "CREATE MATERIALIZED VIEW x AS SELECT 1; DROP MATERIALIZED VIEW x;", same: true},
	{name: "dropped", setup: matviewBase, batch: "DROP MATERIALIZED VIEW m;"},
	{name: "dropped that has no data", setup: matviewBase, batch: "DROP MATERIALIZED VIEW empty;"},
	{name: "dropped with CASCADE", setup: matviewBase + "CREATE VIEW v AS SELECT name FROM m; CREATE MATERIALIZED VIEW mm AS SELECT count(*) FROM v;", batch: "DROP MATERIALIZED VIEW m CASCADE;"},
	{name: "dropped and recreated otherwise", setup: matviewBase, batch: "DROP MATERIALIZED VIEW m; CREATE MATERIALIZED VIEW m AS SELECT n FROM t;"},
	{name: "dropped for a view", setup: matviewBase, batch: "DROP MATERIALIZED VIEW m; CREATE VIEW m AS SELECT id, name FROM t;"},
	{name: "dropped for a table", setup: matviewBase, batch: "DROP MATERIALIZED VIEW m; CREATE TABLE m (id integer PRIMARY KEY);"},
	{name: "renamed", setup: matviewBase, batch: "ALTER MATERIALIZED VIEW m RENAME TO z;"},
	{name: "moved to another schema", setup: matviewBase, batch: "ALTER MATERIALIZED VIEW m SET SCHEMA other;"},
	{name: "column renamed", setup: matviewBase, batch: "ALTER MATERIALIZED VIEW m RENAME COLUMN name TO title;"},
	{name: "options", setup: matviewBase, batch: "ALTER MATERIALIZED VIEW m SET (fillfactor = 50, autovacuum_enabled = off);"},
	{name: "column settings", setup: matviewBase, batch: "ALTER MATERIALIZED VIEW m ALTER COLUMN name SET STATISTICS 10; ALTER MATERIALIZED VIEW m ALTER COLUMN name SET STORAGE EXTERNAL;"},
	{name: "with column settings dropped", setup: matviewBase + "ALTER MATERIALIZED VIEW m ALTER COLUMN name SET STATISTICS 10; ALTER MATERIALIZED VIEW m ALTER COLUMN name SET STORAGE EXTERNAL; ALTER MATERIALIZED VIEW m ALTER COLUMN name SET COMPRESSION pglz; ALTER MATERIALIZED VIEW m ALTER COLUMN id SET (n_distinct = 5);", batch: "DROP MATERIALIZED VIEW m;"},
	{name: "clustered", setup: matviewBase, batch: "ALTER MATERIALIZED VIEW m CLUSTER ON m_id;"},
	{name: "clustered dropped", setup: matviewBase + "ALTER MATERIALIZED VIEW m CLUSTER ON m_id;", batch: "DROP MATERIALIZED VIEW m;"},
	{name: "refreshed that had no data", setup: matviewBase, batch: "REFRESH MATERIALIZED VIEW empty;"},
	{name: "emptied", setup: matviewBase, batch: "REFRESH MATERIALIZED VIEW m WITH NO DATA;"},
	{name: "refreshed with the same rows", setup: matviewBase, batch: "REFRESH MATERIALIZED VIEW m;", same: true},
	{name: "index created", setup: matviewBase, batch: "CREATE INDEX x ON m (name);"},
	{name: "index dropped", setup: matviewBase, batch: "DROP INDEX m_name;"},
	{name: "index renamed", setup: matviewBase, batch: "ALTER INDEX m_name RENAME TO z;"},
	{name: "index dropped and recreated otherwise", setup: matviewBase, batch: "DROP INDEX m_name; CREATE INDEX m_name ON m (id DESC);"},
	{name: "its table's column dropped with CASCADE", setup: matviewBase, batch: "ALTER TABLE t DROP COLUMN n CASCADE;"},
	{name: "its table renamed", setup: matviewBase, batch: "ALTER TABLE t RENAME TO u;"},
	{name: "rows of its table changed, not refreshed", setup: matviewBase, batch: "UPDATE t SET name = 'z'; DELETE FROM t WHERE id = 1;"},
	{name: "rows of its table changed, and refreshed", setup: matviewBase, batch: "UPDATE t SET name = 'z'; REFRESH MATERIALIZED VIEW m;"},
}
