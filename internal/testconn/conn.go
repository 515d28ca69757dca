package testconn

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/ncruces/go-sqlite3"

	"github.com/safemigrate/safemigrate/internal/testmy"
	"github.com/safemigrate/safemigrate/internal/testpg"
	"github.com/safemigrate/safemigrate/migrate"
)

// PostgreSQL is a real PostgreSQL session as migrate.Conn.
type PostgreSQL struct{ *pgx.Conn }

func (PostgreSQL) Dialect() migrate.Dialect { return migrate.PostgreSQL }

func (c PostgreSQL) Exec(ctx context.Context, sql string, args ...any) error {
	_, err := c.Conn.Exec(ctx, sql, args...)
	return err
}

func (c PostgreSQL) Query(ctx context.Context, sql string, args ...any) ([]migrate.Row, error) {
	args = append([]any{pgx.QueryResultFormats{pgx.TextFormatCode}}, args...)
	rows, err := c.Conn.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (migrate.Row, error) {
		var r migrate.Row
		for _, raw := range row.RawValues() {
			r = append(r, textOf(raw))
		}
		return r, nil
	})
}

func textOf(raw []byte) *string {
	if raw == nil {
		return nil
	}
	text := string(raw)
	return &text
}

// SQLite is a real SQLite database as migrate.Conn.
type SQLite struct{ *sqlite3.Conn }

func (SQLite) Dialect() migrate.Dialect { return migrate.SQLite }

func (c SQLite) Exec(ctx context.Context, sql string, args ...any) error {
	_, err := c.Query(ctx, sql, args...)
	return err
}

func (c SQLite) Query(_ context.Context, sql string, args ...any) ([]migrate.Row, error) {
	stmt, _, err := c.Prepare(sql)
	if err != nil {
		return nil, err
	}
	defer stmt.Close()
	for i, arg := range args {
		if err := bind(stmt, i+1, arg); err != nil {
			return nil, err
		}
	}
	var rows []migrate.Row
	for stmt.Step() {
		row := make(migrate.Row, stmt.ColumnCount())
		for i := range row {
			if stmt.ColumnType(i) != sqlite3.NULL {
				text := stmt.ColumnText(i)
				row[i] = &text
			}
		}
		rows = append(rows, row)
	}
	return rows, stmt.Err()
}

func bind(stmt *sqlite3.Stmt, i int, arg any) error {
	switch v := arg.(type) {
	case nil:
		return stmt.BindNull(i)
	case string:
		return stmt.BindText(i, v)
	case int64:
		return stmt.BindInt64(i, v)
	case bool:
		return stmt.BindBool(i, v)
	}
	return fmt.Errorf("argument %d has type %T", i, arg)
}

// MySQL is a real session on MariaDB or MySQL as migrate.Conn.
type MySQL struct{ *sql.Conn }

func (MySQL) Dialect() migrate.Dialect { return migrate.MySQL }

func (c MySQL) Exec(ctx context.Context, query string, args ...any) error {
	query, args = positional(query, args)
	_, err := c.ExecContext(ctx, query, args...)
	return err
}

func (c MySQL) Query(ctx context.Context, query string, args ...any) ([]migrate.Row, error) {
	query, args = positional(query, args)
	rows, err := c.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var out []migrate.Row
	for rows.Next() {
		row := make(migrate.Row, len(names))
		into := make([]any, len(row))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	return out, rows.Err()
}

var parameter = regexp.MustCompile(`\$(\d+)`)

// positional writes the parameters as MySQL has them: each where it stands.
func positional(query string, args []any) (string, []any) {
	var in []any
	return parameter.ReplaceAllStringFunc(query, func(p string) string {
		n, _ := strconv.Atoi(p[1:])
		in = append(in, args[n-1])
		return "?"
	}), in
}

// Databases are one empty database of each dialect.
func Databases(t *testing.T) map[string]migrate.Conn {
	t.Helper()
	return map[string]migrate.Conn{
		"postgresql": OpenPostgreSQL(t, testpg.Start(t).Database(t).URL),
		"sqlite":     OpenSQLite(t, filepath.Join(t.TempDir(), "app.db")),
		"mysql":      MySQL{testmy.Start(t).Database(t).Connect(t)},
	}
}

func OpenPostgreSQL(t *testing.T, url string) PostgreSQL {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return PostgreSQL{conn}
}

func OpenSQLite(t *testing.T, path string) SQLite {
	t.Helper()
	conn, err := sqlite3.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return SQLite{conn}
}

// Main runs the tests of a package that use servers of each kind, and ends all of them. It
// does not return.
func Main(m *testing.M) { testpg.Main(m, testmy.Conclude) }

// Must ends a test at an error.
func Must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
