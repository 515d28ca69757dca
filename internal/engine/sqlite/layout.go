package sqlite

import (
	"context"
	"fmt"
	"strings"

	"github.com/ncruces/go-sqlite3"
)

// layout is what holds rows in a file: tables with their stored columns, and
// virtual tables with the tables in which they keep theirs.
type layout struct {
	tables  map[string][]string
	virtual map[string][]string
}

func (l *link) layout(ctx context.Context, file, history string) (layout, error) {
	out := layout{map[string][]string{}, map[string][]string{}}
	var shadows []string
	err := l.each(ctx, `SELECT name, type FROM pragma_table_list WHERE schema = $1 AND type IN ('table', 'virtual', 'shadow') ORDER BY name`,
		func(st *sqlite3.Stmt) error {
			switch name := st.ColumnText(0); {
			case !kept(name, history):
			case st.ColumnText(1) == "virtual":
				out.virtual[name] = nil
			case st.ColumnText(1) == "shadow":
				shadows = append(shadows, name)
			default:
				out.tables[name] = nil
			}
			return nil
		}, file)
	if err != nil {
		return out, explain("list the tables", err)
	}
	for _, shadow := range shadows {
		owner, ok := findFold(out.virtual, shadow[:max(strings.LastIndexByte(shadow, '_'), 0)])
		if !ok {
			out.tables[shadow] = nil
			continue
		}
		out.virtual[owner] = append(out.virtual[owner], shadow)
	}
	for name := range out.tables {
		err := l.each(ctx, `SELECT name FROM pragma_table_xinfo($1, $2) WHERE hidden = 0 ORDER BY cid`, func(st *sqlite3.Stmt) error {
			out.tables[name] = append(out.tables[name], st.ColumnText(0))
			return nil
		}, name, file)
		if err != nil {
			return out, explain("read the columns of "+name, err)
		}
	}
	return out, nil
}

// form is what no transaction holds of a file; wal tells how it is written.
func (l *link) form(ctx context.Context, file string, wal bool) (string, error) {
	size, err := l.number(ctx, "PRAGMA "+file+".page_size")
	if err != nil {
		return "", explain("read the page size", err)
	}
	vacuum, err := l.number(ctx, "PRAGMA "+file+".auto_vacuum")
	return fmt.Sprintf("page size %d, auto_vacuum %d, WAL %t", size, vacuum, wal), explain("read auto_vacuum", err)
}

// has reports whether a file holds a table of SQLite's own.
func (l *link) has(ctx context.Context, file, table string) (bool, error) {
	n, err := l.number(ctx, "SELECT EXISTS (SELECT 1 FROM "+file+".sqlite_schema WHERE name = '"+table+"')")
	return n == 1, explain("look for "+table, err)
}

// sequences reads the AUTOINCREMENT counters.
func (l *link) sequences(ctx context.Context, file string) (map[string]int64, error) {
	ok, err := l.has(ctx, file, "sqlite_sequence")
	if err != nil || !ok {
		return nil, err
	}
	out := map[string]int64{}
	err = l.each(ctx, "SELECT name, seq FROM "+file+".sqlite_sequence", func(st *sqlite3.Stmt) error {
		out[st.ColumnText(0)] = st.ColumnInt64(1)
		return nil
	})
	return out, explain("read the counters", err)
}

// statisticsTables are what ANALYZE writes, with their columns.
var statisticsTables = map[string]string{
	"sqlite_stat1": "tbl, idx, stat",
	"sqlite_stat4": "tbl, idx, neq, nlt, ndlt, sample",
}

// statistics sums what ANALYZE wrote; "" where it never ran.
func (l *link) statistics(ctx context.Context, file string) (string, error) {
	var out []string
	for _, table := range sortedKeys(statisticsTables) {
		ok, err := l.has(ctx, file, table)
		if err != nil {
			return "", err
		}
		if !ok {
			continue
		}
		t, err := l.tallyOf(ctx, "SELECT "+statisticsTables[table]+" FROM "+file+"."+table, nil)
		if err != nil {
			return "", explain("read the statistics", err)
		}
		out = append(out, table+" "+t.sum())
	}
	return strings.Join(out, ", "), nil
}
