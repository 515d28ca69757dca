package mysql

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
	"github.com/safemigrate/safemigrate/migrate"
)

// Of a table that only gets something more no row is kept: what came goes again. A server can
// change something else along with it, such as an option that an engine loses in every ALTER
// TABLE. So it is rehearsed, as far as the text tells what is done to the table, and a table
// whose definition does not come back is copied after all.

// noteAdditions notes what a batch does to tables that it only adds to.
func (d *DB) noteAdditions(s catalog.State, b *before, names []string, scripts []migrate.Script) {
	b.additions = map[string]*rehearsal{}
	for _, name := range names {
		o := s.Objects[catalog.Table+" "+name]
		if len(catalog.Drawing(o.Create)) > 0 {
			continue // the twin has a row, for which it would draw from the sequence
		}
		if r, known := d.rehearse(s, o, scripts); known && r.as == "" && len(r.steps) > 0 {
			b.additions[name] = r
		}
	}
}

// proveAdditions endangers tables of which an addition leaves a definition from which ALTER
// TABLE does not lead back. A statement that the twin refuses proves nothing.
func (d *DB) proveAdditions(ctx context.Context, s catalog.State, b *before) error {
	for _, name := range slices.Sorted(maps.Keys(b.additions)) {
		left, err := d.takesAway(ctx, s.Objects[catalog.Table+" "+name], b.additions[name])
		if err != nil {
			return fmt.Errorf("prove that what is added to %s can be taken away: %w", name, err)
		}
		if !left {
			b.Endangered, b.unproved = append(b.Endangered, name), append(b.unproved, name)
		}
	}
	return nil
}

// takesAway reports whether each definition that additions leave leads back.
func (d *DB) takesAway(ctx context.Context, o catalog.Object, r *rehearsal) (bool, error) {
	defer d.dropTwin(ctx)
	was := d.asTwin(o.Create)
	for n := range r.steps {
		is, ok, err := d.rehearsed(ctx, was, r.steps[:n+1])
		if err != nil || !ok {
			return true, err
		}
		if back, err := d.leadsBack(ctx, is, was, r.steps[:n+1], r.columns); err != nil || !back {
			return false, err
		}
	}
	return true, nil
}
