package catalog

import (
	"regexp"
	"strings"
)

var (
	tableSetPattern     = regexp.MustCompile(` DEFAULT CHARSET=(\w+)(?: COLLATE=(\w+))?`)
	textPattern         = regexp.MustCompile(`^(?:char|varchar|tinytext|text|mediumtext|longtext|enum|set)\b`)
	columnSetPattern    = regexp.MustCompile(` CHARACTER SET (\w+)`)
	collationPattern    = regexp.MustCompile(` COLLATE (\w+)`)
	commentPattern      = regexp.MustCompile(` COMMENT '(?:[^']|'')*'$`)
	plainDefaultPattern = regexp.MustCompile(` DEFAULT (?:'(?:[^'\\]|'')*'|-?[\w.]+(?:\(\d*\))?)`)
)

// stored is the part of a column's definition that says how its values are stored.
// What is not known here stays in rest, where it makes two definitions differ.
type stored struct {
	typ, rest, charset, collation string
}

// storedForm takes default and comment out of a column's definition, and fills in
// the character set that it has from its table.
func storedForm(c line, table tableText) stored {
	text := columnPattern.ReplaceAllString(c.text, "")
	end := typeEnd(text)
	s := stored{typ: text[:end]}
	rest := commentPattern.ReplaceAllString(text[end:], "")
	if m := tableSetPattern.FindStringSubmatch(" " + table.options); m != nil && textPattern.MatchString(s.typ) {
		s.charset, s.collation = m[1], m[2]
	}
	if m := columnSetPattern.FindStringSubmatch(rest); m != nil {
		s.charset, s.collation = m[1], ""
	}
	if m := collationPattern.FindStringSubmatch(rest); m != nil {
		s.collation = m[1]
	}
	if !strings.Contains(rest, " GENERATED ") {
		rest = plainDefaultPattern.ReplaceAllString(rest, "")
	}
	rest = columnSetPattern.ReplaceAllString(rest, "")
	s.rest = collationPattern.ReplaceAllString(rest, "")
	return s
}

// typeEnd finds where a column's type ends: values of an enumeration hold whatever
// they like.
func typeEnd(text string) int {
	quoted := false
	depth := 0
	for i, c := range text {
		switch {
		case c == '\'':
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ' ' && depth == 0:
			return i
		}
	}
	return len(text)
}

// rewrites reports whether a column that both definitions have is stored in another
// way in one than in the other.
func rewrites(a, b tableText) bool {
	for _, c := range a.columns {
		i := find(b.columns, c.name)
		if i >= 0 && storedForm(c, a) != storedForm(b.columns[i], b) {
			return true
		}
	}
	return false
}

// Retyped is a column that is stored in two ways by two definitions: its types, and the
// character sets of a text.
type Retyped struct{ Column, From, To, FromSet, ToSet string }

// RetypedColumns lists those that both definitions have.
func RetypedColumns(from, to string) (out []Retyped) {
	a, _ := parse(from)
	b, _ := parse(to)
	for _, c := range a.columns {
		i := find(b.columns, c.name)
		if i < 0 {
			continue
		}
		if was, is := storedForm(c, a), storedForm(b.columns[i], b); was != is {
			out = append(out, Retyped{c.name, was.typ, is.typ, was.charset, is.charset})
		}
	}
	return out
}

// Alike reports whether every value that both types hold is written in the same way in both.
func (r Retyped) Alike() bool {
	a, b := Kind(r.From), Kind(r.To)
	was, is := Sizes(r.From), Sizes(r.To)
	switch {
	case r.FromSet != r.ToSet:
		return false
	case widths[a] > 0 && widths[b] > 0, r.From == r.To:
		return true
	case textPattern.MatchString(r.From) && a != "enum" && a != "set":
		return textPattern.MatchString(r.To) && b != "enum" && b != "set"
	case a == "decimal" && b == a && len(was) == 2 && len(is) == 2:
		return was[1] == is[1]
	case (a == "enum" || a == "set") && b == a:
		return strings.HasPrefix(r.To, strings.TrimSuffix(r.From, ")"))
	}
	return (a == "varbinary" || a == "bit") && b == a
}

// Kind is the name of a type, without what stands behind it.
func Kind(typ string) string {
	name, _, _ := strings.Cut(typ, "(")
	return name
}
