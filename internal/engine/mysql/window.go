package mysql

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/mysql/footprint"
)

// replace makes a table again and fills it while nobody else can look: MariaDB
// keeps the lock of LOCK TABLES on a table that CREATE OR REPLACE makes anew, so
// that others wait, and find all of it, but takes another one that it has on it
// for it (readsItself). Nor does it lock the tables of other databases that refer to one
// which gets another engine or other partitions again. MySQL has no such statement. Where the
// server refuses it, done is false, and the table is as it was or gone.
func (v *revert) replace(ctx context.Context, want, is catalog.Object, src *source, keys late) (done bool, err error) {
	text, ok := strings.CutPrefix(want.Create, "CREATE TABLE ")
	_, ended := catalog.Ended(want.Create)
	if !ok || !v.server.maria || v.readsItself(want.Name) || !storedAlike(is, want) || ended {
		return false, nil
	}
	stop := false
	err = v.locked(ctx, want.Name, src, keys, nil, func() error {
		if err := v.replaceable(ctx, want.Name); err != nil {
			stop = true // what is there is not all kept, or is not ours to replace
			return err
		}
		err := v.own.exec(ctx, "CREATE OR REPLACE TABLE "+text)
		done = err == nil
		v.gone[want.Name] = done
		if err == nil {
			err = v.own.execAll(ctx, v.bare(want.Name, want.Create)...)
		}
		return err
	})
	return done || stop, err
}

// refit empties a table, gives it its definition and fills it, all under one lock, where
// ALTER TABLE can do that: on a table without rows it was proved to, to the last byte. Where
// it does not here, done is false, and the table is as it was or lacks its rows.
func (v *revert) refit(ctx context.Context, want, is catalog.Object, src *source, keys late) (done bool, err error) {
	if is.Engine != want.Engine || !empties(is, src.of) {
		return false, nil
	}
	a, exact, err := v.redefinition(ctx, is, want, true, nil)
	if err != nil || !exact {
		return err != nil, err
	}
	relatives, err := v.relatives(ctx, want.Name, catalog.ForeignKeys(want.Create))
	if err != nil {
		return true, err
	}
	began, emptied := false, false
	err = v.locked(ctx, want.Name, src, keys, relatives, v.following(ctx, want.Name, func() error {
		began = true
		if err := v.own.exec(ctx, "TRUNCATE TABLE "+quote(want.Name)); err != nil {
			return err
		}
		emptied = true
		for _, clauses := range a.Statements(catalog.Bare(want.Create, v.server.maria)) {
			if err := v.own.exec(ctx, alter(want.Name, clauses)); err != nil {
				return err
			}
		}
		now, err := v.own.definition(ctx, want.Name)
		done = now == want.Create
		if err == nil && !done {
			err = errors.New("its definition is another one")
		}
		return err
	}))
	if !began && isCode(err, codeNoTable) {
		return false, nil // an earlier try dropped it, and could not make it yet
	}
	v.gone[want.Name] = v.gone[want.Name] || emptied
	return done || !began, err // what is not all kept, or is not ours to empty, is to be replaced neither
}

// windows names what others could miss for a moment while the batch is taken
// back, for plan.
func (d *DB) windows(f *footprint.Footprint, now catalog.State) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(f.Tables)) {
		if t := f.Tables[name]; !d.server.maria && t.Destroys() && !t.Dropped && len(t.Columns) > 0 {
			out = append(out, fmt.Sprintf("taking it back makes table %s again, unless ALTER TABLE gives it its definition back: from its DROP until it is there again, statements of others fail", name))
		}
	}
	changed := d.changedObjects(f, now)
	for _, o := range changed {
		switch o.Kind {
		case catalog.Trigger:
		case catalog.Event:
			out = append(out, fmt.Sprintf("taking it back makes %s again at the end: until then, it does not run", o.Key()))
		default:
			out = append(out, fmt.Sprintf("taking it back makes %s again at the end: until then, statements of others that name it fail", o.Key()))
		}
	}
	return append(out, d.silent(f, now, changed)...)
}

// changedObjects are those without rows that the batch's text changes and that are there
// before it. What it only drops is away already when the taking back begins.
func (d *DB) changedObjects(f *footprint.Footprint, now catalog.State) []catalog.Object {
	var out []catalog.Object
	for _, key := range catalog.Keys(now) {
		o := now.Objects[key]
		if slices.Contains(unstored, o.Kind) && slices.ContainsFunc(f.Objects, func(text string) bool {
			return strings.EqualFold(strings.TrimSuffix(text, " changed"), key)
		}) {
			out = append(out, o)
		}
	}
	return out
}

// silent names the triggers that others can miss without being told: those that cannot go
// and come under their table's lock.
func (d *DB) silent(f *footprint.Footprint, now catalog.State, changed []catalog.Object) []string {
	var out []string
	for _, key := range catalog.Keys(now) {
		o := now.Objects[key]
		if o.Kind != catalog.Trigger {
			continue
		}
		t := f.Tables[o.Table]
		written := t != nil && t.Destroys() && !t.Dropped
		again := slices.ContainsFunc(changed, func(c catalog.Object) bool {
			return c.Kind == catalog.Trigger && c.Table == o.Table && moment(c) == moment(o)
		})
		switch {
		case !written && !again:
		case t != nil && t.Renamed || d.otherDefaultIn(now, o.Settings.Database):
			out = append(out, fmt.Sprintf("taking it back can make %s again at the end: until then, rows that others write to table %s do not fire it", key, o.Table))
		case !d.renamesLocked() && written && alone(o.Table, now):
			out = append(out, fmt.Sprintf("where the batch fails, table %s can change places with its copy: in the moment in which it does, rows that others write to it do not fire %s", o.Table, key))
		}
	}
	return out
}

// alone reports whether no foreign key of this database ties a table to others.
func alone(table string, now catalog.State) bool {
	for _, o := range now.Objects {
		if o.Kind != catalog.Table {
			continue
		}
		parents := catalog.ForeignKeys(o.Create)
		if o.Name == table && len(parents) > 0 || slices.Contains(parents, table) {
			return false
		}
	}
	return true
}
