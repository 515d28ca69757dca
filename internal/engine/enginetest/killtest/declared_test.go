//go:build failpoint && unix

package killtest

import "testing"

func declared(t *testing.T, p *play) {
	t.Helper()
	seen := map[string]int{}
	for _, x := range p.ref.trace {
		seen[x]++
	}
	t.Log(p.label(), p.ref.took, seen)
}
