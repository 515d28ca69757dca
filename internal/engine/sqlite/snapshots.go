package sqlite

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/safemigrate/safemigrate/internal/durable"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// Snapshots reads the manifests of all snapshots, oldest first. Damaged ones
// are in the error, beside the others.
func (d *DB) Snapshots(context.Context) ([]*snapshot.Manifest, error) {
	ids, err := d.home.ids()
	if err != nil {
		return nil, err
	}
	var all []*snapshot.Manifest
	var errs []error
	for _, id := range ids {
		m, err := d.home.manifest(id)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		all = append(all, m)
	}
	slices.SortStableFunc(all, func(a, b *snapshot.Manifest) int { return a.TakenAt.Compare(b.TakenAt) })
	return all, errors.Join(errs...)
}

// Verify reads a snapshot back and compares it with its manifest.
func (d *DB) Verify(ctx context.Context, m *snapshot.Manifest) error {
	if err := m.Check(); err != nil {
		return err
	}
	if _, err := d.home.manifest(m.ID); err != nil {
		return err
	}
	if err := d.bound(ctx, m); err != nil {
		return err
	}
	if m.Stored != nil {
		return d.verifyStored(ctx, m)
	}
	if err := d.home.checksum(ctx, m); err != nil {
		return err
	}
	return damaged(ctx, m.ID, verifyRows(ctx, filepath.Join(d.home.dir(m.ID), cloneName), m))
}

// bound refuses a snapshot that is whole, but not the one that the database
// knows under this name.
func (l *link) bound(ctx context.Context, m *snapshot.Manifest) error {
	state, err := l.getAfter(ctx, m.ID)
	if err == nil && state != nil && state.Snapshot != m.Seal {
		err = fmt.Errorf("%w: %s: the batch had another one", snapshot.ErrDamaged, m.ID)
	}
	return err
}

// checksum proves that a clone has every byte as it was taken.
func (h home) checksum(ctx context.Context, m *snapshot.Manifest) error {
	sum, _, err := sumFile(ctx, filepath.Join(h.dir(m.ID), cloneName), nil)
	if err == nil && sum != m.Parts[cloneName] {
		err = errors.New("the file's checksum does not match")
	}
	return damaged(ctx, m.ID, err)
}

// verifyRows checks structure and rows of a clone.
func verifyRows(ctx context.Context, file string, m *snapshot.Manifest) (err error) {
	l, err := connect(ctx, file, frozen)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	if err := l.check(ctx, "integrity_check"); err != nil {
		return err
	}
	for _, t := range m.Tables {
		now, err := l.scan(ctx, t.Name, nil)
		if err != nil {
			return err
		}
		if now.Rows != t.Rows || now.sum() != t.Sum {
			return fmt.Errorf("table %s has %d rows, or other values; the manifest says %d", t.Name, now.Rows, t.Rows)
		}
	}
	return nil
}

// damaged marks an error of reading a snapshot; that of a cancelled context
// says nothing about it.
func damaged(ctx context.Context, id string, err error) error {
	if err == nil || ctx.Err() != nil {
		return err
	}
	return fmt.Errorf("%w: %s: %w", snapshot.ErrDamaged, id, err)
}

// Drop removes a snapshot, also one that was never completed; with the empty
// id, what dead runs left half-made. It needs the lock, and takes it for as
// long as it works where the session does not hold it.
func (d *DB) Drop(ctx context.Context, id string) error {
	if d.held == nil {
		if err := d.Lock(ctx, migrate.LockRequest{Operation: "prune"}); err != nil {
			return err
		}
		defer func() { _ = d.Unlock(ctx) }() // closing a file that was not written to
	}
	if id == "" {
		return errors.Join(d.home.sweep(), d.sweepStores(ctx))
	}
	if err := checkID(id); err != nil {
		return err
	}
	if err := d.discard(ctx, id); err != nil {
		return err
	}
	if err := d.dropAfter(ctx, id); err != nil {
		return err
	}
	return d.home.remove(id)
}

// remove removes a snapshot's directory and what was left of its making.
func (h home) remove(id string) error {
	return errors.Join(durable.RemoveDir(h.dir(id)), os.RemoveAll(h.temp(id)), os.RemoveAll(h.image(id)))
}

// sumFile gives SHA-256 and size of a file, and copies it to to, where set.
func sumFile(ctx context.Context, path string, to io.Writer) (sum string, size int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, fmt.Errorf("read: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	h := sha256.New()
	var w io.Writer = h
	if to != nil {
		w = io.MultiWriter(h, to)
	}
	for err == nil {
		var n int64
		n, err = io.CopyN(w, f, copyAtOnce)
		size += n
		err = errors.Join(err, ctx.Err())
	}
	if !errors.Is(err, io.EOF) {
		return "", 0, fmt.Errorf("read %s: %w", path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), size, nil
}

// copyAtOnce is how many bytes are read before an interruption is noticed.
const copyAtOnce = 4 << 20
