package revert

import (
	"errors"
	"slices"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// Plan says how a batch is taken back.
type Plan struct {
	Tables    []TableWay
	Objects   []string // other objects that are dropped, brought back or put back
	Drift     []string // what changed since the batch and is left alone
	Conflicts []string // when there is one, Apply refuses
	Refreshed []uint32 // materialized views that stayed and were refreshed; known after Apply

	// TakenOut is how many rows went that break what comes back, by tables: of those that stay,
	// known after Apply, and of those that are put back where they could not be asked before
	// Prepare.
	TakenOut map[uint32]int64

	renames  bool // something has another name by now
	clashes  bool // the batch and somebody since changed one thing
	in       Input
	prepared *run // Prepare has been called, and Apply not yet
	silenced bool // Silence has been called …
	stale    bool // … and in.Now is not what is there any more
	verdicts map[address]verdict
	foreseen Rehearsal
	affected map[catalog.Address]bool
	untried  map[address]bool // what a rehearsal had to leave out
	expected []wish           // what must be there in the end; known after Apply
	cmp      comparer         // from what is expected to what is there; knows what drift renamed
}

// New plans the way back. It reads nothing but its input. Conflicts are not an
// error; an error means that the input makes no sense.
func New(in Input) (*Plan, error) {
	if in.Before == nil || in.Now == nil {
		return nil, errors.New("planning a way back: the schema before the batch and the schema now are both needed")
	}
	if in.Answers == nil {
		in.Answers = Answers{}
	}
	t := newThreeStates(in)
	p := &Plan{in: in, verdicts: map[address]verdict{}, untried: map[address]bool{}, TakenOut: map[uint32]int64{}, renames: len(t.all.ren) > 0}
	for _, a := range addresses(t.before, t.after, t.now) {
		v, clash := judge(t, a)
		p.verdicts[a] = v
		if clash != "" {
			p.Conflicts, p.clashes = append(p.Conflicts, clash), true
		}
		p.noteDrift(t, v)
	}
	w := newWork(in, t.before, t.now, t.all, p.verdicts)
	p.Tables, p.Objects, p.foreseen, p.affected = w.ways(), w.objects, w.foreseen(), w.affected()
	for i := range p.Tables {
		p.Tables[i].Readers = w.readers(p.Tables[i])
	}
	for _, c := range w.conflicts {
		if !slices.Contains(p.Conflicts, c) {
			p.Conflicts = append(p.Conflicts, c)
		}
	}
	return p, nil
}

// work is what the plan says, worked out once more.
func (p *Plan) work() *work {
	return newWork(p.in, newIndex(p.in.Before), newIndex(p.in.Now), comparerOf(p.in), p.verdicts)
}

// Rehearsal says what it takes to try the way back.
func (p *Plan) Rehearsal() Rehearsal { return p.foreseen }

// Inherent tells whether the conflicts are there although nothing changed since.
func (p *Plan) Inherent() bool { return len(p.Conflicts) > 0 && len(p.Drift) == 0 && !p.clashes }

func (p *Plan) noteDrift(t threeStates, v verdict) {
	switch {
	case v.drift && v.before == nil && v.now != nil:
		p.Drift = append(p.Drift, label(v.now)+" was made")
	case v.drift && v.now == nil && v.before != nil:
		p.Drift = append(p.Drift, label(v.before)+" was dropped")
	case v.drift && v.now != nil:
		p.Drift = append(p.Drift, label(v.now)+": its "+changed(v.now, t.drift.differences(v.after, v.now)))
	case len(v.keep) > 0:
		p.Drift = append(p.Drift, label(v.now)+": its "+changed(v.now, v.keep))
	}
}

// ways lists the tables in the order of the states.
func (w *work) ways() []TableWay {
	var all []TableWay
	for _, a := range addresses(w.before, w.cur) {
		if t, ok := w.tables[a]; ok {
			all = append(all, t)
		}
	}
	return all
}

// wish is an object as it has to be in the end.
type wish struct {
	address address // in the database as it is after Apply
	object  *object
	mixed   bool // of before and of what drift made of it: the texts hold old names or columns
}

func (p *Plan) table(oid uint32) *TableWay {
	for i := range p.Tables {
		if p.Tables[i].OID == oid {
			return &p.Tables[i]
		}
	}
	return nil
}

// clone copies a state so deep that it can be renumbered.
func clone(s *catalog.State) *catalog.State {
	c := &catalog.State{Server: s.Server, Objects: slices.Clone(s.Objects)}
	for i := range c.Objects {
		o := &c.Objects[i]
		o.DependsOn, o.Columns = slices.Clone(o.DependsOn), slices.Clone(o.Columns)
		o.Sequence = cloneOf(o.Sequence)
		o.Attributes, o.With = slices.Clone(o.Attributes), cloneOf(o.With)
		if o.Table == nil {
			continue
		}
		o.Table = cloneOf(o.Table)
		o.Table.Columns = slices.Clone(o.Table.Columns)
		for j := range o.Table.Columns {
			o.Table.Columns[j].IdentitySeq = cloneOf(o.Table.Columns[j].IdentitySeq)
		}
	}
	return c
}

func cloneOf[T any](p *T) *T {
	if p == nil {
		return nil
	}
	c := *p
	return &c
}
