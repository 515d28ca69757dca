package dump

import "context"

// OnlyTimeout is for the tests of this package.
var OnlyTimeout = onlyTimeout

// UnpackFiles is for the tests of this package.
func (f FromStore) UnpackFiles(ctx context.Context, names []string, dir string) error {
	return f.unpack(ctx, names, dir)
}

// Sized is a table for the tests of cutting: bytes with TOAST, and pages of its heap.
type Sized struct{ Bytes, Pages int64 }

// PartsOf says into how many parts tables are cut for so many jobs.
func PartsOf(jobs int, sized ...Sized) []int {
	tables := make([]Table, len(sized))
	for i, s := range sized {
		tables[i] = Table{size: s.Bytes, pages: s.Pages, heap: true}
	}
	split(tables, jobs, 0)
	parts := make([]int, len(tables))
	for i, t := range tables {
		parts[i] = t.Parts
	}
	return parts
}
