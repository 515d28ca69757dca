package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/safemigrate/safemigrate/snapshot/dump"
	"github.com/safemigrate/safemigrate/snapshot/store"
)

// DB is one session on one database file. It satisfies migrate.Target, and is
// for one goroutine at a time.
type DB struct {
	link
	path     string // the file, free of symbolic links
	given    string // as the URL has it
	readOnly bool
	created  bool        // the file was made by this session
	due      bool        // there were migrations to apply
	opened   os.FileInfo // of the file, to know it again
	home     home
	held     *os.File // the lock, while it is held
	settings map[string]string
	batch    *batch // what the snapshot of the running batch saw
	keysOff  bool   // the open transaction runs without foreign keys
	keys     *violations
	depot    dump.Depot
	fetched  []string               // snapshots whose clones are here only for this session
	swept    map[string]store.Store // stores from which this session removed snapshots
}

// Open connects to a database file. A missing one is ErrMissing, unless it is
// to be created; what is no database, or damaged, is an error here.
func Open(ctx context.Context, o Options) (*DB, error) {
	pragmas, err := o.pragmas()
	if err != nil {
		return nil, err
	}
	path, exists, err := resolve(o.Path)
	if err != nil {
		return nil, err
	}
	created := false
	if !exists {
		if created, err = create(path, o); err != nil {
			return nil, err
		}
	}
	l, write, err := open(ctx, path, o.ReadOnly)
	if err != nil {
		return nil, err
	}
	d := &DB{link: *l, path: path, given: o.Path, readOnly: !write, created: created, depot: o.Depot, home: home(path + ".safemigrate")}
	if err := d.start(ctx, pragmas); err != nil {
		return nil, errors.Join(explain("open "+o.Path, err), d.Close()) //nolint:contextcheck // ending needs no permission
	}
	return d, nil
}

// create makes the file, and reports whether it was this process that did.
func create(path string, o Options) (created bool, err error) {
	if !o.Create || o.ReadOnly {
		return false, missing(path, o.Path)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o644) //nolint:gosec // as SQLite makes it: other users of the application may read it
	if errors.Is(err, fs.ErrExist) {
		return false, nil // somebody else was quicker
	}
	if err != nil {
		return false, fmt.Errorf("create the database: %w", err)
	}
	if err := f.Close(); err != nil {
		return false, fmt.Errorf("create the database: %w", err)
	}
	return true, nil
}

// open falls back to reading where the file cannot be written to: status and
// plan work there, and up says why it does not.
func open(ctx context.Context, path string, reading bool) (l *link, write bool, err error) {
	if !reading {
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		switch {
		case err == nil:
			write, err = true, f.Close()
			if err != nil {
				return nil, false, fmt.Errorf("open the database: %w", err)
			}
		case !errors.Is(err, fs.ErrPermission) && !isReadOnlyFS(err):
			return nil, false, fmt.Errorf("open the database: %w", err)
		}
	}
	a := readOnly
	if write {
		a = readWrite
	}
	l, err = connect(ctx, path, a)
	return l, write, err
}

// start reads the file for the first time.
func (d *DB) start(ctx context.Context, pragmas []pragma) (err error) {
	if d.opened, err = os.Stat(d.path); err != nil {
		return fmt.Errorf("look at the database: %w", err)
	}
	pages, err := d.number(ctx, "PRAGMA page_count")
	if err != nil {
		return err
	}
	if err := d.set(ctx, pragmas, pages == 0 && !d.readOnly); err != nil {
		return err
	}
	if _, err := d.number(ctx, "SELECT count(*) FROM sqlite_schema"); err != nil {
		return err
	}
	if err := adoptIndex(d.path); err != nil {
		return err
	}
	d.settings, err = d.readSettings(ctx)
	return err
}

// Close ends the session: an open transaction is undone, a held lock is free.
// A closed session can be closed again.
func (d *DB) Close() error {
	if d.c == nil {
		return nil
	}
	ctx := context.Background()
	err := errors.Join(d.Abort(ctx), d.Unlock(ctx))
	if d.created && d.due { // with nothing to apply an empty file is the result
		err = errors.Join(err, d.removeUnused(ctx))
	}
	err = errors.Join(err, d.close())
	d.c = nil
	return err
}

// inTransaction reports whether a transaction is open.
func (l *link) inTransaction() bool { return !l.c.GetAutocommit() }
