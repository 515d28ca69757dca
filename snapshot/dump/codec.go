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

	"github.com/safemigrate/safemigrate/snapshot"
)

// encoder and decoder are shared: EncodeAll and DecodeAll can be called at the
// same time, and keep no more state than calls under way.
var encoder = sync.OnceValues(func() (*zstd.Encoder, error) {
	return zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(1<<20),
		zstd.WithEncoderConcurrency(runtime.GOMAXPROCS(0)))
})

var decoder = sync.OnceValues(func() (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecoderMaxWindow(MaxChunk), zstd.WithDecodeAllCapLimit(true),
		zstd.WithDecoderConcurrency(runtime.GOMAXPROCS(0)))
})

// compress gives one zstd frame.
func compress(content []byte) ([]byte, error) {
	e, err := encoder()
	if err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	return e.EncodeAll(content, make([]byte, 0, len(content)/4+512)), nil
}

// expand decompresses to exactly size bytes. It never makes more: a frame that
// would is refused before it does.
func expand(content []byte, size int64) ([]byte, error) {
	d, err := decoder()
	if err != nil {
		return nil, fmt.Errorf("decompress: %w", err)
	}
	out, err := d.DecodeAll(content, make([]byte, 0, size))
	if err != nil {
		return nil, fmt.Errorf("decompress: %w", err)
	}
	if int64(len(out)) != size {
		return nil, fmt.Errorf("decompress: %d bytes where %d were written", len(out), size)
	}
	return out, nil
}

func encrypt(content []byte, to ...age.Recipient) ([]byte, error) {
	var out bytes.Buffer
	out.Grow(len(content) + 1<<10)
	w, err := age.Encrypt(&out, to...)
	if err != nil {
		return nil, fmt.Errorf("encrypt: %w", err)
	}
	_, err = w.Write(content)
	if err := errors.Join(err, w.Close()); err != nil {
		return nil, fmt.Errorf("encrypt: %w", err)
	}
	return out.Bytes(), nil
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

// unpack gives the piece that an object holds, with everything about it checked.
func unpack(stored []byte, o Object, c Chunk, key age.Identity) (piece []byte, err error) {
	if err := o.matches(stored); err != nil {
		return nil, err
	}
	if key != nil {
		if stored, err = decrypt(stored, key); err != nil {
			return nil, fmt.Errorf("%w: chunk %s: %w", snapshot.ErrDamaged, o.Sum, err)
		}
	}
	piece, err = expand(stored, c.Bytes)
	if err == nil && sumOf(piece) != c.ID {
		err = errors.New("it holds other bytes than were written")
	}
	if err != nil {
		return nil, fmt.Errorf("%w: chunk %s: %w", snapshot.ErrDamaged, o.Sum, err)
	}
	return piece, nil
}

// matches proves that the bytes are those of the object.
func (o Object) matches(stored []byte) error {
	switch {
	case int64(len(stored)) != o.Size:
		return fmt.Errorf("%w: chunk %s has %d bytes; %d were written", snapshot.ErrDamaged, o.Sum, len(stored), o.Size)
	case sumOf(stored) != o.Sum:
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
