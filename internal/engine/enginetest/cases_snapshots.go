//go:build unix

package enginetest

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// pins: what is pinned stays with every way that leads to it.
func pins(x trial) {
	t, e := x.t, x.e
	p, v1 := seeded(t, e)
	p.Up(t, all)
	db := p.Open(t)
	prune := func(want int) {
		t.Helper()
		r, err := db.Prune(t.Context(), safemigrate.PruneOptions{DryRun: true})
		if err != nil || len(r.Pruned) != want {
			t.Fatalf("%d would go, want %d: %+v, %v", len(r.Pruned), want, r, err)
		}
	}
	prune(1)
	all, err := db.Snapshots(t.Context())
	if err != nil || len(all) != 2 {
		t.Fatalf("%d snapshots, %v", len(all), err)
	}
	first := all[0].ID
	for _, name := range []string{first, all[0].Tag} {
		for range 2 { // again is no error
			if b, err := db.Pin(t.Context(), name, true); err != nil || b.ID != first || !b.Pinned {
				t.Fatalf("pin %q: %+v, %v", name, b, err)
			}
		}
		prune(0)
		if b, err := db.Pin(t.Context(), name, false); err != nil || b.ID != first || b.Pinned {
			t.Fatalf("unpin %q: %+v, %v", name, b, err)
		}
		prune(1)
	}
	_, err = db.Pin(t.Context(), "nothing", true)
	Fails(t, err, migrate.Usage, "nothing")
	if r, err := db.Prune(t.Context(), safemigrate.PruneOptions{Rules: snapshot.Retention{MaxBytes: 1}}); err != nil || len(r.Pruned) != 1 {
		t.Fatalf("no room: %+v, %v", r, err)
	}
	_, err = db.Pin(t.Context(), first, true)
	Fails(t, err, migrate.Usage, first)
	p.Rollback(t, back)
	p.Is(t, v1, "after all that")
}

func prune(x trial) {
	t, e := x.t, x.e
	p, v1 := seeded(t, e)
	batch := p.Up(t, all).Batch
	v4 := p.DB.Fingerprint(t)
	db := p.Open(t)
	r, err := db.Prune(t.Context(), safemigrate.PruneOptions{DryRun: true})
	if err != nil || len(r.Pruned) != 1 || !slices.Contains(r.Kept, batch) {
		t.Errorf("a dry run: %+v, %v", r, err)
	}
	if all, err := db.Snapshots(t.Context()); err != nil || len(all) != 2 {
		t.Errorf("a dry run removed something: %d, %v", len(all), err)
	}
	if r, err = db.Prune(t.Context(), safemigrate.PruneOptions{Rules: snapshot.Retention{KeepWithin: time.Hour}}); err != nil || len(r.Pruned) != 0 {
		t.Errorf("nothing is older: %+v, %v", r, err)
	}
	if r, err = db.Prune(t.Context(), safemigrate.PruneOptions{}); err != nil || len(r.Pruned) != 1 || r.Pruned[0].ID == batch {
		t.Errorf("the only way back went: %+v, %v", r, err)
	}
	p.Is(t, v4, "after prune")
	p.Rollback(t, back)
	p.Is(t, v1, "after prune and rollback")
	_, err = p.TryRollback(t, discard)
	Fails(t, err, migrate.NoWayBack, "pruned")
	p.Is(t, v1, "after a refusal")
	p.Rollback(t, undo)
	_, err = db.Prune(t.Context(), safemigrate.PruneOptions{IDs: []string{"nothing"}})
	Fails(t, err, migrate.Usage, "nothing")
	if r, err = db.Prune(t.Context(), safemigrate.PruneOptions{IDs: []string{batch}}); err != nil || len(r.Pruned) != 1 {
		t.Errorf("prune by name: %+v, %v", r, err)
	}
	_, err = p.TryRollback(t, back)
	Fails(t, err, migrate.NoWayBack, "pruned")
	p.Is(t, v4, "after a refusal")
	if status, err := db.Status(t.Context()); err != nil || status.Rollback.Possible {
		t.Errorf("status promises a rollback: %+v, %v", status, err)
	}
}

func verify(x trial) {
	t, e := x.t, x.e
	p, _ := seeded(t, e)
	batch := p.Up(t, all).Batch
	db := p.Open(t)
	for _, name := range []string{batch, "1"} {
		m, err := db.Verify(t.Context(), name)
		if err != nil || m.ID != batch || m.Tag != "1" {
			t.Errorf("verify %s: %+v, %v", name, m, err)
		}
	}
	_, err := db.Verify(t.Context(), "none such")
	Fails(t, err, migrate.Usage, "none such")
	list, err := db.Snapshots(t.Context())
	if err != nil || len(list) != 2 || list[1].ID != batch {
		t.Fatalf("snapshots: %+v, %v", list, err)
	}
	kept := map[string]int64{}
	for _, table := range list[1].Tables {
		kept[strings.TrimPrefix(table.Name, "public.")] = table.Rows
	}
	if !maps.Equal(kept, e.Keeps) {
		t.Errorf("kept %v, want %v", kept, e.Keeps)
	}
}

func damaged(x trial) {
	t, e := x.t, x.e
	for i, d := range e.Fresh(t).Store().Damages() {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			p, _ := seeded(t, e)
			batch := p.Up(t, all).Batch
			v4 := p.DB.Fingerprint(t)
			p.DB.Store().Damages()[i].Do(t, batch)
			_, err := p.TryRollback(t, discard)
			Fails(t, err, migrate.NoWayBack, batch)
			if got := p.DB.Fingerprint(t); got != v4 {
				t.Errorf("the database was touched:\n%s", Difference(v4, got))
			}
			if _, err := p.Open(t).Verify(t.Context(), batch); err == nil {
				t.Error("verify finds nothing")
			}
			if i%2 == 0 {
				return
			}
			// A damaged snapshot does not stop the next release.
			p.Add(map[string]string{"000005_more.up.sql": "CREATE TABLE more (id integer);"})
			if _, err := p.TryUp(t, all); err != nil {
				t.Errorf("up: %v", err)
			}
			p.Rollback(t, back)
		})
	}
}

func foreign(x trial) {
	t, e := x.t, x.e
	p, _ := seeded(t, e)
	p.Up(t, all)
	p.Config.Database = p.DB.Store().BecomeForeign(t)
	_, err := p.TryRollback(t, back)
	Fails(t, err, migrate.NoWayBack, "another database")
	p.Config.Database = ""
}
