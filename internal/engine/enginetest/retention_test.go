//go:build unix

package enginetest_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/internal/testpg"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// TestRetentionOfEveryStrategy has every rule asked of five snapshots, with and without a
// pin, and one of them obeyed: the way back that is left works, and no further one.
func TestRetentionOfEveryStrategy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		engine   enginetest.Engine
		strategy snapshot.Strategy
		stored   bool
	}{
		"copy on PostgreSQL":      {enginetest.Postgres(), snapshot.Copy, false},
		"clone on PostgreSQL":     {enginetest.Postgres(), snapshot.Clone, false},
		"dump on PostgreSQL":      {enginetest.Postgres(), snapshot.Dump, true},
		"SQLite, beside the file": {enginetest.SQLite(), "", false},
		"SQLite, in a store":      {enginetest.SQLite(), "", true},
		"copy on MariaDB":         {enginetest.MySQL(), "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := enginetest.NewProject(t, c.engine, map[string]string{"1_t.up.sql": "CREATE TABLE t (id int PRIMARY KEY, n int);\nINSERT INTO t VALUES (1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6);"})
			if d, postgres := p.DB.(*enginetest.PostgresDatabase); postgres {
				serverExec(t, d, "ALTER ROLE "+d.Role+" CREATEDB")
				t.Cleanup(func() {
					for _, clone := range clonesOf(t, d) {
						serverExec(t, d, `DROP DATABASE "`+clone+`" WITH (FORCE)`)
					}
				})
			}
			p.Config.Programs = testpg.Clients()
			if c.stored {
				p.Config.Store.URL = filepath.Join(t.TempDir(), "store")
			}
			p.Up(t, safemigrate.UpOptions{})
			p.Config.Strategy = c.strategy
			versions := []string{""}
			for v := 2; v <= 5; v++ {
				versions = append(versions, p.DB.Fingerprint(t))
				p.Add(map[string]string{fmt.Sprintf("%d_less.up.sql", v): fmt.Sprintf("DELETE FROM t WHERE id = %d;", v)})
				p.Up(t, safemigrate.UpOptions{})
			}
			retained(t, p, versions)
		})
	}
}

// retained asks and obeys the rules. versions are the states by the version that they are
// at.
func retained(t *testing.T, p *enginetest.Project, versions []string) {
	t.Helper()
	all, err := p.Open(t).Snapshots(t.Context())
	if err != nil || len(all) < 4 {
		t.Fatalf("%d snapshots, %v", len(all), err)
	}
	ids, room := make([]string, len(all)), int64(0)
	for i, m := range all {
		ids[i] = m.ID
		room += m.Weight()
	}
	newest, now := len(ids)-1, p.DB.Fingerprint(t)
	going := func(rules snapshot.Retention, dry bool) []string {
		t.Helper()
		r, err := p.Open(t).Prune(t.Context(), safemigrate.PruneOptions{Rules: rules, DryRun: dry})
		if err != nil || r.DryRun != dry || len(r.Pruned)+len(r.Kept) != len(ids) {
			t.Fatalf("%+v: %+v, %v", rules, r, err)
		}
		out := []string{}
		for _, one := range r.Pruned {
			out = append(out, one.ID)
		}
		return out
	}
	ask := func(rules snapshot.Retention, want int) {
		t.Helper()
		if got := going(rules, true); !slices.Equal(got, ids[:want]) {
			t.Errorf("%+v: %q would go, want the oldest %d of %q", rules, got, want, ids)
		}
	}
	ask(snapshot.Retention{}, newest)
	ask(snapshot.Retention{KeepLast: 2}, len(ids)-2)
	ask(snapshot.Retention{KeepLast: 99}, 0)
	ask(snapshot.Retention{KeepWithin: time.Hour}, 0)
	ask(snapshot.Retention{KeepWithin: time.Nanosecond}, newest)
	ask(snapshot.Retention{KeepLast: 3, KeepWithin: time.Hour}, 0)
	ask(snapshot.Retention{MaxBytes: room}, 0)
	ask(snapshot.Retention{MaxBytes: 1}, len(removable(all, 1)))
	ask(snapshot.Retention{MaxBytes: room - 1}, len(removable(all, room-1)))
	pinned := newest - 2
	if _, err := p.Open(t).Pin(t.Context(), ids[pinned], true); err != nil {
		t.Fatal(err)
	}
	ask(snapshot.Retention{}, pinned)
	ask(snapshot.Retention{KeepLast: 1}, pinned)
	ask(snapshot.Retention{KeepWithin: time.Nanosecond}, pinned)
	if _, err := p.Open(t).Pin(t.Context(), ids[pinned], false); err != nil {
		t.Fatal(err)
	}
	p.Is(t, now, "after the questions")
	if gone := going(snapshot.Retention{KeepLast: 2}, false); !slices.Equal(gone, ids[:newest-1]) {
		t.Errorf("%q went", gone)
	}
	left, err := p.Open(t).Snapshots(t.Context())
	if err != nil || len(left) != 2 {
		t.Errorf("%d are left, %v", len(left), err)
	}
	for v := 4; v >= 3; v-- {
		p.Rollback(t, safemigrate.RollbackOptions{})
		p.Is(t, versions[v], fmt.Sprintf("back at version %d", v))
	}
	_, err = p.TryRollback(t, safemigrate.RollbackOptions{})
	enginetest.Fails(t, err, migrate.NoWayBack, "pruned")
}

// removable are those that have to go for so many bytes to be enough, oldest first.
func removable(all []*snapshot.Manifest, most int64) []*snapshot.Manifest {
	var room int64
	for _, m := range all {
		room += m.Weight()
	}
	for i, m := range all[:len(all)-1] { // the newest is the only way back
		if room <= most {
			return all[:i]
		}
		room -= m.Weight()
	}
	return all[:len(all)-1]
}
