package dump_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate/snapshot"
	"github.com/safemigrate/safemigrate/snapshot/dump"
	"github.com/safemigrate/safemigrate/snapshot/store/dir"
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
	const ahead = `{"shares":3,"at":{"1":"2020-01-02T00:00:00Z","2":"2999-01-01T00:00:00Z","3":"2020-01-01T00:00:00Z"}}`
	if err := st.Put(t.Context(), "checks/s1.json", strings.NewReader(ahead)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{2, 3, 1} {
		if c, err := dump.Verify(t.Context(), st, ref, dump.VerifyOptions{Level: dump.LevelChecksums, Shares: shares}); err != nil || c.Share != want {
			t.Fatalf("%+v, %v: share %d is due", c, err, want)
		}
	}
	c, err := dump.Verify(t.Context(), st, ref, dump.VerifyOptions{Level: dump.LevelChecksums})
	if err != nil || c.Chunks != 12 || c.Share != 0 {
		t.Fatalf("all: %+v, %v", c, err)
	}
}

// TestChooseAmongStrays: a stray is not the newest that has to stay, and takes no place
// among those that are kept; it goes once it is of no use to anybody.
func TestChooseAmongStrays(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		snapshots string // by age; in capitals: strays
		hours     int    // between two
		rules     snapshot.Retention
		pinned    string
		want      string
	}{
		"a run at work, and the newest before it": {"abC", 48, snapshot.Retention{}, "", "a"},
		"nothing else":           {"AB", 48, snapshot.Retention{}, "", ""},
		"of a run that died":     {"aBc", 48, snapshot.Retention{KeepLast: 9}, "", "B"},
		"in no place":            {"aBcd", 48, snapshot.Retention{KeepLast: 2}, "", "aB"},
		"young":                  {"aBc", 1, snapshot.Retention{}, "", "a"},
		"pinned":                 {"aBc", 48, snapshot.Retention{}, "B", "a"},
		"a clock that was ahead": {"aBc", -48, snapshot.Retention{KeepLast: 9}, "", ""},
	} {
		var all []dump.Listed
		pinned := map[string]bool{}
		for i, letter := range c.snapshots {
			id := strings.ToLower(string(letter))
			age := time.Duration((len(c.snapshots)-i)*c.hours) * time.Hour
			all = append(all, dump.Listed{Ref: dump.Ref{ID: id}, Stray: id != string(letter),
				Manifest: &dump.Manifest{ID: id, TakenAt: now.Add(-age), Database: snapshot.Database{Engine: "sqlite"}}})
			pinned[id] = strings.ContainsRune(c.pinned, letter)
		}
		got := dump.Choose(all, c.rules, pinned, now)
		slices.Sort(got)
		if want := strings.ToLower(c.want); strings.Join(got, "") != want {
			t.Errorf("%s: %v go, want %q", name, got, want)
		}
	}
}

// TestStrays: a snapshot is one until a database is known to refer to it; a mark goes
// with its manifest.
func TestStrays(t *testing.T) {
	t.Parallel()
	st := &memory.Store{}
	first := write(t, st, "s1", dump.Keys{}, some()[:1])
	write(t, st, "s2", dump.Keys{}, some()[:1])
	is := func(when string, want map[string]bool) {
		t.Helper()
		all, err := dump.List(t.Context(), st)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]bool{}
		for _, l := range all {
			got[l.Ref.ID] = l.Stray
		}
		if !maps.Equal(got, want) {
			t.Errorf("%s: %v, want %v", when, got, want)
		}
	}
	is("written", map[string]bool{"s1": true, "s2": true})
	if err := (dump.Depot{Store: st}).Record(t.Context(), func(id string) bool { return id == "s2" }); err != nil {
		t.Fatal(err)
	}
	is("one is known", map[string]bool{"s1": true, "s2": false})
	if err := dump.Remove(t.Context(), st, first); err != nil {
		t.Fatal(err)
	}
	set(t, st, "strays/s3", []byte("stray\n")) // of a run that died before its manifest
	if _, err := dump.Sweep(t.Context(), st, dump.SweepOptions{Locking: quick}); err != nil {
		t.Fatal(err)
	}
	is("swept", map[string]bool{"s2": false})
	for e, err := range st.List(t.Context(), "strays/") {
		t.Errorf("%s stays, %v", e.Name, err)
	}
}

// TestChooseAfterAClockWasSetBack: IDs begin with the time of the machine that took the
// snapshot; the one that the store saw last stays, too.
func TestChooseAfterAClockWasSetBack(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	var all []dump.Listed
	for id, written := range map[string]int{"a": 3, "b": 1, "c": 2} {
		all = append(all, dump.Listed{Ref: dump.Ref{ID: id}, Written: now.Add(time.Duration(written) * time.Hour),
			Manifest: &dump.Manifest{ID: id, TakenAt: now.AddDate(0, 0, -9), Database: snapshot.Database{Engine: "sqlite"}}})
	}
	slices.SortFunc(all, func(a, b dump.Listed) int { return strings.Compare(a.Ref.ID, b.Ref.ID) })
	if going := dump.Choose(all, snapshot.Retention{}, nil, now); !slices.Equal(going, []string{"b"}) {
		t.Errorf("%v go", going)
	}
}

// TestTagsThatAreUnclear: a tag stands for the newest snapshot of one database, and for none
// where that would be a guess.
func TestTagsThatAreUnclear(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	st, err := dir.Open(path, false)
	if err != nil {
		t.Fatal(err)
	}
	first := write(t, st, "20260102-1", dump.Keys{}, nil)
	second := write(t, st, "20260102-2", dump.Keys{}, nil)
	find := func(want dump.Ref, says string, name string) {
		t.Helper()
		l, err := dump.Find(t.Context(), st, name)
		if says == "" && (err != nil || l.Ref != want) {
			t.Errorf("%s: %s, %v", name, l.Ref.ID, err)
		}
		if says != "" && (!errors.Is(err, dump.ErrUnclear) || !strings.Contains(err.Error(), says)) {
			t.Errorf("%s: %s, %v", name, l.Ref.ID, err)
		}
	}
	find(second, "", "12")
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(filepath.Join(path, manifestName(first)), later, later); err != nil {
		t.Fatal(err)
	}
	find(dump.Ref{}, first.ID+" was written later", "12")
	find(first, "", first.ID)
	w, err := dump.Begin(t.Context(), dump.Options{Store: st, Locking: quick})
	if err != nil {
		t.Fatal(err)
	}
	m := manifest(t, "20260102-3")
	m.Database.Ledger, m.Database.Name, m.Database.OID = "another", "billing", 6
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	third, err := w.Commit(m)
	if err := errors.Join(err, w.End()); err != nil {
		t.Fatal(err)
	}
	find(dump.Ref{}, third.ID+" is of billing, "+second.ID+" of shop", "12")
	find(third, "", third.ID)
}
