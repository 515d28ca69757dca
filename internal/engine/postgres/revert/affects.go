package revert

import "github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"

// affected collects all that a way back drops, makes, changes, or writes rows of.
func (w *work) affected() map[catalog.Address]bool {
	all := map[catalog.Address]bool{}
	for _, set := range []map[address]bool{w.drop, w.dropColumn, w.retype, w.swap, w.make, w.alter, w.refill, w.correct, w.mend} {
		for a, in := range set {
			if in {
				all[whole(a)] = true
			}
		}
	}
	for a := range w.tables {
		all[a] = true
	}
	return all
}

// Affected lists what the way back drops, makes, changes, or writes rows of; false
// where that is known only once names are back.
func (p *Plan) Affected() (map[catalog.Address]bool, bool) {
	r := &run{plan: p, before: p.in.Before, cur: p.in.Now}
	return p.affected, !r.renames()
}
