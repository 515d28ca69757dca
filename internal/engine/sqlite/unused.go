package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ncruces/go-sqlite3"

	"github.com/safemigrate/safemigrate/migrate"
)

// removeUnused removes the file that this session made, with the directory
// beside it, where nothing was ever written to it: a failed first up leaves no
// trace. It does so while nobody else can use either.
func (d *DB) removeUnused(ctx context.Context) error {
	if d.Lock(ctx, migrate.LockRequest{Operation: "clean up"}) != nil {
		return nil //nolint:nilerr // somebody else is at work, or nothing can be locked here at all
	}
	empty, err := d.alone(ctx)
	if err != nil || !empty {
		return errors.Join(err, d.Unlock(ctx))
	}
	// Where open files cannot be removed, an empty one stays: it harms nobody.
	_ = os.Remove(d.path)
	_ = os.Remove(filepath.Join(string(d.home), lockName))
	err = errors.Join(d.Unlock(ctx), explain("close", d.Exec(ctx, "ROLLBACK")))
	_ = os.Remove(string(d.home)) // not, where something else lies in it
	return err
}

// alone reports whether the file holds nothing and nobody else is connected to
// it as far as SQLite tells; then an exclusive transaction is open.
func (d *DB) alone(ctx context.Context) (bool, error) {
	if err := d.Exec(ctx, "PRAGMA busy_timeout=0"); err != nil {
		return false, explain("set the time to wait", err)
	}
	// Connections to a file in WAL mode are in the way of leaving it.
	mode, err := d.text(ctx, "PRAGMA main.journal_mode")
	if err == nil && mode == "wal" {
		err = d.Exec(ctx, "PRAGMA main.journal_mode=DELETE")
	}
	if err == nil {
		err = d.Exec(ctx, "BEGIN EXCLUSIVE")
	}
	if errors.Is(err, sqlite3.BUSY) {
		return false, nil
	}
	if err != nil {
		return false, explain("look whether the file was used", err)
	}
	n, err := d.number(ctx, "SELECT count(*) FROM main.sqlite_schema")
	if err != nil || n > 0 {
		return false, errors.Join(err, d.Exec(ctx, "ROLLBACK"))
	}
	return true, nil
}

// errReplaced says that a lock or a database has another file's name now.
var errReplaced = errors.New("the database file was replaced since it was opened: run the command again")

// unmoved makes sure that a name still leads to the file that was opened.
func unmoved(path string, opened os.FileInfo) error {
	now, err := os.Stat(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("look at %s: %w", path, err)
	}
	if err != nil || !os.SameFile(now, opened) {
		return errReplaced
	}
	return nil
}
