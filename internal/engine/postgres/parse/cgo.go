//go:build cgo

package parse

import (
	tree "github.com/pganalyze/pg_query_go/v6"
	"github.com/pganalyze/pg_query_go/v6/parser"
)

//nolint:wrapcheck // Statements and Routine say what was tried
func statements(sql string) ([]byte, error) { return parser.ParseToProtobuf(sql) }

//nolint:wrapcheck // see above
func routine(sql string) (string, error) { return tree.ParsePlPgSqlToJSON(sql) }
