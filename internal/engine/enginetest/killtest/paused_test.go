//go:build failpoint && unix

package killtest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/safemigrate/safemigrate/migrate"
)

// paused is a command that waits at a fail point.
type paused struct {
	*child
	gate string
}

// pause starts a command and returns when it waits at the n-th passing of a point.
func (s *stage) pause(t *testing.T, command []string, point string, n int) *paused {
	t.Helper()
	dir := t.TempDir()
	trace := filepath.Join(dir, "trace")
	p := &paused{gate: filepath.Join(dir, "gate")}
	variables := append(environment(fmt.Sprintf("%s#%d@pause", point, n), trace), "SAFEMIGRATE_FAILPOINT_GATE="+p.gate)
	p.child = s.start(t, command, variables...)
	t.Cleanup(func() {
		if p.command.ProcessState == nil { // the test has failed; else somebody else may have the number
			_ = syscall.Kill(-p.command.Process.Pid, syscall.SIGKILL)
		}
	})
	eventually(t, fmt.Sprintf("%v comes to %s for the %d. time", command, point, n), func() bool {
		text, err := os.ReadFile(trace)
		return err == nil && count(strings.Fields(string(text)), point) >= n
	})
	return p
}

// release lets the command go on.
func (p *paused) release(t *testing.T) {
	t.Helper()
	if err := os.WriteFile(p.gate, nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

// fault is something that happens to a command while it is at a point.
type fault struct {
	*play
	point string
	n     int
}

func (f fault) name() string { return fmt.Sprintf("%s/%s-%d", f.label(), f.point, f.n) }

// faults pairs plays with points: all of them, at their first and last passing.
func faults(plays []*play, points ...string) []fault {
	var all []fault
	for _, p := range plays {
		for _, point := range points {
			n := count(p.ref.trace, point)
			if n > 0 {
				all = append(all, fault{p, point, n})
			}
			if n > 1 {
				all = append(all, fault{p, point, 1})
			}
		}
	}
	return all
}

// strike lets a command come to a point, has something happen to it there, and
// judges the end of it.
func (f fault) strike(t *testing.T, happens func(t *testing.T, s *stage, at *paused)) {
	t.Helper()
	s, _ := f.ready(t, false)
	before, _ := s.batches(t)
	at := s.pause(t, f.command, f.point, f.n)
	happens(t, s, at)
	at.release(t)
	e := s.wait(t, at.child)
	unlocked(t, s)
	if e.signal == 0 {
		truth(t, s, f.ref, e)
	}
	f.judge(t, s, before)
}

// only picks plays of one engine by the names of their scenarios.
func only(t *testing.T, e engine, names ...string) []*play {
	t.Helper()
	var plays []*play
	for _, s := range e.scenarios {
		if slices.Contains(names, s.name) {
			plays = append(plays, newPlay(t, t, e, s))
		}
	}
	if len(plays) != len(names) {
		t.Fatalf("%d of the plays %v exist", len(plays), names)
	}
	return plays
}

// unfinishedNow reports whether recover has something to do.
func (s *stage) unfinishedNow(t *testing.T) bool {
	t.Helper()
	batches, _ := s.batches(t)
	return migrate.NewestUnfinished(batches) != nil
}
