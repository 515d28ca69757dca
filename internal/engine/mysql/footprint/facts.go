package footprint

import "strings"

// Facts is what the catalogs say of a database that the walk over a batch
// needs. It is read once and not changed after.
type Facts struct {
	Database string // the current one
	// Folds: the case of tables' names does not matter (lower_case_table_names).
	Folds bool
	// Strict: a value that does not fit is an error, and not cut.
	Strict   bool
	Tables   map[string]*Table // by key; base tables and views
	Keys     []ForeignKey      // of every database, that refer to this one's tables or are theirs
	Triggers []Trigger
	Routines map[string]string // the body of each by key; "" where it may not be read
	Events   map[string]string // likewise
}

// Table is a table or a view.
type Table struct {
	Name    string
	View    bool
	Query   string // of a view
	Charset string // that a column gets where it names none
	// Strict: a strict sql_mode holds for every row of it, as for InnoDB's.
	Strict  bool
	Rows    int64 // as the server estimates them; -1: unknown
	Columns []Column
	// Versioned: the table keeps its older rows (WITH SYSTEM VERSIONING).
	Versioned bool
}

// Column is a column of a table.
type Column struct {
	Name      string
	Type      string // as information_schema writes it: "int(11) unsigned"
	Charset   string // "" where the type has none
	Nullable  bool
	Generated bool
	// OnUpdate: an UPDATE of any column changes this one, too.
	OnUpdate bool
}

// ForeignKey is a foreign key between two tables, by their keys.
type ForeignKey struct {
	Child, Parent      string
	Columns, Refers    []string
	OnDelete, OnUpdate string // as information_schema writes them: "CASCADE", "SET NULL", …
}

// Trigger is a trigger with its body.
type Trigger struct {
	Table string // by key
	Event string // INSERT, UPDATE or DELETE
	Body  string
}

// key is how a table is called in the maps: bare in the current database, with
// the database's name in another one.
func (f *Facts) key(schema, name string) string {
	if f.Folds {
		schema, name = strings.ToLower(schema), strings.ToLower(name)
	}
	if schema == "" || schema == f.Database || f.Folds && strings.EqualFold(schema, f.Database) {
		return name
	}
	return schema + "." + name
}

// routineKey is how a routine is called: its case never matters.
func (f *Facts) routineKey(schema, name string) string { return strings.ToLower(f.key(schema, name)) }

func (t *Table) column(name string) *Column {
	for i := range t.Columns {
		if strings.EqualFold(t.Columns[i].Name, name) {
			return &t.Columns[i]
		}
	}
	return nil
}
