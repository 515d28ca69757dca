package hazard

import (
	"time"

	"github.com/safemigrate/safemigrate/internal/sqltext"
	"github.com/safemigrate/safemigrate/migrate"
)

// book collects what the statements of a batch do, in their order.
type book struct {
	world   world
	scripts []migrate.Script
	allowed []migrate.Allowances // per script
	batch   Batch
	notes   map[noted]int // index in batch.Locks
	script  int
	strong  map[int][]*relation // per step: tables that it locks against writers, in that order
	rewrote map[rewritten]string
	large   map[int]string // per step: the first large table that nobody can read
}

// noted is a lock within one step.
type noted struct {
	step     int
	relation *relation
}

type rewritten struct {
	step     int
	relation *relation
}

func newBook(r migrate.AssessRequest, f *facts) *book {
	b := &book{world: world{facts: f, path: f.path}, scripts: r.Scripts, notes: map[noted]int{}, script: -1,
		strong: map[int][]*relation{}, rewrote: map[rewritten]string{}, large: map[int]string{}}
	b.batch.Modes = map[uint32]Mode{}
	for _, s := range r.Scripts {
		b.allowed = append(b.allowed, migrate.AllowancesOf(s))
	}
	return b
}

// statement judges one statement and writes it down.
func (b *book) statement(p parsed) {
	if p.script != b.script {
		b.script, b.world.path = p.script, b.world.facts.path // each file begins as a fresh session
	}
	s := &statement{world: &b.world, outside: p.outside, block: p.block}
	b.traits(p, s)
	for _, t := range p.trees {
		s.judge(t)
	}
	b.together(p, s)
	b.locks(p, s)
	for _, f := range s.found {
		b.hazard(p, f)
	}
}

// traits notes what a statement's kind alone says of the batch.
func (b *book) traits(p parsed, s *statement) {
	script := b.scripts[p.script]
	lastOfFile := p.Offset == script.Statements[len(script.Statements)-1].Offset
	switch {
	case p.Traits.Has(sqltext.NoWayBack):
		s.hazardf("outside-way-back", nil, "what %s does lies outside any snapshot of this database", p.Verb)
	case p.Traits.Has(sqltext.Commit) && !lastOfFile:
		s.hazardf("commit-in-file", nil, "what stands before is committed here, so that the batch is several transactions")
	case p.outside:
		s.hazardf("statement-outside-transaction", nil, "no transaction can hold %s: where the batch fails later, it is taken back from the snapshot and not undone", p.Verb)
	}
}

// together notes the hazards that only several statements have.
func (b *book) together(p parsed, s *statement) {
	for _, w := range s.work {
		at := rewritten{p.step, w.relation}
		here := place(b.scripts[p.script].Migration.File, p.Line)
		switch {
		case w.what == rewrite && b.rewrote[at] != "" && w.relation.kind != 'm':
			s.hazardf("several-rewrites", w.relation, "%s is written anew here and at %s already", w.relation.name, b.rewrote[at])
		case w.what == rewrite:
			b.rewrote[at] = here
		case w.what == update && b.large[p.step] != "":
			s.hazardf("backfill-under-lock", w.relation, "the rows of %s are written while nobody can read %s, which is locked until the commit", w.relation.name, b.large[p.step])
		}
	}
	held, told := b.strong[p.step], false
	for _, l := range s.locks {
		if p.outside || l.relation.made || l.mode < Share || !l.relation.holdsRows() || among(b.strong[p.step], l.relation) {
			continue
		}
		if len(held) > 0 && !told {
			told = b.order(p.step, held, l.relation, s)
		}
		b.strong[p.step] = append(b.strong[p.step], l.relation)
		if l.mode == AccessExclusive && b.large[p.step] == "" {
			b.large[p.step] = l.relation.name
		}
	}
}

// order judges a lock on r that comes on top of those that earlier statements of
// the step took, and compares their order with that of the steps before.
func (b *book) order(step int, held []*relation, r *relation, s *statement) (told bool) {
	if !related(held[len(held)-1], r) {
		told = true
		s.hazardf("several-tables-locked", r, "%s is locked while %s is, both until the commit: who uses them in the other order can deadlock with the batch", r.name, held[len(held)-1].name)
	}
	for other, before := range b.strong {
		if other == step {
			continue
		}
		for _, h := range held {
			if i, k := index(before, r), index(before, h); i >= 0 && k >= 0 && i < k {
				s.hazardf("lock-order", r, "%s is locked after %s here, and before it in step %d: code that does both can deadlock", r.name, h.name, other)
			}
		}
	}
	return told
}

// related reports whether two tables are locked together anyhow: partitions,
// parents, and the ends of a foreign key.
func related(a, b *relation) bool {
	for _, c := range append(a.foreignKeys(), b.foreignKeys()...) {
		if (c.child == a && c.parent == b) || (c.child == b && c.parent == a) {
			return true
		}
	}
	return among(a.family(true), b) || among(b.family(true), a) || sharesParent(a, b)
}

func sharesParent(a, b *relation) bool {
	for _, p := range a.parents {
		if among(p.family(true), b) {
			return true
		}
	}
	return false
}

func among(list []*relation, r *relation) bool { return index(list, r) >= 0 }

func index(list []*relation, r *relation) int {
	for i, x := range list {
		if x == r {
			return i
		}
	}
	return -1
}

// locks writes the locks of a statement down: per step and table the strongest,
// at the statement that first takes one that somebody may wait for.
func (b *book) locks(p parsed, s *statement) {
	for _, l := range s.locks {
		if l.relation.made {
			continue
		}
		b.batch.Modes[l.relation.oid] = max(b.batch.Modes[l.relation.oid], l.mode)
		if l.mode < ShareUpdateExclusive {
			continue
		}
		at := noted{p.step, l.relation}
		i, known := b.notes[at]
		if !known {
			i = len(b.batch.Locks)
			b.notes[at] = i
			b.batch.Locks = append(b.batch.Locks, migrate.LockNote{File: b.scripts[p.script].Migration.File, Line: p.Line,
				Table: l.relation.label(), Step: p.step})
		}
		note := &b.batch.Locks[i]
		if !known || modeOf(note.Mode) < l.mode {
			note.Mode, note.Blocks = l.mode.String(), l.mode.Blocks()
		}
	}
	for _, w := range s.work {
		for _, f := range w.relation.family(true) {
			b.work(p.step, f, w.what)
		}
	}
}

// work adds the time that a statement works under a lock.
func (b *book) work(step int, r *relation, what string) {
	i, known := b.notes[noted{step, r}]
	if !known || r.made || r.pages == 0 {
		return
	}
	note := &b.batch.Locks[i]
	size := r.pages * pageSize
	note.Bytes += size
	note.Took += time.Duration(float64(size) / float64(rates[what]) * float64(time.Second))
	switch {
	case note.Work == "":
		note.Work = what
	case note.Work != what:
		note.Work += " + " + what
	}
}

func modeOf(word string) Mode {
	for m, w := range modes {
		if w == word {
			return Mode(m)
		}
	}
	return None
}

// hazard writes a finding down, with its place.
func (b *book) hazard(p parsed, f finding) {
	h := migrate.Hazard{ID: f.kind.ID, Groups: f.kind.Groups, File: b.scripts[p.script].Migration.File, Line: p.Line,
		Note: f.note, Why: f.why, Instead: f.kind.Instead}
	if f.relation != nil {
		h.Table = f.relation.label()
	}
	h.Silenced = b.allowed[p.script].Reason(f.kind.ID, p.Offset)
	b.batch.Hazards = append(b.batch.Hazards, h)
}

func (b *book) close() *Batch { return &b.batch }
