package catalog

import "regexp"

// drawn is a value out of a sequence.
var drawn = regexp.MustCompile("(?i)\\b(?:next|last|set)val\\((`(?:[^`]|``)*`(?:\\.`(?:[^`]|``)*`)?)")

// DrawsTwice is a sequence out of which the defaults of a table draw more than one value; ""
// where they do not.
func DrawsTwice(create string) string {
	seen := map[string]bool{}
	for _, m := range drawn.FindAllStringSubmatch(inQuotes.ReplaceAllString(create, "''"), -1) {
		if seen[m[1]] {
			return m[1]
		}
		seen[m[1]] = true
	}
	return ""
}

// Drawing are the clauses by which the columns of a table lose defaults out of sequences.
func Drawing(create string) (clauses []string) {
	t, _ := parse(create)
	for _, c := range t.columns {
		if drawn.MatchString(inQuotes.ReplaceAllString(c.text, "''")) {
			clauses = append(clauses, "ALTER COLUMN "+quoted(c.name)+" DROP DEFAULT")
		}
	}
	return clauses
}
