package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ncruces/go-sqlite3"
)

// shrinkTables takes columns out of tables to which the batch only added them:
// rows, indexes and the place in the file stay. It counts only where the text
// of the schema is then what it was.
func (s *stage) shrinkTables(ctx context.Context) error {
	for _, t := range s.tables {
		if t.change.Virtual || t.same || t.way != wayRebuild || t.change.Before != t.change.After {
			continue
		}
		added := t.now.columns[min(len(t.was.columns), len(t.now.columns)):]
		if len(added) == 0 || len(t.change.Columns) != len(t.was.columns) {
			continue
		}
		if err := t.shrink(ctx, added); err != nil {
			return err
		}
	}
	return nil
}

func (t *tableBack) shrink(ctx context.Context, added []string) error {
	if err := t.Exec(ctx, "SAVEPOINT "+ours+"shrink"); err != nil {
		return explain("take out columns", err)
	}
	var err error
	for i := len(added) - 1; i >= 0 && err == nil; i-- {
		err = t.Exec(ctx, "ALTER TABLE "+t.now.at()+" DROP COLUMN "+sqlite3.QuoteIdentifier(added[i]))
	}
	if err == nil {
		var now schema
		if now, err = t.readSchema(ctx, t.history); err == nil && now["table "+t.change.Before] == t.stage.was["table "+t.change.Before] {
			t.same, t.way = true, wayInPlace
			delete(t.rebuilt, fold(t.change.Before))
			r := t.losses[t.change.Before]
			r.Way = wayInPlace
			t.losses[t.change.Before] = r
			if t.now, err = t.shapeOf(ctx, "main", t.change.After); err != nil {
				return err
			}
			return explain("take out columns", t.Exec(ctx, "RELEASE "+ours+"shrink"))
		}
	}
	if ctx.Err() != nil {
		return errors.Join(ctx.Err(), err)
	}
	return t.execAll(ctx, []string{"ROLLBACK TO " + ours + "shrink", "RELEASE " + ours + "shrink"})
}

// moveTables drops what the batch made, and has every table step aside that is
// made anew.
func (s *stage) moveTables(ctx context.Context) error {
	for i, t := range s.tables {
		switch {
		case t.change.After != "" && (t.change.Virtual || t.way == wayDrop):
			if err := s.Exec(ctx, "DROP TABLE main."+sqlite3.QuoteIdentifier(t.change.After)); err != nil {
				return explain("drop table "+t.change.After, err)
			}
		case t.rebuilds():
			t.live = fmt.Sprintf("%saside%d", ours, i)
			if err := s.Exec(ctx, "ALTER TABLE "+t.now.at()+" RENAME TO "+t.live); err != nil {
				return explain("make table "+t.change.Before+" anew", err)
			}
			t.now.name = t.live
		}
	}
	return nil
}

// rebuilds reports whether the table is made anew from one that is there.
func (t *tableBack) rebuilds() bool {
	return !t.change.Virtual && t.change.Before != "" && t.change.After != "" && !t.same
}

// createTables makes tables by the text of the snapshot's schema.
func (s *stage) createTables(ctx context.Context) error {
	for _, t := range s.tables {
		if t.change.Before == "" || t.same {
			continue
		}
		text, err := s.text(ctx, "SELECT sql FROM "+s.file+".sqlite_schema WHERE type = 'table' AND name = $1", t.change.Before)
		if err != nil {
			return explain("read the snapshot's schema", err)
		}
		if err := s.Exec(ctx, text); err != nil {
			return explain("make table "+t.change.Before+" anew", err)
		}
	}
	return nil
}

// fillTables gives every table its rows.
func (s *stage) fillTables(ctx context.Context) error {
	for _, t := range s.tables {
		if t.change.Before == "" {
			continue
		}
		if err := t.fill(ctx); err != nil {
			return &tableError{t.id(), t.change.Before, explain("fill table "+t.change.Before, err)}
		}
		if t.rebuilds() {
			if err := s.Exec(ctx, "DROP TABLE "+t.now.at()); err != nil {
				return explain("drop what stepped aside of table "+t.change.Before, err)
			}
		}
		if t.change.Part != "" && t.wasKey != nil {
			if err := s.Exec(ctx, "DROP TABLE "+t.list); err != nil {
				return explain("drop the list of changes", err)
			}
		}
	}
	return nil
}

func (t *tableBack) fill(ctx context.Context) error {
	switch {
	case t.change.Virtual:
		return t.fillVirtual(ctx)
	case t.change.After == "" || t.way == wayRefill && !t.same:
		return t.fillWhole(ctx, t.was)
	case t.way == wayRefill:
		if err := t.Exec(ctx, "DELETE FROM "+t.now.at()); err != nil {
			return err
		}
		return t.fillWhole(ctx, t.was)
	case t.same:
		return t.correct(ctx)
	}
	return t.merge(ctx)
}

// target is the table in main that is being filled.
func (t *tableBack) target() string { return "main." + sqlite3.QuoteIdentifier(t.change.Before) }

// fillWhole copies all rows of a table of the snapshot, with their rowids.
func (t *tableBack) fillWhole(ctx context.Context, was *shape) error {
	columns := quoteAll(was.columns)
	if was.rowid != "" && !was.alias {
		columns = append([]string{was.rowid}, columns...)
	}
	list := strings.Join(columns, ", ")
	return t.Exec(ctx, "INSERT INTO main."+sqlite3.QuoteIdentifier(was.name)+" ("+list+") SELECT "+list+" FROM "+was.at())
}

// fillVirtual fills the tables in which a virtual table keeps its rows.
func (t *tableBack) fillVirtual(ctx context.Context) error {
	was, err := t.layout(ctx, t.file, t.history)
	if err != nil {
		return err
	}
	for _, shadow := range was.virtual[t.change.Before] {
		if err := t.Exec(ctx, "DELETE FROM main."+sqlite3.QuoteIdentifier(shadow)); err != nil {
			return err
		}
		form, err := t.shapeOf(ctx, t.file, shadow)
		if err != nil {
			return err
		}
		if err := t.fillWhole(ctx, form); err != nil {
			return err
		}
	}
	return nil
}

// correct takes out the rows that the batch wrote, and puts back those that it
// changed or took out. Every other row is left alone.
func (t *tableBack) correct(ctx context.Context) error {
	columns := quoteAll(t.was.columns)
	sum := func(shape *shape, key []string) (tally, error) {
		return t.tallyOf(ctx, "SELECT "+strings.Join(of("x", columns), ", ")+" FROM "+t.list+" AS c CROSS JOIN "+shape.at()+
			" AS x ON "+sameKey(of("x", key), t.listed()), nil)
	}
	all, err := t.tallyOf(ctx, "SELECT "+strings.Join(columns, ", ")+" FROM "+t.now.at()+" NOT INDEXED", nil)
	if err != nil {
		return err
	}
	goes, err := sum(t.now, t.nowKey)
	if err != nil {
		return err
	}
	comes, err := sum(t.was, t.wasKey)
	if err != nil {
		return err
	}
	all.minus(goes)
	all.plus(comes)
	t.want, t.wanted = all, columns
	keys := strings.Join(t.nowKey, ", ")
	out := "DELETE FROM " + t.now.at() + " WHERE (" + keys + ") IN (SELECT " + strings.Join(of("n", t.nowKey), ", ") + " FROM " +
		t.list + " AS c CROSS JOIN " + t.now.at() + " AS n ON " + sameKey(of("n", t.nowKey), t.listed()) + ")"
	if err := t.Exec(ctx, out); err != nil {
		return err
	}
	return t.putBack(ctx)
}

// putBack inserts the snapshot's rows of the list: at their old rowids where
// these are free, and otherwise at new ones.
func (t *tableBack) putBack(ctx context.Context) error {
	columns := quoteAll(t.was.columns)
	from := " FROM " + t.list + " AS c CROSS JOIN " + t.was.at() + " AS b ON " + sameKey(of("b", t.wasKey), t.listed())
	return t.insertRows(ctx, columns, of("b", columns), "b."+t.was.rowid, from, t.wasKey, of("b", t.wasKey))
}

// insertRows inserts rows with the rowid that they had. A hidden rowid that is
// taken meanwhile is given anew; key and its values find who got none.
func (t *tableBack) insertRows(ctx context.Context, columns, values []string, rowid, from string, key, keyValues []string) error {
	into := "INSERT INTO " + t.target() + " ("
	if t.was.rowid == "" || t.was.alias {
		return t.Exec(ctx, into+strings.Join(columns, ", ")+") SELECT "+strings.Join(values, ", ")+from)
	}
	free := " WHERE "
	if strings.Contains(from, " WHERE ") {
		free = " AND "
	}
	if err := t.Exec(ctx, into+t.was.rowid+", "+strings.Join(columns, ", ")+") SELECT "+rowid+", "+strings.Join(values, ", ")+from+
		free+"NOT EXISTS (SELECT 1 FROM "+t.target()+" AS x WHERE x."+t.was.rowid+" = "+rowid+")"); err != nil {
		return err
	}
	if len(t.change.Key) == 0 {
		return nil
	}
	return t.Exec(ctx, into+strings.Join(columns, ", ")+") SELECT "+strings.Join(values, ", ")+from+
		free+"NOT EXISTS (SELECT 1 FROM "+t.target()+" AS x WHERE "+sameKey(of("x", key), keyValues)+")")
}
