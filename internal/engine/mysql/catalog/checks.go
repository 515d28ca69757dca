package catalog

import (
	"slices"
	"strings"
)

// Check says which rows there can be.
type Check struct{ Name, Expression string }

// Columns are those that it names.
func (c Check) Columns() []string {
	return slices.Compact(slices.Sorted(slices.Values(names(inQuotes.ReplaceAllString(c.Expression, "")))))
}

const checkWord = " CHECK ("

// NewChecks lists the checks that definition to has and definition from has not, those of
// one column, which have its name, among them. One that nobody enforces is none.
func NewChecks(from, to string) []Check {
	if _, known := parse(from); !known {
		return nil
	}
	have := Checks(from)
	return slices.DeleteFunc(Checks(to), func(c Check) bool { return slices.Contains(have, c) })
}

// Checks lists those of a definition.
func Checks(create string) (all []Check) {
	t, _ := parse(create)
	for _, p := range slices.Concat(t.columns, t.keys) {
		if c, found := checkOf(p); found {
			all = append(all, c)
		}
	}
	return all
}

// checkOf is the check of a line, behind its names and what stands in quotes.
func checkOf(p line) (Check, bool) {
	if strings.Contains(inQuotes.ReplaceAllString(p.text, ""), "NOT ENFORCED") {
		return Check{}, false
	}
	expression, found := enclosed(p.text, checkWord)
	return Check{strings.TrimPrefix(p.name, "CONSTRAINT "), expression}, found
}

// Computed is a column that holds what an expression gives.
type Computed struct{ Column, Type, Expression string }

// ComputedColumns lists those of a definition.
func ComputedColumns(create string) (all []Computed) {
	t, _ := parse(create)
	for _, c := range t.columns {
		if expression, found := enclosed(c.text, " GENERATED ALWAYS AS ("); found {
			all = append(all, Computed{c.name, storedForm(c, t).typ, expression})
		}
	}
	return all
}

// enclosed is what stands in the parentheses that some words open, outside of quotes and of
// other parentheses.
func enclosed(text, opening string) (string, bool) {
	var quote byte
	depth, start := 0, -1
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote == '\'' && c == '\\':
			i++
		case quote != 0:
			if c == quote { // a doubled one ends and begins again
				quote = 0
			}
		case c == '\'' || c == '`':
			quote = c
		case c == '(':
			if depth == 0 && strings.HasSuffix(text[:i+1], opening) {
				start = i + 1
			}
			depth++
		case c == ')':
			if depth--; depth == 0 && start >= 0 {
				return text[start:i], true
			}
		}
	}
	return "", false
}
