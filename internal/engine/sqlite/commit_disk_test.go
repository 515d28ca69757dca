package sqlite

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"

	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// brokenDisk fails when a journal is deleted, which is the moment of a commit:
// once before that is done, or after it.
type brokenDisk struct {
	vfs.VFSFilename
	before, after *atomic.Bool
}

// Delete is called by SQLite.
func (b brokenDisk) Delete(name string, syncDir bool) error {
	if strings.HasSuffix(name, "-journal") && b.before.CompareAndSwap(true, false) {
		return sqlite3.IOERR_DELETE
	}
	err := b.VFSFilename.Delete(name, syncDir)
	if err == nil && strings.HasSuffix(name, "-journal") && b.after.Load() {
		return sqlite3.IOERR_DIR_FSYNC
	}
	return err
}

// TestCommitOnBrokenDisk has the disk fail in the moment of the commit: only
// where the file then holds the work, or cannot be read, is the result unknown.
func TestCommitOnBrokenDisk(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"before", "after"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := context.Background()
			whole, ok := vfs.Find("").(vfs.VFSFilename)
			if !ok {
				t.Fatal("the driver's file system has another form")
			}
			disk := brokenDisk{VFSFilename: whole, before: new(atomic.Bool), after: new(atomic.Bool)}
			vfs.Register("broken-"+name, disk)
			t.Cleanup(func() { vfs.Unregister("broken-" + name) })
			d := openOn(t, filepath.Join(t.TempDir(), "a.db"), "broken-"+name)
			if err := errors.Join(d.Exec(ctx, "CREATE TABLE t (x)"), d.Begin(ctx, migrate.Step{Transaction: true})); err != nil {
				t.Fatal(err)
			}
			if _, err := d.Take(ctx, migrate.SnapshotRequest{ID: "b1", Database: snapshot.Database{Engine: "sqlite"}}); err != nil {
				t.Fatal(err)
			}
			if err := d.Exec(ctx, "CREATE TABLE made (x)"); err != nil {
				t.Fatal(err)
			}
			if _, err := d.Guard(ctx, "b1", true); err != nil {
				t.Fatal(err)
			}
			disk.before.Store(name == "before")
			disk.after.Store(name == "after")
			err := d.Commit(ctx)
			disk.before.Store(false)
			disk.after.Store(false)
			_, unknown := errors.AsType[*migrate.UnknownCommitError](err)
			n, readErr := d.number(ctx, "SELECT count(*) FROM sqlite_schema WHERE name = 'made'")
			t.Log(err, n)
			if err == nil || readErr != nil || unknown != (n > 0) {
				t.Fatalf("unknown %v, %d tables made; %v, %v", unknown, n, err, readErr)
			}
			if unknown != (name == "after") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func openOn(t *testing.T, path, disk string) *DB {
	t.Helper()
	d, err := Open(t.Context(), Options{Path: path, Create: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.close(); err != nil {
		t.Fatal(err)
	}
	c, err := sqlite3.Open("file:" + filepath.ToSlash(path) + "?vfs=" + disk)
	if err != nil {
		t.Fatal(err)
	}
	d.c = c
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}
