package mysql

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// column is a column of a table that holds values of its own.
type column struct {
	name string
	kind string // the type's name, lower-case
	size int64  // in characters, where it has one
	// unnamed: the time of a row in a history, which the definition does not name.
	unnamed bool
}

// shape is what copying and comparing need to know of a table.
type shape struct {
	columns []column // without generated ones
	key     []string // columns of the primary key; none without one
	alias   string   // of the table in a query of several
	digest  digest
	// history: MariaDB keeps the older rows of the table, too. They are rows like the
	// others, with the columns of their time, which the shape has then.
	history bool
	// begin and end are the columns that hold the time of its rows.
	begin, end string
	// order is the primary key where rows lie in its order and can be divided by it: of an
	// InnoDB table whose key's values can be written as literals.
	order []column
	// joined is the table in a FROM together with what is put back into it; "" for itself.
	joined string
}

// digest is an expression that hashes another one, as 32 hexadecimal digits.
type digest string

const (
	// MariaDB's SHA1 takes a fraction of the time of its MD5.
	digestMaria digest = "left(sha1(%s), 32)"
	// MySQL 9.6 and newer have both only where an optional component is installed.
	digestMySQL digest = "left(sha2(%s, 256), 32)"
)

func (g digest) of(expression string) string { return fmt.Sprintf(string(g), expression) }

// in is the shape in a query in which the table has an alias.
func (s shape) in(alias string) shape {
	s.alias = alias + "."
	return s
}

func (s shape) names() []string {
	out := make([]string, len(s.columns))
	for i, c := range s.columns {
		out[i] = c.name
	}
	return out
}

// namesIn lists the columns of a table of several, by what that is called.
func (s shape) namesIn(alias string) string {
	out := make([]string, len(s.columns))
	for i, c := range s.columns {
		out[i] = alias + "." + quote(c.name)
	}
	return strings.Join(out, ", ")
}

// valuesIn lists what is written of the columns of a table into another one; alias, with its
// dot, is the table's in a query of several.
func (s shape) valuesIn(alias string) string {
	out := make([]string, len(s.columns))
	for i, c := range s.columns {
		out[i] = c.value(alias)
	}
	return strings.Join(out, ", ")
}

// value is what is written of a column. Where one of vectors that is NOT NULL comes to a table
// with rows, MySQL puts an empty value into them, which it takes from nobody, and makes of NULL
// outside of strict mode.
func (c column) value(alias string) string {
	if q := alias + quote(c.name); c.kind == "vector" {
		return "nullif(" + q + ", '')"
	}
	return alias + quote(c.name)
}

// sameKey is a condition: rows of two tables have the same primary key.
func (s shape) sameKey(a, b string) string {
	out := make([]string, len(s.key))
	for i, k := range s.key {
		out[i] = a + "." + quote(k) + " = " + b + "." + quote(k)
	}
	return strings.Join(out, " AND ")
}

// noRow is a condition: an outer join has found no row with a column that always has a value. The
// server takes a date that is none for no value where the column itself is asked for one.
func noRow(column string) string { return "hex(" + column + ") IS NULL" }

// only keeps some columns, in the order of the names.
func (s shape) only(names []string) (shape, bool) {
	out := s
	out.columns = nil
	for _, n := range names {
		i := slices.IndexFunc(s.columns, func(c column) bool { return c.name == n })
		if i < 0 {
			return shape{}, false
		}
		out.columns = append(out.columns, s.columns[i])
	}
	return out, true
}

// without leaves columns out.
func (s shape) without(names []string) shape {
	s.columns = slices.DeleteFunc(slices.Clone(s.columns), func(c column) bool { return slices.Contains(names, c.name) })
	return s
}

// like keeps the columns with these names, in their order, and those of a history that no
// definition names.
func (s shape) like(names []string) shape {
	out := s
	out.columns = nil
	for _, n := range names {
		if i := slices.IndexFunc(s.columns, func(c column) bool { return c.name == n }); i >= 0 {
			out.columns = append(out.columns, s.columns[i])
		}
	}
	for _, c := range s.columns {
		if c.unnamed {
			out.columns = append(out.columns, c)
		}
	}
	return out
}

// from writes the table in a FROM, with all rows that it keeps.
func (s shape) from(table string) string {
	if s.joined != "" {
		return s.joined
	}
	if s.history {
		return quote(table) + " FOR SYSTEM_TIME ALL"
	}
	return quote(table)
}

// as is the same by another name.
func (s shape) as(alias, table string) string {
	if s.joined != "" {
		return "(SELECT * FROM " + s.joined + ") AS " + alias
	}
	return quote(table) + " AS " + alias
}

// shapeOf reads a table's columns and primary key.
func (d *DB) shapeOf(ctx context.Context, table string) (shape, error) {
	s := shape{digest: digestMySQL}
	if d.server.maria {
		s.digest = digestMaria
	}
	rows, err := d.ledger.query(ctx, `SELECT column_name, lower(data_type), coalesce(character_maximum_length, 0), coalesce(generation_expression, ''), extra
		FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2 ORDER BY ordinal_position`, d.name, table)
	if err != nil {
		return s, fmt.Errorf("read the columns of %s: %w", table, err)
	}
	for _, r := range rows {
		switch extra := strings.ToUpper(r.Text(4)); {
		case r.Text(3) == "ROW START":
			s.history, s.begin = true, r.Text(0)
		case r.Text(3) == "ROW END":
			s.history, s.end = true, r.Text(0)
		case r.Text(3) != "", strings.Contains(extra, "VIRTUAL GENERATED"), strings.Contains(extra, "STORED GENERATED"):
			continue
		}
		c := column{name: r.Text(0), kind: r.Text(1)}
		if _, err := fmt.Sscan(r.Text(2), &c.size); err != nil {
			c.size = longText // larger than any number is long
		}
		s.columns = append(s.columns, c)
	}
	if rows, err = d.ledger.query(ctx, `SELECT column_name FROM information_schema.key_column_usage
		WHERE table_schema = $1 AND table_name = $2 AND constraint_name = 'PRIMARY' ORDER BY ordinal_position`, d.name, table); err != nil {
		return s, fmt.Errorf("read the key of %s: %w", table, err)
	}
	for _, r := range rows {
		s.key = append(s.key, r.Text(0))
	}
	err = d.layOut(ctx, &s, table)
	return s, err
}

// layOut reads how a table keeps its rows: in the order of their key or not, and with a
// history, whose columns the definition need not name.
func (d *DB) layOut(ctx context.Context, s *shape, table string) error {
	rows, err := d.ledger.query(ctx, "SELECT coalesce(engine, ''), table_type FROM information_schema.tables WHERE table_schema = $1 AND table_name = $2", d.name, table)
	if err != nil {
		return fmt.Errorf("ask how %s keeps its rows: %w", table, err)
	}
	if len(rows) == 0 {
		return nil
	}
	if rows[0].Text(1) == "SYSTEM VERSIONED" && !s.history {
		s.history, s.begin, s.end = true, "row_start", "row_end"
		s.columns = append(s.columns, column{name: s.begin, kind: "timestamp", unnamed: true}, column{name: s.end, kind: "timestamp", unnamed: true})
	}
	key, ok := s.only(s.key)
	if ok && rows[0].Text(0) == "InnoDB" && !slices.ContainsFunc(key.columns, func(c column) bool { return !c.ordered() }) {
		s.order = key.columns
	}
	return nil
}

// longText is from how many bytes on a text is hashed before it is joined to the other
// values, so that no row is longer than a packet.
const longText = 256

// expression writes a column's value as bytes that are the same for the same
// value, and different for different ones.
func (c column) expression(alias string, hash digest) string {
	q := alias + quote(c.name)
	// With a colon that is binary the server joins the bytes as they are, whatever the
	// character set, and does not copy each value before.
	counted := "concat(length(" + q + "), cast(':' as binary), " + q + ")"
	switch c.kind {
	case "tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "year", "date", "datetime", "timestamp", "time":
		return "coalesce(" + q + ", 'N'), ','"
	case "char", "varchar", "binary", "varbinary":
		if c.size < longText {
			return "coalesce(" + counted + ", 'N')"
		}
		return c.text(q, counted, hash)
	case "tinytext", "text", "mediumtext", "longtext", "tinyblob", "blob", "mediumblob", "longblob":
		return c.text(q, counted, hash)
	case "json":
		return "coalesce(" + hash.of(c.written(alias)) + ", 'N'), ','"
	case "float":
		return "coalesce(cast(" + q + " + 0.0e0 as binary), 'N'), ','"
	case "bit":
		return "coalesce(cast(" + q + " + 0 as binary), 'N'), ','"
	case "enum", "set":
		return "coalesce(concat(cast(" + q + " as unsigned), ':', length(" + q + "), ':', cast(" + q + " as binary)), 'N')"
	case "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection", "geomcollection", "vector":
		return "coalesce(" + hash.of(c.written(alias)) + ", 'N'), ','"
	case "uuid", "inet4", "inet6":
		return "coalesce(hex(" + q + "), 'N'), ','"
	}
	return "coalesce(cast(" + q + " as binary), 'N'), ','"
}

// text writes a text of any length: a short one counted, as a hash costs more than the
// reading of a row, a long one as H and its hash.
func (column) text(q, counted string, hash digest) string {
	return fmt.Sprintf("coalesce(if(length(%s) < %d, %s, concat('H', %s)), 'N')", q, longText, counted, hash.of(q))
}

// written is the text of a value that has to be written in full before it can be hashed,
// "" for other kinds. It is NULL where it is longer than max_allowed_packet.
func (c column) written(alias string) string {
	q := alias + quote(c.name)
	switch c.kind {
	case "json":
		return "cast(" + q + " as char)"
	case "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection", "geomcollection", "vector":
		return "hex(" + q + ")"
	}
	return ""
}

// unwritten is a condition: a row holds a value that is not NULL and would be hashed as
// if it were. It is "" where no column can.
func (s shape) unwritten() string {
	var found []string
	for _, c := range s.columns {
		if w := c.written(s.alias); w != "" {
			found = append(found, s.alias+quote(c.name)+" IS NOT NULL AND "+w+" IS NULL")
		}
	}
	return strings.Join(found, " OR ")
}

// rowHash is an expression: the hash, hex, of all values of a row.
func (s shape) rowHash() string {
	parts := make([]string, len(s.columns))
	for i, c := range s.columns {
		parts[i] = c.expression(s.alias, s.digest)
	}
	if len(parts) == 0 {
		return s.digest.of("''")
	}
	return s.digest.of("concat(" + strings.Join(parts, ", ") + ")")
}

// keyHash names a row by its primary key, or by all of it.
func (s shape) keyHash() string {
	if keyed, ok := s.only(s.key); ok && len(s.key) > 0 {
		return keyed.rowHash()
	}
	return s.rowHash()
}
