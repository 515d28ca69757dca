package sqlite

import (
	"context"
	"fmt"

	"github.com/ncruces/go-sqlite3"
)

// count is what a census says of one table.
type count struct {
	Name string `json:"name"`
	Rows int64  `json:"rows"`
	Sum  string `json:"sum"`
}

// census counts and sums the rows of every table, each read once.
type census []count

// find gives a table's count; SQLite's names ignore case.
func (c census) find(table string) (count, bool) {
	for _, t := range c {
		if fold(t.Name) == fold(table) {
			return t, true
		}
	}
	return count{}, false
}

// census reads all tables as this connection sees them; each row's hash also
// goes to keep, where that is set.
func (l *link) census(ctx context.Context, history string, keep *afterWriter) (census, error) {
	names, err := l.tables(ctx, history)
	if err != nil {
		return nil, fmt.Errorf("list the tables: %w", err)
	}
	var all census
	for _, name := range names {
		c, err := l.countTable(ctx, name, keep)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

func (l *link) countTable(ctx context.Context, name string, keep *afterWriter) (count, error) {
	var each func(uint64) error
	if keep != nil {
		each = keep.hashes.add
	}
	t, err := l.scan(ctx, name, each)
	if err != nil {
		return count{}, err
	}
	c := count{Name: name, Rows: t.Rows, Sum: t.sum()}
	if keep != nil {
		err = keep.endTable(c)
	}
	return c, err
}

// scan reads a table once, and hands the first hash of every row on.
func (l *link) scan(ctx context.Context, name string, each func(uint64) error) (tally, error) {
	query, err := l.rowsOf(ctx, name)
	if err != nil {
		return tally{}, explain("read the columns of "+name, err)
	}
	t, err := l.tallyOf(ctx, query, each)
	return t, explain("read table "+name, err)
}

// tallyOf counts and sums the rows of a query.
func (l *link) tallyOf(ctx context.Context, query string, each func(uint64) error) (tally, error) {
	var t tally
	var hasher rowHasher
	err := l.each(ctx, query, func(st *sqlite3.Stmt) error {
		high, low := hasher.row(st)
		t.add(high, low)
		if each == nil {
			return nil
		}
		return each(high)
	})
	return t, err
}
