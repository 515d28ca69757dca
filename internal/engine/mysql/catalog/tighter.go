package catalog

import (
	"regexp"
	"strconv"
	"strings"
)

// Tighter is a column that takes fewer values by one definition of its table than by
// another one.
type Tighter struct {
	Column string
	// Filled: it has to have a value, and had not to.
	Filled bool
	// Length is how many characters it holds, where it held more; else 0.
	Length int
}

var (
	inQuotes = regexp.MustCompile(`'(?:[^']|'')*'`)
	textType = regexp.MustCompile("^`(?:[^`]|``)*` ((?:var)?char\\([0-9]+\\))")
	inside   = regexp.MustCompile(`\((\d+)`)
)

// TighterColumns lists the columns of which definition to allows less than definition
// from, as far as NOT NULL and the length of a text tell it. What is computed is left out.
func TighterColumns(from, to string) []Tighter {
	a, okA := parse(from)
	b, okB := parse(to)
	if !okA || !okB {
		return nil
	}
	var out []Tighter
	for _, c := range b.columns {
		at := find(a.columns, c.name)
		if at < 0 || a.columns[at].text == c.text {
			continue
		}
		was, is := inQuotes.ReplaceAllString(a.columns[at].text, ""), inQuotes.ReplaceAllString(c.text, "")
		if strings.Contains(is, " AS (") || strings.Contains(was, " AS (") {
			continue
		}
		t := Tighter{Column: c.name, Filled: strings.Contains(is, " NOT NULL") && !strings.Contains(was, " NOT NULL")}
		if n := lengthOf(is); n > 0 && n < lengthOf(was) {
			t.Length = n
		}
		if t.Filled || t.Length > 0 {
			out = append(out, t)
		}
	}
	return out
}

// lengthOf is the number of characters that a column of text holds; 0 for any other.
func lengthOf(text string) int {
	m := textType.FindStringSubmatch(text)
	if m == nil {
		return 0
	}
	return Length(m[1])
}

// Length is the first number in parentheses of a type, such as 20 of varchar(20); 0
// where there is none.
func Length(kind string) int {
	m := inside.FindStringSubmatch(kind)
	if m == nil {
		return 0
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		return 0
	}
	return n
}
