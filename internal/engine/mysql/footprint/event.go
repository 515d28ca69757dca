package footprint

import "github.com/safemigrate/safemigrate/internal/sqltext"

// event notes CREATE and ALTER EVENT; without a body ALTER leaves the one that is there.
// The server may run it at once, unless the statement says that it is off: also where a
// statement gives it another time and no more.
func (w *walker) event(s sqltext.Statement, tokens []sqltext.Token, r ref, body string) {
	head := tokens
	if do := sqltext.Position(tokens, "DO"); do >= 0 {
		head = tokens[:do]
	}
	k := w.eventKey(r)
	switch old := w.events[k]; {
	case body == "":
		body = old
	case old != "" && (w.maybe || sqltext.Has(head, "IF")): // the other one may stay
		body = old + ";\n" + body
	}
	if to := sqltext.Position(head, "RENAME"); to >= 0 {
		k = w.eventKey(w.name(tokens, to+2))
	}
	w.events[k] = body
	if !sqltext.Has(head, "DISABLE") {
		w.program("event "+r.name, body, s.Rules())
	}
}

// eventKey is how an event is called: its case never matters.
func (w *walker) eventKey(r ref) string {
	schema := r.schema
	if schema == "" {
		schema = w.current
	}
	return w.facts.routineKey(schema, r.name)
}
