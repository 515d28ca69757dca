package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/safemigrate/safemigrate/migrate"
)

// lockTables keeps writers and other schema changes out until the transaction
// ends; readers go on. Each try is short and undone before the next.
func (d *DB) lockTables(ctx context.Context, tables []table) error {
	if len(tables) == 0 {
		return nil
	}
	names := make([]string, len(tables))
	for i, t := range tables {
		names[i] = relation(t.schema, t.name)
	}
	statement := "LOCK TABLE ONLY " + strings.Join(names, ", ONLY ") + " IN SHARE ROW EXCLUSIVE MODE"
	deadline := time.Now().Add(d.opts.LockTimeout)
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		try := min(d.lockTry(), max(time.Until(deadline), 10*time.Millisecond))
		err := d.script(ctx, fmt.Sprintf("SAVEPOINT safemigrate_lock; SET LOCAL lock_timeout = %d; %s; SET LOCAL lock_timeout = %d; RELEASE SAVEPOINT safemigrate_lock",
			try.Milliseconds(), statement, d.opts.LockTimeout.Milliseconds()))
		if err == nil {
			return nil
		}
		if !notGot(err) {
			return fmt.Errorf("lock the tables: %w", err)
		}
		if err := d.script(ctx, "ROLLBACK TO SAVEPOINT safemigrate_lock; RELEASE SAVEPOINT safemigrate_lock"); err != nil {
			return fmt.Errorf("lock the tables: %w", err)
		}
		if time.Now().After(deadline) {
			return &migrate.LockedError{What: "a table of the batch", Holder: d.writer(ctx, tables)}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// writer names a session that keeps a table from being locked.
func (d *DB) writer(ctx context.Context, tables []table) string {
	oids := make([]uint32, len(tables))
	for i, t := range tables {
		oids[i] = t.oid
	}
	rows, err := d.Query(ctx, `SELECT a.pid, a.application_name, coalesce(a.usename, ''), l.mode, l.relation::regclass, coalesce(a.xact_start::timestamp(0)::text, ''),
			a.usesysid IS NULL, `+overdue+`
		FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid JOIN pg_catalog.pg_class c ON c.oid = l.relation
		WHERE l.granted AND l.locktype = 'relation' AND l.relation = ANY ($1::oid[]) AND a.pid <> pg_catalog.pg_backend_pid()
		  AND l.mode NOT IN ('AccessShareLock', 'RowShareLock')
		ORDER BY a.xact_start LIMIT 1`, oidList(oids))
	if err != nil || len(rows) == 0 {
		return ""
	}
	r := rows[0]
	switch {
	case r.True(6) && r.True(7):
		return fmt.Sprintf("server process %s (autovacuum), %s on %s to prevent wraparound, for which it does not give way", r.Text(0), r.Text(3), r.Text(4))
	case r.True(6):
		return fmt.Sprintf("server process %s (autovacuum), %s on %s", r.Text(0), r.Text(3), r.Text(4))
	case r.Text(5) == "":
		return fmt.Sprintf("server process %s (role %s), %s on %s", r.Text(0), r.Text(2), r.Text(3), r.Text(4))
	}
	return fmt.Sprintf("server process %s (%q, role %s), %s on %s, in a transaction since %s",
		r.Text(0), r.Text(1), r.Text(2), r.Text(3), r.Text(4), r.Text(5))
}
