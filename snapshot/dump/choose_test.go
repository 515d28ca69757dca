package dump_test

import (
	"slices"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate/snapshot"
	"github.com/safemigrate/safemigrate/snapshot/dump"
	"github.com/safemigrate/safemigrate/snapshot/store/memory"
)

func TestChoose(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	listed := func(id, ledger string, age int) dump.Listed {
		return dump.Listed{Ref: dump.Ref{ID: id}, Manifest: &dump.Manifest{ID: id, Added: 10, TakenAt: now.AddDate(0, 0, -age),
			Database: snapshot.Database{Engine: "sqlite", Ledger: ledger, Address: id, Server: id}}}
	}
	all := []dump.Listed{
		listed("a1", "a", 9), listed("b1", "b", 8), listed("a2", "a", 7), listed("b2", "b", 6), listed("a3", "a", 5), listed("c1", "c", 99),
	}
	for name, c := range map[string]struct {
		rules  snapshot.Retention
		pinned map[string]bool
		want   []string
	}{
		"the newest of each stays": {snapshot.Retention{}, nil, []string{"a1", "a2", "b1"}},
		"two of each":              {snapshot.Retention{KeepLast: 2}, nil, []string{"a1"}},
		"a pin":                    {snapshot.Retention{}, map[string]bool{"a1": true}, []string{"a2", "b1"}},
		"by age":                   {snapshot.Retention{KeepWithin: 8*24*time.Hour + 1}, nil, []string{"a1"}},
		"by room":                  {snapshot.Retention{MaxBytes: 20}, nil, []string{"a1"}},
	} {
		got := dump.Choose(all, c.rules, c.pinned, now)
		slices.Sort(got)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v go, want %v", name, got, c.want)
		}
	}
}

func TestPins(t *testing.T) {
	t.Parallel()
	st := &memory.Store{}
	ref := write(t, st, "s1", dump.Keys{}, some()[:1])
	for _, pinned := range []bool{true, true, false, false, true} {
		if err := dump.Pin(t.Context(), st, ref, pinned); err != nil {
			t.Fatal(err)
		}
		if all, err := dump.Pinned(t.Context(), st); err != nil || all["s1"] != pinned {
			t.Fatalf("%v, %v", all, err)
		}
	}
	if err := dump.Remove(t.Context(), st, ref); err != nil {
		t.Fatal(err)
	}
	if all, err := dump.Pinned(t.Context(), st); err != nil || len(all) != 0 {
		t.Fatalf("a pin stays: %v, %v", all, err)
	}
}

// TestShares: verified share by share, every chunk is read once in a round, and
// the share that is due is the one that was read longest ago.
func TestShares(t *testing.T) {
	t.Parallel()
	st := &memory.Store{}
	ref := write(t, st, "s1", dump.Keys{}, []part{{"f", 0, dump.Bytes, noise(1, 12<<20)}})
	const shares = 3
	chunks := 0
	for i := range shares {
		c, err := dump.Verify(t.Context(), st, ref, dump.VerifyOptions{Level: dump.LevelChecksums, Shares: shares})
		if err != nil || c.Share != i+1 || !c.Recorded {
			t.Fatalf("%+v, %v", c, err)
		}
		chunks += c.Chunks
		if done, of, oldest := dump.LastChecked(t.Context(), st, ref); done != i+1 || of != shares || oldest.IsZero() {
			t.Fatalf("%d of %d checked", done, of)
		}
	}
	if chunks != 12 {
		t.Fatalf("%d chunks were read in a round, of 12", chunks)
	}
	c, err := dump.Verify(t.Context(), st, ref, dump.VerifyOptions{Level: dump.LevelChecksums})
	if err != nil || c.Chunks != 12 || c.Share != 0 {
		t.Fatalf("all: %+v, %v", c, err)
	}
}
