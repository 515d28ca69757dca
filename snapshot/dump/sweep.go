package dump

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/safemigrate/safemigrate/internal/failpoint"
	"github.com/safemigrate/safemigrate/snapshot/store"
)

// DefaultGrace is how old a chunk has to be before it is swept.
const DefaultGrace = 24 * time.Hour

// SweepOptions say what may go.
type SweepOptions struct {
	Grace   time.Duration // chunks younger than this stay
	DryRun  bool
	Owner   string
	Locking Locking
	// only bounds what goes to these chunks; nil: all that nobody needs.
	only map[string]bool
}

// Swept is what a sweep removed, or would remove.
type Swept struct {
	Chunks int   `json:"chunks"`
	Bytes  int64 `json:"bytes"`
	// Young chunks belong to no snapshot either, and stay until they are older.
	Young int `json:"young"`
}

// Remove removes a snapshot: its manifest. Its chunks stay until a sweep finds
// that no other snapshot needs them.
func Remove(ctx context.Context, st store.Store, ref Ref) error {
	if err := st.Remove(ctx, ref.name()); err != nil {
		return fmt.Errorf("remove snapshot %s: %w", ref.ID, err)
	}
	failpoint.Hit("dump.removed")
	return errors.Join(st.Remove(ctx, checksName(ref)), st.Remove(ctx, pinName(ref.ID)), st.Remove(ctx, strayName(ref.ID)))
}

// Sweep removes the chunks that no manifest names. While one manifest cannot be
// read it removes nothing: what that one needs is not known. A crash leaves
// chunks that the next sweep removes.
func Sweep(ctx context.Context, st store.Store, o SweepOptions) (out Swept, err error) {
	l, err := o.Locking.alone(ctx, st, o.Owner)
	if err != nil {
		return out, fmt.Errorf("lock the store: %w", err)
	}
	defer func() { err = errors.Join(err, l.release(context.WithoutCancel(ctx))) }()
	all, err := List(ctx, st)
	if err != nil {
		return out, fmt.Errorf("nothing is removed while a manifest cannot be read: %w", err)
	}
	marked := map[string]bool{}
	for _, one := range all {
		for _, object := range one.Manifest.Objects {
			marked[object.Name()] = true
		}
	}
	failpoint.Hit("dump.sweep.marked")
	now, err := l.storeTime(ctx)
	if err == nil {
		err = unchanged(ctx, st, l, all)
	}
	if err != nil {
		return out, err
	}
	if err := sweep(ctx, st, l, o, now, marked, &out); err != nil {
		return out, err
	}
	if o.DryRun {
		return out, nil
	}
	if err := unmarkGone(ctx, st, all); err != nil {
		return out, err
	}
	if t, ok := st.(tidier); ok && o.only == nil {
		return out, t.Tidy(ctx, o.Grace)
	}
	return out, nil
}

// unchanged looks a second time before anything is removed. One listing that lacks a
// manifest, or the lock of somebody who writes, must not be enough for that.
func unchanged(ctx context.Context, st store.Store, l *lock, all []Listed) error {
	locks, err := l.others(ctx, "locks/")
	if err != nil {
		return err
	}
	if texts := slices.Collect(maps.Values(locks)); len(texts) > 0 {
		return held(texts[0])
	}
	refs, err := list(ctx, st)
	if err != nil {
		return err
	}
	for _, ref := range refs {
		if !slices.ContainsFunc(all, func(one Listed) bool { return one.Ref == ref }) {
			return fmt.Errorf("nothing is removed: the store lists snapshot %s, and did not a moment ago", ref.ID)
		}
	}
	return nil
}

// tidier is a store in which dead writers leave more than objects.
type tidier interface {
	Tidy(ctx context.Context, age time.Duration) error
}

func sweep(ctx context.Context, st store.Store, l *lock, o SweepOptions, now time.Time, marked map[string]bool, out *Swept) error {
	for e, err := range st.List(ctx, chunkPrefix) {
		switch {
		case err != nil:
			return fmt.Errorf("list the chunks: %w", err)
		case marked[e.Name], o.only != nil && !o.only[e.Name]:
			continue
		case now.Sub(e.Time) < o.Grace:
			out.Young++
			continue
		}
		if !o.DryRun {
			if err := l.held(ctx); err != nil {
				return err
			}
			if err := st.Remove(ctx, e.Name); err != nil {
				return fmt.Errorf("remove a chunk: %w", err)
			}
			failpoint.Hit("dump.sweep.removed")
		}
		out.Chunks++
		out.Bytes += e.Size
	}
	return nil
}

// storeTime is the time by the store's clock, which also dates the chunks.
func (l *lock) storeTime(ctx context.Context) (time.Time, error) {
	for e, err := range l.store.List(ctx, l.name) {
		if err != nil {
			return time.Time{}, fmt.Errorf("read the store's clock: %w", err)
		}
		return e.Time, nil
	}
	return time.Time{}, fmt.Errorf("%w: the lock is gone", store.ErrInUse)
}
