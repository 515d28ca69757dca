package sqlite_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate/migrate"
)

// TestKillAnyTime kills a taking back at random times: the file then holds the
// old state or the new one, to the last row.
func TestKillAnyTime(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		for _, whole := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, whole file %t", mode, whole), func(t *testing.T) {
				t.Parallel()
				path := newFile(t, "PRAGMA journal_mode="+mode, shop, `CREATE TABLE bulk (x); INSERT INTO bulk SELECT randomblob(1500) FROM
				(WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) SELECT i FROM n)`)
				before := contents(t, path)
				d := openDB(t, path)
				mustUp(t, d, "b1", change)
				if whole {
					forgetChanges(t, path, "b1")
				}
				after := contents(t, path)
				started := time.Now()
				if err := startChild(t, "revert", path).Wait(); err != nil {
					t.Fatal(err)
				}
				whole := time.Since(started)
				undo(t, path, 6)
				clean(t, path)
				ends := map[bool]int{}
				for i := range 6 {
					child := startChild(t, "revert", path)
					time.Sleep(rand.N(whole * 5 / 4))
					kill(t, child)
					switch got := contents(t, path); got {
					case before:
						ends[true]++
						undo(t, path, i)
					case after:
						ends[false]++
					default:
						t.Fatalf("neither the old nor the new state")
					}
					clean(t, path)
				}
				t.Logf("%d times back, %d times not", ends[true], ends[false])
			})
		}
	}
}

// undo brings the newer version back.
func undo(t *testing.T, path string, i int) {
	t.Helper()
	d := openDB(t, path)
	if _, err := d.Revert(t.Context(), request(d, "u"+string(rune('a'+i)), "r1")); err != nil {
		t.Fatal(err)
	}
}

// clean removes the quarantine of a killed run, so that the next can have its name.
func clean(t *testing.T, path string) {
	t.Helper()
	d := openDB(t, path)
	if err := d.Lock(t.Context(), migrate.LockRequest{Wait: time.Second}); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"r1", ""} {
		if err := d.Drop(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Unlock(t.Context()); err != nil {
		t.Fatal(err)
	}
}
