package catalog

import (
	"regexp"
	"strings"
)

var (
	tableSet   = regexp.MustCompile(`DEFAULT CHARSET=\w+(?: COLLATE=\w+)?`)
	ownSet     = regexp.MustCompile(` CHARACTER SET (\w+)`)
	characters = regexp.MustCompile(`^ (?:char|varchar|tinytext|text|mediumtext|longtext|enum|set)\b`)
)

// Inherited is a definition of MySQL, and the clauses that follow it, for a table some of
// whose columns have the character set that the table had once: the server shows it without
// a collation, and with the collation as soon as a column is made so. Such a table is made
// with that set; then it gets its own, and so do the columns that have it. Of a table with
// columns of several such sets the definition stays what it is.
func Inherited(create string) (text string, steps [][]string) {
	t, _ := parse(create)
	var set string
	var modify []string
	text = create
	for _, c := range t.columns {
		kind := strings.TrimPrefix(unquoted(c), "''")
		m := ownSet.FindStringSubmatch(kind)
		switch {
		case m == nil && characters.MatchString(kind):
			modify = append(modify, "MODIFY COLUMN "+c.text)
		case m == nil, strings.Contains(kind, " COLLATE "):
		case set == "" || set == m[1]:
			set = m[1]
			text = strings.Replace(text, c.text, strings.Replace(c.text, m[0], "", 1), 1)
		default:
			return create, nil
		}
	}
	was := tableSet.FindString(t.options)
	if set == "" || was == "" {
		return create, nil
	}
	steps = [][]string{{was}}
	if len(modify) > 0 {
		steps = append(steps, modify)
	}
	return strings.Replace(text, t.options, strings.Replace(t.options, was, "DEFAULT CHARSET="+set, 1), 1), steps
}
