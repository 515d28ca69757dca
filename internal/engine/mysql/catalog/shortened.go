package catalog

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Shortened is a column of which some values do not stay what they are when ALTER TABLE gives
// it another type, and none of which the server refuses, in strict mode either.
type Shortened struct {
	Column    string
	Condition string // a row holds such a value
}

var (
	typePattern = regexp.MustCompile(`^([a-z]+)(?:\((\d+)(?:,(\d+))?\))?$`)
	wholes      = []string{"tinyint", "smallint", "mediumint", "int", "bigint"}
	fractions   = []string{"decimal", "float", "double"}
)

// ShortenedColumns lists those that are in both definitions of a table, on the way from one to
// the other: numbers are rounded, times lose their fractions or their hours, and blanks at the
// end of a text go.
func ShortenedColumns(from, to string) (out []Shortened) {
	a, okA := parse(from)
	b, okB := parse(to)
	if !okA || !okB {
		return nil
	}
	for _, c := range b.columns {
		if at := find(a.columns, c.name); at >= 0 && !strings.Contains(unquoted(c), " GENERATED ALWAYS ") {
			if s := shortens(quoted(c.name), storedForm(a.columns[at], a).typ, storedForm(c, b).typ); s != "" {
				out = append(out, Shortened{c.name, s})
			}
		}
	}
	return out
}

func shortens(q, from, to string) string {
	a, b := typePattern.FindStringSubmatch(from), typePattern.FindStringSubmatch(to)
	if a == nil || b == nil || from == to {
		return ""
	}
	digits := func(m []string) int { return Length("(" + m[2] + ")") }
	is := func(m []string, kinds ...string) bool { return slices.Contains(kinds, m[1]) }
	switch fraction := is(a, fractions...); {
	case fraction && is(b, wholes...):
		return "round(" + q + ") <> " + q
	case fraction && is(b, "decimal"):
		return fmt.Sprintf("round(%s, %d) <> %s", q, Length("("+b[3]+")"), q) // no cast, for which MySQL lets DELETE find no number too large
	case is(a, "double") && is(b, "float"):
		return "cast(" + q + " as float) <> " + q
	case is(a, "datetime", "timestamp") && is(b, "date"):
		return "cast(" + q + " as date) <> " + q
	case is(a, "datetime", "timestamp") && is(b, "datetime", "timestamp") && digits(b) < digits(a):
		return fmt.Sprintf("cast(%s as datetime(%d)) <> %s", q, digits(b), q)
	case is(a, "time") && is(b, "time") && digits(b) < digits(a):
		return fmt.Sprintf("cast(%s as time(%d)) <> %s", q, digits(b), q)
	case is(b, "char") && is(a, "varchar", "tinytext", "text", "mediumtext", "longtext"):
		return q + " LIKE '% '"
	}
	return ""
}
