//go:build failpoint

package sqlite_test

import (
	"errors"
	"os/exec"
	"slices"
	"syscall"
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/sqlite"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
	"github.com/safemigrate/safemigrate/snapshot/dump"
)

// TestKillWithStore kills a process that works with a store, at every named
// point of the way to it and from it: the file holds the old state or the new
// one, what is listed here is whole in the store, and the next run works.
func TestKillWithStore(t *testing.T) {
	t.Parallel()
	for point, op := range map[string]string{
		"dump.locked": "up", "dump.chunk.stored": "up", "dump.stored": "up", "dump.readback": "up", "dump.marked": "up", "dump.manifest.stored": "up",
		"sqlite.stored": "up", "sqlite.manifest.written": "up", "sqlite.manifest.renamed": "up", "sqlite.after.written": "up",
		"sqlite.fetched": "revert", "dump.locked#1": "revert", "dump.manifest.stored#1": "revert", "sqlite.narrow.done": "revert",
	} {
		t.Run(op+" "+point, func(t *testing.T) {
			t.Parallel()
			path := newFile(t, shop)
			before := contents(t, path)
			d, root := depot(t, dump.Keys{})
			if op == "revert" {
				upStored(t, path, d, "b1", change)
			}
			old := contents(t, path)
			child := startChild(t, op, path, "SAFEMIGRATE_FAILPOINT="+point, childStore+"="+root)
			var exit *exec.ExitError
			if err := child.Wait(); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
				t.Fatalf("the process was not killed: %v", err)
			}
			want := old
			if point == "sqlite.narrow.done" {
				want = before
			}
			same(t, contents(t, path), want)
			db := openStored(t, path, d)
			all, err := db.Snapshots(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range all {
				if err := db.Verify(t.Context(), m); err != nil {
					t.Errorf("what is listed: %v", err)
				}
			}
			if err := db.Lock(t.Context(), migrate.LockRequest{Operation: op}); err != nil {
				t.Fatal(err)
			}
			dropStrays(t, db, d, all)
			switch {
			case op == "up":
				mustUp(t, db, "b2", change)
			case want != before:
				if _, err := db.Revert(t.Context(), request(db, "r2", "b1")); err != nil {
					t.Fatal(err)
				}
				same(t, contents(t, path), before)
			}
		})
	}
}

// dropStrays has what the store holds and no manifest here refers to found, and removed
// by its ID, and nothing else: what is listed here is not among it.
func dropStrays(t *testing.T, db *sqlite.DB, d dump.Depot, listed []*snapshot.Manifest) {
	t.Helper()
	identity, err := db.Identify(t.Context(), "ledger-1")
	if err != nil {
		t.Fatal(err)
	}
	strays, err := db.Strays(t.Context(), identity)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range strays {
		if slices.ContainsFunc(listed, func(m *snapshot.Manifest) bool { return m.ID == s.ID }) {
			t.Errorf("%s is listed, and a stray", s.ID)
		}
		if err := db.DropStray(t.Context(), identity, s.ID); err != nil {
			t.Fatal(err)
		}
	}
	stored, err := dump.List(t.Context(), d.Store)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range stored {
		if !slices.ContainsFunc(listed, func(m *snapshot.Manifest) bool { return m.ID == l.Ref.ID }) {
			t.Errorf("%s is in the store, nothing here refers to it, and it was not found", l.Ref.ID)
		}
	}
}
