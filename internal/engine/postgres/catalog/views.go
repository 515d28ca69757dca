package catalog

import (
	"slices"
	"strings"
)

// defineView completes a view once its columns are known.
func (row *relationRow) defineView(columns []Column) {
	o := &row.object
	o.Kind = KindView
	o.Create = "CREATE VIEW " + o.Identity + columnNames(columns)
	if len(row.table.Options) > 0 {
		o.Create += " WITH (" + settings(row.table.Options) + ")"
	}
	o.Create += " AS\n" + row.query
	o.Columns = extras(columns)
}

// defineMatview completes a materialized view once its columns are known.
func (row *relationRow) defineMatview(columns []Column) {
	o := &row.object
	o.Kind = KindMatview
	o.Create = "CREATE MATERIALIZED VIEW " + o.Identity + columnNames(columns) + row.table.place() +
		" AS\n" + row.query + "\nWITH NO DATA"
	alter := "ALTER MATERIALIZED VIEW " + o.Identity + " "
	o.After = completeColumns(alter, columns)
	for i := range columns {
		if c := &columns[i]; c.Compression != "" {
			o.After = append(o.After, alter+"ALTER COLUMN "+Quote(c.Name)+" SET COMPRESSION "+c.Compression)
		}
	}
	if row.populated {
		o.After = append(o.After, o.refresh())
	}
	o.Columns = extras(columns)
	for i := range columns {
		o.Columns[i].Type = columns[i].Type
	}
}

func (o Object) refresh() string { return "REFRESH MATERIALIZED VIEW " + o.Identity }

// Populated tells whether a materialized view holds rows.
func (o Object) Populated() bool {
	return o.Kind == KindMatview && slices.Contains(o.After, o.refresh())
}

// columnNames spells the names of a view's columns: its query may give them
// others after a rename.
func columnNames(columns []Column) string {
	if len(columns) == 0 {
		return ""
	}
	names := make([]string, len(columns))
	for i := range columns {
		names[i] = columns[i].Name
	}
	return " (" + quoteAll(names) + ")"
}

func extras(columns []Column) []ColumnExtras {
	x := make([]ColumnExtras, len(columns))
	for i := range columns {
		x[i].Name = columns[i].Name
	}
	return x
}

// trimStatement takes off the semicolon that some pg_get_… functions end with.
func trimStatement(s string) string { return strings.TrimSuffix(strings.TrimSpace(s), ";") }
