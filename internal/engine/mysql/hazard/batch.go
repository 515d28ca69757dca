package hazard

import (
	"fmt"
	"time"

	"github.com/safemigrate/safemigrate/internal/sqltext"
	"github.com/safemigrate/safemigrate/migrate"
)

// Batch is what the statements of a batch do, as far as their text tells.
type Batch struct {
	Hazards []migrate.Hazard
	Locks   []migrate.LockNote
}

// book collects what the statements do, in their order.
type book struct {
	*Facts
	batch   Batch
	steps   map[migrate.Place]int
	allowed migrate.Allowances
	file    string
	script  int
	line    int
	offset  int
	rewrote map[*table]string // where each table was written anew
}

// Of tells what a batch does on a server of these facts.
func Of(f *Facts, r migrate.AssessRequest) *Batch {
	b := &book{Facts: f, steps: map[migrate.Place]int{}, rewrote: map[*table]string{}}
	for n, step := range r.Steps {
		for _, seg := range step.Segments {
			for _, st := range seg.Statements {
				b.steps[migrate.Place{Migration: seg.Migration, Offset: st.Offset}] = n + 1
			}
		}
	}
	isStrict, checks := f.strict, f.checks
	for i, script := range r.Scripts {
		b.script, b.file, b.allowed = i, script.Migration.File, migrate.AllowancesOf(script)
		f.strict, f.checks = isStrict, checks // what a file sets is set back at its end
		for _, st := range script.Statements {
			b.line, b.offset = st.Line, st.Offset
			b.statement(st)
		}
	}
	return &b.batch
}

// hazardf writes a finding down. About a table that the batch made there is none.
func (b *book) hazardf(id string, t *table, format string, args ...any) {
	k := kinds.Called(id)
	h := migrate.Hazard{ID: k.ID, Groups: k.Groups, File: b.file, Line: b.line, Why: fmt.Sprintf(format, args...), Instead: k.Instead}
	if t != nil {
		if t.made {
			return
		}
		h.Table = t.name
		h.Note = k.Note(t.bytes, t.rows == 0)
	}
	h.Silenced = b.allowed.Reason(k.ID, b.offset)
	b.batch.Hazards = append(b.batch.Hazards, h)
}

// The kinds of work, and how many bytes of a table a second does: those of
// PostgreSQL's, round numbers for a table that is larger than the memory.
const (
	scan       = "scan"
	rewrite    = "rewrite"
	indexBuild = "index build"
	update     = "update"
)

var rates = map[string]int64{scan: 200e6, rewrite: 50e6, indexBuild: 40e6, update: 20e6}

// The locks, in the server's words, and what others cannot do meanwhile. Every
// change of a definition ends with a moment of the exclusive metadata lock.
const (
	exclusive     = "EXCLUSIVE metadata lock"
	noWrite       = "SHARED NO WRITE metadata lock"
	upgradable    = "SHARED UPGRADABLE metadata lock"
	everyRow      = "row locks on every row"
	readsAndWrite = "reads and writes"
	writes        = "writes"
	moment        = "reads and writes for a moment"
)

// lock notes the lock of a statement, and the work under it: on one table the
// strongest of a step, at the statement that first takes one.
func (b *book) lock(t *table, mode, blocks, work string) {
	if t == nil || t.made {
		return
	}
	n := migrate.LockNote{File: b.file, Line: b.line, Table: t.name, Mode: mode, Blocks: blocks,
		Step: max(1, b.steps[migrate.Place{Migration: b.script, Offset: b.offset}])}
	if work != "" && t.bytes > 0 {
		n.Work, n.Bytes = work, t.bytes
		n.Took = time.Duration(float64(t.bytes) / float64(rates[work]) * float64(time.Second))
	}
	b.batch.Locks = append(b.batch.Locks, n)
}

// rewritten notes that a statement writes a table anew, once more where an
// earlier one did.
func (b *book) rewritten(t *table) {
	here := fmt.Sprintf("%s:%d", b.file, b.line)
	if was := b.rewrote[t]; was != "" {
		b.hazardf("several-rewrites", t, "%s is written anew here and at %s already", t.name, was)
	}
	b.rewrote[t] = here
}

// name reads a table's name at tokens[i], and where it ends. A table of another
// database is not looked at.
func (b *book) name(tokens []sqltext.Token, i int) (t *table, name string, next int) {
	if i >= len(tokens) {
		return nil, "", i
	}
	if i+2 < len(tokens) && tokens[i+1].Is(".") {
		return nil, tokens[i+2].Value(), i + 3
	}
	return b.tables[b.key(tokens[i].Value())], tokens[i].Value(), i + 1
}
