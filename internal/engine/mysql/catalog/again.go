package catalog

import (
	"regexp"
	"strings"
)

var (
	tableCollation = regexp.MustCompile(`\n\) .*?DEFAULT CHARSET=\w+ COLLATE=(\w+)`)
	// A column, its type, and the collation behind it.
	columnCollation = regexp.MustCompile("(?m)^(  `(?:[^`]|``)*` (?:(?:enum|set)\\((?:'(?:[^']|'')*',?)+\\)|\\w+(?:\\(\\d+\\))?)) COLLATE (\\w+)")
)

// Again is a definition of MySQL as it has to be written, so that the server gives back the
// same text of the table that it makes: of a column that has the collation of its table the
// server tells the collation where it is not its character set's own, and the character set
// only where somebody wrote one of the two. To write what was not written would add it.
func Again(create string) string {
	table := tableCollation.FindStringSubmatch(create)
	if table == nil {
		return create
	}
	return columnCollation.ReplaceAllStringFunc(create, func(text string) string {
		if m := columnCollation.FindStringSubmatch(text); m[2] == table[1] {
			return m[1]
		}
		return text
	})
}

// Ended is the definition of MariaDB that a table had before its history ended, where one of
// its columns still says that it has none: the server takes that of no other table.
func Ended(create string) (before string, ended bool) {
	const history = " SYSTEM VERSIONING"
	lines := strings.Split(create, "\n")
	for i, text := range lines {
		switch {
		case columnPattern.MatchString(strings.TrimPrefix(text, "  ")):
			ended = ended || strings.Contains(text, " WITHOUT"+history)
		case strings.HasPrefix(text, ")"):
			ended = ended && !strings.Contains(text, " WITH"+history)
			lines[i] = text + " WITH" + history
			return strings.Join(lines, "\n"), ended
		}
	}
	return create, false
}

// Difference tells of two definitions where they are not the same first.
func Difference(want, is string) string {
	a, b := strings.Split(want, "\n"), strings.Split(is, "\n")
	for i, line := range a {
		switch {
		case i >= len(b):
			return "it would lack " + strings.TrimSpace(line)
		case line != b[i]:
			return "it would have " + strings.TrimSpace(b[i]) + " for " + strings.TrimSpace(line)
		}
	}
	if len(b) > len(a) {
		return "it would have " + strings.TrimSpace(b[len(a)]) + ", too"
	}
	return ""
}
