package catalog

import (
	"regexp"
	"slices"
	"strings"
)

// Alteration turns one definition of a table into another.
type Alteration struct {
	// Clauses of ALTER TABLE; Foreign are those about foreign keys, which a copy
	// made LIKE the table does not have.
	Clauses []string
	Foreign []string
	// Names are such that give columns other names, before all else.
	Names []string
	// Rewrites says that a column is stored in another way before and after, so
	// that whoever changed the definition may have changed values.
	Rewrites bool
}

// Statements are the clauses by the statements that have to take them: a foreign
// key goes before what it rests on and comes after it, for one of the table to itself is
// judged by the table as it was, and its name is free only
// when the statement that drops it is over. So has a column only then the default that
// it loses by one of the bare clauses.
func (x *Alteration) Statements(bare []string) (all [][]string) {
	if !slices.ContainsFunc(x.Clauses, func(c string) bool { return strings.Contains(c, " COLUMN ") }) {
		bare = nil
	}
	var drops, adds []string
	for _, f := range x.Foreign {
		if strings.HasPrefix(f, "DROP") {
			drops = append(drops, f)
		} else {
			adds = append(adds, f)
		}
	}
	all = [][]string{x.Names, drops, x.Clauses, adds, bare}
	return slices.DeleteFunc(all, func(clauses []string) bool { return len(clauses) == 0 })
}

// Alter finds the clauses that turn definition from into definition to without
// any row: columns that to has and from has not cannot be made so, unless empty
// says that there are no rows. That the result is exact has to be proved on a
// table without rows. With again every key is made once more, which puts them in
// their order. Columns that are remade take nothing over from those of their names.
func Alter(from, to string, empty, again bool, remade ...string) (Alteration, bool) {
	a, okA := parse(from)
	b, okB := parse(to)
	if !okA || !okB || a.tail != b.tail {
		return Alteration{}, false
	}
	var out Alteration
	if !out.columns(a, b, empty, remade) {
		return Alteration{}, false
	}
	if !out.keys(a, b, again) {
		return Alteration{}, false
	}
	out.Rewrites = rewrites(a, b)
	if a.options != b.options {
		out.Clauses = append(out.Clauses, options(a.options, b.options)...)
	}
	return out, true
}

func quoted(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

func find(lines []line, name string) int {
	return slices.IndexFunc(lines, func(l line) bool { return l.name == name })
}

// columns drops, changes, adds and moves.
func (x *Alteration) columns(a, b tableText, empty bool, remade []string) bool {
	var order []string // as the columns stand after the clauses so far
	for _, c := range a.columns {
		if find(b.columns, c.name) < 0 || slices.Contains(remade, c.name) {
			x.Clauses = append(x.Clauses, "DROP COLUMN "+quoted(c.name))
			continue
		}
		order = append(order, c.name)
	}
	for i, c := range b.columns {
		place := " FIRST"
		if i > 0 {
			place = " AFTER " + quoted(b.columns[i-1].name)
		}
		at := slices.Index(order, c.name)
		switch {
		case at < 0 && !empty:
			return false
		case at < 0:
			x.Clauses = append(x.Clauses, "ADD COLUMN "+c.text+place)
		case at != i:
			x.Clauses = append(x.Clauses, "MODIFY COLUMN "+c.text+place)
			order = slices.Delete(order, at, at+1)
		case a.columns[find(a.columns, c.name)].text != c.text:
			x.Clauses = append(x.Clauses, "MODIFY COLUMN "+c.text)
			continue
		default:
			continue
		}
		order = slices.Insert(order, i, c.name)
	}
	return true
}

func (x *Alteration) keys(a, b tableText, again bool) bool {
	var drops, adds []string
	for _, k := range a.keys {
		at := find(b.keys, k.name)
		if at >= 0 && b.keys[at].text == k.text && (!again || isConstraint(k)) {
			continue
		}
		drop, ok := dropOf(k)
		if !ok {
			return false
		}
		if strings.HasPrefix(k.name, "FOREIGN KEY ") {
			x.Foreign = append(x.Foreign, drop)
			continue
		}
		drops = append(drops, drop)
	}
	for _, k := range b.keys {
		at := find(a.keys, k.name)
		if at >= 0 && a.keys[at].text == k.text && (!again || isConstraint(k)) {
			continue
		}
		if strings.HasPrefix(k.name, "PERIOD FOR") {
			return false
		}
		if strings.HasPrefix(k.name, "FOREIGN KEY ") {
			x.Foreign = append(x.Foreign, "ADD "+k.text)
			continue
		}
		adds = append(adds, "ADD "+k.text)
	}
	// Keys go first, so that no column of one is dropped under it.
	x.Clauses = slices.Concat(drops, x.Clauses, adds)
	return true
}

func isConstraint(k line) bool {
	return strings.HasPrefix(k.name, "CONSTRAINT") || strings.HasPrefix(k.name, "FOREIGN KEY")
}

func dropOf(k line) (string, bool) {
	kind, name, _ := strings.Cut(k.name, " KEY ")
	switch {
	case strings.HasPrefix(k.name, "PRIMARY KEY"):
		return "DROP PRIMARY KEY", true
	case kind == "FOREIGN":
		return "DROP FOREIGN KEY `" + name + "`", true
	case strings.HasPrefix(k.name, "CONSTRAINT "):
		return "DROP CONSTRAINT `" + strings.TrimPrefix(k.name, "CONSTRAINT ") + "`", checkPattern.MatchString(k.text)
	case strings.HasPrefix(k.name, "PERIOD FOR"):
		return "", false
	case strings.HasPrefix(k.name, "KEY "):
		return "DROP KEY `" + strings.TrimPrefix(k.name, "KEY ") + "`", true
	}
	return "DROP KEY `" + name + "`", true
}

var optionPattern = regexp.MustCompile(`([A-Z_ ]+?)=('(?:[^']|'')*'|[^ ]+)`)

// versioned is what stands behind the options of a table with a history.
const versioned = " WITH SYSTEM VERSIONING"

// options writes the wanted options, and those that are not wanted any more with
// the value that means none.
func options(from, to string) []string {
	if rest, ok := strings.CutSuffix(from, versioned); ok { // no ALTER TABLE says again that it has one
		from, to = rest, strings.TrimSuffix(to, versioned)
	}
	out := []string{to}
	for _, m := range optionPattern.FindAllStringSubmatch(from, -1) {
		name := strings.TrimSpace(m[1])
		if strings.Contains(to, name+"=") {
			continue
		}
		switch name {
		case "COMMENT":
			out = append(out, "COMMENT=''")
		case "MIN_ROWS", "MAX_ROWS", "AVG_ROW_LENGTH", "KEY_BLOCK_SIZE":
			out = append(out, name+"=0")
		default:
			out = append(out, name+"=DEFAULT")
		}
	}
	return out
}
