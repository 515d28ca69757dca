package postgres

import (
	tree "github.com/pganalyze/pg_query_go/v6"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/parse"
	"github.com/safemigrate/safemigrate/internal/sqltext"
)

// unforeseen holds the verbs whose statements can have no way back, so that no
// other one has to be parsed for it.
var unforeseen = map[string]bool{"CREATE TYPE": true, "ALTER EXTENSION": true}

// Foresee says of a statement, before anything runs, why the guard would stop
// the batch; "" where nothing in it shows that.
func (d *DB) Foresee(st sqltext.Statement) string {
	if !unforeseen[st.Verb] {
		return ""
	}
	found, err := parse.Statements(st.Text)
	if err != nil {
		return "" // the server may know it; the guard will judge what it did
	}
	for _, f := range found {
		if why := noWayBack(f.GetStmt()); why != "" {
			return why
		}
	}
	return ""
}

// noWayBack says why what a statement does cannot be taken back.
func noWayBack(n *tree.Node) string {
	switch n := n.GetNode().(type) {
	case *tree.Node_DefineStmt:
		// What makes an enum, a range or a composite type has a tree of its own.
		if n.DefineStmt.GetKind() == tree.ObjectType_OBJECT_TYPE {
			return "a shell or base type cannot be taken back in this version"
		}
	case *tree.Node_AlterExtensionStmt:
		return "alter extension … update cannot be taken back"
	case *tree.Node_AlterExtensionContentsStmt:
		if n.AlterExtensionContentsStmt.GetAction() > 0 {
			return "alter extension … add cannot be taken back"
		}
		return "alter extension … drop cannot be taken back"
	}
	return ""
}
