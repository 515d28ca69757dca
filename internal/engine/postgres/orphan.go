package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/safemigrate/safemigrate/internal/client"
	"github.com/safemigrate/safemigrate/migrate"
)

// EndOrphan looks for another session that holds safemigrate's lock. The
// session of a client that is known to be dead is ended, and its end awaited,
// since its statement may still be running and may yet commit; a living one is
// left alone.
func (d *DB) EndOrphan(ctx context.Context, _ migrate.Batch) (string, error) {
	rows, err := d.Query(ctx, `SELECT a.pid, a.application_name
		FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
		WHERE a.pid <> pg_catalog.pg_backend_pid() AND `+heldHere, lockKey)
	if err != nil {
		return "", fmt.Errorf("look for the session of an interrupted run: %w", err)
	}
	if len(rows) == 0 {
		return "", nil
	}
	session, name := rows[0].Text(0), rows[0].Text(1)
	if !client.Dead(name) {
		return "", nil // the lock decides whether it is awaited
	}
	if err := d.Exec(ctx, `SELECT pg_catalog.pg_terminate_backend($1)`, session); err != nil {
		return "", fmt.Errorf("end server process %s: %w", session, err)
	}
	if err := d.awaitEnd(ctx, session); err != nil {
		return "", err
	}
	return fmt.Sprintf("ended server process %s of a dead run (%s)", session, name), nil
}

func (d *DB) awaitEnd(ctx context.Context, session string) error {
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		rows, err := d.Query(ctx, `SELECT 1 FROM pg_catalog.pg_stat_activity WHERE pid = $1`, session)
		if err != nil {
			return fmt.Errorf("await the end of server process %s: %w", session, err)
		}
		if len(rows) == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pollEvery):
		}
	}
	return fmt.Errorf("server process %s does not end", session)
}
