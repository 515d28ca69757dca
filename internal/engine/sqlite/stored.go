package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/safemigrate/safemigrate/internal/durable"
	"github.com/safemigrate/safemigrate/internal/failpoint"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
	"github.com/safemigrate/safemigrate/snapshot/dump"
	"github.com/safemigrate/safemigrate/snapshot/store"
)

// A snapshot in a store has its manifest beside the database like any other; the
// clone itself is there only while a session works with it.

// deposit puts a clone that was read back into the store, and names it in the
// manifest. A crash leaves it in the store and nowhere here: nobody uses it.
func (d *DB) deposit(ctx context.Context, file string, m *snapshot.Manifest) (err error) {
	w, err := d.depot.Begin(ctx, m.Database, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.End()) }() //nolint:contextcheck // the writer has its own
	f, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("read the copy: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := w.WriteFile(cloneName, f); err != nil {
		return err
	}
	ref, err := w.Commit(m) //nolint:contextcheck // the writer has its own
	if err != nil {
		return err
	}
	stored, err := d.depot.Stored(ctx, ref)
	if err != nil {
		return err
	}
	failpoint.Hit("sqlite.stored")
	d.fetched = append(d.fetched, m.ID)
	// What is in the store is sealed; the manifest here says the same, and where.
	m.Stored = stored
	return m.Close()
}

// knownSnapshots tells of which snapshots there are manifests here.
func (d *DB) knownSnapshots() (func(id string) bool, error) {
	ids, err := d.home.ids()
	return func(id string) bool { return slices.Contains(ids, id) }, err
}

// record has the store note of which snapshots there are manifests here.
func (d *DB) record(ctx context.Context) error {
	known, err := d.knownSnapshots()
	if err != nil {
		return err
	}
	return d.depot.Record(ctx, known)
}

// Strays lists the snapshots of this database in the store of which there is no manifest
// here: a run died before it was, or the directory beside the database is another one.
func (d *DB) Strays(ctx context.Context, db snapshot.Database) ([]migrate.PrunedSnapshot, error) {
	known, err := d.knownSnapshots()
	if err != nil {
		return nil, err
	}
	found, err := d.depot.Strays(ctx, db, known)
	out := make([]migrate.PrunedSnapshot, len(found))
	for i, l := range found {
		out[i] = migrate.PrunedSnapshot{ID: l.Ref.ID, Tag: l.Manifest.Tag, Bytes: l.Manifest.Added}
	}
	return out, err
}

// DropStray removes one of them.
func (d *DB) DropStray(ctx context.Context, db snapshot.Database, id string) error {
	known, err := d.knownSnapshots()
	if err != nil {
		return err
	}
	return d.depot.RemoveStray(ctx, db, id, known)
}

// fetch brings the clones of snapshots that are in a store to where the others
// lie. A clone that a dead session left there is as good: its checksum is
// compared before anything is made of it.
func (d *DB) fetch(ctx context.Context, m *snapshot.Manifest) error {
	if m.Stored == nil {
		return nil
	}
	file := filepath.Join(d.home.dir(m.ID), cloneName)
	d.fetched = append(d.fetched, m.ID)
	sum, _, err := sumFile(ctx, file, nil)
	if err == nil && sum == m.Parts[cloneName] {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	err = durable.Write(file, func(w io.Writer) error { return d.download(ctx, m, w) })
	if err != nil {
		return fmt.Errorf("fetch snapshot %s: %w", m.ID, err)
	}
	failpoint.Hit("sqlite.fetched")
	return nil
}

// download reads a clone from its store, every byte checked.
func (d *DB) download(ctx context.Context, m *snapshot.Manifest, to io.Writer) error {
	s, err := d.depot.Open(ctx, m)
	if err != nil {
		return err
	}
	if in := s.Contents.Snapshot; in.Database != m.Database || in.Parts[cloneName] != m.Parts[cloneName] {
		return fmt.Errorf("%w: %s: the store has another one", snapshot.ErrDamaged, m.ID)
	}
	return s.CopyFile(ctx, to, cloneName)
}

// verifyStored reads a clone from its store into a scratch file, as a restore
// would, and has SQLite check all of it.
func (d *DB) verifyStored(ctx context.Context, m *snapshot.Manifest) (err error) {
	f, err := os.CreateTemp(string(d.home), "verify-*"+durable.TempSuffix)
	if err != nil {
		return fmt.Errorf("make a scratch file: %w", err)
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	if err := errors.Join(d.download(ctx, m, f), f.Close()); err != nil {
		return err
	}
	sum, _, err := sumFile(ctx, f.Name(), nil)
	if err == nil && sum != m.Parts[cloneName] {
		err = errors.New("the file's checksum does not match")
	}
	if err == nil {
		err = verifyRows(ctx, f.Name(), m)
	}
	return damaged(ctx, m.ID, err)
}

// unfetch removes the clones of this session that are in a store as well.
func (d *DB) unfetch() error {
	var errs []error
	for _, id := range d.fetched {
		file := filepath.Join(d.home.dir(id), cloneName)
		if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, fmt.Errorf("remove the fetched copy: %w", err))
		}
	}
	d.fetched = nil
	return errors.Join(errs...)
}

// discard removes a snapshot from the store that it is in. What its chunks take
// is given back by the sweep.
func (d *DB) discard(ctx context.Context, id string) error {
	m, err := d.home.manifest(id)
	if errors.Is(err, snapshot.ErrDamaged) || err == nil && m.Stored == nil {
		return nil // nobody knows of a store
	}
	if err != nil {
		return err
	}
	st, ref, err := d.depot.Find(ctx, m)
	if errors.Is(err, store.ErrNoStore) {
		return nil // it went with its store
	}
	if err != nil {
		return fmt.Errorf("remove snapshot %s from its store: %w", id, err)
	}
	if err := dump.Remove(ctx, st, ref); err != nil {
		return err
	}
	if d.swept == nil {
		d.swept = map[string]store.Store{}
	}
	d.swept[st.String()] = st
	return nil
}

// sweepStores gives back what the chunks of removed snapshots take in stores.
func (d *DB) sweepStores(ctx context.Context) error {
	if err := d.record(ctx); err != nil {
		return err
	}
	stores := d.swept
	if len(stores) == 0 && d.depot.Store != nil {
		stores = map[string]store.Store{"": d.depot.Store}
	}
	for _, st := range stores {
		_, err := dump.Sweep(ctx, st, dump.SweepOptions{Grace: dump.DefaultGrace, Locking: d.depot.Locking})
		// Where somebody writes, the chunks stay until the next time.
		if err != nil && !errors.Is(err, store.ErrInUse) && !errors.Is(err, store.ErrNoStore) {
			return fmt.Errorf("sweep the store: %w", err)
		}
	}
	d.swept = nil
	return nil
}
