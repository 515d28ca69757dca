package catalog_test

import (
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

func TestConstraintsAreMadeAgain(t *testing.T) {
	c := func(name, sql string) making { return making{name, sql, catalog.KindConstraint, "c ON public.t"} }
	const u = `CREATE TABLE u (a int PRIMARY KEY, b int, UNIQUE (a, b)); `
	rebuildAll(t, []making{
		c("check", `CREATE TABLE t (a int CONSTRAINT c CHECK (a > 0 AND a < 5))`),
		c("check of the table", `CREATE TABLE t (a int, b int, CONSTRAINT c CHECK (a > b) NO INHERIT)`),
		c("check not valid", `CREATE TABLE t (a int); ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID`),
		c("check by a function", `CREATE FUNCTION f(int) RETURNS bool LANGUAGE sql AS 'SELECT true';
			CREATE TABLE t (a int, CONSTRAINT c CHECK (f(a)))`),
		c("check not enforced", `CREATE TABLE t (a int CONSTRAINT c CHECK (a > 0) NOT ENFORCED)`),
		c("key without overlaps", `CREATE TABLE t (a int4range, b daterange, CONSTRAINT c PRIMARY KEY (a, b WITHOUT OVERLAPS))`),
		c("primary key", `CREATE TABLE t (a int, b int, CONSTRAINT c PRIMARY KEY (b, a))`),
		c("unique", `CREATE TABLE t (a int, b int, CONSTRAINT c UNIQUE (a) INCLUDE (b) WITH (fillfactor = 70) DEFERRABLE INITIALLY DEFERRED)`),
		c("unique nulls not distinct", `CREATE TABLE t (a int, CONSTRAINT c UNIQUE NULLS NOT DISTINCT (a))`),
		c("unique from an index", `CREATE TABLE t (a int); CREATE UNIQUE INDEX i ON t (a); ALTER TABLE t ADD CONSTRAINT c UNIQUE USING INDEX i`),
		c("exclusion", `CREATE TABLE t (a int4range, b int, CONSTRAINT c EXCLUDE USING gist (a WITH &&) WHERE (b > 0))`),
		c("foreign key", u+`CREATE TABLE t (a int CONSTRAINT c REFERENCES u ON DELETE CASCADE ON UPDATE SET NULL)`),
		c("foreign key deferred", u+`CREATE TABLE t (a int, b int,
			CONSTRAINT c FOREIGN KEY (a, b) REFERENCES u (a, b) MATCH FULL DEFERRABLE INITIALLY DEFERRED)`),
		c("foreign key set null columns", u+`CREATE TABLE t (a int, b int,
			CONSTRAINT c FOREIGN KEY (a, b) REFERENCES u (a, b) ON DELETE SET NULL (b))`),
		c("foreign key not valid", u+`CREATE TABLE t (a int); ALTER TABLE t ADD CONSTRAINT c FOREIGN KEY (a) REFERENCES u NOT VALID`),
		c("foreign key to a unique index", `CREATE TABLE u (a int); CREATE UNIQUE INDEX i ON u (a);
			CREATE TABLE t (a int CONSTRAINT c REFERENCES u (a))`),
		{"name with quotes", `CREATE TABLE t (a int CONSTRAINT "c ""1""" CHECK (a > 0))`, catalog.KindConstraint, `"c ""1""" ON public.t`},
	})
}

func TestIndexesAreMadeAgain(t *testing.T) {
	i := func(name, sql string) making { return making{name, sql, catalog.KindIndex, "public.i"} }
	rebuildAll(t, []making{
		i("plain", `CREATE TABLE t (a int); CREATE INDEX i ON t (a)`),
		i("unique", `CREATE TABLE t (a int, b int); CREATE UNIQUE INDEX i ON t (a DESC NULLS LAST, b) INCLUDE (a) NULLS NOT DISTINCT`),
		i("expression", `CREATE TABLE t (a text); CREATE INDEX i ON t (lower(a) COLLATE "C" text_pattern_ops)`),
		i("expression by a function", `CREATE FUNCTION f(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1';
			CREATE TABLE t (a int); CREATE INDEX i ON t (f(a))`),
		i("partial", `CREATE TABLE t (a int, b int); CREATE INDEX i ON t (a) WHERE b > 0`),
		i("options", `CREATE TABLE t (a int); CREATE INDEX i ON t (a) WITH (fillfactor = 50, deduplicate_items = off)`),
		i("statistics target", `CREATE TABLE t (a int); CREATE INDEX i ON t ((a + 1), (a + 2)); ALTER INDEX i ALTER 2 SET STATISTICS 9`),
		i("hash", `CREATE TABLE t (a int); CREATE INDEX i ON t USING hash (a)`),
		i("gin", `CREATE TABLE t (a jsonb); CREATE INDEX i ON t USING gin (a jsonb_path_ops)`),
		i("brin", `CREATE TABLE t (a int); CREATE INDEX i ON t USING brin (a) WITH (pages_per_range = 4)`),
		i("of a materialized view", `CREATE MATERIALIZED VIEW v AS SELECT 1 AS a; CREATE UNIQUE INDEX i ON v (a)`),
		i("clusters a materialized view", `CREATE MATERIALIZED VIEW v AS SELECT 1 AS a; CREATE INDEX i ON v (a);
			ALTER MATERIALIZED VIEW v CLUSTER ON i`),
		{"name with quotes", `CREATE TABLE t (a int); CREATE INDEX "I 'x'" ON t (a)`, catalog.KindIndex, `public."I 'x'"`},
	})
}
