package postgres

import (
	"context"
	"errors"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/hazard"
	"github.com/safemigrate/safemigrate/migrate"
)

// Assess tells which locks the batch takes, what about it may hurt, and who
// stands in its way now.
func (d *DB) Assess(ctx context.Context, r migrate.AssessRequest) (migrate.Assessment, error) {
	session, err := hazard.ReadSession(ctx, d, d.server)
	if err != nil {
		return migrate.Assessment{}, err
	}
	// safemigrate's own settings hold in a transaction: no compiling of queries,
	// and no wait without an end.
	if err := d.Begin(ctx, migrate.Step{}); err != nil {
		return migrate.Assessment{}, err
	}
	found, err := d.assess(ctx, session, r)
	return found, errors.Join(err, d.Abort(context.WithoutCancel(ctx)))
}

func (d *DB) assess(ctx context.Context, s hazard.Session, r migrate.AssessRequest) (migrate.Assessment, error) {
	batch, err := hazard.Of(ctx, d, s, r)
	if err != nil {
		return migrate.Assessment{}, err
	}
	sessions, err := d.preflight(ctx, batch.Modes)
	return migrate.Assessment{Hazards: batch.Hazards, Locks: batch.Locks, Sessions: sessions, Known: hazard.Words()}, err
}
