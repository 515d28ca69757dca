package catalog

import (
	"slices"
	"strings"
)

// Rename is a definition in which columns have other names, and the clauses of ALTER TABLE that
// give these to them, all at once. Of the names, by those that columns may have, only such are
// given as no other column keeps or gets.
func Rename(create string, names map[string]string) (renamed string, clauses []string) {
	t, ok := parse(create)
	given := map[string]string{}
	for _, c := range t.columns {
		if to := names[c.name]; to != "" && to != c.name {
			given[c.name] = to
		}
	}
	for doomed := []string{""}; len(doomed) > 0; {
		doomed = nil
		for from, to := range given {
			_, goes := given[to]
			if kept := find(t.columns, to) >= 0 && !goes; kept || slices.ContainsFunc(t.columns, func(c line) bool { return c.name != from && given[c.name] == to }) {
				doomed = append(doomed, from)
			}
		}
		for _, from := range doomed {
			delete(given, from)
		}
	}
	for _, c := range t.columns {
		if to := given[c.name]; to != "" {
			clauses = append(clauses, "RENAME COLUMN "+quoted(c.name)+" TO "+quoted(to))
		}
	}
	if !ok || len(given) == 0 {
		return create, nil
	}
	lines := strings.Split(create, "\n")
	self := " REFERENCES " + strings.TrimSuffix(strings.TrimPrefix(lines[0], "CREATE TABLE "), " (") + " "
	for i := range t.columns {
		lines[1+i] = InOtherNames(lines[1+i], given)
	}
	for i, k := range t.keys {
		at := &lines[1+len(t.columns)+i]
		named := keyPattern.FindString(k.text) // its own name, which may be a column's, too
		columns, parent := strings.TrimPrefix(strings.TrimPrefix(*at, "  "), named), ""
		if j := strings.Index(columns, " REFERENCES "); strings.HasPrefix(k.name, "FOREIGN KEY ") && j >= 0 && !strings.HasPrefix(columns[j:], self) {
			columns, parent = columns[:j], columns[j:]
		}
		*at = "  " + named + InOtherNames(columns, given) + parent
	}
	return strings.Join(lines, "\n"), clauses
}

// InOtherNames is a text in which what stands in backquotes is called otherwise.
func InOtherNames(text string, names map[string]string) string {
	return quotedText.ReplaceAllStringFunc(text, func(part string) string {
		if to := names[bare(part[1:len(part)-1])]; part[0] == '`' && to != "" {
			return quoted(to)
		}
		return part
	})
}
