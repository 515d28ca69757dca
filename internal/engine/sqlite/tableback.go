package sqlite

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"github.com/safemigrate/safemigrate/migrate"
)

// The ways of a table back, in the words of the report.
const (
	wayInPlace = "in place"
	wayRefill  = "refilled"
	wayRebuild = "rebuilt"
	wayReturn  = "brought back"
	wayDrop    = "dropped"
	wayWhole   = "whole file"
)

// tableBack is one table on its way back.
type tableBack struct {
	*stage
	change *change
	way    string
	same   bool   // its form is what it was: only rows have to be corrected
	live   string // what it is called at the moment
	list   string // the table of its changed rows
	// was and now are its forms in the snapshot and in main; nowKey and wasKey
	// what its rows are told apart by, both empty where nothing serves.
	was, now       *shape
	wasKey, nowKey []string
	quiet          bool // nobody wrote to it since
	want           tally
	wanted         []string // the columns that want is the sum of; none: all of the snapshot
}

// look reads how a table goes back, and counts the rows that others wrote and
// that would go.
func (s *stage) look(ctx context.Context, c *change) (err error) {
	s.touch(c.Before)
	s.touch(c.After)
	t := &tableBack{stage: s, change: c, live: c.After, list: fmt.Sprintf("temp.%slist%d", ours, len(s.tables))}
	s.tables = append(s.tables, t)
	if c.Virtual {
		return t.lookVirtual(ctx)
	}
	t.quiet = true
	if c.After != "" {
		now, err := s.scan(ctx, c.After, nil)
		if err != nil {
			return err
		}
		was, _ := s.state.Tables.find(c.After)
		t.quiet = now.Rows == was.Rows && now.sum() == was.Sum
	}
	switch {
	case c.Before == "":
		t.way = wayDrop
		return t.countAll(ctx)
	case c.After == "":
		t.way = wayReturn
		s.rebuilt[fold(c.Before)] = true
		t.report(loss{})
		t.was, err = s.shapeOf(ctx, s.file, c.Before)
		return err
	}
	return t.lookRows(ctx)
}

func (n *narrow) touch(table string) {
	if table != "" {
		n.touched[fold(table)] = true
	}
}

// countAll is for a table whose later rows all go: it is dropped or refilled.
func (t *tableBack) countAll(ctx context.Context) error {
	var l loss
	if !t.quiet {
		var err error
		if l, err = t.tableSince(ctx, t.state, t.dir, t.change.After); err != nil {
			return err
		}
	}
	t.report(l)
	return nil
}

// report adds what this batch's taking back means for a table to the report.
func (t *tableBack) report(l loss) {
	name := t.change.After
	if name == "" || t.way == wayRebuild && t.change.Before != "" {
		name = t.change.Before
	}
	r, ok := t.losses[name]
	if !ok {
		r = migrate.TableReport{Name: name}
	}
	sum := loss{r.Written, r.Gone}.plus(l)
	r.Way, r.Written, r.Gone = t.way, sum.Written, sum.Gone
	t.losses[name] = r
}

// lookRows is for a table that is there before and after the batch.
func (t *tableBack) lookRows(ctx context.Context) (err error) {
	if t.was, err = t.shapeOf(ctx, t.file, t.change.Before); err != nil {
		return err
	}
	if t.now, err = t.shapeOf(ctx, "main", t.change.After); err != nil {
		return err
	}
	key := "table " + t.change.Before
	t.same = t.change.Before == t.change.After && t.stage.was[key] == t.state.Schema[key]
	t.way = wayRebuild
	if t.same {
		t.way = wayInPlace
	} else {
		t.rebuilt[fold(t.change.Before)] = true
	}
	if t.change.Part == "" || t.refill[t.id()] {
		t.way = wayRefill
		return t.countAll(ctx)
	}
	if t.wasKey, err = t.was.keyColumns(side(t.change.Key, 0)); err != nil {
		return err
	}
	if t.nowKey, err = t.now.keyColumns(side(t.change.Key, 1)); err != nil {
		return err
	}
	if err := t.loadList(ctx); err != nil {
		return err
	}
	return t.countOverlap(ctx)
}

// loadList reads the keys of the rows that the batch changed into a table of
// this connection.
func (t *tableBack) loadList(ctx context.Context) (err error) {
	var columns, keys []string
	for i := range t.nowKey {
		d, err := t.declaration(t.now, side(t.change.Key, 1), i)
		if err != nil {
			return err
		}
		columns = append(columns, fmt.Sprintf("k%d %s", i, d))
		keys = append(keys, fmt.Sprintf("k%d", i))
	}
	name := strings.TrimPrefix(t.list, "temp.")
	if err := t.execAll(ctx, []string{
		"CREATE TEMP TABLE " + name + " (" + strings.Join(columns, ", ") + ", h)",
		"CREATE INDEX temp." + name + "_k ON " + name + " (" + strings.Join(keys, ", ") + ")",
	}); err != nil {
		return err
	}
	path := filepath.Join(t.dir, filepath.Base(t.state.Changes.File))
	sum, _, err := sumFile(ctx, path, nil)
	if err != nil || sum != t.state.Changes.Sum {
		return &inexact{"the record of what batch " + t.manifest.ID + " changed is damaged"}
	}
	src, err := connect(ctx, path, frozen)
	if err != nil {
		return err
	}
	defer func() {
		if end := src.close(); err == nil {
			err = end
		}
	}()
	return copyRows(ctx, src, "SELECT * FROM "+t.change.Part, t.link, t.list, len(t.nowKey)+1)
}

// id names the table on its way back from its batch.
func (t *tableBack) id() string { return t.manifest.ID + " " + fold(t.change.Before) }

// listed are the key columns of the list.
func (t *tableBack) listed() []string {
	out := make([]string, len(t.nowKey))
	for i := range out {
		out[i] = fmt.Sprintf("c.k%d", i)
	}
	return out
}

// countOverlap counts the rows that both the batch and somebody since changed.
// Where only the rowid tells rows apart, which VACUUM gives anew, a single one
// of them makes the rest doubtful: then the table is refilled.
func (t *tableBack) countOverlap(ctx context.Context) error {
	if t.quiet {
		t.report(loss{})
		return nil
	}
	var l loss
	hash := rowHash(of("n", quoteAll(side(t.change.Columns, 1))))
	err := t.each(ctx, `SELECT count(nh), count(h) FROM (SELECT c.h AS h, (SELECT `+hash+` FROM `+t.now.at()+` AS n WHERE `+
		sameKey(of("n", t.nowKey), t.listed())+`) AS nh FROM `+t.list+` AS c) WHERE nh IS NOT h`, func(st *sqlite3.Stmt) error {
		l = loss{Written: st.ColumnInt64(0), Gone: st.ColumnInt64(1)}
		return nil
	})
	if err != nil {
		return explain("compare table "+t.change.After, err)
	}
	if l != (loss{}) && len(t.change.Key) == 0 {
		t.way = wayRefill
		return t.countAll(ctx)
	}
	t.report(l)
	return nil
}

// lookVirtual is for a virtual table with all that it keeps its rows in.
func (t *tableBack) lookVirtual(ctx context.Context) error {
	now, err := t.layout(ctx, "main", t.history)
	if err != nil {
		return err
	}
	was, err := t.layout(ctx, t.file, t.history)
	if err != nil {
		return err
	}
	t.touchAll(now.virtual[t.change.After])
	t.touchAll(was.virtual[t.change.Before])
	for _, shadow := range now.virtual[t.change.After] {
		is, err := t.scan(ctx, shadow, nil)
		if err != nil {
			return err
		}
		if left, ok := t.state.Tables.find(shadow); !ok || left.Rows != is.Rows || left.Sum != is.sum() {
			return &inexact{"rows were written since to the virtual table " + t.change.After}
		}
	}
	switch {
	case t.change.Before == "":
		t.way = wayDrop
	case t.change.After == "":
		t.way = wayReturn
	default:
		t.way = wayRefill
	}
	t.report(loss{})
	return nil
}

func (n *narrow) touchAll(tables []string) {
	for _, table := range tables {
		n.touch(table)
	}
}
