//go:build unix

package changes_test

import "testing"

func TestViews(t *testing.T) { runCases(t, "views", viewCases) }

const viewBase = `CREATE TABLE t (id integer PRIMARY KEY, name text, n integer);
	INSERT INTO t VALUES (1, 'a', 10), (2, 'b', 20);
	CREATE VIEW v AS SELECT id, name FROM t WHERE n > 10;
	CREATE SCHEMA other; `

var viewCases = []change{
	{name: "created", setup: viewBase, batch: "CREATE VIEW w AS SELECT * FROM t;"},
	{name: "replaced with a column more", setup: viewBase, batch: "CREATE OR REPLACE VIEW v AS SELECT id, name, n FROM t;"},
	{name: "dropped", setup: viewBase, batch: "DROP VIEW v;"},
	{name: "renamed", setup: viewBase, batch: "ALTER VIEW v RENAME TO w;"},
	{name: "moved to another schema", setup: viewBase, batch: "ALTER VIEW v SET SCHEMA other;"},
}
