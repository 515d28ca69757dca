package catalog

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// RefusedColumns lists the columns that are in both definitions of a table and get a type on
// the way from one to the other which does not hold all values of the one that they have, with
// a condition of those that strict mode refuses. Longer texts of a bound are told by
// TighterColumns, and what is cut without a word by ShortenedColumns.
func RefusedColumns(from, to string) (out []Shortened) {
	a, okA := parse(from)
	b, okB := parse(to)
	if !okA || !okB {
		return nil
	}
	for _, c := range b.columns {
		at := find(a.columns, c.name)
		if at < 0 || strings.Contains(unquoted(c), " GENERATED ALWAYS ") {
			continue
		}
		if s := refuses(quoted(c.name), storedForm(a.columns[at], a), storedForm(c, b)); s != "" {
			out = append(out, Shortened{c.name, s})
		}
	}
	return out
}

// widths are the bytes of the whole numbers, and most those of the texts and of what is none.
var (
	widths = map[string]uint{"tinyint": 1, "smallint": 2, "mediumint": 3, "int": 4, "bigint": 8}
	most   = map[string]int64{"tinytext": 1<<8 - 1, "tinyblob": 1<<8 - 1, "text": 1<<16 - 1, "blob": 1<<16 - 1, "mediumtext": 1<<24 - 1, "mediumblob": 1<<24 - 1, "longtext": 1<<32 - 1, "longblob": 1<<32 - 1}
)

func refuses(q string, from, to stored) string {
	var ways []string
	if from.typ != to.typ || from.rest != to.rest {
		if way := outside(q, from, to); way != "" {
			ways = append(ways, way)
		}
	}
	if from.charset != to.charset && from.charset != "" && to.charset != "" {
		ways = append(ways, Unspeakable(q, from.charset, to.charset))
	}
	return strings.Join(ways, " OR ")
}

// Unspeakable is a condition: a text of one character set does not come back from another one.
func Unspeakable(q, from, to string) string {
	return fmt.Sprintf("NOT (cast(convert(convert(%s USING %s) USING %s) AS binary) <=> cast(%s AS binary))", q, to, from, q)
}

// outside is a condition: a value is not one of another type.
func outside(q string, from, to stored) string {
	a, b := Kind(strings.Fields(from.typ)[0]), Kind(strings.Fields(to.typ)[0])
	was, is := Sizes(from.typ), Sizes(to.typ)
	switch {
	case widths[a] > 0 && widths[b] > 0:
		return beyondWhole(q, from, to)
	case a == "decimal" && b == "decimal" && len(was) == 2 && len(is) == 2 && is[0]-is[1] < was[0]-was[1]:
		return fmt.Sprintf("abs(%s) >= 1%s", q, strings.Repeat("0", is[0]-is[1]))
	case most[b] > 0 && most[a] > 0 && most[b] >= most[a] && from.charset == to.charset:
	case most[b] > 0 && to.charset != "" && from.charset != "":
		return fmt.Sprintf("length(convert(%s USING %s)) > %d", q, to.charset, most[b])
	case most[b] > 0 && most[a] > 0:
		return fmt.Sprintf("length(%s) > %d", q, most[b])
	case (b == "varbinary" || b == "binary") && len(is) == 1:
		return fmt.Sprintf("length(%s) > %d", q, is[0])
	case b == "bit" && a == "bit" && len(is) == 1 && is[0] < 64:
		return fmt.Sprintf("%s >> %d <> 0", q, is[0])
	case (b == "varchar" || b == "char") && most[a] > 0 && len(is) == 1:
		return fmt.Sprintf("char_length(%s) > %d", q, is[0])
	case a == "enum" && b == "enum":
		return unlisted(from.typ, to.typ, func(label string) string { return q + " = " + label }, q+" + 0 = 0")
	case a == "set" && b == "set":
		return unlisted(from.typ, to.typ, func(label string) string { return "find_in_set(" + label + ", " + q + ")" })
	}
	return ""
}

// beyondWhole is a condition: a value is not one of another type of whole numbers.
func beyondWhole(q string, from, to stored) string {
	a, b := widths[Kind(strings.Fields(from.typ)[0])], widths[Kind(strings.Fields(to.typ)[0])]
	switch was, is := strings.Contains(from.rest, "unsigned"), strings.Contains(to.rest, "unsigned"); {
	case b >= a && was == is, b > a && was:
		return ""
	case is:
		return fmt.Sprintf("%s NOT BETWEEN 0 AND %d", q, ^uint64(0)>>(64-8*b))
	}
	return fmt.Sprintf("%s NOT BETWEEN %d AND %d", q, int64(-1)<<(8*b-1), ^uint64(0)>>(65-8*b))
}

// unlisted is a condition: a value has a label that only the first of two types lists, or is
// such as any of others.
func unlisted(from, to string, has func(label string) string, others ...string) string {
	have := inQuotes.FindAllString(to, -1)
	var ways []string
	for _, label := range inQuotes.FindAllString(from, -1) {
		if !slices.Contains(have, label) {
			ways = append(ways, has(label))
		}
	}
	if len(ways) == 0 {
		return ""
	}
	return strings.Join(append(ways, others...), " OR ")
}

// Sizes are the numbers in the parentheses of a type.
func Sizes(typ string) (all []int) {
	m := typePattern.FindStringSubmatch(typ)
	if m == nil {
		return nil
	}
	for _, digits := range m[2:] {
		if n, err := strconv.Atoi(digits); err == nil {
			all = append(all, n)
		}
	}
	return all
}
