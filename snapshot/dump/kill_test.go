//go:build failpoint && unix

package dump_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/safemigrate/safemigrate/internal/durable"
	"github.com/safemigrate/safemigrate/internal/failpoint"
	"github.com/safemigrate/safemigrate/snapshot/dump"
	"github.com/safemigrate/safemigrate/snapshot/store/dir"
)

// childStore names the store in which a child process of these tests works.
const childStore = "SAFEMIGRATE_TEST_DUMP_STORE"

var killedParts = []part{{"t", 0, dump.Rows, rows(0, 100)}, {"u", 0, dump.Rows, rows(7, 50)}, {"f", 0, dump.Bytes, noise(3, 3<<20)}}

// TestKillChild is the process that dies: it writes one snapshot, removes the
// one before it, and sweeps.
func TestKillChild(t *testing.T) {
	path := os.Getenv(childStore)
	if path == "" {
		return // not a child
	}
	st, err := dir.Open(path, false)
	if err != nil {
		t.Fatal(err)
	}
	write(t, st, "s2", dump.Keys{}, killedParts)
	old, err := dump.Find(t.Context(), st, "s1")
	if err != nil {
		t.Fatal(err)
	}
	if err := dump.Remove(t.Context(), st, old.Ref); err != nil {
		t.Fatal(err)
	}
	if _, err := dump.Sweep(t.Context(), st, dump.SweepOptions{Locking: quick}); err != nil {
		t.Fatal(err)
	}
}

// TestKill kills the process at each point of this package, and at each passing
// of it: what is listed afterwards is whole, and the next run works.
func TestKill(t *testing.T) {
	t.Parallel()
	points := slices.DeleteFunc(failpoint.Names(), func(name string) bool {
		return !strings.HasPrefix(name, "dump.") || strings.HasPrefix(name, "dump.postgres.")
	})
	if len(points) < 8 {
		t.Fatalf("only %d points", len(points))
	}
	for _, point := range points {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			for passing := 1; ; passing++ {
				if !killedAt(t, point, passing) {
					if passing == 1 {
						t.Fatal("the point is not passed")
					}
					return
				}
			}
		})
	}
}

// killedAt reports whether the child was killed: it was not where it passes the
// point less often.
func killedAt(t *testing.T, point string, passing int) bool {
	t.Helper()
	path := t.TempDir()
	st, err := dir.Open(path, false)
	if err != nil {
		t.Fatal(err)
	}
	first := []part{{"t", 0, dump.Rows, rows(0, 100)}, {"old", 0, dump.Bytes, noise(9, 2<<20)}}
	ref := write(t, st, "s1", dump.Keys{}, first)
	c := exec.Command(os.Args[0], "-test.run=^TestKillChild$")
	c.Env = append(os.Environ(), childStore+"="+path, fmt.Sprintf("SAFEMIGRATE_FAILPOINT=%s#%d", point, passing))
	out, err := c.CombinedOutput()
	var exit *exec.ExitError
	killed := errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL
	if err != nil && !killed {
		t.Fatalf("%v\n%s", err, out)
	}
	all, err := dump.List(t.Context(), st)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range all {
		parts := killedParts
		if l.Ref == ref {
			parts = first
		}
		check(t, st, l.Ref, dump.Keys{}, parts)
	}
	if len(all) == 0 {
		t.Fatal("no snapshot is left")
	}
	check(t, st, write(t, st, "s3", dump.Keys{}, killedParts), dump.Keys{}, killedParts)
	unlock(t, st)
	if _, err := dump.Sweep(t.Context(), st, dump.SweepOptions{Locking: quick}); err != nil {
		t.Fatal(err)
	}
	noTemporaries(t, path)
	return killed
}

func noTemporaries(t *testing.T, path string) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(path, "*", "*", "*.tmp"))
	if err != nil || len(found) > 0 {
		t.Errorf("leftovers: %v, %v", found, err)
	}
}

// TestEveryDurableCallFails makes each call on the disk fail in turn, in each
// way, while a snapshot is written into a directory.
func TestEveryDurableCallFails(t *testing.T) {
	t.Parallel()
	old := []part{{"t", 0, dump.Rows, rows(0, 100)}}
	fresh := []part{{"t", 0, dump.Rows, rows(0, 100)}, {"u", 0, dump.Rows, rows(7, 50)}, {"f", 0, dump.Bytes, noise(3, 3000)}}
	for _, errno := range []syscall.Errno{syscall.ENOSPC, syscall.EIO, syscall.EACCES} {
		t.Run(errno.Error(), func(t *testing.T) {
			t.Parallel()
			met := map[durable.Fault]int{}
			for nth := int64(1); ; nth++ {
				path := t.TempDir()
				st, err := dir.Open(path, false)
				if err != nil {
					t.Fatal(err)
				}
				first := write(t, st, "s1", dump.Keys{}, old)
				var call atomic.Int64
				durable.SetFault(path, func(what durable.Fault, _ string) error {
					if call.Add(1) != nth {
						return nil
					}
					met[what]++
					return errno
				})
				ref, err := tryWrite(t, st, "s2", dump.Keys{}, fresh)
				durable.SetFault(path, nil)
				if err != nil && !errors.Is(err, errno) {
					t.Fatalf("the error does not tell the cause: %v", err)
				}
				survivors(t, st, dump.Keys{}, first, old, ref, err, fresh)
				check(t, st, write(t, st, "s3", dump.Keys{}, fresh), dump.Keys{}, fresh)
				noTemporaries(t, path)
				if call.Load() < nth {
					break
				}
			}
			for _, what := range []durable.Fault{durable.FaultMakeDir, durable.FaultCreate, durable.FaultWrite, durable.FaultSync,
				durable.FaultRename, durable.FaultSyncDir, durable.FaultRemove} {
				if met[what] == 0 {
					t.Errorf("no call to %s failed", what)
				}
			}
		})
	}
}
