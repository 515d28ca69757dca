package revert

import (
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// slot is a place that only one object can have a name in.
type slot struct {
	space  catalog.Space
	schema string  // for what lies in a schema
	parent address // for what hangs on a table
	name   string
}

const (
	spaceColumn catalog.Space = "column"
	// spaceType holds types and the row types of relations. An index and a type
	// can have one name, a table and a type cannot.
	spaceType catalog.Space = "type"
)

// slots are the places that an object takes.
func slots(o *object) []slot {
	space := o.Kind.Facts().Space
	switch o.Kind {
	case catalog.KindConstraint:
		own := slot{space: space, parent: o.Parent, name: o.Name}
		if hasIndex(o) {
			return []slot{own, {space: catalog.SpaceRelation, schema: o.Schema, name: o.Name}}
		}
		return []slot{own}
	case catalog.KindRange:
		own := relationSlots(o)
		if m := multirange(o); m != nil {
			own = append(own, slot{space: spaceType, schema: m.Schema, name: m.Name})
		}
		return own
	case catalog.KindTrigger, catalog.KindRule, catalog.KindPolicy, catalog.KindDomainCheck:
		return []slot{{space: space, parent: o.Parent, name: o.Name}}
	}
	if space == catalog.SpaceNone {
		return nil
	}
	if space == catalog.SpaceRelation {
		return relationSlots(o)
	}
	return []slot{{space: space, schema: o.Schema, name: o.Name + o.Signature()}}
}

// relationSlots are those of what lies among the relations, the types, or both.
func relationSlots(o *object) []slot {
	relation := slot{space: catalog.SpaceRelation, schema: o.Schema, name: o.Name}
	named := slot{space: spaceType, schema: o.Schema, name: o.Name}
	switch o.Kind {
	case catalog.KindIndex, catalog.KindSequence:
		return []slot{relation}
	case catalog.KindEnum, catalog.KindDomain, catalog.KindRange:
		return []slot{named}
	}
	return []slot{relation, named}
}

// columnSlots are those that the columns of a table, or attributes, take.
func columnSlots(o *object) []slot {
	columns := o.LiveColumns()
	all := make([]slot, len(columns))
	for i := range columns {
		all[i] = slot{space: spaceColumn, parent: o.Address, name: columns[i].Name}
	}
	return all
}

// notNullSlot is the one that the NOT NULL of a column takes, where that has a name.
func notNullSlot(table *object, c *catalog.Column) (slot, bool) {
	s := slot{space: catalog.KindConstraint.Facts().Space, parent: table.Address, name: c.NotNullName}
	return s, c.NotNull && c.NotNullName != ""
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
