package dump_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/safemigrate/safemigrate/snapshot/dump"
	"github.com/safemigrate/safemigrate/snapshot/store"
	"github.com/safemigrate/safemigrate/snapshot/store/memory"
)

// TestSnapshotThatBecomesTooLarge stops before more is stored than may be, and takes away
// what it has stored, but for what others need, or while somebody else is at work.
func TestSnapshotThatBecomesTooLarge(t *testing.T) {
	t.Parallel()
	const most = 3 << 20
	st := &memory.Store{}
	write(t, st, "s1", dump.Keys{}, some())
	before, _ := chunksIn(t, st)
	try := func() error {
		w, err := dump.Begin(t.Context(), dump.Options{Store: st, Database: shop, Most: most, Locking: quick})
		if err != nil {
			t.Fatal(err)
		}
		p, err := w.Part("database", 0, dump.Bytes)
		if err == nil {
			_, err = p.Write(append(noise(1, 2<<20+17), noise(2, 8<<20)...)) // the first of it is there
		}
		if err == nil {
			err = p.Close()
		}
		if err == nil {
			_, err = w.Commit(manifest(t, "s2"))
		}
		if end := w.End(); end != nil {
			t.Errorf("its end: %v", end)
		}
		return err
	}
	larger, ok := errors.AsType[*dump.LargerError](try())
	if !ok || larger.Bytes <= most || larger.Most != most {
		t.Fatalf("%+v", larger)
	}
	if after, _ := chunksIn(t, st); !slices.Equal(after, before) {
		t.Errorf("the store has %d chunks, and had %d", len(after), len(before))
	}
	other, err := dump.Begin(t.Context(), dump.Options{Store: st, Database: shop, Locking: quick})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := errors.AsType[*dump.LargerError](try()); !ok {
		t.Error("it is not too large beside another one")
	}
	if after, bytes := chunksIn(t, st); len(after) <= len(before) || bytes > most+3<<20 {
		t.Errorf("the store has %d chunks of %d bytes, and had %d", len(after), bytes, len(before))
	}
	if err := other.End(); err != nil {
		t.Error(err)
	}
}

// chunksIn lists the chunks of a store, and how many bytes they are.
func chunksIn(t *testing.T, st store.Store) (names []string, bytes int64) {
	t.Helper()
	for e, err := range st.List(t.Context(), "chunks/") {
		if err != nil {
			t.Fatal(err)
		}
		names, bytes = append(names, e.Name), bytes+e.Size
	}
	slices.Sort(names)
	return names, bytes
}
