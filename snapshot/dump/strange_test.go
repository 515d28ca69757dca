package dump_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate/snapshot"
	"github.com/safemigrate/safemigrate/snapshot/dump"
	"github.com/safemigrate/safemigrate/snapshot/store"
	"github.com/safemigrate/safemigrate/snapshot/store/memory"
)

// TestExportStaysInside: a part is named by whoever wrote the snapshot, and no name leads
// out of the directory that a person named, or makes a part of the export.
func TestExportStaysInside(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"../outside", "/outside", "in/side", "..", ".hidden", "Database", "a\\b", ""} {
		st := &memory.Store{}
		ref := write(t, st, "s1", dump.Keys{}, []part{{"database", 0, dump.Bytes, []byte("x")}, {name, 0, dump.Bytes, []byte("y")}})
		s, err := dump.Open(t.Context(), st, ref, dump.Keys{})
		if err != nil {
			t.Fatal(err)
		}
		above := t.TempDir()
		to := filepath.Join(above, "to")
		if _, err := dump.Export(t.Context(), s, to); err == nil {
			t.Errorf("%q is exported", name)
		}
		for dir, want := range map[string]int{above: 1, to: 0} {
			if found, err := os.ReadDir(dir); err != nil || len(found) != want {
				t.Errorf("%q: %s holds %v, %v", name, filepath.Base(dir), found, err)
			}
		}
	}
}

// bent is a store on something that bends names, sizes or times.
type bent struct {
	store.Store

	name func(string) string
	size int64         // more than there is
	ago  time.Duration // what is written seems so old
}

func (b bent) Put(ctx context.Context, name string, r io.Reader) error {
	return b.Store.Put(ctx, b.name(name), r)
}

func (b bent) PutNew(ctx context.Context, name string, r io.Reader) error {
	return b.Store.PutNew(ctx, b.name(name), r)
}

func (b bent) Get(ctx context.Context, name string) (io.ReadCloser, error) {
	return b.Store.Get(ctx, b.name(name))
}

func (b bent) Remove(ctx context.Context, name string) error {
	return b.Store.Remove(ctx, b.name(name))
}

func (b bent) List(ctx context.Context, prefix string) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		for e, err := range b.Store.List(ctx, prefix) {
			e.Size += b.size
			if !strings.HasPrefix(e.Name, "locks/") { // which tell the time
				e.Time = e.Time.Add(-b.ago)
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

func same(name string) string { return name }

// TestFileSystemWithoutCase: one that takes upper and lower case for the same holds
// everything apart, also where it hands names out in lower case.
func TestFileSystemWithoutCase(t *testing.T) {
	t.Parallel()
	for name, keys := range map[string]dump.Keys{"plain": {}, "encrypted": identity(t)} {
		inner := &memory.Store{}
		st := bent{Store: inner, name: strings.ToLower}
		first, second := write(t, st, "s1", keys, some()), write(t, st, "s2", keys, some()[:2])
		for e, err := range inner.List(t.Context(), "") {
			if err != nil || e.Name != strings.ToLower(e.Name) {
				t.Errorf("%s: %s, %v", name, e.Name, err)
			}
		}
		check(t, st, first, keys, some())
		check(t, st, second, keys, some()[:2])
	}
}

// TestStoreThatLiesAboutSizes: what a listing says is compared, and what is read is
// judged by itself.
func TestStoreThatLiesAboutSizes(t *testing.T) {
	t.Parallel()
	for _, more := range []int64{-1, 1, 1 << 40} {
		inner := &memory.Store{}
		ref := write(t, inner, "s1", dump.Keys{}, some())
		st := bent{Store: inner, name: same, size: more}
		if _, err := dump.Verify(t.Context(), st, ref, dump.VerifyOptions{Level: dump.LevelSizes}); !errors.Is(err, snapshot.ErrDamaged) {
			t.Errorf("%+d: verified by sizes: %v", more, err)
		}
		check(t, st, ref, dump.Keys{}, some())
		check(t, st, write(t, st, "s2", dump.Keys{}, some()[:2]), dump.Keys{}, some()[:2])
	}
}

// TestClockThatJumps: chunks whose store's clock was ahead are not swept, and one that
// was far behind costs no snapshot a chunk that it needs.
func TestClockThatJumps(t *testing.T) {
	t.Parallel()
	for name, ago := range map[string]time.Duration{"ahead": -1000 * time.Hour, "behind": 1000 * time.Hour} {
		inner := &memory.Store{}
		ref := write(t, inner, "s1", dump.Keys{}, some())
		gone := write(t, inner, "s0", dump.Keys{}, []part{{"f", 0, dump.Bytes, noise(9, 5000)}})
		if err := dump.Remove(t.Context(), inner, gone); err != nil {
			t.Fatal(err)
		}
		st := bent{Store: inner, name: same, ago: ago}
		swept, err := dump.Sweep(t.Context(), st, dump.SweepOptions{Grace: dump.DefaultGrace, Locking: quick})
		if want := map[string]int{"behind": 1}[name]; err != nil || swept.Chunks != want {
			t.Errorf("%s: %d chunks were swept, want %d; %v", name, swept.Chunks, want, err)
		}
		check(t, st, ref, dump.Keys{}, some())
	}
}

// TestRemovedWhileItIsRead: a snapshot whose chunks go under its reader is said to be removed
// where it is, and damaged where it should be there.
func TestRemovedWhileItIsRead(t *testing.T) {
	t.Parallel()
	for removed, want := range map[bool]error{true: snapshot.ErrRemoved, false: snapshot.ErrDamaged} {
		st := &memory.Store{}
		write(t, st, "s0", dump.Keys{}, some())
		ref := write(t, st, "s1", dump.Keys{}, []part{{"f", 0, dump.Bytes, noise(3, 4<<20)}})
		s, err := dump.Open(t.Context(), st, ref, dump.Keys{})
		if err != nil {
			t.Fatal(err)
		}
		r, err := s.Read(t.Context(), "f", 0)
		if err == nil {
			_, err = io.ReadFull(r, make([]byte, 1000))
		}
		if err == nil && removed {
			err = dump.Remove(t.Context(), st, ref)
		}
		for _, o := range s.Manifest.Objects {
			err = errors.Join(err, st.Remove(t.Context(), o.Name()))
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, r); !errors.Is(err, want) || errors.Is(err, snapshot.ErrDamaged) == removed {
			t.Errorf("removed %t: %v", removed, err)
		}
	}
}
