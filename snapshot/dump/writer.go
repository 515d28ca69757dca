package dump

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"filippo.io/age"

	"github.com/safemigrate/safemigrate/internal/failpoint"
	"github.com/safemigrate/safemigrate/snapshot"
	"github.com/safemigrate/safemigrate/snapshot/store"
)

// Options say where a snapshot is written and for whom.
type Options struct {
	Store store.Store
	Keys  Keys
	// Database is the one that the snapshot is of: equal chunks of its earlier
	// snapshots are not stored again.
	Database snapshot.Database
	// Uploads is how many chunks are under way to the store at a time; 0: 4.
	Uploads int
	// Most bounds the bytes that are stored anew; 0: no limit.
	Most int64
	// Owner says who writes, for whoever finds the store locked.
	Owner string
	// Locking is for tests.
	Locking Locking
}

const defaultUploads = 4

// LargerError is the end of a snapshot that would have stored more than it may.
type LargerError struct{ Bytes, Most int64 }

func (e *LargerError) Error() string {
	return fmt.Sprintf("%d bytes would have to be stored, and %d may be", e.Bytes, e.Most)
}

// Writer writes one snapshot. Its parts can be written at the same time.
type Writer struct {
	store  store.Store
	ctx    context.Context //nolint:containedctx // an io.Writer is given no context; this one ends with the writer
	cancel context.CancelCauseFunc
	keys   Keys
	key    *age.X25519Identity // opens the chunks of this snapshot; nil: not encrypted
	sealed ageFile             // will hold the contents, if so
	lock   *lock
	shelf  shelf
	upload chan upload
	pieces boxes // of MaxChunk bytes
	files  boxes // of what is stored
	wg     sync.WaitGroup
	ended  sync.Once

	locking Locking
	most    int64
	sent    atomic.Int64 // bytes of chunks that the store did not have

	mu    sync.Mutex
	parts []*Part
	known map[partKey]bool

	raw, stored atomic.Int64
}

type upload struct {
	Object

	content []byte
	done    chan struct{} // closed once it is stored
}

// Begin takes the store's lock for a writer and reads which chunks the store has
// of this database. End has to be called in every case; the context is that of
// all writing.
func Begin(ctx context.Context, o Options) (*Writer, error) {
	l, err := o.Locking.share(ctx, o.Store, o.Owner)
	if err != nil {
		return nil, fmt.Errorf("lock the store: %w", err)
	}
	failpoint.Hit("dump.locked")
	w := &Writer{store: o.Store, keys: o.Keys, lock: l, known: map[partKey]bool{}, upload: make(chan upload), locking: o.Locking, most: o.Most}
	w.ctx, w.cancel = context.WithCancelCause(ctx)
	if err := w.prepare(o); err != nil {
		return nil, errors.Join(err, w.End()) //nolint:contextcheck // the writer has its own
	}
	uploads := o.Uploads
	if uploads == 0 {
		uploads = defaultUploads
	}
	for range uploads {
		w.wg.Go(w.uploads)
	}
	return w, nil
}

func (w *Writer) prepare(o Options) (err error) {
	if len(w.keys.Recipients) > 0 {
		if w.key, err = age.GenerateX25519Identity(); err != nil {
			return fmt.Errorf("make a key: %w", err)
		}
		// A passphrase takes a second of work, which is over before the rows are.
		w.sealed.out = &bytes.Buffer{}
		w.wg.Go(func() { w.sealed.begin(w.keys.Recipients) })
	}
	return w.shelf.load(w.ctx, w.store, o.Database, w.keys)
}

func (w *Writer) uploads() {
	for u := range w.upload {
		if w.ctx.Err() != nil {
			continue
		}
		if err := w.put(u); err != nil {
			w.cancel(err)
			continue
		}
		close(u.done)
		w.stored.Add(u.Size)
		w.files.give(u.content)
	}
}

// put stores a chunk and reads it back at once, while the parts bring others.
func (w *Writer) put(u upload) error {
	if err := w.within(u); err != nil {
		return err
	}
	if err := w.store.Put(w.ctx, u.Name(), bytes.NewReader(u.content)); err != nil {
		return fmt.Errorf("store a chunk: %w", err)
	}
	failpoint.Hit("dump.chunk.stored")
	if err := checkObject(w.ctx, w.store, u.Object); err != nil {
		return fmt.Errorf("read back: %w", err)
	}
	failpoint.Hit("dump.readback")
	return nil
}

// within counts a chunk before it is sent.
func (w *Writer) within(u upload) error {
	if w.most == 0 {
		return nil
	}
	if n := w.sent.Add(u.Size); n > w.most {
		return &LargerError{n, w.most}
	}
	return nil
}

// failed is the first error that any part met.
func (w *Writer) failed() error { return context.Cause(w.ctx) } //nolint:wrapcheck // it is the error of a part

// Progress tells how many bytes were taken, and how many of chunks that the
// store did not have were stored.
func (w *Writer) Progress() (taken, stored int64) { return w.raw.Load(), w.stored.Load() }

// Part begins a part. Parts of one name (a table's) are told apart by index. The
// part is closed by the caller; what was not closed is in no snapshot.
func (w *Writer) Part(name string, index int, kind Kind) (*Part, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := partKey{name, index}
	if w.known[key] {
		return nil, fmt.Errorf("part %d of %s is there twice", index, name)
	}
	w.known[key] = true
	p := &Part{w: w, entry: Entry{Name: name, Index: index, Kind: kind, Chunks: []Chunk{}}}
	p.cutter = cutter{kind: kind, emit: p.chunk, buf: w.pieces.take(MaxChunk)}
	return p, nil
}

// Part is one stream under way. It is not safe for concurrent use, but several
// parts are.
type Part struct {
	w      *Writer
	cutter cutter
	entry  Entry
}

// Write takes the next bytes; it waits where the store is slower.
func (p *Part) Write(b []byte) (int, error) {
	p.entry.Bytes += int64(len(b))
	p.w.raw.Add(int64(len(b)))
	return p.cutter.Write(b)
}

// Close ends the part; it then belongs to the snapshot.
func (p *Part) Close() error {
	if p.cutter.sum.Unfinished() {
		return fmt.Errorf("part %d of %s ends within a row", p.entry.Index, p.entry.Name)
	}
	if err := p.cutter.flush(); err != nil {
		return err
	}
	p.end()
	if p.entry.Kind == Rows {
		p.entry.Rows, p.entry.Sum = p.cutter.sum.Rows(), p.cutter.sum.Sum()
	}
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	p.w.parts = append(p.w.parts, p)
	return nil
}

// Discard gives a part up: it is in no snapshot, and can be begun anew. What was
// stored of it serves the new one, as far as that is the same.
func (p *Part) Discard() {
	p.end()
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	delete(p.w.known, partKey{p.entry.Name, p.entry.Index})
}

// end gives the buffer back.
func (p *Part) end() {
	if p.cutter.buf != nil {
		p.w.pieces.give(p.cutter.buf)
		p.cutter.buf = nil
	}
}

// Rows are what was written so far, counted and summed.
func (p *Part) Rows() *RowSum { return &p.cutter.sum }

// chunk has a piece stored, unless the store has it.
func (p *Part) chunk(piece []byte) error {
	w := p.w
	if err := w.failed(); err != nil {
		return err
	}
	id := idOf(piece)
	at, first, err := w.shelf.place(id, func() (filed, error) { return w.file(id, piece) })
	if err == nil && !first {
		at, err = w.again(at, id, piece)
	}
	if err != nil {
		w.cancel(err)
		return err
	}
	p.entry.Chunks = append(p.entry.Chunks, Chunk{Object: at.object, ID: id.String(), Bytes: int64(len(piece)), Key: at.key})
	return nil
}

// file finds the piece in the store, or sends it there.
func (w *Writer) file(id pieceID, piece []byte) (filed, error) {
	if old, ok := w.shelf.earlier(id); ok && w.holds(old, id, piece) {
		return w.shelf.add(old.Object, old.key, false, nil), nil
	}
	return w.send(piece)
}

// again is file for a piece whose ID this snapshot has already.
func (w *Writer) again(at filed, id pieceID, piece []byte) (filed, error) {
	if at.there != nil {
		select {
		case <-at.there:
		case <-w.ctx.Done():
			return filed{}, w.failed()
		}
	}
	if w.holds(w.shelf.at(at), id, piece) {
		return at, nil
	}
	return w.send(piece)
}

// holds tells whether a chunk stands for the piece. One that an earlier snapshot needs
// may have been damaged since, and does not serve; then this one brings it anew.
func (w *Writer) holds(c earlier, id pieceID, piece []byte) bool {
	stored, err := readObject(w.ctx, w.files.take(usualFile), w.store, c.Object)
	defer func() { w.files.give(stored) }()
	if err != nil {
		return false
	}
	var key age.Identity
	if c.key != "" {
		if key, err = age.ParseX25519Identity(c.key); err != nil {
			return false
		}
	}
	buf := w.pieces.take(MaxChunk)
	defer w.pieces.give(buf)
	there, err := unpack(buf, stored, c.Object, Chunk{ID: id.String(), Bytes: int64(len(piece))}, key)
	return err == nil && bytes.Equal(there, piece)
}

// send has the piece stored.
func (w *Writer) send(piece []byte) (filed, error) {
	stored, key, err := w.pack(piece)
	if err != nil {
		return filed{}, err
	}
	u := upload{Object{Sum: sumOf(stored), Size: int64(len(stored))}, stored, make(chan struct{})}
	select {
	case w.upload <- u:
	case <-w.ctx.Done():
		return filed{}, w.failed()
	}
	return w.shelf.add(u.Object, key, true, u.done), nil
}

// usualFile is room for what is stored of most pieces.
const usualFile = MaxChunk / 4

// pack gives what is stored of a piece, and the key that opens it.
func (w *Writer) pack(piece []byte) (stored []byte, key string, err error) {
	packed, err := compress(w.files.take(usualFile), piece)
	if err != nil || w.key == nil {
		return packed, "", err
	}
	defer w.files.give(packed)
	stored, err = encrypt(w.files.take(usualFile), packed, w.key.Recipient())
	return stored, w.key.String(), err
}

// Commit waits until all is stored and was read back, and writes the manifest, with
// which the snapshot is there. The manifest m has to be closed, and every part
// that was begun as well. A crash before its last step leaves chunks that no
// manifest names, and Sweep removes.
func (w *Writer) Commit(m *snapshot.Manifest) (Ref, error) {
	close(w.upload)
	w.wg.Wait()
	w.upload = nil
	if err := w.failed(); err != nil {
		return Ref{}, err
	}
	failpoint.Hit("dump.stored")
	out, err := w.manifest(m)
	if err != nil {
		return Ref{}, err
	}
	text, digest, err := out.encode()
	if err != nil {
		return Ref{}, err
	}
	ref := Ref{m.ID, digest}
	if _, err := decode(text, ref); err != nil {
		return Ref{}, fmt.Errorf("the manifest would not be readable: %w", err)
	}
	return ref, w.publish(ref, text)
}

// publish writes the manifest, marked as a stray until the database refers to it. Where the lock was lost
// meanwhile, somebody may have removed a chunk that it needs: then it does not stay.
func (w *Writer) publish(ref Ref, text []byte) error {
	if err := w.lock.held(w.ctx); err != nil {
		return err
	}
	// A crash after this leaves a mark without a manifest, which the next sweep removes.
	if err := mark(w.ctx, w.store, ref.ID); err != nil {
		return err
	}
	if err := w.write(ref, text); err != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(w.ctx), cleanUpWait)
		defer cancel()
		return errors.Join(err, w.store.Remove(ctx, ref.name()), w.store.Remove(ctx, strayName(ref.ID)))
	}
	return nil
}

// write writes the manifest and reads it back. It may be there after an error, too.
func (w *Writer) write(ref Ref, text []byte) error {
	if err := w.store.PutNew(w.ctx, ref.name(), bytes.NewReader(text)); err != nil && !errors.Is(err, store.ErrExists) {
		return fmt.Errorf("store the manifest: %w", err)
	}
	failpoint.Hit("dump.manifest.stored")
	back, err := store.Read(w.ctx, w.store, ref.name(), maxManifest)
	if err == nil && !bytes.Equal(back, text) {
		err = errors.New("it came back as other bytes")
	}
	if err == nil {
		err = w.lock.held(w.ctx)
	}
	if err != nil {
		return fmt.Errorf("read the manifest back: %w", err)
	}
	return nil
}

func (w *Writer) manifest(m *snapshot.Manifest) (*Manifest, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.parts) != len(w.known) {
		return nil, fmt.Errorf("%d parts were begun and %d closed", len(w.known), len(w.parts))
	}
	contents := &Contents{Snapshot: m, Keys: w.shelf.keys, Parts: []Entry{}}
	out := &Manifest{Format: Format, ID: m.ID, Tag: m.Tag, TakenAt: m.TakenAt, Database: m.Database, Objects: []Object{}}
	for _, p := range w.parts {
		contents.Parts = append(contents.Parts, p.entry)
		out.Bytes += p.entry.Bytes
	}
	slices.SortFunc(contents.Parts, func(a, b Entry) int {
		if d := strings.Compare(a.Name, b.Name); d != 0 {
			return d
		}
		return a.Index - b.Index
	})
	for _, o := range w.shelf.objects {
		out.Objects = append(out.Objects, o.Object)
		out.Stored += o.Size
		if o.added {
			out.Added += o.Size
		}
	}
	if w.key == nil {
		out.Contents = contents
		return out, nil
	}
	if len(out.Objects) == 0 { // the keys are then those of nothing
		contents.Keys = nil
	}
	var err error
	out.Sealed, err = w.seal(contents)
	return out, err
}

func (w *Writer) seal(c *Contents) ([]byte, error) {
	text, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("write the contents: %w", err)
	}
	packed, err := compress(nil, text)
	if err != nil {
		return nil, err
	}
	return w.sealed.end(packed)
}

// End gives the lock back and stops what is under way. After Commit the
// snapshot stays; otherwise there is none. It can be called more than once.
func (w *Writer) End() error {
	var err error
	w.ended.Do(func() {
		w.cancel(errors.New("the writer has ended"))
		if w.upload != nil {
			close(w.upload)
			w.wg.Wait()
			w.upload = nil
		}
		err = w.lock.release(context.WithoutCancel(w.ctx))
		if _, larger := errors.AsType[*LargerError](w.failed()); larger {
			w.takeAway()
		}
	})
	return err
}

// takeAway removes the chunks of a snapshot that became too large, which nobody is going to
// want. Where somebody else is at work in the store they are left to a later sweep.
func (w *Writer) takeAway() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.ctx), cleanUpWait)
	defer cancel()
	_, _ = Sweep(ctx, w.store, SweepOptions{Locking: w.locking, only: w.shelf.added()})
}
