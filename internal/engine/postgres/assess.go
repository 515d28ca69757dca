package postgres

import (
	"context"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/hazard"
	"github.com/safemigrate/safemigrate/migrate"
)

// Assess tells which locks the batch takes, what about it may hurt, and who
// stands in its way now.
func (d *DB) Assess(ctx context.Context, r migrate.AssessRequest) (migrate.Assessment, error) {
	batch, err := hazard.Of(ctx, d, d.server, r)
	if err != nil {
		return migrate.Assessment{}, err
	}
	sessions, err := d.preflight(ctx, batch.Modes)
	return migrate.Assessment{Hazards: batch.Hazards, Locks: batch.Locks, Sessions: sessions, Known: hazard.Words()}, err
}
