package footprint

import (
	"slices"
	"strings"
	"unicode"

	"github.com/safemigrate/safemigrate/internal/sqltext"
	"github.com/safemigrate/safemigrate/migrate"
)

// mostTexts is how many texts one variable is followed through.
const mostTexts = 16

// Spell puts what a batch prepares into the place of the EXECUTE that runs it,
// where the batch's own literals tell the text: "add the column unless it is there"
// is written so, with IF over the catalogs in a user variable. Where the text can
// be one of several all of them stand there, one behind the other; that is only
// done where the walk over them is right whichever of them runs. What may have
// changed a variable or a prepared statement in between leaves the EXECUTE as it
// is. hides tells the names behind which a program can run: views and routines.
func Spell(scripts []migrate.Script, hides func(name string) bool) []migrate.Script {
	p := &speller{hides: hides, made: map[string]bool{}, taken: map[string]bool{}}
	out := make([]migrate.Script, 0, len(scripts))
	for _, script := range scripts {
		p.forget()
		statements := make([]sqltext.Statement, 0, len(script.Statements))
		for _, s := range script.Statements {
			statements = append(statements, p.statement(s)...)
		}
		script.Statements = statements
		out = append(out, script)
	}
	return out
}

// speller knows what the variables and prepared statements of the session hold;
// what it does not know is in neither map.
type speller struct {
	hides     func(name string) bool
	made      map[string]bool // views and programs that the batch made
	taken     map[string]bool // prepared statements whose PREPARE was left out
	elsewhere bool            // after USE a name is another database's
	limited   bool            // sql_select_limit may leave a variable as it was
	variables map[string][]string
	prepared  map[string][]sqltext.Statement
}

func (p *speller) forget() {
	p.variables, p.prepared = map[string][]string{}, map[string][]sqltext.Statement{}
}

// statement returns what stands for a statement: itself, or what it runs.
func (p *speller) statement(s sqltext.Statement) []sqltext.Statement {
	tokens := s.Tokens()
	if !p.plain(s, tokens) {
		p.forget()
		return []sqltext.Statement{s}
	}
	switch kind, what, _ := strings.Cut(s.Verb, " "); kind {
	case "SET":
		p.set(tokens)
	case "PREPARE":
		p.assigned(tokens)
		if p.prepare(s, tokens) {
			return nil
		}
	case "EXECUTE":
		p.assigned(tokens)
		return p.execute(s, p.second(tokens))
	default:
		if what == "PREPARE" { // DEALLOCATE or DROP, which run nothing
			delete(p.prepared, named(tokens[len(tokens)-1].Value()))
			return nil
		}
		p.into(tokens)
	}
	return []sqltext.Statement{s}
}

// named is how two spellings of a variable's or a prepared statement's name are the
// same. MySQL takes letters with and without their accents for one: such a name is ""
// here, which may be any.
func named(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool { return r > unicode.MaxASCII }) {
		return ""
	}
	return fold(name)
}

// second is the name of the statement that PREPARE or EXECUTE means.
func (p *speller) second(tokens []sqltext.Token) string {
	return named(tokens[min(1, len(tokens)-1)].Value())
}

// execute returns what stands for EXECUTE of a prepared statement. Where that is no
// longer known, and a PREPARE of it was left out, it is one that nobody has prepared: who
// reads what is left must not take it for an older one.
func (p *speller) execute(s sqltext.Statement, name string) []sqltext.Statement {
	if texts, known := p.prepared[name]; known {
		return p.run(s, texts)
	}
	p.forget()
	if p.taken[name] || p.taken[""] {
		s.Text = "EXECUTE ?"
	}
	return []sqltext.Statement{s}
}

// run returns the texts at the place of the EXECUTE, each as if it stood there.
func (p *speller) run(s sqltext.Statement, texts []sqltext.Statement) []sqltext.Statement {
	out := make([]sqltext.Statement, 0, len(texts))
	for _, text := range texts {
		if tokens := text.Tokens(); !p.plain(text, tokens) || sqltext.Has(tokens, "INTO") || sqltext.Has(tokens, ":") {
			p.forget()
		}
		text.Offset, text.Line, text.Column = s.Offset, s.Line, s.Column
		out = append(out, text)
	}
	return out
}

// plainKinds can set a variable or prepare a statement only as it is written in
// them: they fire no trigger.
var plainKinds = map[string]bool{"SET": true, "SELECT": true, "PREPARE": true, "EXECUTE": true, "DEALLOCATE": true, "ALTER": true, "CREATE": true, "DROP": true}

// plain reports whether no program runs in a statement, and it is no compound one.
func (p *speller) plain(s sqltext.Statement, tokens []sqltext.Token) bool {
	kind, what, _ := strings.Cut(s.Verb, " ")
	p.elsewhere = p.elsewhere || kind == "USE"
	if kind == "CREATE" && (s.Body() != "" || what == "VIEW" || what == "FUNCTION") || kind == "ALTER" && what == "VIEW" {
		words := strings.Fields(what)
		at := sqltext.After(tokens, sqltext.Position(tokens, words[len(words)-1])+1, "IF", "NOT", "EXISTS")
		for i := at; i < min(at+3, len(tokens)) && (i == at || tokens[i-1].Is(".") || tokens[i].Is(".")); i++ {
			p.made[fold(tokens[i].Value())] = true
		}
		return false
	}
	if p.elsewhere || !plainKinds[kind] || s.Verb == "SET STATEMENT" || s.Verb == "EXECUTE IMMEDIATE" || s.Body() != "" || len(s.Rules().Inner(s.Text)) > 1 {
		return false
	}
	queries := kind != "CREATE" && kind != "ALTER" || sqltext.Has(tokens, "SELECT", "VALUES")
	for i, t := range tokens {
		name := fold(t.Value())
		switch {
		case !mayName(t):
		case p.made[name], p.hides(name):
			return false
		case t.Is("SQL_SELECT_LIMIT"):
			p.limited = true
		case !queries || i < 3 || !tokens[i-1].Is("."): // a foreign key refers to another table, too
		case i+1 < len(tokens) && tokens[i+1].Is("("), foreign(tokens[:i-1]):
			return false
		}
	}
	return true
}

// foreign reports whether what tokens end with, before a dot, is the database of a table
// or view to read, and not one of the server's own.
func foreign(tokens []sqltext.Token) bool {
	last := len(tokens) - 1
	return !slices.Contains([]string{"information_schema", "performance_schema", "mysql"}, fold(tokens[last].Value())) &&
		(tokens[last-1].Is("FROM", "JOIN", "STRAIGHT_JOIN") || tokens[last-1].Is(",") && sqltext.Has(tokens, "FROM"))
}

// variable reads @name at a token, and where it ends.
func variable(tokens []sqltext.Token, i int) (name string, end int, ok bool) {
	if i+1 >= len(tokens) || !tokens[i].Is("@") || i > 0 && tokens[i-1].Is("@") || tokens[i+1].Is("@") {
		return "", i, false
	}
	end = i + 2
	parts := []string{tokens[i+1].Value()}
	for end+1 < len(tokens) && tokens[end].Is(".") { // a dot is a part of the name
		parts = append(parts, tokens[end+1].Value())
		end += 2
	}
	return named(strings.Join(parts, ".")), end, true
}

// keep notes what a variable holds.
func (p *speller) keep(name string, texts []string, known bool) {
	switch {
	case name == "":
		clear(p.variables)
	case known && !p.limited:
		p.variables[name] = texts
	default:
		delete(p.variables, name)
	}
}

// assigned forgets the variables to which an expression assigns.
func (p *speller) assigned(tokens []sqltext.Token) {
	for i := range tokens {
		if name, end, ok := variable(tokens, i); ok && end < len(tokens) && tokens[end].Is(":") {
			p.keep(name, nil, false)
		}
	}
}

// set reads SET @a = …, @b := …: the server works out all of them before it assigns
// the first one.
func (p *speller) set(tokens []sqltext.Token) {
	var later []func()
	for _, one := range sqltext.Divide(tokens[1:]) {
		name, end, ok := variable(one, 0)
		if !ok {
			p.assigned(one)
			continue
		}
		for end < len(one) && one[end].Is(":", "=") {
			end++
		}
		p.assigned(one[end:])
		texts, known := p.texts(one[end:])
		later = append(later, func() { p.keep(name, texts, known) })
	}
	for _, assign := range later {
		assign()
	}
}

// into forgets what a SELECT writes to variables, or keeps what it writes to one
// from no table.
func (p *speller) into(tokens []sqltext.Token) {
	p.assigned(tokens)
	at := sqltext.Position(tokens, "INTO")
	if at < 0 {
		return
	}
	texts, known := p.texts(tokens[1:at])
	for i := at; i < len(tokens); i++ {
		name, end, ok := variable(tokens, i)
		if !ok {
			continue
		}
		p.keep(name, texts, known && i == at+1 && end == len(tokens))
	}
}

// prepare notes what PREPARE name FROM … prepares, and reports whether it is known.
func (p *speller) prepare(s sqltext.Statement, tokens []sqltext.Token) bool {
	name := p.second(tokens)
	if delete(p.prepared, name); name == "" {
		clear(p.prepared)
		p.taken[name] = true
		return false
	}
	if len(tokens) < 4 || !tokens[2].Is("FROM") {
		return false
	}
	texts, known := p.texts(tokens[3:])
	if !known {
		return false
	}
	statements := make([]sqltext.Statement, 0, len(texts))
	for _, text := range texts {
		found, err := s.Rules().Split(text)
		if err != nil || len(found) != 1 || !follows(found[0], len(texts) > 1) {
			return false
		}
		statements = append(statements, found[0])
	}
	p.prepared[name], p.taken[name] = statements, true
	return true
}

// follows reports whether a statement can stand in the place of an EXECUTE; oneOf
// several only where it gives no name another meaning for what comes behind it,
// since it may not run.
func follows(s sqltext.Statement, oneOf bool) bool {
	kind, what, _ := strings.Cut(s.Verb, " ")
	if s.Body() != "" || len(s.Rules().Inner(s.Text)) > 1 {
		return false
	}
	tokens := s.Tokens()
	switch {
	case kind == "PREPARE", kind == "EXECUTE", kind == "DEALLOCATE", kind == "USE", kind == "CALL", kind == "SET":
		return false
	case !oneOf:
		return true
	case kind == "SELECT", kind == "DO", kind == "INSERT", kind == "REPLACE", kind == "UPDATE", kind == "DELETE", what == "INDEX":
		return true
	case s.Verb != "ALTER TABLE" || sqltext.Has(tokens, "CONVERT", "EXCHANGE"):
		return false
	}
	for i, t := range tokens {
		if t.Is("RENAME") && (i+1 == len(tokens) || !tokens[i+1].Is("COLUMN", "INDEX", "KEY")) {
			return false
		}
	}
	return true
}
