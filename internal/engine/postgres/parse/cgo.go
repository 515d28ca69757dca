//go:build cgo

package parse

import (
	tree "github.com/pganalyze/pg_query_go/v6"
	"github.com/pganalyze/pg_query_go/v6/parser"
)

func statements(sql string) ([]byte, error) { return parser.ParseToProtobuf(sql) }

func routine(sql string) (string, error) { return tree.ParsePlPgSqlToJSON(sql) }
