package dump

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/safemigrate/safemigrate/snapshot"
	"github.com/safemigrate/safemigrate/snapshot/store"
)

// list finds the manifests of a store, oldest first: their IDs begin with the
// time. A name that is none of a manifest is an error.
func list(ctx context.Context, st store.Store) ([]Ref, error) {
	refs, _, err := dated(ctx, st)
	return refs, err
}

// dated is list with the times by the store's clock.
func dated(ctx context.Context, st store.Store) ([]Ref, map[Ref]time.Time, error) {
	var refs []Ref
	times := map[Ref]time.Time{}
	for e, err := range st.List(ctx, manifestPrefix) {
		if err != nil {
			return nil, nil, fmt.Errorf("list the snapshots: %w", err)
		}
		ref, err := refOf(e.Name)
		if err != nil {
			return nil, nil, err
		}
		refs = append(refs, ref)
		times[ref] = e.Time
	}
	slices.SortStableFunc(refs, func(a, b Ref) int { return strings.Compare(a.ID, b.ID) })
	return refs, times, nil
}

// Listed is one snapshot of a store.
type Listed struct {
	Ref      Ref
	Manifest *Manifest
	// Stray: no database is known to refer to it. A run is between its snapshot and its
	// commit, or died there.
	Stray bool
	// Written is when the manifest was, by the store's clock.
	Written time.Time
}

// List reads all manifests of a store, oldest first. Those that cannot be read
// are in the error, beside the others.
func List(ctx context.Context, st store.Store) ([]Listed, error) {
	refs, times, err := dated(ctx, st)
	if err != nil {
		return nil, err
	}
	// Read after the manifests: a mark is there before its manifest.
	marked, err := marks(ctx, st)
	if err != nil {
		return nil, err
	}
	all := make([]Listed, 0, len(refs))
	var errs []error
	for _, ref := range refs {
		m, err := readManifest(ctx, st, ref)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		all = append(all, Listed{ref, m, marked[ref.ID], times[ref]})
	}
	return all, errors.Join(errs...)
}

// ErrUnclear is returned where a tag could mean one snapshot or another.
var ErrUnclear = errors.New("the tag names more than one snapshot")

// Find finds a snapshot by its ID, or the newest with a tag: where they are all of one
// database, and no clock was set back between them.
func Find(ctx context.Context, st store.Store, idOrTag string) (Listed, error) {
	all, err := List(ctx, st)
	var found *Listed
	for _, l := range slices.Backward(all) {
		switch {
		case l.Ref.ID == idOrTag:
			return l, nil
		case l.Manifest.Tag != idOrTag:
		case found == nil:
			found = &l
		case !l.kin(found):
			return Listed{}, fmt.Errorf("%w: %s is of %s, %s of %s", ErrUnclear, found.Ref.ID, found.Manifest.Database.Name, l.Ref.ID, l.Manifest.Database.Name)
		case l.Written.After(found.Written):
			return Listed{}, fmt.Errorf("%w: %s has the later time in its name, and %s was written later", ErrUnclear, found.Ref.ID, l.Ref.ID)
		}
	}
	switch {
	case found != nil:
		return *found, nil
	case err != nil:
		return Listed{}, err
	}
	return Listed{}, fmt.Errorf("%w: %s has no snapshot with the ID or tag %q", store.ErrMissing, st, idOrTag)
}

// kin tells whether two snapshots are of one database. The first run of all has a ledger
// of its own where it fails, and a database that was exchanged has another OID.
func (l *Listed) kin(other *Listed) bool {
	one, two := l.Manifest.Database, other.Manifest.Database
	return one.Engine == two.Engine && (one.Ledger != "" && one.Ledger == two.Ledger || one.OID != 0 && one.OID == two.OID && one.System == two.System)
}

func readManifest(ctx context.Context, st store.Store, ref Ref) (*Manifest, error) {
	text, err := store.Read(ctx, st, ref.name(), maxManifest)
	if errors.Is(err, store.ErrMissing) {
		return nil, removed(ctx, st, ref)
	}
	if err != nil {
		return nil, gone(fmt.Errorf("snapshot %s: %w", ref.ID, err))
	}
	return decode(text, ref)
}

// removed says what it means that a snapshot has no manifest: it is removed with its
// manifest first. One that has another instead was not, and a store that holds nothing at all
// may be the place where one is to be mounted.
func removed(ctx context.Context, st store.Store, ref Ref) error {
	for _, err := range st.List(ctx, manifestPrefix+ref.ID+".") {
		if err != nil {
			return fmt.Errorf("look for snapshot %s: %w", ref.ID, err)
		}
		return fmt.Errorf("%w: the manifest of %s is not the one that was written", snapshot.ErrDamaged, ref.ID)
	}
	for _, err := range st.List(ctx, "") {
		if err != nil {
			return fmt.Errorf("look for snapshot %s: %w", ref.ID, err)
		}
		return fmt.Errorf("%w: %s has no snapshot %s", snapshot.ErrRemoved, st, ref.ID)
	}
	return fmt.Errorf("%w: %s holds nothing at all", snapshot.ErrUnreachable, st)
}

// gone says of an object that should be there and is not what it means.
func gone(err error) error {
	if errors.Is(err, store.ErrMissing) || errors.Is(err, store.ErrLong) {
		return fmt.Errorf("%w: %w", snapshot.ErrDamaged, err)
	}
	return err
}

// lost says of a chunk that is not there any more whether it went with its snapshot, which
// somebody has removed while it was read.
func lost(ctx context.Context, st store.Store, ref Ref, err error) error {
	if !errors.Is(err, store.ErrMissing) {
		return err
	}
	if _, now := readManifest(ctx, st, ref); errors.Is(now, snapshot.ErrRemoved) {
		return now
	}
	return err
}

// readObject reads an object, into a buffer that is used where it holds it; matches tells
// whether it is what was written.
func readObject(ctx context.Context, into []byte, st store.Store, o Object) ([]byte, error) {
	out := bytes.NewBuffer(into[:0])
	out.Grow(int(o.Size) + bytes.MinRead)
	_, err := copyObject(ctx, out, st, o, nil)
	return out.Bytes(), err
}

// windows are what checkObject sees of an object at a time.
var windows boxes

const window = 64 << 10

// checkObject reads an object without keeping it, and proves that it is what was written.
func checkObject(ctx context.Context, st store.Store, o Object) error {
	sum := sha256.New()
	buf := windows.take(window)
	defer windows.give(buf)
	n, err := copyObject(ctx, sum, st, o, buf[:window])
	if err != nil {
		return err
	}
	return o.is(n, [sha256.Size]byte(sum.Sum(nil)))
}

// copyObject reads an object, and one byte more, which shows what was appended.
func copyObject(ctx context.Context, to io.Writer, st store.Store, o Object, buf []byte) (int64, error) {
	r, err := st.Get(ctx, o.Name())
	if err != nil {
		return 0, gone(err)
	}
	n, err := io.CopyBuffer(to, io.LimitReader(r, o.Size+1), buf)
	if err := errors.Join(err, r.Close()); err != nil {
		return n, fmt.Errorf("read %s: %w", o.Name(), err)
	}
	return n, nil
}

// atOnce is how many objects are read at a time.
const atOnce = 4

// each does the work for all objects, some at a time, and ends with the first error.
func each(ctx context.Context, objects []Object, work func(context.Context, Object) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	queue := make(chan Object)
	var wg sync.WaitGroup
	for range atOnce {
		wg.Go(func() {
			for o := range queue {
				if ctx.Err() != nil {
					continue
				}
				if err := work(ctx, o); err != nil {
					cancel(err)
				}
			}
		})
	}
	for _, o := range objects {
		select {
		case queue <- o:
		case <-ctx.Done():
		}
	}
	close(queue)
	wg.Wait()
	return context.Cause(ctx) //nolint:wrapcheck // it is the error of work
}
