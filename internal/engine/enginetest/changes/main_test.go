//go:build unix

package changes_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/safemigrate/safemigrate/internal/testpg"
)

// TestMain: SAFEMIGRATE_TEST_CHANGES is the share (testshare) of these cases alone.
func TestMain(m *testing.M) {
	if share := os.Getenv("SAFEMIGRATE_TEST_CHANGES"); share != "" {
		_ = os.Setenv("SAFEMIGRATE_TEST_SHARE", share) // the name is valid
	}
	testpg.Main(m, results.conclude)
}

// result is how one case came out.
type result struct {
	kind, name string
	refused    bool // it has to be refused
	superuser  bool // a superuser runs the batch
	elsewhere  bool // this server does not know it
	spared     bool // it is not in this run's share
	done, bad  bool
}

func (r *result) finish(failed bool) { r.done, r.bad = true, failed }

// table is the table of all results.
type table struct {
	mu  sync.Mutex
	all []*result
}

var results table

// announce enters a case; what is announced needs a result.
func (x *table) announce(t *testing.T, kind string, c change) *result {
	t.Helper()
	x.mu.Lock()
	defer x.mu.Unlock()
	if slices.ContainsFunc(x.all, func(r *result) bool { return r.kind == kind && r.name == c.name }) {
		t.Errorf("two cases of %s are called %q", kind, c.name)
	}
	r := &result{kind: kind, name: c.name, refused: c.refused != "", superuser: c.superuser}
	x.all = append(x.all, r)
	return r
}

// totals are those of one kind, or of all.
type totals struct{ exact, ofExact, refused, ofRefused, superuser, elsewhere, spared, missing int }

func (n *totals) count(r *result) {
	good := 0
	if r.done && !r.bad {
		good = 1
	}
	if r.done && !r.spared && !r.elsewhere && r.superuser {
		n.superuser++
	}
	switch {
	case !r.done:
		n.missing++
	case r.spared:
		n.spared++
	case r.elsewhere:
		n.elsewhere++
	case r.refused:
		n.refused, n.ofRefused = n.refused+good, n.ofRefused+1
	default:
		n.exact, n.ofExact = n.exact+good, n.ofExact+1
	}
}

func (n *totals) String() string {
	text := fmt.Sprintf("%d of %d exact, %d of %d refused by name", n.exact, n.ofExact, n.refused, n.ofRefused)
	if n.superuser > 0 {
		text += fmt.Sprintf(", %d of them as superuser", n.superuser)
	}
	if n.elsewhere > 0 {
		text += fmt.Sprintf(", %d not on this server", n.elsewhere)
	}
	if n.spared > 0 {
		text += fmt.Sprintf(", %d not in this run's share", n.spared)
	}
	return text
}

// leastCases is how many cases there are at least.
const leastCases = 400

// conclude prints the totals, and fails a run of all the tests in which a case had
// no result, or which has too few.
func (x *table) conclude(code int) int {
	x.mu.Lock()
	defer x.mu.Unlock()
	kinds, all := map[string]*totals{}, &totals{}
	var names []string
	for _, r := range x.all {
		if kinds[r.kind] == nil {
			kinds[r.kind] = &totals{}
			names = append(names, r.kind)
		}
		kinds[r.kind].count(r)
		all.count(r)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(os.Stdout, "%-24s %v\n", name, kinds[name])
	}
	if len(names) > 0 {
		fmt.Fprintf(os.Stdout, "%-24s %v\n", "all", all)
		if !server.dumps {
			fmt.Fprintln(os.Stdout, "no pg_dump knows this server: compared by the catalogs' rows, and by definitions")
		}
	}
	if flag.Lookup("test.run").Value.String() != "" || flag.Lookup("test.list").Value.String() != "" {
		return code
	}
	if all.missing > 0 {
		fmt.Fprintf(os.Stdout, "%d cases have no result\n", all.missing)
		code = max(code, 1)
	}
	if len(x.all) < leastCases {
		fmt.Fprintf(os.Stdout, "%d cases, and at least %d are promised\n", len(x.all), leastCases)
		code = max(code, 1)
	}
	return code
}
