package revert

import (
	"context"
	"errors"
	"fmt"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// ErrConflict is returned by Apply for a plan that has conflicts, also when they
// come to light only once the names are back.
var ErrConflict = errors.New("what the batch changed was changed since")

// Apply takes the batch back in the caller's transaction, which it leaves open
// with search_path at pg_catalog. After an error the caller has to roll back.
// It begins with Prepare, where that has not been called.
// The caller must have copied away the rows of every table that NeedsQuarantine.
// It returns the schema as it is then, where it has been read since the last change
// of it, and what was made anew.
func (p *Plan) Apply(ctx context.Context, conn Conn) (*catalog.State, Renumbered, error) {
	r, err := p.apply(ctx, conn)
	if len(p.Refreshed) > 0 {
		return nil, r.ren, err
	}
	return r.cur, r.ren, err
}

func (p *Plan) apply(ctx context.Context, conn Conn) (*run, error) {
	if p.prepared == nil {
		if _, err := p.Prepare(ctx, conn); err != nil {
			return &run{ren: newRenumbered()}, err
		}
	}
	r := p.prepared
	p.prepared = nil
	phases := []func(context.Context) error{r.structure, r.finish, r.refresh}
	if p.in.Rehearsal {
		phases = phases[:2]
	}
	for _, phase := range phases {
		if err := phase(ctx); err != nil {
			return r, err
		}
	}
	return r, nil
}

// run is one Apply under way.
type run struct {
	conn   Conn
	plan   *Plan
	ren    Renumbered
	before *catalog.State // in the numbers of what is there now
	cur    *catalog.State
	work   *work // once the names are back
}

func (r *run) read(ctx context.Context) error {
	opts := r.plan.in.Read
	opts.Like = r.cur
	s, err := catalog.ReadDefinitions(ctx, r.conn, opts)
	if err != nil {
		return fmt.Errorf("reading the schema: %w", err)
	}
	r.cur = s
	return nil
}

// names gives everything its old name and schema back. Schemas come first, then
// routines, whose signatures would otherwise change under way.
func (r *run) names(ctx context.Context) error {
	for _, phase := range r.naming() {
		steps := phase()
		if len(steps) == 0 {
			continue
		}
		if err := r.exec(ctx, steps); err != nil {
			return err
		}
		if err := r.read(ctx); err != nil {
			return err
		}
		r.renumberSchemas()
	}
	return nil
}

// naming lists the phases, each of which rests on what the one before has done.
func (r *run) naming() []func() []step {
	return []func() []step{
		func() []step { return r.rename(func(n *named) bool { return n.kind == catalog.KindSchema }) },
		r.missingSchemas, r.untie, r.freeSequences,
		func() []step {
			return r.rename(func(n *named) bool { return n.kind.Facts().Space == catalog.SpaceRoutine })
		},
		func() []step { return append(r.rename(func(*named) bool { return true }), r.labels()...) },
	}
}

// rename plans the old names of what fits; what drift renamed keeps its name.
func (r *run) rename(fits func(*named) bool) []step {
	before, cur := newIndex(r.before), newIndex(r.cur)
	missing := r.missing(cur)
	want := func(o *object) (string, string) {
		b := before.objects[o.Address]
		if b == nil {
			b = before.hidden[o.Address]
		}
		if b == nil && o.Kind == catalog.KindSchema && missing[o.Name] {
			return "", outOfTheWay(o.Address.OID)
		}
		if b == nil || b.Kind != o.Kind || blocked(before, cur, b, o) {
			return o.Schema, o.Name
		}
		keep := r.plan.keeps(o)
		schema, name := b.Schema, b.Name
		if keep(partSchema) || !schemaMoved(before, cur, b, o) {
			schema = o.Schema
		}
		if keep(partName) {
			name = o.Name
		}
		return schema, name
	}
	columns := func(o *object, c *catalog.Column) string {
		b := column(before.objects[o.Address], c.Num)
		// The columns of a typed table follow its type.
		if b == nil || o.Of != "" || r.plan.keepsColumn(o, c.Num) || o.Table == nil && r.plan.keeps(o)(partBody) {
			return c.Name
		}
		return b.Name
	}
	yields := func(o *object, c *catalog.Column) bool {
		b := column(before.objects[o.Address], c.Num)
		return !r.plan.keepsNotNull(o, c.Num) && (b == nil || b.NotNullName != c.NotNullName)
	}
	return newRenamer(cur, want, columns, yields).run(fits)
}

// keeps tells for each part of an object whether it stays as drift made it.
func (p *Plan) keeps(o *object) func(part) bool {
	v, ok := p.verdicts[o.Address]
	if !ok {
		v = p.verdicts[o.Parent] // a sequence of an identity column
	}
	return func(part part) bool { return v.drift || v.keeps(aspect{part: part}) }
}

func (p *Plan) keepsColumn(o *object, num int16) bool {
	v := p.verdicts[o.Address]
	return v.drift || v.keeps(aspect{num, partName})
}

func (p *Plan) keepsNotNull(o *object, num int16) bool {
	v := p.verdicts[o.Address]
	return v.drift || v.keeps(aspect{num, partNotNull})
}

// missingSchemas creates the schemas that the batch dropped, for things may have
// to move back into them.
func (r *run) missingSchemas() []step {
	var steps []step
	missing := r.missing(newIndex(r.cur))
	for i := range r.before.Objects {
		if o := &r.before.Objects[i]; o.Kind == catalog.KindSchema && missing[o.Name] {
			steps = append(steps, step{sql: o.Create, what: "bringing " + label(o) + " back"})
		}
	}
	return steps
}

// missing names the schemas that have to be created.
func (r *run) missing(cur *index) map[string]bool {
	names := map[string]bool{}
	for i := range r.before.Objects {
		o := &r.before.Objects[i]
		if o.Kind == catalog.KindSchema && cur.objects[o.Address] == nil && !r.plan.verdicts[o.Address].drift {
			names[o.Name] = true
		}
	}
	return names
}

func (r *run) renumberSchemas() {
	fresh := newRenumbered()
	cur := newIndex(r.cur)
	for i := range r.before.Objects {
		o := &r.before.Objects[i]
		if now, ok := cur.schemas[o.Name]; ok && o.Kind == catalog.KindSchema && cur.objects[o.Address] == nil {
			fresh.add(o.Address, now)
			r.ren.add(o.Address, now)
		}
	}
	if len(fresh.OIDs) > 0 {
		r.before = clone(r.before) // the plan keeps its own
		fresh.State(r.before)
	}
}

// labels gives enum labels their old names back, in two steps where names cross.
func (r *run) labels() []step {
	var steps []step
	cur := newIndex(r.cur)
	for i := range r.before.Objects {
		b := &r.before.Objects[i]
		c := cur.objects[b.Address]
		if b.Kind != catalog.KindEnum || c == nil || len(b.Labels) != len(c.Labels) || r.plan.keeps(b)(partBody) {
			continue
		}
		rename := func(from, to string) {
			steps = append(steps, step{
				sql:  "ALTER TYPE " + b.Identity + " RENAME VALUE " + catalog.Literal(from) + " TO " + catalog.Literal(to),
				what: "naming a label of " + label(b) + " back",
			})
		}
		var aside []int
		for j := range b.Labels {
			if b.Labels[j] != c.Labels[j] {
				aside = append(aside, j)
				rename(c.Labels[j], fmt.Sprintf("safemigrate_aside_%d", j))
			}
		}
		for _, j := range aside {
			rename(fmt.Sprintf("safemigrate_aside_%d", j), b.Labels[j])
		}
	}
	return steps
}
