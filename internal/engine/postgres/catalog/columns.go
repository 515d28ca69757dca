package catalog

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

const columnsSQL = `
SELECT a.attrelid, a.attnum, a.attname::text, format_type(a.atttypid, a.atttypmod), a.atttypid, a.attnotnull,
  coalesce(CASE WHEN a.attcollation <> t.typcollation THEN quote_ident(kn.nspname) || '.' || quote_ident(k.collname) END, ''),
  a.attidentity::text, a.attgenerated::text,
  coalesce(CASE WHEN a.attgenerated <> '' THEN (SELECT pg_get_expr(d.adbin, d.adrelid)
    FROM pg_attrdef d WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum) END, ''),
  CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage::text ELSE '' END,
  a.attcompression::text, coalesce(a.attstattarget, -1)::int4, coalesce(a.attoptions, '{}'),
  a.attinhcount::int2, a.attislocal AND a.attinhcount > 0
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_collation k ON k.oid = a.attcollation LEFT JOIN pg_namespace kn ON kn.oid = k.collnamespace
WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attrelid >= 16384 AND c.relkind IN ('r', 'p', 'f', 'v', 'm')`

// readColumns reads the live columns of tables and views, by the OID of their
// relation.
func (r *reader) readColumns(ctx context.Context, tables map[uint32]struct{}) (map[uint32][]Column, error) {
	columns := make(map[uint32][]Column, len(tables))
	var c columnRow
	into := c.fields()
	// They come in the order in which they were made: mostly those of one table
	// after the other, and not always in the order of their numbers.
	var table uint32
	var some []Column
	keep := func() {
		if len(some) > 0 {
			columns[table] = append(columns[table], some...)
			some = some[:0]
		}
	}
	err := r.each(ctx, "columns", columnsSQL, func(rows row) error {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if c.table != table {
			keep()
			table = c.table
		}
		if _, wanted := tables[table]; wanted {
			some = append(some, c.column(r))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	keep()
	for _, list := range columns {
		slices.SortFunc(list, func(a, b Column) int { return cmp.Compare(a.Num, b.Num) })
	}
	if err := r.readIdentities(ctx, columns); err != nil {
		return nil, err
	}
	return columns, r.readNotNulls(ctx, columns)
}

// columnRow is one column as the catalogs hold it.
type columnRow struct {
	table                           uint32
	is                              Column
	generated, storage, compression string
	target                          int
}

// fields are where the values of a row go.
func (c *columnRow) fields() []any {
	is := &c.is
	return []any{&c.table, &is.Num, &is.Name, &is.Type, &is.TypeOID, &is.NotNull, &is.Collation,
		&is.Identity, &c.generated, &is.Generated, &c.storage, &c.compression, &c.target, &is.Options,
		&is.Inherited, &is.Local}
}

func (c *columnRow) column(r *reader) Column {
	is := c.is
	is.Virtual = c.generated == "v"
	is.Storage = storages[c.storage]
	is.Compression = compressions[c.compression]
	is.StatTarget = c.target + 1
	is.Name, is.Type, is.Collation, is.Identity = r.text(is.Name), r.text(is.Type), r.text(is.Collation), r.text(is.Identity)
	if len(is.Options) == 0 {
		is.Options = nil
	}
	return is
}

// readNotNulls reads the NOT NULL constraints, which are in the catalogs from
// PostgreSQL 18 on. Their names are kept, whatever they are: that of a table or
// column can change without them.
func (r *reader) readNotNulls(ctx context.Context, columns map[uint32][]Column) error {
	const sql = `SELECT conrelid, conkey[1], conname::text, NOT convalidated, connoinherit, NOT conislocal
		FROM pg_constraint WHERE contype = 'n' AND conrelid >= 16384`
	return r.each(ctx, "not-null constraints", sql, func(rows row) error {
		var table uint32
		var num int16
		var name string
		var invalid, noInherit, inherited bool
		if err := rows.Scan(&table, &num, &name, &invalid, &noInherit, &inherited); err != nil {
			return err
		}
		for i := range columns[table] {
			if c := &columns[table][i]; c.Num == num {
				c.NotNullName, c.NotNullBad, c.NoInherit, c.NotNullOver = name, invalid, noInherit, inherited
			}
		}
		return nil
	})
}

var (
	storages     = map[string]string{"p": "PLAIN", "e": "EXTERNAL", "m": "MAIN", "x": "EXTENDED"}
	compressions = map[string]string{"p": "pglz", "l": "lz4"}
)

// definition spells a column for CREATE TABLE, without its default.
func (c *Column) definition() string {
	var b strings.Builder
	b.WriteString(Quote(c.Name) + " " + c.Type)
	if c.Compression != "" {
		b.WriteString(" COMPRESSION " + c.Compression)
	}
	if c.Collation != "" {
		b.WriteString(" COLLATE " + c.Collation)
	}
	switch {
	case c.Generated != "" && c.Virtual:
		b.WriteString(" GENERATED ALWAYS AS (" + c.Generated + ") VIRTUAL")
	case c.Generated != "":
		b.WriteString(" GENERATED ALWAYS AS (" + c.Generated + ") STORED")
	case c.Identity != "":
		b.WriteString(" GENERATED " + identities[c.Identity] + " AS IDENTITY")
		if s := c.IdentitySeq; s != nil {
			options := s.options()
			if c.CountsApart() {
				options = "" // they may not fit the column's type
			}
			b.WriteString(" (SEQUENCE NAME " + s.Name + options + ")")
		}
	}
	if c.NotNull && !c.NotNullBad {
		if c.NotNullName != "" {
			b.WriteString(" CONSTRAINT " + Quote(c.NotNullName))
		}
		b.WriteString(" NOT NULL")
		if c.NoInherit {
			b.WriteString(" NO INHERIT")
		}
	}
	return b.String()
}

// NotNullConstraint spells the NOT NULL constraint of a column as one of its table
// (PostgreSQL 18 and newer).
func (c *Column) NotNullConstraint() string {
	s := "CONSTRAINT " + Quote(c.NotNullName) + " NOT NULL " + Quote(c.Name)
	if c.NoInherit {
		s += " NO INHERIT"
	}
	if c.NotNullBad {
		s += " NOT VALID"
	}
	return s
}

// CountsApart tells whether an identity column's sequence has another type than
// the column, as CREATE TABLE (LIKE …) gives it. Only ALTER SEQUENCE says that.
func (c *Column) CountsApart() bool { return c.IdentitySeq != nil && c.IdentitySeq.Type != c.Type }

var identities = map[string]string{"a": "ALWAYS", "d": "BY DEFAULT"}

// completeColumns lists what a column definition cannot say; alter is the
// ALTER … of the relation.
func completeColumns(alter string, columns []Column) []string {
	var after []string
	for i := range columns {
		c := &columns[i]
		column := alter + "ALTER COLUMN " + Quote(c.Name) + " SET "
		if c.NotNullBad {
			after = append(after, alter+"ADD "+c.NotNullConstraint())
		}
		if s := c.IdentitySeq; c.CountsApart() {
			after = append(after, "ALTER SEQUENCE "+s.Name+" AS "+s.Type+s.options()+" RESTART")
		}
		if c.Storage != "" {
			after = append(after, column+"STORAGE "+c.Storage)
		}
		if c.StatTarget != 0 {
			after = append(after, column+"STATISTICS "+strconv.Itoa(c.StatTarget-1))
		}
		if len(c.Options) > 0 {
			after = append(after, fmt.Sprintf("%s(%s)", column, settings(c.Options)))
		}
	}
	return after
}
