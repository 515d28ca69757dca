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
