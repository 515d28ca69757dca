package mysql

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
	"github.com/safemigrate/safemigrate/migrate"
)

// partRestoring lists the tables that a restore writes, so that the next one
// does not take what this one left half-way for the application's rows.
const partRestoring = "restoring"

// setAside tells what is kept of which tables, by the names that they have now.
func (v *revert) setAside(ctx context.Context) (what before, tables []string, err error) {
	what = before{State: v.now, Partly: map[string][]string{}, Moved: map[string]string{}, Columns: map[string]map[string]string{}, Rollback: !v.req.Incomplete, aside: v.req.Incomplete}
	for i := range v.report.Tables {
		t := &v.report.Tables[i]
		if v.writes(*t) || v.replacesValues(t.Name) {
			what.Touched = append(what.Touched, t.Name)
		}
		if _, there := v.now.Objects[catalog.Table+" "+v.nowName(t.Name)]; !there {
			continue
		}
		keeps, err := v.keeps(ctx, t)
		if err == nil && keeps {
			tables, err = v.keptOf(ctx, &what, t.Name, tables)
		}
		if err != nil {
			return what, nil, fmt.Errorf("table %s: %w", t.Name, err)
		}
	}
	slices.Sort(tables)
	tables = slices.Compact(tables)
	what.Mentioned = slices.Concat(v.counted(), tables, what.Spared)
	return what, tables, nil
}

// keptOf notes what is kept of one table, and adds it to those that are copied.
func (v *revert) keptOf(ctx context.Context, what *before, table string, tables []string) ([]string, error) {
	name := v.nowName(table)
	lost, whole, err := v.destroys(ctx, table)
	switch {
	case err != nil:
		return nil, err
	case whole:
		if v.renames[table] { // its rows are told by what is in its columns
			what.Touched = append(what.Touched, table)
		}
	case len(lost) == 0:
		if what.Spared = append(what.Spared, name); name != table {
			what.Moved[name] = table
		}
		if names := v.namesThere(table); len(names) > 0 {
			what.Columns[name] = names
		}
		return tables, nil
	default:
		what.Partly[name] = lost
	}
	return append(tables, name), nil
}

// begun lists the tables that a restore begins to write.
func (v *revert) begun() (tables []string) {
	for _, t := range v.report.Tables {
		if v.writes(t) || len(v.puts(t.Name)) > 0 {
			tables = append(tables, t.Name)
		}
	}
	return tables
}

// quarantine keeps what the taking back is about to replace, as a snapshot of
// its own: a rollback can itself be undone, and rows that it takes out are there.
func (v *revert) quarantine(ctx context.Context) (*kept, error) {
	what, tables, err := v.setAside(ctx)
	if err != nil {
		return nil, err
	}
	copied, err := v.divide(ctx, tables)
	if err != nil {
		return nil, err
	}
	if v.req.Incomplete {
		if err := errors.Join(v.noteRestoring(ctx, v.begun()), v.noteForms(ctx, v.req.Batches[0].ID), v.noteExchanges(ctx)); err != nil || len(tables) == 0 {
			return nil, err
		}
	}
	if len(tables) > 0 {
		v.tellf("keep %s as they are now", migrate.FirstFew(tables))
	}
	if err := v.createStore(ctx); err != nil {
		return nil, err
	}
	k, err := v.take(ctx, migrate.SnapshotRequest{ID: v.req.ID, Tag: v.tag(), Database: v.req.Database}, what, copied)
	if err != nil {
		return nil, err
	}
	v.report.Quarantine = v.req.ID
	for i := range v.report.Tables {
		t := &v.report.Tables[i]
		if c, ok := copyOf(k.manifest, v.nowName(t.Name)); ok && (v.req.Incomplete || v.writes(*t) || v.sheds(t.Name) || t.Written > 0) {
			t.Kept, t.Place = c.Rows, quote(c.At)
		}
	}
	if !v.req.Incomplete {
		err = v.noteForms(ctx, v.req.ID)
	}
	return k, err
}

// writes reports whether rows of a table come or go.
func (v *revert) writes(t migrate.TableReport) bool {
	way := t.Way
	if src := v.source[t.Name]; src != nil { // by all batches, of which the report names the last way
		way = src.way
	}
	return way != wayInPlace && way != wayPutBack && way != wayRenamed || len(v.unfits[t.Name]) > 0
}

// counted are the tables whose counters go back, besides those that are kept.
func (v *revert) counted() (tables []string) {
	for name, n := range v.want.Counters {
		if n != v.now.Counters[name] {
			tables = append(tables, name)
		}
	}
	return tables
}

// tag is the version that the database stands at.
func (v *revert) tag() string { return v.req.Batches[0].Target }

// nowName is what a table is called before the taking back.
func (v *revert) nowName(name string) string {
	for _, m := range v.moves {
		if m[1] == name {
			return m[0]
		}
	}
	return name
}

// noteRestoring adds to the tables that restores of this batch have written.
func (v *revert) noteRestoring(ctx context.Context, tables []string) error {
	id := v.req.Batches[0].ID
	all, err := v.restoring(ctx, id)
	if err != nil {
		return err
	}
	all = append(all, tables...)
	slices.Sort(all)
	_, err = v.putPart(ctx, v.own, id, partRestoring, slices.Compact(all))
	return err
}

// restoring lists the tables that an interrupted restore may have left half-way.
func (d *DB) restoring(ctx context.Context, id string) ([]string, error) {
	n, err := d.ledger.number(ctx, "SELECT count(*) FROM safemigrate_part WHERE batch = $1 AND name = $2", id, partRestoring)
	if err != nil || n == 0 {
		return nil, err
	}
	var tables []string
	err = d.part(ctx, id, partRestoring, "", &tables)
	return tables, err
}
