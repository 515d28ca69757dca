package dump

import (
	"bytes"
	"math"
)

// Sizes of a chunk before compression, in bytes. Rows are cut where their own
// content says so, so that a row that is new or gone moves only the cuts near
// it; files are cut at fixed places, because their pages do not move.
const (
	MaxChunk  = 4 << 20
	minChunk  = 512 << 10
	meanChunk = 2 << 20
	fileChunk = 1 << 20
)

// cutter collects what is written and hands it on in chunks.
type cutter struct {
	kind Kind
	buf  []byte
	sum  RowSum
	emit func(chunk []byte) error // must not keep the chunk
}

func (c *cutter) Write(p []byte) (int, error) {
	n := len(p)
	if c.kind == Bytes {
		return n, c.fill(p, fileChunk)
	}
	for len(p) > 0 {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			c.sum.begin(p)
			return n, c.fill(p, MaxChunk)
		}
		h := c.sum.end(p[:i])
		if err := c.fill(p[:i+1], MaxChunk); err != nil {
			return 0, err
		}
		if len(c.buf) >= minChunk && cutAfter(h.Lo, i+1) {
			if err := c.flush(); err != nil {
				return 0, err
			}
		}
		p = p[i+1:]
	}
	return n, nil
}

// cutAfter decides by the condensed row, and in proportion to its length, so
// that chunks have their mean size whatever the size of rows.
func cutAfter(hash uint64, length int) bool {
	const mean = meanChunk - minChunk
	return length >= mean || hash < math.MaxUint64/mean*uint64(length) //nolint:gosec // a length
}

// fill appends p, and hands on every full chunk of size bytes.
func (c *cutter) fill(p []byte, size int) error {
	for len(p) > 0 {
		n := min(len(p), size-len(c.buf))
		c.buf = append(c.buf, p[:n]...)
		p = p[n:]
		if len(c.buf) == size {
			if err := c.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *cutter) flush() error {
	if len(c.buf) == 0 {
		return nil
	}
	err := c.emit(c.buf)
	c.buf = c.buf[:0]
	return err
}
