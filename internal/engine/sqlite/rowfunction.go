package sqlite

import (
	"strings"

	"github.com/ncruces/go-sqlite3"
)

// rowFunction is the SQL function that gives the first hash of a row.
const rowFunction = ours + "row"

// addRowFunction makes the hash of a row known to the statements of this
// connection, so that rows of two files are compared without leaving SQLite.
func (l *link) addRowFunction() error {
	var hasher rowHasher
	err := l.c.CreateFunction(rowFunction, -1, sqlite3.DETERMINISTIC|sqlite3.DIRECTONLY,
		func(ctx sqlite3.Context, arg ...sqlite3.Value) {
			high, _ := hasher.values(arg)
			ctx.ResultInt64(int64(high)) //nolint:gosec // the same 64 bits
		})
	return explain("add the function for rows", err)
}

// argumentsAtOnce is well below the number of arguments that SQLite allows.
const argumentsAtOnce = 500

// rowHash is the expression for the hash of the given expressions.
func rowHash(values []string) string {
	if len(values) == 0 {
		values = []string{"NULL"}
	}
	if len(values) <= argumentsAtOnce {
		return rowFunction + "(" + strings.Join(values, ", ") + ")"
	}
	var parts []string
	for len(values) > 0 {
		n := min(len(values), argumentsAtOnce)
		parts = append(parts, rowHash(values[:n]))
		values = values[n:]
	}
	return rowHash(parts)
}
