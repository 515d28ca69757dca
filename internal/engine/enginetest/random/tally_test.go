//go:build unix

package random

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// tally counts how cases ended.
type tally struct {
	mu             sync.Mutex
	exact, refused int
	wrong          int
	statements     int
	reasons        map[string]int
}

func (t *tally) add(c script, o outcome) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.statements += len(c.batch)
	switch {
	case o.wrong != "":
		t.wrong++
	case len(o.refused) > 0:
		if t.reasons == nil {
			t.reasons = map[string]int{}
		}
		t.refused++
		t.reasons[reason(o.refused[0])]++
	default:
		t.exact++
	}
}

// failures is how many have been wrong so far.
func (t *tally) failures() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.wrong
}

func (t *tally) total() int { return t.exact + t.refused + t.wrong }

// share is how many cases of a hundred were refused.
func (t *tally) share() int { return 100 * t.refused / max(t.total(), 1) }

func (t *tally) String() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%d of %d exact (%d statements), %d refused by name", t.exact, t.total(), t.statements, t.refused)
	for _, r := range slices.SortedFunc(maps.Keys(t.reasons), func(a, b string) int { return t.reasons[b] - t.reasons[a] }) {
		fmt.Fprintf(&out, "\n\t%4d  %s", t.reasons[r], r)
	}
	return out.String()
}

var (
	quotedName = regexp.MustCompile(`"(?:[^"]|"")*"`)
	dottedName = regexp.MustCompile(`[\pL\d_…$]+\.[\pL\d_…$]+(\([^)]*\))?`)
)

// reason is a refusal without the names in it.
func reason(text string) string {
	text = dottedName.ReplaceAllString(quotedName.ReplaceAllString(text, "…"), "…")
	return strings.Join(strings.Fields(text), " ")
}
