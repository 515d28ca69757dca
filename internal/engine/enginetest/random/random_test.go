//go:build unix

package random

import (
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const (
	// fastCases, treeCases and wholeCases are how many there are of each level without a
	// soak: 2,000 together.
	fastCases, treeCases, wholeCases = 1700, 200, 100
	// refusedAtMost is how many cases of a hundred may be refused by name.
	refusedAtMost = 15
	// casesOfDatabase bounds how many undone cases' rows pile up in the catalogs.
	casesOfDatabase = 100
	// aloneEvery is how often the definitions are tried on their own.
	aloneEvery = 4
	// shrunkAtMost bounds the time that many failures take.
	shrunkAtMost = 4
)

// seeds hands seeds out: the first so many, one alone, or new ones for a while.
type seeds struct {
	next, end uint64
	until     time.Time
	drawn     atomic.Uint64
}

func newSeeds(t *testing.T, first, count uint64) *seeds {
	t.Helper()
	s := &seeds{next: first, end: first + count}
	if text := os.Getenv("SAFEMIGRATE_CASES"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("SAFEMIGRATE_CASES: %v", err)
		}
		s.end = first + n
	}
	if text := os.Getenv("SAFEMIGRATE_SOAK"); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil {
			t.Fatalf("SAFEMIGRATE_SOAK: %v", err)
		}
		s.next, s.until = rand.Uint64N(1<<40)<<16, time.Now().Add(d)
	}
	if text := os.Getenv("SAFEMIGRATE_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("SAFEMIGRATE_SEED: %v", err)
		}
		s.next, s.end, s.until = n, n+1, time.Time{}
	}
	return s
}

// draw is the next seed, if there is one.
func (s *seeds) draw() (uint64, bool) {
	n := s.next + s.drawn.Add(1) - 1
	if !s.until.IsZero() {
		return n, time.Now().Before(s.until)
	}
	return n, n < s.end
}

// workers is how many cases run at once.
func workers() int { return min(runtime.GOMAXPROCS(0), 4) }

// TestSoakFast runs the bulk of the cases, each in a transaction.
func TestSoakFast(t *testing.T) {
	t.Parallel()
	source := newSeeds(t, 1, fastCases)
	inParallel(t, func(t *testing.T, all *tally) {
		t.Helper()
		fastWorker(t, source, all)
	})
}

// TestFastTrees runs cases with trees of tables in the same way. A soak has them among its own.
func TestFastTrees(t *testing.T) {
	t.Parallel()
	source := newSeeds(t, treesFrom+wholeCases, treeCases)
	inParallel(t, func(t *testing.T, all *tally) {
		t.Helper()
		fastWorker(t, source, all)
	})
}

// inParallel has some workers draw cases until there are no more, and judges
// them together.
func inParallel(t *testing.T, work func(*testing.T, *tally)) {
	t.Helper()
	all := &tally{}
	t.Cleanup(func() { all.judge(t) })
	for i := range workers() {
		t.Run("worker "+strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			work(t, all)
		})
	}
}

func (t *tally) judge(tb testing.TB) {
	tb.Helper()
	tb.Log(t.String())
	if t.total() >= 50 && t.share() > refusedAtMost {
		tb.Errorf("%d %% of the cases were refused, at most %d %% may be", t.share(), refusedAtMost)
	}
}

func fastWorker(t *testing.T, source *seeds, all *tally) {
	t.Helper()
	var s *session
	for n := 0; ; n++ {
		seed, ok := source.draw()
		if !ok {
			return
		}
		if n%casesOfDatabase == 0 {
			s = open(t, newDatabase(t))
		}
		c, o, err := s.fast(seed%aloneEvery == 0, func(between func() error) (script, error) { return newGen(seed).grow(s, between) })
		if err != nil {
			t.Errorf("seed %d: %v\n%s", seed, err, c)
			s = open(t, newDatabase(t))
			continue
		}
		all.add(c, o)
		if o.wrong != "" {
			if all.failures() <= shrunkAtMost {
				c, o = s.shrink(t, c, o)
			}
			t.Errorf("seed %d:\n%s\n-- DIFFERENCE\n%s", seed, c, o.wrong)
		}
	}
}

// shrink leaves statements out one by one, as long as something stays wrong.
func (s *session) shrink(t *testing.T, c script, o outcome) (script, outcome) {
	t.Helper()
	for shorter := true; shorter; {
		shorter = false
		for _, part := range []*[]string{&c.batch, &c.setup} {
			for i := range slices.Backward(*part) {
				whole := *part
				*part = append(append([]string{}, whole[:i]...), whole[i+1:]...)
				_, found, err := s.again(c)
				if err != nil {
					t.Fatalf("shrinking: %v\n%s", err, c)
				}
				if found.wrong == "" {
					*part = whole
					continue
				}
				o, shorter = found, true
			}
		}
	}
	return c, o
}

func (c script) String() string {
	return "-- SETUP\n" + strings.Join(c.setup, ";\n") + ";\n-- BATCH\n" + strings.Join(c.batch, ";\n") + ";"
}
