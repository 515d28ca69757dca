package footprint

import (
	"strings"

	"github.com/safemigrate/safemigrate/internal/sqltext"
)

func fold(name string) string { return strings.ToLower(name) }

// unparsedRows takes a statement that the parser refused by its verb: INSERT and
// REPLACE have one target; of UPDATE, DELETE and the rest every table that they
// name may be one.
func (w *walker) unparsedRows(s sqltext.Statement, tokens []sqltext.Token) {
	first := tokens[0]
	at := sqltext.After(tokens, 1, "LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "IGNORE", "INTO", "TABLE")
	switch {
	case first.Is("INSERT"):
		w.write(w.name(tokens, at), writing{inserts: true, updates: sqltext.Has(tokens, "DUPLICATE")}, s.Rules())
		return
	case first.Is("REPLACE"):
		w.write(w.name(tokens, at), writing{inserts: true, deletes: true}, s.Rules())
		return
	case first.Is("TRUNCATE"):
		w.empty(w.name(tokens, at))
		return
	case first.Is("LOAD"):
		for i := range tokens {
			if tokens[i].Is("TABLE") {
				w.write(w.name(tokens, i+1), writing{inserts: true, deletes: sqltext.Has(tokens, "REPLACE"), updates: sqltext.Has(tokens, "SET")}, s.Rules())
			}
		}
		return
	case first.Is("WITH") && !sqltext.Has(tokens, "UPDATE", "DELETE"):
		return
	}
	for _, r := range w.mentioned(tokens) {
		w.lost(r, s.Rules())
	}
}
