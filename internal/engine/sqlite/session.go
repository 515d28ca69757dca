package sqlite

import (
	"context"
	"os"
	"os/user"
	"path/filepath"

	"github.com/safemigrate/safemigrate/internal/client"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

var _ migrate.Target = (*DB)(nil)

// Identify tells which database this is.
func (d *DB) Identify(ctx context.Context, ledger string) (snapshot.Database, error) {
	version, err := d.text(ctx, "SELECT sqlite_version()")
	if err != nil {
		return snapshot.Database{}, explain("ask for the version", err)
	}
	return snapshot.Database{
		Engine: "sqlite", Name: filepath.Base(d.path), Address: d.given, Server: "SQLite " + version, Ledger: ledger,
	}, nil
}

// EndOrphan has nothing to end: a process that died takes its connection, its
// locks and its open transaction with it.
func (d *DB) EndOrphan(context.Context, migrate.Batch) (string, error) { return "", nil }

// Actor names this session for the ledger.
func (d *DB) Actor() migrate.Actor {
	a := migrate.Actor{PID: os.Getpid(), Host: client.Host()}
	if u, err := user.Current(); err == nil {
		a.User = u.Username
	}
	return a
}
