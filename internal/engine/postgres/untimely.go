package postgres

import (
	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// behind is which checks are to be made again behind everything else, by batch, kind and
// name: numbers are others in each run.
type behind map[string]map[string]bool

// of translates them for the plan of one batch.
func (b behind) of(batch string, before *catalog.State) map[catalog.Address]bool {
	out := map[catalog.Address]bool{}
	for i := range before.Objects {
		if o := &before.Objects[i]; b[batch][called(o)] {
			out[o.Address] = true
		}
	}
	return out
}

func called(o *catalog.Object) string { return string(o.Kind) + " " + o.Identity }

// putBehind has the next run make a check again, wherever it is on a table and its parts,
// once all that it may depend on is back.
func (u *undo) putBehind(batch string, checks []*catalog.Object) {
	if u.behind[batch] == nil {
		u.behind[batch] = map[string]bool{}
	}
	for _, o := range checks {
		u.behind[batch][called(o)] = true
	}
	u.learned = true
	u.tellf("rows of before do not pass %s yet: once more, with it made again when all is back", called(checks[0]))
}
