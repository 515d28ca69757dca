package dump

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/safemigrate/safemigrate/internal/failpoint"
	"github.com/safemigrate/safemigrate/snapshot/store"
)

// A stray is a snapshot that no database is known to refer to: a run is between its
// snapshot and its commit, or died there. A mark says so, an object of its own. It is
// written before the manifest and removed after the commit, so that a run which dies in
// between leaves it. One that dies between the commit and the removal leaves it too: what
// is marked may yet be what a database refers to, until a later snapshot of that database
// has no mark.
const strayPrefix = "strays/"

func strayName(id string) string { return strayPrefix + id }

func mark(ctx context.Context, st store.Store, id string) error {
	if err := st.Put(ctx, strayName(id), strings.NewReader("stray\n")); err != nil {
		return fmt.Errorf("mark the snapshot as a stray: %w", err)
	}
	failpoint.Hit("dump.marked")
	return nil
}

// marks lists the IDs of the marked snapshots.
func marks(ctx context.Context, st store.Store) (map[string]bool, error) {
	all := map[string]bool{}
	for e, err := range st.List(ctx, strayPrefix) {
		if err != nil {
			return nil, fmt.Errorf("list the strays: %w", err)
		}
		all[strings.TrimPrefix(e.Name, strayPrefix)] = true
	}
	return all, nil
}

// Record takes the marks off the snapshots that a database knows: of the one that was
// just committed, and of what an earlier run had no time for.
func (d Depot) Record(ctx context.Context, known func(id string) bool) error {
	if d.Store == nil {
		return nil
	}
	marked, err := marks(ctx, d.Store)
	for id := range marked {
		if known(id) {
			err = errors.Join(err, d.Store.Remove(ctx, strayName(id)))
		}
	}
	return err
}

// unmarkGone removes the marks without a manifest; the store is locked.
func unmarkGone(ctx context.Context, st store.Store, all []Listed) error {
	there := map[string]bool{}
	for _, l := range all {
		there[l.Ref.ID] = true
	}
	marked, err := marks(ctx, st)
	for id := range marked {
		if !there[id] {
			err = errors.Join(err, st.Remove(ctx, strayName(id)))
		}
	}
	return err
}
