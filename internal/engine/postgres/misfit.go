package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

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

// foresee counts, where nothing is taken back, the rows of tables that stay which break what
// comes back: a rollback learns of them when the server refuses them.
func (u *undo) foresee(ctx context.Context, plan *revert.Plan, batch string) (counted map[string]int64, err error) {
	counted = map[string]int64{}
	for _, b := range plan.Breaking() {
		n, err := u.tryCount(ctx, b.Count)
		if err != nil {
			return nil, fmt.Errorf("count the rows of %s that break %s: %w", b.Before, b.Misfit.What, plain(err))
		}
		if n == 0 {
			continue
		}
		if u.misfits[batch] == nil {
			u.misfits[batch] = map[string]revert.Misfit{}
		}
		u.misfits[batch][b.Before], counted[b.Before] = b.Misfit, n
	}
	return counted, nil
}

// tryCount counts rows by a condition that may not be one yet, as a check whose function is
// away: then none are foreseen.
func (u *undo) tryCount(ctx context.Context, query string) (n int64, err error) {
	if err := u.script(ctx, "SAVEPOINT safemigrate_try"); err != nil {
		return 0, err
	}
	if err := u.conn.QueryRow(ctx, query).Scan(&n); err != nil {
		if said, ok := errors.AsType[*pgconn.PgError](err); !ok || !strings.HasPrefix(said.Code, "42") {
			return 0, err
		}
		n = 0
	}
	return n, u.script(ctx, "ROLLBACK TO SAVEPOINT safemigrate_try; RELEASE SAVEPOINT safemigrate_try")
}

// planFor plans with what is foreseen: rows that would be taken out of tables that stay.
func (u *undo) planFor(ctx context.Context, plan *revert.Plan, in revert.Input, batch string) (*revert.Plan, error) {
	counted, err := u.foresee(ctx, plan, batch)
	if err != nil || len(counted) == 0 {
		return plan, err
	}
	in.Misfits = u.misfits.of(batch, in.Before)
	if plan, err = revert.New(in); err != nil {
		return nil, err
	}
	for _, t := range plan.Tables {
		if n := counted[t.Before]; n > 0 {
			plan.TakenOut[t.OID] = n
		}
	}
	return plan, nil
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
