package revert

import (
	"context"
	"slices"
)

// Content says how the rows of a materialized view stand to those that it had
// before the batch.
type Content struct {
	Differs   bool // they are others by now
	Refreshed bool // the batch refreshed it
}

// refresh fills the materialized views anew that stayed while the rows under
// them went back, each after those that it reads. One that already holds its old
// rows, or that nothing touches here, is left alone.
func (r *run) refresh(ctx context.Context) error {
	cur := newIndex(r.cur)
	w := &refreshing{cur: cur, touched: r.plan.touched(), content: r.plan.in.Matviews}
	var set []address
	for i := range r.cur.Objects {
		if o := &r.cur.Objects[i]; w.due(o) {
			set = append(set, o.Address)
		}
	}
	var steps []step
	for _, a := range sorted(set, func(address) int { return 0 }, w.needs) {
		o := cur.objects[a]
		r.plan.Refreshed = append(r.plan.Refreshed, a.OID)
		steps = append(steps, step{sql: "REFRESH MATERIALIZED VIEW " + o.Identity, what: "refreshing " + label(o), runs: true, fills: label(o)})
	}
	return r.exec(ctx, steps)
}

// touched are the tables whose rows this way back replaces.
func (p *Plan) touched() map[uint32]bool {
	tables := map[uint32]bool{}
	for _, t := range p.Tables {
		if t.Way != InPlace {
			tables[t.OID] = true
		}
	}
	return tables
}

// refreshing finds what has to be refreshed.
type refreshing struct {
	cur     *index
	touched map[uint32]bool    // tables by their OID before
	content map[uint32]Content // so that one made anew, and filled already, is none of them
}

func (w *refreshing) due(o *object) bool {
	c := w.content[o.Address.OID]
	return o.Populated() && c.Differs && (c.Refreshed || w.reads(o, map[address]bool{}))
}

// reads says whether an object depends on a table whose rows were replaced.
func (w *refreshing) reads(o *object, seen map[address]bool) bool {
	for _, a := range w.needs(o.Address) {
		a = whole(a)
		d := w.cur.objects[a]
		if d == nil || seen[a] {
			continue
		}
		seen[a] = true
		if w.touched[a.OID] && d.Table != nil || w.reads(d, seen) {
			return true
		}
	}
	return false
}

func (w *refreshing) needs(a address) []address {
	if o := w.cur.objects[a]; o != nil {
		return slices.Concat(dependencies(o), w.cur.children[a])
	}
	return nil
}
