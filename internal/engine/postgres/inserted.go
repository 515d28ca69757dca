package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/revert"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/rows"
	"github.com/safemigrate/safemigrate/migrate"
)

// recordWritten lists, row by row, what the batch did: with the last step to
// tables whose rows it changed, and with every step to those where rows only
// came, of which nothing else is kept.
func (d *DB) recordWritten(ctx context.Context, after *catalog.State, changed map[uint32]bool, final bool) error {
	records := map[uint32]revert.Record{}
	var err error
	if final {
		if records, err = d.recordRows(ctx, after, changed); err != nil {
			return err
		}
	}
	d.batch.records = records
	for _, c := range d.batch.scope.choices {
		o := after.Object(catalog.Address{Catalog: "pg_class", OID: c.oid})
		_, copied := d.batch.kept.Copies[c.oid]
		if !c.record || copied || o == nil || !d.batch.suspect[c.oid] {
			continue
		}
		if records[c.oid], err = d.recordInserted(ctx, o, c); err != nil {
			return err
		}
		changed[c.oid] = true // by what is recorded, and nothing else
	}
	return nil
}

// recordInserted lists the rows of a table that the batch has inserted so far,
// by the transactions that wrote them: also when somebody updates one later, it
// can be told by its key.
func (d *DB) recordInserted(ctx context.Context, o *catalog.Object, c choice) (revert.Record, error) {
	mark, err := rows.Now(ctx, d.conn, o.Identity)
	if err != nil {
		return revert.Record{}, plain(err)
	}
	before := d.batch.marks[c.oid]
	if mark.Unknown || before.Unknown {
		return revert.Record{}, &migrate.WidenError{Tables: []migrate.WidenedTable{{Name: d.nameBefore(c.oid), Why: "its rows come from too many transactions to list"}}}
	}
	if err := d.makePlace(ctx, d.batch.id); err != nil {
		return revert.Record{}, err
	}
	source := recordOf(d.batch.id, c.oid)
	if err := d.script(ctx, "DROP TABLE IF EXISTS "+source); err != nil {
		return revert.Record{}, fmt.Errorf("record the rows of %s: %w", o.Identity, err)
	}
	r, err := rows.RecordInserted(ctx, d.conn, o.Identity, c.oid, c.key, slices.Concat(mark.Own, before.Own), source)
	return r, plain(err)
}
