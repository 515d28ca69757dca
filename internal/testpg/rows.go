//go:build unix

package testpg

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// relationsWithRows lists the user's tables, partitions and materialized views with
// their columns in physical order, safemigrate's own schemas left out.
const relationsWithRows = `
SELECT n.nspname || '.' || c.relname,
       format('%I.%I', n.nspname, c.relname),
       c.relkind::text,
       coalesce(array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE a.attnum IS NOT NULL), '{}'),
       c.relispopulated
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE c.relkind IN ('r', 'm')
   AND n.nspname !~ '^(pg_|safemigrate$|safemigrate_[0-9]|safemigrate_beside_)' AND n.nspname <> 'information_schema'
 GROUP BY n.nspname, c.relname, c.relkind, c.relispopulated
 ORDER BY n.nspname, c.relname`

// readingOfSequences are SELECTs of what sequences hold; a view of the server's would
// hide the value of one that is not called yet.
const readingOfSequences = `
SELECT format('SELECT format(%L, last_value, CASE WHEN NOT is_called THEN '' not called'' END) FROM %I.%I',
       format('sequence %s.%s %%s%%s %s', replace(n.nspname, '%', '%%'), replace(c.relname, '%', '%%'), s.seqincrement), n.nspname, c.relname)
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_sequence s ON s.seqrelid = c.oid
 WHERE c.relpersistence <> 't'
   AND n.nspname !~ '^(pg_|safemigrate$|safemigrate_[0-9]|safemigrate_beside_)' AND n.nspname <> 'information_schema'
 ORDER BY n.nspname, c.relname`

type relation struct {
	name, quoted, kind string
	columns            []string
	populated          bool
}

// Rows returns all rows of all tables and materialized views as text: for each a
// header with its columns in physical order, then its rows in COPY's text format,
// sorted. Relations named in without ("schema.table") are left out. Equal texts
// mean equal rows.
func (d *Database) Rows(tb testing.TB, without ...string) string {
	tb.Helper()
	var all string
	err := d.look(tb, func(ctx context.Context, conn *pgx.Conn) (err error) {
		all, err = readRows(ctx, conn, without)
		return err
	})
	if err != nil {
		tb.Fatalf("reading the rows of %s: %v", d.Name, err)
	}
	return all
}

// Sequences returns the last value and step of every sequence, and whether it was
// called, one a line.
func (d *Database) Sequences(tb testing.TB) string {
	tb.Helper()
	var lines []string
	err := d.look(tb, func(ctx context.Context, conn *pgx.Conn) error {
		selects, err := texts(ctx, conn, readingOfSequences)
		if err != nil {
			return fmt.Errorf("listing sequences: %w", err)
		}
		for some := range slices.Chunk(selects, 100) {
			values, err := texts(ctx, conn, strings.Join(some, "\nUNION ALL "))
			if err != nil {
				return fmt.Errorf("listing values: %w", err)
			}
			lines = append(lines, values...)
		}
		return nil
	})
	if err != nil {
		tb.Fatalf("reading the sequences of %s: %v", d.Name, err)
	}
	return strings.Join(lines, "\n")
}

func texts(ctx context.Context, conn *pgx.Conn, sql string) ([]string, error) {
	found, err := conn.Query(ctx, sql)
	if err != nil {
		return nil, fmt.Errorf("asking: %w", err)
	}
	all, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("reading the answer: %w", err)
	}
	return all, nil
}

func readRows(ctx context.Context, conn *pgx.Conn, without []string) (string, error) {
	// One state of the database, however long the reading takes.
	if _, err := conn.Exec(ctx, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"); err != nil {
		return "", fmt.Errorf("beginning: %w", err)
	}
	found, err := conn.Query(ctx, relationsWithRows)
	if err != nil {
		return "", fmt.Errorf("listing tables: %w", err)
	}
	relations, err := pgx.CollectRows(found, func(row pgx.CollectableRow) (relation, error) {
		var r relation
		if err := row.Scan(&r.name, &r.quoted, &r.kind, &r.columns, &r.populated); err != nil {
			return relation{}, fmt.Errorf("reading a table's entry: %w", err)
		}
		return r, nil
	})
	if err != nil {
		return "", fmt.Errorf("listing tables: %w", err)
	}
	var all strings.Builder
	for _, r := range relations {
		if slices.Contains(without, r.name) {
			continue
		}
		if err := r.write(ctx, conn, &all); err != nil {
			return "", err
		}
	}
	if _, err := conn.Exec(ctx, "COMMIT"); err != nil {
		return "", fmt.Errorf("ending: %w", err)
	}
	return all.String(), nil
}

func (r relation) write(ctx context.Context, conn *pgx.Conn, all *strings.Builder) error {
	fmt.Fprintf(all, "%s (%s)\n", r.name, strings.Join(r.columns, ", "))
	if !r.populated {
		all.WriteString("\tnot populated\n")
		return nil
	}
	source := "ONLY " + r.quoted
	if r.kind == "m" {
		source = r.quoted
	}
	quoted := make([]string, len(r.columns))
	for i, column := range r.columns {
		quoted[i] = pgx.Identifier{column}.Sanitize()
	}
	var text bytes.Buffer
	copyOut := "COPY (SELECT " + strings.Join(quoted, ", ") + " FROM " + source + ") TO STDOUT"
	if _, err := conn.PgConn().CopyTo(ctx, &text, copyOut); err != nil {
		return fmt.Errorf("copying %s: %w", r.name, err)
	}
	for _, line := range slices.Sorted(strings.Lines(text.String())) {
		all.WriteString("\t" + line)
	}
	return nil
}
