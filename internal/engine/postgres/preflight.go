package postgres

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/hazard"
	"github.com/safemigrate/safemigrate/migrate"
)

// The kinds of a session that stands in the way.
const (
	kindBlocker    = "blocker"
	kindWaiting    = "waiting"
	kindDump       = "dump"
	kindIdle       = "idle-in-transaction"
	kindLong       = "long-transaction"
	kindWraparound = "wraparound-vacuum"
	kindPrepared   = "prepared-transaction"
)

// sessionsQuery lists who is at work in this database, and base backups of all.
// What another role's session does is hidden from a role without
// pg_read_all_stats; its locks are not, nor that an autovacuum has no role.
const sessionsQuery = `SELECT a.pid, coalesce(a.usename, ''), coalesce(a.application_name, ''), coalesce(a.xact_start::timestamptz(0)::text, ''),
	coalesce(a.state, ''), coalesce(a.query, ''), coalesce(a.backend_type, ''),
	coalesce(a.xact_start < pg_catalog.now() - interval '30 s', false), coalesce((pg_catalog.now() - a.xact_start)::interval(0)::text, ''),
	EXISTS (SELECT 1 FROM pg_catalog.pg_stat_progress_basebackup b WHERE b.pid = a.pid), a.usesysid IS NULL
	FROM pg_catalog.pg_stat_activity a
	WHERE a.pid <> pg_catalog.pg_backend_pid() AND (a.datname = pg_catalog.current_database() OR a.backend_type = 'walsender')
	ORDER BY a.xact_start NULLS LAST, a.pid`

// overdue is the condition that a table c is older than an autovacuum waits for, so that one
// of it is to prevent wraparound. What that is about is hidden from a role without
// pg_read_all_stats; the ages are not.
const overdue = `coalesce(c.relfrozenxid <> '0' AND pg_catalog.age(c.relfrozenxid) > (SELECT pg_catalog.min(v::bigint) FROM (
		SELECT pg_catalog.current_setting('autovacuum_freeze_max_age') UNION ALL
		SELECT option_value FROM pg_catalog.pg_options_to_table(c.reloptions) WHERE option_name = 'autovacuum_freeze_max_age') m (v))
	OR c.relminmxid <> '0' AND pg_catalog.mxid_age(c.relminmxid) > (SELECT pg_catalog.min(v::bigint) FROM (
		SELECT pg_catalog.current_setting('autovacuum_multixact_freeze_max_age') UNION ALL
		SELECT option_value FROM pg_catalog.pg_options_to_table(c.reloptions) WHERE option_name = 'autovacuum_multixact_freeze_max_age') m (v)), false)`

// queueQuery lists the locks of others on the tables in question, and whom a
// waiting one waits for. A prepared transaction has no process; its locks have the virtual
// number of the session that it came from, and one of them is on its own number.
const queueQuery = `SELECT coalesce(l.pid, 0), l.relation, n.nspname || '.' || c.relname, l.mode, l.granted,
	CASE WHEN NOT l.granted THEN pg_catalog.array_to_string(pg_catalog.pg_blocking_pids(l.pid), ', ') END, coalesce(x.gid, ''), coalesce(x.owner, ''),
	coalesce(x.prepared::timestamptz(0)::text, ''), ` + overdue + `
	FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	LEFT JOIN (pg_catalog.pg_locks k JOIN pg_catalog.pg_prepared_xacts x ON k.locktype = 'transactionid' AND x.transaction = k.transactionid)
		ON l.pid IS NULL AND k.pid IS NULL AND k.virtualtransaction = l.virtualtransaction
	WHERE l.locktype = 'relation' AND l.relation = ANY ($1::oid[]) AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
	  AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
	ORDER BY l.granted DESC, l.relation, l.pid`

// standing is a lock of somebody else on a table that the batch locks.
type standing struct {
	table, mode string
	granted     bool
	behind      string
	gid, owner  string
	since       string
	conflicts   bool // with the batch's own lock
	overdue     bool // an autovacuum of it is to prevent wraparound
}

// preflight looks for those who stand in the way of the locks that a batch takes.
func (d *DB) preflight(ctx context.Context, modes map[uint32]hazard.Mode) ([]migrate.SessionNote, error) {
	queue, prepared, err := d.queue(ctx, modes)
	if err != nil {
		return nil, err
	}
	rows, err := d.Query(ctx, sessionsQuery)
	if err != nil {
		return nil, fmt.Errorf("look for long transactions: %w", err)
	}
	var out []migrate.SessionNote
	for _, r := range rows {
		pid, err := strconv.ParseInt(r.Text(0), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("look for long transactions: %w", err)
		}
		if note, ok := judgeSession(r, queue[pid]); ok {
			note.PID, note.Role, note.Application, note.Since = pid, r.Text(1), r.Text(2), r.Text(3)
			out = append(out, note)
		}
	}
	return append(out, prepared...), nil
}

// queue reads the locks of others on the tables of the batch: by process, and
// those of prepared transactions.
func (d *DB) queue(ctx context.Context, modes map[uint32]hazard.Mode) (map[int64][]standing, []migrate.SessionNote, error) {
	rows, err := d.Query(ctx, queueQuery, oidList(slices.Sorted(maps.Keys(modes))))
	if err != nil {
		return nil, nil, fmt.Errorf("look at the queue for the tables: %w", err)
	}
	queue := map[int64][]standing{}
	var prepared []migrate.SessionNote
	for _, r := range rows {
		pid, err := strconv.ParseInt(r.Text(0), 10, 64)
		if err != nil {
			return nil, nil, fmt.Errorf("look at the queue for the tables: %w", err)
		}
		oid, err := strconv.ParseUint(r.Text(1), 10, 32)
		if err != nil {
			return nil, nil, fmt.Errorf("look at the queue for the tables: %w", err)
		}
		s := standing{table: r.Text(2), mode: r.Text(3), granted: r.True(4), behind: r.Text(5), gid: r.Text(6), owner: r.Text(7), since: r.Text(8), overdue: r.True(9),
			conflicts: slices.Contains(modes[uint32(oid)].Conflicting(), r.Text(3))}
		switch {
		case pid != 0:
			queue[pid] = append(queue[pid], s)
		case s.conflicts:
			prepared = append(prepared, migrate.SessionNote{Kind: kindPrepared, Role: s.owner, Since: s.since, Table: s.table,
				Text: fmt.Sprintf("prepared transaction %q of role %s holds %s on %s until somebody ends it (COMMIT PREPARED or ROLLBACK PREPARED)", s.gid, s.owner, s.mode, s.table)})
		}
	}
	return queue, prepared, nil
}

// judgeSession says what about a session stands in the way, if anything does.
func judgeSession(r migrate.Row, locks []standing) (migrate.SessionNote, bool) {
	who, vacuums := fmt.Sprintf("server process %s (%s, %q)", r.Text(0), r.Text(1), r.Text(2)), r.True(10)
	if vacuums {
		who = fmt.Sprintf("server process %s (autovacuum)", r.Text(0))
	}
	since := ""
	if r.Text(8) != "" {
		since = ", in a transaction for " + r.Text(8)
	}
	state := r.Text(4)
	held, waits := worst(locks)
	dumps := r.True(9) || strings.HasPrefix(r.Text(2), "pg_dump") || strings.HasPrefix(r.Text(2), "pg_basebackup")
	note := migrate.SessionNote{}
	if held != nil {
		note.Table = held.table
	}
	switch {
	case waits != nil && waits.conflicts:
		note.Kind, note.Table = kindWaiting, waits.table
		note.Text = fmt.Sprintf("%s waits for %s on %s, behind %s: up would queue behind it", who, waits.mode, waits.table, waits.behind)
	case dumps && held != nil:
		note.Kind, note.Text = kindDump, fmt.Sprintf("%s dumps the database and holds %s on %s%s: up has to wait for its end", who, held.mode, held.table, since)
	case dumps:
		note.Kind, note.Text = kindDump, who+" takes a backup of the server meanwhile"+since
	case held != nil && vacuums && held.overdue:
		note.Kind, note.Text = kindWraparound, fmt.Sprintf("%s vacuums %s to prevent wraparound, and does not give way to a lock: up has to wait for its end", who, held.table)
	case held != nil && vacuums:
		note.Kind, note.Text = kindBlocker, fmt.Sprintf("%s vacuums %s, and gives way to who waits longer than deadlock_timeout", who, held.table)
	case held != nil && strings.HasPrefix(state, "idle in transaction"):
		note.Kind, note.Text = kindIdle, fmt.Sprintf("%s holds %s on %s and does nothing%s: up has to wait for its end", who, held.mode, held.table, since)
	case held != nil:
		note.Kind, note.Text = kindBlocker, fmt.Sprintf("%s holds %s on %s%s: up has to wait for its end", who, held.mode, held.table, since)
	case r.True(7):
		note.Kind, note.Text = kindLong, fmt.Sprintf("%s has had a transaction open for %s: up may have to wait for it", who, r.Text(8))
	default:
		return note, false
	}
	return note, true
}

// worst picks the lock that is in the way, and the one that is waited for.
func worst(locks []standing) (held, waits *standing) {
	for i, l := range locks {
		switch {
		case !l.granted && (waits == nil || l.conflicts):
			waits = &locks[i]
		case l.granted && l.conflicts && held == nil:
			held = &locks[i]
		}
	}
	return held, waits
}
