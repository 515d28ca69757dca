package revert

import (
	"regexp"
	"strings"
)

// Respell writes a cast of a whole array so that the server reads back what it
// printed. It prints the check x IN ('a', 'b') of a varchar column as
//
//	(x)::text = ANY ((ARRAY['a'::character varying, …])::text[])
//
// and, reading that, casts each element instead of the array: an equal
// condition, but another definition. A cast of the array to the type that it
// has anyway keeps the two apart.
func Respell(sql string) string {
	const start = "(ARRAY["
	var out strings.Builder
	for len(sql) > 0 {
		if !strings.HasPrefix(sql, start) {
			n := spanLength(sql)
			out.WriteString(sql[:n])
			sql = sql[n:]
			continue
		}
		n, elements := bracketed(sql[len(start):])
		rest := sql[len(start)+n:]
		element := elementType(elements)
		if element == "" || !strings.HasPrefix(rest, "])::") {
			out.WriteString(start)
			sql = sql[len(start):]
			continue
		}
		out.WriteString("((ARRAY[" + Respell(sql[len(start):len(start)+n]) + "])::" + element + "[]")
		sql = rest[len("]"):]
	}
	return out.String()
}

// spanLength is the length of what belongs together: a string, a quoted name,
// a dollar-quoted body, a word, or one sign.
func spanLength(sql string) int {
	switch {
	case sql[0] == '\'':
		return stringLength(sql, false)
	case strings.HasPrefix(sql, "E'"):
		return 1 + stringLength(sql[1:], true)
	case strings.HasPrefix(sql, "("):
		return 1
	}
	return tokenLength(sql)
}

// stringLength is the length of a string constant. A doubled quote ends one and
// begins the next, which comes to the same.
func stringLength(sql string, escapes bool) int {
	for i := 1; i < len(sql); i++ {
		switch {
		case sql[i] == '\'':
			return i + 1
		case sql[i] == '\\' && escapes:
			i++
		}
	}
	return len(sql)
}

// bracketed reads to the bracket that closes, and returns how far that is and
// the elements in between.
func bracketed(sql string) (length int, elements []string) {
	depth, from := 0, 0
	for length < len(sql) {
		switch c := sql[length]; {
		case c == '(' || c == '[':
			depth++
		case c == ']' && depth == 0:
			return length, append(elements, sql[from:length])
		case c == ')' || c == ']':
			depth--
		case c == ',' && depth == 0:
			elements, from = append(elements, sql[from:length]), length+1
		}
		length += spanLength(sql[length:])
	}
	return length, nil
}

var (
	typeModifier = regexp.MustCompile(`\(\d+(,\d+)?\)`)
	integer      = regexp.MustCompile(`^\d{1,9}$`)
	numeric      = regexp.MustCompile(`^\d+\.\d+$`)
)

// elementType is the type of an array's elements, as far as the text of one of
// them shows it: they all have the same, and the server spells every cast.
func elementType(elements []string) string {
	for _, e := range elements {
		e = strings.TrimSpace(e)
		switch cast := lastCast(e); {
		case cast != "":
			return typeModifier.ReplaceAllString(cast, "")
		case integer.MatchString(e):
			return "integer"
		case numeric.MatchString(e):
			return "numeric"
		case e == "true" || e == "false":
			return "boolean"
		}
	}
	return ""
}

// lastCast is the type that an expression as a whole is cast to; "" where there
// is none, or it is an array.
func lastCast(expression string) string {
	depth, at := 0, -1
	for i := 0; i < len(expression); i += spanLength(expression[i:]) {
		switch c := expression[i]; {
		case c == '(' || c == '[':
			depth++
		case c == ')' || c == ']':
			depth--
		case depth == 0 && strings.HasPrefix(expression[i:], "::"):
			at = i + 2
		}
	}
	if at < 0 || strings.HasSuffix(expression, "]") {
		return ""
	}
	return expression[at:]
}
