package dump

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"
	"github.com/zeebo/xxh3"

	"github.com/safemigrate/safemigrate/snapshot"
)

// encoder and decoder are shared: EncodeAll and DecodeAll can be called at the
// same time, and keep no more state than calls under way.
var encoder = sync.OnceValues(func() (*zstd.Encoder, error) {
	return zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(1<<20),
		zstd.WithEncoderCRC(false), zstd.WithEncoderConcurrency(runtime.GOMAXPROCS(0))) // a chunk has its ID
})

var decoder = sync.OnceValues(func() (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecoderMaxWindow(MaxChunk), zstd.WithDecodeAllCapLimit(true),
		zstd.WithDecoderConcurrency(runtime.GOMAXPROCS(0)))
})

// compress appends one zstd frame.
func compress(into, content []byte) ([]byte, error) {
	e, err := encoder()
	if err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	return e.EncodeAll(content, into), nil
}

// expand decompresses to exactly size bytes, into a buffer that is used where it holds
// them. It never makes more: a frame that would is refused before it does.
func expand(into, content []byte, size int64) ([]byte, error) {
	d, err := decoder()
	if err != nil {
		return nil, fmt.Errorf("decompress: %w", err)
	}
	if int64(cap(into)) < size {
		into = make([]byte, 0, size)
	}
	out, err := d.DecodeAll(content, into[:0:size])
	if err != nil {
		return nil, fmt.Errorf("decompress: %w", err)
	}
	if int64(len(out)) != size {
		return nil, fmt.Errorf("decompress: %d bytes where %d were written", len(out), size)
	}
	return out, nil
}

// encrypt appends one age file.
func encrypt(into, content []byte, to ...age.Recipient) ([]byte, error) {
	f := ageFile{out: bytes.NewBuffer(into)}
	f.begin(to)
	return f.end(content)
}

// ageFile is an age file under way. What it costs to begin one depends on who can open it.
type ageFile struct {
	out *bytes.Buffer
	in  io.WriteCloser
	err error
}

func (f *ageFile) begin(to []age.Recipient) { f.in, f.err = age.Encrypt(f.out, to...) }

// end gives the file that holds the content.
func (f *ageFile) end(content []byte) ([]byte, error) {
	if f.err == nil {
		_, f.err = f.in.Write(content)
		f.err = errors.Join(f.err, f.in.Close())
	}
	if f.err != nil {
		return nil, fmt.Errorf("encrypt: %w", f.err)
	}
	return f.out.Bytes(), nil
}

func decrypt(content []byte, with ...age.Identity) ([]byte, error) {
	r, err := age.Decrypt(bytes.NewReader(content), with...)
	if err != nil {
		return nil, fmt.Errorf("decrypt: %w", err)
	}
	out, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("decrypt: %w", err)
	}
	return out, nil
}

func sumOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// pieceID tells pieces apart. Equal IDs are no proof: who can write rows could make two
// pieces of one, so those are compared before one is stored for both.
type pieceID [16]byte

func idOf(piece []byte) pieceID { return xxh3.Hash128(piece).Bytes() }

func (id pieceID) String() string { return hex.EncodeToString(id[:]) }

// unpack gives the piece that an object holds, with everything about it checked.
func unpack(into, stored []byte, o Object, c Chunk, key age.Identity) (piece []byte, err error) {
	if err := o.matches(stored); err != nil {
		return nil, err
	}
	if key != nil {
		if stored, err = decrypt(stored, key); err != nil {
			return nil, fmt.Errorf("%w: chunk %s: %w", snapshot.ErrDamaged, o.Sum, err)
		}
	}
	piece, err = expand(into, stored, c.Bytes)
	if err == nil && idOf(piece).String() != c.ID {
		err = errors.New("it holds other bytes than were written")
	}
	if err != nil {
		return nil, fmt.Errorf("%w: chunk %s: %w", snapshot.ErrDamaged, o.Sum, err)
	}
	return piece, nil
}

// matches proves that the bytes are those of the object.
func (o Object) matches(stored []byte) error { return o.is(int64(len(stored)), sha256.Sum256(stored)) }

// is proves that bytes of that number and hash are those of the object.
func (o Object) is(size int64, sum [sha256.Size]byte) error {
	switch {
	case size != o.Size:
		return fmt.Errorf("%w: chunk %s has %d bytes; %d were written", snapshot.ErrDamaged, o.Sum, size, o.Size)
	case hex.EncodeToString(sum[:]) != o.Sum:
		return fmt.Errorf("%w: chunk %s is not as it was written", snapshot.ErrDamaged, o.Sum)
	}
	return nil
}

// expandDocument decompresses a document, whose size nobody wrote down.
func expandDocument(packed []byte) ([]byte, error) {
	d, err := zstd.NewReader(bytes.NewReader(packed), zstd.WithDecoderMaxWindow(MaxChunk), zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("decompress: %w", err)
	}
	defer d.Close()
	out, err := io.ReadAll(io.LimitReader(d, maxManifest+1))
	if err != nil {
		return nil, fmt.Errorf("decompress: %w", err)
	}
	if len(out) > maxManifest {
		return nil, fmt.Errorf("decompress: more than %d bytes", maxManifest)
	}
	return out, nil
}
