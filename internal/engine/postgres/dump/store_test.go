package dump_test

import (
	"errors"
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/dump"
	stored "github.com/safemigrate/safemigrate/snapshot/dump"
	"github.com/safemigrate/safemigrate/snapshot/store/memory"
	"github.com/safemigrate/safemigrate/snapshot/store/storetest"
)

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
	from := dump.FromStore{Snapshot: storetest.Commit(t, w, st, stored.Keys{})}
	if _, err := from.Part(ctx, dump.Table{Schema: "public", Name: "t"}, 0); !errors.Is(err, dump.ErrDamaged) {
		t.Errorf("got %v", err)
	}
}
