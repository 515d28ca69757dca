package footprint

import (
	tree "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/proto"

	"github.com/safemigrate/safemigrate/internal/sqltext"
)

// Refused is a statement that the parser refuses. It may touch anything, for the
// server can know more than the parser, or less: each version has words that
// another one takes for names. Whether it is a mistake only the server can tell.
type Refused struct {
	File      string
	Statement sqltext.Statement
}

// homonym is the function that a server older than the parser may call where the
// parser reads an expression of SQL/JSON, or MERGE_ACTION(); "" for other trees.
func homonym(m proto.Message) string {
	switch n := m.(type) {
	case *tree.JsonFuncExpr:
		switch n.GetOp() {
		case tree.JsonExprOp_JSON_EXISTS_OP:
			return "json_exists"
		case tree.JsonExprOp_JSON_QUERY_OP:
			return "json_query"
		case tree.JsonExprOp_JSON_VALUE_OP:
			return "json_value"
		default:
			return "json_table"
		}
	case *tree.JsonTable:
		return "json_table"
	case *tree.JsonParseExpr:
		return "json"
	case *tree.JsonScalarExpr:
		return "json_scalar"
	case *tree.JsonSerializeExpr:
		return "json_serialize"
	case *tree.JsonObjectConstructor:
		return "json_object"
	case *tree.JsonArrayConstructor, *tree.JsonArrayQueryConstructor:
		return "json_array"
	case *tree.JsonObjectAgg:
		return "json_objectagg"
	case *tree.JsonArrayAgg:
		return "json_arrayagg"
	case *tree.MergeSupportFunc:
		return "merge_action"
	}
	return ""
}

// homonyms calls the functions of that name, whatever their arguments.
func (w *walker) homonyms(m proto.Message) {
	if w.facts.Version >= parserVersion {
		return
	}
	if function := homonym(m); function != "" {
		for _, r := range w.s.called("", function, -1) {
			w.run(r)
		}
	}
}
