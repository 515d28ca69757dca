package mysql

import (
	"strconv"
	"strings"
)

// ours is the prefix of everything that safemigrate keeps in a database.
const ours = "safemigrate_"

// quote makes an identifier of any name.
func quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// literal makes a string literal under any sql_mode without ANSI_QUOTES and
// with backslash escapes, as our own sessions have it.
func literal(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(text) + "'"
}

func quoteAll(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = quote(n)
	}
	return strings.Join(quoted, ", ")
}

// placeOf names a table of a snapshot: c for copies, h for hashes of rows.
func placeOf(kind, id string, n int) string {
	return ours + kind + "_" + strings.ReplaceAll(id, "-", "_") + "_" + strconv.Itoa(n)
}
