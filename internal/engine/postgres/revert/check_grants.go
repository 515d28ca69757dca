package revert

import (
	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// checkGrants finds privileges that were given by somebody other than the owner
// and that the batch took away or added: only who gave them could do it again.
func (w *work) checkGrants(want, cur *object) {
	if want == nil || cur == nil {
		return
	}
	check := func(a, b []catalog.Grant) {
		b = ownedBy(b, cur.Owner, want.Owner)
		w.checkGiven(want, a, b)
		w.checkGiven(want, b, a)
	}
	check(want.Grants, cur.Grants)
	for _, pair := range columnPairs(want, cur) {
		check(pair.want.Grants, pair.cur.Grants)
	}
	for _, pair := range sequencePairs(want, cur) {
		check(pair.want.Grants, pair.cur.Grants)
	}
}

// checkGiven finds what a has and b has not.
func (w *work) checkGiven(o *object, a, b []catalog.Grant) {
	for _, g := range a {
		if _, ok := granted(b, g); !ok && g.Grantor != o.Owner {
			w.conflictf("%s: the privilege %s that %s gave to %s was changed, and only %s could put it back",
				label(o), g.Privilege, g.Grantor, grantee(g.Grantee), g.Grantor)
		}
	}
}

// ownedBy is what ALTER … OWNER TO makes of privileges.
func ownedBy(grants []catalog.Grant, from, to string) []catalog.Grant {
	out := make([]catalog.Grant, len(grants))
	for i, g := range grants {
		if g.Grantor == from {
			g.Grantor = to
		}
		if g.Grantee == from {
			g.Grantee = to
		}
		out[i] = g
	}
	return out
}
