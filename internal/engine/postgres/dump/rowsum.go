package dump

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"math/bits"

	"github.com/zeebo/xxh3"
)

// Sum is a table's content in numbers that do not depend on the order of its rows:
// how many there are, how long their text is, and the sum of the XXH3-128 of each row's
// text, without its newline, modulo 2^128. Package snapshot/dump sums rows up alike.
type Sum struct {
	Rows      int64
	Bytes     int64
	High, Low uint64
}

// Add adds what another part of the table holds.
func (s *Sum) Add(o Sum) {
	s.Rows += o.Rows
	s.Bytes += o.Bytes
	s.add(o.High, o.Low)
}

func (s *Sum) add(high, low uint64) {
	var carry uint64
	s.Low, carry = bits.Add64(s.Low, low, 0)
	s.High, _ = bits.Add64(s.High, high, carry)
}

// String returns the 128 bits in hex.
func (s *Sum) String() string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], s.High)
	binary.BigEndian.PutUint64(b[8:], s.Low)
	return hex.EncodeToString(b[:])
}

// Summer sums up the COPY text that is written to it. In that form a newline ends a
// row, and nothing else: one inside a value is written as \n. It needs no memory for
// a row, however long that is.
type Summer struct {
	sum  Sum
	long xxh3.Hasher // of a row whose beginning came with an earlier write
	open bool
}

// Write takes the next piece of the text.
func (s *Summer) Write(p []byte) (int, error) {
	n := len(p)
	s.sum.Bytes += int64(n)
	for len(p) > 0 {
		end := bytes.IndexByte(p, '\n')
		if end < 0 {
			s.piece(p)
			break
		}
		s.row(p[:end])
		p = p[end+1:]
	}
	return n, nil
}

func (s *Summer) piece(p []byte) {
	if !s.open {
		s.long.Reset()
		s.open = true
	}
	_, _ = s.long.Write(p) // a hash takes everything
}

func (s *Summer) row(p []byte) {
	var h xxh3.Uint128
	if s.open {
		s.piece(p)
		h, s.open = s.long.Sum128(), false
	} else {
		h = xxh3.Hash128(p)
	}
	s.sum.Rows++
	s.sum.add(h.Hi, h.Lo)
}

// Sum returns what was summed up; whole tells whether the text ended with a row.
func (s *Summer) Sum() (sum Sum, whole bool) { return s.sum, !s.open }
