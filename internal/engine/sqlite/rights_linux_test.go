package sqlite_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/safemigrate/safemigrate/internal/engine/sqlite"
	"github.com/safemigrate/safemigrate/migrate"
)

// TestWithoutRights works as a user who may read, but not write. Rights are
// those of one thread, so that the test means the same when root runs it.
func TestWithoutRights(t *testing.T) {
	t.Parallel()
	path := newFile(t, "PRAGMA journal_mode=DELETE", shop)
	for _, dir := range []string{filepath.Dir(path), filepath.Dir(filepath.Dir(path))} {
		if err := os.Chmod(dir, 0o555); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Chmod(dir, 0o755) })
	}
	if err := os.Chmod(path, 0o444); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		runtime.LockOSThread() // the thread ends with the test
		if err := unix.Setfsuid(65534); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := unix.Setfsuid(0); err != nil {
				t.Error(err)
			}
		})
	}
	d, err := sqlite.Open(t.Context(), sqlite.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	e, err := d.Estimate(t.Context(), migrate.EstimateRequest{History: history})
	if err != nil || len(e.Blockers) == 0 || !strings.Contains(e.Blockers[0], "cannot be written to") {
		t.Errorf("estimate: %+v, %v", e, err)
	}
	if err := d.Lock(t.Context(), migrate.LockRequest{}); err == nil {
		t.Error("a lock where nothing can be written")
	}
	if all, err := d.Snapshots(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("snapshots: %v, %v", all, err)
	}
	if err := d.Begin(t.Context(), migrate.Step{}); err == nil {
		t.Error("a transaction where nothing can be written")
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}
