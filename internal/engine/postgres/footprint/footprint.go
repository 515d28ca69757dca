package footprint

import (
	"github.com/safemigrate/safemigrate/internal/sqltext"
	"github.com/safemigrate/safemigrate/migrate"
)

// Footprint is what a batch touches, by the OIDs that objects have before it.
type Footprint struct {
	// Tables holds the touched tables that were there before the batch and have
	// rows of their own: plain tables and partitions. What is done to a
	// partitioned or inherited parent stands at each of those that it reaches.
	Tables map[uint32]*Table
	// Objects are other objects that change: "view public.totals dropped".
	Objects []string
	// Whole says which statements may touch anything; then every table counts
	// as one that can lose its rows.
	Whole []migrate.WholeReason
	// Problems are directives that name what is not there.
	Problems []migrate.Problem
	// Told lists the statements of which a directive says what they touch.
	Told []Told
	// Refused lists the statements that the parser refuses.
	Refused []Refused
}

// Told is a statement that touches, as a directive has it, only the tables that this
// names and those that its own text shows.
type Told struct {
	File      string
	Statement sqltext.Statement
	// Tables are those whose rows it may write, by OID; false: rows may only come.
	Tables map[uint32]bool
}

// Table is what happens to one table.
type Table struct {
	OID          uint32
	Schema, Name string // before the batch, bare
	// Key lists the columns of the primary key before the batch by attnum; nil
	// without one.
	Key []int16
	// Inserts, Deletes: rows may come, rows may go. TRUNCATE deletes.
	Inserts, Deletes bool
	// Updates: rows may be updated, be it in columns that the batch itself added.
	Updates bool
	// Rewrites: the rows are written to a new file, and every value stays.
	Rewrites bool
	Renamed  bool // or moved to another schema
	Dropped  bool
	// Columns holds the touched columns by attnum. AddedTo is a column that the
	// batch adds, LosesRows one whose values it may change.
	Columns map[int16]Column
	// Unfit says why single rows could not be put right after the batch; "" where
	// nothing shows that.
	Unfit string
	Files []string // the migrations that touch it, in their order
}

// Column is what happens to one column.
type Column struct {
	Name    string // before the batch, or the new one's
	Verdict migrate.Verdict
}

// Rows is the worst that happens to the rows of a table.
func (t *Table) Rows() migrate.Verdict {
	losesColumns, changes, rewrites, renames := false, false, t.Rewrites, t.Renamed
	for _, c := range t.Columns {
		losesColumns = losesColumns || c.Verdict == migrate.DroppedAway
		changes = changes || c.Verdict == migrate.LosesRows
		rewrites = rewrites || c.Verdict == migrate.Rewritten
		renames = renames || c.Verdict == migrate.Renamed
	}
	switch {
	case t.Dropped:
		return migrate.DroppedAway
	case t.Deletes || changes:
		return migrate.LosesRows
	case losesColumns:
		return migrate.LosesColumns
	case rewrites:
		return migrate.Rewritten
	case renames && !t.Inserts && !t.Updates:
		return migrate.Renamed
	case t.Inserts || t.Updates || len(t.Columns) > 0:
		return migrate.AddedTo
	}
	return migrate.Untouched
}
