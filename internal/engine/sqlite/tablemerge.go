package sqlite

import (
	"context"
	"strings"
)

// merge fills a table that is made anew: rows of the batch from the snapshot;
// rows that it left alone as they are now, with the columns that it took out
// from the snapshot; and rows that are new since, where these columns get their
// defaults.
func (t *tableBack) merge(ctx context.Context) error {
	both, now := quoteAll(side(t.change.Columns, 0)), quoteAll(side(t.change.Columns, 1))
	var lost []string
	for _, c := range t.was.columns {
		if !hasFold(side(t.change.Columns, 0), c) {
			lost = append(lost, quoteAll([]string{c})[0])
		}
	}
	listed := "EXISTS (SELECT 1 FROM " + t.list + " AS c WHERE " + sameKey(of("n", t.nowKey), t.listed()) + ")"
	known := sameKey(of("b", t.wasKey), of("n", t.nowKey))
	fromBoth := " FROM " + t.now.at() + " AS n CROSS JOIN " + t.was.at() + " AS b ON " + known + " WHERE NOT " + listed
	fromNow := " FROM " + t.now.at() + " AS n WHERE NOT " + listed +
		" AND NOT EXISTS (SELECT 1 FROM " + t.was.at() + " AS b WHERE " + known + ")"
	fromList := " FROM " + t.list + " AS c CROSS JOIN " + t.was.at() + " AS b ON " + sameKey(of("b", t.wasKey), t.listed())
	t.wanted = both
	for query, values := range map[string][]string{fromBoth: of("n", now), fromNow: of("n", now), fromList: of("b", both)} {
		if len(values) == 0 {
			values = []string{"NULL"}
		}
		part, err := t.tallyOf(ctx, "SELECT "+strings.Join(values, ", ")+query, nil)
		if err != nil {
			return err
		}
		t.want.plus(part)
	}
	if err := t.putBack(ctx); err != nil {
		return err
	}
	columns, values := append(append([]string{}, both...), lost...), append(of("n", now), of("b", lost)...)
	if err := t.insertRows(ctx, columns, values, "b."+t.was.rowid, fromBoth, t.wasKey, of("n", t.nowKey)); err != nil {
		return err
	}
	rowid := "n." + t.now.rowid
	if t.now.rowid == "" {
		rowid = "NULL"
	}
	return t.insertRows(ctx, both, of("n", now), rowid, fromNow, t.wasKey, of("n", t.nowKey))
}

// verify compares a table's rows with what they have to be: those of the
// snapshot where nobody wrote to it since, and otherwise the sum of its parts.
func (t *tableBack) verify(ctx context.Context) error {
	if t.change.Before == "" {
		return nil
	}
	if t.change.Virtual {
		was, err := t.layout(ctx, t.file, t.history)
		if err != nil {
			return err
		}
		for _, shadow := range was.virtual[t.change.Before] {
			if err := t.equalsSnapshot(ctx, shadow); err != nil {
				return err
			}
		}
		return nil
	}
	if t.quiet || t.way == wayRefill {
		return t.equalsSnapshot(ctx, t.change.Before)
	}
	columns := t.wanted
	if len(columns) == 0 {
		columns = []string{"NULL"}
	}
	got, err := t.tallyOf(ctx, "SELECT "+strings.Join(columns, ", ")+" FROM "+t.target()+" NOT INDEXED", nil)
	if err != nil {
		return explain("read table "+t.change.Before, err)
	}
	if got != t.want {
		return &inexact{"the rows of table " + t.change.Before + " would not be what they have to be"}
	}
	return nil
}

func (t *tableBack) equalsSnapshot(ctx context.Context, table string) error {
	got, err := t.scan(ctx, table, nil)
	if err != nil {
		return err
	}
	for _, m := range t.manifest.Tables {
		if fold(m.Name) == fold(table) && m.Rows == got.Rows && m.Sum == got.sum() {
			return nil
		}
	}
	return &inexact{"the rows of table " + table + " would not be those of the snapshot"}
}
