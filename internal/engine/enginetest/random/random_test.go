//go:build unix

package random

import (
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/enginetest/soak"
)

const (
	// fastCases, treeCases and wholeCases are how many there are of each level without a
	// soak: 2,000 together.
	fastCases, treeCases, wholeCases = 1700, 200, 100
	// casesOfDatabase bounds how many undone cases' rows pile up in the catalogs.
	casesOfDatabase = 100
	// aloneEvery is how often the definitions are tried on their own.
	aloneEvery = 4
	// shrunkAtMost bounds the time that many failures take.
	shrunkAtMost = 4
)

// TestSoakFast runs the bulk of the cases, each in a transaction.
func TestSoakFast(t *testing.T) {
	t.Parallel()
	source := soak.NewSeeds(t, 1, fastCases)
	soak.InParallel(t, func(t *testing.T, all *soak.Tally) {
		t.Helper()
		fastWorker(t, source, all)
	})
}

// TestFastTrees runs cases with trees of tables in the same way. A soak has them among its own.
func TestFastTrees(t *testing.T) {
	t.Parallel()
	source := soak.NewSeeds(t, treesFrom+wholeCases, treeCases)
	soak.InParallel(t, func(t *testing.T, all *soak.Tally) {
		t.Helper()
		fastWorker(t, source, all)
	})
}

func fastWorker(t *testing.T, source *soak.Seeds, all *soak.Tally) {
	t.Helper()
	var s *session
	for n := 0; ; n++ {
		seed, ok := source.Draw()
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
		all.Add(c.Script, o)
		if o.Wrong != "" {
			if all.Failures() <= shrunkAtMost {
				c, o = s.shrink(t, c, o)
			}
			t.Errorf("seed %d:\n%s\n-- DIFFERENCE\n%s", seed, c, o.Wrong)
		}
	}
}

func (s *session) shrink(t *testing.T, c script, o soak.Outcome) (script, soak.Outcome) {
	t.Helper()
	short, o, err := soak.Shrink(c.Script, o, func(c soak.Script) (soak.Outcome, error) {
		_, found, err := s.again(script{c})
		return found, err
	})
	if err != nil {
		t.Fatalf("shrinking: %v\n%s", err, short)
	}
	return script{short}, o
}
