//go:build failpoint && unix

package killtest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/safemigrate/safemigrate/internal/durable"
	"github.com/safemigrate/safemigrate/internal/testpg"
)

// spoilt has calls on the disk of a store fail for as long as the work lasts.
func spoilt(store string, errno syscall.Errno, which func(call durable.Fault, nth int64) bool, work func()) {
	var n atomic.Int64
	durable.SetFault(store, func(call durable.Fault, _ string) error {
		if which(call, n.Add(1)) {
			return errno
		}
		return nil
	})
	defer durable.SetFault(store, nil)
	work()
}

func TestStoreThatFailsProbe(t *testing.T) {
	server := testpg.Start(t)
	source := write(t, map[string]string{"000001_phone.up.sql": addPhone, "000002_gone.up.sql": "DELETE FROM orders; DROP TABLE legacy;"})
	s := newStage(t, newPostgres(t, server, false), source)
	store := filepath.Join(t.TempDir(), "store")
	s.must(t, 0, "up", "1")
	up := []string{"up", "--strategy", "dump", "--store", store, "--jobs", "2"}
	before := s.fingerprint(t)
	try := func(name string, errno syscall.Errno, which func(call durable.Fault, nth int64) bool, command ...string) {
		spoilt(store, errno, which, func() {
			e := s.run(t, command...)
			t.Logf("== %s: %d\n%s", name, e.code, e.stderr+e.stdout)
		})
	}
	all := func(durable.Fault, int64) bool { return true }
	try("read-only, missing", syscall.EROFS, all, up...)
	os.Mkdir(store, 0o700)
	try("read-only", syscall.EROFS, all, up...)
	try("no access", syscall.EACCES, all, up...)
	for _, c := range []durable.Fault{durable.FaultMakeDir, durable.FaultCreate, durable.FaultWrite, durable.FaultSync, durable.FaultRename, durable.FaultSyncDir} {
		try("full "+string(c), syscall.ENOSPC, func(call durable.Fault, n int64) bool { return call == c }, up...)
	}
	try("remove", syscall.EIO, func(call durable.Fault, n int64) bool { return call == durable.FaultRemove }, up...)
	if s.fingerprint(t) != before { t.Log("changed") }
	if left, _ := filepath.Glob(store+"/*/*"); len(left) > 0 { t.Log(strings.Join(left, " ")) }
	s.run(t, "rollback", "--discard-writes")
	e := s.run(t, up...)
	t.Log(e)
	for _, c := range [][]string{{"snapshot", "list", "--store", store}, {"snapshot", "verify"}, {"snapshot", "verify", "--store", store}, {"snapshot", "verify", "--store", store, "--level", "checksums", "--shares", "2"}, {"snapshot", "pin", "1", "--store", store},
		{"snapshot", "prune", "--keep-last", "3", "--store", store}, {"rollback", "--discard-writes"}, {"rollback", "--undo"}} {
		try(strings.Join(c, " "), syscall.EROFS, all, c...)
	}
	_ = slices.Contains[[]string]
}
