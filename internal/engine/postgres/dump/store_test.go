package dump_test

import (
	"errors"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/dump"
	"github.com/safemigrate/safemigrate/snapshot"
	stored "github.com/safemigrate/safemigrate/snapshot/dump"
	"github.com/safemigrate/safemigrate/snapshot/store/memory"
)

// committed ends a dump in a store, and opens it.
func committed(t *testing.T, w *stored.Writer, st *memory.Store, keys stored.Keys) dump.FromStore {
	t.Helper()
	m := &snapshot.Manifest{Format: snapshot.Format, ID: "s1", Strategy: snapshot.Dump, TakenAt: time.Now().UTC(), Tables: []snapshot.Table{}}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	ref, err := w.Commit(m)
	if err != nil {
		t.Fatal(err)
	}
	s, err := stored.Open(t.Context(), st, ref, keys)
	if err != nil {
		t.Fatal(err)
	}
	return dump.FromStore{Snapshot: s}
}

// TestPartThatIsAFile: what a manifest calls a file is not taken for a table's rows.
func TestPartThatIsAFile(t *testing.T) {
	t.Parallel()
	ctx, st := t.Context(), &memory.Store{}
	w, err := stored.Begin(ctx, stored.Options{Store: st})
	if err != nil {
		t.Fatal(err)
	}
	defer w.End()
	part, err := w.Part("public.t", 0, stored.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write([]byte("1\n")); err != nil {
		t.Fatal(err)
	}
	if err := part.Close(); err != nil {
		t.Fatal(err)
	}
	from := committed(t, w, st, stored.Keys{})
	if _, err := from.Part(ctx, dump.Table{Schema: "public", Name: "t"}, 0); !errors.Is(err, dump.ErrDamaged) {
		t.Errorf("got %v", err)
	}
}
