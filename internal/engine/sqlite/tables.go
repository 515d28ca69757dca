package sqlite

import (
	"context"
	"strings"

	"github.com/ncruces/go-sqlite3"
)

// ours begins the names of safemigrate's own tables.
const ours = "safemigrate_"

// fold gives the form in which SQLite compares names.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, name)
}

// kept reports whether a table's rows are part of what a snapshot compares:
// SQLite's own statistics, the ledger and the history are not.
func kept(table, history string) bool {
	t := fold(table)
	return !strings.HasPrefix(t, "sqlite_") && !strings.HasPrefix(t, ours) && t != fold(history)
}

// tables lists the tables that hold rows in this file, also those in which
// virtual tables keep theirs.
func (l *link) tables(ctx context.Context, history string) ([]string, error) {
	var names []string
	err := l.each(ctx, `SELECT name FROM main.sqlite_schema WHERE type = 'table' AND rootpage > 0 ORDER BY name`,
		func(st *sqlite3.Stmt) error {
			if name := st.ColumnText(0); kept(name, history) {
				names = append(names, name)
			}
			return nil
		})
	return names, err
}

// rowsOf is the query for all that is stored in a table: generated columns are
// not, and may need functions that only the application has.
func (l *link) rowsOf(ctx context.Context, table string) (string, error) {
	columns, err := l.columns(ctx, table)
	if err != nil {
		return "", err
	}
	if len(columns) == 0 {
		columns = []string{"NULL"}
	}
	return "SELECT " + strings.Join(columns, ", ") + " FROM main." + sqlite3.QuoteIdentifier(table) + " NOT INDEXED", nil
}

// columns lists the stored columns of a table, quoted.
func (l *link) columns(ctx context.Context, table string) ([]string, error) {
	var columns []string
	err := l.each(ctx, `SELECT name FROM pragma_table_xinfo($1, 'main') WHERE hidden = 0 ORDER BY cid`,
		func(st *sqlite3.Stmt) error {
			columns = append(columns, sqlite3.QuoteIdentifier(st.ColumnText(0)))
			return nil
		}, table)
	return columns, err
}
