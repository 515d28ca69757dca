// Command showtables prints tables of the database in SAFEMIGRATE_DATABASE, for demos
// on machines that have neither psql nor sqlite3.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/jackc/pgx/v5"
	"github.com/ncruces/go-sqlite3"
)

func main() {
	if err := show(context.Background(), os.Stdout, os.Getenv("SAFEMIGRATE_DATABASE"), os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "showtables: %v\n", err)
		os.Exit(1)
	}
}

// reader returns the columns and rows of a query, as text.
type reader func(query string) ([][]string, error)

func show(ctx context.Context, out io.Writer, url string, tables []string) error {
	var read reader
	if path, isSQLite := strings.CutPrefix(url, "sqlite://"); isSQLite {
		db, err := sqlite3.Open(path)
		if err != nil {
			return fmt.Errorf("opening the database: %w", err)
		}
		defer db.Close()
		read = func(query string) ([][]string, error) { return readSQLite(db, query) }
	} else {
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			return fmt.Errorf("connecting: %w", err)
		}
		defer conn.Close(ctx)
		read = func(query string) ([][]string, error) { return readPostgres(ctx, conn, query) }
	}
	for _, table := range tables {
		if err := showTable(out, read, table); err != nil {
			return err
		}
	}
	return nil
}

func showTable(out io.Writer, read reader, table string) error {
	rows, err := read("SELECT * FROM " + pgx.Identifier{table}.Sanitize() + " ORDER BY 1, 2")
	if err != nil {
		return fmt.Errorf("reading %s: %w", table, err)
	}
	aligned := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for i, row := range rows {
		name := ""
		if i == 0 {
			name = table
		}
		fmt.Fprintf(aligned, "  %s\t%s\n", name, strings.Join(row, "\t"))
	}
	if err := aligned.Flush(); err != nil {
		return fmt.Errorf("printing %s: %w", table, err)
	}
	return nil
}

func readPostgres(ctx context.Context, conn *pgx.Conn, query string) ([][]string, error) {
	results, err := conn.PgConn().Exec(ctx, query).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	var header []string
	for _, field := range results[0].FieldDescriptions {
		header = append(header, field.Name)
	}
	all := [][]string{header}
	for _, values := range results[0].Rows {
		var row []string
		for _, value := range values {
			row = append(row, string(value))
		}
		all = append(all, row)
	}
	return all, nil
}

func readSQLite(db *sqlite3.Conn, query string) ([][]string, error) {
	statement, _, err := db.Prepare(query)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	defer statement.Close()
	var header []string
	for i := range statement.ColumnCount() {
		header = append(header, statement.ColumnName(i))
	}
	all := [][]string{header}
	for statement.Step() {
		var row []string
		for i := range statement.ColumnCount() {
			row = append(row, statement.ColumnText(i))
		}
		all = append(all, row)
	}
	if err := statement.Err(); err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	return all, nil
}
