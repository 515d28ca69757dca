//go:build failpoint && unix

package killtest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/safemigrate/safemigrate/internal/failpoint"
)

// atOnce is how many cells run at a time: they mostly wait for disk and server.
const atOnce = 4

// cell is one death: the command of a play at the n-th passing of a point.
type cell struct {
	*play
	point string
	n     int
}

func (c cell) name() string { return fmt.Sprintf("%s/%s-%d", c.label(), c.point, c.n) }

// TestKillCommands kills every command of every scenario.
func TestKillCommands(t *testing.T) {
	plays := allPlays(t)
	t.Run("at every point", func(t *testing.T) { killAtEveryPoint(t, plays) })
	t.Run("at random times", func(t *testing.T) {
		killAtRandomTimes(t, plays, randomKills, "postgres", "sqlite", "postgres", "sqlite-wal")
	})
}

// killAtEveryPoint kills each command at the first passing of every point that
// it passes and, where it commits more than once, at the last.
func killAtEveryPoint(t *testing.T, plays []*play) {
	t.Helper()
	var cells []cell
	passed := map[string]bool{}
	for _, p := range plays {
		declared(t, p)
		for _, point := range slices.Compact(slices.Sorted(slices.Values(p.ref.trace))) {
			passed[point] = true
			cells = append(cells, cell{p, point, 1})
			// Within one transaction one passing is like another.
			if n := count(p.ref.trace, point); n > 1 && count(p.ref.trace, "up.commit.before") > 1 {
				cells = append(cells, cell{p, point, n})
			}
		}
	}
	for _, point := range failpoint.Names() {
		if !passed[point] && !killedElsewhere(point) {
			t.Errorf("no command passes %s", point)
		}
	}
	var failed atomic.Int64
	work(t, cells, func(c cell) string { return c.name() }, func(t *testing.T, c cell) {
		t.Helper()
		s, _ := c.ready(t, false)
		before, _ := s.batches(t)
		s.killed(t, c.command, fmt.Sprintf("%s#%d", c.point, c.n))
		c.judge(t, s, before)
		if t.Failed() {
			failed.Add(1)
		}
	})
	t.Logf("%d points, %d plays, %d cells, %d with violations", len(passed), len(plays), len(cells), failed.Load())
}

// killedElsewhere tells of points that no play here passes: those of MySQL are for
// TestKillMySQL, those of stores, clones and exchanges for tests of their own
// (sqlite.TestKillWithStore, dump.TestKill, TestKillWithClones, TestKillWholeDatabase).
func killedElsewhere(point string) bool {
	return point == "sqlite.stored" || point == "sqlite.fetched" ||
		slices.ContainsFunc([]string{"mysql.", "dump.", "postgres.clone.", "postgres.exchange.", "postgres.restore.", "postgres.verify."}, func(of string) bool { return strings.HasPrefix(point, of) })
}

// allPlays refers to every scenario of every engine.
func allPlays(t *testing.T) []*play {
	t.Helper()
	owner := t
	var plays []*play
	var mu sync.Mutex
	type pair struct {
		e engine
		s scenario
	}
	var pairs []pair
	for _, e := range engines(t) {
		for _, s := range e.scenarios {
			pairs = append(pairs, pair{e, s})
		}
	}
	work(t, pairs, func(p pair) string { return "undisturbed/" + p.e.name + "/" + p.s.name }, func(t *testing.T, p pair) {
		t.Helper()
		made := newPlay(t, owner, p.e, p.s)
		mu.Lock()
		defer mu.Unlock()
		plays = append(plays, made)
	})
	if t.Failed() {
		t.FailNow()
	}
	slices.SortFunc(plays, func(a, b *play) int { return strings.Compare(a.label(), b.label()) })
	return plays
}

// work runs subtests, some at a time.
func work[T any](t *testing.T, all []T, name func(T) string, run func(*testing.T, T)) {
	t.Helper()
	queue := make(chan T)
	var workers sync.WaitGroup
	for range atOnce {
		workers.Go(func() {
			for one := range queue {
				t.Run(name(one), func(t *testing.T) { run(t, one) })
			}
		})
	}
	for _, one := range all {
		queue <- one
	}
	close(queue)
	workers.Wait()
}

func count(all []string, one string) int {
	n := 0
	for _, s := range all {
		if s == one {
			n++
		}
	}
	return n
}

// traced runs a command undisturbed and lists the points that it passes.
func (s *stage) traced(t *testing.T, command []string) (ending, []string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "trace")
	e := s.wait(t, s.start(t, command, environment("", path)...))
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("reading the trace of %v: %v\n%s", command, err, e)
	}
	return e, strings.Fields(string(text))
}
