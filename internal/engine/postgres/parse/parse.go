package parse

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	tree "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/proto"
)

// Statements returns the trees of the statements in sql. The error is the
// parser's message: a syntax that PostgreSQL 17 does not know. Positions in the
// trees are byte offsets in sql.
func Statements(sql string) ([]*tree.RawStmt, error) {
	if err := holdable(sql); err != nil {
		return nil, err
	}
	encoded, err := statements(sql)
	if err != nil {
		return nil, fmt.Errorf("parse: %w", err)
	}
	var found tree.ParseResult
	if err := proto.Unmarshal(encoded, &found); err != nil {
		return nil, fmt.Errorf("parse: %w", err)
	}
	return found.GetStmts(), nil
}

// Routine returns the tree of a CREATE FUNCTION, CREATE PROCEDURE or DO
// statement in PL/pgSQL as libpg_query's JSON: a list of functions.
func Routine(sql string) (string, error) {
	all, err := Statements(sql)
	if err != nil {
		return "", err
	}
	// The parser ends the whole program where it finds no text to read.
	for _, s := range all {
		if !hasBody(s.GetStmt()) {
			return "", errors.New("parse PL/pgSQL: the routine has no body in quotes")
		}
	}
	found, err := routine(sql)
	if err != nil {
		return "", fmt.Errorf("parse PL/pgSQL: %w", err)
	}
	return found, nil
}

// hasBody reports whether a routine says what it does as text.
func hasBody(statement *tree.Node) bool {
	options := slices.Concat(statement.GetCreateFunctionStmt().GetOptions(), statement.GetDoStmt().GetArgs())
	return slices.ContainsFunc(options, func(o *tree.Node) bool { return o.GetDefElem().GetDefname() == "as" })
}

// holdable refuses what the parser, which is written in C, would read only up
// to its first zero byte.
func holdable(sql string) error {
	if strings.IndexByte(sql, 0) >= 0 {
		return errors.New("parse: the text has a zero byte")
	}
	return nil
}
