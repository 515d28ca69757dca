package sqlite

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"github.com/safemigrate/safemigrate/internal/durable"
)

// changes is what a batch did to the tables that it touched, as the way back
// has to know it: which table and column became which, and for every row that
// the batch wrote or took out its key with the hash that it left. The rows lie
// in a file of their own, an SQLite database, written and synced before the
// commit like the file of hashes.
type changes struct {
	File   string   `json:"file"`
	Sum    string   `json:"sum"` // SHA-256 of the file
	Tables []change `json:"tables"`
	// Form is what no transaction holds: page size, auto_vacuum, WAL.
	Form string `json:"form"`
	// Sequences are the AUTOINCREMENT counters after the batch, Statistics the
	// sum over what ANALYZE wrote.
	Sequences  map[string]int64 `json:"sequences,omitempty"`
	Statistics string           `json:"statistics,omitempty"`
}

// change is one touched table.
type change struct {
	Before  string      `json:"before,omitempty"` // "": the batch made it
	After   string      `json:"after,omitempty"`  // "": the batch dropped it
	Virtual bool        `json:"virtual,omitempty"`
	Columns [][2]string `json:"columns,omitempty"` // stored ones that are in both, before and after
	// Key tells rows apart, by the columns' names before and after; without one
	// it is the rowid.
	Key  [][2]string `json:"key,omitempty"`
	Part string      `json:"part,omitempty"` // the table in the file
}

// side is every first or second name of a list of pairs.
func side(pairs [][2]string, i int) []string {
	var out []string
	for _, p := range pairs {
		out = append(out, p[i])
	}
	return out
}

const changesPrefix = "changes-"

// recorder compares the state after a batch with its snapshot.
type recorder struct {
	*link
	history string
	was     string // the snapshot, as it is attached
	before  schema
	rows    census // of the snapshot
	after   *after
	lineage lineage
	out     *link
}

// recordChanges writes what differs between the attached snapshot and what l
// sees into dir, and into a.
func (l *link) recordChanges(ctx context.Context, dir string, r recorder) (err error) {
	r.link = l
	path := filepath.Join(dir, changesPrefix+strings.TrimPrefix(r.after.File, afterPrefix))
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		return fmt.Errorf("write the changes of the batch: %w", err)
	}
	if r.out, err = connect(ctx, path, readWrite); err != nil {
		return err
	}
	c := &changes{File: filepath.Base(path)}
	err = r.out.Exec(ctx, "PRAGMA journal_mode=OFF")
	if err == nil {
		err = r.out.Exec(ctx, "PRAGMA synchronous=OFF")
	}
	if err == nil {
		err = r.out.write(ctx, func() error { return r.record(ctx, c) })
	}
	if end := r.out.close(); err == nil {
		err = end
	}
	if err == nil {
		err = durable.SyncFile(path)
	}
	if err == nil {
		c.Sum, _, err = sumFile(ctx, path, nil)
	}
	if err != nil {
		_ = os.Remove(path)
		return explain("write the changes of the batch", err)
	}
	r.after.Changes = c
	return nil
}

func (r *recorder) record(ctx context.Context, c *changes) (err error) {
	if err := r.addRowFunction(); err != nil {
		return err
	}
	mode, err := r.text(ctx, "PRAGMA main.journal_mode")
	if err != nil {
		return explain("read the journal mode", err)
	}
	if c.Form, err = r.form(ctx, "main", mode == "wal"); err != nil {
		return err
	}
	if c.Sequences, err = r.sequences(ctx, "main"); err != nil {
		return err
	}
	if c.Statistics, err = r.statistics(ctx, "main"); err != nil {
		return err
	}
	before, err := r.layout(ctx, r.was, r.history)
	if err != nil {
		return err
	}
	now, err := r.layout(ctx, "main", r.history)
	if err != nil {
		return err
	}
	for _, name := range sortedKeys(merged(before.virtual, now.virtual)) {
		if r.virtualTouched(name, before, now) {
			v := change{Virtual: true}
			v.Before, _ = findFold(before.virtual, name)
			v.After, _ = findFold(now.virtual, name)
			c.Tables = append(c.Tables, v)
		}
	}
	for _, p := range r.lineage.pairs(before.tables, now.tables) {
		if !r.touched(p) {
			continue
		}
		t := change{Before: p.before, After: p.after, Columns: p.columns}
		if p.before != "" && p.after != "" {
			if err := r.recordRows(ctx, &t, len(c.Tables)); err != nil {
				return err
			}
		}
		c.Tables = append(c.Tables, t)
	}
	return nil
}

func merged(a, b map[string][]string) map[string]bool {
	out := map[string]bool{}
	for name := range a {
		out[fold(name)] = true
	}
	for name := range b {
		out[fold(name)] = true
	}
	return out
}

// touched reports whether a table's form, name or rows differ.
func (r *recorder) touched(p pair) bool {
	if p.before == "" || p.after == "" || p.before != p.after {
		return true
	}
	return r.before["table "+p.before] != r.after.Schema["table "+p.after] || !sameCount(r.rows, r.after.Tables, p.before)
}

func (r *recorder) virtualTouched(name string, before, now layout) bool {
	was, had := findFold(before.virtual, name)
	is, has := findFold(now.virtual, name)
	if had != has || r.before["table "+was] != r.after.Schema["table "+is] || len(before.virtual[was]) != len(now.virtual[is]) {
		return true
	}
	for _, shadow := range before.virtual[was] {
		if !sameCount(r.rows, r.after.Tables, shadow) || r.before["table "+shadow] != r.after.Schema["table "+shadow] {
			return true
		}
	}
	return false
}

func sameCount(a, b census, table string) bool {
	x, inA := a.find(table)
	y, inB := b.find(table)
	return inA == inB && x.Rows == y.Rows && x.Sum == y.Sum
}

// recordRows writes key and hash of every row that differs. Hashes are those of
// the columns that are in both, so that an added column is no difference.
func (r *recorder) recordRows(ctx context.Context, t *change, n int) error {
	was, err := r.shapeOf(ctx, r.was, t.Before)
	if err != nil {
		return err
	}
	now, err := r.shapeOf(ctx, "main", t.After)
	if err != nil {
		return err
	}
	t.Key = commonKey(was, now, t.Columns)
	wasKey, err := was.keyColumns(side(t.Key, 0))
	if err == nil {
		_, err = now.keyColumns(side(t.Key, 1))
	}
	if err != nil {
		return nil //nolint:nilerr // without a part the way back knows that it has no key
	}
	nowKey, _ := now.keyColumns(side(t.Key, 1))
	t.Part = fmt.Sprintf("t%d", n)
	var columns []string
	for i := range nowKey {
		columns = append(columns, fmt.Sprintf("k%d", i))
	}
	if err := r.out.Exec(ctx, "CREATE TABLE "+t.Part+" ("+strings.Join(columns, ", ")+", h)"); err != nil {
		return explain("write the changes of the batch", err)
	}
	nowHash := rowHash(of("a", quoteAll(side(t.Columns, 1))))
	wasHash := rowHash(of("b", quoteAll(side(t.Columns, 0))))
	written := "SELECT " + strings.Join(of("a", nowKey), ", ") + ", " + nowHash + " FROM " + now.at() + " AS a WHERE " + nowHash +
		" IS NOT (SELECT " + wasHash + " FROM " + was.at() + " AS b WHERE " + sameKey(of("b", wasKey), of("a", nowKey)) + ")"
	gone := "SELECT " + strings.Join(of("b", wasKey), ", ") + ", NULL FROM " + was.at() + " AS b WHERE NOT EXISTS (SELECT 1 FROM " +
		now.at() + " AS a WHERE " + sameKey(of("a", nowKey), of("b", wasKey)) + ")"
	for _, query := range []string{written, gone} {
		if err := copyRows(ctx, r.link, query, r.out, t.Part, len(nowKey)+1); err != nil {
			return fmt.Errorf("compare table %s: %w", t.After, err)
		}
	}
	return nil
}

// commonKey is the primary key before the batch, where it is that after it, too.
func commonKey(was, now *shape, columns [][2]string) [][2]string {
	var key [][2]string
	for i, k := range was.key {
		for _, c := range columns {
			if fold(c[0]) == fold(k) && i < len(now.key) && fold(now.key[i]) == fold(c[1]) {
				key = append(key, c)
			}
		}
	}
	if len(key) != len(was.key) || len(key) != len(now.key) {
		return nil
	}
	return key
}

// copyRows copies the result of a query into a table that another connection
// writes, of the same number of columns.
func copyRows(ctx context.Context, from *link, query string, to *link, table string, columns int) (err error) {
	insert, _, err := to.c.Prepare("INSERT INTO " + table + " VALUES (" + strings.TrimSuffix(strings.Repeat("?, ", columns), ", ") + ")")
	if err != nil {
		return explain("prepare a copy", err)
	}
	defer func() {
		if end := insert.Close(); err == nil {
			err = end
		}
	}()
	return from.each(ctx, query, func(st *sqlite3.Stmt) error {
		for i := range columns {
			if err := bindColumn(insert, i+1, st, i); err != nil {
				return err
			}
		}
		insert.Step()
		return insert.Reset()
	})
}

// bindColumn gives a parameter the value of another statement's column.
func bindColumn(to *sqlite3.Stmt, parameter int, from *sqlite3.Stmt, i int) (err error) {
	switch from.ColumnType(i) {
	case sqlite3.INTEGER:
		err = to.BindInt64(parameter, from.ColumnInt64(i))
	case sqlite3.FLOAT:
		err = to.BindFloat(parameter, from.ColumnFloat(i))
	case sqlite3.TEXT:
		err = to.BindRawText(parameter, from.ColumnRawText(i))
	case sqlite3.BLOB:
		err = to.BindZeroBlob(parameter, 0)
		if b := from.ColumnRawBlob(i); len(b) > 0 {
			err = to.BindBlob(parameter, b)
		}
	case sqlite3.NULL:
		err = to.BindNull(parameter)
	}
	return explain("copy a value", err)
}
