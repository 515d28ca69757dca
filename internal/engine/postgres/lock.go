package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
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

// Lock takes safemigrate's lock and the plain tool's: all of them or none.
func (d *DB) Lock(ctx context.Context, r migrate.LockRequest) error {
	deadline := time.Now().Add(r.Wait)
	keys := append([]int64{lockKey}, r.History.LockKeys...)
	for {
		busy, err := d.tryLocks(ctx, keys)
		if err != nil {
			return err
		}
		if len(busy) == 0 {
			if err := d.refusePart(ctx); err != nil {
				return errors.Join(err, d.Unlock(ctx))
			}
			return nil
		}
		if time.Now().After(deadline) {
			return &migrate.LockedError{What: lockName(busy[0]), Holder: d.holder(ctx, busy[0])}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pollEvery):
		}
	}
}

func lockName(key int64) string {
	if key == lockKey {
		return "safemigrate's lock"
	}
	return "the lock of the plain migration tool"
}

// tryLocks tries all keys at once and returns those that somebody else holds;
// then it gives back the others.
func (d *DB) tryLocks(ctx context.Context, keys []int64) (busy []int64, err error) {
	tries := make([]string, len(keys))
	args := make([]any, len(keys))
	for i, k := range keys {
		tries[i], args[i] = fmt.Sprintf("pg_catalog.pg_try_advisory_lock($%d)", i+1), k
	}
	rows, err := d.Query(ctx, "SELECT "+strings.Join(tries, ", "), args...)
	if err != nil {
		return nil, fmt.Errorf("try the locks: %w", err)
	}
	for i, k := range keys {
		if rows[0].True(i) {
			d.locks = append(d.locks, k)
		} else {
			busy = append(busy, k)
		}
	}
	if len(busy) > 0 {
		return busy, d.Unlock(ctx)
	}
	return nil, nil
}

// held is the condition that a lock l is the advisory lock $1, and heldHere, that it is that of
// this database.
const (
	held     = `l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND (l.classid::bigint << 32 | l.objid::bigint) = $1::bigint`
	heldHere = held + ` AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())`
)

// holder names the session that holds an advisory lock, "" where it cannot be seen.
func (d *DB) holder(ctx context.Context, key int64) string {
	rows, err := d.Query(ctx, `SELECT a.application_name, a.pid, a.usename, coalesce(a.client_addr::text, 'local'), a.backend_start::timestamp(0)
		FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
		WHERE `+heldHere, key)
	if err != nil || len(rows) == 0 {
		return ""
	}
	r := rows[0]
	return fmt.Sprintf("%q, server process %s, role %s from %s, since %s", r.Text(0), r.Text(1), r.Text(2), r.Text(3), r.Text(4))
}

// holdLocks takes locks again that a file gave away (DISCARD ALL,
// pg_advisory_unlock_all): from there on somebody else may be at work.
func (d *DB) holdLocks(ctx context.Context) error {
	rows, err := d.Query(ctx, `SELECT pg_catalog.count(*) FROM pg_catalog.pg_locks
		WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND mode = 'ExclusiveLock' AND pid = pg_catalog.pg_backend_pid()
		  AND (classid::bigint << 32 | objid::bigint) = ANY ($1::bigint[])`, bigints(d.locks))
	if err != nil {
		return fmt.Errorf("look at the locks: %w", err)
	}
	if len(d.locks) == 0 || rows[0].Text(0) == strconv.Itoa(len(d.locks)) {
		return nil
	}
	keys := d.locks
	if err := d.Unlock(ctx); err != nil {
		return err
	}
	busy, err := d.tryLocks(ctx, keys)
	if err == nil && len(busy) > 0 {
		err = &migrate.LockedError{What: lockName(busy[0]) + ", which the file gave away,", Holder: d.holder(ctx, busy[0])}
	}
	return err
}

// bigints writes an array literal.
func bigints(list []int64) string {
	parts := make([]string, len(list))
	for i, n := range list {
		parts[i] = strconv.FormatInt(n, 10)
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// Unlock gives the locks back.
func (d *DB) Unlock(ctx context.Context) error {
	held := d.locks
	d.locks = nil
	if len(held) == 0 || d.conn.IsClosed() {
		return nil // they went with the session
	}
	frees := make([]string, len(held))
	args := make([]any, len(held))
	for i, k := range held {
		frees[i], args[i] = fmt.Sprintf("pg_catalog.pg_advisory_unlock($%d)", i+1), k
	}
	if err := d.Exec(ctx, "SELECT "+strings.Join(frees, ", "), args...); err != nil {
		return fmt.Errorf("unlock: %w", err)
	}
	return nil
}
