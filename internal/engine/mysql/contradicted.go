package mysql

import (
	"errors"
	"slices"

	"github.com/go-sql-driver/mysql"

	"github.com/safemigrate/safemigrate/migrate"
)

// Errors about values whose SQLSTATE does not say so.
const (
	codeTruncated    = 1265
	codeWrongValue   = 1366
	codeCheckOfMySQL = 3819
)

// contradicted tells values that somebody wrote since, and that the old schema does not
// allow, from other errors of a taking back: a second row of a key that is unique again,
// one that a column no longer holds.
func contradicted(err error) error {
	told, ok := errors.AsType[*mysql.MySQLError](err)
	if !ok {
		return err
	}
	class := string(told.SQLState[:2])
	if class == "22" || class == "23" || slices.Contains([]uint16{codeTruncated, codeWrongValue, codeCheckOfMySQL}, told.Number) {
		return &migrate.ConflictError{Conflicts: []string{err.Error()}}
	}
	return err
}
