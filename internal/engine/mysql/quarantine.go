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

// quarantine keeps what the taking back is about to replace, as a snapshot of
// its own: a rollback can itself be undone, and rows that it takes out are there.
func (v *revert) quarantine(ctx context.Context) (*kept, error) {
	var tables, spared, writes, begins []string
	parts := map[string][]string{}
	for i := range v.report.Tables {
		t := v.report.Tables[i]
		name := v.nowName(t.Name)
		_, there := v.now.Objects[catalog.Table+" "+name]
		if v.writes(t) || v.replacesValues(t.Name) {
			writes = append(writes, t.Name)
		}
		if v.writes(t) || len(v.puts(t.Name)) > 0 {
			begins = append(begins, t.Name)
		}
		if !there {
			continue
		}
		keeps, err := v.keeps(ctx, &v.report.Tables[i])
		if err != nil {
			return nil, fmt.Errorf("table %s: %w", t.Name, err)
		}
		if !keeps {
			continue
		}
		lost, whole, err := v.destroys(ctx, t.Name)
		switch {
		case err != nil:
			return nil, fmt.Errorf("table %s: %w", t.Name, err)
		case whole:
			tables = append(tables, name)
		case len(lost) == 0:
			spared = append(spared, name)
		default:
			tables, parts[name] = append(tables, name), lost
		}
	}
	slices.Sort(tables)
	tables = slices.Compact(tables)
	copied, err := v.divide(ctx, tables)
	if err != nil {
		return nil, err
	}
	if v.req.Incomplete {
		if err := errors.Join(v.noteRestoring(ctx, begins), v.noteForms(ctx, v.req.Batches[0].ID), v.noteExchanges(ctx)); err != nil || len(tables) == 0 {
			return nil, err
		}
	}
	if len(tables) > 0 {
		v.tellf("keep %s as they are now", migrate.FirstFew(tables))
	}
	if err := v.createStore(ctx); err != nil {
		return nil, err
	}
	k, err := v.take(ctx, migrate.SnapshotRequest{ID: v.req.ID, Tag: v.tag(), Database: v.req.Database},
		before{State: v.now, Touched: writes, Mentioned: slices.Concat(v.counted(), tables, spared), Spared: spared, Partly: parts, Rollback: !v.req.Incomplete, aside: v.req.Incomplete}, copied)
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
