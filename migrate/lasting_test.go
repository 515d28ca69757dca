package migrate_test

import (
	"testing"
	"time"

	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

func TestLasting(t *testing.T) {
	t.Parallel()
	took := func(by snapshot.Strategy, megabytes, seconds int64) *snapshot.Manifest {
		return &snapshot.Manifest{Strategy: by, Bytes: megabytes * 1_000_000, Took: time.Duration(seconds) * time.Second}
	}
	cases := map[string]struct {
		earlier []*snapshot.Manifest
		rate    int64
		from    string
	}{
		"none":              {nil, 7, "a default, for no earlier snapshot of this database tells"},
		"too small":         {[]*snapshot.Manifest{took(snapshot.Copy, 3, 1)}, 7, "a default, for no earlier snapshot of this database tells"},
		"no time":           {[]*snapshot.Manifest{took(snapshot.Copy, 30, 0)}, 7, "a default, for no earlier snapshot of this database tells"},
		"another strategy":  {[]*snapshot.Manifest{took(snapshot.Dump, 30, 1)}, 7, "a default, for no earlier snapshot of this database tells"},
		"one":               {[]*snapshot.Manifest{took(snapshot.Copy, 30, 2)}, 15_000_000, "an earlier snapshot of this database"},
		"median of several": {[]*snapshot.Manifest{took(snapshot.Copy, 90, 1), took(snapshot.Copy, 10, 1), took(snapshot.Copy, 20, 1)}, 20_000_000, "3 earlier snapshots of this database"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := migrate.Estimate{Strategy: snapshot.Copy, Bytes: 60_000_000}
			e.Lasting(c.earlier, 7)
			want := time.Duration(60_000_000 / float64(c.rate) * float64(time.Second))
			if e.Rate != c.rate || e.RateFrom != c.from || e.Took != want {
				t.Errorf("%d from %q, %s; want %d from %q, %s", e.Rate, e.RateFrom, e.Took, c.rate, c.from, want)
			}
		})
	}
}
