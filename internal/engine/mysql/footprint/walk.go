package footprint

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/safemigrate/safemigrate/internal/sqltext"
	"github.com/safemigrate/safemigrate/migrate"
)

// Of tells what a batch touches.
func Of(f *Facts, scripts []migrate.Script) *Footprint {
	w := newWalker(f)
	for _, script := range scripts {
		w.file, w.current = script.Migration.File, f.Database
		for _, s := range script.Statements {
			w.line = s.Line
			w.statement(s)
		}
	}
	return w.out
}

// walker goes through a batch statement by statement.
type walker struct {
	facts *Facts
	out   *Footprint
	file  string
	line  int
	// current is the database that a bare name means.
	current string
	// names are what the batch has given another meaning: the table that was
	// there before it, or nil for one that it made or that is gone.
	names map[string]*Table
	// keys and triggers are those of the catalogs and those that the batch made.
	keys     []ForeignKey
	triggers []Trigger
	routines map[string]string
	events   map[string]string // the bodies of events, "" where one may not be read
	views    map[string]string // the queries of views that the batch made
	prepared map[string]string // statements by name, "" where not a literal
	strict   bool
	// depth and running guard against programs that call each other for ever.
	depth   int
	running map[string]bool
	// maybe: the statement stands in a program and may not run.
	maybe bool
}

const deepest = 24

func newWalker(f *Facts) *walker {
	w := &walker{facts: f, out: &Footprint{Tables: map[string]*Touched{}}, names: map[string]*Table{}, keys: slices.Clone(f.Keys),
		triggers: slices.Clone(f.Triggers), routines: map[string]string{}, events: map[string]string{}, views: map[string]string{}, prepared: map[string]string{},
		strict: f.Strict, running: map[string]bool{}, current: f.Database}
	maps.Copy(w.routines, f.Routines)
	maps.Copy(w.events, f.Events)
	return w
}

// ref is a table as a statement names it.
type ref struct{ schema, name string }

func (w *walker) key(r ref) string {
	schema := r.schema
	if schema == "" {
		schema = w.current
	}
	return w.facts.key(schema, r.name)
}

// base finds the table that a name means now, as it was before the batch; nil
// where the batch made it, or where there is none.
func (w *walker) base(r ref) *Table {
	k := w.key(r)
	if t, ok := w.names[k]; ok {
		return t
	}
	return w.facts.Tables[k]
}

// touch notes that a statement touches a table, and returns nil where the table
// was not there before the batch.
func (w *walker) touch(r ref) *Touched {
	k := w.key(r)
	if strings.Contains(k, ".") && !w.isHere(k) {
		w.outside(k)
		return nil
	}
	return w.touchBase(w.base(r))
}

// isHere tells a bare name with a dot in it from one in another database.
func (w *walker) isHere(k string) bool {
	_, renamed := w.names[k]
	return renamed || w.facts.Tables[k] != nil
}

func (w *walker) touchBase(t *Table) *Touched {
	if t == nil || t.View {
		return nil
	}
	touched := w.out.Tables[t.Name]
	if touched == nil {
		touched = &Touched{Name: t.Name, Columns: map[string]migrate.Verdict{}, table: t}
		w.out.Tables[t.Name] = touched
	}
	if !slices.Contains(touched.Files, w.file) {
		touched.Files = append(touched.Files, w.file)
	}
	return touched
}

func (w *walker) whole(why string) { w.out.Whole = note(w.out.Whole, w.file, w.line, why) }

func (w *walker) outside(k string) {
	w.out.Outside = note(w.out.Outside, w.file, w.line, "it writes to "+k+", which lies in another database")
}

func note(list []migrate.WholeReason, file string, line int, why string) []migrate.WholeReason {
	n := migrate.WholeReason{File: file, Line: line, Why: why}
	if slices.Contains(list, n) {
		return list
	}
	return append(list, n)
}

func (w *walker) objectf(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(w.out.Objects, text) {
		w.out.Objects = append(w.out.Objects, text)
	}
}

// bind gives a name a meaning for the rest of the batch. In a program that may
// not run, both meanings would hold.
func (w *walker) bind(r ref, t *Table) {
	if w.maybe {
		w.whole("a stored program, or a compound statement, that renames or makes tables")
		return
	}
	w.names[w.key(r)] = t
}

// program walks the statements of a body.
func (w *walker) program(name, body string, rules sqltext.Rules) {
	switch {
	case w.running[name]:
		return
	case w.depth >= deepest:
		w.whole("programs that call each other more than " + strconv.Itoa(deepest) + " deep")
		return
	case strings.TrimSpace(body) == "":
		w.whole(name + ", whose text cannot be read")
		return
	}
	was := w.maybe
	w.running[name], w.maybe = true, true
	w.depth++
	for _, s := range rules.Inner(body) {
		w.statement(s)
	}
	w.depth--
	w.maybe = was
	delete(w.running, name)
}

// call runs a routine by its name.
func (w *walker) call(r ref, rules sqltext.Rules, kind string) {
	schema := r.schema
	if schema == "" {
		schema = w.current
	}
	k := w.facts.routineKey(schema, r.name)
	body, known := w.routines[k]
	if !known {
		w.whole("a call of " + kind + " " + r.name + ", which the batch does not make and the catalogs do not show")
		return
	}
	w.program(kind+" "+k, body, rules)
}
