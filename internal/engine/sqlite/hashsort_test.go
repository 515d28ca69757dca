package sqlite

import (
	"errors"
	"io"
	"os"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestSortAndDiffer compares sorting in runs and the walk over two sorted rows
// with what the standard library does in memory.
func TestSortAndDiffer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		hashes := rapid.SliceOf(rapid.Uint64Range(0, 20))
		then, now := hashes.Draw(t, "then"), hashes.Draw(t, "now")
		length := rapid.IntRange(1, 5).Draw(t, "length")
		a, b := &hashSort{dir: dir, length: length}, &hashSort{dir: dir, length: length}
		x, y := fill(t, a, then), fill(t, b, now)
		got, err := differ(x.next, y.next)
		if err != nil {
			t.Fatal(err)
		}
		if want := plainly(then, now); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		if sorted := drain(t, fill(t, a, nil)); !slices.Equal(sorted, slices.Sorted(slices.Values(then))) {
			t.Errorf("sorted %v to %v", then, sorted)
		}
		if err := errors.Join(a.reset(), b.reset()); err != nil {
			t.Fatal(err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
			t.Fatalf("left over: %v, %v", left, err)
		}
	})
}

func fill(t *rapid.T, s *hashSort, hashes []uint64) *merge {
	t.Helper()
	for _, h := range hashes {
		if err := s.add(h); err != nil {
			t.Fatal(err)
		}
	}
	m, err := s.sorted()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func drain(t *rapid.T, m *merge) []uint64 {
	t.Helper()
	var all []uint64
	for {
		h, err := m.next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, h)
	}
}

// plainly counts with a map.
func plainly(then, now []uint64) loss {
	var l loss
	left := map[uint64]int{}
	for _, h := range then {
		left[h]++
	}
	for _, h := range now {
		if left[h]--; left[h] < 0 {
			l.Written++
			left[h] = 0
		}
	}
	for _, n := range left {
		l.Gone += int64(n)
	}
	return l
}
