package dump

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/safemigrate/safemigrate/snapshot"
	"github.com/safemigrate/safemigrate/snapshot/store"
)

// Depot is what an engine knows of stores.
type Depot struct {
	// Store takes new snapshots; nil: they stay in the database or beside it.
	Store store.Store
	Keys  Keys
	// Reach opens the store in which an earlier snapshot lies.
	Reach func(ctx context.Context, url string) (store.Store, error)
	// Locking is for tests.
	Locking Locking
}

// Find returns the store in which a snapshot lies: the one in use, where it has
// it, so that a store can move; else the one that the manifest names.
func (d Depot) Find(ctx context.Context, m *snapshot.Manifest) (store.Store, Ref, error) {
	if m.Stored == nil {
		return nil, Ref{}, fmt.Errorf("snapshot %s is in no store", m.ID)
	}
	ref := Ref{m.ID, m.Stored.Digest}
	if d.Store != nil {
		has, err := has(ctx, d.Store, ref)
		if err != nil {
			return nil, ref, unreachable(err)
		}
		if has || d.Store.String() == m.Stored.URL || d.Reach == nil {
			return d.Store, ref, nil
		}
	}
	if d.Reach == nil {
		return nil, ref, fmt.Errorf("snapshot %s is in the store %s: %w", m.ID, m.Stored.URL, snapshot.ErrUnreachable)
	}
	st, err := d.Reach(ctx, m.Stored.URL)
	if err != nil {
		return nil, ref, unreachable(err)
	}
	return st, ref, nil
}

func unreachable(err error) error { return fmt.Errorf("%w: %w", snapshot.ErrUnreachable, err) }

func has(ctx context.Context, st store.Store, ref Ref) (bool, error) {
	for _, err := range st.List(ctx, ref.name()) {
		return err == nil, err
	}
	return false, nil
}

// Open opens a snapshot of this database, wherever it lies.
func (d Depot) Open(ctx context.Context, m *snapshot.Manifest) (*Snapshot, error) {
	st, ref, err := d.Find(ctx, m)
	if err != nil {
		return nil, err
	}
	return Open(ctx, st, ref, d.Keys)
}

// Begin begins a snapshot in the store, of which no more than most bytes are stored anew
// (0: no limit).
func (d Depot) Begin(ctx context.Context, db snapshot.Database, most int64) (*Writer, error) {
	return Begin(ctx, Options{Store: d.Store, Keys: d.Keys, Database: db, Most: most, Locking: d.Locking})
}

// Stored says of a snapshot that was committed where it is.
func (d Depot) Stored(ctx context.Context, ref Ref) (*snapshot.Stored, error) {
	m, err := readManifest(ctx, d.Store, ref)
	if err != nil {
		return nil, err
	}
	return &snapshot.Stored{URL: d.Store.String(), Digest: ref.Digest, Bytes: m.Stored, Added: m.Added}, nil
}

// WriteFile writes what r yields as one part.
func (w *Writer) WriteFile(name string, r io.Reader) error {
	p, err := w.Part(name, 0, Bytes)
	if err != nil {
		return err
	}
	_, err = io.Copy(p, r)
	return errors.Join(err, p.Close())
}

// CopyFile reads one part to its end.
func (s *Snapshot) CopyFile(ctx context.Context, to io.Writer, name string) (err error) {
	r, err := s.Read(ctx, name, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	_, err = io.Copy(to, r)
	return err //nolint:wrapcheck // the reader and the writer say what they did
}

// Strays lists the snapshots of a database in the store in use whose ID the database
// does not know: of a run that died after it had written the manifest and before the
// commit that would have referred to it. No rollback uses them.
func (d Depot) Strays(ctx context.Context, db snapshot.Database, known func(id string) bool) ([]Listed, error) {
	if d.Store == nil {
		return nil, nil
	}
	all, err := List(ctx, d.Store)
	if err != nil {
		return nil, unreachable(err)
	}
	return slices.DeleteFunc(all, func(l Listed) bool {
		of := l.Manifest.Database
		same := of.Ledger != "" && of.Ledger == db.Ledger
		if of.OID != 0 { // the first run of all made a ledger of its own, which was undone with it
			same = of.OID == db.OID && of.System == db.System
		}
		return of.Engine != db.Engine || !same || known(l.Ref.ID)
	}), nil
}

// RemoveStray removes one of them; there is nothing to do where it is none of them.
func (d Depot) RemoveStray(ctx context.Context, db snapshot.Database, id string, known func(id string) bool) error {
	strays, err := d.Strays(ctx, db, known)
	for _, l := range strays {
		if l.Ref.ID == id {
			return Remove(ctx, d.Store, l.Ref)
		}
	}
	return err
}
