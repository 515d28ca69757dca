package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/rows"
)

// earlier is what there is to count, by table, for the batches that are applied. A
// table is read once for all of them, however many they are and whoever asks first.
type earlier struct {
	batches []string // newest first
	asked   map[uint32][]earlierMark
	counts  map[uint32][]rows.Count // in the order of asked, of tables that were read
}

// earlierMark is the end of a batch as far as one table is concerned.
type earlierMark struct {
	batch string
	asked rows.Asked
}

// readEarlier reads the marks of the batches whose effect stands. A batch that can
// serve no rollback is left out: nobody needs its numbers.
func (d *DB) readEarlier(ctx context.Context) (*earlier, error) {
	ids, err := d.appliedBatches(ctx)
	if err != nil {
		return nil, err
	}
	e := &earlier{asked: map[uint32][]earlierMark{}, counts: map[uint32][]rows.Count{}}
	later := map[uint32][]string{} // by table: writers of the batches after this one
	for _, id := range slices.Backward(ids) {
		p, _, err := d.loadRows(ctx, id, true)
		if unusable(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		e.batches = append(e.batches, id)
		for oid, m := range p.effect.Marks {
			e.asked[oid] = append(e.asked[oid], earlierMark{id, rows.Asked{Mark: m, Later: slices.Clone(later[oid])}})
			later[oid] = append(later[oid], m.Own...)
		}
		for oid, own := range p.effect.Touched {
			later[oid] = append(later[oid], own...)
		}
	}
	return e, nil
}

// count reads a table (quoted, qualified) for its batches, where that was not done yet,
// and for other marks, whose counts it returns.
func (e *earlier) count(ctx context.Context, c rows.Conn, oid uint32, name string, other ...rows.Asked) ([]rows.Count, error) {
	_, counted := e.counts[oid]
	if counted && len(other) == 0 {
		return nil, nil
	}
	asked := slices.Clone(other)
	if !counted {
		for _, m := range e.asked[oid] {
			asked = append(asked, m.asked)
		}
	}
	counts, err := rows.SinceEach(ctx, c, name, asked)
	if err != nil {
		return nil, plain(err)
	}
	if !counted {
		e.counts[oid] = counts[len(other):]
	}
	return counts[:len(other)], nil
}

// since is what was counted of a table for a batch.
func (e *earlier) since(batch string, oid uint32) (rows.Count, bool) {
	i := slices.IndexFunc(e.asked[oid], func(m earlierMark) bool { return m.batch == batch })
	if i < 0 || e.counts[oid] == nil {
		return rows.Count{}, false
	}
	return e.counts[oid][i], true
}

// sinceEarlier counts, for every applied batch that touched one of these
// tables, what was written since it. A rollback that writes a table anew hides
// who wrote its rows, and passes these numbers on. e is what was read and counted
// already, or nil.
func (d *DB) sinceEarlier(ctx context.Context, tables []table, e *earlier) (map[string]map[uint32]since, error) {
	out := map[string]map[uint32]since{}
	if len(tables) == 0 { // there is nothing to count
		ids, err := d.appliedBatches(ctx)
		for _, id := range ids {
			out[id] = map[uint32]since{}
		}
		return out, err
	}
	if e == nil {
		var err error
		if e, err = d.readEarlier(ctx); err != nil {
			return nil, err
		}
	}
	for _, id := range e.batches {
		out[id] = map[uint32]since{}
	}
	for _, t := range tables {
		if len(e.asked[t.oid]) == 0 {
			continue
		}
		if _, err := e.count(ctx, d.conn, t.oid, relation(t.schema, t.name)); err != nil {
			return nil, err
		}
		for i, m := range e.asked[t.oid] {
			out[m.batch][t.oid] = since(e.counts[t.oid][i])
		}
	}
	return out, nil
}

// appliedBatches lists the batches whose effect stands and can be taken back.
func (d *DB) appliedBatches(ctx context.Context) ([]string, error) {
	found, err := d.Query(ctx, `SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = 'safemigrate' AND tablename = 'batch'`)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	found, err = d.Query(ctx, `SELECT b.id FROM safemigrate.batch b
		WHERE b.state = 'applied' AND EXISTS (SELECT 1 FROM safemigrate.part p WHERE p.batch = b.id AND p.name = 'effect')
		ORDER BY b.n`)
	if err != nil {
		return nil, fmt.Errorf("list the batches: %w", err)
	}
	ids := make([]string, len(found))
	for i, r := range found {
		ids[i] = r.Text(0)
	}
	return ids, nil
}
