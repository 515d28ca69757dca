package sqlite

import (
	"context"
	"maps"
	"slices"

	"github.com/ncruces/go-sqlite3"
)

// lineage follows tables and columns through a batch: which of today's was
// which before it. What it does not hold is what it was, under its own name.
type lineage map[string]*origin

// origin is what a table was before the batch.
type origin struct {
	table   string // "": the batch made it
	columns []inherited
}

// inherited is a column of today with its name before the batch, "" for none.
type inherited struct{ name, was string }

// placed is a table as it stands before a statement that alters it.
type placed struct {
	name     string
	rootpage int64
	columns  []string
}

// allColumns lists every column of a table of main, in order.
func (l *link) allColumns(ctx context.Context, table string) ([]string, error) {
	var out []string
	err := l.each(ctx, `SELECT name FROM pragma_table_xinfo($1, 'main') WHERE hidden <> 1 ORDER BY cid`, func(st *sqlite3.Stmt) error {
		out = append(out, st.ColumnText(0))
		return nil
	}, table)
	return out, explain("read the columns of "+table, err)
}

// place notes where a table stands that is about to be altered; nil for none.
func (l *link) place(ctx context.Context, table string) (*placed, error) {
	if table == "" {
		return nil, nil //nolint:nilnil // nothing is about to be altered
	}
	p := &placed{name: table}
	err := l.each(ctx, `SELECT rootpage FROM main.sqlite_schema WHERE type = 'table' AND name = $1 COLLATE NOCASE`, func(st *sqlite3.Stmt) error {
		p.rootpage = st.ColumnInt64(0)
		return nil
	}, table)
	if err != nil {
		return nil, explain("look for table "+table, err)
	}
	p.columns, err = l.allColumns(ctx, table)
	return p, err
}

// clone is a copy that stays as it is.
func (g lineage) clone() lineage { return maps.Clone(g) }

// missing gives those of the names that no table has yet: CREATE TABLE IF NOT
// EXISTS may find one.
func (l *link) missing(ctx context.Context, names []string) ([]string, error) {
	var out []string
	for _, name := range names {
		found, err := l.text(ctx, `SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = $1 COLLATE NOCASE`, name)
		if err != nil {
			return nil, explain("look for table "+name, err)
		}
		if found == "" {
			out = append(out, name)
		}
	}
	return out, nil
}

// altered follows a table through an ALTER TABLE, which keeps its root page.
func (g lineage) altered(ctx context.Context, l *link, p *placed) error {
	if p == nil || p.rootpage == 0 { // virtual tables are compared as a whole
		return nil
	}
	var name string
	err := l.each(ctx, `SELECT name FROM main.sqlite_schema WHERE type = 'table' AND rootpage = $1`, func(st *sqlite3.Stmt) error {
		name = st.ColumnText(0)
		return nil
	}, p.rootpage)
	if err != nil {
		return explain("look for the altered table", err)
	}
	columns, err := l.allColumns(ctx, name)
	if err != nil {
		return err
	}
	was := g.of(p.name, p.columns)
	o := &origin{table: was.table, columns: follow(was.columns, columns)}
	delete(g, fold(p.name))
	g[fold(name)] = o
	if fold(name) != fold(p.name) {
		g[fold(p.name)] = &origin{} // whoever gets this name is new
	}
	return nil
}

// of gives the origin of a table; one that is not known yet is its own.
func (g lineage) of(table string, columns []string) *origin {
	if o, ok := g[fold(table)]; ok {
		return o
	}
	o := &origin{table: table}
	for _, c := range columns {
		o.columns = append(o.columns, inherited{c, c})
	}
	return o
}

// created notes a table that has no origin.
func (g lineage) created(table string) { g[fold(table)] = &origin{} }

// follow gives the columns after one ALTER TABLE their origins: it renames one,
// takes one out, or adds one at the end.
func follow(was []inherited, now []string) []inherited {
	var out []inherited
	i := 0
	for k, name := range now {
		switch {
		case len(now) < len(was) && i == k && was[i].name != name: // the one that is gone
			i++
		case i >= len(was):
			out = append(out, inherited{name: name})
			continue
		}
		if i < len(was) {
			out = append(out, inherited{name, was[i].was})
			i++
		}
	}
	return out
}

// pair is a table before the batch and what it is after it; "" is none.
type pair struct {
	before, after string
	columns       [][2]string // those that are in both
}

// pairs matches the tables before with those after. A table that was made anew
// under its old name, as SQLite's documentation has it for a change that ALTER
// TABLE cannot make, is the same table; its columns go by their names.
func (g lineage) pairs(before, after map[string][]string) []pair {
	var out []pair
	taken := map[string]bool{}
	for _, name := range sortedKeys(after) {
		o := g.of(name, after[name])
		was, ok := findFold(before, o.table)
		if o.table == "" || !ok {
			continue
		}
		p := pair{before: was, after: name}
		for _, c := range o.columns {
			if hasFold(before[was], c.was) && hasFold(after[name], c.name) {
				p.columns = append(p.columns, [2]string{c.was, c.name})
			}
		}
		taken[fold(was)] = true
		out = append(out, p)
	}
	for _, name := range sortedKeys(after) {
		if slices.ContainsFunc(out, func(p pair) bool { return p.after == name }) {
			continue
		}
		was, ok := findFold(before, name)
		if !ok || taken[fold(was)] {
			out = append(out, pair{after: name})
			continue
		}
		p := pair{before: was, after: name}
		for _, c := range after[name] {
			if i := slices.IndexFunc(before[was], func(b string) bool { return fold(b) == fold(c) }); i >= 0 {
				p.columns = append(p.columns, [2]string{before[was][i], c})
			}
		}
		taken[fold(was)] = true
		out = append(out, p)
	}
	for _, name := range sortedKeys(before) {
		if !taken[fold(name)] {
			out = append(out, pair{before: name})
		}
	}
	return out
}
