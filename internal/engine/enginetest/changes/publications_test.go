//go:build unix

package changes_test

import "testing"

func TestPublications(t *testing.T) { runCases(t, "publications", publicationCases) }

const publicationBase = `CREATE TABLE t (id integer PRIMARY KEY, a text, n integer); INSERT INTO t VALUES (1, 'a', 10), (2, 'b', 20);
	CREATE TABLE u (id integer PRIMARY KEY); INSERT INTO u VALUES (1); CREATE SCHEMA s; CREATE TABLE s.v (id integer PRIMARY KEY);
	CREATE PUBLICATION p FOR TABLE t; `

const filteredBase = publicationBase + `CREATE PUBLICATION q FOR TABLE t (id, n) WHERE (id > 1 AND id < 9), u; `

var publicationCases = []change{
	{name: "created for nothing", setup: publicationBase, batch: "CREATE PUBLICATION q;"},
	{name: "created for tables", setup: publicationBase, batch: "CREATE PUBLICATION q FOR TABLE t, u WITH (publish = 'insert');"},
	{name: "created for columns and rows", since: 150000, setup: publicationBase, batch: "CREATE PUBLICATION q FOR TABLE t (id, a) WHERE (id > 5);"},
	{name: "created for all tables", superuser: true, setup: publicationBase, batch: "CREATE PUBLICATION q FOR ALL TABLES;"},
	{name: "created for a schema", since: 150000, superuser: true, setup: publicationBase, batch: "CREATE PUBLICATION q FOR TABLES IN SCHEMA s;"},
	{name: "created with its table", setup: publicationBase, batch: "CREATE TABLE w (id integer PRIMARY KEY); CREATE PUBLICATION q FOR TABLE w;"},
	{name: "table added", setup: publicationBase, batch: "ALTER PUBLICATION p ADD TABLE u;"},
	{name: "new table added", setup: publicationBase, batch: "CREATE TABLE w (id integer PRIMARY KEY); ALTER PUBLICATION p ADD TABLE w;"},
	{name: "table taken out", setup: publicationBase, batch: "ALTER PUBLICATION p DROP TABLE t;"},
	{name: "tables exchanged", setup: publicationBase, batch: "ALTER PUBLICATION p SET TABLE u, s.v;"},
	{name: "columns and filter changed", since: 150000, setup: filteredBase, batch: "ALTER PUBLICATION q SET TABLE t (id, a) WHERE (id = 3);"},
	{name: "columns and filter taken away", since: 150000, setup: filteredBase, batch: "ALTER PUBLICATION q SET TABLE t, u;"},
	{name: "actions changed", setup: publicationBase, batch: "ALTER PUBLICATION p SET (publish = 'delete, truncate');"},
	{name: "root changed", setup: publicationBase, batch: "ALTER PUBLICATION p SET (publish_via_partition_root = true);"},
	{name: "generated columns published", since: 180000, setup: publicationBase, batch: "ALTER PUBLICATION p SET (publish_generated_columns = stored);"},
	{name: "renamed", setup: publicationBase, batch: "ALTER PUBLICATION p RENAME TO r;"},
	{name: "renamed and changed", setup: publicationBase, batch: "ALTER PUBLICATION p RENAME TO r; ALTER PUBLICATION r ADD TABLE u; ALTER PUBLICATION r SET (publish = 'insert');"},
	{name: "names exchanged", setup: publicationBase + "CREATE PUBLICATION q FOR TABLE u;", batch: "ALTER PUBLICATION p RENAME TO x; ALTER PUBLICATION q RENAME TO p; ALTER PUBLICATION x RENAME TO q;"},
	{name: "owner changed", superuser: true, setup: publicationBase, batch: "ALTER PUBLICATION p OWNER TO alice;"},
	{name: "comment", setup: publicationBase + "COMMENT ON PUBLICATION p IS 'old';", batch: "COMMENT ON PUBLICATION p IS 'new';"},
	{name: "dropped", setup: filteredBase + "COMMENT ON PUBLICATION p IS 'old';", since: 150000, batch: "DROP PUBLICATION p, q;"},
	{name: "for all tables dropped", superuser: true, admin: "CREATE PUBLICATION q FOR ALL TABLES", setup: publicationBase, batch: "DROP PUBLICATION q;"},
	{name: "for all tables, and a batch that takes a column and puts rows in", admin: "CREATE PUBLICATION q FOR ALL TABLES", setup: publicationBase, batch: "ALTER TABLE t DROP a; INSERT INTO t VALUES (3, 30);"},
	{name: "schema taken out", since: 150000, superuser: true, admin: "CREATE SCHEMA x; CREATE PUBLICATION q FOR TABLES IN SCHEMA x", batch: "ALTER PUBLICATION q DROP TABLES IN SCHEMA x;"},
	{name: "published schema renamed", since: 150000, superuser: true, admin: "CREATE SCHEMA x; CREATE PUBLICATION q FOR TABLES IN SCHEMA x", batch: "ALTER SCHEMA x RENAME TO y;"},
	{name: "published schema dropped", since: 150000, superuser: true, admin: "CREATE SCHEMA x; CREATE PUBLICATION q FOR TABLES IN SCHEMA x", batch: "DROP SCHEMA x;"},
	{name: "dropped and made otherwise", setup: publicationBase, batch: "DROP PUBLICATION p; CREATE PUBLICATION p FOR TABLE u WITH (publish = 'update');"},
	{name: "made and dropped in one batch", same: true, setup: publicationBase, batch: "CREATE PUBLICATION q FOR TABLE t; DROP PUBLICATION q;"},
	{name: "changed twice", setup: publicationBase, batch: "ALTER PUBLICATION p ADD TABLE u;", more: []string{"ALTER PUBLICATION p DROP TABLE u, t; ALTER PUBLICATION p ADD TABLE s.v;"}},
	{name: "published table dropped", setup: publicationBase, batch: "DROP TABLE t;"},
	{name: "published table rebuilt", since: 150000, setup: filteredBase, batch: "ALTER TABLE t DROP a;"},
	{name: "published table written to", setup: publicationBase, batch: "UPDATE t SET n = n + 1;"},
	{name: "published column renamed", since: 150000, setup: filteredBase, batch: "ALTER TABLE t RENAME n TO m; ALTER TABLE t RENAME id TO key;"},
	{name: "published column dropped with CASCADE", since: 150000, setup: filteredBase, batch: "ALTER PUBLICATION q SET TABLE u; ALTER TABLE t DROP n;"},
	{name: "rows put into published tables that subscribers could not find again", setup: publicationBase + "CREATE TABLE w (id integer PRIMARY KEY DEFERRABLE, a text); INSERT INTO w VALUES (1, 'a'); CREATE TABLE x (LIKE u INCLUDING ALL); ALTER TABLE x REPLICA IDENTITY NOTHING; CREATE PUBLICATION q FOR TABLE w, x;",
		batch: "INSERT INTO w VALUES (2, 'b'); INSERT INTO x VALUES (3);"},
	{name: "rows put into tables published by what does not identify them", since: 150000, setup: publicationBase + "CREATE TABLE w (id integer PRIMARY KEY DEFERRABLE, a text); INSERT INTO w VALUES (1, 'a'); CREATE PUBLICATION q FOR TABLE t WHERE (n > 5), w (a);",
		batch: "INSERT INTO w VALUES (2, 'b'); INSERT INTO t VALUES (3, 'c', 30);"},
	{name: "published table renamed and moved", setup: publicationBase, batch: "ALTER TABLE t RENAME TO z; ALTER TABLE z SET SCHEMA s;"},
	{name: "published table made anew", setup: publicationBase, batch: "DROP TABLE t; CREATE TABLE t (x text PRIMARY KEY); ALTER PUBLICATION p ADD TABLE t;"},
	{name: "new column published", since: 150000, setup: filteredBase, batch: "ALTER TABLE t ADD z integer; ALTER PUBLICATION q SET TABLE t (id, z);"},
}
