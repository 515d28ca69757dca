package sqlite

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/safemigrate/safemigrate/internal/sqltext"
	"github.com/safemigrate/safemigrate/migrate"
)

// rehearsal is a batch that runs on a copy of the file. What it does there is
// its footprint: triggers, foreign keys and whatever else acts are part of it.
type rehearsal struct {
	*DB
	before layout
	was    schema
	rows   map[string]*rowChanges // by the table's name before the batch
	files  map[string][]string    // that touch a table, by its name before
}

// rowChanges is what happened to the rows of one table.
type rowChanges struct {
	inserted, updated, deleted bool
	columns                    map[string]bool // of which values changed, by their names before
}

// rehearsed is the outcome of a rehearsal.
type rehearsed struct {
	footprint *migrate.Footprint
	fails     string // the error that the batch meets, with its place
	took      time.Duration
}

// rehearse runs a batch on a copy. The live file is only read.
func (d *DB) rehearse(ctx context.Context, scripts []migrate.Script, history string) (out rehearsed, err error) {
	started := time.Now()
	copied, end, err := d.scratch(ctx)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, end()) }()
	r := &rehearsal{DB: &DB{link: *copied, path: d.path, given: d.given, home: d.home, settings: d.settings},
		rows: map[string]*rowChanges{}, files: map[string][]string{}}
	if err := r.resetSession(ctx); err != nil {
		return out, err
	}
	if r.before, err = r.layout(ctx, "main", history); err != nil {
		return out, err
	}
	if r.was, err = r.readSchema(ctx, history); err != nil {
		return out, err
	}
	r.batch = &batch{history: history, virtual: map[string]bool{}, touched: map[string]bool{}, lineage: lineage{}}
	steps, err := migrate.Steps(scripts, migrate.Cuts{})
	if err != nil {
		return out, fmt.Errorf("rehearse: %w", err)
	}
	for _, s := range steps {
		if err := r.step(ctx, s, scripts); err != nil {
			if guard, ok := errors.AsType[*migrate.GuardError](err); ok {
				return out, guard
			}
			if ctx.Err() != nil {
				return out, ctx.Err()
			}
			out.fails, out.took = err.Error(), time.Since(started)
			return out, nil
		}
	}
	out.footprint, err = r.footprint(ctx, d, history)
	out.took = time.Since(started)
	return out, err
}

// step runs what is committed at once.
func (r *rehearsal) step(ctx context.Context, s migrate.Step, scripts []migrate.Script) error {
	if s.ForeignKeysOff {
		if err := r.foreignKeys(ctx, "0"); err != nil {
			return err
		}
		r.keysOff = true
	}
	if s.Transaction {
		if err := r.Exec(ctx, "BEGIN IMMEDIATE"); err != nil {
			return explain("begin", err)
		}
	}
	for _, seg := range s.Segments {
		m := scripts[seg.Migration].Migration
		for _, st := range seg.Statements {
			if err := r.statement(ctx, m, st); err != nil {
				return err
			}
		}
		if seg.Last {
			if err := r.EndFile(ctx); err != nil {
				return fmt.Errorf("%s: at the end of the file: %w", m.File, err)
			}
		}
	}
	if s.Transaction {
		if err := r.Exec(ctx, "COMMIT"); err != nil {
			return fmt.Errorf("commit: %w", err)
		}
	}
	return r.keysBack(ctx)
}

// statement runs one statement, and notes by SQLite's own hook which rows of
// which tables it changed: also those that a trigger or a foreign key changed.
func (r *rehearsal) statement(ctx context.Context, m migrate.Migration, st sqltext.Statement) error {
	seen := map[string]*rawChanges{}
	r.c.PreUpdateHook(func(p sqlite3.PreUpdateData) {
		if p.Schema == "main" {
			note(seen, &p)
		}
	})
	origins := r.batch.lineage.clone()
	r.batch.latest = nil
	err := r.Run(ctx, st)
	r.c.PreUpdateHook(nil)
	if err != nil {
		if errors.As(err, new(*migrate.GuardError)) {
			return err
		}
		line, column := st.Line, st.Column
		if at, ok := errors.AsType[*migrate.StatementError](err); ok && at.Char > 0 {
			line, column = st.Position(at.Char)
		}
		return fmt.Errorf("%s:%d:%d: %w (in: %s)", m.File, line, column, err, st.Excerpt())
	}
	for table, c := range seen {
		if err := r.attribute(ctx, origins, table, c, m.File); err != nil {
			return err
		}
	}
	for _, table := range r.batch.latest {
		r.file(origins.of(table, nil).table, m.File)
	}
	return nil
}

// rawChanges is what a statement did to a table, by the numbers of its columns.
type rawChanges struct {
	rowChanges
	numbers map[int]bool
}

func note(seen map[string]*rawChanges, p *sqlite3.PreUpdateData) {
	c := seen[p.Table]
	if c == nil {
		c = &rawChanges{numbers: map[int]bool{}}
		seen[p.Table] = c
	}
	switch p.Op {
	case sqlite3.AUTH_INSERT:
		c.inserted = true
	case sqlite3.AUTH_DELETE:
		c.deleted = true
	case sqlite3.AUTH_UPDATE:
		c.updated = true
		for i := range p.Count() {
			if !c.numbers[i] && differs(p, i) {
				c.numbers[i] = true
			}
		}
	default:
	}
}

// differs compares a value before and after; one that cannot be read counts.
func differs(p *sqlite3.PreUpdateData, i int) bool {
	was, wasErr := p.Old(i)
	var a, b rowHasher
	if wasErr != nil {
		return true
	}
	before, _ := a.values([]sqlite3.Value{was})
	is, isErr := p.New(i)
	if isErr != nil {
		return true
	}
	after, _ := b.values([]sqlite3.Value{is})
	return before != after
}

// attribute adds a statement's changes to the table's, as it was called before
// the batch. What happens to columns that the batch added is no loss.
func (r *rehearsal) attribute(ctx context.Context, origins lineage, table string, c *rawChanges, file string) error {
	columns, err := r.allColumns(ctx, table)
	if err != nil {
		return err
	}
	o := origins.of(table, columns)
	if o.table == "" {
		return nil
	}
	was := r.changesOf(o.table)
	was.inserted = was.inserted || c.inserted
	was.deleted = was.deleted || c.deleted
	for i := range c.numbers {
		if i < len(o.columns) && o.columns[i].was != "" {
			was.updated, was.columns[o.columns[i].was] = true, true
		}
	}
	r.file(o.table, file)
	return nil
}

func (r *rehearsal) changesOf(table string) *rowChanges {
	c := r.rows[fold(table)]
	if c == nil {
		c = &rowChanges{columns: map[string]bool{}}
		r.rows[fold(table)] = c
	}
	return c
}

func (r *rehearsal) file(table, file string) {
	if key := fold(table); table != "" && !slices.Contains(r.files[key], file) {
		r.files[key] = append(r.files[key], file)
	}
}

// footprint tells what happened, by what there is now. live is the file that
// was copied: for a table that was made anew its rows are compared with it.
func (r *rehearsal) footprint(ctx context.Context, live *DB, history string) (*migrate.Footprint, error) {
	now, err := r.layout(ctx, "main", history)
	if err != nil {
		return nil, err
	}
	f := &migrate.Footprint{Tables: []migrate.TableFootprint{}}
	for _, p := range r.batch.lineage.pairs(r.before.tables, now.tables) {
		if p.before == "" {
			f.Objects = append(f.Objects, "table "+p.after+" created")
			continue
		}
		t, err := r.table(ctx, live, p, now)
		if err != nil {
			return nil, err
		}
		if t.Rows != migrate.Untouched || len(t.Columns) > 0 {
			f.Tables = append(f.Tables, t)
		}
	}
	r.virtualFootprint(f, now)
	slices.SortFunc(f.Tables, func(a, b migrate.TableFootprint) int { return strings.Compare(a.Name, b.Name) })
	is, err := r.readSchema(ctx, history)
	if err != nil {
		return nil, err
	}
	for _, line := range r.was.difference(is, "created", "dropped", "changed") {
		if !strings.HasPrefix(line, "table ") {
			f.Objects = append(f.Objects, line)
		}
	}
	slices.Sort(f.Objects)
	return f, nil
}

// table gives one table its verdicts.
func (r *rehearsal) table(ctx context.Context, live *DB, p pair, now layout) (migrate.TableFootprint, error) {
	t := migrate.TableFootprint{Name: p.before, Rows: migrate.Untouched, Files: r.files[fold(p.before)]}
	if t.Files == nil {
		t.Files = []string{}
	}
	if p.after == "" {
		t.Rows = migrate.DroppedAway
		return t, nil
	}
	c := r.changesOf(p.before)
	anew := r.batch.lineage.of(p.after, nil).table == ""
	switch {
	case anew:
		same, err := sameValues(ctx, live, &r.link, p)
		if err != nil {
			return t, err
		}
		t.Rows = migrate.LosesRows
		if same {
			t.Rows = migrate.Rewritten
		}
	case c.updated || c.deleted:
		t.Rows = migrate.LosesRows
	case p.before != p.after:
		t.Rows = migrate.Renamed
	case c.inserted:
		t.Rows = migrate.AddedTo
	}
	for _, column := range r.before.tables[p.before] {
		v := migrate.Untouched
		i := slices.IndexFunc(p.columns, func(x [2]string) bool { return fold(x[0]) == fold(column) })
		switch {
		case i < 0:
			v = migrate.DroppedAway
		case c.columns[column]:
			v = migrate.LosesRows
		case p.columns[i][1] != column:
			v = migrate.Renamed
		}
		if v != migrate.Untouched {
			t.Columns = append(t.Columns, migrate.ColumnFootprint{Name: column, Verdict: v})
		}
		if v == migrate.DroppedAway && (t.Rows == migrate.Untouched || t.Rows == migrate.AddedTo || t.Rows == migrate.Renamed || t.Rows == migrate.Rewritten) {
			t.Rows = migrate.LosesColumns
		}
	}
	for _, column := range now.tables[p.after] {
		if !slices.ContainsFunc(p.columns, func(x [2]string) bool { return fold(x[1]) == fold(column) }) {
			t.Columns = append(t.Columns, migrate.ColumnFootprint{Name: column, Verdict: migrate.AddedTo})
		}
	}
	if t.Rows == migrate.Untouched && len(t.Columns) > 0 {
		t.Rows = migrate.AddedTo
		if !slices.ContainsFunc(t.Columns, func(x migrate.ColumnFootprint) bool { return x.Verdict == migrate.AddedTo }) {
			t.Rows = migrate.Renamed
		}
	}
	return t, nil
}

// sameValues compares the columns that are in both forms of a table.
func sameValues(ctx context.Context, live *DB, copied *link, p pair) (bool, error) {
	sum := func(l *link, table string, columns []string) (tally, error) {
		if len(columns) == 0 {
			columns = []string{"NULL"}
		}
		t, err := l.tallyOf(ctx, "SELECT "+strings.Join(columns, ", ")+" FROM main."+sqlite3.QuoteIdentifier(table)+" NOT INDEXED", nil)
		return t, explain("read table "+table, err)
	}
	was, err := sum(&live.link, p.before, quoteAll(side(p.columns, 0)))
	if err != nil {
		return false, err
	}
	is, err := sum(copied, p.after, quoteAll(side(p.columns, 1)))
	return was == is, err
}

// virtualFootprint adds the virtual tables, each with what it keeps its rows in.
func (r *rehearsal) virtualFootprint(f *migrate.Footprint, now layout) {
	for name := range now.virtual {
		if _, ok := findFold(r.before.virtual, name); !ok {
			f.Objects = append(f.Objects, "table "+name+" created")
		}
	}
	for _, name := range sortedKeys(r.before.virtual) {
		t := migrate.TableFootprint{Name: name, Rows: migrate.Untouched, Files: append([]string{}, r.files[fold(name)]...)}
		if _, ok := findFold(now.virtual, name); !ok {
			t.Rows = migrate.DroppedAway
		}
		for _, shadow := range r.before.virtual[name] {
			c, ok := r.rows[fold(shadow)]
			if !ok || t.Rows == migrate.DroppedAway || !c.inserted && !c.updated && !c.deleted {
				continue
			}
			t.Rows = migrate.LosesRows
			for _, file := range r.files[fold(shadow)] {
				if !slices.Contains(t.Files, file) {
					t.Files = append(t.Files, file)
				}
			}
		}
		if t.Rows != migrate.Untouched {
			f.Tables = append(f.Tables, t)
		}
	}
}
