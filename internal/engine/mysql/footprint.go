package mysql

import (
	"context"
	"fmt"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/footprint"
	"github.com/safemigrate/safemigrate/migrate"
)

// Query reads the catalogs for the footprint, over the session of the ledger.
func (s *session) Query(ctx context.Context, text string, args ...any) ([]migrate.Row, error) {
	return s.query(ctx, text, args...)
}

// footprint tells what the batch touches, for plan.
func (d *DB) footprint(ctx context.Context, e *migrate.Estimate, scripts []migrate.Script) error {
	facts, err := footprint.Read(ctx, d.ledger)
	if err != nil {
		return err //nolint:wrapcheck // it says what was read
	}
	found := footprint.Of(facts, scripts)
	e.Footprint = found.Report()
	for _, w := range found.Outside {
		e.Warnings = append(e.Warnings, fmt.Sprintf("%s:%d: %s: no snapshot holds that", w.File, w.Line, w.Why))
	}
	return nil
}
