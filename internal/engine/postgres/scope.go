package postgres

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/migrate"
)

// table is one table of the user's schemas that holds rows of its own.
type table struct {
	oid     uint32
	schema  string
	name    string
	pages   int64
	rows    int64 // the server's estimate, -1: unknown
	bytes   int64
	blocker string // why it cannot be kept
}

func (t table) label() string { return t.schema + "." + t.name }

// noLock is the reason of a table that belongs to others, or whose owner took away
// its own privileges.
const noLock = "no privilege to lock it"

// tablesQuery lists the tables with rows of their own: plain tables and
// partitions, not partitioned parents, foreign or temporary tables, nor what an
// extension owns.
const tablesQuery = `SELECT c.oid, n.nspname, c.relname, c.relpages, c.reltuples::bigint, pg_catalog.pg_table_size(c.oid),
	CASE WHEN NOT pg_catalog.has_table_privilege(c.oid, 'SELECT') THEN 'no privilege to read it'
	     WHEN NOT pg_catalog.has_table_privilege(c.oid, 'UPDATE, DELETE, TRUNCATE') THEN '` + noLock + `'
	     WHEN pg_catalog.row_security_active(c.oid) THEN 'row security hides rows of it from this role'
	     ELSE '' END
	FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	WHERE c.relkind = 'r' AND c.relpersistence <> 't'
	  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
	  AND n.nspname <> 'safemigrate' AND n.nspname !~ '^safemigrate_'
	  AND NOT (n.nspname = $1 AND c.relname = $2)
	  AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e')
	ORDER BY n.nspname, c.relname`

// tables lists every table of the user's schemas but the history.
func (d *DB) tables(ctx context.Context, history migrate.TableID) ([]table, error) {
	rows, err := d.Query(ctx, tablesQuery, history.Schema, history.Table)
	if err != nil {
		return nil, fmt.Errorf("list the tables: %w", err)
	}
	out := make([]table, len(rows))
	for i, r := range rows {
		numbers := make([]int64, 0, 4)
		for _, k := range []int{0, 3, 4, 5} {
			n, err := strconv.ParseInt(r.Text(k), 10, 64)
			if err != nil && r[k] != nil {
				return nil, fmt.Errorf("list the tables: %w", err)
			}
			numbers = append(numbers, n)
		}
		out[i] = table{oid: uint32(numbers[0]), //nolint:gosec // an OID has 32 bits
			schema: r.Text(1), name: r.Text(2),
			pages: numbers[1], rows: numbers[2], bytes: numbers[3], blocker: r.Text(6)}
	}
	return out, nil
}

// within cuts tables to a scope.
func within(tables []table, s migrate.Scope) ([]table, error) {
	var out []table
	for _, t := range tables {
		in := len(s.Tables) == 0
		for _, pattern := range s.Tables {
			ok, err := matches(pattern, t)
			if err != nil {
				return nil, err
			}
			in = in || ok
		}
		for _, pattern := range s.Exclude {
			ok, err := matches(pattern, t)
			if err != nil {
				return nil, err
			}
			in = in && !ok
		}
		if in {
			out = append(out, t)
		}
	}
	return out, nil
}

// matches compares a shell pattern with "table" or, where it has a dot, with
// "schema.table".
func matches(pattern string, t table) (bool, error) {
	name := t.name
	if strings.Contains(pattern, ".") {
		name = t.label()
	}
	ok, err := path.Match(pattern, name)
	if err != nil {
		return false, fmt.Errorf("pattern %q: %w", pattern, err)
	}
	return ok, nil
}

// lockTry is how long one try for the tables' locks may queue, and so make the
// application queue behind it.
const lockTry = 2 * time.Second

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
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		try := min(lockTry, max(time.Until(deadline), 10*time.Millisecond))
		err := d.script(ctx, fmt.Sprintf("SAVEPOINT safemigrate_lock; SET LOCAL lock_timeout = %d; %s; SET LOCAL lock_timeout = %d; RELEASE SAVEPOINT safemigrate_lock",
			try.Milliseconds(), statement, d.opts.LockTimeout.Milliseconds()))
		if err == nil {
			return nil
		}
		busy := code(err) == "55P03" || code(err) == "40P01"
		if !busy {
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
	rows, err := d.Query(ctx, `SELECT a.pid, a.application_name, coalesce(a.usename, ''), l.mode, l.relation::regclass, coalesce(a.xact_start::timestamp(0)::text, '')
		FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
		WHERE l.granted AND l.locktype = 'relation' AND l.relation = ANY ($1::oid[]) AND a.pid <> pg_catalog.pg_backend_pid()
		  AND l.mode NOT IN ('AccessShareLock', 'RowShareLock')
		ORDER BY a.xact_start LIMIT 1`, oidList(oids))
	if err != nil || len(rows) == 0 {
		return ""
	}
	r := rows[0]
	return fmt.Sprintf("server process %s (%q, role %s), %s on %s, in a transaction since %s",
		r.Text(0), r.Text(1), r.Text(2), r.Text(3), r.Text(4), r.Text(5))
}

// Estimate tells what Take would keep.
func (d *DB) Estimate(ctx context.Context, r migrate.EstimateRequest) (migrate.Estimate, error) {
	e := migrate.Estimate{Strategy: "copy", Tables: []migrate.TableEstimate{}}
	all, err := d.tables(ctx, r.History)
	if err != nil {
		return e, err
	}
	chosen, err := within(all, r.Scope)
	if err != nil {
		return e, err
	}
	if len(r.Scope.Tables) > 0 && len(chosen) == 0 && len(all) > 0 {
		return e, errors.New("no table matches --tables")
	}
	for _, t := range chosen {
		e.Tables = append(e.Tables, migrate.TableEstimate{Name: t.label(), Rows: t.rows, Bytes: t.bytes})
		e.Bytes += t.bytes
		if t.blocker != "" {
			e.Blockers = append(e.Blockers, fmt.Sprintf("table %s: %s (grant it, or leave the table out with --exclude)", t.label(), t.blocker))
		}
	}
	if err := d.databasePrivileges(ctx, &e); err != nil {
		return e, err
	}
	err = d.longTransactions(ctx, &e)
	return e, err
}

// databasePrivileges names what the role lacks to keep copies and a ledger.
func (d *DB) databasePrivileges(ctx context.Context, e *migrate.Estimate) error {
	rows, err := d.Query(ctx, `SELECT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'), pg_catalog.current_database(), current_user,
		coalesce((SELECT pg_catalog.has_schema_privilege(oid, 'CREATE') FROM pg_catalog.pg_namespace WHERE nspname = 'safemigrate'), true)`)
	if err != nil {
		return fmt.Errorf("check the privileges: %w", err)
	}
	r := rows[0]
	if !r.True(0) {
		e.Blockers = append(e.Blockers, fmt.Sprintf("role %s may not create schemas in database %s (GRANT CREATE ON DATABASE %s TO %s)",
			r.Text(2), r.Text(1), catalog.Quote(r.Text(1)), catalog.Quote(r.Text(2))))
	}
	if !r.True(3) {
		e.Blockers = append(e.Blockers, fmt.Sprintf("role %s may not create tables in schema safemigrate", r.Text(2)))
	}
	return nil
}

// longTransactions warns of sessions that up would have to wait for.
func (d *DB) longTransactions(ctx context.Context, e *migrate.Estimate) error {
	rows, err := d.Query(ctx, `SELECT pid, coalesce(usename, ''), coalesce(application_name, ''), (pg_catalog.now() - xact_start)::interval(0)
		FROM pg_catalog.pg_stat_activity
		WHERE datname = pg_catalog.current_database() AND pid <> pg_catalog.pg_backend_pid() AND xact_start < pg_catalog.now() - interval '30 s'
		ORDER BY xact_start LIMIT 5`)
	if err != nil {
		return fmt.Errorf("look for long transactions: %w", err)
	}
	for _, r := range rows {
		e.Warnings = append(e.Warnings, fmt.Sprintf("server process %s (%s, %q) has had a transaction open for %s: up may have to wait for it",
			r.Text(0), r.Text(1), r.Text(2), r.Text(3)))
	}
	return nil
}
