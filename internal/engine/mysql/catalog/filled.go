package catalog

import "strings"

// FilledColumns lists the columns that are in both definitions of a table and in which the
// server puts a value of its own on the way from one to the other, with a condition of the rows
// that get one: where there has to be a value (strict mode lets pass a timestamp, and no other
// one does anything), and where a column comes to count by itself, for 0, too.
func FilledColumns(from, to string) (out []Shortened) {
	a, okA := parse(from)
	b, okB := parse(to)
	if !okA || !okB {
		return nil
	}
	for _, c := range b.columns {
		at := find(a.columns, c.name)
		if at < 0 {
			continue
		}
		q := quoted(c.name)
		if was := a.columns[at]; counts(c) && !counts(was) {
			out = append(out, Shortened{c.name, q + " IS NULL OR " + q + " = 0"})
		} else if filled(c) && !filled(was) {
			out = append(out, Shortened{c.name, q + " IS NULL"})
		}
	}
	return out
}

// filled reports whether a column has a value in every row.
func filled(column line) bool { return strings.Contains(unquoted(column), " NOT NULL") }
