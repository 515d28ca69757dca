package revert

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// Copy is a table's kept rows.
type Copy struct {
	Table   uint32       // OID of the table in Before
	Source  string       // quoted, qualified name of the copy
	Columns []CopyColumn // live columns at Before that are not generated; of a copy by key, those that are kept
	// Key lists the columns of the primary key by attnum where a copy holds, of
	// every row, only the key and the columns that the batch can destroy; nil
	// where it holds whole rows.
	Key []int16 `json:",omitempty"`
}

// CopyColumn is one column of a Copy.
type CopyColumn struct {
	Num    int16  // attnum in Before
	Name   string // name in Before, bare
	Column string // name in the copy, bare
	Text   bool   // kept as text; it is cast back to the column's type
}

// Input is all that is known about a batch that is to be taken back.
type Input struct {
	Before *catalog.State
	After  *catalog.State // nil: all that differs between Before and Now is the batch's
	Now    *catalog.State

	Copies      map[uint32]Copy // by OID of the table at Before
	RowsChanged map[uint32]bool // tables whose kept rows the batch changed, or may have

	// Filtered: forced row security hides rows from the role, even of its own tables.
	Filtered bool

	// Records are of tables whose rows are corrected rather than exchanged.
	Records map[uint32]Record
	// Spared names, by table, the records' keys whose rows stay as they are,
	// because somebody wrote them since and they are to be kept.
	Spared map[uint32]string

	// Misfits are tables whose later rows break what comes back; they cannot stay.
	Misfits Misfits

	// Behind are checks that old rows do not pass before all is as it was.
	Behind map[catalog.Address]bool

	// Answers are what the server said of the rows that what comes back allows, as far as it
	// was asked.
	Answers Answers

	// Written is the condition that somebody may have written a row c since the batch, and
	// Unseen that nothing showed it when the batch ended, which is true for fewer where other
	// transactions ran, anywhere on the server. "" where that is not known.
	Written, Unseen string

	// Ready are tables that were made beside early; Early says that some are to be.
	Ready map[uint32]Ready
	Early bool

	Moved map[uint32]Place // tables that are kept instead of being dropped

	Matviews map[uint32]Content // by OID; those that held rows before the batch and hold rows now

	Read catalog.Options // how Now was read; Apply reads again in the same way

	// Rehearsal plans a way back that is only tried: no rows are needed. The
	// tables of RowsChanged are emptied for the time.
	Rehearsal bool
}

// Conn is the caller's open transaction.
type Conn interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}
