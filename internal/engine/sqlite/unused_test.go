package sqlite_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate/internal/engine/sqlite"
	"github.com/safemigrate/safemigrate/migrate"
)

// TestFailedFirstUp has the first batch of a new file fail: neither the file
// nor the directory beside it is left, unless somebody else has a use for them.
func TestFailedFirstUp(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		for _, c := range []struct {
			name      string
			meanwhile func(t *testing.T, path string)
			stays     bool
		}{
			{"nobody else", func(*testing.T, string) {}, false},
			{"a table of somebody else", func(t *testing.T, path string) { t.Helper(); must(t, app(t, path), `CREATE TABLE theirs (x)`) }, true},
			{"somebody else reads", func(t *testing.T, path string) {
				t.Helper()
				must(t, app(t, path), `PRAGMA busy_timeout=0; BEGIN; SELECT count(*) FROM sqlite_schema`)
			}, true},
			{"another session has the lock", func(t *testing.T, path string) {
				t.Helper()
				if err := openDB(t, path).Lock(t.Context(), migrate.LockRequest{}); err != nil {
					t.Fatal(err)
				}
			}, true},
			{"a file of somebody else", func(t *testing.T, path string) { t.Helper(); truncate(t, path+".safemigrate/note", 1) }, false},
		} {
			t.Run(c.name+" "+mode, func(t *testing.T) {
				t.Parallel()
				path := filepath.Join(t.TempDir(), "new.db")
				d, err := sqlite.Open(t.Context(), sqlite.Options{Path: path, Create: true, Pragmas: []string{"journal_mode=" + mode}})
				if err != nil {
					t.Fatal(err)
				}
				s := stepwise{t, d}
				s.do(d.Lock(t.Context(), migrate.LockRequest{Operation: "up"}))
				if _, err := up(t.Context(), d, "b1", migrate.Step{Transaction: true}, `CREATE TABLE x (y); SELEKT 1`); err == nil {
					t.Fatal("the batch did not fail")
				}
				s.do(d.Unlock(t.Context()))
				c.meanwhile(t, path)
				s.do(d.Close())
				if exists(path) != c.stays {
					t.Errorf("the file is there: %v", !c.stays)
				}
				left, err := filepath.Glob(filepath.Dir(path) + "/*")
				if !c.stays && !strings.HasPrefix(c.name, "a file") && (err != nil || len(left) > 0) {
					t.Errorf("left: %v, %v", left, err)
				}
				if strings.HasPrefix(c.name, "a file") && !exists(path+".safemigrate/note") {
					t.Error("somebody else's file is gone")
				}
			})
		}
	}
}

// TestFileStays has sessions end that did not make the file, wrote to it, or
// had nothing to do.
func TestFileStays(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "empty.db")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	filled := filepath.Join(t.TempDir(), "filled.db")
	idle := filepath.Join(t.TempDir(), "idle.db")
	for _, path := range []string{empty, filled, idle} {
		d, err := sqlite.Open(t.Context(), sqlite.Options{Path: path, Create: true})
		if err != nil {
			t.Fatal(err)
		}
		switch path {
		case filled:
			mustUp(t, d, "b1", `CREATE TABLE x (y)`)
		case empty:
			if err := runAll(t.Context(), d, `SELEKT 1`); err == nil {
				t.Error("no error")
			}
		}
		if err := d.Close(); err != nil || !exists(path) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestLockOfRemovedFile waits for a session that then removes the file it had
// made: a lock on what has no name any more is none.
func TestLockOfRemovedFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new.db")
	first, err := sqlite.Open(t.Context(), sqlite.Options{Path: path, Create: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Lock(t.Context(), migrate.LockRequest{Operation: "up"}); err != nil {
		t.Fatal(err)
	}
	if _, err := first.Split(migrate.Migration{Text: "SELEKT 1"}); err != nil {
		t.Fatal(err)
	}
	second := openDB(t, path)
	got := make(chan error, 1)
	go func() { got <- second.Lock(t.Context(), migrate.LockRequest{Operation: "up", Wait: 20 * time.Second}) }()
	time.Sleep(200 * time.Millisecond)
	if err := first.Unlock(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-got; err != nil {
		t.Fatalf("a lock that is free: %v", err)
	}
	if err := second.Unlock(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := second.Lock(t.Context(), migrate.LockRequest{}); err == nil || !strings.Contains(err.Error(), "replaced since it was opened") {
		t.Fatalf("got %v", err)
	}
}
