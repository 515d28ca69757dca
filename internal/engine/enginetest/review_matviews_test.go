//go:build unix

package enginetest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/migrate"
)

const (
	viewed = "CREATE TABLE t (id integer PRIMARY KEY, n integer); INSERT INTO t VALUES (1, 10), (2, 20);" +
		"CREATE MATERIALIZED VIEW total AS SELECT sum(n) AS n FROM t; CREATE MATERIALIZED VIEW twice AS SELECT n * 2 AS n FROM total;" +
		"CREATE MATERIALIZED VIEW apart AS SELECT 7 AS n;"
	totals = "SELECT total.n || ' ' || twice.n || ' ' || apart.n FROM total, twice, apart"
)

// TestMaterializedViewsFollowTheirRows: what was computed from rows that went
// back is computed again, and what cannot be brought back is said.
func TestMaterializedViewsFollowTheirRows(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, stale, batch, since string
		after, back               string
		refreshed                 []string
		differs                   bool
	}{
		{name: "not refreshed", batch: "UPDATE t SET n = 1;", after: "30 60 7", back: "30 60 7"},
		{name: "refreshed by the batch", batch: "UPDATE t SET n = 1; REFRESH MATERIALIZED VIEW total; REFRESH MATERIALIZED VIEW twice;",
			after: "2 4 7", back: "30 60 7", refreshed: []string{"total", "twice"}},
		{name: "refreshed since", batch: "UPDATE t SET n = 1;", since: "REFRESH MATERIALIZED VIEW total",
			after: "30 60 7", back: "30 60 7", refreshed: []string{"total"}},
		{name: "refreshed alone, and out of date before", stale: "INSERT INTO t VALUES (3, 30)", batch: "REFRESH MATERIALIZED VIEW total;",
			after: "60 60 7", back: "60 60 7", refreshed: []string{"total"}, differs: true},
		{name: "out of date before, and not refreshed", stale: "INSERT INTO t VALUES (3, 30)", batch: "UPDATE t SET n = 1;",
			after: "30 60 7", back: "30 60 7"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := prepared(t, viewed+c.stale, map[string]string{"1_t.up.sql": c.batch})
			p.Up(t, safemigrate.UpOptions{})
			same(t, p, totals, c.after)
			if c.since != "" {
				p.Exec(t, c.since)
			}
			r := p.Rollback(t, safemigrate.RollbackOptions{})
			same(t, p, totals, c.back)
			for _, view := range []string{"total", "twice", "apart"} {
				i := slices.IndexFunc(r.Objects, func(line string) bool { return strings.HasPrefix(line, "materialized view public."+view+" refreshed") })
				if (i >= 0) != slices.Contains(c.refreshed, view) {
					t.Errorf("%s: the report says %q", view, r.Objects)
				}
				if i >= 0 && strings.Contains(r.Objects[i], "does not hold") != c.differs {
					t.Errorf("the report says %q", r.Objects[i])
				}
			}
			p.Rollback(t, safemigrate.RollbackOptions{Undo: true})
			if c.since == "" {
				same(t, p, totals, c.after)
			}
		})
	}
}

// TestMaterializedViewThatFails: a query that fails on what others wrote stops a rollback by
// name, in its plan where that can be seen, until the row is mended.
func TestMaterializedViewThatFails(t *testing.T) {
	t.Parallel()
	const setup = "CREATE TABLE u (id integer PRIMARY KEY, x integer); INSERT INTO u VALUES (1, 5); CREATE MATERIALIZED VIEW m AS SELECT sum(100 / x) AS n FROM u;"
	for _, c := range []struct {
		name, batch string
		planned     bool
	}{
		{name: "dropped", batch: "DROP MATERIALIZED VIEW m;", planned: true},
		{name: "refreshed", batch: "UPDATE u SET x = 4; REFRESH MATERIALIZED VIEW m;"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := prepared(t, setup, map[string]string{"1_t.up.sql": c.batch})
			p.Up(t, safemigrate.UpOptions{})
			p.Exec(t, "INSERT INTO u VALUES (2, 0)")
			_, err := p.TryRollback(t, safemigrate.RollbackOptions{Plan: true})
			if (err != nil) != c.planned {
				t.Errorf("the plan ends with %v", err)
			}
			_, err = p.TryRollback(t, safemigrate.RollbackOptions{})
			enginetest.Fails(t, err, migrate.Disagreement, "materialized view public.m (division by zero")
			p.Exec(t, "UPDATE u SET x = 10 WHERE id = 2")
			p.Rollback(t, safemigrate.RollbackOptions{})
			same(t, p, "SELECT n FROM m", "30")
			same(t, p, "SELECT string_agg(x::text, ' ' ORDER BY id) FROM u", "5 10")
		})
	}
}

// TestPlanOfMaterializedViews: a query that does not fail in the rollback, since what it reads
// goes back before it, stops no plan; one that fails by an error of a function's own does.
func TestPlanOfMaterializedViews(t *testing.T) {
	t.Parallel()
	const table = "CREATE TABLE u (id integer PRIMARY KEY, x integer, y integer); INSERT INTO u VALUES (1, 5, 0);"
	for _, c := range []struct{ name, setup, batch, since, fails string }{
		{name: "reads one without rows", setup: table + "CREATE MATERIALIZED VIEW a AS SELECT x FROM u; CREATE MATERIALIZED VIEW m AS SELECT sum(100 / x) AS n FROM a;",
			batch: "DROP MATERIALIZED VIEW m; REFRESH MATERIALIZED VIEW a WITH NO DATA;"},
		{name: "columns exchange their names", setup: table + "CREATE MATERIALIZED VIEW m AS SELECT sum(100 / x) AS n FROM u;",
			batch: "DROP MATERIALIZED VIEW m; ALTER TABLE u RENAME x TO z; ALTER TABLE u RENAME y TO x; ALTER TABLE u RENAME z TO y;"},
		{name: "its function is another one", setup: table + "CREATE FUNCTION f(integer) RETURNS integer LANGUAGE sql AS 'SELECT 100 / $1'; CREATE VIEW v AS SELECT public.f(x) AS n FROM u; CREATE MATERIALIZED VIEW m AS SELECT sum(n) AS n FROM v;",
			batch: "DROP MATERIALIZED VIEW m; CREATE OR REPLACE FUNCTION f(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1 / 0';"},
		{name: "its function says so", setup: table + `CREATE FUNCTION f(integer) RETURNS integer LANGUAGE plpgsql AS $$ BEGIN IF $1 = 0 THEN RAISE 'no zero' USING ERRCODE = '23514'; END IF; RETURN 100 / $1; END $$;
			CREATE MATERIALIZED VIEW m AS SELECT sum(public.f(x)) AS n FROM u;`, batch: "DROP MATERIALIZED VIEW m;", since: "INSERT INTO u VALUES (2, 0, 0)", fails: "materialized view public.m (no zero"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := prepared(t, c.setup, map[string]string{"1_t.up.sql": c.batch})
			p.Up(t, safemigrate.UpOptions{})
			if c.since == "" {
				p.Rollback(t, safemigrate.RollbackOptions{Plan: true})
				p.Rollback(t, safemigrate.RollbackOptions{})
				same(t, p, "SELECT n FROM m", "20")
				return
			}
			p.Exec(t, c.since)
			for _, plan := range []bool{true, false} {
				_, err := p.TryRollback(t, safemigrate.RollbackOptions{Plan: plan})
				enginetest.Fails(t, err, migrate.Disagreement, c.fails)
			}
		})
	}
}
