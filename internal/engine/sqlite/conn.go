package sqlite

import (
	"context"
	"fmt"
	"strconv"

	"github.com/ncruces/go-sqlite3"

	"github.com/safemigrate/safemigrate/migrate"
)

// link is one connection to one file, and to the snapshots that are attached.
type link struct {
	c        *sqlite3.Conn
	attached map[string]string // file → its name in SQL
}

// Dialect is SQLite.
func (l *link) Dialect() migrate.Dialect { return migrate.SQLite }

// Exec runs one statement.
func (l *link) Exec(ctx context.Context, sql string, args ...any) error {
	return l.each(ctx, sql, func(*sqlite3.Stmt) error { return nil }, args...)
}

// Query runs one statement and returns all its rows.
func (l *link) Query(ctx context.Context, sql string, args ...any) ([]migrate.Row, error) {
	var rows []migrate.Row
	err := l.each(ctx, sql, func(st *sqlite3.Stmt) error {
		row := make(migrate.Row, st.ColumnCount())
		for i := range row {
			if st.ColumnType(i) != sqlite3.NULL {
				text := st.ColumnText(i)
				row[i] = &text
			}
		}
		rows = append(rows, row)
		return nil
	}, args...)
	return rows, err
}

// each runs one statement and hands every row on.
func (l *link) each(ctx context.Context, sql string, f func(*sqlite3.Stmt) error, args ...any) (err error) {
	defer l.c.SetInterrupt(l.c.SetInterrupt(ctx))
	st, _, err := l.c.Prepare(sql)
	if err != nil || st == nil {
		return interrupted(ctx, err)
	}
	defer func() {
		if end := st.Close(); err == nil { // otherwise it says the same again
			err = end
		}
	}()
	if err := bind(st, args); err != nil {
		return err
	}
	for st.Step() {
		if err := f(st); err != nil {
			return err
		}
	}
	return interrupted(ctx, st.Err())
}

// bind gives $1, $2, … their values.
func bind(st *sqlite3.Stmt, args []any) error {
	for i, arg := range args {
		at := st.BindIndex("$" + strconv.Itoa(i+1))
		if at == 0 {
			return fmt.Errorf("the statement has no parameter $%d", i+1)
		}
		var err error
		switch v := arg.(type) {
		case nil:
			err = st.BindNull(at)
		case string:
			err = st.BindText(at, v)
		case int64:
			err = st.BindInt64(at, v)
		case bool:
			err = st.BindBool(at, v)
		default:
			err = fmt.Errorf("parameter $%d has type %T", i+1, arg)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// text runs a query for one value, and gives "" where there is none.
func (l *link) text(ctx context.Context, sql string, args ...any) (string, error) {
	rows, err := l.Query(ctx, sql, args...)
	if err != nil || len(rows) == 0 || len(rows[0]) == 0 {
		return "", err
	}
	return rows[0].Text(0), nil
}

// number runs a query for one integer.
func (l *link) number(ctx context.Context, sql string) (int64, error) {
	var n int64
	err := l.each(ctx, sql, func(st *sqlite3.Stmt) error {
		n = st.ColumnInt64(0)
		return nil
	})
	return n, err
}

// attach makes a snapshot readable beside the live file, in the transaction
// that is open, and gives its name in SQL. Nobody writes to a snapshot, so it
// needs neither locks nor a journal; and it is no part of what a commit writes.
func (l *link) attach(ctx context.Context, path string) (string, error) {
	if name, ok := l.attached[path]; ok {
		return name, nil
	}
	name := fmt.Sprintf("%swas%d", ours, len(l.attached))
	if err := l.Exec(ctx, "ATTACH $1 AS "+name, uri(path, frozen)); err != nil {
		return "", explain("attach the snapshot", err)
	}
	if l.attached == nil {
		l.attached = map[string]string{}
	}
	l.attached[path] = name
	return name, nil
}

// detach lets go of all snapshots. Inside of a transaction SQLite keeps them.
func (l *link) detach(ctx context.Context) error {
	for path, name := range l.attached {
		if err := l.Exec(ctx, "DETACH "+name); err != nil {
			return explain("detach the snapshot", err)
		}
		delete(l.attached, path)
	}
	return nil
}
