package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/safemigrate/safemigrate/migrate"
)

// inUse is the SQLSTATE of an answer that names other sessions as the reason.
const inUse = "55006"

// longestAlone bounds the wait for sessions that are about to end anyway; the server's
// own is as long.
const longestAlone = 5 * time.Second

// othersQuery lists who is connected to a database. A worker of the server's own has no
// role, and gives way; what another role's session does is hidden from an ordinary one.
const othersQuery = `SELECT 'server process ' || a.pid || ' (user ' || pg_catalog.quote_ident(a.usename) ||
		CASE WHEN coalesce(a.application_name, '') = '' THEN ', no application name' ELSE ', application "' || a.application_name || '"' END ||
		', ' || coalesce(a.state, 'state hidden from this role') || ')'
	FROM pg_catalog.pg_stat_activity a WHERE a.datname = $1 AND a.pid <> pg_catalog.pg_backend_pid() AND a.usename IS NOT NULL
	UNION ALL SELECT 'prepared transaction ' || pg_catalog.quote_literal(gid) || ' (user ' || pg_catalog.quote_ident(owner) || ')'
	FROM pg_catalog.pg_prepared_xacts WHERE database = $1`

// others lists the sessions that are connected to a database beside this one.
func (d *DB) others(ctx context.Context, database string) ([]string, error) {
	// Within a transaction the server shows who was there at the first look.
	if err := d.Exec(ctx, `SELECT pg_catalog.pg_stat_clear_snapshot()`); err != nil {
		return nil, fmt.Errorf("look who is connected: %w", err)
	}
	found, err := d.Query(ctx, othersQuery, database)
	if err != nil {
		return nil, fmt.Errorf("look who is connected: %w", err)
	}
	var all []string
	for _, r := range found {
		all = append(all, r.Text(0))
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
			return &migrate.SessionsError{Database: database, Sessions: there}
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
		there = []string{"a session that has ended meanwhile: " + cause.Error()}
	}
	return &migrate.SessionsError{Database: database, Sessions: there}
}
