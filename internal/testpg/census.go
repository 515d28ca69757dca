//go:build unix

package testpg

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Census returns the system catalogs' rows of all user objects as text, one a line,
// sorted, without safemigrate's own schemas and the tables named in without
// ("schema.table"): every column of every catalog, with OIDs and column numbers
// replaced by what they stand for, and with expressions as SQL. It knows no kinds of
// objects, and shares nothing with the program under test. Equal texts mean equal
// schemas.
func (d *Database) Census(tb testing.TB, without ...string) string {
	tb.Helper()
	var lines []string
	err := d.look(tb, func(ctx context.Context, conn *pgx.Conn) error {
		if _, err := conn.Exec(ctx, "SET search_path = ''"); err != nil {
			return fmt.Errorf("setting the search path: %w", err)
		}
		var err error
		lines, err = readCensus(ctx, conn, leftOut(without))
		if err != nil {
			return err
		}
		// Which says how rows spell names.
		if _, err := conn.Exec(ctx, "RESET search_path"); err != nil {
			return fmt.Errorf("setting the search path back: %w", err)
		}
		return nil
	})
	if err != nil {
		tb.Fatalf("reading the catalogs of %s: %v", d.Name, err)
	}
	return strings.Join(lines, "\n") + "\n"
}

func readCensus(ctx context.Context, conn *pgx.Conn, leftOut *regexp.Regexp) ([]string, error) {
	catalogs, err := readCatalogs(ctx, conn)
	if err != nil {
		return nil, err
	}
	parts := make([]string, len(catalogs))
	for i := range catalogs {
		parts[i] = catalogs[i].sql()
	}
	found, err := conn.Query(ctx, strings.Join(parts, "\nUNION ALL "))
	if err != nil {
		return nil, fmt.Errorf("reading rows: %w", err)
	}
	var lines []string
	var line, refers string
	_, err = pgx.ForEachRow(found, []any{&line, &refers}, func() error {
		if !leftOut.MatchString(refers) {
			lines = append(lines, numbered.ReplaceAllString(line, "$1"))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading rows: %w", err)
	}
	slices.Sort(lines)
	return lines, nil
}

// leftOut matches what refers to safemigrate's schemas, to temporary objects, to TOAST
// tables, whose names hold OIDs, or to one of some tables.
func leftOut(tables []string) *regexp.Regexp {
	names := []string{`"?(safemigrate(_(\d|beside_)\w+)?|pg_toast(_temp_\d+)?|pg_temp_\d+)"?`}
	for _, table := range tables {
		names = append(names, regexp.QuoteMeta(table))
	}
	return regexp.MustCompile(`(^|[ ;(])(` + strings.Join(names, "|") + `)($|[.;\[ ])`)
}

// numbered matches the names of the triggers that enforce constraints: they end in an
// OID.
var numbered = regexp.MustCompile(`\b((?:RI|PK|Unique)_ConstraintTrigger(?:_[ac])?)_\d+`)

// catalog is a system catalog with the columns that it has on this server.
type catalog struct {
	name    string
	columns []string
	refers  map[string]reference // by column
}

// reference says what a column's numbers stand for.
type reference struct {
	catalog string // whose OIDs they are; pg_attribute: they are attnums …
	table   string // … of the table that this column names
	array   bool
}

// readCatalogs reads what the server says of its own catalogs: their columns, and
// which of them refer to which.
func readCatalogs(ctx context.Context, conn *pgx.Conn) ([]catalog, error) {
	const columns = `SELECT c.relname::text, array_agg(a.attname::text ORDER BY a.attnum)
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
		WHERE c.relnamespace = 'pg_catalog'::pg_catalog.regnamespace AND c.relkind = 'r' AND NOT a.attisdropped
		GROUP BY 1 ORDER BY 1`
	found, err := conn.Query(ctx, columns)
	if err != nil {
		return nil, fmt.Errorf("reading columns: %w", err)
	}
	var catalogs []catalog
	c := catalog{}
	_, err = pgx.ForEachRow(found, []any{&c.name, &c.columns}, func() error {
		if _, read := readings[c.name]; read {
			catalogs = append(catalogs, catalog{c.name, c.columns, map[string]reference{}})
		}
		c.columns = nil
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading columns: %w", err)
	}
	return catalogs, readReferences(ctx, conn, catalogs)
}

func readReferences(ctx context.Context, conn *pgx.Conn, catalogs []catalog) error {
	const references = `SELECT fktable::text, fkcols, pktable::text, is_array FROM pg_catalog.pg_get_catalog_foreign_keys()
		WHERE pktable <> 'pg_catalog.pg_attribute'::pg_catalog.regclass OR pg_catalog.cardinality(fkcols) = 2`
	found, err := conn.Query(ctx, references)
	if err != nil {
		return fmt.Errorf("reading references: %w", err)
	}
	var from, to string
	var columns []string
	var array bool
	_, err = pgx.ForEachRow(found, []any{&from, &columns, &to, &array}, func() error {
		from, to = strings.TrimPrefix(from, "pg_catalog."), strings.TrimPrefix(to, "pg_catalog.")
		for i := range catalogs {
			if catalogs[i].name == from {
				catalogs[i].refers[columns[len(columns)-1]] = reference{catalog: to, table: columns[0], array: array}
			}
		}
		columns = nil
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading references: %w", err)
	}
	return nil
}

// sql reads the catalog as (the row as text, what it refers to).
func (c *catalog) sql() string {
	how := readings[c.name]
	left := strings.Fields(how.without)
	row, refers := []string{"'" + c.name + "'"}, []string{cmp.Or(how.of, "''")}
	for _, column := range c.columns {
		expression, special := how.columns[column]
		reference, referring := c.refers[column]
		switch {
		case slices.Contains(left, column) || column == "oid":
			continue
		case special:
		case referring:
			expression = reference.sql(column)
		default:
			expression = "t." + column
		}
		expression = "coalesce((" + expression + ")::text, 'NULL')"
		row = append(row, "'"+column+"=' || "+expression)
		if referring || special {
			refers = append(refers, expression)
		}
	}
	return "SELECT concat_ws(' ', " + strings.Join(row, ", ") + "), concat_ws(';', " + strings.Join(refers, ", ") +
		") FROM pg_catalog." + c.name + " t WHERE " + how.where
}

// sql spells what a column's numbers stand for.
func (r reference) sql(column string) string {
	one := func(number string) string {
		if r.catalog == "pg_attribute" {
			return "coalesce((SELECT a.attname::text FROM pg_catalog.pg_attribute a WHERE a.attrelid = t." + r.table +
				" AND a.attnum = " + number + "), " + number + "::text)"
		}
		return "CASE " + number + "::oid WHEN 0 THEN '-' ELSE coalesce(pg_describe_object('pg_catalog." + r.catalog +
			"'::regclass, " + number + "::oid, 0), 'missing') END"
	}
	if !r.array {
		return one("t." + column)
	}
	numbers := "oid[]"
	if r.catalog == "pg_attribute" {
		numbers = "int2[]"
	}
	return "ARRAY(SELECT " + one("u.n") + " FROM unnest(t." + column + "::" + numbers + ") WITH ORDINALITY u(n, o) ORDER BY u.o)"
}
