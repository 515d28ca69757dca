package mysql

import (
	"context"
	"fmt"
)

// Leftovers names the table and the view on which definitions are tried, and the tables in
// which values are converted, where a run died that had made them. One that began when nobody
// was at work, and has made them since, has the lock by then.
func (d *DB) Leftovers(ctx context.Context) ([]string, error) {
	if busy, err := d.othersAtWork(ctx); err != nil || busy {
		return nil, err
	}
	left, err := d.leftovers(ctx)
	if err != nil || len(left) == 0 {
		return nil, err
	}
	if busy, err := d.othersAtWork(ctx); err != nil || busy {
		return nil, err
	}
	return left, nil
}

// othersAtWork reports whether somebody else holds a lock of safemigrate's.
func (d *DB) othersAtWork(ctx context.Context) (bool, error) {
	for _, name := range []string{d.mainLock(), d.ownLock()} {
		holder, err := d.ledger.number(ctx, "SELECT IS_USED_LOCK($1)", name)
		if err != nil {
			return false, fmt.Errorf("look at the locks: %w", err)
		}
		if holder != 0 && !d.isOwn(holder) {
			return true, nil
		}
	}
	return false, nil
}

func (d *DB) leftovers(ctx context.Context) (left []string, err error) {
	rows, err := d.ledger.query(ctx, "SELECT table_name FROM information_schema.tables WHERE table_schema = database() AND (table_name IN ($1, $2) OR left(table_name, $3) = $4) ORDER BY table_name", twin, looking, int64(len(laterPrefix)), laterPrefix)
	if err != nil {
		return nil, fmt.Errorf("look for what was left: %w", err)
	}
	for _, r := range rows {
		if r.Text(0) == looking {
			left = append(left, "view "+looking)
		} else {
			left = append(left, "table "+r.Text(0))
		}
	}
	return left, nil
}

// isOwn tells whether a session is one of these.
func (d *DB) isOwn(id int64) bool {
	for _, s := range []*session{d.app, d.own, d.ledger} {
		if s != nil && s.id == id {
			return true
		}
	}
	return false
}

// DropLeftover removes one of them.
func (d *DB) DropLeftover(ctx context.Context, name string) error {
	if err := d.own.exec(ctx, "DROP "+name); err != nil {
		return fmt.Errorf("remove what was left: %w", err)
	}
	return nil
}
