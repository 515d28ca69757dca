package dump

import (
	"testing"

	stored "github.com/safemigrate/safemigrate/snapshot/dump"
)

// TestJobsKeepApart: two jobs meet at a table only where there is no other one left.
func TestJobsKeepApart(t *testing.T) {
	t.Parallel()
	tables := []Table{{Name: "large"}, {Name: "second"}, {Name: "small"}}
	w := newWork([]task{{table: 0, size: 9}, {table: 0, index: 1, size: 9}, {table: 1, size: 8}, {table: 0, index: 2, size: 7}, {table: 2, size: 1}}, tables, nil)
	begin := func(table, index int) task {
		t.Helper()
		k, ok := w.next()
		if !ok || k.table != table || k.index != index {
			t.Fatalf("part %d of table %d, %t; want %d of %d", k.index, k.table, ok, index, table)
		}
		return k
	}
	one, two := begin(0, 0), begin(1, 0)
	w.finish(two, &stored.RowSum{})
	two = begin(2, 0)
	w.finish(one, &stored.RowSum{})
	begin(0, 1)
	w.finish(two, &stored.RowSum{})
	begin(0, 2)
	if k, ok := w.next(); ok {
		t.Fatalf("a part too many: %+v", k)
	}
}
