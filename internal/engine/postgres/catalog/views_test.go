package catalog_test

import (
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

func TestViewsAreMadeAgain(t *testing.T) {
	const u = `CREATE TABLE u (a int PRIMARY KEY, b text); `
	v := func(name, sql string) making { return making{name, u + sql, catalog.KindView, "public.v"} }
	m := func(name, sql string) making { return making{name, u + sql, catalog.KindMatview, "public.m"} }
	rebuildAll(t, []making{
		v("plain", `CREATE VIEW v AS SELECT * FROM u`),
		v("renamed columns", `CREATE VIEW v (x, y) AS SELECT * FROM u; ALTER VIEW v RENAME x TO "Z z"`),
		v("column renamed below", `CREATE VIEW v AS SELECT a FROM u; ALTER TABLE u RENAME a TO z`),
		v("security", `CREATE VIEW v WITH (security_barrier, security_invoker) AS SELECT a FROM u`),
		v("check option", `CREATE VIEW v AS SELECT a FROM u WHERE a > 0 WITH CASCADED CHECK OPTION`),
		v("local check option", `CREATE VIEW v AS SELECT a FROM u WHERE a > 0 WITH LOCAL CHECK OPTION`),
		v("of a view", `CREATE VIEW w AS SELECT a FROM u; CREATE VIEW v AS SELECT a FROM w`),
		v("grouped by a key", `CREATE VIEW v AS SELECT a, b, count(*) FROM u GROUP BY a`),
		v("with recursive", `CREATE RECURSIVE VIEW v (n) AS VALUES (1) UNION ALL SELECT n + 1 FROM v WHERE n < 5`),
		v("function and enum", `CREATE TYPE e AS ENUM ('x'); CREATE FUNCTION f(e) RETURNS int LANGUAGE sql AS 'SELECT 1';
			CREATE VIEW v AS SELECT f('x'::e)`),
		v("no columns", `CREATE VIEW v AS SELECT`),
		v("unnamed column", `CREATE VIEW v AS SELECT 1, 'x'::text`),
		m("populated", `CREATE MATERIALIZED VIEW m AS SELECT a FROM u`),
		m("empty", `CREATE MATERIALIZED VIEW m AS SELECT a FROM u WITH NO DATA`),
		m("options", `CREATE MATERIALIZED VIEW m WITH (fillfactor = 40) AS SELECT a, b FROM u;
			ALTER MATERIALIZED VIEW m ALTER b SET STORAGE EXTERNAL; ALTER MATERIALIZED VIEW m ALTER a SET STATISTICS 7`),
		m("of a view", `CREATE VIEW w AS SELECT a FROM u; CREATE MATERIALIZED VIEW m AS SELECT a FROM w`),
	})
}
