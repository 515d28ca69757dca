package mysql

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/mysql/footprint"
)

// replace makes a table again and fills it while nobody else can look: MariaDB
// keeps the lock of LOCK TABLES on a table that CREATE OR REPLACE makes anew, so
// that others wait, and find all of it. MySQL has no such statement. Where the
// server refuses it, done is false, and the table is as it was or gone.
func (v *revert) replace(ctx context.Context, want catalog.Object, src *source, keys late) (done bool, err error) {
	text, ok := strings.CutPrefix(want.Create, "CREATE TABLE ")
	if !ok || !v.server.maria {
		return false, nil
	}
	stop := false
	err = v.locked(ctx, want.Name, src, keys, func() error {
		if err := v.replaceable(ctx, want.Name); err != nil {
			stop = true // what is there is not all kept, or is not ours to replace
			return err
		}
		err := v.own.exec(ctx, "CREATE OR REPLACE TABLE "+text)
		done = err == nil
		v.gone[want.Name] = done
		return err
	})
	return done || stop, err
}

// windows names what others could miss for a moment while the batch is taken
// back, for plan.
func (d *DB) windows(f *footprint.Footprint, now catalog.State) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(f.Tables)) {
		if t := f.Tables[name]; !d.server.maria && t.Destroys() && !t.Dropped && len(t.Columns) > 0 {
			out = append(out, fmt.Sprintf("taking it back can make table %s again: from its DROP until it is there again, statements of others fail", name))
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
	return append(out, silent(f, now, changed)...)
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

// silent names the triggers that are away while rows of their tables are written, or one
// that fires at the same moment is made again: whatever others write then misses them, and
// nobody is told.
func silent(f *footprint.Footprint, now catalog.State, changed []catalog.Object) []string {
	var out []string
	for _, key := range catalog.Keys(now) {
		o := now.Objects[key]
		if o.Kind != catalog.Trigger {
			continue
		}
		t := f.Tables[o.Table]
		again := slices.ContainsFunc(changed, func(c catalog.Object) bool {
			return c.Kind == catalog.Trigger && c.Table == o.Table && moment(c) == moment(o)
		})
		if t != nil && t.Destroys() && !t.Dropped || again {
			out = append(out, fmt.Sprintf("taking it back can make %s again at the end: until then, rows that others write to table %s do not fire it", key, o.Table))
		}
	}
	return out
}
