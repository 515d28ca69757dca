package pgarchive

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const (
	nameForm    = `(?:"(?:[^"]|"")+"|[^\s"().,;]+)`
	columnsForm = `\(` + nameForm + `(?:, ` + nameForm + `)*\)`
)

// keyForm is how pg_dump spells a primary key or a unique constraint: table, name,
// sort, NULLS NOT DISTINCT, columns, INCLUDE, WITH, DEFERRABLE, and what follows. An
// exclusion, or a key without overlaps, is another form.
var keyForm = regexp.MustCompile(`(?s)\AALTER TABLE ONLY (` + nameForm + `\.` + nameForm + `)\n    ADD CONSTRAINT (` + nameForm + `) (PRIMARY KEY|UNIQUE)( NULLS NOT DISTINCT)? (` +
	columnsForm + `)( INCLUDE ` + columnsForm + `)?( WITH \([^()]*\))?((?: DEFERRABLE)?(?: INITIALLY DEFERRED)?);\n(.*)\z`)

// BuildKeysAhead makes of each primary key and unique constraint two entries: a unique
// index, and the constraint that takes it over. pg_restore locks a table for the adding
// of a constraint, so that nothing else is built on it meanwhile; indexes it builds
// beside each other. What comes out is the same. A partitioned table's own constraint
// stays as it is, because the server takes no index over for it.
func (a *Archive) BuildKeysAhead() {
	next := 1
	partitioned := map[int]bool{}
	for i := range a.Entries {
		e := &a.Entries[i]
		for _, id := range append(e.depends(), e.ID) {
			next = max(next, id+1)
		}
		partitioned[e.ID] = e.Kind.Value == "TABLE" && strings.Contains(e.Definition.Value, "\nPARTITION BY ")
	}
	out := make([]Entry, 0, len(a.Entries))
	for _, e := range a.Entries {
		m := keyForm.FindStringSubmatch(e.Definition.Value)
		if e.Kind.Value != "CONSTRAINT" || m == nil || slices.ContainsFunc(e.depends(), func(id int) bool { return partitioned[id] }) {
			out = append(out, e)
			continue
		}
		table, name, sort, nulls, columns, include, with, deferrable, rest := m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8], m[9]
		index := e
		index.ID, index.Kind, index.OID, index.CatalogOID, index.Drop = next, Some("INDEX"), Some("0"), Some("0"), Some("")
		index.Definition = Some("CREATE UNIQUE INDEX " + name + " ON " + table + " USING btree " + columns + include + nulls + with + ";\n")
		next++
		e.Definition = Some("ALTER TABLE ONLY " + table + "\n    ADD CONSTRAINT " + name + " " + sort + " USING INDEX " + name + deferrable + ";\n" + rest)
		e.DependsOn = append(slices.Clone(e.DependsOn), Some(strconv.Itoa(index.ID)))
		out = append(out, index, e)
	}
	a.Entries = out
}
