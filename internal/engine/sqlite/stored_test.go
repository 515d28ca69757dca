package sqlite_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/safemigrate/safemigrate/internal/engine/sqlite"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
	"github.com/safemigrate/safemigrate/snapshot/dump"
	"github.com/safemigrate/safemigrate/snapshot/store"
	"github.com/safemigrate/safemigrate/snapshot/store/dir"
)

// depot is a store in a directory, for one test.
func depot(t *testing.T, keys dump.Keys) (dump.Depot, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "store")
	st, err := dir.Open(path, true)
	if err != nil {
		t.Fatal(err)
	}
	return dump.Depot{Store: st, Keys: keys, Locking: dump.Locking{Beat: time.Second, Patience: 20 * time.Second}}, path
}

func openStored(t *testing.T, path string, d dump.Depot) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), sqlite.Options{Path: path, Create: true, Depot: d})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return db
}

func keyPair(t *testing.T) dump.Keys {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return dump.Keys{Recipients: []age.Recipient{id.Recipient()}, Identities: []age.Identity{id}}
}

// upStored takes a snapshot into the store and applies a change, as up does.
func upStored(t *testing.T, path string, d dump.Depot, id, sql string) {
	t.Helper()
	db := openStored(t, path, d)
	if err := db.Lock(t.Context(), migrate.LockRequest{Operation: "up"}); err != nil {
		t.Fatal(err)
	}
	mustUp(t, db, id, sql)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestStoreRoundTrip(t *testing.T) {
	t.Parallel()
	for name, keys := range map[string]dump.Keys{"plain": {}, "encrypted": keyPair(t)} {
		for _, whole := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				path := newFile(t, shop)
				before := contents(t, path)
				d, _ := depot(t, keys)
				upStored(t, path, d, "b1", change)
				after := contents(t, path)
				if whole {
					forgetChanges(t, path, "b1")
				}
				clone := filepath.Join(path+".safemigrate", "b1", "database")
				if exists(clone) {
					t.Fatal("the clone stays beside the database")
				}
				// Another session, which finds the store by what the manifest says.
				db := openStored(t, path, dump.Depot{Keys: keys, Reach: func(_ context.Context, url string) (store.Store, error) {
					return dir.Open(url, false)
				}})
				all, err := db.Snapshots(t.Context())
				if err != nil || len(all) != 1 || all[0].Stored == nil || all[0].Stored.Added == 0 {
					t.Fatalf("got %+v, %v", all, err)
				}
				if err := db.Verify(t.Context(), all[0]); err != nil {
					t.Fatal(err)
				}
				if err := db.Lock(t.Context(), migrate.LockRequest{Operation: "rollback"}); err != nil {
					t.Fatal(err)
				}
				if _, err := db.Revert(t.Context(), request(db, "r1", "b1")); err != nil {
					t.Fatal(err)
				}
				same(t, contents(t, path), before)
				if _, err := db.Revert(t.Context(), request(db, "r2", "r1")); err != nil {
					t.Fatal(err)
				}
				same(t, contents(t, path), after)
				if err := db.Drop(t.Context(), "b1"); err != nil {
					t.Fatal(err)
				}
				if err := db.Close(); err != nil {
					t.Fatal(err)
				}
				if left, err := dump.List(t.Context(), d.Store); err != nil || len(left) != 0 {
					t.Fatalf("the store has %v, %v", left, err)
				}
			})
		}
	}
}

// TestStoreRefusals: what is wrong with a store is named before the file is touched.
func TestStoreRefusals(t *testing.T) {
	t.Parallel()
	keys, others := keyPair(t), keyPair(t)
	for name, c := range map[string]struct {
		harm func(root string, d *dump.Depot) error
		want error
	}{
		"no key":                {withKeys(dump.Keys{}), snapshot.ErrKey},
		"the wrong key":         {withKeys(others), snapshot.ErrKey},
		"the store is gone":     {func(root string, _ *dump.Depot) error { return os.RemoveAll(root) }, store.ErrNoStore},
		"nothing is mounted":    {emptied, snapshot.ErrUnreachable},
		"a chunk is gone":       {toEachFile("chunks", os.Remove), snapshot.ErrDamaged},
		"the manifest is gone":  {toEachFile("manifests", os.Remove), snapshot.ErrRemoved},
		"another manifest":      {toEachFile("manifests", renameDigest), snapshot.ErrDamaged},
		"a chunk is flipped":    {toEachFile("chunks", flipMiddle), snapshot.ErrDamaged},
		"a manifest is flipped": {toEachFile("manifests", flipMiddle), snapshot.ErrDamaged},
		"a chunk is empty":      {toEachFile("chunks", func(p string) error { return os.Truncate(p, 0) }), snapshot.ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := newFile(t, shop)
			d, root := depot(t, keys)
			upStored(t, path, d, "b1", change)
			now := contents(t, path)
			if err := c.harm(root, &d); err != nil {
				t.Fatal(err)
			}
			db := openStored(t, path, d)
			if err := db.Lock(t.Context(), migrate.LockRequest{Operation: "rollback"}); err != nil {
				t.Fatal(err)
			}
			for _, plan := range []bool{true, false} {
				r := request(db, "r1", "b1")
				r.PlanOnly = plan
				if _, err := db.Revert(t.Context(), r); !errors.Is(err, c.want) {
					t.Errorf("got %v, want %v", err, c.want)
				}
			}
			all, err := db.Snapshots(t.Context())
			if err != nil || len(all) != 1 {
				t.Fatalf("%v, %v", all, err)
			}
			if err := db.Verify(t.Context(), all[0]); !errors.Is(err, c.want) {
				t.Errorf("verify: got %v, want %v", err, c.want)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			same(t, contents(t, path), now)
			noLeftovers(t, path)
		})
	}
}

func withKeys(keys dump.Keys) func(root string, d *dump.Depot) error {
	return func(_ string, d *dump.Depot) error {
		d.Keys = keys
		return nil
	}
}

func toEachFile(below string, do func(path string) error) func(root string, d *dump.Depot) error {
	return func(root string, _ *dump.Depot) error {
		return filepath.WalkDir(filepath.Join(root, below), func(path string, e os.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			return do(path)
		})
	}
}

// emptied leaves a directory with nothing in it.
func emptied(root string, _ *dump.Depot) error {
	return errors.Join(os.RemoveAll(root), os.Mkdir(root, 0o700))
}

// renameDigest gives a manifest a name of another content.
func renameDigest(path string) error {
	id, _, _ := strings.Cut(filepath.Base(path), ".")
	return os.Rename(path, filepath.Join(filepath.Dir(path), id+"."+strings.Repeat("0", 64)+".json"))
}

func flipMiddle(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	text[len(text)/2] ^= 1
	return os.WriteFile(path, text, 0o600)
}

// TestDropWhereTheStoreIsBusyOrGone: neither keeps a snapshot from being pruned.
func TestDropWhereTheStoreIsBusyOrGone(t *testing.T) {
	t.Parallel()
	path := newFile(t, shop)
	d, root := depot(t, dump.Keys{})
	upStored(t, path, d, "b1", change)
	upStored(t, path, d, "b2", `CREATE TABLE later (x)`)
	drop := func(id string) {
		t.Helper()
		db := openStored(t, path, dump.Depot{Locking: d.Locking, Reach: func(_ context.Context, url string) (store.Store, error) {
			return dir.Open(url, false)
		}})
		for _, id := range []string{id, ""} {
			if err := db.Drop(t.Context(), id); err != nil {
				t.Fatalf("%q: %v", id, err)
			}
		}
		if exists(filepath.Join(path+".safemigrate", id)) {
			t.Errorf("%s stays", id)
		}
	}
	w, err := d.Begin(t.Context(), snapshot.Database{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	drop("b1")
	if all, err := dump.List(t.Context(), d.Store); err != nil || len(all) != 1 {
		t.Errorf("the store has %v, %v", all, err)
	}
	if err := w.End(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(root); err != nil {
		t.Fatal(err)
	}
	drop("b2")
}

// TestUpWithoutItsStore: a batch does not begin where its snapshot cannot be stored.
func TestUpWithoutItsStore(t *testing.T) {
	t.Parallel()
	path := newFile(t, shop)
	now := contents(t, path)
	d, root := depot(t, dump.Keys{})
	if err := os.RemoveAll(root); err != nil {
		t.Fatal(err)
	}
	db := openStored(t, path, d)
	if _, err := up(t.Context(), db, "b1", migrate.Step{Transaction: true}, change); !errors.Is(err, store.ErrNoStore) || !strings.Contains(err.Error(), "lock the store") {
		t.Fatalf("got %v", err)
	}
	if err := db.Abort(t.Context()); err != nil {
		t.Fatal(err)
	}
	same(t, contents(t, path), now)
	if all, err := db.Snapshots(t.Context()); err != nil || len(all) != 0 {
		t.Fatalf("%v, %v", all, err)
	}
}
