//go:build unix

package soak

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

const (
	// refusedAtMost is how many cases of a hundred may be refused by name.
	refusedAtMost = 15
	// judgedFrom is how many cases say something about their share.
	judgedFrom = 50
)

// Outcome is how a case ended: refused for reasons that were named, wrong, or exact.
type Outcome struct {
	Refused []string
	Wrong   string
}

// Tally counts how cases ended.
type Tally struct {
	mu             sync.Mutex
	exact, refused int
	wrong          int
	statements     int
	reasons        map[string]int
}

// Add counts a case.
func (t *Tally) Add(c Script, o Outcome) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.statements += len(c.Batch)
	switch {
	case o.Wrong != "":
		t.wrong++
	case len(o.Refused) > 0:
		if t.reasons == nil {
			t.reasons = map[string]int{}
		}
		t.refused++
		t.reasons[reason(o.Refused[0])]++
	default:
		t.exact++
	}
}

// Failures is how many have been wrong so far.
func (t *Tally) Failures() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.wrong
}

func (t *Tally) judge(tb testing.TB) {
	tb.Helper()
	tb.Log(t.String())
	if t.total() >= judgedFrom && t.share() > refusedAtMost {
		tb.Errorf("%d %% of the cases were refused, at most %d %% may be", t.share(), refusedAtMost)
	}
}

func (t *Tally) total() int { return t.exact + t.refused + t.wrong }

// share is how many cases of a hundred were refused.
func (t *Tally) share() int { return 100 * t.refused / max(t.total(), 1) }

func (t *Tally) String() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%d of %d exact (%d statements), %d refused by name", t.exact, t.total(), t.statements, t.refused)
	for _, r := range slices.SortedFunc(maps.Keys(t.reasons), func(a, b string) int { return t.reasons[b] - t.reasons[a] }) {
		fmt.Fprintf(&out, "\n\t%4d  %s", t.reasons[r], r)
	}
	return out.String()
}

var (
	quotedName = regexp.MustCompile("\"(?:[^\"]|\"\")*\"|`(?:[^`]|``)*`")
	dottedName = regexp.MustCompile(`[\pL\d_…$]+\.[\pL\d_…$]+(\([^)]*\))?`)
)

// reason is a refusal without the names in it.
func reason(text string) string {
	text = dottedName.ReplaceAllString(quotedName.ReplaceAllString(text, "…"), "…")
	return strings.Join(strings.Fields(text), " ")
}
