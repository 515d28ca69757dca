package catalog

import (
	"regexp"
	"strings"
)

// Reference is a foreign key to a table of the same database.
type Reference struct {
	Name          string
	Columns       []string
	Parent        string
	ParentColumns []string
}

const (
	quotedName  = "`((?:[^`]|``)*)`"
	quotedNames = "\\(((?:`(?:[^`]|``)*`(?:, ?)?)+)\\)"
)

var (
	referencePattern = regexp.MustCompile("^CONSTRAINT " + quotedName + " FOREIGN KEY " + quotedNames + " REFERENCES " + quotedName + " " + quotedNames)
	namePattern      = regexp.MustCompile(quotedName)
)

// References lists the foreign keys of a definition. Those to another database are left
// out.
func References(create string) []Reference {
	t, _ := parse(create)
	var out []Reference
	for _, k := range t.keys {
		if m := referencePattern.FindStringSubmatch(k.text); m != nil {
			out = append(out, Reference{Name: bare(m[1]), Columns: names(m[2]), Parent: bare(m[3]), ParentColumns: names(m[4])})
		}
	}
	return out
}

func bare(name string) string { return strings.ReplaceAll(name, "``", "`") }

func names(list string) []string {
	found := namePattern.FindAllStringSubmatch(list, -1)
	out := make([]string, len(found))
	for i, m := range found {
		out[i] = bare(m[1])
	}
	return out
}

// SameColumns reports whether two definitions have the same of some columns.
func SameColumns(a, b string, columns []string) bool {
	x, okX := parse(a)
	y, okY := parse(b)
	for _, c := range columns {
		i, j := find(x.columns, c), find(y.columns, c)
		if i < 0 || j < 0 || x.columns[i].text != y.columns[j].text {
			return false
		}
	}
	return okX && okY
}
