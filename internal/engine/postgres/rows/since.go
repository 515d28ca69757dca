package rows

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// Mark is the end of a batch as far as one table is concerned. Which rows were
// there then is decided by who wrote them: a transaction that had ended before
// any that was still running (Oldest), the batch itself (Own), or another
// whose rows were seen (Seen).
type Mark struct {
	Rows   int64    `json:"rows"`           // rows in the table
	Oldest int64    `json:"oldest"`         // oldest transaction ID that was running, 64 bits
	Own    []string `json:"own,omitempty"`  // IDs of the batch itself, 32 bits
	Seen   []string `json:"seen,omitempty"` // other IDs not older than Oldest, 32 bits
	// Unknown is set where the writers were too many to list.
	Unknown bool `json:"unknown,omitempty"`
	// Carried counts what was written and was gone already when this mark was
	// made: between two steps of the batch, or before a later rollback wrote the
	// table anew, which hides who wrote its rows.
	CarriedWritten int64 `json:"carried_written,omitempty"`
	CarriedGone    int64 `json:"carried_gone,omitempty"`
}

// maxOwn bounds the list of writers: PL/pgSQL blocks with exception handlers
// write each under a transaction ID of its own.
const maxOwn = 10000

// writers reads who wrote the rows of a table, and how many each: what is asked of
// rows by their writers is asked of these instead, which are few, and whose IDs need
// not be spelled once for every row. full_id is the writer as a 64-bit ID: the one
// with the same low half that is nearest below the next ID, with room for those that
// this transaction has got since its snapshot. A snapshot tells of running
// transactions, but not of their subtransactions, so it is not asked whether it sees
// a writer.
func writers(table string) string {
	return `writers AS (SELECT w.xmin::text AS id, w.n, x.next - ((x.next - w.xmin::text::bigint) & 4294967295) AS full_id
		FROM (SELECT t.xmin, pg_catalog.count(*) AS n FROM ONLY ` + table + ` t GROUP BY 1) w,
			(SELECT pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::bigint + 1048576 AS next) x)`
}

// Moment tells which transactions had ended, and which were running: a pg_snapshot of the
// server as text.
type Moment string

// ThisMoment is the one of the caller's snapshot.
func ThisMoment(ctx context.Context, c Conn) (m Moment, err error) {
	err = c.QueryRow(ctx, `SELECT pg_catalog.pg_current_snapshot()::text`).Scan(&m)
	return m, err
}

// Written spells the condition that a row, by its alias, may have been written after the
// moment: by a transaction that was not older than all that were running.
func (m Moment) Written(alias string) string {
	return fullID(alias) + "::text::xid8 >= pg_catalog.pg_snapshot_xmin(" + catalog.Literal(string(m)) + ")"
}

// Unseen spells the condition that nothing showed the row at the moment. Of those that
// Written is true for it leaves out the rows of transactions that had ended, and any of a
// subtransaction that ran: a snapshot does not tell of those.
func (m Moment) Unseen(alias string) string {
	return "NOT pg_catalog.pg_visible_in_snapshot(" + fullID(alias) + "::text::xid8, " + catalog.Literal(string(m)) + ")"
}

// Now marks this moment for a table (quoted, qualified) that the caller holds
// locked against writers.
func Now(ctx context.Context, c Conn, table string) (m Mark, err error) {
	err = c.QueryRow(ctx, `SELECT pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())::text::bigint`).Scan(&m.Oldest)
	if err != nil {
		return m, fmt.Errorf("mark %s: %w", table, err)
	}
	// A row that is seen and whose writer is still running is one's own.
	err = c.QueryRow(ctx, `WITH `+writers(table)+`,
		young AS (SELECT id, pg_catalog.pg_xact_status(full_id::text::xid8) = 'in progress' AS own FROM writers WHERE full_id >= $1 LIMIT $2)
		SELECT coalesce((SELECT pg_catalog.sum(n) FROM writers), 0)::bigint,
			coalesce((SELECT pg_catalog.array_agg(id) FROM young WHERE own), '{}'),
			coalesce((SELECT pg_catalog.array_agg(id) FROM young WHERE own IS NOT TRUE), '{}')`,
		m.Oldest, maxOwn+1).Scan(&m.Rows, &m.Own, &m.Seen)
	if err != nil {
		return m, fmt.Errorf("mark %s: %w", table, err)
	}
	if len(m.Own)+len(m.Seen) > maxOwn {
		m.Own, m.Seen, m.Unknown = nil, nil, true
	}
	return m, nil
}

// Asked is a question for what was written to a table since a mark, as Since answers it.
type Asked struct {
	Mark  Mark
	Later []string
}

// Count is how many rows were written (inserted or updated) and gone (updated or
// deleted) since a mark; -1 where that cannot be known.
type Count struct{ Written, Gone int64 }

// Since counts the rows written (inserted or updated) and gone (updated or
// deleted) since the mark; -1 where that cannot be known. later holds the
// writers of later batches, whose work is undone before that of this one.
func Since(ctx context.Context, c Conn, table string, m Mark, later ...string) (written, gone int64, err error) {
	counts, err := SinceEach(ctx, c, table, []Asked{{m, later}})
	if err != nil {
		return 0, 0, err
	}
	return counts[0].Written, counts[0].Gone, nil
}

// SinceEach answers questions about one table (quoted, qualified), in their order, and
// reads the table once for all of them.
func SinceEach(ctx context.Context, c Conn, table string, asked []Asked) ([]Count, error) {
	counts := make([]Count, len(asked))
	arguments, answers := []any{}, []any{}
	var query strings.Builder
	var now int64
	for i, a := range asked {
		if a.Mark.Unknown {
			counts[i] = Count{-1, -1}
			continue
		}
		known := append([]string{}, slices.Concat(a.Mark.Own, a.Mark.Seen, a.Later)...) // never nil: NULL would compare as neither
		arguments = append(arguments, a.Mark.Oldest, known)
		fmt.Fprintf(&query, `, coalesce(pg_catalog.sum(n) FILTER (WHERE full_id >= $%d AND NOT id = ANY ($%d::text[])), 0)::bigint`, len(arguments)-1, len(arguments))
		answers = append(answers, &counts[i].Written)
	}
	if query.Len() == 0 {
		return counts, nil
	}
	err := c.QueryRow(ctx, `WITH `+writers(table)+` SELECT coalesce(pg_catalog.sum(n), 0)::bigint`+query.String()+` FROM writers`, arguments...).
		Scan(append([]any{&now}, answers...)...)
	if err != nil {
		return nil, fmt.Errorf("count the rows of %s written since: %w", table, err)
	}
	for i, a := range asked {
		if w := counts[i].Written; !a.Mark.Unknown {
			counts[i] = Count{w + a.Mark.CarriedWritten, a.Mark.Rows - (now - w) + a.Mark.CarriedGone}
		}
	}
	return counts, nil
}

// Written spells the condition that a row, by its alias, was written since the mark;
// the mark has to be one that knows.
func (m Mark) Written(alias string) string {
	return fullID(alias) + " >= " + strconv.FormatInt(m.Oldest, 10) +
		" AND " + alias + ".xmin::text NOT IN (" + literals(slices.Concat([]string{"0"}, m.Own, m.Seen)) + ")"
}

// fullID is who wrote a row, by its alias, as a 64-bit ID (see writers).
func fullID(alias string) string {
	const next = "(SELECT pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::bigint + 1048576)"
	return "(" + next + " - ((" + next + " - " + alias + ".xmin::text::bigint) & 4294967295))"
}

// Still reports whether a table, which nobody but safemigrate writes to, holds the
// rows that the writers of a mark put there, all of them and no other, and marks
// this moment.
func Still(ctx context.Context, c Conn, table string, m Mark) (now Mark, still bool, err error) {
	var of int64
	own := append([]string{}, m.Own...) // never nil: NULL would compare as neither
	err = c.QueryRow(ctx, `WITH `+writers(table)+` SELECT pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())::text::bigint,
		coalesce(pg_catalog.sum(n), 0)::bigint, coalesce(pg_catalog.sum(n) FILTER (WHERE id = ANY ($1::text[])), 0)::bigint FROM writers`, own).
		Scan(&now.Oldest, &now.Rows, &of)
	if err != nil {
		return now, false, fmt.Errorf("count the rows of %s: %w", table, err)
	}
	now.Own = m.Own
	return now, now.Rows == m.Rows && of == m.Rows, nil
}

// Sequence is a sequence's value.
type Sequence struct {
	OID    uint32 `json:"oid"`
	Name   string `json:"name"` // quoted, qualified
	Last   int64  `json:"last"`
	Called bool   `json:"called"`
	Step   int64  `json:"step"` // its increment

	Min, Max int64 `json:"-"` // its limits
}

// Behind reports whether s would give values again that o has given already.
func (s Sequence) Behind(o Sequence) bool {
	switch {
	case s.Last == o.Last:
		return o.Called && !s.Called
	case o.Step < 0:
		return s.Last > o.Last
	}
	return s.Last < o.Last
}

// sequencesAtOnce bounds the size of one statement.
const sequencesAtOnce = 200

// Sequences reads the values of all sequences of the user's schemas; they are
// not part of any transaction.
func Sequences(ctx context.Context, c Conn) ([]Sequence, error) {
	found, err := c.Query(ctx, `SELECT c.oid, n.nspname, c.relname, s.seqincrement, s.seqmin, s.seqmax FROM pg_catalog.pg_class c
		JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN pg_catalog.pg_sequence s ON s.seqrelid = c.oid
		WHERE c.relkind = 'S' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND n.nspname !~ '`+catalog.OwnSchemas+`'
		  AND CASE WHEN c.relkind = 'S' THEN pg_catalog.has_sequence_privilege(c.oid, 'SELECT') END ORDER BY c.oid`)
	if err != nil {
		return nil, fmt.Errorf("list the sequences: %w", err)
	}
	var all []Sequence
	for found.Next() {
		var s Sequence
		var schema, name string
		if err := found.Scan(&s.OID, &schema, &name, &s.Step, &s.Min, &s.Max); err != nil {
			return nil, fmt.Errorf("list the sequences: %w", err)
		}
		s.Name = catalog.Qualified(schema, name)
		all = append(all, s)
	}
	if err := found.Err(); err != nil {
		return nil, fmt.Errorf("list the sequences: %w", err)
	}
	for i := 0; i < len(all); i += sequencesAtOnce {
		if err := readValues(ctx, c, all[i:min(i+sequencesAtOnce, len(all))]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func readValues(ctx context.Context, c Conn, part []Sequence) error {
	queries := make([]string, len(part))
	for i, s := range part {
		queries[i] = fmt.Sprintf("SELECT %d, last_value, is_called FROM %s", i, s.Name)
	}
	found, err := c.Query(ctx, strings.Join(queries, " UNION ALL "))
	if err != nil {
		return fmt.Errorf("read the sequences: %w", err)
	}
	defer found.Close()
	for found.Next() {
		var i int
		var s Sequence
		if err := found.Scan(&i, &s.Last, &s.Called); err != nil {
			return fmt.Errorf("read the sequences: %w", err)
		}
		part[i].Last, part[i].Called = s.Last, s.Called
	}
	return found.Err()
}
