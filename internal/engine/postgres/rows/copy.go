package rows

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/revert"
)

// Conn is the caller's open transaction, under safemigrate's own settings.
type Conn interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// Columns lists the columns of a table that hold rows' values: live and not
// generated, in physical order.
func Columns(ctx context.Context, c Conn, oid uint32) ([]revert.CopyColumn, error) {
	// A type or collation of pg_catalog outlives every migration; what is of another
	// is kept as text, so that nothing keeps a migration from dropping that.
	found, err := c.Query(ctx, `SELECT a.attnum, a.attname,
			NOT (n.nspname = 'pg_catalog' AND t.oid < 16384 AND coalesce(e.oid, 0) < 16384 AND a.attcollation < 16384)
		FROM pg_catalog.pg_attribute a
		JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
		JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
		LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem
		WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
		ORDER BY a.attnum`, oid)
	if err != nil {
		return nil, fmt.Errorf("read the columns: %w", err)
	}
	columns, err := pgx.CollectRows(found, func(r pgx.CollectableRow) (revert.CopyColumn, error) {
		var col revert.CopyColumn
		err := r.Scan(&col.Num, &col.Name, &col.Text)
		col.Column = col.Name
		return col, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the columns: %w", err)
	}
	return columns, nil
}

// Copy makes the table target with the rows of from (both quoted and
// qualified) and returns how many there are. Only rows of from itself are
// taken, not of tables that inherit from it.
func Copy(ctx context.Context, c Conn, from, target string, columns []revert.CopyColumn) (int64, error) {
	tag, err := c.Exec(ctx, "CREATE TABLE "+target+" AS SELECT "+list(columns, kept)+" FROM ONLY "+from)
	if err != nil {
		return 0, fmt.Errorf("copy %s: %w", from, err)
	}
	return tag.RowsAffected(), nil
}

// CopyPages adds the rows that lie in pages first to end-1 of a table to a copy of its shape.
func CopyPages(ctx context.Context, c Conn, from, target string, columns []revert.CopyColumn, first, end int64) (int64, error) {
	tag, err := c.Exec(ctx, fmt.Sprintf("INSERT INTO %s SELECT %s FROM ONLY %s WHERE ctid >= '(%d,0)' AND ctid < '(%d,0)'",
		target, list(columns, kept), from, first, min(end, lastPage)))
	if err != nil {
		return 0, fmt.Errorf("copy %s: %w", from, err)
	}
	return tag.RowsAffected(), nil
}

// lastPage is the number of a page that no table has.
const lastPage = 1<<32 - 1

// Shape makes the table target as Copy does, and leaves it empty.
func Shape(ctx context.Context, c Conn, from, target string, columns []revert.CopyColumn) error {
	if _, err := c.Exec(ctx, "CREATE TABLE "+target+" AS SELECT "+list(columns, kept)+" FROM ONLY "+from+" WITH NO DATA"); err != nil {
		return fmt.Errorf("make a table like %s: %w", from, err)
	}
	return nil
}

// kept is a column's value as a copy keeps it. format gives a value's text by
// its type's output function, whatever casts the user has made.
func kept(col revert.CopyColumn) string {
	name := catalog.Quote(col.Name)
	if !col.Text {
		return name + " AS " + catalog.Quote(col.Column)
	}
	return "(CASE WHEN " + name + " IS NOT DISTINCT FROM NULL THEN NULL ELSE pg_catalog.format('%s', " + name +
		`) END) COLLATE pg_catalog."default" AS ` + catalog.Quote(col.Column)
}

func list(columns []revert.CopyColumn, write func(revert.CopyColumn) string) string {
	parts := make([]string, len(columns))
	for i, col := range columns {
		parts[i] = write(col)
	}
	return strings.Join(parts, ", ")
}

// Sum is a table's content in two numbers that do not depend on the order of
// rows: how many there are, and the sums of two 64-bit hashes of each.
type Sum struct {
	Rows int64  `json:"rows"`
	Hash string `json:"hash"`
}

// Live sums up a table over the given columns, under their present names.
func Live(ctx context.Context, c Conn, table string, columns []revert.CopyColumn) (Sum, error) {
	return sum(ctx, c, table, list(columns, func(col revert.CopyColumn) string { return catalog.Quote(col.Name) }))
}

// Kept sums up a copy.
func Kept(ctx context.Context, c Conn, copied revert.Copy) (Sum, error) {
	return sum(ctx, c, copied.Source, list(copied.Columns, func(col revert.CopyColumn) string { return catalog.Quote(col.Column) }))
}

// sum hashes the text of whole rows: a value and its text form give the same
// row text, so a copy and its source can be compared. A query that holds a WITH is
// not merged into the one around it, which would spell every row twice, and leaves
// the server free to read in parallel.
func sum(ctx context.Context, c Conn, table, columns string) (Sum, error) {
	var s Sum
	err := c.QueryRow(ctx, `SELECT pg_catalog.count(*),
			coalesce(pg_catalog.sum(pg_catalog.hashtextextended(t COLLATE "C", 0)), 0)::text || ':' ||
			coalesce(pg_catalog.sum(pg_catalog.hashtextextended(t COLLATE "C", 1)), 0)::text
		FROM (WITH apart AS (SELECT) SELECT ROW(`+columns+`)::text AS t FROM ONLY `+table+`) r`).Scan(&s.Rows, &s.Hash)
	if err != nil {
		return Sum{}, fmt.Errorf("sum up %s: %w", table, err)
	}
	return s, nil
}
