//go:build unix

package enginetest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/internal/testpg"
	"github.com/safemigrate/safemigrate/migrate"
)

// TestScopeDiskFull stops in the middle of a copy for which the server has no room:
// before anything was changed, and with nothing left behind.
func TestScopeDiskFull(t *testing.T) {
	t.Parallel()
	// An automatic vacuum would write to the end of the large table, where nothing can be written.
	server := testpg.New(t, map[string]string{"autovacuum": "off"})
	p := &enginetest.Project{DB: &enginetest.PostgresDatabase{Database: server.Database(t)}}
	p.Exec(t, "CREATE TABLE small (id integer PRIMARY KEY); CREATE TABLE vast AS SELECT i AS id, repeat(md5(i::text), 40) AS filler FROM generate_series(1, 20000) i")
	p.Add(map[string]string{"1_x.up.sql": "DROP TABLE small; DROP TABLE vast;"})
	before := p.DB.Fingerprint(t)
	server.Stop(t, false)
	const segment = 16 << 20 // of the write-ahead log, which has to fit
	server.RestartLimited(t, segment+512)
	_, err := p.TryUp(t, everything)
	enginetest.Fails(t, err, migrate.NoWayBack, "public.vast", "could not extend file", "--exclude")
	server.Stop(t, false)
	server.Restart(t)
	p.Is(t, before, "after the refusal")
	if left, err := p.DB.Connect(t).Rows("SELECT nspname FROM pg_namespace WHERE nspname ~ '^safemigrate'"); err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
	p.Up(t, everything)
	p.Rollback(t, takeBack)
	p.Is(t, before, "after the rollback, with room for the copy")
}

// TestScopeStatistics rests on nothing that the statistics cannot know.
func TestScopeStatistics(t *testing.T) {
	t.Parallel()
	const filled = "CREATE TABLE big (id integer PRIMARY KEY, note text, filler text) WITH (autovacuum_enabled = off); INSERT INTO big SELECT i, 'x', repeat('x', 500) FROM generate_series(1, 5000) i; ANALYZE big;"
	class := func(set string) string {
		return "UPDATE pg_class SET " + set + " WHERE oid = 'big'::regclass"
	}
	column := func(set string) string {
		return "UPDATE pg_statistic SET " + set + " WHERE starelid = 'big'::regclass"
	}
	for _, c := range []struct {
		name, spoil string
		usable      bool
	}{
		{"right", "SELECT 1", true},
		{"no pages and no rows", class("relpages = 0, reltuples = 0"), false},
		{"never analyzed", class("relpages = 0, reltuples = -1"), false},
		{"no pages, but rows", class("relpages = 0"), false},
		{"pages below nothing", class("relpages = -1"), false},
		{"more rows than fit", class("reltuples = 1e9"), false},
		{"more rows than a number holds", class("reltuples = 3e38"), false},
		{"endless rows", class("reltuples = 'Infinity'"), false},
		{"no number of rows", class("reltuples = 'NaN'"), false},
		{"rows below nothing", class("reltuples = -7"), false},
		{"no statistics of columns", "DELETE FROM pg_statistic WHERE starelid = 'big'::regclass", false},
		{"a width below nothing", column("stawidth = -2147483648"), false},
		{"a width that no value has", column("stawidth = 2147483647"), false},
		{"more nulls than rows", column("stanullfrac = 7"), false},
		{"no number of nulls", column("stanullfrac = 'NaN'"), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := prepared(t, filled, map[string]string{"1_x.up.sql": "ALTER TABLE big DROP COLUMN note, ALTER COLUMN filler SET NOT NULL;"})
			d := postgresOf(t, p)
			d.AdminExec(t, c.spoil)
			plan, err := p.Open(t).Plan(t.Context(), everything)
			if err != nil || len(plan.Snapshot.Tables) != 1 {
				t.Fatalf("%+v, %v", plan, err)
			}
			e := plan.Snapshot.Tables[0]
			const whole = 2_500_000
			if said := !strings.Contains(e.Why, "no usable statistics"); said != c.usable || c.usable != (e.Bytes < whole/5) || !c.usable && e.Bytes < whole || e.Bytes > 2*whole {
				t.Errorf("%d bytes, %s", e.Bytes, e.Why)
			}
			if plan.Rollback.Took < 0 || plan.Snapshot.Took <= 0 || plan.Snapshot.Took > time.Minute {
				t.Errorf("takes %v, back %v", plan.Snapshot.Took, plan.Rollback.Took)
			}
			before := p.DB.Fingerprint(t)
			p.Up(t, everything)
			p.Rollback(t, takeBack)
			p.Is(t, before, "after the rollback")
		})
	}
}

// TestScopeLockLimit stops a copy that takes longer than writers may wait, although
// the estimate had promised less: the values are small as they lie on the disk.
func TestScopeLockLimit(t *testing.T) {
	t.Parallel()
	p := prepared(t, "CREATE TABLE big (filler text) WITH (autovacuum_enabled = off); INSERT INTO big SELECT repeat(i::text, 3000000) FROM generate_series(1, 100) i;", map[string]string{"1_x.up.sql": "DELETE FROM big;"})
	p.Config.MaxLock = 400 * time.Millisecond
	plan, err := p.Open(t).Plan(t.Context(), everything)
	if err != nil || len(plan.Snapshot.Blockers) > 0 {
		t.Fatalf("%+v, %v", plan, err)
	}
	_, err = p.TryUp(t, everything)
	enginetest.Fails(t, err, migrate.NoWayBack, "--max-lock", "public.big")
	same(t, p, "SELECT count(*) FROM big", "100")
	same(t, p, "SELECT nspname FROM pg_namespace WHERE nspname ~ '^safemigrate'", "")
}

// TestScopeDirectiveOfNothing: a directive that names what is not there stops the
// batch before it begins, with its place.
func TestScopeDirectiveOfNothing(t *testing.T) {
	t.Parallel()
	p := prepared(t, shop, map[string]string{"1_x.up.sql": "DROP TABLE audit;", "2_x.up.sql": "SELECT 1;\n" + unforeseen("log, missing", "DELETE FROM log")})
	before := p.DB.Fingerprint(t)
	plan, err := p.Open(t).Plan(t.Context(), everything)
	if err != nil || len(plan.Snapshot.Blockers) != 1 || !strings.Contains(plan.Snapshot.Blockers[0], "line 2: a directive names table missing") {
		t.Fatalf("%+v, %v", plan, err)
	}
	_, err = p.TryUp(t, everything)
	enginetest.Fails(t, err, migrate.NoWayBack, "2_x.up.sql", "line 2: a directive names table missing, which does not exist")
	p.Is(t, before, "after the refusal")
}
