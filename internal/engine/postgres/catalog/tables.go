package catalog

import "strings"

// defineTable completes a table once its columns are known.
func (row *relationRow) defineTable(columns []Column) {
	o := &row.object
	row.table.Columns = columns
	o.Kind, o.Table = KindTable, &row.table
	o.Create = row.createTable()
	o.After = row.completeTable()
	o.Fixed = row.fixed()
	t := row.table
	o.Table = &t // the row itself goes
}

// fixed says what of a table Create does not hold.
func (row *relationRow) fixed() string {
	for _, c := range row.table.Columns {
		if c.IdentitySeq == nil && c.Identity != "" && row.table.Partition == "" {
			return "identity sequence that cannot be read"
		}
		if c.NotNullBad && c.NotNullOver && row.table.Partition == "" {
			return "the NOT NULL of its column " + Quote(c.Name) + ", which it has from a parent, is NOT VALID"
		}
	}
	return ""
}

func (row *relationRow) createTable() string {
	o, t := &row.object, &row.table
	var b strings.Builder
	b.WriteString("CREATE ")
	if t.Persistence == "u" {
		b.WriteString("UNLOGGED ")
	}
	b.WriteString("TABLE " + o.Identity + " (")
	b.WriteString(row.list() + ")")
	if t.ByParents() {
		b.WriteString(" INHERITS (" + strings.Join(t.Parents, ", ") + ")")
	}
	if t.Key != "" {
		b.WriteString(" PARTITION BY " + t.Key)
	}
	b.WriteString(t.place())
	return b.String()
}

// list spells the columns.
func (row *relationRow) list() string {
	t := &row.table
	var b strings.Builder
	var columns []string
	for i := range t.Columns {
		if c := &t.Columns[i]; !t.ByParents() || c.Inherited == 0 || c.Local {
			columns = append(columns, "\n    "+row.standing(*c).definition())
		}
	}
	b.WriteString(strings.Join(columns, ","))
	if len(columns) > 0 {
		b.WriteByte('\n')
	}
	return b.String()
}

// standing is a column as the table itself declares it: the identity of a
// partition's column is its parent's, as is a NOT NULL that comes with INHERITS, and, up to
// PostgreSQL 15, how a column is generated.
func (row *relationRow) standing(c Column) *Column {
	const ownExpression = 160000
	t := &row.table
	if row.server < ownExpression && t.ByParents() && c.Inherited > 0 {
		c.Generated = ""
	}
	if t.Partition != "" && c.IdentitySeq == nil {
		c.Identity = ""
	}
	if t.Partition == "" && c.NotNullOver {
		c.NotNull, c.NotNullBad = false, false
	}
	return &c
}

// place spells access method, options and tablespace.
func (t *Table) place() string {
	var s string
	if t.Method != "" {
		s += " USING " + Quote(t.Method)
	}
	if len(t.Options) > 0 {
		s += " WITH (" + settings(t.Options) + ")"
	}
	if t.Tablespace != "" {
		s += " TABLESPACE " + Quote(t.Tablespace)
	}
	return s
}

// completeTable lists what CREATE TABLE cannot say. Replica identity by an
// index stands with the index.
func (row *relationRow) completeTable() []string {
	alter := "ALTER TABLE ONLY " + row.object.Identity + " "
	columns := make([]Column, len(row.table.Columns))
	for i := range columns {
		columns[i] = *row.standing(row.table.Columns[i])
	}
	after := append(row.table.completeInherited(alter), completeColumns(alter, columns)...)
	switch row.table.Replica {
	case "f":
		after = append(after, alter+"REPLICA IDENTITY FULL")
	case "n":
		after = append(after, alter+"REPLICA IDENTITY NOTHING")
	}
	if row.table.RowSecurity {
		after = append(after, alter+"ENABLE ROW LEVEL SECURITY")
	}
	if row.table.ForceRLS {
		after = append(after, alter+"FORCE ROW LEVEL SECURITY")
	}
	if o := &row.object; o.Of != "" {
		after = append(after, "ALTER TABLE "+o.Identity+" OF "+o.Of)
	}
	return after
}
