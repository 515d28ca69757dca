package mysql

import (
	"maps"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
	"github.com/safemigrate/safemigrate/internal/sqltext"
	"github.com/safemigrate/safemigrate/migrate"
)

// What a batch makes of the definition of a table is rehearsed on a table without rows: with
// the batch's own statements, as far as they are about this table, and without what foreign
// keys are about, for no second table may have these.

// rehearsal is what a batch does to the definition of one table.
type rehearsal struct {
	name     string // as it is called by the statement that is looked at
	before   string // as it was called before the batch
	database string
	marked   bool              // names of checks are the whole schema's, and so other ones on the twin
	had      []string          // its columns
	foreign  []string          // names of its foreign keys
	checks   []string          // names of its checks
	steps    []string          // the statements, as they are run on the twin
	as       string            // the name that the batch gives it; "" for its own
	columns  map[string]string // the names that columns had, by those that it gives them
}

// mostSteps is how many statements are rehearsed for one table, each behind all that come before.
const mostSteps = 30

// rehearse writes what a batch does to the definition of a table for the twin; false where
// not all of it is known.
func (d *DB) rehearse(s catalog.State, o catalog.Object, scripts []migrate.Script) (r *rehearsal, known bool) {
	r = &rehearsal{name: o.Name, before: o.Name, database: d.name, marked: !d.server.maria, checks: catalog.CheckNames(o.Create), had: catalog.Columns(o.Create), columns: map[string]string{}}
	all, known := catalog.References(o.Create)
	if !known || redefines(s, o.Name) || slices.ContainsFunc(tablesOf(s), func(name string) bool { return name != o.Name && strings.EqualFold(name, o.Name) }) {
		return nil, false
	}
	for _, f := range all {
		r.foreign = append(r.foreign, f.Name)
	}
	for _, script := range scripts {
		for i, st := range script.Statements {
			oneOf := i > 0 && script.Statements[i-1].Offset == st.Offset || i+1 < len(script.Statements) && script.Statements[i+1].Offset == st.Offset
			if !r.statement(st, oneOf) {
				return nil, false
			}
		}
	}
	// Of a table with another name nobody looks for rows that do not fit.
	return r, len(r.steps) <= mostSteps && (r.as == "" || r.free(s, scripts) && !slices.ContainsFunc(r.steps, func(text string) bool { return !isAddition(text) && !strings.HasPrefix(text, "CREATE") }))
}

// free reports whether neither name of a table that the batch names otherwise is any other
// table's, before the batch or in it.
func (r *rehearsal) free(s catalog.State, scripts []migrate.Script) bool {
	for _, o := range s.Objects {
		if strings.EqualFold(o.Name, r.name) && (o.Kind == catalog.Table || o.Kind == catalog.View || o.Kind == catalog.Sequence) {
			return false
		}
	}
	named := 0
	for _, script := range scripts {
		for _, st := range script.Statements {
			said := wordsOf(st.Text)
			about := said[strings.ToLower(r.name)] || said[strings.ToLower(r.before)]
			switch kind, what, _ := strings.Cut(st.Verb, " "); {
			case !about:
			case renamesTable(st.Tokens()):
				named++
			case (kind == "CREATE" || kind == "DROP") && what != "INDEX" && what != "VIEW" && what != "TRIGGER":
				return false
			}
		}
	}
	return named == 1
}

// redefines reports whether a stored program may change the definition of a table.
func redefines(s catalog.State, table string) bool {
	for _, o := range s.Objects {
		if o.Kind != catalog.Table && o.Kind != catalog.View && mayRedefine(wordsOf(o.Create), table) {
			return true
		}
	}
	return false
}

func mayRedefine(said map[string]bool, table string) bool {
	return said[strings.ToLower(table)] && (said["alter"] || said["rename"] || said["index"] || said["prepare"] || said["immediate"])
}

// defining are the statements that change the definition of a table which they name, or have
// that be done by what is not in them. Those that drop it, make it again or write to it are
// told by the footprint.
var defining = []string{"ALTER", "RENAME", "CALL", "EXECUTE", "BEGIN NOT ATOMIC", "IF", "FOR", "WHILE", "LOOP", "REPEAT", "CASE", "OPTIMIZE", "REPAIR", "XA", "HANDLER", "LOAD", "IMPORT", "CREATE INDEX", "DROP INDEX"}

// statement takes a statement in; false where it may do to the table what is not known here.
func (r *rehearsal) statement(st sqltext.Statement, oneOf bool) bool {
	said := wordsOf(st.Text)
	if st.Verb == "USE" || strings.HasPrefix(st.Verb, "SET") && setsMore(st.Tokens()) {
		return false
	}
	if !said[strings.ToLower(r.name)] && !said[strings.ToLower(r.before)] {
		return true
	}
	if st.Body() != "" {
		return !mayRedefine(said, r.name) && !mayRedefine(said, r.before)
	}
	if !slices.ContainsFunc(defining, func(verb string) bool { return st.Verb == verb || strings.HasPrefix(st.Verb, verb+" ") }) {
		return true
	}
	if altersAnother(st, r.name) {
		return true
	}
	if oneOf {
		return false
	}
	tokens, text := st.Tokens(), st.Text
	if strings.Contains(text, "/*") {
		tokens, text = respelled(st, tokens) // what stands in executable comments is run
	}
	switch {
	case tokens[0].Is("ALTER"):
		return r.alter(text, tokens)
	case tokens[0].Is("RENAME"):
		return r.rename(tokens)
	}
	return tokens[0].Is("CREATE", "DROP") && r.index(text, tokens)
}

// respelled is a statement without comments. What the server would read otherwise so, it refuses.
func respelled(st sqltext.Statement, tokens []sqltext.Token) (all []sqltext.Token, text string) {
	words := make([]string, len(tokens))
	for i, t := range tokens {
		words[i] = t.Text
	}
	text = strings.Join(words, " ")
	return st.Rules().TokensOf(text), text
}

// harmless are the variables that change nothing about what a later statement makes of a
// definition.
var harmless = []string{"FOREIGN_KEY_CHECKS", "UNIQUE_CHECKS", "LOCK_WAIT_TIMEOUT", "INNODB_LOCK_WAIT_TIMEOUT", "AUTOCOMMIT", "SQL_LOG_BIN", "SQL_NOTES", "TIMESTAMP", "TIME_ZONE"}

// setsMore reports whether SET changes how later statements are read or run.
func setsMore(tokens []sqltext.Token) bool {
	return slices.ContainsFunc(sqltext.Divide(tokens[1:]), func(one []sqltext.Token) bool {
		at := sqltext.After(one, 0, "@", "SESSION", "LOCAL", ".")
		own := len(one) > 1 && one[0].Is("@") && !one[1].Is("@") // a variable of the session's own
		return !own && (at >= len(one) || !one[at].Is(harmless...))
	})
}

// alter takes in an ALTER TABLE of the table.
func (r *rehearsal) alter(text string, tokens []sqltext.Token) bool {
	at := sqltext.After(tokens, 1, "ONLINE", "TABLE", "IF", "EXISTS")
	at, here := r.at(tokens, at)
	if !here || !tokens[1].Is("ONLINE", "TABLE") || at >= len(tokens) {
		return false
	}
	var clauses []string
	for _, clause := range sqltext.Divide(tokens[at:]) {
		if len(clause) > 0 && clause[0].Is("RENAME") && !sqltext.Has(clause, "COLUMN", "INDEX", "KEY") {
			if !r.renamed(clause[sqltext.After(clause, 1, "TO", "AS", "="):]) {
				return false
			}
			continue
		}
		if len(clause) == 0 || !r.rehearsable(clause) {
			return false
		}
		if !r.ties(clause) {
			clauses = append(clauses, r.written(text, clause))
		}
	}
	if len(clauses) > 0 {
		r.steps = append(r.steps, "ALTER TABLE "+twin+" "+strings.Join(clauses, ", "))
	}
	return true
}

// rename takes in a RENAME TABLE that gives the table another name.
func (r *rehearsal) rename(tokens []sqltext.Token) bool {
	if len(tokens) < 5 || !tokens[1].Is("TABLE", "TABLES") {
		return false
	}
	for _, one := range sqltext.Divide(tokens[2:]) {
		behind, here := r.at(one, sqltext.After(one, 0, "IF", "EXISTS"))
		switch {
		case here && (behind >= len(one) || !one[behind].Is("TO") || !r.renamed(one[behind+1:])):
			return false
		case here:
		case slices.ContainsFunc(one, r.is):
			return false
		}
	}
	return r.as != ""
}

// is reports whether a token is the table's name, or was: another one can take that.
func (r *rehearsal) is(t sqltext.Token) bool {
	return strings.EqualFold(t.Value(), r.name) || strings.EqualFold(t.Value(), r.before)
}

// renamed takes in the name that the table gets, once.
func (r *rehearsal) renamed(to []sqltext.Token) bool {
	if len(to) == 3 && to[1].Is(".") && strings.EqualFold(to[0].Value(), r.database) {
		to = to[2:]
	}
	if r.as != "" || len(to) != 1 || strings.EqualFold(to[0].Value(), r.name) {
		return false
	}
	r.as = to[0].Value()
	r.name = r.as
	return true
}

// column takes in the name that a column gets, which no other one has or is given.
func (r *rehearsal) column(from, to string) bool {
	if from == to {
		return true
	}
	is := func(name string) func(string) bool {
		return func(c string) bool { return strings.EqualFold(c, name) }
	}
	given := slices.Collect(maps.Keys(r.columns))
	before := ""
	switch i := slices.IndexFunc(r.had, is(from)); {
	case i >= 0:
		before = r.had[i]
	case slices.ContainsFunc(given, is(from)):
		before = r.columns[given[slices.IndexFunc(given, is(from))]]
	}
	if before == "" || slices.ContainsFunc(r.had, is(to)) || slices.ContainsFunc(given, is(to)) {
		return false
	}
	r.columns[to] = before
	return true
}

// told reports whether columns that get other names are told by them in each definition that the
// batch leaves.
func (r *rehearsal) told(states []string) bool {
	return !slices.ContainsFunc(states, func(is string) bool {
		have := catalog.Columns(is)
		told := map[string]bool{}
		for to, from := range r.columns {
			if !slices.Contains(have, to) {
				continue
			}
			if told[from] || slices.Contains(have, from) {
				return true
			}
			told[from] = true
		}
		return false
	})
}

// index takes in a CREATE INDEX or DROP INDEX of the table.
func (r *rehearsal) index(text string, tokens []sqltext.Token) bool {
	on := sqltext.Position(tokens, "ON")
	if on < 0 || sqltext.Has(tokens, "VECTOR") {
		return false
	}
	behind, here := r.at(tokens, on+1)
	if here {
		rest := ""
		if behind < len(tokens) {
			rest = text[tokens[behind].Offset:]
		}
		r.steps = append(r.steps, text[tokens[0].Offset:tokens[on].Offset]+"ON "+twin+" "+rest)
	}
	return here
}

// at reports whether the table is named at a token, and what comes behind it.
func (r *rehearsal) at(tokens []sqltext.Token, i int) (behind int, here bool) {
	if i+2 < len(tokens) && tokens[i+1].Is(".") && strings.EqualFold(tokens[i].Value(), r.database) {
		i += 2
	}
	here = i < len(tokens) && strings.EqualFold(tokens[i].Value(), r.name) && (i+1 >= len(tokens) || !tokens[i+1].Is("."))
	return i + 1, here
}

// unrehearsed are the words of clauses that are about more than this table's definition, its
// place, or its rows.
var unrehearsed = []string{"PARTITION", "PARTITIONS", "PARTITIONING", "ORDER", "ENGINE", "TABLESPACE", "DIRECTORY", "UNION", "CONNECTION", "VERSIONING",
	"PERIOD", "SYSTEM", "SEQUENCE", "NEXTVAL", "NEXT", "IMPORT", "DISCARD", "EXCHANGE", "SECONDARY_ENGINE", "SECONDARY_LOAD", "WAIT", "NOWAIT", "VECTOR", "ENCRYPTION", "ENCRYPTED", "WITHOUT"}

// rehearsable reports whether a clause of ALTER TABLE can be run on the twin. One that ties
// the table to another one is left out there, and has to say nothing else.
func (r *rehearsal) rehearsable(clause []sqltext.Token) bool {
	if clause[0].Is("RENAME") {
		return len(clause) > 1 && (clause[1].Is("INDEX", "KEY") || clause[1].Is("COLUMN") && len(clause) == 5 && r.column(clause[2].Value(), clause[4].Value()))
	}
	if at := sqltext.After(clause, 1, "COLUMN", "IF", "EXISTS"); clause[0].Is("CHANGE") && (at+1 >= len(clause) || !r.column(clause[at].Value(), clause[at+1].Value())) {
		return false
	}
	if clause[0].Is("ENGINE") {
		return strings.EqualFold(clause[len(clause)-1].Value(), "InnoDB") && len(clause) <= 3
	}
	return !sqltext.Has(clause, unrehearsed...) && (r.ties(clause) || !sqltext.Has(clause, "REFERENCES", "FOREIGN"))
}

// ties reports whether a clause is about a foreign key, and takes its name in.
func (r *rehearsal) ties(clause []sqltext.Token) bool {
	named := func(i int) string {
		if i = sqltext.After(clause, i, "IF", "NOT", "EXISTS"); i < len(clause) {
			return clause[i].Value()
		}
		return ""
	}
	switch {
	case len(clause) < 2:
		return false
	case clause[0].Is("ADD") && clause[1].Is("FOREIGN"), clause[0].Is("DROP") && clause[1].Is("FOREIGN"):
		return true
	case clause[0].Is("ADD") && clause[1].Is("CONSTRAINT"):
		at := sqltext.After(clause, 2, "IF", "NOT", "EXISTS")
		if at < len(clause) && !clause[at].Is("FOREIGN") {
			at++
		}
		if at < len(clause) && clause[at].Is("FOREIGN") {
			r.foreign = append(r.foreign, named(2))
			return true
		}
	case clause[0].Is("DROP") && clause[1].Is("CONSTRAINT"):
		return slices.ContainsFunc(r.foreign, func(name string) bool { return strings.EqualFold(name, named(2)) })
	}
	return false
}

// written is the text of a clause on the twin: checks have other names there where they are
// the whole schema's.
func (r *rehearsal) written(text string, clause []sqltext.Token) string {
	last := clause[len(clause)-1]
	end := last.Offset + len(last.Text)
	var out strings.Builder
	from := clause[0].Offset
	for i, t := range clause {
		if r.marked && r.namesCheck(clause, i) {
			out.WriteString(text[from:t.Offset] + quote(catalog.CheckNamed(t.Value(), twinMark)))
			from = t.Offset + len(t.Text)
		}
	}
	return out.String() + text[from:end]
}

// namesCheck reports whether a token of a clause is the name of a check, and takes it in.
func (r *rehearsal) namesCheck(clause []sqltext.Token, i int) bool {
	if clause[i].Kind != sqltext.Word && clause[i].Kind != sqltext.Name || i == 0 {
		return false
	}
	switch before := clause[i-1]; {
	case before.Is("CONSTRAINT") && i+1 < len(clause) && clause[i+1].Is("CHECK"):
		r.checks = append(r.checks, clause[i].Value())
		return true
	case before.Is("CHECK", "CONSTRAINT") && i == 2 && clause[0].Is("DROP", "ALTER"):
		return slices.ContainsFunc(r.checks, func(name string) bool { return strings.EqualFold(name, clause[i].Value()) })
	}
	return false
}
