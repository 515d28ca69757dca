//go:build failpoint && unix

package killtest

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/safemigrate/safemigrate/internal/durable"
	"github.com/safemigrate/safemigrate/internal/testpg"
)

// TestStoreThatTakesNothing: a store that is full or may not be written to, from the first
// or from some call on, is named before the first statement, by its own words and with the
// way on; the database is not touched, and nothing in the store is taken for a snapshot.
// From what is in it all can be read.
func TestStoreThatTakesNothing(t *testing.T) {
	t.Parallel()
	source := write(t, map[string]string{"000001_phone.up.sql": addPhone, "000002_gone.up.sql": "DELETE FROM orders; DROP TABLE legacy;"})
	s := newStage(t, newPostgres(t, testpg.Start(t), false), source)
	s.must(t, 0, "up", "1")
	before := s.fingerprint(t)
	store := filepath.Join(t.TempDir(), "store")
	up := []string{"up", "--strategy", "dump", "--store", store, "--jobs", "2"}
	fails := func(errno syscall.Errno, call durable.Fault, below string) {
		durable.SetFault(store, func(what durable.Fault, path string) error {
			if (call == "" || what == call) && strings.HasPrefix(path, filepath.Join(store, below)) {
				return errno
			}
			return nil
		})
	}
	t.Cleanup(func() { durable.SetFault(store, nil) })
	const room, right = "make room in the store", "check the URL of the store"
	for _, c := range []struct {
		errno      syscall.Errno
		call       durable.Fault // "": any
		below      string
		says, hint string
	}{
		{syscall.EROFS, durable.FaultMakeDir, "", "the store refused access", right},
		{syscall.ENOSPC, durable.FaultMakeDir, "", "the store is full", "check the URL of the store"}, // there is none yet
		{syscall.ENOSPC, durable.FaultMakeDir, "locks", "the store is full", room},
		{syscall.EROFS, "", "locks", "the store refused access", right},
		{syscall.EACCES, durable.FaultCreate, "chunks", "the store refused access", right},
		{syscall.ENOSPC, durable.FaultWrite, "chunks", "the store is full", room},
		{syscall.EDQUOT, durable.FaultSync, "chunks", "the store is full", room},
		{syscall.ENOSPC, durable.FaultRename, "manifests", "the store is full", room},
		{syscall.EIO, durable.FaultSyncDir, "manifests", "input/output error", "no migration runs without a way back"},
		{syscall.EIO, durable.FaultRemove, "locks", "input/output error", "no migration runs without a way back"},
	} {
		fails(c.errno, c.call, c.below)
		e := s.must(t, 6, up...)
		durable.SetFault(store, nil)
		for _, want := range []string{c.says, "state: the database was not changed", c.hint} {
			if !strings.Contains(e.stderr, want) {
				t.Errorf("%s of %s below %q: %q is not said:\n%s", c.errno, c.call, c.below, want, e.stderr)
			}
		}
		if strings.Contains(e.stderr, "canceled") || strings.Contains(e.stdout+e.stderr, "apply ") {
			t.Errorf("%s of %s below %q:\n%s", c.errno, c.call, c.below, e)
		}
		if s.fingerprint(t) != before {
			t.Fatalf("%s of %s below %q: the database is not what it was", c.errno, c.call, c.below)
		}
		if left, err := filepath.Glob(filepath.Join(store, "manifests", "*")); err != nil || len(left) > 0 {
			t.Errorf("%s of %s below %q: %q is left, %v", c.errno, c.call, c.below, left, err)
		}
	}
	fails(syscall.EROFS, "", "")
	if e := s.must(t, 6, "plan", "--strategy", "dump", "--store", store); !strings.Contains(e.stdout, "the store cannot be written to") {
		t.Errorf("plan:\n%s", e)
	}
	durable.SetFault(store, nil)
	s.must(t, 0, up...)
	fails(syscall.EROFS, "", "")
	for _, command := range [][]string{{"snapshot", "list", "--store", store}, {"snapshot", "verify", "--store", store, "--shares", "2", "--level", "checksums"}, {"snapshot", "verify"}, {"rollback"}} {
		s.must(t, 0, command...)
	}
	if s.fingerprint(t) != before {
		t.Error("the database is not what it was before the batch")
	}
}
