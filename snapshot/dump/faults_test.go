package dump_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/iotest"

	"github.com/safemigrate/safemigrate/snapshot/dump"
	"github.com/safemigrate/safemigrate/snapshot/store"
	"github.com/safemigrate/safemigrate/snapshot/store/memory"
)

// faulty is a store one call of which goes wrong.
type faulty struct {
	store.Store

	call  atomic.Int64
	nth   int64 // counted from 1; 0: none
	fault fault
}

// fault says how a call goes wrong.
type fault struct {
	name string
	err  error // of the call
	// late: the call did what it was asked all the same, as one does whose
	// answer was lost.
	late bool
	// mangle: no error; what is read or written is something else.
	mangle func([]byte) []byte
}

var faults = []fault{
	{name: "full", err: store.ErrFull},
	{name: "an error of the disk", err: syscall.EIO},
	{name: "access denied", err: store.ErrDenied},
	{name: "the answer is lost", err: context.DeadlineExceeded, late: true},
	{name: "cut off", mangle: func(b []byte) []byte { return b[:len(b)/2] }},
	{name: "a bit is flipped", mangle: func(b []byte) []byte {
		b = bytes.Clone(b)
		if len(b) > 0 {
			b[len(b)/2] ^= 4
		}
		return b
	}},
	{name: "empty", mangle: func([]byte) []byte { return nil }},
}

// wrong tells whether this is the call that goes wrong.
func (f *faulty) wrong() bool { return f.call.Add(1) == f.nth }

func (f *faulty) Put(ctx context.Context, name string, r io.Reader) error {
	return f.write(ctx, name, r, f.Store.Put)
}

func (f *faulty) PutNew(ctx context.Context, name string, r io.Reader) error {
	return f.write(ctx, name, r, f.Store.PutNew)
}

func (f *faulty) write(ctx context.Context, name string, r io.Reader, put func(context.Context, string, io.Reader) error) error {
	if !f.wrong() {
		return put(ctx, name, r)
	}
	content, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if f.fault.mangle != nil {
		return put(ctx, name, bytes.NewReader(f.fault.mangle(content)))
	}
	if f.fault.late {
		if err := put(ctx, name, bytes.NewReader(content)); err != nil {
			return err
		}
	}
	return f.fault.err
}

func (f *faulty) Get(ctx context.Context, name string) (io.ReadCloser, error) {
	r, err := f.Store.Get(ctx, name)
	if !f.wrong() || err != nil {
		return r, err
	}
	content, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	if f.fault.mangle != nil {
		return io.NopCloser(bytes.NewReader(f.fault.mangle(content))), nil
	}
	return io.NopCloser(io.MultiReader(bytes.NewReader(content[:len(content)/2]), iotest.ErrReader(f.fault.err))), nil
}

func (f *faulty) List(ctx context.Context, prefix string) iter.Seq2[store.Entry, error] {
	if !f.wrong() || f.fault.err == nil {
		return f.Store.List(ctx, prefix)
	}
	return func(yield func(store.Entry, error) bool) { yield(store.Entry{}, f.fault.err) }
}

func (f *faulty) Remove(ctx context.Context, name string) error {
	if !f.wrong() || f.fault.err == nil {
		return f.Store.Remove(ctx, name)
	}
	if f.fault.late {
		if err := f.Store.Remove(ctx, name); err != nil {
			return err
		}
	}
	return f.fault.err
}

// TestEveryCallFails makes each call of a store go wrong in turn, in each way,
// while a snapshot is written over an earlier one. Either the writing says so,
// or nothing is wrong; no torn snapshot is ever listed, the earlier one stays
// whole, and the next run works.
func TestEveryCallFails(t *testing.T) {
	t.Parallel()
	old := []part{{"t", 0, dump.Rows, rows(0, 100)}}
	fresh := []part{{"t", 0, dump.Rows, rows(0, 100)}, {"u", 0, dump.Rows, rows(7, 50)}, {"f", 0, dump.Bytes, noise(3, 3000)}}
	for name, keys := range map[string]dump.Keys{"plain": {}, "encrypted": identity(t)} {
		for _, fault := range faults {
			t.Run(name+", "+fault.name, func(t *testing.T) {
				t.Parallel()
				failed := 0
				for nth := int64(1); ; nth++ {
					inner := &memory.Store{}
					first := write(t, inner, "s1", keys, old)
					st := &faulty{Store: inner, nth: nth, fault: fault}
					ref, err := tryWrite(t, st, "s2", keys, fresh)
					st.nth = 0
					if err != nil {
						failed++
					}
					survivors(t, st, keys, first, old, ref, err, fresh)
					check(t, st, write(t, st, "s3", keys, fresh), keys, fresh)
					if st.call.Load() < nth {
						break
					}
				}
				if fault.err != nil && failed < 8 {
					t.Errorf("only %d calls made the writing fail", failed)
				}
			})
		}
	}
}

// survivors checks what a failed, or not failed, writing left.
func survivors(t *testing.T, st store.Store, keys dump.Keys, first dump.Ref, old []part, ref dump.Ref, failed error, fresh []part) {
	t.Helper()
	check(t, st, first, keys, old)
	all, err := dump.List(t.Context(), st)
	if err != nil {
		t.Fatalf("after %v: %v", failed, err)
	}
	listed := false
	for _, l := range all {
		if l.Ref.ID == "s2" {
			// An answer that was lost can leave a snapshot that is whole.
			check(t, st, l.Ref, keys, fresh)
			listed = l.Ref == ref
		}
	}
	if failed == nil && !listed {
		t.Fatal("the writing did not fail, and there is no snapshot")
	}
}

// TestSweepFails does the same while chunks are removed: what a snapshot needs
// stays whatever happens.
func TestSweepFails(t *testing.T) {
	t.Parallel()
	kept := []part{{"t", 0, dump.Rows, rows(0, 100)}}
	for _, fault := range faults {
		t.Run(fault.name, func(t *testing.T) {
			t.Parallel()
			for nth := int64(1); ; nth++ {
				inner := &memory.Store{}
				ref := write(t, inner, "s1", dump.Keys{}, kept)
				gone := write(t, inner, "s2", dump.Keys{}, []part{{"t", 0, dump.Rows, rows(5, 100)}})
				st := &faulty{Store: inner, nth: nth, fault: fault}
				err := dump.Remove(t.Context(), st, gone)
				if err == nil {
					_, err = dump.Sweep(t.Context(), st, dump.SweepOptions{Locking: quick})
				}
				passed := st.call.Load()
				st.nth = 0
				check(t, st, ref, dump.Keys{}, kept)
				if err := dump.Remove(t.Context(), st, gone); err != nil {
					t.Fatal(err)
				}
				unlock(t, st)
				if _, err := dump.Sweep(t.Context(), st, dump.SweepOptions{Locking: quick}); err != nil {
					t.Fatal(err)
				}
				if n := count(t, st, "chunks/"); n != 1 {
					t.Fatalf("%d chunks stay (after %v)", n, err)
				}
				if passed < nth {
					break
				}
			}
		})
	}
}

// unlock takes away the locks that dead runs left, which is quicker than watching
// them: TestDeadLock does that.
func unlock(t *testing.T, st store.Store) {
	t.Helper()
	for e, err := range st.List(t.Context(), "locks/") {
		if err != nil {
			t.Fatal(err)
		}
		if err := st.Remove(t.Context(), e.Name); err != nil {
			t.Fatal(err)
		}
	}
}

func count(t *testing.T, st store.Store, prefix string) int {
	t.Helper()
	n := 0
	for _, err := range st.List(t.Context(), prefix) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

func TestSweep(t *testing.T) {
	t.Parallel()
	for name, st := range stores(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shared := part{"t", 0, dump.Rows, rows(0, 100)}
			one := write(t, st, "s1", dump.Keys{}, []part{shared, {"u", 0, dump.Bytes, []byte("of the first alone")}})
			two := []part{shared, {"u", 0, dump.Bytes, []byte("of the second alone")}}
			ref := write(t, st, "s2", dump.Keys{}, two)
			if err := dump.Remove(t.Context(), st, one); err != nil {
				t.Fatal(err)
			}
			for _, c := range []struct {
				o    dump.SweepOptions
				want dump.Swept
				left int
			}{
				{dump.SweepOptions{Grace: dump.DefaultGrace}, dump.Swept{Young: 1}, 3},
				{dump.SweepOptions{DryRun: true}, dump.Swept{Chunks: 1}, 3},
				{dump.SweepOptions{}, dump.Swept{Chunks: 1}, 2},
				{dump.SweepOptions{}, dump.Swept{}, 2},
			} {
				c.o.Locking = quick
				got, err := dump.Sweep(t.Context(), st, c.o)
				got.Bytes = 0
				if err != nil || got != c.want || count(t, st, "chunks/") != c.left {
					t.Fatalf("%+v: got %+v, %v; %d chunks left", c.o, got, err, count(t, st, "chunks/"))
				}
			}
			check(t, st, ref, dump.Keys{}, two)
			if n := count(t, st, "locks/"); n != 0 {
				t.Errorf("%d locks stay", n)
			}
		})
	}
}

func TestSweepRefusesWhileAManifestCannotBeRead(t *testing.T) {
	t.Parallel()
	st := &memory.Store{}
	ref := write(t, st, "s1", dump.Keys{}, some()[:1])
	gone := write(t, st, "s2", dump.Keys{}, some()[1:])
	if err := dump.Remove(t.Context(), st, gone); err != nil {
		t.Fatal(err)
	}
	before := count(t, st, "chunks/")
	text := content(t, st, manifestName(ref))
	set(t, st, manifestName(ref), append([]byte(" "), text...))
	if _, err := dump.Sweep(t.Context(), st, dump.SweepOptions{Locking: quick}); err == nil || count(t, st, "chunks/") != before {
		t.Fatalf("got %v; %d chunks of %d", err, count(t, st, "chunks/"), before)
	}
}

func TestWriterAndSweeperKeepApart(t *testing.T) {
	t.Parallel()
	st := &memory.Store{}
	w, err := dump.Begin(t.Context(), dump.Options{Store: st, Locking: quick, Owner: "the first writer"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dump.Sweep(t.Context(), st, dump.SweepOptions{Locking: quick}); !errors.Is(err, store.ErrInUse) || !strings.Contains(err.Error(), "the first writer") {
		t.Fatalf("got %v", err)
	}
	if second, err := dump.Begin(t.Context(), dump.Options{Store: st, Locking: quick}); err != nil {
		t.Fatalf("two writers: %v", err)
	} else if err := second.End(); err != nil {
		t.Fatal(err)
	}
	if err := w.End(); err != nil {
		t.Fatal(err)
	}
	if _, err := dump.Sweep(t.Context(), st, dump.SweepOptions{Locking: quick}); err != nil {
		t.Fatal(err)
	}
}

// TestDeadLock: what a dead holder left is watched and taken away; a holder that
// stood still for too long finds that out before it publishes.
func TestDeadLock(t *testing.T) {
	t.Parallel()
	st := &memory.Store{}
	set(t, st, "locks/use-dead", []byte(`{"owner":"a dead run","since":"2020-01-01T00:00:00Z","beat":7}`))
	set(t, st, "locks/sweep-dead", []byte(`no JSON`))
	brief := dump.Locking{Beat: quick.Beat, Patience: 5 * quick.Beat}
	if _, err := dump.Sweep(t.Context(), st, dump.SweepOptions{Locking: brief}); err != nil {
		t.Fatal(err)
	}
	if n := count(t, st, "locks/"); n != 0 {
		t.Fatalf("%d locks stay", n)
	}
	w, err := dump.Begin(t.Context(), dump.Options{Store: st, Locking: quick})
	if err != nil {
		t.Fatal(err)
	}
	p, err := w.Part("t", 0, dump.Rows)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintln(p, "a row"); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	for e := range st.List(t.Context(), "locks/") {
		if err := st.Remove(t.Context(), e.Name); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Commit(manifest(t, "s1")); !errors.Is(err, store.ErrInUse) {
		t.Fatalf("got %v", err)
	}
	if err := w.End(); err != nil {
		t.Fatal(err)
	}
	if n := count(t, st, "manifests/"); n != 0 {
		t.Fatal("it was published")
	}
}
