package sqlite_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/sqlite"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	dangling := filepath.Join(dir, "dangling")
	if err := os.Symlink(filepath.Join(dir, "nowhere", "x"), dangling); err != nil {
		t.Fatal(err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct{ name, path, want string }{
		{"memory", ":memory:", "in memory"},
		{"shared memory", "file::memory:?cache=shared", "in memory"},
		{"no name", "", "no database file"},
		{"null byte", "a\x00b", "control character"},
		{"directory", dir, "is not a file"},
		{"missing", filepath.Join(dir, "missing.db"), "no such database file: " + filepath.Join(dir, "missing.db") + "; only the command up creates one"},
		{"missing, relative", "missing.db", "no such database file: missing.db, taken relative to the working directory, is " + filepath.Join(here, "missing.db") + "; only the command up"},
		{"missing directory", filepath.Join(dir, "no", "x.db"), "no such file"},
		{"dangling link", dangling, "no such file"},
		{"device", "/dev/null", "is not a file"},
		{"text", write("text", strings.Repeat("this is no database at all\n", 100)), "no SQLite database"},
		{"short text", write("short", "hello"), "no SQLite database"},
		{"header only", write("header", "SQLite format 3\x00"+strings.Repeat("\x00", 84)), "no SQLite database"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d, err := sqlite.Open(t.Context(), sqlite.Options{Path: c.path})
			if err == nil {
				_ = d.Close()
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want …%s…", err, c.want)
			}
		})
	}
	if _, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(dir, "missing.db")}); !errors.Is(err, sqlite.ErrMissing) {
		t.Errorf("got %v", err)
	}
	if _, err := sqlite.Open(t.Context(), sqlite.Options{Path: write("p.db", ""), Pragmas: []string{"x=1;DROP TABLE y"}}); err == nil {
		t.Error("a pragma with a statement in it was taken")
	}
}

// TestNames takes a batch up and back in files whose names mean something elsewhere.
func TestNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"with space.db", "a?b=c&d.db", "100%41.db", "quote'\"`.db", "#hash;semi.db", "ünï—code.db", "-dash", "file:x.db", "a[b]*.db"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), name)
			d := openDB(t, path)
			mustUp(t, d, "b1", "CREATE TABLE x (y); INSERT INTO x VALUES (1)")
			if _, err := d.Revert(t.Context(), request(d, "r1", "b1")); err != nil {
				t.Fatal(err)
			}
			if !exists(path) || !exists(path+".safemigrate/b1/database") {
				t.Error("the file has another name")
			}
		})
	}
}

// TestEmptyFile takes back the first batch of a new database.
func TestEmptyFile(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "new.db")
			d := openDB(t, path, "journal_mode="+strings.ToLower(mode))
			mustUp(t, d, "b1", shop)
			after := contents(t, path)
			if _, err := d.Revert(t.Context(), request(d, "r1", "b1")); err != nil {
				t.Fatal(err)
			}
			if got := contents(t, path); strings.Contains(got, "customer") {
				t.Errorf("left: %s", got)
			}
			if _, err := d.Revert(t.Context(), request(d, "u1", "r1")); err != nil {
				t.Fatal(err)
			}
			same(t, contents(t, path), after)
		})
	}
}

func TestDamagedSnapshots(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		damage func(t *testing.T, dir string)
		want   error
	}{
		{"bit in the clone", func(t *testing.T, dir string) { t.Helper(); flip(t, dir+"/database", 5000) }, snapshot.ErrDamaged},
		{"truncated clone", func(t *testing.T, dir string) { t.Helper(); truncate(t, dir+"/database", 4096) }, snapshot.ErrDamaged},
		{"empty clone", func(t *testing.T, dir string) { t.Helper(); truncate(t, dir+"/database", 0) }, snapshot.ErrDamaged},
		{"no clone", func(t *testing.T, dir string) { t.Helper(); remove(t, dir+"/database") }, snapshot.ErrDamaged},
		{"bit in the manifest", func(t *testing.T, dir string) { t.Helper(); flip(t, dir+"/manifest.json", 100) }, snapshot.ErrDamaged},
		{"truncated manifest", func(t *testing.T, dir string) { t.Helper(); truncate(t, dir+"/manifest.json", 50) }, snapshot.ErrDamaged},
		{"garbage behind the clone", func(t *testing.T, dir string) { t.Helper(); extend(t, dir+"/database") }, snapshot.ErrDamaged},
		{"a space behind the manifest", func(t *testing.T, dir string) { t.Helper(); extend(t, dir+"/manifest.json") }, snapshot.ErrDamaged},
		{"another snapshot's clone", func(t *testing.T, dir string) { t.Helper(); swap(t, dir+"/database", filepath.Dir(dir)+"/b0/database") }, snapshot.ErrDamaged},
		{"no manifest", func(t *testing.T, dir string) { t.Helper(); remove(t, dir+"/manifest.json") }, snapshot.ErrDamaged},
		{"nothing", func(t *testing.T, dir string) { t.Helper(); remove(t, dir) }, snapshot.ErrDamaged},
		{"another snapshot's manifest", func(t *testing.T, dir string) {
			t.Helper()
			text, err := os.ReadFile(filepath.Dir(dir) + "/b0/manifest.json")
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(dir+"/manifest.json", text, 0o600); err != nil {
				t.Fatal(err)
			}
		}, snapshot.ErrDamaged},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := newFile(t, shop)
			d := openDB(t, path)
			mustUp(t, d, "b0", `CREATE TABLE zero (x)`)
			mustUp(t, d, "b1", change)
			now := contents(t, path)
			c.damage(t, path+".safemigrate/b1")
			r := request(d, "r1", "b1")
			r.Decide = migrate.Discard
			if _, err := d.Revert(t.Context(), r); !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if contents(t, path) != now || exists(path+".safemigrate/r1") {
				t.Error("something changed")
			}
			noLeftovers(t, path)
			all, err := d.Snapshots(t.Context())
			if len(all) == 0 || all[0].ID != "b0" {
				t.Errorf("the whole snapshot is not listed: %v, %v", all, err)
			}
			if strings.Contains(c.name, "manifest") && !errors.Is(err, snapshot.ErrDamaged) {
				t.Errorf("the list hides the damaged one: %v", err)
			}
			for _, m := range all[1:] { // b1, where its manifest can be read
				if err := d.Verify(t.Context(), m); !errors.Is(err, snapshot.ErrDamaged) {
					t.Errorf("verify: got %v", err)
				}
			}
		})
	}
}

func TestForeignSnapshot(t *testing.T) {
	t.Parallel()
	path := newFile(t, shop)
	d := openDB(t, path)
	mustUp(t, d, "b1", change)
	r := request(d, "r1", "b1")
	r.Database.Ledger = "ledger-2"
	if _, err := d.Revert(t.Context(), r); !errors.Is(err, snapshot.ErrForeign) {
		t.Fatalf("got %v", err)
	}
}

func TestHomeRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		make func(t *testing.T, home string)
		want string
	}{
		"writable by others": {func(t *testing.T, home string) { t.Helper(); mkdir(t, home, 0o777) }, "written to by others"},
		"a symbolic link": {func(t *testing.T, home string) {
			t.Helper()
			if err := os.Symlink(t.TempDir(), home); err != nil {
				t.Fatal(err)
			}
		}, "exist"},
		"a file": {func(t *testing.T, home string) { t.Helper(); truncate(t, home, 0) }, "exist"},
		"a lock that is a link": {func(t *testing.T, home string) {
			t.Helper()
			mkdir(t, home, 0o700)
			if err := os.Symlink(filepath.Join(t.TempDir(), "x"), home+"/lock"); err != nil {
				t.Fatal(err)
			}
		}, "symbolic links"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := newFile(t, shop)
			c.make(t, path+".safemigrate")
			d := openDB(t, path)
			if err := d.Lock(t.Context(), migrate.LockRequest{}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v", err)
			}
		})
	}
}

func TestEstimate(t *testing.T) {
	t.Parallel()
	path := newFile(t, shop)
	d := openDB(t, path)
	e, err := d.Estimate(t.Context(), migrate.EstimateRequest{History: history})
	if err != nil || len(e.Blockers) != 0 || len(e.Tables) != 3 || e.Bytes < 4096 || e.Strategy != snapshot.Clone {
		t.Fatalf("%+v, %v", e, err)
	}
	// Customers, log and stock, value by value.
	for i, want := range []int64{3*3 + 3, 1 + 1 + 0 + 3 + 2, 2 + 2} {
		if e.Tables[i].Bytes != want {
			t.Errorf("%s: %d bytes, want %d", e.Tables[i].Name, e.Tables[i].Bytes, want)
		}
	}
	if err := os.Link(path, path+".second"); err != nil {
		t.Fatal(err)
	}
	e, err = d.Estimate(t.Context(), migrate.EstimateRequest{Scope: migrate.Scope{Tables: []string{"stock"}}, History: history})
	if err != nil || len(e.Blockers) != 1 || !strings.Contains(e.Blockers[0], "hard links") || len(e.Warnings) != 1 {
		t.Fatalf("%+v, %v", e, err)
	}
}

// TestDamagedDatabase has a page in the middle overwritten.
func TestDamagedDatabase(t *testing.T) {
	t.Parallel()
	path := newFile(t, shop)
	d := openDB(t, path)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	copy(b[4096:], strings.Repeat("\xff", 4096))
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	e, err := d.Estimate(t.Context(), migrate.EstimateRequest{History: history})
	if err == nil && len(e.Blockers) == 0 {
		t.Error("the estimate has no objection")
	}
	if _, err := up(t.Context(), d, "b1", migrate.Step{Transaction: true}, `CREATE TABLE z (z)`); err == nil {
		t.Error("a batch began on a damaged database")
	}
	if exists(path + ".safemigrate/b1") {
		t.Error("a snapshot of a damaged database")
	}
	noLeftovers(t, path)
}

func TestDrop(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	path := newFile(t, shop)
	d := openDB(t, path)
	mustUp(t, d, "b1", change)
	home := path + ".safemigrate"
	mkdir(t, home+"/b2.tmp", 0o700)
	mkdir(t, home+"/b3.image.tmp", 0o700)
	for _, id := range []string{"b1", "b1", "never"} {
		if err := d.Drop(ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	if exists(home + "/b1") {
		t.Error("still there")
	}
	if rows, err := d.Query(ctx, `SELECT count(*) FROM safemigrate_state`); err != nil || rows[0].Text(0) != "0" {
		t.Errorf("%v, %v", rows, err)
	}
	if err := d.Drop(ctx, ""); err != nil {
		t.Fatal(err)
	}
	noLeftovers(t, path)
	for _, id := range []string{"..", "../x", "lock", "a/b", ".", "a.tmp", "b1\x00"} {
		if err := d.Drop(ctx, id); err == nil {
			t.Errorf("%q was taken for a snapshot", id)
		}
		if _, err := d.Revert(ctx, request(d, "r1", id)); err == nil {
			t.Errorf("%q was taken for a snapshot", id)
		}
	}
}

func truncate(t *testing.T, path string, size int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Truncate(size), f.Close()); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}

func mkdir(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Mkdir(path, mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}
