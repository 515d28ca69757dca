package snapshot_test

import (
	"slices"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate/snapshot"
)

func TestRetention(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	// a is ten days old, b nine, …, e is six; each has 10 bytes.
	var all []snapshot.Candidate
	for i, id := range []string{"a", "b", "c", "d", "e"} {
		all = append(all, snapshot.Candidate{ID: id, TakenAt: now.AddDate(0, 0, i-10), Bytes: 10})
	}
	needed := func(ids ...string) []snapshot.Candidate {
		out := slices.Clone(all)
		for i := range out {
			if slices.Contains(ids, out[i].ID) {
				out[i].Needed = "a pin"
			}
		}
		return out
	}
	const day = 24 * time.Hour
	for name, c := range map[string]struct {
		rule snapshot.Retention
		all  []snapshot.Candidate
		want []string
	}{
		"nothing is kept":              {snapshot.Retention{}, all, []string{"a", "b", "c", "d", "e"}},
		"the newest two":               {snapshot.Retention{KeepLast: 2}, all, []string{"a", "b", "c"}},
		"more than there are":          {snapshot.Retention{KeepLast: 9}, all, nil},
		"those of eight days":          {snapshot.Retention{KeepWithin: 8*day + time.Hour}, all, []string{"a", "b"}},
		"either rule keeps":            {snapshot.Retention{KeepLast: 4, KeepWithin: 7 * day}, all, []string{"a"}},
		"what is needed stays":         {snapshot.Retention{KeepLast: 1}, needed("a", "c"), []string{"b", "d"}},
		"room for three":               {snapshot.Retention{MaxBytes: 35}, all, []string{"a", "b"}},
		"room for all":                 {snapshot.Retention{MaxBytes: 50}, all, nil},
		"room for none":                {snapshot.Retention{MaxBytes: 1}, all, []string{"a", "b", "c", "d", "e"}},
		"room, and what is needed":     {snapshot.Retention{MaxBytes: 20}, needed("a"), []string{"b", "c", "d"}},
		"more is needed than has room": {snapshot.Retention{MaxBytes: 1}, needed("a", "e"), []string{"b", "c", "d"}},
		"a rule, and then room":        {snapshot.Retention{KeepLast: 4, MaxBytes: 25}, all, []string{"a", "b", "c"}},
		"none at all":                  {snapshot.Retention{KeepLast: 1}, nil, nil},
	} {
		if got := c.rule.Choose(c.all, now); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v go, want %v", name, got, c.want)
		}
	}
	// A clock that was set back makes nothing older.
	if got := (snapshot.Retention{KeepWithin: day}).Choose(all, now.AddDate(-1, 0, 0)); len(got) != 0 {
		t.Errorf("a clock set back: %v go", got)
	}
}
