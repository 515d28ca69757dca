package postgres

import (
	"context"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/revert"
	"github.com/safemigrate/safemigrate/migrate"
)

// guardClone records where a batch has ended. All of the database is kept, so there is
// nothing in it that could not be brought back.
func (d *DB) guardClone(ctx context.Context, id string, final bool) (migrate.Effect, error) {
	var told migrate.Effect
	after, err := d.readState(ctx, d.batch.history, d.batch.before)
	if err != nil {
		return told, err
	}
	if after, err = d.leaveOut(ctx, after); err != nil {
		return told, err
	}
	if err := d.observe(ctx); err != nil {
		return told, err
	}
	changed := map[uint32]bool{}
	for oid := range d.batch.suspect {
		at := catalog.Address{Catalog: "pg_class", OID: oid}
		if d.batch.before.Object(at) != nil && after.Object(at) != nil {
			changed[oid] = true
		}
	}
	every, err := d.everyTable(ctx)
	if err != nil {
		return told, err
	}
	e, err := d.marks(ctx, every, changed)
	if err != nil {
		return told, err
	}
	if e.Objects, err = d.sumObjects(ctx); err != nil {
		return told, err
	}
	e.Records = map[uint32]revert.Record{}
	if final {
		told = describe(d.batch.before, after, changed)
	}
	return told, d.record(ctx, id, d.batch.before, after, e)
}
