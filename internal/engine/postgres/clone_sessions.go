package postgres

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/migrate"
)

// inUse is the SQLSTATE of an answer that names other sessions as the reason.
const inUse = "55006"

// longestAlone bounds the wait for sessions that are about to end anyway; the server's
// own is as long.
const longestAlone = 5 * time.Second

// othersQuery lists who is connected to a database, and whom this role may end. A worker of
// the server's own has no role, and gives way; what another role's session does is hidden
// from an ordinary one.
const othersQuery = `SELECT a.pid, (pg_catalog.pg_has_role(a.usesysid, 'USAGE') OR pg_catalog.pg_has_role('pg_signal_backend', 'USAGE'))
			AND (NOT r.rolsuper OR (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user)),
		'server process ' || a.pid || ' (user ' || pg_catalog.quote_ident(a.usename) ||
		CASE WHEN coalesce(a.application_name, '') = '' THEN ', no application name' ELSE ', application "' || a.application_name || '"' END ||
		', ' || coalesce(a.state, 'state hidden from this role') || ')'
	FROM pg_catalog.pg_stat_activity a JOIN pg_catalog.pg_roles r ON r.oid = a.usesysid
	WHERE a.datname = $1 AND a.pid <> pg_catalog.pg_backend_pid() AND a.usename IS NOT NULL
	UNION ALL SELECT 0, false, 'prepared transaction ' || pg_catalog.quote_literal(gid) || ' (user ' || pg_catalog.quote_ident(owner) || ')'
	FROM pg_catalog.pg_prepared_xacts WHERE database = $1`

// other is somebody who is connected to a database beside this session.
type other struct {
	pid  int64 // 0: a prepared transaction
	may  bool  // this role may end it
	text string
}

// names are the texts of others.
func names(all []other) []string {
	out := make([]string, len(all))
	for i, o := range all {
		out[i] = o.text
	}
	return out
}

// others lists who is connected to a database beside this session.
func (d *DB) others(ctx context.Context, database string) ([]other, error) {
	// Within a transaction the server shows who was there at the first look.
	if err := d.Exec(ctx, `SELECT pg_catalog.pg_stat_clear_snapshot()`); err != nil {
		return nil, fmt.Errorf("look who is connected: %w", err)
	}
	found, err := d.conn.Query(ctx, othersQuery, database)
	if err != nil {
		return nil, fmt.Errorf("look who is connected: %w", plain(err))
	}
	all, err := pgx.CollectRows(found, func(r pgx.CollectableRow) (o other, err error) {
		err = r.Scan(&o.pid, &o.may, &o.text)
		return o, err
	})
	if err != nil {
		return nil, fmt.Errorf("look who is connected: %w", plain(err))
	}
	return all, nil
}

// alone waits a moment for the sessions of others to end, and names those that stay.
func (d *DB) alone(ctx context.Context, database string) error {
	for deadline := time.Now().Add(min(d.opts.LockTimeout, longestAlone)); ; {
		there, err := d.others(ctx, database)
		if err != nil || len(there) == 0 {
			return err
		}
		if time.Now().After(deadline) {
			return &migrate.SessionsError{Database: database, Sessions: names(there)}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pollEvery):
		}
	}
}

// inTheWay names the sessions because of which the server refused something.
func (d *DB) inTheWay(ctx context.Context, database string, cause error) error {
	there, err := d.others(ctx, database)
	if err != nil || len(there) == 0 {
		there = []other{{text: "a session that has ended meanwhile: " + cause.Error()}}
	}
	return &migrate.SessionsError{Database: database, Sessions: names(there)}
}

// unendable names those whom this role may not end.
func (d *DB) unendable(ctx context.Context, database string, there []other) error {
	there = slices.DeleteFunc(slices.Clone(there), func(o other) bool { return o.may })
	if len(there) == 0 {
		return nil
	}
	var role string
	if err := d.conn.QueryRow(ctx, "SELECT current_user::text").Scan(&role); err != nil {
		return fmt.Errorf("look who ends sessions: %w", plain(err))
	}
	return &migrate.SessionsError{Database: database, Sessions: names(there), Role: role}
}

// endOthers ends sessions, or none where one of them may not be ended. It does not wait
// for that.
func (x *exchange) endOthers(ctx context.Context, there []other) error {
	if err := x.unendable(ctx, x.own.Name, there); err != nil {
		return err
	}
	for _, o := range there {
		if x.ended[o.pid] {
			continue
		}
		var ended bool
		err := x.conn.QueryRow(ctx, `SELECT coalesce(pg_catalog.bool_or(pg_catalog.pg_terminate_backend(pid)), false)
			FROM pg_catalog.pg_stat_activity WHERE pid = $1 AND datname = $2`, o.pid, x.own.Name).Scan(&ended)
		if err != nil {
			return fmt.Errorf("end %s: %w", o.text, plain(err))
		}
		if ended {
			x.ended[o.pid] = true
			x.report.Ended = append(x.report.Ended, o.text)
			x.tellf("ended %s", o.text)
		}
	}
	return nil
}
