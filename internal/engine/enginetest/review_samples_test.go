//go:build unix

package enginetest_test

import (
	"fmt"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
)

// sampleSteps applies the shipped migrations in batches of one, and tells how
// the database was at each version.
func sampleSteps(t *testing.T) (p *enginetest.Project, states []string) {
	t.Helper()
	e := enginetest.Postgres()
	p = &enginetest.Project{DB: e.Fresh(t), Config: safemigrate.Config{FS: samples(e)}}
	states = append(states, p.DB.Fingerprint(t))
	for range sampleVersions {
		p.Up(t, oneMore)
		states = append(states, p.DB.Fingerprint(t))
	}
	return p, states
}

// TestSamplesBackOneByOne never asks for a decision: what later batches, and
// rollbacks of them, wrote is nobody else's work.
func TestSamplesBackOneByOne(t *testing.T) {
	t.Parallel()
	p, states := sampleSteps(t)
	for v := sampleVersions - 1; v >= 0; v-- {
		p.Rollback(t, takeBack)
		p.Is(t, states[v], fmt.Sprintf("back at version %d", v))
	}
	for v := range sampleVersions {
		p.Rollback(t, undoIt)
		p.Is(t, states[v+1], fmt.Sprintf("with the rollback to version %d undone", v))
	}
}

// TestSamplesBackAtOnce takes the same way in one transaction.
func TestSamplesBackAtOnce(t *testing.T) {
	t.Parallel()
	p, states := sampleSteps(t)
	none := ""
	for range 2 {
		p.Rollback(t, safemigrate.RollbackOptions{To: &none})
		p.Is(t, states[0], "after the rollback")
		p.Rollback(t, undoIt)
		p.Is(t, states[sampleVersions], "after its undo")
	}
}
