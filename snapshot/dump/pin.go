package dump

import (
	"context"
	"fmt"
	"strings"

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
