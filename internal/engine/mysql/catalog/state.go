package catalog

import (
	"maps"
	"slices"
)

// The kinds of objects.
const (
	Table     = "table"
	Sequence  = "sequence"
	View      = "view"
	Trigger   = "trigger"
	Procedure = "procedure"
	Function  = "function"
	Package   = "package"
	Body      = "package body"
	Event     = "event"
	Library   = "library"  // of functions in another language than SQL; MySQL's alone
	Database  = "database" // its default character set and collation
)

// Object is one object of a schema.
type Object struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
	// Create is the server's text of the definition; a table's is without what
	// its AUTO_INCREMENT stands at.
	Create string `json:"create"`
	// Table is a trigger's table, and Order its place among those that fire at
	// the same time.
	Table string `json:"table,omitempty"`
	Order string `json:"order,omitempty"`
	// Definer is "user@host".
	Definer string `json:"definer,omitempty"`
	// Settings are those that the definition was made under and keeps.
	Settings Settings `json:"settings,omitzero"`
	// Engine keeps a table's rows.
	Engine string `json:"engine,omitempty"`
}

// Settings are what a stored program or a view keeps of the session that made it.
type Settings struct {
	Mode      string `json:"sql_mode,omitempty"`
	Client    string `json:"character_set_client,omitempty"`
	Collation string `json:"collation_connection,omitempty"`
	Zone      string `json:"time_zone,omitempty"`
	Database  string `json:"database_collation,omitempty"` // the database's default then
}

// Key names an object: "table orders".
func (o Object) Key() string { return o.Kind + " " + o.Name }

// Stored reports whether the object holds rows or a counter.
func (o Object) Stored() bool { return o.Kind == Table || o.Kind == Sequence }

// State is a schema at one moment.
type State struct {
	Objects map[string]Object `json:"objects"`
	// Counters are the values of AUTO_INCREMENT, and what a sequence gives out
	// next, by the name of the table.
	Counters map[string]string `json:"counters,omitempty"`
}

// Keys lists the objects of several states, sorted.
func Keys(states ...State) []string {
	all := map[string]bool{}
	for _, s := range states {
		for key := range s.Objects {
			all[key] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// Changed lists the objects in which two states differ.
func Changed(a, b State) []string {
	var out []string
	for _, key := range Keys(a, b) {
		x, inA := a.Objects[key]
		y, inB := b.Objects[key]
		if inA != inB || x != y {
			out = append(out, key)
		}
	}
	return out
}

// Describe tells what became of an object between two states.
func Describe(key string, a, b State, created, dropped, changed string) string {
	_, inA := a.Objects[key]
	_, inB := b.Objects[key]
	switch {
	case !inA:
		return key + " " + created
	case !inB:
		return key + " " + dropped
	}
	return key + " " + changed
}
