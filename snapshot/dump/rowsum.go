package dump

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/bits"

	"github.com/zeebo/xxh3"
)

// RowSum counts rows of COPY text and sums them up, in whatever order they come:
// each row without its newline is condensed by XXH3-128, and the results are
// added modulo 2¹²⁸. The zero value is the sum of no rows. It is an io.Writer;
// rows may be cut anywhere between two calls, and take no memory however long they
// are.
type RowSum struct {
	rows      int64
	bytes     int64
	high, low uint64
	partial   *xxh3.Hasher // holds the begin of a row; nil until there is one
	within    bool         // a row has begun and not ended
}

// Write takes the next bytes of the text. It never fails.
func (s *RowSum) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			s.begin(p)
			break
		}
		s.end(p[:i])
		p = p[i+1:]
	}
	return n, nil
}

// begin takes a piece of a row that does not end in it.
func (s *RowSum) begin(piece []byte) {
	if s.partial == nil {
		s.partial = xxh3.New()
	}
	if !s.within {
		s.partial.Reset()
		s.within = true
	}
	s.bytes += int64(len(piece))
	_, _ = s.partial.Write(piece) // a hash takes everything
}

// end takes the last piece of a row, without its newline, and returns what the
// row was condensed to.
func (s *RowSum) end(piece []byte) xxh3.Uint128 {
	var h xxh3.Uint128
	if s.within {
		_, _ = s.partial.Write(piece) // a hash takes everything
		h = s.partial.Sum128()
		s.within = false
	} else {
		h = xxh3.Hash128(piece)
	}
	s.rows++
	s.bytes += int64(len(piece)) + 1
	s.add(h.Hi, h.Lo)
	return h
}

func (s *RowSum) add(high, low uint64) {
	var carry uint64
	s.low, carry = bits.Add64(s.low, low, 0)
	s.high, _ = bits.Add64(s.high, high, carry)
}

// Add adds the rows of another part of the same table.
func (s *RowSum) Add(other *RowSum) {
	s.rows += other.rows
	s.bytes += other.bytes
	s.add(other.high, other.low)
}

// Join adds rows that were summed up before.
func (s *RowSum) Join(rows, bytes int64, sum string) error {
	b, err := hex.DecodeString(sum)
	if err != nil || len(b) != 16 {
		return fmt.Errorf("%q is no sum of rows", sum)
	}
	s.rows += rows
	s.bytes += bytes
	s.add(binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:]))
	return nil
}

// Rows is the number of complete rows.
func (s *RowSum) Rows() int64 { return s.rows }

// Bytes is the length of the text, newlines included.
func (s *RowSum) Bytes() int64 { return s.bytes }

// Sum is the sum, 32 hexadecimal digits.
func (s *RowSum) Sum() string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], s.high)
	binary.BigEndian.PutUint64(b[8:], s.low)
	return hex.EncodeToString(b[:])
}

// Unfinished reports whether the text ends within a row.
func (s *RowSum) Unfinished() bool { return s.within }
