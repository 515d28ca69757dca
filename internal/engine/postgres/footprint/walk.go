package footprint

import (
	"slices"
	"strconv"
	"strings"

	tree "github.com/pganalyze/pg_query_go/v6"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/parse"
	"github.com/safemigrate/safemigrate/internal/sqltext"
	"github.com/safemigrate/safemigrate/migrate"
)

// Of tells what a batch touches, from its statements and the facts. The scripts
// run in their order, each with the session's own settings.
func Of(facts *Facts, scripts []migrate.Script) *Footprint {
	w := &walker{facts: facts, s: newSpace(facts), out: &Footprint{Tables: map[uint32]*Table{}},
		said: map[string]bool{}, done: map[visit]bool{}, prepared: map[string]*tree.Node{}, pending: map[*rel]map[string]bool{}}
	w.maybe = goesBack(scripts)
	for _, script := range scripts {
		w.script(script)
	}
	w.unfit()
	w.out.sort()
	return w.out
}

// goesBack reports whether a script undoes a part of itself: then no statement
// is sure to have happened.
func goesBack(scripts []migrate.Script) bool {
	for _, script := range scripts {
		for _, s := range script.Statements {
			if strings.HasPrefix(s.Verb, "ROLLBACK") || s.Verb == "ABORT" {
				return true
			}
		}
	}
	return false
}

// walker goes over the statements of a batch.
type walker struct {
	facts *Facts
	s     *space
	out   *Footprint
	said  map[string]bool // what Objects and Whole have
	done  map[visit]bool

	file       string
	line       int
	text       string // of the statement under way, in which positions count
	directive  *directive
	told       map[uint32]bool // tables whose rows the statement writes: see Told
	unsure     map[*rel]bool   // tables of which its text shows that rows are updated or go, or are written anew
	narrowings int             // how often a directive stood for what a text does not tell
	maybe      bool            // the statement may or may not run
	def        *definition     // whose names are bound
	depth      int
	prepared   map[string]*tree.Node
	sticky     [][]string               // values that a function may have given search_path
	settled    [][]string               // values of search_path without SET LOCAL
	pending    map[*rel]map[string]bool // checks that are not valid, by name
}

// visit is one piece of work that need not be done twice: the names mean the
// same, and it counts for the same file.
type visit struct {
	of      any
	how     string
	version int
	file    string
	path    string
}

// once reports whether a piece of work is new.
func (w *walker) once(of any, how string) bool {
	v := visit{of: of, how: how, version: w.s.version, file: w.file, path: w.pathKey()}
	if w.directive != nil {
		v.how += " line " + strconv.Itoa(w.line)
	}
	if w.done[v] {
		return false
	}
	w.done[v] = true
	return true
}

func (w *walker) pathKey() string {
	var b strings.Builder
	for _, p := range w.s.paths {
		for _, schema := range p {
			b.WriteString(schema)
			b.WriteByte(0)
		}
		b.WriteByte(1)
	}
	return b.String()
}

// mayCommit reports whether a transaction may end before a statement or with it.
func mayCommit(s sqltext.Statement) bool {
	const ends = sqltext.Outside | sqltext.CommitAfter | sqltext.Commit | sqltext.Rollback
	return s.Traits&ends != 0 || s.Verb == "CALL" || s.Verb == "DO"
}

func (w *walker) script(script migrate.Script) {
	w.file = script.Migration.File
	w.s.paths = [][]string{w.facts.SearchPath}
	w.sticky, w.settled = nil, w.s.paths
	clear(w.done)
	directives := w.directives(script)
	for i, s := range script.Statements {
		w.line, w.text, w.directive = s.Line, s.Text, directives.of(i)
		if mayCommit(s) {
			w.transactionEnds()
		}
		w.told, w.unsure = map[uint32]bool{}, map[*rel]bool{}
		used := w.narrowings
		w.top(s)
		if w.narrowings > used {
			// What else it may do to them nobody could tell from what is shown.
			for r := range w.unsure {
				w.anything(r)
			}
			w.out.Told = append(w.out.Told, Told{File: w.file, Statement: s, Tables: w.told})
		}
		w.checkNames(directives.above[i])
	}
	w.line = 1
	w.checkNames(directives.file)
}

// top walks one statement of a file. One that the parser refuses may touch
// anything, whatever the server's version: see Refused.
func (w *walker) top(s sqltext.Statement) {
	if s.Data != nil {
		defer func(text string) { w.text = text }(w.text)
	}
	found, err := parse.Statements(s.Text)
	if err != nil {
		w.out.Refused = append(w.out.Refused, Refused{File: w.file, Statement: s})
		w.whole("the parser, which is of PostgreSQL " + strconv.Itoa(parserVersion) + ", does not know this statement")
		return
	}
	for _, f := range found {
		w.statement(f.GetStmt())
	}
}

// parserVersion is the major version of PostgreSQL that the parser is of.
const parserVersion = 17

// deepest bounds how far functions and triggers are followed into one another;
// the server has no bound but its stack.
const deepest = 200

// whole says that the statement may touch anything, unless a directive says what.
func (w *walker) whole(why string) {
	if w.directive != nil {
		w.narrowed()
		return
	}
	said := w.file + "\x00" + strconv.Itoa(w.line) + "\x00" + why
	if !w.said[said] {
		w.said[said] = true
		w.out.Whole = append(w.out.Whole, migrate.WholeReason{File: w.file, Line: w.line, Why: why})
	}
}

// object notes another object that changes.
func (w *walker) object(what string) {
	if !w.said[what] {
		w.said[what] = true
		w.out.Objects = append(w.out.Objects, what)
	}
}

// perhaps runs part of the walk as something that may or may not happen.
func (w *walker) perhaps(do func()) {
	defer func(was bool) { w.maybe = was }(w.maybe)
	w.maybe = true
	do()
}

// under runs part of the walk with a definition's names.
func (w *walker) under(d *definition, do func()) {
	defer func(was *definition) { w.def = was }(w.def)
	w.def = d
	if d != nil && d.paths != nil {
		defer func(paths [][]string) { w.s.paths = withSticky(paths, w.sticky) }(w.s.paths)
		w.s.paths = d.paths
	}
	do()
}

// parsed parses SQL found within a statement.
func (w *walker) parsed(sql, what string) {
	found, err := parse.Statements(sql)
	if err != nil {
		w.whole(what + " cannot be parsed")
		return
	}
	defer func(text string) { w.text = text }(w.text)
	for _, f := range found {
		w.text = sql[f.GetStmtLocation():]
		if f.GetStmtLen() > 0 {
			w.text = w.text[:f.GetStmtLen()]
		}
		w.statement(f.GetStmt())
	}
}

// withSticky adds the values that a function may have left search_path with.
func withSticky(paths, sticky [][]string) [][]string {
	for _, extra := range sticky {
		if !slices.ContainsFunc(paths, func(p []string) bool { return slices.Equal(p, extra) }) {
			paths = append(slices.Clip(paths), extra)
		}
	}
	return paths
}
