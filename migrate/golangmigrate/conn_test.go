package golangmigrate_test

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

func TestMain(m *testing.M) { testpg.Main(m, testmy.Conclude) }

// pgConn is a real PostgreSQL session as migrate.Conn.
type pgConn struct{ *pgx.Conn }

func (pgConn) Dialect() migrate.Dialect { return migrate.PostgreSQL }

func (c pgConn) Exec(ctx context.Context, sql string, args ...any) error {
	_, err := c.Conn.Exec(ctx, sql, args...)
	return err
}

func (c pgConn) Query(ctx context.Context, sql string, args ...any) ([]migrate.Row, error) {
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

// sqliteConn is a real SQLite database as migrate.Conn.
type sqliteConn struct{ *sqlite3.Conn }

func (sqliteConn) Dialect() migrate.Dialect { return migrate.SQLite }

func (c sqliteConn) Exec(ctx context.Context, sql string, args ...any) error {
	_, err := c.Query(ctx, sql, args...)
	return err
}

func (c sqliteConn) Query(_ context.Context, sql string, args ...any) ([]migrate.Row, error) {
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

// mysqlConn is a real session on MariaDB or MySQL as migrate.Conn.
type mysqlConn struct{ *sql.Conn }

func (mysqlConn) Dialect() migrate.Dialect { return migrate.MySQL }

func (c mysqlConn) Exec(ctx context.Context, query string, args ...any) error {
	query, args = positional(query, args)
	_, err := c.ExecContext(ctx, query, args...)
	return err
}

func (c mysqlConn) Query(ctx context.Context, query string, args ...any) ([]migrate.Row, error) {
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

// databases are one empty database of each dialect.
func databases(t *testing.T) map[string]migrate.Conn {
	t.Helper()
	return map[string]migrate.Conn{
		"postgresql": openPostgreSQL(t, testpg.Start(t).Database(t).URL),
		"sqlite":     openSQLite(t, filepath.Join(t.TempDir(), "app.db")),
		"mysql":      mysqlConn{testmy.Start(t).Database(t).Connect(t)},
	}
}

func openPostgreSQL(t *testing.T, url string) pgConn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return pgConn{conn}
}

func openSQLite(t *testing.T, path string) sqliteConn {
	t.Helper()
	conn, err := sqlite3.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return sqliteConn{conn}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
