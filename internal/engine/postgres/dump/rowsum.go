package dump

import rowsum "github.com/safemigrate/safemigrate/snapshot/dump"

// Sum is a table's content in numbers that do not depend on the order of its rows:
// how many there are, how long their text is, and what they sum up to.
type Sum struct {
	Rows  int64
	Bytes int64

	total rowsum.RowSum
}

// Add adds what another part of the table holds.
func (s *Sum) Add(o Sum) {
	s.Rows += o.Rows
	s.Bytes += o.Bytes
	s.total.Add(&o.total)
}

// String returns the sum of the rows in hex.
func (s *Sum) String() string { return s.total.Sum() }

// Summer sums up the COPY text that is written to it. It needs no memory for a row,
// however long that is.
type Summer struct {
	bytes int64
	rows  rowsum.RowSum
}

// Write takes the next piece of the text.
func (s *Summer) Write(p []byte) (int, error) {
	s.bytes += int64(len(p))
	return s.rows.Write(p)
}

// Sum returns what was summed up; whole tells whether the text ended with a row.
func (s *Summer) Sum() (sum Sum, whole bool) {
	return Sum{Rows: s.rows.Rows(), Bytes: s.bytes, total: s.rows}, !s.rows.Unfinished()
}
