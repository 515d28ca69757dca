//go:build failpoint

package sqlite_test

import (
	"errors"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/safemigrate/safemigrate/migrate"
)

// TestKillAtPoints kills a process at every named point of the engine: what it
// leaves is the old state or the new one, and the next process finds the lock
// free and finishes the work.
func TestKillAtPoints(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		for point, op := range map[string]string{
			"sqlite.clone.middle": "up", "sqlite.clone.written": "up", "sqlite.manifest.written": "up",
			"sqlite.manifest.renamed": "up", "sqlite.after.written": "up",
			"sqlite.clone.middle ": "revert", "sqlite.clone.written ": "revert", "sqlite.manifest.renamed ": "revert",
			"sqlite.image.sealed": "revert", "sqlite.restore.locked": "revert", "sqlite.restore.middle": "revert",
			"sqlite.restore.done":   "revert",
			"sqlite.clone.middle  ": "narrow", "sqlite.clone.written  ": "narrow", "sqlite.manifest.renamed  ": "narrow",
			"sqlite.narrow.applied": "narrow", "sqlite.narrow.sealed": "narrow", "sqlite.narrow.done": "narrow",
		} {
			t.Run(mode+" "+op+" "+point, func(t *testing.T) {
				t.Parallel()
				path := newFile(t, append([]string{"PRAGMA journal_mode=" + mode}, big...)...)
				before := contents(t, path)
				if op != "up" {
					d := openDB(t, path)
					mustUp(t, d, "b1", change)
					if op == "revert" { // by the whole file
						forgetChanges(t, path, "b1")
					}
					if err := d.Close(); err != nil {
						t.Fatal(err)
					}
				}
				old := contents(t, path)
				child := startChild(t, strings.Replace(op, "narrow", "revert", 1), path, "SAFEMIGRATE_FAILPOINT="+trim(point))
				var exit *exec.ExitError
				if err := child.Wait(); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
					t.Fatalf("the process was not killed: %v", err)
				}
				if point == "sqlite.restore.middle" && mode == "DELETE" && !exists(path+"-journal") {
					t.Error("the kill came when nothing was written yet")
				}
				want := old
				if point == "sqlite.restore.done" || point == "sqlite.narrow.done" {
					want = before
				}
				same(t, contents(t, path), want)
				finish(t, path, op, before)
			})
		}
	}
}

// big has more pages than SQLite keeps in memory, so that a half-written
// restore has reached the file.
var big = []string{shop, `CREATE TABLE bulk (x); INSERT INTO bulk SELECT randomblob(1500) FROM
	(WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) SELECT i FROM n)`}

// trim gives the point: a map has each name once, so spaces tell them apart.
func trim(point string) string { return strings.TrimRight(point, " ") }

// finish does the work again in this process.
func finish(t *testing.T, path, op, before string) {
	t.Helper()
	d := openDB(t, path)
	if err := d.Lock(t.Context(), migrate.LockRequest{Operation: op}); err != nil {
		t.Fatal(err)
	}
	if err := d.Drop(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	noLeftovers(t, path)
	if all, err := d.Snapshots(t.Context()); err != nil {
		t.Errorf("%v, %v", all, err)
	}
	if op == "up" {
		mustUp(t, d, "b2", change)
		return
	}
	if contents(t, path) == before {
		return // the runner's ledger says that there is nothing left to take back
	}
	if _, err := d.Revert(t.Context(), request(d, "r2", "b1")); err != nil {
		t.Fatal(err)
	}
	same(t, contents(t, path), before)
}
