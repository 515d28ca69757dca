package sqlite_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/sqlite"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
	"github.com/safemigrate/safemigrate/snapshot/dump"
)

// taken is a database with two batches, for damaging their snapshots.
func taken(t *testing.T) (d *sqlite.DB, path, home string) {
	t.Helper()
	path = newFile(t, shop)
	d = openDB(t, path)
	mustUp(t, d, "b0", `CREATE TABLE zero (x)`)
	mustUp(t, d, "b1", change)
	return d, path, path + ".safemigrate"
}

// refused checks that a plan, which stops at the first thing that is wrong,
// takes the newest snapshot for damaged, or for one of a newer safemigrate.
func refused(t *testing.T, d *sqlite.DB, what string, args ...any) {
	t.Helper()
	r := request(d, "r1", "b1")
	r.PlanOnly = true
	if _, err := d.Revert(t.Context(), r); !errors.Is(err, snapshot.ErrDamaged) && !errors.Is(err, snapshot.ErrNewer) {
		t.Errorf(what+": got %v", append(args, err)...)
	}
}

// TestEveryBitOfTheManifest flips each of them, and cuts it off everywhere.
func TestEveryBitOfTheManifest(t *testing.T) {
	t.Parallel()
	d, path, home := taken(t)
	now := contents(t, path)
	damageEach(t, home+"/b1/manifest.json", func(text []byte, write func([]byte)) {
		f, err := os.OpenFile(home+"/b1/manifest.json", os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		set := func(at int, b byte) {
			if _, err := f.WriteAt([]byte{b}, int64(at)); err != nil {
				t.Fatal(err)
			}
		}
		for at, b := range text {
			for bit := range 8 {
				set(at, b^1<<bit)
				refused(t, d, "bit %d of byte %d", bit, at)
			}
			set(at, b)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		for at := range text {
			write(text[:at])
			refused(t, d, "the first %d bytes", at)
		}
	})
	same(t, contents(t, path), now)
}

// TestBitsOfTheClone flips bits, and cuts it off at the borders of pages and
// anywhere.
func TestBitsOfTheClone(t *testing.T) {
	t.Parallel()
	d, path, home := taken(t)
	now := contents(t, path)
	const page = 4096
	damageEach(t, home+"/b1/database", func(text []byte, write func([]byte)) {
		for range 500 {
			at, bit := rand.IntN(len(text)), rand.IntN(8)
			text[at] ^= 1 << bit
			write(text)
			refused(t, d, "bit %d of byte %d", bit, at)
			text[at] ^= 1 << bit
		}
		for at := 0; at < len(text); at += page {
			for _, size := range []int{max(at-1, 0), at, at + 1} {
				write(text[:size])
				refused(t, d, "the first %d bytes", size)
			}
		}
		for range 100 {
			size := rand.IntN(len(text))
			write(text[:size])
			refused(t, d, "the first %d bytes", size)
		}
		if len(text) > 3*page {
			first, last := string(text[page:2*page]), string(text[2*page:3*page])
			copy(text[page:], last)
			copy(text[2*page:], first)
			write(text)
			refused(t, d, "two pages changed places")
		}
	})
	same(t, contents(t, path), now)
}

// damageEach has a file damaged again and again, and gives it back its content.
func damageEach(t *testing.T, path string, damage func(text []byte, write func([]byte))) {
	t.Helper()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write := func(b []byte) {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	damage([]byte(string(whole)), write)
	write(whole)
}

// TestDamagedState damages the file that tells rows written since from the
// batch's: then nothing is taken out without a question.
func TestDamagedState(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(t *testing.T, file, other string){
		"bit":             func(t *testing.T, file, _ string) { t.Helper(); flip(t, file, 3) },
		"last bit":        func(t *testing.T, file, _ string) { t.Helper(); flip(t, file, 15) },
		"empty":           func(t *testing.T, file, _ string) { t.Helper(); truncate(t, file, 0) },
		"half a hash":     func(t *testing.T, file, _ string) { t.Helper(); truncate(t, file, 12) },
		"longer":          func(t *testing.T, file, _ string) { t.Helper(); extend(t, file) },
		"gone":            func(t *testing.T, file, _ string) { t.Helper(); remove(t, file) },
		"another batch's": func(t *testing.T, file, other string) { t.Helper(); swap(t, file, other) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, path, home := taken(t)
			must(t, app(t, path), `INSERT INTO added VALUES (9, 9)`)
			damage(t, stateFile(t, home+"/b1"), stateFile(t, home+"/b0"))
			report, err := d.Revert(t.Context(), request(d, "r1", "b1"))
			if _, ok := errors.AsType[*migrate.UndecidedError](err); !ok {
				t.Fatalf("got %v", err)
			}
			checkLosses(t, report, map[string][2]int64{"added": {-1, -1}})
		})
	}
}

func stateFile(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(dir + "/after-*")
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	return files[0]
}

// TestReplayedSnapshot puts another whole snapshot in a snapshot's place: one
// of the same name that was valid once, and that of another batch.
func TestReplayedSnapshot(t *testing.T) {
	t.Parallel()
	t.Run("older, of the same name", func(t *testing.T) {
		t.Parallel()
		path := newFile(t, shop)
		d := openDB(t, path)
		s := stepwise{t, d}
		s.take()
		old := t.TempDir() + "/old"
		if err := os.CopyFS(old, os.DirFS(path+".safemigrate/b1")); err != nil {
			t.Fatal(err)
		}
		s.do(d.Abort(t.Context()))
		must(t, app(t, path), `DELETE FROM customer`)
		mustUp(t, d, "b1", change)
		now := contents(t, path)
		remove(t, path+".safemigrate/b1")
		if err := os.CopyFS(path+".safemigrate/b1", os.DirFS(old)); err != nil {
			t.Fatal(err)
		}
		refused(t, d, "replayed")
		all, err := d.Snapshots(t.Context())
		if err != nil || len(all) != 1 {
			t.Fatalf("%v, %v", all, err)
		}
		if err := d.Verify(t.Context(), all[0]); !errors.Is(err, snapshot.ErrDamaged) {
			t.Errorf("verify: got %v", err)
		}
		same(t, contents(t, path), now)
	})
	t.Run("another batch's", func(t *testing.T) {
		t.Parallel()
		d, _, home := taken(t)
		swap(t, home+"/b0", home+"/b1")
		refused(t, d, "exchanged")
	})
	t.Run("a rollback's", func(t *testing.T) {
		t.Parallel()
		d, path, home := taken(t)
		if _, err := d.Revert(t.Context(), request(d, "r1", "b1")); err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(path+".kept", os.DirFS(home+"/r1")); err != nil {
			t.Fatal(err)
		}
		must(t, app(t, path), `UPDATE safemigrate_state SET doc = json_set(doc, '$.snapshot', 'another') WHERE id = 'r1'`)
		if _, err := d.Revert(t.Context(), request(d, "u1", "r1")); !errors.Is(err, snapshot.ErrDamaged) {
			t.Fatalf("got %v", err)
		}
	})
}

// TestDamagedBetween takes two batches back where the clone of the newer one,
// which only serves the counting, is damaged.
func TestDamagedBetween(t *testing.T) {
	t.Parallel()
	d, path, home := taken(t)
	now := contents(t, path)
	flip(t, home+"/b1/database", 5000)
	r := request(d, "r1", "b1", "b0")
	r.Decide = migrate.Discard
	if _, err := d.Revert(t.Context(), r); !errors.Is(err, snapshot.ErrDamaged) {
		t.Fatalf("got %v", err)
	}
	same(t, contents(t, path), now)
}

// TestManifestListsTables wants the tables of the user in it, and nothing else.
func TestManifestListsTables(t *testing.T) {
	t.Parallel()
	d := openDB(t, filepath.Join(t.TempDir(), "new.db"))
	mustUp(t, d, "b0", `CREATE TABLE one (x); INSERT INTO one VALUES (1), (2)`)
	mustUp(t, d, "b1", `CREATE TABLE two (x)`)
	all, err := d.Snapshots(t.Context())
	if err != nil || len(all) != 2 || len(all[0].Tables) != 0 || len(all[1].Tables) != 1 {
		t.Fatalf("%+v, %v", all, err)
	}
	if one := all[1].Tables[0]; one.Name != "one" || one.Rows != 2 || all[1].Rows() != 2 {
		t.Errorf("%+v", one)
	}
	if err := verifyAll(t, d); err != nil {
		t.Error(err)
	}
}

// TestVerifyFindsADamagedPage: what was wrong with a page of an index when the snapshot was
// taken, so that every byte and every row is as it was then, SQLite's own check finds.
func TestVerifyFindsADamagedPage(t *testing.T) {
	t.Parallel()
	const size = 4096
	stored, _ := depot(t, dump.Keys{})
	for name, where := range map[string]dump.Depot{"beside the file": {}, "in a store": stored} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := newFile(t, "CREATE TABLE words (w TEXT); CREATE INDEX by_w ON words (w); INSERT INTO words VALUES ('alpha'), ('beta'), ('gamma')")
			file, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			const page = 2 // the third; the table has the second
			at := bytes.Index(file[page*size:], []byte("gamma"))
			if at < 0 {
				t.Fatal("the index has another page")
			}
			upStored(t, path, where, "b1", "CREATE TABLE other (x)")
			flip(t, path, page*size+at)
			upStored(t, path, where, "b2", "CREATE TABLE more (x)")
			d := openStored(t, path, where)
			all, err := d.Snapshots(t.Context())
			if err != nil || len(all) != 2 {
				t.Fatalf("%d snapshots, %v", len(all), err)
			}
			if err := d.Verify(t.Context(), all[0]); err != nil {
				t.Errorf("of the time before: %v", err)
			}
			if err := d.Verify(t.Context(), all[1]); !errors.Is(err, snapshot.ErrDamaged) || !strings.Contains(err.Error(), "integrity_check: ") {
				t.Errorf("got %v", err)
			}
		})
	}
}
