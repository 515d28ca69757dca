package postgres

import (
	"context"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/revert"
	"github.com/safemigrate/safemigrate/migrate"
)

// misfits is what the later rows of tables break, by batch and by the table's name
// before it: numbers are others in each run.
type misfits map[string]map[string]revert.Misfit

// of translates them for the plan of one batch.
func (m misfits) of(batch string, before *catalog.State) revert.Misfits {
	out := revert.Misfits{}
	for i := range before.Objects {
		if o := &before.Objects[i]; o.Kind == catalog.KindTable && m[batch][o.Identity].What != "" {
			out[o.Address.OID] = m[batch][o.Identity]
		}
	}
	return out
}

// learn notes whose later rows an error is about, so that the next run counts them
// among those that cannot stay: what is to become of them is then decided as of all
// others. A batch that stopped half-way takes no rows of others out.
func (u *undo) learn(plan *revert.Plan, batch string, err error) {
	table, found := plan.Misfit(err)
	if table == "" || u.req.Incomplete || u.misfits[batch][table].What != "" {
		return
	}
	if u.misfits[batch] == nil {
		u.misfits[batch] = map[string]revert.Misfit{}
	}
	u.misfits[batch][table], u.misfit = found, true
	u.tellf("later rows of %s break %s, which comes back: once more, with them counted", table, found.What)
}

// again begins anew with what was learned. Nothing of the run before is left: it was one
// transaction. Each run learns of one table more, or is the last.
func (u *undo) again(ctx context.Context) (*undo, error) {
	next := &undo{DB: u.DB, req: u.req, misfits: u.misfits}
	if err := u.Abort(context.WithoutCancel(ctx)); err != nil {
		return next, err
	}
	return next, u.Begin(ctx, migrate.Step{})
}
