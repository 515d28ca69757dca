//go:build unix

package changes_test

import "testing"

func TestTables(t *testing.T) { runCases(t, "tables", tableCases) }

const tableBase = `CREATE TABLE t (id integer PRIMARY KEY, name text NOT NULL, n integer DEFAULT 3);
	INSERT INTO t VALUES (1, 'a', 10), (2, 'b', 20), (3, 'c', NULL);
	CREATE INDEX t_n ON t (n); CREATE SCHEMA other; `

var tableCases = []change{
	{name: "created", setup: tableBase, batch: "CREATE TABLE u (id bigint GENERATED ALWAYS AS IDENTITY, t integer REFERENCES t); INSERT INTO u (t) VALUES (1);"},
	{name: "renamed", setup: tableBase, batch: "ALTER TABLE t RENAME TO u;"},
	{name: "moved to another schema", setup: tableBase, batch: "ALTER TABLE t SET SCHEMA other;"},
	{name: "dropped", setup: tableBase, batch: "DROP TABLE t;"},
	{name: "dropped with CASCADE", setup: tableBase + "CREATE VIEW v AS SELECT id FROM t; CREATE TABLE c (t integer REFERENCES t); INSERT INTO c VALUES (1);", batch: "DROP TABLE t CASCADE;"},
}
