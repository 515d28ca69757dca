//go:build unix

package changes_test

import "testing"

func TestStatistics(t *testing.T) { runCases(t, "statistics", statisticsCases) }

const statisticsBase = `CREATE TABLE t (a integer, b integer, c text); INSERT INTO t VALUES (1, 1, 'x'), (2, 2, 'y'); CREATE SCHEMA other;
	CREATE STATISTICS s (ndistinct, mcv) ON a, b FROM t; COMMENT ON STATISTICS s IS 'together'; `

var statisticsCases = []change{
	{name: "created", setup: statisticsBase, batch: "CREATE STATISTICS x (dependencies) ON b, c FROM t;"},
	{name: "created on expressions", setup: statisticsBase, batch: "CREATE STATISTICS x ON lower(c), (a + b), a FROM t;"},
	{name: "created and dropped", setup: statisticsBase, batch: "CREATE STATISTICS x ON b, c FROM t; DROP STATISTICS x;", same: true},
	{name: "dropped", setup: statisticsBase, batch: "DROP STATISTICS s;"},
	{name: "dropped, on expressions with a target", setup: statisticsBase + "CREATE STATISTICS x ON lower(c), (a + b), a FROM t; ALTER STATISTICS x SET STATISTICS 9;", batch: "DROP STATISTICS x;"},
	{name: "dropped and recreated otherwise", setup: statisticsBase, batch: "DROP STATISTICS s; CREATE STATISTICS s ON a, c FROM t;"},
	{name: "dropped and recreated alike", setup: statisticsBase, batch: "DROP STATISTICS s; CREATE STATISTICS s (ndistinct, mcv) ON a, b FROM t; COMMENT ON STATISTICS s IS 'together';", same: true},
	{name: "renamed", setup: statisticsBase, batch: "ALTER STATISTICS s RENAME TO z;"},
	{name: "moved to another schema", setup: statisticsBase, batch: "ALTER STATISTICS s SET SCHEMA other;"},
	{name: "target", setup: statisticsBase, batch: "ALTER STATISTICS s SET STATISTICS 0;"},
	{name: "of a table that is dropped", setup: statisticsBase, batch: "DROP TABLE t;"},
	{name: "of a column that is dropped", setup: statisticsBase, batch: "ALTER TABLE t DROP COLUMN b;"},
	{name: "of a column that is retyped", setup: statisticsBase, batch: "ALTER TABLE t ALTER COLUMN b TYPE bigint;"},
	{name: "of a table that is moved", setup: statisticsBase, batch: "ALTER TABLE t SET SCHEMA other; ALTER TABLE other.t RENAME COLUMN a TO z;"},
}
