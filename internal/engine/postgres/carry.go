package postgres

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/revert"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/rows"
	"github.com/safemigrate/safemigrate/snapshot"
)

// passOn tells other batches what had been written since them in tables whose
// rows this undo has written anew, filled from a copy or rewritten in place, and
// that these rows carry this transaction's ID.
func (u *undo) passOn(ctx context.Context, plan *revert.Plan, p *past, written map[uint32]rows.Mark) error {
	for _, id := range u.others(p) {
		e, today, err := u.effectOf(ctx, id)
		if unusable(err) {
			continue // pruned or damaged: no rollback will ask for these numbers
		}
		if err != nil {
			return err
		}
		changed := false
		for oid, mark := range e.Marks {
			if m, ok := u.passed(plan, p, written, id, today(oid), mark); ok {
				e.Marks[oid], changed = m, true
			}
		}
		if !changed {
			continue
		}
		if err := u.putSealed(ctx, id, map[string]any{partEffect: e}); err != nil {
			return err
		}
	}
	return nil
}

// others lists the batches whose numbers are known, without those that are
// taken back already.
func (u *undo) others(p *past) []string {
	ids := map[string]bool{}
	for id := range p.kept.Since {
		ids[id] = true
	}
	for id := range u.kept.Since {
		ids[id] = true
	}
	for _, b := range u.req.Batches[:u.done+1] {
		delete(ids, b.ID)
	}
	return slices.Sorted(maps.Keys(ids))
}

// passed gives another batch's mark of a table its new form; false where the
// table's rows are those that they were.
func (u *undo) passed(plan *revert.Plan, p *past, written map[uint32]rows.Mark, id string, at uint32, mark rows.Mark) (rows.Mark, bool) {
	i := slices.IndexFunc(plan.Tables, func(t revert.TableWay) bool { return t.OID == at })
	if i >= 0 && plan.Tables[i].Way == revert.Corrected {
		return u.passedBy(p, written[at], id, at, mark)
	}
	if i >= 0 && plan.Tables[i].Way == revert.InPlace {
		mark.Own = slices.Concat(mark.Own, p.effect.Touched[at])
	}
	fresh, wrote := written[at]
	if !wrote {
		return mark, len(p.effect.Touched[at]) > 0
	}
	s, counted := p.kept.Since[id][at]
	switch today, ok := u.kept.Since[id][at]; {
	case i >= 0 && plan.Tables[i].Way == revert.PutBack:
		s = s.plus(u.later[at])
	case ok && (i < 0 || !fromCopy(plan.Tables[i])):
		s, counted = today, true
	}
	mark.Own = slices.Concat(mark.Own, fresh.Own)
	if counted {
		mark.Rows, mark.CarriedWritten, mark.CarriedGone = fresh.Rows, s.Written, s.Gone
		mark.Unknown = mark.Unknown || s.Written < 0
	}
	return mark, true
}

// passedBy does the same for a table of which some rows were corrected: they carry
// this transaction's ID now, and hide what somebody wrote before the batch.
func (u *undo) passedBy(p *past, fresh rows.Mark, id string, at uint32, mark rows.Mark) (rows.Mark, bool) {
	if len(fresh.Own) == 0 {
		return mark, false
	}
	s, counted := p.kept.Since[id][at]
	mark.Own = slices.Concat(mark.Own, fresh.Own)
	mark.Unknown = mark.Unknown || !counted || s.Written != 0
	return mark, true
}

// effectOf reads what an earlier batch did, and how its tables are called today.
func (d *DB) effectOf(ctx context.Context, id string) (e effect, today func(uint32) uint32, err error) {
	m, err := d.manifest(ctx, id)
	if err != nil {
		return e, nil, err
	}
	if err := d.getPart(ctx, m, partEffect, &e); err != nil {
		return e, nil, err
	}
	today, err = d.today(ctx, m)
	return e, today, err
}

// written marks the tables whose rows are all this undo's now: those filled from
// a copy, and those that have another file than before. Their key is the OID
// that they had before.
func (u *undo) written(ctx context.Context, plan *revert.Plan, files map[uint32]uint32, built map[uint32]rows.Mark) (map[uint32]rows.Mark, error) {
	names := map[uint32]string{}
	for _, t := range plan.Tables {
		switch {
		case t.Way == revert.Corrected:
			names[t.OID] = relation(u.bareNames(t.OID))
		case fromCopy(t):
			names[t.OID], _ = u.filled(t, revert.Copy{})
		}
	}
	now, err := u.readCounters(ctx)
	if err != nil {
		return nil, err
	}
	for i := range u.now.Objects {
		o := &u.now.Objects[i]
		old, there := files[o.Address.OID]
		if o.Table != nil && o.Table.Key == "" && there && old != now.files[o.Address.OID] {
			names[o.Address.OID] = o.Identity
		}
	}
	out := maps.Clone(built)
	for oid, name := range names {
		if _, marked := out[oid]; marked {
			continue
		}
		if out[oid], err = rows.Now(ctx, u.conn, name); err != nil {
			return nil, plain(err)
		}
	}
	return out, nil
}

// fromCopy reports whether a table's rows came from its copy.
func fromCopy(t revert.TableWay) bool {
	return t.Way == revert.Refilled || t.Way == revert.Rebuilt || t.Way == revert.BroughtBack
}

// usesCopy reports whether anything of a table comes from its copy.
func usesCopy(t revert.TableWay) bool {
	return fromCopy(t) || t.Way == revert.Corrected || t.Way == revert.PutBack
}

// bareNames are the schema and name that a table has by now.
func (u *undo) bareNames(oid uint32) (schema, name string) {
	o := u.now.Object(catalog.Address{Catalog: "pg_class", OID: oid})
	return o.Schema, o.Name
}

// today gives the present OID of a table as a kept batch knows it.
func (d *DB) today(ctx context.Context, m *snapshot.Manifest) (func(uint32) uint32, error) {
	var k kept
	if err := d.getPart(ctx, m, partKept, &k); err != nil {
		return nil, err
	}
	all, err := d.renumberings(ctx, k.Renumbered, m.ID)
	return func(oid uint32) uint32 {
		for _, r := range all {
			if n, ok := r.OIDs["pg_class"][oid]; ok {
				oid = n
			}
		}
		return oid
	}, err
}

// putRenumbering records what a taking back has made anew.
func (d *DB) putRenumbering(ctx context.Context, id string, r revert.Renumbered) error {
	doc, err := pack(r)
	if err != nil {
		return fmt.Errorf("record what is new: %w", err)
	}
	_, err = d.conn.Exec(ctx, `INSERT INTO safemigrate.renumbering (n, batch, doc)
		SELECT coalesce(max(n), 0) + 1, $1, $2 FROM safemigrate.renumbering`, id, doc)
	if err != nil {
		return fmt.Errorf("record what is new: %w", plain(err))
	}
	return nil
}
