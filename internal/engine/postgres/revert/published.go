package revert

import (
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// The server takes no UPDATE and no DELETE of a published table by whose replica identity
// subscribers could not tell the row: it has none, or a row filter reads other columns.
// While such rows are written all of a row is the identity, which a list of columns does
// not allow.

// untold says whether the server could refuse to write rows of a table for that.
func (w *work) untold(cur *object) bool {
	published := slices.ContainsFunc(w.cur.state.Objects, func(o object) bool {
		return o.Kind == catalog.KindPublication && !w.drop[o.Address]
	})
	filtered := slices.ContainsFunc(w.publishedAs(cur), func(words string) bool { return strings.Contains(words, " WHERE (") })
	return published && replicaIdentities[cur.Table.Replica] != "" && (filtered || !w.identified(cur))
}

// listed says whether a publication sends only some columns of a table.
func (w *work) listed(cur *object) bool {
	return slices.ContainsFunc(w.publishedAs(cur), func(words string) bool { return strings.HasPrefix(words, " (") })
}

// identify has all of a row of such a table be its identity, or takes that back.
func (w *work) identify(cur *object, words string) []string {
	if !w.untold(cur) || w.listed(cur) {
		return nil
	}
	return []string{"ALTER TABLE ONLY " + cur.Identity + " REPLICA IDENTITY " + words}
}

// publishedAs lists what publications say of a table: columns, and a row filter.
func (w *work) publishedAs(cur *object) []string {
	var all []string
	for _, o := range w.hangers(cur, catalog.KindPublishedTable) {
		_, words, _ := strings.Cut(o.Create, " ADD TABLE ONLY "+cur.Identity)
		all = append(all, words)
	}
	return all
}

// replicaIdentities spells those that are by no index named.
var replicaIdentities = map[string]string{"d": "DEFAULT", "n": "NOTHING", "f": "FULL"}

// identified says whether a table has a replica identity; a key that can be deferred is none.
func (w *work) identified(cur *object) bool {
	switch replicaIdentities[cur.Table.Replica] {
	case "NOTHING":
		return false
	case "DEFAULT":
		return slices.ContainsFunc(w.hangers(cur, catalog.KindConstraint), func(o *object) bool {
			return strings.Contains(o.Create, " PRIMARY KEY ") && !strings.Contains(o.Create, " DEFERRABLE")
		})
	}
	return true
}
