package mysql

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync"

	"github.com/go-sql-driver/mysql"

	"github.com/safemigrate/safemigrate/snapshot"
)

// kept is a snapshot that was read back.
type kept struct {
	manifest *snapshot.Manifest
	before   before
	shapes   map[string]shape // of the copies, by the table's name
	back     []string         // tables that a restore which is not over has brought back, and given free
}

// readSnapshot reads everything of a snapshot and compares it with its manifest.
func (d *DB) readSnapshot(ctx context.Context, m *snapshot.Manifest) (*kept, error) {
	k, err := d.openSnapshot(ctx, m)
	if err != nil {
		return nil, err
	}
	return k, d.proveCopies(ctx, d.own, k, k.manifest.Tables)
}

// openSnapshot reads it but for the rows of its copies.
func (d *DB) openSnapshot(ctx context.Context, m *snapshot.Manifest) (*kept, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	k := &kept{manifest: m, shapes: map[string]shape{}}
	if err := d.part(ctx, m.ID, partBefore, m.Parts[partBefore], &k.before); err != nil {
		return nil, err
	}
	done, err := d.exchanged(ctx, m.ID)
	if err != nil {
		return nil, err
	}
	for _, x := range done {
		k.back = append(k.back, x.Table)
	}
	put, err := d.readPut(ctx, m.ID)
	if err != nil {
		return nil, err
	}
	k.back = append(k.back, put...)
	k.manifest = leftOf(m, done)
	for _, t := range k.manifest.Tables {
		of, err := d.shapeOf(ctx, t.At)
		if err != nil {
			return nil, err
		}
		if len(of.columns) == 0 {
			return nil, fmt.Errorf("%w: snapshot %s: the copy of %s is missing", snapshot.ErrDamaged, m.ID, t.Name)
		}
		k.shapes[t.Name] = of
	}
	return k, nil
}

// proveCopies reads the rows of copies back.
func (d *DB) proveCopies(ctx context.Context, s *session, k *kept, copies []snapshot.Table) error {
	for _, t := range copies {
		got, err := d.sumOfCopy(ctx, s, t.At, k.shapes[t.Name], t.Rows)
		if err != nil && unread(ctx, err) {
			return fmt.Errorf("read snapshot %s back: %w", k.manifest.ID, err)
		}
		if err != nil {
			return fmt.Errorf("%w: snapshot %s: %w", snapshot.ErrDamaged, k.manifest.ID, err)
		}
		if got.rows != t.Rows || got.text != t.Sum {
			return fmt.Errorf("%w: snapshot %s: the copy of %s has %d rows that are not the %d that were kept", snapshot.ErrDamaged, k.manifest.ID, t.Name, got.rows, t.Rows)
		}
	}
	return nil
}

// unread tells an error of a reading that could not be held, which says nothing of the rows.
// What an engine has against a table may be a page that is not what was written.
func unread(ctx context.Context, err error) bool {
	told, server := errors.AsType[*mysql.MySQLError](err)
	_, refused := refusal(err)
	return ctx.Err() != nil || server && !refused && told.Number != codeEngine || errors.Is(err, mysql.ErrInvalidConn) || errors.Is(err, driver.ErrBadConn)
}

// apart tells the copies that are read back at once from those that are read in portions,
// while a restore already works on them.
func (k *kept) apart() (whole, portioned []snapshot.Table) {
	for _, t := range k.manifest.Tables {
		if len(k.shapes[t.Name].order) > 0 {
			portioned = append(portioned, t)
		} else {
			whole = append(whole, t)
		}
	}
	return whole, portioned
}

// proveMeanwhile reads back, by sessions of its own, what is still to be read back, while the
// copies get their keys: who makes those waits for one portion, or for the count of all rows.
// Until proved has returned nothing but the copies may be changed.
func (v *revert) proveMeanwhile(ctx context.Context) (proved func() error) {
	s, done := v.reader(ctx)
	if s == nil {
		err := v.proveUnproved(ctx, v.own)
		return func() error { return err }
	}
	outcome := make(chan error, 1)
	go func() {
		defer done()
		outcome <- v.proveUnproved(ctx, s)
	}()
	return sync.OnceValue(func() error { return <-outcome })
}

func (v *revert) proveUnproved(ctx context.Context, s *session) error {
	for _, stage := range v.stages {
		if err := v.proveCopies(ctx, s, stage.kept, stage.unproved); err != nil {
			return err
		}
	}
	return nil
}
