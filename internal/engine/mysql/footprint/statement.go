package footprint

import (
	"strings"

	"github.com/safemigrate/safemigrate/internal/sqltext"
)

// statement walks one statement: what its expressions call, then what it does.
func (w *walker) statement(s sqltext.Statement) {
	tokens := s.Tokens()
	if len(tokens) == 0 {
		return
	}
	kind, _, _ := strings.Cut(s.Verb, " ")
	if body := s.Body(); body != "" {
		w.create(s, tokens, body)
		return
	}
	if kind != "CALL" {
		w.functions(s, tokens)
	}
	switch kind {
	case "INSERT", "REPLACE", "UPDATE", "DELETE", "WITH", "LOAD", "TRUNCATE":
		w.rowStatement(s, tokens)
	case "ALTER", "CREATE", "DROP", "RENAME", "OPTIMIZE", "REPAIR":
		w.definition(s, tokens)
	case "CALL":
		w.functions(s, tokens[1:])
		w.call(w.name(tokens, 1), s.Rules(), "procedure")
	case "PREPARE", "EXECUTE", "DEALLOCATE":
		w.dynamic(s, tokens)
	case "SET":
		w.setting(tokens)
		if s.Verb == "SET STATEMENT" {
			w.other(s, tokens)
		}
	case "USE":
		w.use(tokens)
	case "EXPLAIN", "DESC", "DESCRIBE", "SHOW", "HELP", "ANALYZE", "CHECK", "CHECKSUM", "FLUSH", "LOCK", "UNLOCK", "COMMIT", "ROLLBACK",
		"START", "SAVEPOINT", "RELEASE", "DO", "SELECT", "TABLE", "VALUES", "HANDLER", "GRANT", "REVOKE", "KILL", "CACHE", "SIGNAL", "XA":
		w.reading(s, tokens)
	default:
		w.other(s, tokens)
	}
}

// reading walks what writes no row by itself. MariaDB's ANALYZE runs the
// statement behind it; a query in parentheses begins with one.
func (w *walker) reading(s sqltext.Statement, tokens []sqltext.Token) {
	if !tokens[0].Is("ANALYZE", "EXPLAIN", "DESC", "DESCRIBE") {
		return
	}
	for i, t := range tokens {
		if t.Is("INSERT", "REPLACE", "UPDATE", "DELETE") && tokens[0].Is("ANALYZE") {
			w.inner(s, s.Text[tokens[i].Offset:])
			return
		}
	}
}

// inner walks a statement that stands inside another one.
func (w *walker) inner(s sqltext.Statement, text string) {
	found, err := s.Rules().Split(text)
	if err != nil || w.depth >= deepest {
		w.whole("a statement inside another one that cannot be read")
		return
	}
	w.depth++
	for _, i := range found {
		w.statement(i)
	}
	w.depth--
}

// structure begins what opens, divides or ends a compound statement: only the
// functions in it matter.
var structure = map[string]bool{"BEGIN": true, "IF": true, "ELSEIF": true, "ELSE": true, "CASE": true, "WHEN": true, "WHILE": true, "LOOP": true,
	"REPEAT": true, "UNTIL": true, "END": true, "LEAVE": true, "ITERATE": true, "RETURN": true, "DECLARE": true, "OPEN": true, "CLOSE": true,
	"FETCH": true, "FOR": true, "RESIGNAL": true, "GET": true, "NOT": true, "ATOMIC": true}

// other walks compound statements and what is not known.
func (w *walker) other(s sqltext.Statement, tokens []sqltext.Token) {
	first := tokens[0]
	if len(tokens) > 2 && tokens[1].Is(":") {
		first = tokens[2] // a label
	}
	inside := s.Rules().Inner(s.Text)
	switch {
	case len(inside) > 1:
		was := w.maybe
		w.maybe = true
		w.depth++
		if w.depth < deepest {
			for _, i := range inside {
				w.statement(i)
			}
		}
		w.depth--
		w.maybe = was
	case first.Is("SET") && s.Verb == "SET STATEMENT":
		for i, t := range tokens {
			if t.Is("FOR") {
				w.inner(s, s.Text[tokens[i].Offset+len(t.Text):])
				return
			}
		}
	case first.Kind == sqltext.Sign && first.Is("("), first.Kind == sqltext.Word && structure[strings.ToUpper(first.Text)]:
	case s.Traits.Has(sqltext.NoWayBack), s.Traits.Has(sqltext.Harmless), s.Traits.Has(sqltext.Begin):
	default:
		w.whole("a statement that is not understood: " + s.Excerpt())
	}
}

// functions walks the stored functions that a statement's text calls.
func (w *walker) functions(s sqltext.Statement, tokens []sqltext.Token) {
	for i := 0; i+1 < len(tokens); i++ {
		if tokens[i].Kind != sqltext.Word && tokens[i].Kind != sqltext.Name || !tokens[i+1].Is("(") {
			continue
		}
		r := ref{name: tokens[i].Value()}
		if i >= 2 && tokens[i-1].Is(".") {
			r.schema = tokens[i-2].Value()
		}
		schema := r.schema
		if schema == "" {
			schema = w.current
		}
		if _, stored := w.routines[w.facts.routineKey(schema, r.name)]; stored {
			w.call(r, s.Rules(), "function")
		}
		if _, inPackage := w.routines[w.facts.routineKey(w.current, r.schema)]; r.schema != "" && inPackage {
			w.whole("a call into package " + r.schema)
		}
	}
	for _, r := range w.mentioned(tokens) {
		w.reads(r, s.Rules())
	}
}

// reads walks the functions that a view's query calls.
func (w *walker) reads(r ref, rules sqltext.Rules) {
	query, isView := w.viewOf(r)
	k := w.key(r)
	if !isView || query == "" || w.running["view "+k] {
		return
	}
	w.running["view "+k] = true
	for _, s := range viewRules(rules).Inner(query) {
		w.functions(s, s.Tokens())
	}
	delete(w.running, "view "+k)
}

// name reads a name with its database at a token.
func (w *walker) name(tokens []sqltext.Token, i int) ref {
	if i >= len(tokens) {
		return ref{}
	}
	r := ref{name: tokens[i].Value()}
	if i+2 < len(tokens) && tokens[i+1].Is(".") {
		r.schema, r.name = r.name, tokens[i+2].Value()
	}
	return r
}

// dynamic walks a statement that is put together at run time, where it is a
// literal.
func (w *walker) dynamic(s sqltext.Statement, tokens []sqltext.Token) {
	text := func(i int) (string, bool) {
		if i < len(tokens) && tokens[i].Kind == sqltext.Literal && (i+1 == len(tokens) || tokens[i+1].Is("USING")) {
			return tokens[i].Value(), true
		}
		return "", false
	}
	switch {
	case tokens[0].Is("DEALLOCATE") || len(tokens) < 2:
	case tokens[0].Is("PREPARE"):
		known, ok := text(3)
		name := strings.ToLower(tokens[1].Value())
		if old, taken := w.prepared[name]; taken && w.maybe && old != known {
			ok = false
		}
		if !ok {
			known = ""
		}
		w.prepared[name] = known
	case tokens[1].Is("IMMEDIATE"):
		if known, ok := text(2); ok {
			w.inner(s, known)
		} else {
			w.whole("EXECUTE IMMEDIATE of a text that is not a literal")
		}
	default:
		if known := w.prepared[strings.ToLower(tokens[1].Value())]; known != "" {
			w.inner(s, known)
		} else {
			w.whole("EXECUTE of a text that is not a literal")
		}
	}
}

// setting reads SET sql_mode: from then on a value that does not fit may be cut.
func (w *walker) setting(tokens []sqltext.Token) {
	for _, t := range tokens {
		if t.Is("SQL_MODE") {
			w.strict = false
		}
	}
}

func (w *walker) use(tokens []sqltext.Token) {
	if len(tokens) > 1 {
		w.current = tokens[1].Value()
	}
}

// create notes a stored program; a trigger fires from then on.
func (w *walker) create(s sqltext.Statement, tokens []sqltext.Token, body string) {
	_, kind, _ := strings.Cut(s.Verb, " ")
	at := -1
	for i, t := range tokens {
		if t.Is(kind) {
			at = i + 1
			break
		}
	}
	for at > 0 && at < len(tokens) && tokens[at].Is("IF", "NOT", "EXISTS") {
		at++
	}
	r := w.name(tokens, at)
	w.objectf("%s %s", strings.ToLower(kind), r.name)
	switch kind {
	case "PROCEDURE", "FUNCTION":
		schema := r.schema
		if schema == "" {
			schema = w.current
		}
		k := w.facts.routineKey(schema, r.name)
		if old := w.routines[k]; old != "" {
			body = old + ";\n" + body
		}
		w.routines[k] = body
	case "TRIGGER":
		w.newTrigger(tokens[at:], body)
	case "EVENT":
		w.event(s, tokens, r, body)
	}
}

// newTrigger reads name BEFORE|AFTER event [OR event …] ON table.
func (w *walker) newTrigger(tokens []sqltext.Token, body string) {
	var events []string
	for i, t := range tokens {
		if t.Is("INSERT", "UPDATE", "DELETE") {
			events = append(events, strings.ToUpper(t.Text))
		}
		if t.Is("ON") && len(events) > 0 {
			r := w.name(tokens, i+1)
			for _, e := range events {
				w.triggers = append(w.triggers, Trigger{Table: w.key(r), Event: e, Body: body})
			}
			w.touch(r)
			return
		}
	}
}

// lost notes that anything may have happened to the rows of a table.
func (w *walker) lost(r ref, rules sqltext.Rules) {
	w.write(r, writing{inserts: true, deletes: true, updates: true}, rules)
	if t := w.touch(r); t != nil {
		t.loses()
	}
}
