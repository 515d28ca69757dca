package cli_test

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"strings"

	_ "github.com/go-sql-driver/mysql" // the driver
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/ncruces/go-sqlite3"
)

// runSQL is the command sql of the scripts.
func runSQL(args []string, out, errs io.Writer) int {
	if len(args) != 2 {
		fmt.Fprintln(errs, "usage: sql URL STATEMENTS")
		return 2
	}
	run := sqliteRows
	switch scheme, _, _ := strings.Cut(args[0], "://"); scheme {
	case "postgres":
		run = postgresRows
	case "mysql":
		run = mysqlRows
	}
	lines, err := run(strings.TrimPrefix(args[0], "sqlite://"), args[1])
	for _, l := range lines {
		fmt.Fprintln(out, l)
	}
	if err != nil {
		fmt.Fprintln(errs, err)
		return 1
	}
	return 0
}

func sqliteRows(path, statements string) (lines []string, err error) {
	c, err := sqlite3.Open("file:" + path)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	for statements != "" {
		statement, rest, err := c.Prepare(statements)
		if err != nil {
			return lines, err
		}
		if statement == nil {
			return lines, nil
		}
		for statement.Step() {
			cells := make([]string, statement.ColumnCount())
			for i := range cells {
				cells[i] = statement.ColumnText(i)
			}
			lines = append(lines, strings.Join(cells, "|"))
		}
		if err := statement.Close(); err != nil {
			return lines, err
		}
		statements = rest
	}
	return lines, nil
}

func postgresRows(url, statements string) (lines []string, err error) {
	ctx := context.Background()
	c, err := pgconn.Connect(ctx, url)
	if err != nil {
		return nil, err
	}
	defer c.Close(ctx)
	results, err := c.Exec(ctx, statements).ReadAll()
	for _, r := range results {
		for _, row := range r.Rows {
			cells := make([]string, len(row))
			for i, cell := range row {
				cells[i] = string(cell)
			}
			lines = append(lines, strings.Join(cells, "|"))
		}
	}
	return lines, err
}

func mysqlRows(url, statements string) (lines []string, err error) {
	db, err := sql.Open("mysql", driverForm(url))
	if err != nil {
		return nil, err
	}
	defer db.Close()
	rows, err := db.QueryContext(context.Background(), statements)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for more := true; more; more = rows.NextResultSet() {
		names, err := rows.Columns()
		if err != nil {
			return lines, err
		}
		for rows.Next() {
			cells, into := make([]sql.NullString, len(names)), make([]any, len(names))
			for i := range cells {
				into[i] = &cells[i]
			}
			if err := rows.Scan(into...); err != nil {
				return lines, err
			}
			texts := make([]string, len(cells))
			for i, cell := range cells {
				texts[i] = cell.String
			}
			lines = append(lines, strings.Join(texts, "|"))
		}
	}
	return lines, rows.Err()
}

// driverForm is a URL as the driver for MySQL reads it.
func driverForm(url string) string {
	return strings.TrimPrefix(url, "mysql://") + "?multiStatements=true"
}
