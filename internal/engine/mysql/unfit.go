package mysql

import (
	"fmt"
	"slices"

	"github.com/safemigrate/safemigrate/migrate"
)

// unfitCodes are the errors by which a server refuses to give a table a definition
// for the sake of a row in it: WARN_DATA_TRUNCATED, ER_DATA_TOO_LONG,
// ER_WARN_DATA_OUT_OF_RANGE, ER_TRUNCATED_WRONG_VALUE (and _FOR_FIELD),
// ER_INVALID_USE_OF_NULL, ER_BAD_NULL_ERROR, ER_DUP_ENTRY (and _WITH_KEY_NAME), and a
// check that does not hold, MariaDB's and MySQL's.
var unfitCodes = []uint16{1265, 1406, 1264, 1292, 1366, 1138, 1048, 1062, 1586, 4025, 3819}

// unfit turns what the server says of rows that a table's definition of before the
// batch does not allow into a conflict: the table keeps all its rows, so somebody has
// written such a one since. While a batch that stopped half-way is taken back nobody is
// asked, and the error stays as it is.
func (v *revert) unfit(table string, err error) error {
	if v.req.Incomplete || !slices.ContainsFunc(unfitCodes, func(code uint16) bool { return isCode(err, code) }) {
		return err
	}
	return &migrate.ConflictError{Conflicts: []string{fmt.Sprintf("table %s has rows that do not fit what it was before the batch: %v", table, err)}}
}
