package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/revert"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/rows"
	"github.com/safemigrate/safemigrate/snapshot"
)

// verifyCopies reads every copy that will be loaded and compares it with what
// was written, before anything is changed.
func (u *undo) verifyCopies(ctx context.Context, plan *revert.Plan, p *past) error {
	for _, t := range plan.Tables {
		c, ok := p.kept.Copies[t.OID]
		if !ok || !fromCopy(t) {
			continue
		}
		sum, err := rows.Kept(ctx, u.conn, c)
		if err != nil {
			return fmt.Errorf("%w: %w", snapshot.ErrDamaged, plain(err))
		}
		if sum != p.kept.Sums[t.OID] {
			return fmt.Errorf("%w: the rows kept of %s are not those that were written", snapshot.ErrDamaged, t.Before)
		}
	}
	return nil
}

// quarantine copies away the present rows of tables that go or lose columns.
func (u *undo) quarantine(ctx context.Context, plan *revert.Plan) error {
	if u.kept.Copies == nil {
		if err := u.openQuarantine(ctx); err != nil {
			return err
		}
	}
	all, err := u.tables(ctx, u.req.History)
	if err != nil {
		return err
	}
	for _, t := range plan.Tables {
		_, done := u.kept.Copies[t.OID]
		i := slices.IndexFunc(all, func(x table) bool { return x.oid == t.OID })
		if !t.NeedsQuarantine || done || u.fresh[t.OID] || i < 0 {
			continue
		}
		u.tellf("keeping the present rows of %s", t.Now)
		c, sum, err := u.copyTable(ctx, u.req.ID, all[i])
		if err != nil {
			return err
		}
		u.kept.Copies[t.OID], u.kept.Sums[t.OID] = u.named(c), sum
		for k := range u.report.Tables {
			if u.report.Tables[k].Name == t.Now {
				u.report.Tables[k].Kept = sum.Rows
			}
		}
	}
	return nil
}

// named gives a copy's columns the names that they had when the undo began:
// batches that it has taken back by now may have renamed them.
func (u *undo) named(c revert.Copy) revert.Copy {
	o := u.start.Object(catalog.Address{Catalog: "pg_class", OID: c.Table})
	if o == nil || o.Table == nil {
		return c
	}
	if columns, all := presentColumns(c, o.Table); all {
		c.Columns = columns
	}
	return c
}

// openQuarantine makes the place where the present rows go. It is a snapshot
// like any other, so that a rollback can itself be undone.
func (u *undo) openQuarantine(ctx context.Context) error {
	all, err := u.tables(ctx, u.req.History)
	if err != nil {
		return err
	}
	u.kept, err = u.openKeep(ctx, u.req.ID, all, u.start, every, u.sums)
	return err
}

// filled is what a table that got its rows from a copy is called, and what the
// copy's columns are called in it: somebody may have renamed one that stayed.
func (u *undo) filled(t revert.TableWay, c revert.Copy) (name string, columns []revert.CopyColumn) {
	o := u.now.Object(catalog.Address{Catalog: "pg_class", OID: t.OID})
	if t.Way != revert.Refilled || o == nil || o.Table == nil {
		return t.Before, c.Columns
	}
	if columns, all := presentColumns(c, o.Table); all {
		return o.Identity, columns
	}
	return o.Identity, c.Columns
}

// verifyRows compares what was loaded with the copies.
func (u *undo) verifyRows(ctx context.Context, plan *revert.Plan, p *past) error {
	for _, t := range plan.Tables {
		c, ok := p.kept.Copies[t.OID]
		if !ok || !fromCopy(t) {
			continue
		}
		name, columns := u.filled(t, c)
		sum, err := rows.Live(ctx, u.conn, name, columns)
		if err != nil {
			return plain(err)
		}
		if sum != p.kept.Sums[t.OID] {
			return fmt.Errorf("the rows of %s would not be what they were", t.Before)
		}
	}
	return nil
}
