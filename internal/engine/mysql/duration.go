package mysql

import (
	"context"
	"fmt"

	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// defaultRate is how many bytes a second are copied and read back where no
// earlier snapshot of the database tells: what a small virtual disk does.
const defaultRate = 20_000_000

// duration estimates how long the snapshot takes.
func (d *DB) duration(ctx context.Context, e *migrate.Estimate) error {
	if e.Bytes == 0 {
		return nil
	}
	earlier, err := d.earlier(ctx)
	if err == nil {
		e.Lasting(earlier, defaultRate)
	}
	return err
}

// earlier are the newest snapshots.
func (d *DB) earlier(ctx context.Context) ([]*snapshot.Manifest, error) {
	if ok, err := d.storeExists(ctx); err != nil || !ok {
		return nil, err
	}
	found, err := d.ledger.query(ctx, fmt.Sprintf("SELECT manifest FROM safemigrate_snapshot ORDER BY id DESC LIMIT %d", migrate.EarlierSnapshots))
	if err != nil {
		return nil, fmt.Errorf("read the earlier snapshots: %w", err)
	}
	var all []*snapshot.Manifest
	for _, r := range found {
		if m, err := snapshot.Decode([]byte(r.Text(0))); err == nil { // another is nothing that an estimate could rest on
			all = append(all, m)
		}
	}
	return all, nil
}
