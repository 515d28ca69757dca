//go:build unix

package testmy

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Rows are all rows of all tables, and what every sequence would give out next,
// sorted, without safemigrate's own.
func (d *Database) Rows(tb testing.TB) string {
	tb.Helper()
	conn, done := d.look(tb)
	defer done()
	var out strings.Builder
	if _, err := Query(conn, "SET SESSION sql_mode='', time_zone='+00:00', sql_quote_show_create=1"); err != nil {
		tb.Fatal(err)
	}
	tables, err := Query(conn, `SELECT table_name, table_type FROM information_schema.tables
		WHERE table_schema = database() AND table_type <> 'VIEW' AND table_name NOT LIKE 'safemigrate\_%' ORDER BY cast(table_name AS binary)`)
	if err != nil {
		tb.Fatal(err)
	}
	for _, line := range tables {
		name, kind, _ := strings.Cut(line, "|")
		quoted := "`" + strings.ReplaceAll(name, "`", "``") + "`"
		var rows []string
		if kind == "SEQUENCE" {
			rows, err = Query(conn, "SELECT next_not_cached_value FROM "+quoted)
		} else {
			rows, err = Query(conn, "SELECT "+columns(tb, conn, name)+" FROM "+quoted+history[kind])
		}
		if err != nil {
			tb.Fatal(err)
		}
		slices.Sort(rows)
		out.WriteString(name + "\n")
		for _, r := range rows {
			out.WriteString("\t" + r + "\n")
		}
	}
	return out.String()
}

// history is behind the name of a table of a kind that keeps its older rows.
var history = map[string]string{"SYSTEM VERSIONED": " FOR SYSTEM_TIME ALL"}

// columns lists all columns of a table, also those that * leaves out and those of the time
// of its older rows.
func columns(tb testing.TB, conn *sql.Conn, table string) string {
	tb.Helper()
	names, err := Query(conn, "SELECT CONCAT('`', REPLACE(column_name, '`', '``'), '`') FROM information_schema.columns "+
		"WHERE table_schema = database() AND table_name = '"+strings.ReplaceAll(strings.ReplaceAll(table, `\`, `\\`), "'", "''")+"' ORDER BY ordinal_position")
	if err != nil {
		tb.Fatal(err)
	}
	for _, text := range []string{"row_start", "row_end"} {
		if rows, err := Query(conn, "SELECT "+text+" FROM `"+strings.ReplaceAll(table, "`", "``")+"` LIMIT 0"); err == nil && len(rows) == 0 && !slices.Contains(names, "`"+text+"`") {
			names = append(names, text)
		}
	}
	return strings.Join(names, ", ")
}

// Query runs a query and returns its rows, values joined by "|".
func Query(conn *sql.Conn, query string) ([]string, error) {
	rows, err := conn.QueryContext(context.Background(), query)
	if err != nil {
		return nil, fmt.Errorf("%.200q: %w", query, err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return nil, fmt.Errorf("%.200q: %w", query, err)
	}
	var out []string
	for rows.Next() {
		values := make([]sql.NullString, len(names))
		into := make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		texts := make([]string, len(names))
		for i, v := range values {
			texts[i] = v.String
			if !v.Valid {
				texts[i] = "NULL"
			}
		}
		out = append(out, strings.Join(texts, "|"))
	}
	return out, rows.Err()
}
