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
		r.value(st, i)
	}
	sum := sha256.Sum256(r.buf)
	return binary.LittleEndian.Uint64(sum[:8]), binary.LittleEndian.Uint64(sum[8:16])
}

// value appends one value with its type; a long one by its own hash.
func (r *rowHasher) value(st *sqlite3.Stmt, i int) {
	kind := st.ColumnType(i)
	r.buf = append(r.buf, byte(kind)) //nolint:gosec // one of five kinds
	switch kind {
	case sqlite3.INTEGER:
		r.buf = binary.LittleEndian.AppendUint64(r.buf, uint64(st.ColumnInt64(i))) //nolint:gosec // the same 64 bits
	case sqlite3.FLOAT:
		r.buf = binary.LittleEndian.AppendUint64(r.buf, math.Float64bits(st.ColumnFloat(i)))
	case sqlite3.TEXT:
		r.bytes(st.ColumnRawText(i))
	case sqlite3.BLOB:
		r.bytes(st.ColumnRawBlob(i))
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

// sum is the order-free sum over the rows, as manifests have it.
func (t *tally) sum() string { return fmt.Sprintf("%016x%016x", t.high, t.low) }
