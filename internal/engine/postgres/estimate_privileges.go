package postgres

import (
	"context"
	"fmt"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/migrate"
)

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
