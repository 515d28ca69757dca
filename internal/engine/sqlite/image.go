package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/safemigrate/safemigrate/internal/durable"
	"github.com/safemigrate/safemigrate/internal/failpoint"
	"github.com/safemigrate/safemigrate/snapshot"
)

// prepareImage copies the oldest snapshot, has ledger and history written into
// the copy, and proves that all else in it is what the snapshot says. Only a
// proven image ever reaches the live file.
func (v *revert) prepareImage(ctx context.Context) (state *after, err error) {
	dir := v.home.image(v.req.ID)
	if err := v.home.fresh(dir); err != nil {
		return nil, err
	}
	file := filepath.Join(dir, cloneName)
	if err := copySnapshot(ctx, v.home, v.oldest(), file); err != nil {
		return nil, err
	}
	l, err := connect(ctx, file, readWrite)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	// A crash makes the image worthless, so it is not worth a sync.
	if err := l.Exec(ctx, "PRAGMA synchronous=OFF"); err != nil {
		return nil, explain("open the image", err)
	}
	before, err := l.readSchema(ctx, v.history)
	if err != nil {
		return nil, err
	}
	err = l.write(ctx, func() error {
		if err := v.req.Seal(ctx, l); err != nil {
			return fmt.Errorf("write the ledger: %w", err)
		}
		a, err := l.recordAfter(ctx, dir, v.req.ID, v.history, after{}, nil)
		state = &a
		return err
	})
	if err != nil {
		return nil, err
	}
	failpoint.Hit("sqlite.image.sealed")
	return state, prove(ctx, l, state, before, v.oldest())
}

// prove compares a sealed image with the snapshot that it was made from.
func prove(ctx context.Context, l *link, state *after, before schema, m *snapshot.Manifest) error {
	if d := before.difference(state.Schema, "is new", "is gone", "changed"); len(d) > 0 {
		return fmt.Errorf("the prepared file is not the snapshot: %v", d)
	}
	if len(state.Tables) != len(m.Tables) {
		return fmt.Errorf("the prepared file has %d tables, the snapshot %d", len(state.Tables), len(m.Tables))
	}
	for _, t := range m.Tables {
		if is, ok := state.Tables.find(t.Name); !ok || is.Rows != t.Rows || is.Sum != t.Sum {
			return fmt.Errorf("the prepared file is not the snapshot: table %s differs", t.Name)
		}
	}
	return explain("check the prepared file", l.sound(ctx))
}

// bind notes in the image which snapshot the present file was kept as; it is
// another one with each attempt.
func (v *revert) bind(ctx context.Context, m *snapshot.Manifest) (err error) {
	l, err := connect(ctx, filepath.Join(v.home.image(v.req.ID), cloneName), readWrite)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	if err := l.Exec(ctx, "PRAGMA synchronous=OFF"); err != nil {
		return explain("open the image", err)
	}
	v.image.Snapshot = m.Seal
	if err := l.write(ctx, func() error { return l.putAfter(ctx, v.req.ID, *v.image) }); err != nil {
		return err
	}
	// The image is read without its journal from here on.
	return explain("end the prepared file", l.Exec(ctx, "PRAGMA wal_checkpoint(TRUNCATE)"))
}

func (v *revert) removeImage() error { return durable.RemoveDir(v.home.image(v.req.ID)) }

// copySnapshot copies a clone, and proves by its checksum that the bytes which
// were copied are those that were once taken.
func copySnapshot(ctx context.Context, h home, m *snapshot.Manifest, dst string) (err error) {
	f, err := os.OpenFile(dst, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return explain("copy the snapshot", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	sum, _, err := sumFile(ctx, filepath.Join(h.dir(m.ID), cloneName), f)
	if err != nil {
		return explain("copy the snapshot", err)
	}
	if sum != m.Parts[cloneName] {
		return damaged(ctx, m.ID, errors.New("the file's checksum does not match"))
	}
	return nil
}

func copyDurably(ctx context.Context, from, to string) error {
	return durable.Write(to, func(w io.Writer) error {
		_, _, err := sumFile(ctx, from, w)
		return err
	})
}
