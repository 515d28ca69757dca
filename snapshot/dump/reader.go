package dump

import (
	"context"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"

	"github.com/safemigrate/safemigrate/snapshot"
	"github.com/safemigrate/safemigrate/snapshot/store"
)

// Snapshot is a snapshot of a store whose contents could be opened.
type Snapshot struct {
	Ref      Ref
	Manifest *Manifest
	Contents *Contents

	store store.Store
	keys  []age.Identity // as in Contents.Keys
	parts map[partKey]*Entry
}

// Open reads a snapshot's manifest and opens its contents.
func Open(ctx context.Context, st store.Store, ref Ref, keys Keys) (*Snapshot, error) {
	m, err := readManifest(ctx, st, ref)
	if err != nil {
		return nil, err
	}
	s := &Snapshot{Ref: ref, Manifest: m, Contents: m.Contents, store: st, parts: map[partKey]*Entry{}}
	if m.Sealed != nil {
		if err := s.unseal(keys.Identities); err != nil {
			return nil, err
		}
	}
	for i, e := range s.Contents.Parts {
		s.parts[partKey{e.Name, e.Index}] = &s.Contents.Parts[i]
	}
	return s, nil
}

// Encrypted reports whether a key is needed to read the rows.
func (m *Manifest) Encrypted() bool { return m.Sealed != nil }

// Belongs reports whether the snapshot was taken from db.
func (m *Manifest) Belongs(db snapshot.Database) error {
	return (&snapshot.Manifest{Database: m.Database}).Belongs(db)
}

func (s *Snapshot) unseal(with []age.Identity) error {
	if len(with) == 0 {
		return fmt.Errorf("%w: snapshot %s is encrypted, and no identity was given", snapshot.ErrKey, s.Ref.ID)
	}
	packed, err := decrypt(s.Manifest.Sealed, with...)
	if _, ok := errors.AsType[*age.NoIdentityMatchError](err); ok {
		return fmt.Errorf("%w: %s was encrypted for others", snapshot.ErrKey, s.Ref.ID)
	}
	if err != nil {
		return fmt.Errorf("%w: the contents of %s: %w", snapshot.ErrDamaged, s.Ref.ID, err)
	}
	text, err := expandDocument(packed)
	if err == nil {
		s.Contents = &Contents{}
		err = strictly(text, s.Contents)
	}
	if err == nil {
		err = s.Contents.check(s.Manifest)
	}
	if err == nil {
		err = s.readKeys()
	}
	if err != nil {
		return fmt.Errorf("%w: the contents of %s: %w", snapshot.ErrDamaged, s.Ref.ID, err)
	}
	return nil
}

func (s *Snapshot) readKeys() error {
	for _, text := range s.Contents.Keys {
		key, err := age.ParseX25519Identity(text)
		if err != nil {
			return errors.New("it holds a key that is none")
		}
		s.keys = append(s.keys, key)
	}
	return nil
}

// Part finds one part.
func (s *Snapshot) Part(name string, index int) (Entry, error) {
	e, ok := s.parts[partKey{name, index}]
	if !ok {
		return Entry{}, fmt.Errorf("snapshot %s has no part %d of %s", s.Ref.ID, index, name)
	}
	return *e, nil
}

// Read reads one part. Each byte that it gives was checked, and the end comes
// only after rows and sum were found to be as written; so whoever reads must
// not take what came before an error for the whole.
func (s *Snapshot) Read(ctx context.Context, name string, index int) (*Reader, error) {
	e, err := s.Part(name, index)
	if err != nil {
		return nil, err
	}
	r := &Reader{s: s, ctx: ctx, entry: e}
	if e.Kind == Rows {
		r.sum = &RowSum{}
	}
	return r, nil
}

// Reader reads one part.
type Reader struct {
	s     *Snapshot
	ctx   context.Context //nolint:containedctx // an io.Reader is given no context; this one ends with the reading
	entry Entry
	next  int
	room  room    // for the chunk that is being read
	piece []byte  // what of it is left
	sum   *RowSum // nil: a file
	err   error
}

// Read implements io.Reader.
func (r *Reader) Read(p []byte) (int, error) {
	for len(r.piece) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		r.piece, r.err = r.fetch()
	}
	n := copy(p, r.piece)
	r.piece = r.piece[n:]
	return n, nil
}

func (r *Reader) fetch() ([]byte, error) {
	if r.next == len(r.entry.Chunks) {
		return nil, r.end()
	}
	c := r.entry.Chunks[r.next]
	r.next++
	piece, err := r.s.chunk(r.ctx, &r.room, c)
	if err != nil {
		return nil, fmt.Errorf("part %d of %s: %w", r.entry.Index, r.entry.Name, err)
	}
	if r.sum != nil {
		_, _ = r.sum.Write(piece) // never fails
	}
	return piece, nil
}

// room keeps the buffers that one chunk after another is read into.
type room struct{ stored, piece []byte }

// chunk gives the piece that a chunk stands for, until the room is used again.
func (s *Snapshot) chunk(ctx context.Context, in *room, c Chunk) (piece []byte, err error) {
	o := s.Manifest.Objects[c.Object]
	if in.stored, err = readObject(ctx, in.stored, s.store, o); err != nil {
		return nil, lost(ctx, s.store, s.Ref, err)
	}
	var key age.Identity
	if len(s.keys) > 0 {
		key = s.keys[c.Key]
	}
	in.piece, err = unpack(in.piece, in.stored, o, c, key)
	return in.piece, err
}

func (r *Reader) end() error {
	e := r.entry
	if r.sum != nil && (r.sum.Rows() != e.Rows || r.sum.Sum() != e.Sum || r.sum.Unfinished()) {
		return fmt.Errorf("%w: part %d of %s has %d rows, or others than were written; the manifest says %d",
			snapshot.ErrDamaged, e.Index, e.Name, r.sum.Rows(), e.Rows)
	}
	return io.EOF
}

// Rows are what was read of a part of that kind, counted and summed; nil: it is a file.
func (r *Reader) Rows() *RowSum { return r.sum }

// Close ends the reading.
func (r *Reader) Close() error {
	r.room, r.piece, r.err = room{}, nil, errors.New("the part was closed")
	return nil
}
