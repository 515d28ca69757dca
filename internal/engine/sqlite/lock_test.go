package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate/internal/engine/sqlite"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot/store/dir"
)

func TestLock(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	path := newFile(t, shop)
	link := filepath.Join(filepath.Dir(path), "other name.db")
	if err := os.Symlink("app.db", link); err != nil {
		t.Fatal(err)
	}
	a, b := openDB(t, path), openDB(t, link)
	if err := a.Lock(ctx, migrate.LockRequest{Operation: "up"}); err != nil {
		t.Fatal(err)
	}
	started := time.Now()
	err := b.Lock(ctx, migrate.LockRequest{Operation: "rollback", Wait: 200 * time.Millisecond})
	var locked *migrate.LockedError
	if !errors.As(err, &locked) || !strings.Contains(locked.Holder, fmt.Sprintf("safemigrate up, pid %d on ", os.Getpid())) {
		t.Fatalf("got %v", err)
	}
	if waited := time.Since(started); waited < 200*time.Millisecond || waited > time.Minute {
		t.Errorf("waited %s", waited)
	}
	if err := b.Drop(ctx, ""); !errors.As(err, &locked) {
		t.Errorf("leftovers of a running process: got %v", err)
	}
	cancelled, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	if err := b.Lock(cancelled, migrate.LockRequest{Wait: time.Hour}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("cancelled: got %v", err)
	}
	unlocked := make(chan error, 1)
	time.AfterFunc(100*time.Millisecond, func() { unlocked <- a.Unlock(ctx) })
	if err := b.Lock(ctx, migrate.LockRequest{Operation: "rollback", Wait: time.Minute}); err != nil {
		t.Fatal(err)
	}
	if err := <-unlocked; err != nil {
		t.Error(err)
	}
	if err := b.Unlock(ctx); err != nil {
		t.Fatal(err)
	}
	if err := b.Unlock(ctx); err != nil {
		t.Errorf("a second time: %v", err)
	}
	info, err := os.Stat(path + ".safemigrate")
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if exists(link + ".safemigrate") {
		t.Error("the other name has a directory of its own")
	}
}

// TestLockOfDeadHolder kills a process that holds the lock and an open batch.
func TestLockOfDeadHolder(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			deadHolder(t, mode)
		})
	}
}

func deadHolder(t *testing.T, mode string) {
	t.Helper()
	path := newFile(t, "PRAGMA journal_mode="+mode, shop)
	before := contents(t, path)
	child := startChild(t, "hold", path)
	d := openDB(t, path, "busy_timeout=50")
	err := d.Lock(t.Context(), migrate.LockRequest{Operation: "up", Wait: 50 * time.Millisecond})
	var locked *migrate.LockedError
	if !errors.As(err, &locked) || !strings.Contains(locked.Holder, fmt.Sprintf("pid %d ", child.Process.Pid)) {
		t.Fatalf("got %v", err)
	}
	// Without our lock, as the plain tool is, the file's own keeps us out.
	if err := d.Begin(t.Context(), migrate.Step{Transaction: true}); !errors.As(err, &locked) {
		t.Fatalf("begin: got %v", err)
	}
	same(t, contents(t, path), before)
	kill(t, child)
	if err := d.Lock(t.Context(), migrate.LockRequest{Operation: "up", Wait: time.Second}); err != nil {
		t.Fatal(err)
	}
	if contents(t, path) != before {
		t.Error("something changed")
	}
	mustUp(t, d, "b2", change)
}

// TestTwoAtOnce starts two batches at once, again and again: one at a time.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	path := newFile(t, shop)
	for range 10 {
		var all sync.WaitGroup
		var inside, won atomic.Int64
		for range 3 {
			all.Go(func() {
				d, err := sqlite.Open(context.Background(), sqlite.Options{Path: path})
				if err != nil {
					t.Error(err)
					return
				}
				defer func() { _ = d.Close() }()
				if d.Lock(context.Background(), migrate.LockRequest{Operation: "up"}) != nil {
					return
				}
				if inside.Add(1) != 1 {
					t.Error("two hold the lock")
				}
				won.Add(1)
				time.Sleep(time.Millisecond)
				inside.Add(-1)
			})
		}
		all.Wait()
		if won.Load() == 0 {
			t.Error("nobody got the lock")
		}
	}
}

// TestBusy has the application hold the file's own lock.
func TestBusy(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			path := newFile(t, "PRAGMA journal_mode="+mode, shop)
			other := app(t, path)
			d := openDB(t, path, "busy_timeout=100")
			must(t, other, "BEGIN IMMEDIATE")
			_, err := up(t.Context(), d, "b1", migrate.Step{Transaction: true}, change)
			var locked *migrate.LockedError
			if !errors.As(err, &locked) {
				t.Fatalf("got %v", err)
			}
			must(t, other, "COMMIT")
			mustUp(t, d, "b1", change)
			must(t, other, "BEGIN IMMEDIATE")
			if _, err := d.Revert(t.Context(), request(d, "r1", "b1")); !errors.As(err, &locked) {
				t.Fatalf("revert: got %v", err)
			}
			must(t, other, "COMMIT")
		})
	}
}

const (
	childMode = "SAFEMIGRATE_SQLITE_TEST_MODE"
	childPath = "SAFEMIGRATE_SQLITE_TEST_PATH"
	// childLimit is the size in bytes that no file may exceed.
	childLimit = "SAFEMIGRATE_SQLITE_TEST_LIMIT"
	childStore = "SAFEMIGRATE_TEST_CHILD_STORE"
)

func TestMain(m *testing.M) {
	if mode := os.Getenv(childMode); mode != "" {
		if err := runChild(mode, os.Getenv(childPath)); err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// runChild is what this binary does when a test starts it as another process.
func runChild(mode, path string) error {
	ctx := context.Background()
	if limit, err := strconv.ParseUint(os.Getenv(childLimit), 10, 64); err == nil {
		if err := limitFiles(limit); err != nil {
			return err
		}
	}
	o := sqlite.Options{Path: path}
	if at := os.Getenv(childStore); at != "" {
		st, err := dir.Open(at, false)
		if err != nil {
			return err
		}
		o.Depot.Store = st
	}
	d, err := sqlite.Open(ctx, o)
	if err != nil {
		return err
	}
	if err := d.Lock(ctx, migrate.LockRequest{Operation: mode, Wait: 10 * time.Second}); err != nil {
		return err
	}
	switch mode {
	case "hold":
		err = errors.Join(d.Begin(ctx, migrate.Step{Transaction: true}), runAll(ctx, d, change))
		fmt.Println("ready")
		time.Sleep(time.Hour)
	case "up":
		_, err = up(ctx, d, "b1", migrate.Step{Transaction: true}, change)
	case "revert":
		r := request(d, "r1", "b1")
		r.Decide = migrate.Discard
		_, err = d.Revert(ctx, r)
	}
	return errors.Join(err, d.Close())
}

// startChild starts this binary as another process, which it kills at the
// test's end. For "hold" it waits until the process is ready.
func startChild(t *testing.T, mode, path string, env ...string) *exec.Cmd {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), append(env, childMode+"="+mode, childPath+"="+path)...)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill() })
	if mode == "hold" {
		line := make([]byte, 6)
		if _, err := out.Read(line); err != nil || string(line) != "ready\n" {
			t.Fatalf("the process says %q, %v", line, err)
		}
	}
	return c
}

func kill(t *testing.T, c *exec.Cmd) {
	t.Helper()
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait() // it was killed
}
