package catalog

import (
	"regexp"
	"slices"
	"strings"
)

// largeType is one that MySQL gives no default, nor says so.
var largeType = regexp.MustCompile(`^(?:tiny|medium|long)?(?:text|blob)\b`)

// Bare are the clauses by which the columns of a new table lose the default that the server
// gives to whoever says none, and which they had lost: NULL, and on MariaDB the empty text
// of a compressed column.
func Bare(create string, maria bool) (clauses []string) {
	t, _ := parse(create)
	for _, c := range t.columns {
		text := unquoted(c)
		_, kind, _ := strings.Cut(text, " ")
		switch {
		case strings.Contains(text, " DEFAULT "), strings.Contains(text, " GENERATED ALWAYS "), counts(c):
		case strings.Contains(text, " NOT NULL") && !strings.Contains(text, "COMPRESSED*/"), !maria && largeType.MatchString(kind):
		default:
			clauses = append(clauses, "ALTER COLUMN "+quoted(c.name)+" DROP DEFAULT")
		}
	}
	return clauses
}

// unquoted is a line without its names and texts.
func unquoted(l line) string { return quotedText.ReplaceAllString(l.text, "''") }

func counts(column line) bool { return strings.Contains(unquoted(column), " AUTO_INCREMENT") }

// Counting is the column of a table that counts by itself; "" where there is none.
func Counting(create string) string {
	t, _ := parse(create)
	if i := slices.IndexFunc(t.columns, counts); i >= 0 {
		return t.columns[i].name
	}
	return ""
}
