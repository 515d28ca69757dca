package rows

import (
	"context"
	"fmt"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// Mark is the end of a batch as far as one table is concerned: which rows were
// there is decided by the transaction that wrote them.
type Mark struct {
	Rows     int64    `json:"rows"`     // rows in the table at the end of the batch
	Snapshot string   `json:"snapshot"` // pg_current_snapshot() then
	Own      []string `json:"own"`      // the batch's transactions that wrote rows of it (xid, 32 bits)
	// Unknown is set where the writers were too many to list.
	Unknown bool `json:"unknown,omitempty"`
	// Carried counts what was written and what was gone already when a later
	// rollback wrote the table anew, since that hides it.
	CarriedWritten int64 `json:"carried_written,omitempty"`
	CarriedGone    int64 `json:"carried_gone,omitempty"`
}

// maxOwn bounds the list of a batch's writers: PL/pgSQL blocks with exception
// handlers write each under a transaction ID of its own.
const maxOwn = 10000

// Now marks the end of a batch for a table (quoted, qualified); first is the
// batch's own oldest transaction ID in this transaction. The caller holds the
// table locked since before first, so whatever has a younger ID is the batch's.
func Now(ctx context.Context, c Conn, table, first string, earlier []string) (Mark, error) {
	m := Mark{}
	var found []string
	err := c.QueryRow(ctx, `SELECT pg_catalog.count(*), pg_catalog.pg_current_snapshot()::text,
			coalesce((pg_catalog.array_agg(DISTINCT xmin::text) FILTER (WHERE pg_catalog.age(xmin) <= pg_catalog.age($1::text::xid)))[1:`+fmt.Sprint(maxOwn+1)+`], '{}')
		FROM ONLY `+table, first).Scan(&m.Rows, &m.Snapshot, &found)
	if err != nil {
		return Mark{}, fmt.Errorf("mark %s: %w", table, err)
	}
	m.Own = merge(earlier, found)
	if len(m.Own) > maxOwn {
		m.Own, m.Unknown = nil, true
	}
	return m, nil
}

func merge(a, b []string) []string {
	seen := map[string]bool{}
	out := []string{}
	for _, x := range append(append([]string(nil), a...), b...) {
		if !seen[x] {
			seen[x] = true
			out = append(out, x)
		}
	}
	return out
}

// Since counts the rows written (inserted or updated) and gone (updated or
// deleted) since the mark; -1 where that cannot be known.
func Since(ctx context.Context, c Conn, table string, m Mark) (written, gone int64, err error) {
	if m.Unknown {
		return -1, -1, nil
	}
	var now int64
	err = c.QueryRow(ctx, `SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE `+later+`)
		FROM ONLY `+table, m.Snapshot, m.Own).Scan(&now, &written)
	if err != nil {
		return 0, 0, fmt.Errorf("count the rows of %s written since: %w", table, err)
	}
	gone = m.Rows - (now - written)
	return written + m.CarriedWritten, gone + m.CarriedGone, nil
}

// later is true for a row whose writer is neither the batch nor visible at its
// end. A 32-bit ID is widened to the newest 64-bit one with the same low half
// that is not in the future. $1 is the snapshot, $2 the batch's own IDs.
const later = `NOT (xmin::text = ANY ($2::text[])) AND NOT pg_catalog.pg_visible_in_snapshot(
	(pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::bigint
	 - ((pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::bigint - xmin::text::bigint) & 4294967295))::text::xid8, $1::pg_snapshot)`

// Sequence is a sequence's value.
type Sequence struct {
	OID    uint32 `json:"oid"`
	Name   string `json:"name"` // quoted, qualified
	Last   int64  `json:"last"`
	Called bool   `json:"called"`
}

// sequencesAtOnce bounds the size of one statement.
const sequencesAtOnce = 200

// Sequences reads the values of all sequences of the user's schemas; they are
// not part of any transaction.
func Sequences(ctx context.Context, c Conn) ([]Sequence, error) {
	found, err := c.Query(ctx, `SELECT c.oid, n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind = 'S' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND n.nspname !~ '^safemigrate'
		  AND CASE WHEN c.relkind = 'S' THEN pg_catalog.has_sequence_privilege(c.oid, 'SELECT') END ORDER BY c.oid`)
	if err != nil {
		return nil, fmt.Errorf("list the sequences: %w", err)
	}
	var all []Sequence
	for found.Next() {
		var s Sequence
		var schema, name string
		if err := found.Scan(&s.OID, &schema, &name); err != nil {
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
