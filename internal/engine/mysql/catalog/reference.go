package catalog

import (
	"regexp"
	"strings"
)

// Reference is a foreign key.
type Reference struct {
	Name          string
	Columns       []string
	Database      string // of its parent, where that is another one
	Parent        string
	ParentColumns []string
}

const (
	quotedName  = "`((?:[^`]|``)*)`"
	quotedNames = "\\(((?:`(?:[^`]|``)*`(?:, ?)?)+)\\)"
)

var (
	referencePattern = regexp.MustCompile("^CONSTRAINT " + quotedName + " FOREIGN KEY " + quotedNames + " REFERENCES (?:" + quotedName + "\\.)?" + quotedName + " " + quotedNames)
	namePattern      = regexp.MustCompile(quotedName)
)

// References lists the foreign keys of a definition; false where one is written in a way
// that is not known here.
func References(create string) (all []Reference, known bool) {
	t, known := parse(create)
	for _, k := range t.keys {
		if !strings.HasPrefix(k.name, "FOREIGN KEY ") {
			continue
		}
		m := referencePattern.FindStringSubmatch(k.text)
		if m == nil {
			known = false
			continue
		}
		all = append(all, Reference{Name: bare(m[1]), Columns: names(m[2]), Database: bare(m[3]), Parent: bare(m[4]), ParentColumns: names(m[5])})
	}
	return all, known
}

// ForeignKeys lists the tables that a definition refers to, of the same database.
func ForeignKeys(create string) []string {
	var out []string
	all, _ := References(create)
	for _, r := range all {
		if r.Database == "" {
			out = append(out, r.Parent)
		}
	}
	return out
}

// Referring is a definition whose foreign keys refer to a table under its new name.
func Referring(create, from, to string) string {
	lines := strings.Split(create, "\n")
	for i, text := range lines {
		if foreignPattern.MatchString(strings.TrimPrefix(text, "  ")) {
			lines[i] = strings.Replace(text, " REFERENCES "+quoted(from)+" (", " REFERENCES "+quoted(to)+" (", 1)
		}
	}
	return strings.Join(lines, "\n")
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

// SamePartitions reports whether two definitions have the same partitions.
func SamePartitions(a, b string) bool {
	x, _ := parse(a)
	y, _ := parse(b)
	return x.tail == y.tail
}
