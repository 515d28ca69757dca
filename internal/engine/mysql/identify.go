package mysql

import (
	"context"
	"errors"
	"fmt"

	"github.com/safemigrate/safemigrate/snapshot"
)

// Identify tells which database this is. Neither MariaDB nor MySQL numbers its
// databases, so the ledger's identity and the server's are what tells two apart.
func (d *DB) Identify(ctx context.Context, ledger string) (snapshot.Database, error) {
	db := snapshot.Database{Engine: "mysql", Name: d.name, Server: d.server.name(), Ledger: ledger, Address: d.options.Config.Addr}
	if !d.server.maria {
		rows, err := d.ledger.query(ctx, "SELECT @@server_uuid")
		if err != nil {
			return db, fmt.Errorf("identify the server: %w", err)
		}
		db.System = rows[0].Text(0)
	}
	return db, nil
}

func (s server) name() string {
	if s.maria {
		return "MariaDB " + s.version
	}
	return "MySQL " + s.version
}

// writable refuses a server that takes no writes, and a replica: what is written
// there is not what the source has.
func (d *DB) writable(ctx context.Context) error {
	rows, err := d.ledger.query(ctx, "SELECT @@read_only")
	if err != nil {
		return fmt.Errorf("ask whether the server takes writes: %w", err)
	}
	if rows[0].True(0) {
		return errors.New("the server is read-only (read_only is on), as a replica is: name the one that is written to")
	}
	return nil
}
