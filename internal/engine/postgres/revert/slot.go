package revert

import (
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// slot is a place that only one object can have a name in.
type slot struct {
	space  string  // "relation", "column", …
	schema string  // for what lies in a schema
	parent address // for what hangs on a table
	name   string
}

const (
	spaceSchema   = "schema"
	spaceRelation = "relation" // tables, views, indexes and sequences; types share it, for a table is a type
	spaceRoutine  = "routine"
	spaceColumn   = "column"
)

// slots are the places that an object takes.
func slots(o *object) []slot {
	switch o.Kind {
	case catalog.KindSchema:
		return []slot{{space: spaceSchema, name: o.Name}}
	case catalog.KindFunction:
		return []slot{{space: spaceRoutine, schema: o.Schema, name: o.Name + arguments(o)}}
	case catalog.KindTable, catalog.KindView, catalog.KindMatview, catalog.KindSequence, catalog.KindIndex, catalog.KindEnum:
		return []slot{{space: spaceRelation, schema: o.Schema, name: o.Name}}
	case catalog.KindConstraint:
		own := slot{space: string(o.Kind), parent: o.Parent, name: o.Name}
		if hasIndex(o) {
			return []slot{own, {space: spaceRelation, schema: o.Schema, name: o.Name}}
		}
		return []slot{own}
	case catalog.KindTrigger, catalog.KindRule, catalog.KindPolicy:
		return []slot{{space: string(o.Kind), parent: o.Parent, name: o.Name}}
	case catalog.KindDefault:
		return nil
	}
	return []slot{{space: string(o.Kind), schema: o.Schema, name: o.Name}}
}

// columnSlots are those that the columns of a table take.
func columnSlots(o *object) []slot {
	if o.Table == nil {
		return nil
	}
	all := make([]slot, len(o.Table.Columns))
	for i := range o.Table.Columns {
		all[i] = slot{space: spaceColumn, parent: o.Address, name: o.Table.Columns[i].Name}
	}
	return all
}

// hasIndex says whether a constraint comes with an index of its name.
func hasIndex(o *object) bool {
	for _, word := range []string{" PRIMARY KEY", " UNIQUE", " EXCLUDE"} {
		if strings.Contains(o.Create, catalog.Quote(o.Name)+word) {
			return true
		}
	}
	return false
}

// arguments are a routine's argument types, in parentheses.
func arguments(o *object) string {
	return strings.TrimPrefix(o.Identity, catalog.Qualified(o.Schema, o.Name))
}

// splitQualified takes a quoted, qualified name apart into bare names.
func splitQualified(s string) (schema, name string) {
	n := tokenLength(s)
	if n >= len(s) {
		return "", bare(s)
	}
	return bare(s[:n]), bare(strings.TrimPrefix(s[n:], "."))
}

func bare(quoted string) string {
	if len(quoted) < 2 || quoted[0] != '"' {
		return quoted
	}
	return strings.ReplaceAll(quoted[1:len(quoted)-1], `""`, `"`)
}
