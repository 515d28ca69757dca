package mysql

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
	"github.com/safemigrate/safemigrate/internal/sqltext"
	"github.com/safemigrate/safemigrate/migrate"
)

// Names in a text: in quotes, and such as need none. A quote can be of a string or of a
// comment and seem to open a name, so what stands between two is read in both ways.
var (
	quotedNames = regexp.MustCompile("`((?:[^`]|``)+)`|\"((?:[^\"]|\"\")+)\"")
	plainNames  = regexp.MustCompile(`[0-9A-Za-z_$\x{80}-\x{10FFFF}]+`)
)

// wordsOf are the words of a text, in lower case: a name that is not among them
// is not named. What stands in double quotes can be a name, or a text that is run.
func wordsOf(text string) map[string]bool {
	out := map[string]bool{}
	for _, m := range quotedNames.FindAllStringSubmatch(text, -1) {
		out[strings.ToLower(strings.ReplaceAll(m[1], "``", "`")+strings.ReplaceAll(m[2], `""`, `"`))] = true
		if m[2] != "" {
			maps.Copy(out, wordsOf(m[2]))
		}
	}
	for _, word := range plainNames.FindAllString(text, -1) {
		out[strings.ToLower(word)] = true
	}
	return out
}

// named follows the words of texts through views, stored programs and triggers
// to the tables that they name.
type named struct {
	state  catalog.State
	tables map[string]bool
	seen   map[string]bool // objects whose text was read
	any    string
}

// dynamic finds statements that are put together at run time.
var dynamic = regexp.MustCompile(`(?i)\b(PREPARE|EXECUTE)\b`)

func (n *named) read(text, where string) {
	if n.any == "" && dynamic.MatchString(text) {
		n.any = where + " runs a text that is put together at run time"
	}
	found := wordsOf(text)
	for _, key := range catalog.Keys(n.state) {
		o := n.state.Objects[key]
		if n.seen[key] || !found[strings.ToLower(o.Name)] {
			continue
		}
		switch o.Kind {
		case catalog.Table:
			n.table(o.Name)
		case catalog.View, catalog.Procedure, catalog.Function, catalog.Package, catalog.Body, catalog.Event:
			n.seen[key] = true
			n.read(o.Create, o.Key())
		}
	}
}

// table takes a table in, with the triggers on it and the tables whose rows
// follow its rows by a foreign key.
func (n *named) table(name string) {
	if n.tables[name] {
		return
	}
	n.tables[name] = true
	for _, key := range catalog.Keys(n.state) {
		o := n.state.Objects[key]
		switch {
		case o.Kind == catalog.Trigger && o.Table == name && !n.seen[key]:
			n.seen[key] = true
			n.read(o.Create, o.Key())
		case o.Kind == catalog.Table && slices.Contains(catalog.ForeignKeys(o.Create), name) && strings.Contains(o.Create, " ON "):
			n.table(o.Name)
		}
	}
}

// definitions are the verbs that change no row of a table that they leave there,
// unless its definition tells so.
func onlyDefines(verb string) bool {
	switch kind, what, _ := strings.Cut(verb, " "); kind {
	case "CREATE", "DROP", "RENAME":
		return what != ""
	case "ALTER":
		return true
	case "SET", "ANALYZE", "SHOW", "LOCK", "UNLOCK":
		return true
	}
	return false
}

// dropped finds what a clause of ALTER TABLE drops.
var dropped = regexp.MustCompile("(?i)\\bDROP\\s+(\\w+|`)")

// exchanges reports whether a definition may put another table, other rows or
// other values in the place of those that are there, or have rows follow those
// of another table.
func exchanges(st sqltext.Statement, said map[string]bool) bool {
	kind, what, _ := strings.Cut(st.Verb, " ")
	switch {
	case what == "TABLE" && kind == "CREATE":
		return said["replace"]
	case what == "TABLE" && kind != "ALTER":
		return true
	case what == "TRIGGER", what == "PROCEDURE", what == "FUNCTION", what == "PACKAGE", what == "PACKAGE BODY", what == "EVENT", what == "VIEW":
		// Later statements can have it run.
		return kind != "DROP"
	case what != "TABLE":
		return false
	}
	for _, word := range []string{"rename", "exchange", "partition", "ignore", "change", "modify", "convert", "cascade"} {
		if said[word] {
			return true
		}
	}
	for _, m := range dropped.FindAllStringSubmatch(st.Text, -1) {
		switch strings.ToUpper(m[1]) {
		case "INDEX", "KEY", "FOREIGN", "CONSTRAINT", "PRIMARY", "CHECK":
		default:
			return true // a column, which can come back with other values
		}
	}
	return said["references"] && said["set"]
}

// touched lists the tables whose rows a batch may change by statements that
// write rows, as far as their words tell; all says why it may be every one.
func (d *DB) touched(s catalog.State, scripts []migrate.Script) (tables []string, all string) {
	n := named{state: s, tables: map[string]bool{}, seen: map[string]bool{}}
	for _, script := range scripts {
		for _, st := range script.Statements {
			if said := wordsOf(st.Text); onlyDefines(st.Verb) && !said["select"] && !exchanges(st, said) {
				continue
			}
			n.read(st.Text, fmt.Sprintf("%s:%d", script.Migration.File, st.Line))
		}
	}
	for t := range n.tables {
		tables = append(tables, t)
	}
	slices.Sort(tables)
	return tables, n.any
}

// mentioned lists every table that a batch names, whatever it does with it, and
// every object.
func mentioned(s catalog.State, scripts []migrate.Script) map[string]bool {
	all := map[string]bool{}
	for _, script := range scripts {
		for _, st := range script.Statements {
			found := wordsOf(st.Text)
			for _, key := range catalog.Keys(s) {
				if found[strings.ToLower(s.Objects[key].Name)] {
					all[key] = true
				}
			}
		}
	}
	return all
}

// scope lists the tables that a snapshot copies.
func (d *DB) scope(s catalog.State, b before, want migrate.Scope) ([]string, error) {
	switch want.Mode {
	case migrate.ScopeNone:
		return nil, nil
	case migrate.ScopeAll:
		return within(tablesOf(s), want)
	}
	return within(endangered(s, b), want)
}

// endangered lists the tables of which a batch can destroy something.
func endangered(s catalog.State, b before) []string {
	return slices.DeleteFunc(tablesOf(s), func(name string) bool { return b.Any == "" && !slices.Contains(b.Endangered, name) })
}

// leftOut lists those of them that are not in the scope.
func leftOut(s catalog.State, b before, scope []string) []string {
	return slices.DeleteFunc(endangered(s, b), func(name string) bool { return slices.Contains(scope, name) })
}

func within(tables []string, want migrate.Scope) ([]string, error) {
	var out []string
	for _, name := range tables {
		in, err := matchesAny(want.Tables, name)
		if err != nil {
			return nil, err
		}
		outside, err := matchesAny(want.Exclude, name)
		if err != nil {
			return nil, err
		}
		if (in || len(want.Tables) == 0) && !outside {
			out = append(out, name)
		}
	}
	return out, nil
}

func matchesAny(patterns []string, name string) (bool, error) {
	for _, p := range patterns {
		ok, err := path.Match(p, name)
		if err != nil {
			return false, fmt.Errorf("pattern %q: %w", p, err)
		}
		if ok {
			return true, nil
		}
	}
	return false, nil
}

// byWords is what the words of a batch tell together with the schema.
func (d *DB) byWords(s catalog.State, scripts []migrate.Script) before {
	b := before{State: s}
	b.Touched, b.Any = d.touched(s, scripts)
	for key := range mentioned(s, scripts) {
		if o := s.Objects[key]; o.Kind == catalog.Table {
			b.Mentioned = append(b.Mentioned, o.Name)
		}
	}
	b.Mentioned = append(b.Mentioned, b.Touched...)
	slices.Sort(b.Mentioned)
	b.Mentioned = slices.Compact(b.Mentioned)
	b.Endangered = slices.Clone(b.Mentioned)
	return b
}
