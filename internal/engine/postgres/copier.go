package postgres

import (
	"context"
	"fmt"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/revert"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/rows"
	"github.com/safemigrate/safemigrate/migrate"
)

// copier makes a table with the rows of another one, and tells how many there are.
type copier func(ctx context.Context, c rows.Conn, from, target string, columns []revert.CopyColumn) (int64, error)

// The growth of a copy after which its size is looked at: an eighth of what it may grow,
// within these bounds.
const (
	looksAt    = 8
	leastGrown = 1 << 20
	mostGrown  = 64 << 20
)

// copier chooses how a table is copied. One whose copy may grow over the budget is copied
// piece by piece, so that it is stopped where it does: the server tells nobody how large a
// table is that a statement under way is making.
func (d *DB) copier(ctx context.Context, id string, t table) (copier, error) {
	most := d.batch.budget.Bytes
	if most == 0 {
		return rows.Copy, nil
	}
	taken, err := d.copiesSize(ctx, id)
	if err != nil {
		return nil, err
	}
	var size, pages int64
	var unwritten bool // columns with values that no row holds yet, and every row of a copy does
	err = d.conn.QueryRow(ctx, `SELECT pg_catalog.pg_table_size($1::oid), pg_catalog.pg_relation_size($1::oid) / pg_catalog.current_setting('block_size')::bigint,
		EXISTS (SELECT 1 FROM pg_catalog.pg_attribute WHERE attrelid = $1::oid AND atthasmissing AND NOT attisdropped)`, t.oid).Scan(&size, &pages, &unwritten)
	if err != nil {
		return nil, fmt.Errorf("measure table %s: %w", t.label(), plain(err))
	}
	if !unwritten && taken+size <= most {
		return rows.Copy, nil
	}
	p := &pieces{DB: d, id: id, of: t, most: most, taken: taken, pages: pages, piece: 1, step: min(max((most-taken)/looksAt, leastGrown), mostGrown)}
	p.longest = max(p.step*pages/max(size, 1), 1)
	return p.copy, nil
}

// pieces is a copy under way that may have to be stopped.
type pieces struct {
	*DB
	id          string
	of          table
	most, taken int64 // bytes of the snapshot
	step        int64 // bytes that one piece should take
	pages       int64 // of the table
	piece       int64 // pages of the next piece
	longest     int64 // pages that hold what a piece should take, were every column copied
}

func (p *pieces) copy(ctx context.Context, c rows.Conn, from, target string, columns []revert.CopyColumn) (int64, error) {
	if err := rows.Shape(ctx, c, from, target, columns); err != nil {
		return 0, err
	}
	var all int64
	for at := int64(0); at < p.pages; {
		if err := p.limit(ctx, p.of); err != nil { // of the time, which each statement has anew
			return 0, err
		}
		n, err := rows.CopyPages(ctx, c, from, target, columns, at, at+p.piece)
		if err != nil {
			return 0, err
		}
		all += n
		at += p.piece
		if err := p.look(ctx); err != nil {
			return 0, err
		}
	}
	return all, nil
}

// look stops a copy that is over the budget, and has the next piece take what it should.
func (p *pieces) look(ctx context.Context) error {
	size, err := p.copiesSize(ctx, p.id)
	if err != nil {
		return err
	}
	if size > p.most {
		return &migrate.OverBudgetError{Bytes: size, Most: p.most}
	}
	grown := max(size-p.taken, 1)
	p.taken = size
	p.piece = max(min(p.piece*p.step/grown, 2*p.piece, p.longest), 1)
	return nil
}
