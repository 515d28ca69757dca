//go:build unix

package sqlite

import (
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/safemigrate/safemigrate/migrate"
)

// TestUnlockWhileAProgramStarts: a program that is being started has a copy of every open
// file until it runs. A lock that was given back is free all the same.
func TestUnlockWhileAProgramStarts(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.db")
	var sessions [2]*DB
	for i := range sessions {
		d, err := Open(t.Context(), Options{Path: path, Create: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		})
		sessions[i] = d
	}
	if err := sessions[0].Lock(t.Context(), migrate.LockRequest{Operation: "up"}); err != nil {
		t.Fatal(err)
	}
	starting, err := unix.Dup(int(sessions[0].held.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(starting)
	if err := sessions[0].Unlock(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := sessions[1].Lock(t.Context(), migrate.LockRequest{Operation: "rollback"}); err != nil {
		t.Errorf("a lock that was given back: %v", err)
	}
}
