package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/safemigrate/safemigrate/internal/sqltext"
)

// DefaultLockTry is how long one try for a lock may queue, and so make the
// application queue behind it, when Options says nothing.
const DefaultLockTry = 2 * time.Second

// lockTry is how long one try for a table's lock may queue.
func (d *DB) lockTry() time.Duration {
	try := d.opts.LockTry
	if try == 0 {
		try = DefaultLockTry
	}
	if d.opts.LockTimeout > 0 {
		try = min(try, d.opts.LockTimeout)
	}
	return try
}

// rowVerbs are the statements whose locks make nobody wait that reads or writes
// rows: they can wait for somebody else's row without a queue behind them, and
// are too dear to be undone for it.
var rowVerbs = map[string]bool{"SELECT": true, "INSERT": true, "UPDATE": true, "DELETE": true, "MERGE": true, "COPY": true,
	"WITH": true, "VALUES": true, "TABLE": true}

// patience is how long a statement of a file may wait for a lock.
func (d *DB) patience(st sqltext.Statement) time.Duration {
	if rowVerbs[st.Verb] {
		return d.opts.LockTimeout
	}
	return d.lockTry()
}

// bound sets lock_timeout for the next statement of a file, unless the file, the
// role or the URL has one of its own. A statement that waits for a strong lock
// makes everybody else wait behind it.
func (d *DB) bound(ctx context.Context, most time.Duration) error {
	if most == 0 || d.bounded == most {
		return nil
	}
	rows, err := d.raw(ctx, `SELECT CASE WHEN pg_catalog.current_setting('lock_timeout') IN ('0', $1)
		THEN pg_catalog.set_config('lock_timeout', $2, false) ELSE '' END`, d.boundText, fmt.Sprintf("%dms", most.Milliseconds()))
	if err != nil {
		return fmt.Errorf("bound the wait for locks: %w", err)
	}
	d.bounded, d.boundText = most, rows[0].Text(0)
	return nil
}

// unbound forgets what bound has set, after something that may have changed it.
func (d *DB) unbound() { d.bounded = 0 }

// repeatable reports whether a statement that no transaction can hold can simply
// be sent again when it did not get its lock: what it did of it is whole. Those
// that work CONCURRENTLY wait without anybody behind them, and leave something
// half-done when they stop.
func repeatable(st sqltext.Statement) bool {
	verb, _, _ := strings.Cut(st.Verb, " ")
	switch verb {
	case "VACUUM", "CLUSTER", "REINDEX":
		return !strings.Contains(strings.ToUpper(st.Text), "CONCURRENTLY")
	}
	return false
}

// sendPatiently sends a statement that no transaction can hold, in short tries
// where it would make others queue behind it.
func (d *DB) sendPatiently(ctx context.Context, st sqltext.Statement) error {
	if !repeatable(st) {
		return d.send(ctx, st)
	}
	if err := d.bound(ctx, d.lockTry()); err != nil {
		return err
	}
	deadline := time.Now().Add(d.opts.LockTimeout)
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		err := d.send(ctx, st)
		if err == nil || !notGot(err) || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// The pauses between two tries for a lock: the queue that built up behind one
// has to drain before the next.
const (
	firstPause   = 50 * time.Millisecond
	longestPause = time.Second
)

// notGot reports whether a statement failed only because somebody else held a
// lock.
func notGot(err error) bool { return code(err) == "55P03" || code(err) == "40P01" }
