package mysql

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

const (
	// defaultRate is how many bytes a second are copied and read back where no
	// earlier snapshot of the database tells: what a small virtual disk does.
	defaultRate = 20_000_000
	// telling is the least size of a snapshot whose duration tells a rate.
	telling = 4_000_000
	// remembered is how many of the newest snapshots are looked at.
	remembered = 9
)

// duration estimates how long the snapshot takes.
func (d *DB) duration(ctx context.Context, e *migrate.Estimate) error {
	if e.Bytes == 0 {
		return nil
	}
	rates, err := d.earlier(ctx)
	if err != nil {
		return err
	}
	e.Rate, e.RateFrom = defaultRate, "a default, for no earlier snapshot of this database tells"
	if len(rates) > 0 {
		slices.Sort(rates)
		e.Rate, e.RateFrom = rates[len(rates)/2], fmt.Sprintf("%d earlier snapshots of this database", len(rates))
		if len(rates) == 1 {
			e.RateFrom = "an earlier snapshot of this database"
		}
	}
	e.Took = time.Duration(float64(e.Bytes) / float64(e.Rate) * float64(time.Second))
	return nil
}

// earlier are the rates of the newest snapshots that were large enough to tell one.
func (d *DB) earlier(ctx context.Context) ([]int64, error) {
	if ok, err := d.storeExists(ctx); err != nil || !ok {
		return nil, err
	}
	found, err := d.ledger.query(ctx, fmt.Sprintf("SELECT manifest FROM safemigrate_snapshot ORDER BY id DESC LIMIT %d", remembered))
	if err != nil {
		return nil, fmt.Errorf("read the earlier snapshots: %w", err)
	}
	var rates []int64
	for _, r := range found {
		m, err := snapshot.Decode([]byte(r.Text(0)))
		if err != nil || m.Bytes < telling || m.Took <= 0 {
			continue // nothing that an estimate could rest on
		}
		rates = append(rates, int64(float64(m.Bytes)/m.Took.Seconds()))
	}
	return rates, nil
}
