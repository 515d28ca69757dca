package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/revert"
	"github.com/safemigrate/safemigrate/snapshot"
)

// passOn tells earlier batches what had been written since them in tables that
// are new now, and that their rows carry this transaction's ID.
func (u *undo) passOn(ctx context.Context, plan *revert.Plan, p *past) error {
	own, err := u.ownTransaction(ctx)
	if err != nil {
		return err
	}
	for id, tables := range p.kept.Since {
		e, today, err := u.effectOf(ctx, id)
		if unusable(err) {
			continue // pruned or damaged: no rollback will ask for these numbers
		}
		if err != nil {
			return err
		}
		if !carry(e, today, plan, p, tables, own) {
			continue
		}
		if _, err := u.putPart(ctx, id, partEffect, e); err != nil {
			return err
		}
	}
	return nil
}

// effectOf reads what an earlier batch did, and how its tables are called today.
func (u *undo) effectOf(ctx context.Context, id string) (e effect, today func(uint32) uint32, err error) {
	m, err := u.manifest(ctx, id)
	if err != nil {
		return e, nil, err
	}
	if err := u.getPart(ctx, m, partEffect, &e); err != nil {
		return e, nil, err
	}
	today, err = u.today(ctx, m)
	return e, today, err
}

// carry changes the marks of an earlier batch, and reports whether it did.
func carry(e effect, today func(uint32) uint32, plan *revert.Plan, p *past, tables map[uint32]since, own string) bool {
	changed := false
	for oid, mark := range e.Marks {
		at := today(oid)
		s, touched := tables[at]
		i := slices.IndexFunc(plan.Tables, func(t revert.TableWay) bool { return t.OID == at })
		if !touched || i < 0 || !refilled(plan.Tables[i]) {
			continue
		}
		mark.Rows, mark.CarriedWritten, mark.CarriedGone = p.kept.Sums[at].Rows, s.Written, s.Gone
		mark.Own = append(mark.Own, own)
		mark.Unknown = mark.Unknown || s.Written < 0
		e.Marks[oid], changed = mark, true
	}
	return changed
}

// refilled reports whether a table's rows came from its copy.
func refilled(t revert.TableWay) bool { return t.Way == revert.Rebuilt || t.Way == revert.BroughtBack }

// today gives the present OID of a table as a kept batch knows it.
func (u *undo) today(ctx context.Context, m *snapshot.Manifest) (func(uint32) uint32, error) {
	var k kept
	if err := u.getPart(ctx, m, partKept, &k); err != nil {
		return nil, err
	}
	all, err := u.renumberings(ctx, k.Renumbered, m.ID)
	return func(oid uint32) uint32 {
		for _, r := range all {
			if n, ok := r.OIDs["pg_class"][oid]; ok {
				oid = n
			}
		}
		return oid
	}, err
}

// renumbering records what this undo has made anew.
func (u *undo) renumbering(ctx context.Context, r revert.Renumbered) error {
	doc, err := pack(r)
	if err != nil {
		return fmt.Errorf("record what is new: %w", err)
	}
	_, err = u.conn.Exec(ctx, `INSERT INTO safemigrate.renumbering (n, batch, doc)
		SELECT coalesce(max(n), 0) + 1, $1, $2 FROM safemigrate.renumbering`, u.req.ID, doc)
	if err != nil {
		return fmt.Errorf("record what is new: %w", plain(err))
	}
	return nil
}
