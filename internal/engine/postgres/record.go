package postgres

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/revert"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/rows"
)

// recordRows lists, row by row, what the batch did to tables with a primary key
// whose rows it changed, so that a rollback can correct these rows and leave the
// others alone. Where others wrote between two steps of the batch nobody can tell
// their rows from the batch's; such a table has no record.
func (d *DB) recordRows(ctx context.Context, after *catalog.State, changed map[uint32]bool) (map[uint32]revert.Record, error) {
	records := map[uint32]revert.Record{}
	if d.batch.uncounted {
		return records, nil
	}
	for _, oid := range slices.Sorted(maps.Keys(changed)) {
		c, kept := d.batch.kept.Copies[oid]
		key, fits, err := d.keyOf(ctx, oid, after)
		if err != nil {
			return nil, err
		}
		before := d.batch.marks[oid]
		if _, away := d.batch.kept.Dumped[oid]; away || !kept || !fits || before.Unknown || before.CarriedWritten != 0 || before.CarriedGone != 0 {
			continue
		}
		o := after.Object(catalog.Address{Catalog: "pg_class", OID: oid})
		if records[oid], err = rows.RecordChanges(ctx, d.conn, o.Identity, c, key, recordOf(d.batch.id, oid)); err != nil {
			return nil, plain(err)
		}
	}
	return records, nil
}

// keyOf is the primary key of a table, where the table has it with the same
// columns before the batch and after it.
func (d *DB) keyOf(ctx context.Context, oid uint32, after *catalog.State) (key []int16, fits bool, err error) {
	if key, err = rows.PrimaryKey(ctx, d.conn, oid); err != nil {
		return nil, false, plain(err)
	}
	return key, len(key) > 0 && revert.KeyStays(d.batch.before, after, oid), nil
}

// recordOf names the record of a table within a snapshot's schema.
func recordOf(id string, oid uint32) string {
	return relation(copySchema(id), fmt.Sprintf("r%d", oid))
}

// sameRows compares a table with its copy, over the columns of the copy that it
// still has. A column that is gone changes no row: it is put back by itself.
func (d *DB) sameRows(ctx context.Context, is *catalog.Object, c revert.Copy, sum rows.Sum) (bool, error) {
	columns := livingColumns(c, is.Table)
	if len(columns) < len(c.Columns) {
		if _, away := d.batch.kept.Dumped[c.Table]; away {
			return false, nil // what is left cannot be compared here
		}
		var err error
		if sum, err = rows.Kept(ctx, d.conn, revert.Copy{Source: c.Source, Columns: columns}); err != nil {
			return false, plain(err)
		}
	}
	now, err := rows.Live(ctx, d.conn, is.Identity, columns)
	return err == nil && now == sum, plain(err)
}

// livingColumns are the columns of a copy that its table still has, under their
// present names.
func livingColumns(c revert.Copy, t *catalog.Table) []revert.CopyColumn {
	names := map[int16]string{}
	for _, col := range t.Columns {
		names[col.Num] = col.Name
	}
	var living []revert.CopyColumn
	for _, col := range c.Columns {
		if name, ok := names[col.Num]; ok {
			col.Name = name
			living = append(living, col)
		}
	}
	return living
}
