package storetest

import (
	"testing"
	"time"

	"github.com/safemigrate/safemigrate/snapshot"
	"github.com/safemigrate/safemigrate/snapshot/dump"
	"github.com/safemigrate/safemigrate/snapshot/store"
)

// Commit ends a snapshot of strategy dump, and opens it.
func Commit(tb testing.TB, w *dump.Writer, st store.Store, keys dump.Keys) *dump.Snapshot {
	tb.Helper()
	m := &snapshot.Manifest{Format: snapshot.Format, ID: "s1", Strategy: snapshot.Dump, TakenAt: time.Now().UTC(), Tables: []snapshot.Table{}}
	if err := m.Close(); err != nil {
		tb.Fatal(err)
	}
	ref, err := w.Commit(m)
	if err != nil {
		tb.Fatal(err)
	}
	s, err := dump.Open(tb.Context(), st, ref, keys)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}
