package sqlite

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/ncruces/go-sqlite3"
)

// rowHasher condenses a row to two numbers. Rows are equal where they are equal
// in every value and its type; the hidden rowid of a table that does not name
// it is no part, because VACUUM changes it.
type rowHasher struct{ buf []byte }

// spillAt is the size in bytes from which a row is hashed piece by piece.
const spillAt = 64 << 10

func (r *rowHasher) row(st *sqlite3.Stmt) (high, low uint64) {
	r.buf = r.buf[:0]
	for i := range st.ColumnCount() {
		appendValue(r, column{st, i})
	}
	return r.sum()
}

// values condenses the arguments of a function, as row does the columns of a row.
func (r *rowHasher) values(all []sqlite3.Value) (high, low uint64) {
	r.buf = r.buf[:0]
	for _, v := range all {
		appendValue(r, v)
	}
	return r.sum()
}

func (r *rowHasher) sum() (high, low uint64) {
	sum := sha256.Sum256(r.buf)
	return binary.LittleEndian.Uint64(sum[:8]), binary.LittleEndian.Uint64(sum[8:16])
}

// cell is one value of a row.
type cell interface {
	Type() sqlite3.Datatype
	Int64() int64
	Float() float64
	RawText() []byte
	RawBlob() []byte
}

// column is the value that a statement has in one of its columns.
type column struct {
	st *sqlite3.Stmt
	i  int
}

func (c column) Type() sqlite3.Datatype { return c.st.ColumnType(c.i) }
func (c column) Int64() int64           { return c.st.ColumnInt64(c.i) }
func (c column) Float() float64         { return c.st.ColumnFloat(c.i) }
func (c column) RawText() []byte        { return c.st.ColumnRawText(c.i) }
func (c column) RawBlob() []byte        { return c.st.ColumnRawBlob(c.i) }

// appendValue appends one value with its type; a long one by its own hash. The
// type parameter keeps it free of an allocation for every value.
func appendValue[C cell](r *rowHasher, c C) {
	kind := c.Type()
	r.buf = append(r.buf, byte(kind)) //nolint:gosec // one of five kinds
	switch kind {
	case sqlite3.INTEGER:
		r.buf = binary.LittleEndian.AppendUint64(r.buf, uint64(c.Int64())) //nolint:gosec // the same 64 bits
	case sqlite3.FLOAT:
		r.buf = binary.LittleEndian.AppendUint64(r.buf, math.Float64bits(c.Float()))
	case sqlite3.TEXT:
		r.bytes(c.RawText())
	case sqlite3.BLOB:
		r.bytes(c.RawBlob())
	case sqlite3.NULL:
	}
}

func (r *rowHasher) bytes(b []byte) {
	r.buf = binary.AppendUvarint(r.buf, uint64(len(b)))
	if len(b) < spillAt {
		r.buf = append(r.buf, b...)
		return
	}
	sum := sha256.Sum256(b)
	r.buf = append(r.buf, sum[:]...)
}

// tally is the content of a table in short: its rows, in whatever order.
type tally struct {
	Rows      int64
	high, low uint64
}

func (t *tally) add(high, low uint64) {
	t.Rows++
	t.high += high
	t.low += low
}

// plus and minus join and part sets of rows.
func (t *tally) plus(o tally) {
	t.Rows, t.high, t.low = t.Rows+o.Rows, t.high+o.high, t.low+o.low
}

func (t *tally) minus(o tally) {
	t.Rows, t.high, t.low = t.Rows-o.Rows, t.high-o.high, t.low-o.low
}

// sum is the order-free sum over the rows, as manifests have it.
func (t *tally) sum() string { return fmt.Sprintf("%016x%016x", t.high, t.low) }
