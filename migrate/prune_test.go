package migrate

import (
	"slices"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate/snapshot"
)

// TestPruneAfterAClockThatWasSetBack: the newest are those of the last batches, whatever time
// their names begin with.
func TestPruneAfterAClockThatWasSetBack(t *testing.T) {
	t.Parallel()
	ids := []string{"20260301-130000-a", "20260301-131000-b", "20260301-120500-c", "20260301-122000-d"} // as the batches ran
	var batches []Batch
	var all []*snapshot.Manifest
	for i, id := range ids {
		batches = append(batches, Batch{ID: id, Operation: OpUp, State: StateApplied})
		at := time.Date(2026, 3, 1, []int{13, 13, 12, 12}[i], i, 0, 0, time.UTC)
		all = append(all, &snapshot.Manifest{ID: id, TakenAt: at, Bytes: 10})
	}
	slices.SortFunc(all, func(a, b *snapshot.Manifest) int { return a.TakenAt.Compare(b.TakenAt) }) // as they are listed
	for want, rules := range map[int]snapshot.Retention{1: {KeepLast: 3}, 2: {KeepLast: 2}, 3: {MaxBytes: 10}} {
		going, err := choosePruned(all, batches, PruneRequest{Rules: rules})
		if err != nil || !slices.Equal(going, ids[:want]) {
			t.Errorf("%+v: %q go, %v", rules, going, err)
		}
	}
}
