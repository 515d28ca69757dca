//go:build unix

package soak

import (
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"
	"time"
)

// Seeds hands seeds out: the first so many, one alone, or new ones for a while.
type Seeds struct {
	next, end uint64
	until     time.Time
	drawn     atomic.Uint64
}

// NewSeeds are count seeds from the first on, unless the environment says otherwise.
func NewSeeds(tb testing.TB, first, count uint64) *Seeds {
	tb.Helper()
	s := &Seeds{next: first, end: first + count}
	if text := os.Getenv("SAFEMIGRATE_CASES"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			tb.Fatalf("SAFEMIGRATE_CASES: %v", err)
		}
		s.end = first + n
	}
	if text := os.Getenv("SAFEMIGRATE_SOAK"); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil {
			tb.Fatalf("SAFEMIGRATE_SOAK: %v", err)
		}
		s.next, s.until = rand.Uint64N(1<<40)<<16, time.Now().Add(d) //nolint:gosec // any cases that are new
	}
	if text := os.Getenv("SAFEMIGRATE_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			tb.Fatalf("SAFEMIGRATE_SEED: %v", err)
		}
		s.next, s.end, s.until = n, n+1, time.Time{}
	}
	return s
}

// Draw is the next seed, if there is one.
func (s *Seeds) Draw() (uint64, bool) {
	n := s.next + s.drawn.Add(1) - 1
	if !s.until.IsZero() {
		return n, time.Now().Before(s.until)
	}
	return n, n < s.end
}

// workers is how many cases run at once.
func workers() int { return min(runtime.GOMAXPROCS(0), 4) }

// InParallel has some workers draw cases until there are no more, and judges
// them together.
func InParallel(t *testing.T, work func(*testing.T, *Tally)) {
	t.Helper()
	all := &Tally{}
	t.Cleanup(func() { all.judge(t) })
	for i := range workers() {
		t.Run("worker "+strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			work(t, all)
		})
	}
}
