//go:build unix

package dump_test

import (
	"slices"
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/dump"
)

// TestOnlyLargeTablesAreCut: a table is cut where it is larger than half of one job's share,
// into parts that are sized with its TOAST, and no more than it has pages.
func TestOnlyLargeTablesAreCut(t *testing.T) {
	t.Parallel()
	const mb = 1 << 20
	table := func(bytes, pages int64) dump.Sized { return dump.Sized{Bytes: bytes, Pages: pages} }
	for name, c := range map[string]struct {
		jobs   int
		tables []dump.Sized
		want   []int
	}{
		"half of a share, and a page more": {2, []dump.Sized{table(100*mb, 12800), table(100*mb+8192, 12801), table(200*mb-8192, 25599)}, []int{1, 4, 7}},
		"one job":                          {1, []dump.Sized{table(900*mb, 115200)}, []int{1}},
		"less than a part":                 {4, []dump.Sized{table(32*mb, 4096)}, []int{1}},
		"most of it TOAST":                 {2, []dump.Sized{table(640*mb, 3200)}, []int{20}},
		"fewer pages than parts":           {2, []dump.Sized{table(640*mb, 5)}, []int{5}},
		"no part above the most":           {2, []dump.Sized{table(64_000*mb, 8_192_000)}, []int{1000}},
	} {
		if got := dump.PartsOf(c.jobs, c.tables...); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
