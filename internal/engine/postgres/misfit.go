package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

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
	if checks := plan.Untimely(err); len(checks) > 0 {
		u.putBehind(batch, checks)
		return
	}
	table, found := plan.Misfit(err)
	if table == "" || u.req.Incomplete || !found.Beyond(u.misfits[batch][table]) {
		return
	}
	if u.misfits[batch] == nil {
		u.misfits[batch] = map[string]revert.Misfit{}
	}
	u.misfits[batch][table], u.learned = found, true
	u.tellf("later rows of %s break %s, which comes back: once more, with them counted", table, found.What)
}

// broken is what was counted of the rows of a table that stays.
type broken struct {
	rows    int64    // that break what comes back, as far as it can be asked
	unknown []string // what could not be asked, and why
}

// foresee counts, where nothing is taken back, the rows of tables that stay which break what
// comes back: a rollback learns of them when the server refuses them.
func (u *undo) foresee(ctx context.Context, plan *revert.Plan, batch string) (map[string]broken, error) {
	counted := map[string]broken{}
	if err := plan.Ask(ctx, u.conn, true); err != nil {
		return nil, plain(err)
	}
	for _, b := range plan.Breaking() {
		found, err := u.countBroken(ctx, b)
		if err != nil {
			return nil, fmt.Errorf("count the rows of %s that break %s: %w", b.Before, b.Misfit.What, plain(err))
		}
		if found.rows == 0 && len(found.unknown) == 0 {
			continue
		}
		if u.misfits[batch] == nil {
			u.misfits[batch] = map[string]revert.Misfit{}
		}
		u.misfits[batch][b.Before], counted[b.Before] = b.Misfit, found
	}
	return counted, nil
}

// countBroken counts the rows that break something. Where not all can be asked at once,
// each is asked by itself.
func (u *undo) countBroken(ctx context.Context, b revert.Breaking) (found broken, err error) {
	if b.Unasked() == nil {
		if found.rows, err = u.tryCount(ctx, b.Count()); !unaskable(err) {
			return found, err
		}
	}
	var asked []revert.Breaking
	for _, part := range b.Parts() {
		err := part.Unasked()
		if err == nil {
			_, err = u.tryCount(ctx, part.Count())
		}
		switch {
		case unaskable(err):
			found.unknown = append(found.unknown, part.Misfit.What+" ("+inWords(err)+")")
		case err != nil:
			return found, err
		default:
			asked = append(asked, part)
		}
	}
	if len(asked) > 0 {
		found.rows, err = u.tryCount(ctx, b.Only(asked).Count())
		return found, err
	}
	return found, nil
}

// tryCount counts rows by a query that may not be one: the role may not call its function,
// or the function fails on a row. What it does is undone.
func (u *undo) tryCount(ctx context.Context, query string) (int64, error) {
	if err := u.script(ctx, "SAVEPOINT safemigrate_try"); err != nil {
		return 0, err
	}
	n, err := revert.Count(ctx, u.conn, query)
	if err != nil && u.conn.IsClosed() {
		return 0, err
	}
	return n, errors.Join(err, u.script(ctx, "ROLLBACK TO SAVEPOINT safemigrate_try; RELEASE SAVEPOINT safemigrate_try"))
}

// unaskable reports whether a condition failed by itself, and not for want of a lock, of
// memory, or because somebody ended it.
func unaskable(err error) bool {
	if c := code(err); len(c) == len("42000") {
		return !notGot(err) && !slices.Contains([]string{"08", "40", "53", "57", "58", "XX"}, c[:2])
	}
	return false
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
		found := counted[t.Before]
		if found.rows > 0 {
			plan.TakenOut[t.OID] = found.rows
		}
		u.unasked[t.OID] = found.unknown
	}
	return plan, nil
}

// noteUnasked says of which rows nobody knows whether they can stay.
func noteUnasked(line *migrate.TableReport, unknown []string) {
	if len(unknown) == 0 {
		return
	}
	words := "how many rows break " + strings.Join(unknown, ", ") + " is not known"
	if line.Written > 0 {
		words = fmt.Sprintf("so far %d; %s", line.Written, words)
	}
	line.Written, line.Gone, line.Why = -1, -1, line.Why+"; "+words
}

// again begins anew with what was learned. Nothing of the run before is left: it was one
// transaction. Each run learns of one table or check more, or is the last.
func (u *undo) again(ctx context.Context) (*undo, error) {
	next := &undo{DB: u.DB, req: u.req, misfits: u.misfits, behind: u.behind}
	if err := u.Abort(context.WithoutCancel(ctx)); err != nil {
		return next, err
	}
	return next, u.Begin(ctx, migrate.Step{})
}
