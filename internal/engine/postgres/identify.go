package postgres

import (
	"context"
	"fmt"
	"strconv"

	"github.com/safemigrate/safemigrate/snapshot"
)

// Identify tells which database this is. The cluster's system identifier is
// left out where the server hides it; the ledger's identity remains.
func (d *DB) Identify(ctx context.Context, ledger string) (snapshot.Database, error) {
	rows, err := d.Query(ctx, `SELECT pg_catalog.current_database(), oid, pg_catalog.current_setting('server_version')
		FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()`)
	if err != nil || len(rows) == 0 {
		return snapshot.Database{}, fmt.Errorf("identify the database: %w", err)
	}
	oid, err := strconv.ParseUint(rows[0].Text(1), 10, 32)
	if err != nil {
		return snapshot.Database{}, fmt.Errorf("identify the database: %w", err)
	}
	lineage, err := d.standsFor(ctx, uint32(oid))
	if err != nil {
		return snapshot.Database{}, fmt.Errorf("identify the database: %w", err)
	}
	db := snapshot.Database{
		Engine: "postgresql", Name: rows[0].Text(0), OID: lineage, Ledger: ledger,
		Server: "PostgreSQL " + rows[0].Text(2), Address: address(d.conn.Config()),
	}
	if d.conn.PgConn().TxStatus() == 'I' {
		// Outside a transaction a refusal does no harm.
		if rows, err := d.Query(ctx, `SELECT system_identifier FROM pg_catalog.pg_control_system()`); err == nil && len(rows) == 1 {
			db.System = rows[0].Text(0)
		}
	}
	return db, nil
}
