package postgres

import "github.com/safemigrate/safemigrate/internal/engine/postgres/rows"

// spent is a sequence of which an undone step had taken values: they are not
// undone with it.
type spent struct {
	before rows.Sequence
	left   rows.Sequence // as the step left it
}

// unspend gives sequences the values that they had before a step that was undone
// and is tried again: nobody else has used one that stands where the step left it.
func (d *DB) unspend(sequences []rows.Sequence) {
	for i, s := range sequences {
		if was, ok := d.spent[s.OID]; ok && s.Last == was.left.Last && s.Called == was.left.Called {
			sequences[i].Last, sequences[i].Called = was.before.Last, was.before.Called
		}
	}
}
