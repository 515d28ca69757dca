package dump

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/safemigrate/safemigrate/snapshot"
	"github.com/safemigrate/safemigrate/snapshot/store"
)

// A pin is an empty object of its own: a manifest is never written twice.
const pinPrefix = "pins/"

func pinName(id string) string { return pinPrefix + id }

// Pin keeps a snapshot from being pruned by a rule, or lets it go again.
func Pin(ctx context.Context, st store.Store, ref Ref, pinned bool) error {
	if pinned {
		return st.Put(ctx, pinName(ref.ID), strings.NewReader("pinned\n"))
	}
	return st.Remove(ctx, pinName(ref.ID))
}

// Pinned lists the IDs of the pinned snapshots.
func Pinned(ctx context.Context, st store.Store) (map[string]bool, error) {
	all := map[string]bool{}
	for e, err := range st.List(ctx, pinPrefix) {
		if err != nil {
			return nil, fmt.Errorf("list the pins: %w", err)
		}
		all[strings.TrimPrefix(e.Name, pinPrefix)] = true
	}
	return all, nil
}

// Choose lists the IDs that go by the rules, which hold for each database by
// itself. What is pinned stays, and the newest of each database: from here
// nobody can see whether it is the only way back. Where a clock was set back, the
// newest by ID and the newest by the store's clock both stay. A stray counts for no
// rule. It stays while a run may be at work with it, which ends with the next
// snapshot that a database refers to, and for as long as chunks without a manifest
// would.
func Choose(all []Listed, rules snapshot.Retention, pinned map[string]bool, now time.Time) []string {
	type database struct {
		candidates []snapshot.Candidate
		strays     []Listed
		latest     int // of the candidates, by the store's clock
		written    time.Time
	}
	byDatabase := map[snapshot.Database]*database{}
	for _, l := range all {
		key := l.Manifest.Database
		key.Address, key.Server, key.Name = "", "", "" // for people; they change
		if byDatabase[key] == nil {
			byDatabase[key] = &database{}
		}
		of := byDatabase[key]
		if l.Stray {
			of.strays = append(of.strays, l)
			continue
		}
		c := snapshot.Candidate{ID: l.Ref.ID, TakenAt: l.Manifest.TakenAt, Bytes: l.Manifest.Added}
		if pinned[l.Ref.ID] {
			c.Needed = "it is pinned"
		}
		if l.Written.After(of.written) {
			of.latest, of.written = len(of.candidates), l.Written
		}
		of.candidates = append(of.candidates, c)
	}
	var going []string
	for _, of := range byDatabase {
		if len(of.candidates) == 0 {
			continue
		}
		newest := &of.candidates[len(of.candidates)-1]
		newest.Needed = "it is the newest"
		if !of.written.IsZero() {
			of.candidates[of.latest].Needed = "it is the newest"
		}
		going = append(going, rules.Choose(of.candidates, now)...)
		for _, l := range of.strays {
			if l.Ref.ID < newest.ID && !pinned[l.Ref.ID] && now.Sub(l.Manifest.TakenAt) >= DefaultGrace {
				going = append(going, l.Ref.ID)
			}
		}
	}
	return going
}
