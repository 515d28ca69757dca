//go:build !cgo

package parse

import (
	pgquery "github.com/wasilibs/go-pgquery"
	"github.com/wasilibs/go-pgquery/parser"
)

func statements(sql string) ([]byte, error) { return parser.ParseToProtobuf(sql) }

func routine(sql string) (string, error) { return pgquery.ParsePlPgSqlToJSON(sql) }
