package footprint

import (
	"slices"
	"strconv"
	"strings"

	"github.com/safemigrate/safemigrate/internal/sqltext"
)

// datatype is a column's type in its parts.
type datatype struct {
	name     string
	numbers  []int    // in parentheses: length, or digits and decimals
	members  []string // of ENUM and SET
	unsigned bool
	charset  string
}

// read takes a type as information_schema writes it.
func read(text, charset string) datatype {
	d := datatype{charset: strings.ToLower(charset)}
	for i, t := range (sqltext.Rules{Dialect: sqltext.MySQL}).TokensOf(text) {
		switch {
		case i == 0:
			d.name = fold(t.Text)
		case t.Kind == sqltext.Number:
			n, err := strconv.Atoi(t.Text)
			if err == nil {
				d.numbers = append(d.numbers, n)
			}
		case t.Kind == sqltext.Literal:
			d.members = append(d.members, t.Value())
		case t.Is("UNSIGNED", "ZEROFILL"):
			d.unsigned = true
		}
	}
	return d
}

func (d datatype) number(i, otherwise int) int {
	if i < len(d.numbers) {
		return d.numbers[i]
	}
	return otherwise
}

// The families of types whose members hold all values of those before them.
var (
	integers = []string{"tinyint", "smallint", "mediumint", "int", "bigint"}
	texts    = []string{"tinytext", "text", "mediumtext", "longtext"}
	blobs    = []string{"tinyblob", "blob", "mediumblob", "longblob"}
	// textBytes is what the shortest text types hold.
	textBytes = map[string]int{"tinytext": 255, "text": 65535}
)

// widest is the number of bytes of a character.
var widest = map[string]int{"ascii": 1, "latin1": 1, "utf8": 3, "utf8mb3": 3, "utf8mb4": 4}

// holds reports whether every text of one character set is one of another.
func holds(from, to string) bool {
	from, to = strings.ToLower(from), strings.ToLower(to)
	switch from {
	case to:
		return true
	case "ascii":
		return widest[to] > 0
	case "latin1":
		return widest[to] > 1
	case "utf8", "utf8mb3":
		return widest[to] > 2
	}
	return false
}

// Widens reports whether every value of one type stays what it is in another; both are as
// information_schema writes them, with their character sets.
func Widens(from, fromCharset, to, toCharset string) bool {
	return widens(read(from, fromCharset), read(to, toCharset))
}

// widens reports whether every value of one type stays what it is in another.
func widens(a, b datatype) bool {
	switch {
	case slices.Contains(integers, a.name):
		return widensInteger(a, b)
	case a.charset != "" || b.charset != "":
		return widensText(a, b)
	case slices.Contains(blobs, a.name):
		return slices.Index(blobs, b.name) >= slices.Index(blobs, a.name)
	case a.name != b.name:
		return a.name == "float" && b.name == "double" && len(a.numbers)+len(b.numbers) == 0 && a.unsigned == b.unsigned ||
			a.name == "date" && b.name == "datetime" || a.name == "varbinary" && slices.Index(blobs, b.name) > 0
	case a.name == "decimal":
		digits, decimals := a.number(0, 10), a.number(1, 0)
		return b.number(1, 0) >= decimals && b.number(0, 10)-b.number(1, 0) >= digits-decimals && (a.unsigned || !b.unsigned)
	case a.name == "float" || a.name == "double":
		return slices.Equal(a.numbers, b.numbers) && a.unsigned == b.unsigned
	case a.name == "binary":
		return a.number(0, 1) == b.number(0, 1)
	}
	return b.number(0, 0) >= a.number(0, 0) // varbinary, bit, and the fractions of seconds
}

func widensInteger(a, b datatype) bool {
	from, to := slices.Index(integers, a.name), slices.Index(integers, b.name)
	return to >= from && (a.unsigned == b.unsigned || a.unsigned && to > from)
}

func widensText(a, b datatype) bool {
	if a.charset == "" || b.charset == "" || !holds(a.charset, b.charset) {
		return false
	}
	grows := widest[b.charset] > widest[a.charset]
	from, to := slices.Index(texts, a.name), slices.Index(texts, b.name)
	switch {
	case a.name == "enum" && b.name == "enum":
		return !slices.ContainsFunc(a.members, func(m string) bool { return !slices.Contains(b.members, m) })
	case a.name == "set" && b.name == "set":
		return len(b.members) >= len(a.members) && slices.Equal(a.members, b.members[:len(a.members)])
	case from >= 0:
		return to > from || to == from && !grows
	case to >= 0 && (a.name == "char" || a.name == "varchar"):
		return to > 1 || a.number(0, 1)*max(widest[b.charset], 1) <= textBytes[b.name]
	case a.name == "varchar" || a.name == "char":
		return (b.name == "varchar" || b.name == a.name) && b.number(0, 1) >= a.number(0, 1)
	}
	return false
}
