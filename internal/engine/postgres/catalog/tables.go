package catalog

import "strings"

// defineTable completes a table once its columns are known.
func (row *relationRow) defineTable(columns []Column) {
	o := &row.object
	row.table.Columns = columns
	row.table.Partition = strings.TrimSpace(row.bound + " " + row.partKey)
	o.Kind, o.Table = KindTable, &row.table
	o.Create = row.createTable()
	o.After = row.completeTable()
	o.Unsupported = row.unsupported()
}

const partitioned = "partitioned table"

// unsupported says what of a table Create does not hold.
func (row *relationRow) unsupported() string {
	switch {
	case row.kind == "p":
		return partitioned
	case row.bound != "":
		return "partition"
	case len(row.table.Parents) > 0:
		return "inherited table"
	}
	for _, c := range row.table.Columns {
		if c.IdentitySeq == nil && c.Identity != "" {
			return "identity sequence that cannot be read"
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
	b.WriteString(t.list() + ")")
	if len(t.Parents) > 0 && row.bound == "" {
		b.WriteString(" INHERITS (" + strings.Join(t.Parents, ", ") + ")")
	}
	if row.partKey != "" {
		b.WriteString(" PARTITION BY " + row.partKey)
	}
	b.WriteString(t.place())
	return b.String()
}

// list spells the columns.
func (t *Table) list() string {
	var b strings.Builder
	for i := range t.Columns {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n    " + t.Columns[i].definition())
	}
	if len(t.Columns) > 0 {
		b.WriteByte('\n')
	}
	return b.String()
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
	after := completeColumns(alter, row.table.Columns)
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
	if row.bound != "" {
		for _, parent := range row.table.Parents {
			after = append(after, "ALTER TABLE ONLY "+parent+" ATTACH PARTITION "+row.object.Identity+" "+row.bound)
		}
	}
	return after
}
