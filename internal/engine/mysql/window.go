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
	for _, o := range f.Objects {
		key := strings.TrimSuffix(o, " changed")
		if was, there := now.Objects[key]; there && was.Kind == catalog.View {
			out = append(out, fmt.Sprintf("taking it back makes %s again at the end: until then, statements of others that name it fail", key))
		}
	}
	return out
}
