package catalog

import (
	"regexp"
	"slices"
	"strings"
)

var (
	tableSet   = regexp.MustCompile(`DEFAULT CHARSET=\w+(?: COLLATE=\w+)?`)
	ownSet     = regexp.MustCompile(` CHARACTER SET (\w+)`)
	characters = regexp.MustCompile(`^ (?:char|varchar|tinytext|text|mediumtext|longtext|enum|set)\b`)
)

// Inherited is a definition of MySQL, and the clauses that follow it, for a table some of
// whose columns have a character set that the table had once: the server shows it without
// a collation, and with the collation as soon as a column is made so. Such a table is made
// with the first of these sets and gets one after the other, and its own at last, each
// together with the columns that have it.
func Inherited(create string) (text string, steps [][]string) {
	t, _ := parse(create)
	var sets, modify []string
	inherits := map[string][]string{}
	text = create
	for _, c := range t.columns {
		kind := strings.TrimPrefix(unquoted(c), "''")
		m := ownSet.FindStringSubmatch(kind)
		switch {
		case m == nil && characters.MatchString(kind):
			modify = append(modify, "MODIFY COLUMN "+c.text)
			continue
		case m == nil, strings.Contains(kind, " COLLATE "):
			continue
		case !slices.Contains(sets, m[1]):
			sets = append(sets, m[1])
		}
		if inherited := strings.Replace(c.text, m[0], "", 1); m[1] == sets[0] {
			text = strings.Replace(text, c.text, inherited, 1)
		} else {
			inherits[m[1]] = append(inherits[m[1]], "MODIFY COLUMN "+inherited)
		}
	}
	was := tableSet.FindString(t.options)
	if len(sets) == 0 || was == "" {
		return create, nil
	}
	for _, set := range sets[1:] {
		steps = append(steps, []string{"DEFAULT CHARSET=" + set}, inherits[set])
	}
	steps = append(steps, []string{was})
	if len(modify) > 0 {
		steps = append(steps, modify)
	}
	return strings.Replace(text, t.options, strings.Replace(t.options, was, "DEFAULT CHARSET="+sets[0], 1), 1), steps
}
