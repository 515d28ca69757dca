//go:build unix

package changes_test

import "testing"

func TestViews(t *testing.T) { runCases(t, "views", viewCases) }

const viewBase = `CREATE TABLE t (id integer PRIMARY KEY, name text, n integer);
	INSERT INTO t VALUES (1, 'a', 10), (2, 'b', 20);
	CREATE VIEW v AS SELECT id, name FROM t WHERE n > 10; COMMENT ON VIEW v IS 'a view'; COMMENT ON COLUMN v.name IS 'its name';
	CREATE SCHEMA other; `

var viewCases = []change{
	{name: "created", setup: viewBase, batch: "CREATE VIEW w AS SELECT * FROM t;"},
	{name: "created, recursive", setup: viewBase, batch: "CREATE RECURSIVE VIEW w (n) AS VALUES (1) UNION ALL SELECT n + 1 FROM w WHERE n < 5;"},
	{name: "created and dropped", setup: viewBase, batch: "CREATE VIEW w AS SELECT * FROM t; DROP VIEW w;", same: true},
	{name: "created twice", setup: viewBase, batch: "CREATE OR REPLACE VIEW w AS SELECT id FROM t; CREATE OR REPLACE VIEW w AS SELECT id, name FROM t;"},
	{name: "replaced with another condition", setup: viewBase, batch: "CREATE OR REPLACE VIEW v AS SELECT id, name FROM t WHERE n > 15;"},
	{name: "replaced with a column more", setup: viewBase, batch: "CREATE OR REPLACE VIEW v AS SELECT id, name, n FROM t;"},
	{name: "replaced with a column more, under another view", setup: viewBase + "CREATE VIEW w AS SELECT * FROM v;", batch: "CREATE OR REPLACE VIEW v AS SELECT id, name, n FROM t;"},
	{name: "replaced by itself", setup: viewBase, batch: "CREATE OR REPLACE VIEW v AS SELECT id, name FROM t WHERE n > 10;", same: true},
	{name: "dropped", setup: viewBase, batch: "DROP VIEW v;"},
	{name: "dropped with CASCADE", setup: viewBase + "CREATE VIEW w AS SELECT name FROM v; CREATE VIEW x AS SELECT w.name, v.id FROM w, v;", batch: "DROP VIEW v CASCADE;"},
	{name: "dropped and recreated otherwise", setup: viewBase, batch: "DROP VIEW v; CREATE VIEW v AS SELECT name, id::text AS id FROM t;"},
	{name: "dropped and recreated alike", setup: viewBase, batch: "DROP VIEW v; CREATE VIEW v AS SELECT id, name FROM t WHERE n > 10;"},
	{name: "dropped for a table", setup: viewBase, batch: "DROP VIEW v; CREATE TABLE v AS SELECT id, name FROM t;"},
	{name: "dropped for a materialized view", setup: viewBase, batch: "DROP VIEW v; CREATE MATERIALIZED VIEW v AS SELECT id, name FROM t; CREATE INDEX ON v (id);"},
	{name: "dropped for a function", setup: viewBase, batch: "DROP VIEW v; CREATE FUNCTION v() RETURNS integer LANGUAGE sql AS 'SELECT 1';"},
	{name: "renamed", setup: viewBase + "CREATE VIEW w AS SELECT * FROM v;", batch: "ALTER VIEW v RENAME TO z;"},
	{name: "renamed, and another of its name created", setup: viewBase, batch: "ALTER VIEW v RENAME TO z; CREATE VIEW v AS SELECT count(*) FROM z;"},
	{name: "moved to another schema", setup: viewBase + "CREATE VIEW w AS SELECT * FROM v;", batch: "ALTER VIEW v SET SCHEMA other;"},
	{name: "column renamed", setup: viewBase + "CREATE VIEW w AS SELECT name FROM v;", batch: "ALTER VIEW v RENAME COLUMN name TO title;"},
	{name: "column default set", setup: viewBase, batch: "ALTER VIEW v ALTER COLUMN name SET DEFAULT 'none';"},
	{name: "column default dropped", setup: viewBase + "ALTER VIEW v ALTER COLUMN name SET DEFAULT 'none';", batch: "ALTER VIEW v ALTER COLUMN name DROP DEFAULT;"},
	{name: "with a column default dropped", setup: viewBase + "ALTER VIEW v ALTER COLUMN name SET DEFAULT 'none';", batch: "DROP VIEW v;"},
	{name: "check option set", setup: viewBase, batch: "ALTER VIEW v SET (check_option = cascaded, security_barrier = true);"},
	{name: "check option replaced", setup: viewBase + "CREATE OR REPLACE VIEW v AS SELECT id, name FROM t WHERE n > 10 WITH LOCAL CHECK OPTION;", batch: "CREATE OR REPLACE VIEW v WITH (security_barrier) AS SELECT id, name FROM t WHERE n > 10 WITH CASCADED CHECK OPTION;"},
	{name: "with a check option dropped", setup: viewBase + "CREATE VIEW w WITH (security_barrier) AS SELECT id, name FROM t WHERE n > 10 WITH LOCAL CHECK OPTION;", batch: "DROP VIEW w;"},
	{name: "security invoker set", since: 150000, setup: viewBase, batch: "ALTER VIEW v SET (security_invoker = true);"},
	{name: "with security invoker dropped", since: 150000, setup: viewBase + "ALTER VIEW v SET (security_invoker = true);", batch: "DROP VIEW v;"},
	{name: "recursive dropped", setup: "CREATE RECURSIVE VIEW w (n) AS VALUES (1) UNION ALL SELECT n + 1 FROM w WHERE n < 5;", batch: "DROP VIEW w;"},
	{name: "without a column dropped", setup: "CREATE VIEW w AS SELECT;", batch: "DROP VIEW w;"},
	{name: "its table's column retyped", setup: viewBase, batch: "DROP VIEW v; ALTER TABLE t ALTER COLUMN n TYPE bigint; CREATE VIEW v AS SELECT id, name FROM t WHERE n > 10;"},
	{name: "its table's column dropped with CASCADE", setup: viewBase + "CREATE VIEW w AS SELECT name FROM v;", batch: "ALTER TABLE t DROP COLUMN n CASCADE;"},
	{name: "its column renamed like its table's", setup: viewBase + "GRANT SELECT (name) ON v TO alice;", batch: "ALTER TABLE t RENAME COLUMN name TO title; ALTER VIEW v RENAME COLUMN name TO title;"},
	{name: "its column renamed like its table's, under a materialized view", setup: viewBase + "CREATE MATERIALIZED VIEW m AS SELECT * FROM v;",
		batch: "ALTER TABLE t RENAME COLUMN name TO title; ALTER VIEW v RENAME COLUMN name TO title; ALTER MATERIALIZED VIEW m RENAME COLUMN name TO title;"},
	{name: "its table renamed", setup: viewBase, batch: "ALTER TABLE t RENAME TO u; ALTER TABLE u RENAME COLUMN name TO title;"},
	{name: "with a trigger dropped", setup: viewBase + `CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO t VALUES (NEW.id, NEW.name, 11); RETURN NEW; END';
		CREATE TRIGGER g INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION f();`, batch: "DROP VIEW v;"},
	{name: "with a rule dropped", setup: viewBase + "CREATE RULE r AS ON DELETE TO v DO INSTEAD UPDATE t SET n = 0 WHERE id = OLD.id;", batch: "DROP VIEW v;"},
	{name: "of functions, joins and windows", setup: viewBase, batch: `CREATE VIEW w AS WITH x AS MATERIALIZED (SELECT * FROM t TABLESAMPLE SYSTEM (100))
		SELECT DISTINCT ON (a.n) a.*, row_number() OVER (PARTITION BY a.n ORDER BY a.id DESC) AS rank, (SELECT max(id) FROM x) AS m,
		count(*) FILTER (WHERE b.id > 1) OVER w1 FROM x a LEFT JOIN t b USING (id, name) CROSS JOIN LATERAL generate_series(1, a.n) WITH ORDINALITY g (v, o) WINDOW w1 AS (ROWS BETWEEN 1 PRECEDING AND CURRENT ROW);`},
	{name: "of functions, joins and windows, dropped", setup: viewBase + `CREATE VIEW w AS WITH x AS MATERIALIZED (SELECT * FROM t)
		SELECT DISTINCT ON (a.n) a.*, row_number() OVER (PARTITION BY a.n ORDER BY a.id DESC) AS rank, (SELECT max(id) FROM x) AS m,
		count(*) FILTER (WHERE b.id > 1) OVER w1 FROM x a LEFT JOIN t b USING (id, name) CROSS JOIN LATERAL generate_series(1, a.n) WITH ORDINALITY g (v, o) WINDOW w1 AS (ROWS BETWEEN 1 PRECEDING AND CURRENT ROW);`, batch: "DROP VIEW w;"},
}
