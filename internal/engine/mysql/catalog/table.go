package catalog

import (
	"regexp"
	"strings"
)

// line is one line of a table's definition.
type line struct {
	name string
	text string // without the comma at its end
}

// tableText is a table's definition taken apart: the server writes each column,
// key and constraint on a line of its own.
type tableText struct {
	columns []line
	keys    []line // keys, constraints and periods; the name says which kind, too
	options string // what stands behind the parenthesis
	tail    string // system versioning and partitions
}

var (
	counterPattern = regexp.MustCompile(` AUTO_INCREMENT=\d+`)
	columnPattern  = regexp.MustCompile("^`((?:[^`]|``)*)` ")
	keyPattern     = regexp.MustCompile("^(PRIMARY KEY|UNIQUE KEY|FULLTEXT KEY|SPATIAL KEY|VECTOR KEY|KEY|CONSTRAINT|PERIOD FOR)(?: `((?:[^`]|``)*)`)?")
	foreignPattern = regexp.MustCompile("^CONSTRAINT `((?:[^`]|``)*)` FOREIGN KEY ")
	checkPattern   = regexp.MustCompile("^CONSTRAINT `((?:[^`]|``)*)` CHECK ")
)

// Definition is what the server shows of a table, without the value of AUTO_INCREMENT, with
// binary defaults in hexadecimal digits, and with numbers below zero in one form.
func Definition(shown string) string { return withoutCounter(belowZero(inDigits(shown))) }

// negative is how MySQL shows a number below zero in an expression that it was given without the
// parentheses; given with them, it shows it without.
var negative = regexp.MustCompile(`-\((\d+(?:\.\d+)?(?:e[-+]?\d+)?)\)`)

// belowZero takes such parentheses away, but for what stands in quotes.
func belowZero(create string) string {
	if !strings.Contains(create, "-(") {
		return create
	}
	var out strings.Builder
	at := 0
	for _, m := range append(quotedText.FindAllStringIndex(create, -1), []int{len(create), len(create)}) {
		out.WriteString(negative.ReplaceAllString(create[at:m[0]], "-$1") + create[m[0]:m[1]])
		at = m[1]
	}
	return out.String()
}

// withoutCounter takes the value of AUTO_INCREMENT out of a definition. Only the
// line of the options has it; a column's comment may look like it.
func withoutCounter(create string) string {
	i := strings.LastIndex(create, "\n) ")
	if i < 0 {
		return create
	}
	end := strings.IndexByte(create[i+1:], '\n')
	if end < 0 {
		end = len(create) - i - 1
	}
	options := create[i : i+1+end]
	if comment := strings.Index(options, " COMMENT="); comment >= 0 {
		return create[:i] + counterPattern.ReplaceAllString(options[:comment], "") + options[comment:] + create[i+1+end:]
	}
	return create[:i] + counterPattern.ReplaceAllString(options, "") + create[i+1+end:]
}

// parse takes a definition apart; false where it is written in a way that is not
// known here.
func parse(create string) (tableText, bool) {
	var t tableText
	lines := strings.Split(create, "\n")
	if len(lines) < 3 || !strings.HasSuffix(lines[0], "(") {
		return t, false
	}
	for i, text := range lines[1:] {
		if strings.HasPrefix(text, ")") {
			t.options = strings.TrimSpace(text[1:])
			t.tail = strings.Join(lines[i+2:], "\n")
			return t, true
		}
		text = strings.TrimSuffix(strings.TrimPrefix(text, "  "), ",")
		if m := columnPattern.FindStringSubmatch(text); m != nil {
			t.columns = append(t.columns, line{bare(m[1]), text})
			continue
		}
		m := keyPattern.FindStringSubmatch(text)
		if m == nil {
			return t, false
		}
		name := m[1] + " " + m[2]
		if m[1] == "CONSTRAINT" && foreignPattern.MatchString(text) {
			name = "FOREIGN KEY " + m[2]
		}
		t.keys = append(t.keys, line{name, text})
	}
	return t, false
}

// WithoutForeignKeys is the definition without its foreign keys and under
// another name, as a table has it that was made LIKE this one.
func WithoutForeignKeys(create, as string) string {
	lines := strings.Split(create, "\n")
	lines[0] = "CREATE TABLE " + quoted(as) + " ("
	return without(lines, foreignPattern.MatchString)
}

// without leaves lines of a definition out, told by their texts.
func without(lines []string, gone func(text string) bool) string {
	out := lines[:1:1]
	for _, text := range lines[1:] {
		if !gone(strings.TrimPrefix(text, "  ")) {
			out = append(out, text)
		}
	}
	for i := range out[:len(out)-1] {
		if strings.HasPrefix(out[i+1], ")") {
			out[i] = strings.TrimSuffix(out[i], ",")
		}
	}
	return strings.Join(out, "\n")
}

// WithChecksNamed is the definition with a mark before the name of every check: in
// MySQL these names are the whole schema's, so a second table has other ones. The longest
// ones lose their first letter for it.
func WithChecksNamed(create, mark string) string {
	lines := strings.Split(create, "\n")
	for i, text := range lines {
		if m := checkPattern.FindStringSubmatch(strings.TrimPrefix(text, "  ")); m != nil {
			lines[i] = strings.Replace(text, "`"+m[1]+"`", quoted(CheckNamed(bare(m[1]), mark)), 1)
		}
	}
	return strings.Join(lines, "\n")
}

// CheckNamed is the name of one of them then.
func CheckNamed(name, mark string) string {
	letters := []rune(name)
	return mark + string(letters[max(0, len(letters)+len(mark)-LongestName):])
}

// CheckNames lists the checks of a definition that have names of their own.
func CheckNames(create string) (names []string) {
	t, _ := parse(create)
	for _, k := range t.keys {
		if m := checkPattern.FindStringSubmatch(k.text); m != nil {
			names = append(names, bare(m[1]))
		}
	}
	return names
}

// LongestName is how many characters a name has at most.
const LongestName = 64

// Columns lists a definition's columns.
func Columns(create string) []string {
	t, ok := parse(create)
	if !ok {
		return nil
	}
	out := make([]string, len(t.columns))
	for i, c := range t.columns {
		out[i] = c.name
	}
	return out
}

// Stored lists those that are not computed.
func Stored(create string) (names []string) {
	t, _ := parse(create)
	for _, c := range t.columns {
		if !strings.Contains(unquoted(c), " GENERATED ALWAYS ") {
			names = append(names, c.name)
		}
	}
	return names
}

// Renamed is a definition under another name. The server names a foreign key, and
// MySQL a check, that nobody named after its table.
func Renamed(create, from, to string) string {
	lines := strings.Split(create, "\n")
	lines[0] = "CREATE TABLE " + quoted(to) + " ("
	for i, text := range lines {
		if foreignPattern.MatchString(strings.TrimPrefix(text, "  ")) {
			lines[i] = strings.Replace(text, "CONSTRAINT `"+from+"_ibfk_", "CONSTRAINT `"+to+"_ibfk_", 1)
		} else if checkPattern.MatchString(strings.TrimPrefix(text, "  ")) {
			lines[i] = strings.Replace(text, "CONSTRAINT `"+from+"_chk_", "CONSTRAINT `"+to+"_chk_", 1)
		}
	}
	return strings.Join(lines, "\n")
}
