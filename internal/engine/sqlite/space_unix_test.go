//go:build unix

package sqlite_test

import (
	"os/signal"
	"strconv"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestNoSpace has the disk end at every place of a batch and of a taking back:
// the processes may write no file beyond a limit, which rises until they are
// through. What fails leaves everything as it was.
func TestNoSpace(t *testing.T) {
	t.Parallel()
	path := newFile(t, shop, `CREATE TABLE bulk (x); INSERT INTO bulk SELECT randomblob(900) FROM
		(WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) SELECT i FROM n)`)
	before := contents(t, path)
	failed := untilThrough(t, path, "up", before)
	after := contents(t, path)
	failed += untilThrough(t, path, "revert", after)
	same(t, contents(t, path), before)
	if failed < 6 {
		t.Errorf("only %d failures", failed)
	}
}

// untilThrough raises the limit until the work succeeds.
func untilThrough(t *testing.T, path, mode, untouched string) (failed int) {
	t.Helper()
	for limit := 4 << 10; ; limit += 24 << 10 {
		child := startChild(t, mode, path, childLimit+"="+strconv.Itoa(limit))
		if child.Wait() == nil {
			return failed
		}
		failed++
		same(t, contents(t, path), untouched)
		noLeftovers(t, path)
		if exists(path+".safemigrate/b1") && mode == "up" || exists(path+".safemigrate/r1") {
			t.Errorf("%s with at most %d bytes: the snapshot of a failure is there", mode, limit)
		}
		if limit > 4<<20 {
			t.Fatal("it never succeeds")
		}
	}
}

// limitFiles has every write beyond so many bytes of a file fail.
func limitFiles(bytes uint64) error {
	signal.Ignore(syscall.SIGXFSZ)
	return unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: bytes, Max: bytes})
}
