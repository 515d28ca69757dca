package mysql

import (
	"slices"
	"strings"
)

// texts are the kinds that are compared by their bytes.
var texts = []string{"char", "varchar", "binary", "varbinary", "tinytext", "text", "mediumtext", "longtext", "tinyblob", "blob", "mediumblob", "longblob"}

// same is a condition: the columns hold the same values in a row of each of two tables. It
// is never NULL, and costs much less than the hashes of both rows.
func (s shape) same(a, b string) string {
	out := []string{"TRUE"}
	for _, c := range s.columns {
		out = append(out, c.same(a+".", b+".", s.digest))
	}
	return strings.Join(out, " AND ")
}

// same compares a column as expression would, so that what the server thinks is equal is
// not taken for the same: texts by their bytes, and whatever has more than one form of a
// value by what it is written as.
func (c column) same(a, b string, hash digest) string {
	p, q := a+quote(c.name), b+quote(c.name)
	switch c.kind {
	case "tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "year", "date", "datetime", "timestamp", "time":
		return p + " <=> " + q
	}
	if slices.Contains(texts, c.kind) {
		return "cast(" + p + " as binary) <=> cast(" + q + " as binary)"
	}
	same := "concat(" + c.expression(a, hash) + ") = concat(" + c.expression(b, hash) + ")"
	if w := c.written(a); w != "" {
		same += " AND (" + p + " IS NULL OR " + w + " IS NOT NULL)"
	}
	return same
}
