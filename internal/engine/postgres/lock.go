package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/safemigrate/safemigrate/migrate"
)

// lockKey is safemigrate's own advisory lock, "safemigr" in bytes. Advisory
// locks are per database.
const lockKey int64 = 0x736166656d696772

// pollEvery is how often a lock that is held is tried again. A try never
// blocks: a session that waits inside a statement keeps a transaction open, and
// CREATE INDEX CONCURRENTLY of the holder would wait for it in turn.
const pollEvery = 200 * time.Millisecond

// Lock takes safemigrate's lock and then the plain tool's.
func (d *DB) Lock(ctx context.Context, r migrate.LockRequest) error {
	deadline := time.Now().Add(r.Wait)
	if err := d.poll(ctx, lockKey, "safemigrate's lock", deadline); err != nil {
		return err
	}
	for _, key := range r.History.LockKeys {
		if err := d.poll(ctx, key, "the lock of the plain migration tool", deadline); err != nil {
			return fmt.Errorf("%w%s", err, d.release(ctx))
		}
	}
	return nil
}

// release gives safemigrate's lock back after the second one could not be had;
// it returns a note for the error text where even that failed.
func (d *DB) release(ctx context.Context) string {
	if err := d.Unlock(context.WithoutCancel(ctx)); err != nil {
		return fmt.Sprintf(" (and safemigrate's lock is kept until the session ends: %v)", err)
	}
	return ""
}

func (d *DB) poll(ctx context.Context, key int64, what string, deadline time.Time) error {
	for {
		rows, err := d.Query(ctx, `SELECT pg_catalog.pg_try_advisory_lock($1)`, key)
		if err != nil {
			return fmt.Errorf("try %s: %w", what, err)
		}
		if rows[0].True(0) {
			d.locks = append(d.locks, key)
			return nil
		}
		if time.Now().After(deadline) {
			return &migrate.LockedError{What: what, Holder: d.holder(ctx, key)}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pollEvery):
		}
	}
}

// holder names the session that holds an advisory lock, "" where it cannot be seen.
func (d *DB) holder(ctx context.Context, key int64) string {
	rows, err := d.Query(ctx, `SELECT a.application_name, a.pid, a.usename, coalesce(a.client_addr::text, 'local'), a.backend_start::timestamp(0)
		FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
		WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
		  AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
		  AND l.classid::bigint = ($1::bigint >> 32) & 4294967295 AND l.objid::bigint = $1::bigint & 4294967295`, key)
	if err != nil || len(rows) == 0 {
		return ""
	}
	r := rows[0]
	return fmt.Sprintf("%q, server process %s, role %s from %s, since %s", r.Text(0), r.Text(1), r.Text(2), r.Text(3), r.Text(4))
}

// Unlock gives the locks back.
func (d *DB) Unlock(ctx context.Context) error {
	held := d.locks
	d.locks = nil
	if d.conn.IsClosed() {
		return nil // they went with the session
	}
	for _, key := range held {
		if err := d.Exec(ctx, `SELECT pg_catalog.pg_advisory_unlock($1)`, key); err != nil {
			return fmt.Errorf("unlock: %w", err)
		}
	}
	return nil
}
