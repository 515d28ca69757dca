package dump

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/safemigrate/safemigrate/snapshot"
)

// Format is the version of the form of a store. A reader refuses others.
const Format = 1

// ErrFormat is returned for a manifest of another version of the form.
var ErrFormat = errors.New("the snapshot in the store has another format")

// Limits that a reader holds a store to.
const (
	maxManifest = 256 << 20
	maxObject   = MaxChunk + 64<<10 // what does not compress, and the frames of zstd and age
	maxParts    = 10_000_000
)

// Manifest is a snapshot's table of contents in a store. What does not depend
// on a key is for whoever looks after the store; the contents are encrypted
// where the chunks are.
type Manifest struct {
	Format   int               `json:"format"`
	ID       string            `json:"id"`
	Tag      string            `json:"tag"`
	TakenAt  time.Time         `json:"taken_at"`
	Database snapshot.Database `json:"database"`
	Bytes    int64             `json:"bytes"`  // of all parts, before compression
	Stored   int64             `json:"stored"` // of all objects that it needs
	Added    int64             `json:"added"`  // of the objects that it was the first to need
	Objects  []Object          `json:"objects"`
	Contents *Contents         `json:"contents,omitempty"`
	Sealed   []byte            `json:"sealed,omitempty"` // age over zstd over the JSON of Contents
}

// Object is one chunk as it is stored.
type Object struct {
	Sum  string `json:"sum"`  // SHA-256 of what is stored, hex; its name follows from it
	Size int64  `json:"size"` // bytes
}

// Name is the object's name in the store.
func (o Object) Name() string { return chunkPrefix + o.Sum[:2] + "/" + o.Sum }

// Contents are what the chunks mean.
type Contents struct {
	Snapshot *snapshot.Manifest `json:"snapshot"`
	// Keys are the age identities that open the chunks; none where they are not encrypted.
	Keys  []string `json:"keys,omitempty"`
	Parts []Entry  `json:"parts"`
}

// Kind is what a part holds.
type Kind string

// The kinds of parts.
const (
	Rows  Kind = "rows"  // COPY text: rows that end in a newline
	Bytes Kind = "bytes" // a file
)

// Entry is one part: a stream that was written and can be read by itself. A
// table can have several.
type Entry struct {
	Name   string  `json:"name"` // of a table or a file
	Index  int     `json:"index"`
	Kind   Kind    `json:"kind"`
	Bytes  int64   `json:"bytes"`
	Rows   int64   `json:"rows,omitempty"`
	Sum    string  `json:"sum,omitempty"` // of the rows; see RowSum
	Chunks []Chunk `json:"chunks"`
}

// Chunk is a piece of a part.
type Chunk struct {
	Object int    `json:"o"`           // index in Objects
	ID     string `json:"id"`          // XXH3-128 of the piece itself, hex
	Bytes  int64  `json:"n"`           // its length
	Key    int    `json:"k,omitempty"` // index in Keys
}

// Ref names a snapshot in a store, and all of its content with it.
type Ref struct {
	ID     string
	Digest string // SHA-256 of the manifest, hex
}

const (
	chunkPrefix    = "chunks/"
	manifestPrefix = "manifests/"
	manifestSuffix = ".json"
)

func (r Ref) name() string { return manifestPrefix + r.ID + "." + r.Digest + manifestSuffix }

var (
	sumPattern = regexp.MustCompile(`^[0-9a-f]{64}$`)
	xxhPattern = regexp.MustCompile(`^[0-9a-f]{32}$`)
	idPattern  = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,99}$`)
)

// refOf reads a manifest's name.
func refOf(name string) (Ref, error) {
	id, digest, ok := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(name, manifestPrefix), manifestSuffix), ".")
	r := Ref{id, digest}
	if !ok || !idPattern.MatchString(id) || !sumPattern.MatchString(digest) || r.name() != name {
		return Ref{}, fmt.Errorf("%w: %.200s is not the name of a manifest", snapshot.ErrDamaged, name)
	}
	return r, nil
}

// encode gives the bytes of a manifest and their hash.
func (m *Manifest) encode() (text []byte, digest string, err error) {
	text, err = json.Marshal(m)
	if err != nil {
		return nil, "", fmt.Errorf("write the manifest: %w", err)
	}
	if len(text) > maxManifest {
		return nil, "", fmt.Errorf("the manifest has %d bytes, more than %d", len(text), maxManifest)
	}
	sum := sha256.Sum256(text)
	return text, hex.EncodeToString(sum[:]), nil
}

// decode reads a manifest and proves that it is the one that ref names.
func decode(text []byte, ref Ref) (*Manifest, error) {
	sum := sha256.Sum256(text)
	if hex.EncodeToString(sum[:]) != ref.Digest {
		return nil, fmt.Errorf("%w: the manifest of %s is not as it was written", snapshot.ErrDamaged, ref.ID)
	}
	if err := checkFormat(text, ref); err != nil {
		return nil, err
	}
	m := &Manifest{}
	if err := strictly(text, m); err != nil {
		return nil, fmt.Errorf("%w: the manifest of %s: %w", snapshot.ErrDamaged, ref.ID, err)
	}
	if err := m.check(ref); err != nil {
		return nil, fmt.Errorf("%w: the manifest of %s: %w", snapshot.ErrDamaged, ref.ID, err)
	}
	return m, nil
}

// checkFormat reads nothing but the number: in another format the rest has
// another meaning.
func checkFormat(text []byte, ref Ref) error {
	var head struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return fmt.Errorf("%w: the manifest of %s: %w", snapshot.ErrDamaged, ref.ID, err)
	}
	if head.Format != Format {
		return fmt.Errorf("%w: snapshot %s has format %d, this safemigrate reads %d", ErrFormat, ref.ID, head.Format, Format)
	}
	return nil
}

// strictly decodes one JSON document without unknown fields.
func strictly(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the document")
	}
	return nil
}

func (m *Manifest) check(ref Ref) error {
	switch {
	case m.ID != ref.ID:
		return fmt.Errorf("it is that of %.100q", m.ID)
	case m.Bytes < 0 || m.Stored < 0 || m.Added < 0 || m.Added > m.Stored:
		return errors.New("its sizes cannot be")
	case (m.Contents == nil) == (m.Sealed == nil):
		return errors.New("it has contents twice, or not at all")
	}
	var stored int64
	seen := make(map[string]bool, len(m.Objects))
	for _, o := range m.Objects {
		if !sumPattern.MatchString(o.Sum) || o.Size <= 0 || o.Size > maxObject || seen[o.Sum] {
			return fmt.Errorf("object %.70q of %d bytes cannot be", o.Sum, o.Size)
		}
		seen[o.Sum] = true
		stored += o.Size
	}
	if stored != m.Stored {
		return fmt.Errorf("its objects have %d bytes, it says %d", stored, m.Stored)
	}
	if m.Contents != nil {
		return m.Contents.check(m)
	}
	return nil
}

// check holds the contents against the manifest that they belong to.
func (c *Contents) check(m *Manifest) error {
	s := c.Snapshot
	switch {
	case s == nil:
		return errors.New("it says nothing of the snapshot")
	case s.ID != m.ID || s.Tag != m.Tag || s.Database != m.Database || !s.TakenAt.Equal(m.TakenAt):
		return errors.New("its contents are those of another snapshot")
	case len(c.Parts) > maxParts:
		return fmt.Errorf("it has %d parts", len(c.Parts))
	case (len(c.Keys) > 0) != (m.Sealed != nil) && len(m.Objects) > 0:
		return errors.New("it has keys and no encryption, or the reverse")
	}
	if err := s.Check(); err != nil {
		return err
	}
	var total int64
	used := make([]bool, len(m.Objects))
	seen := make(map[partKey]bool, len(c.Parts))
	for _, e := range c.Parts {
		key := partKey{e.Name, e.Index}
		if seen[key] {
			return fmt.Errorf("part %d of %.100q is there twice", e.Index, e.Name)
		}
		seen[key] = true
		if err := e.check(len(c.Keys), used); err != nil {
			return fmt.Errorf("part %d of %.100q: %w", e.Index, e.Name, err)
		}
		total += e.Bytes
	}
	if total != m.Bytes {
		return fmt.Errorf("its parts have %d bytes, it says %d", total, m.Bytes)
	}
	for i := range used {
		if !used[i] {
			return fmt.Errorf("object %s belongs to nothing", m.Objects[i].Sum)
		}
	}
	return nil
}

type partKey struct {
	name  string
	index int
}

func (e *Entry) check(keys int, used []bool) error {
	if e.Index < 0 || e.Bytes < 0 || e.Rows < 0 || e.Rows > e.Bytes {
		return errors.New("its numbers cannot be")
	}
	switch e.Kind {
	case Rows:
		if !xxhPattern.MatchString(e.Sum) {
			return errors.New("its sum cannot be")
		}
	case Bytes:
		if e.Sum != "" || e.Rows != 0 {
			return errors.New("a file has no rows")
		}
	default:
		return fmt.Errorf("it is of kind %.30q", string(e.Kind))
	}
	var total int64
	for _, c := range e.Chunks {
		if c.Object < 0 || c.Object >= len(used) || c.Key < 0 || c.Key >= max(keys, 1) ||
			c.Bytes <= 0 || c.Bytes > MaxChunk || !xxhPattern.MatchString(c.ID) {
			return errors.New("a chunk of it cannot be")
		}
		used[c.Object] = true
		total += c.Bytes
	}
	if total != e.Bytes {
		return fmt.Errorf("its chunks have %d bytes, it says %d", total, e.Bytes)
	}
	return nil
}
