package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/revert"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/rows"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// verifyCopies reads every copy that will be loaded and compares it with what
// was written, before anything is changed.
func (u *undo) verifyCopies(ctx context.Context, plan *revert.Plan, p *past) error {
	for _, t := range plan.Tables {
		c, ok := p.kept.Copies[t.OID]
		if s, ready := u.ready[t.OID]; !ok || !usesCopy(t) || ready && !s.later {
			continue // a table that stands ready was filled from a copy that was proved
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
func (u *undo) quarantine(ctx context.Context, plan *revert.Plan, p *past) error {
	all, err := u.tables(ctx, u.req.History)
	if err != nil {
		return err
	}
	if u.kept.Copies == nil {
		if err := u.openQuarantine(ctx, plan, p, all); err != nil {
			return err
		}
	}
	for _, t := range plan.Tables {
		_, done := u.kept.Copies[t.OID]
		i := slices.IndexFunc(all, func(x table) bool { return x.oid == t.OID })
		if !t.NeedsQuarantine || done || u.fresh[t.OID] || i < 0 {
			continue
		}
		u.tellf("keeping the present rows of %s", t.Now)
		c, sum, err := u.keepPresent(ctx, plan, t, all[i])
		if err != nil {
			return err
		}
		u.kept.Copies[t.OID], u.kept.Sums[t.OID] = u.named(c), sum
		for k := range u.report.Tables {
			if u.report.Tables[k].Name == t.Now {
				u.report.Tables[k].Kept, u.report.Tables[k].Place = sum.Rows, c.Source
			}
		}
	}
	return nil
}

// keepPresent keeps the present rows of a table: it is moved to the quarantine once
// it would be dropped, where that leaves nothing behind that it hangs on, or copied.
func (u *undo) keepPresent(ctx context.Context, plan *revert.Plan, way revert.TableWay, t table) (revert.Copy, rows.Sum, error) {
	c, err := u.copyOf(ctx, u.req.ID, choice{table: t})
	if err != nil {
		return c, rows.Sum{}, err
	}
	if !plan.Movable(t.oid) || slices.ContainsFunc(c.Columns, func(col revert.CopyColumn) bool { return col.Text }) {
		return u.copyTable(ctx, u.req.ID, t)
	}
	sum, known := u.presentSum(t.oid)
	if !known {
		if sum, err = rows.Live(ctx, u.conn, way.Now, c.Columns); err != nil {
			return c, sum, plain(err)
		}
	}
	size := []choice{{table: t}}
	if err := u.measure(ctx, size); err != nil {
		return c, sum, err
	}
	plan.Move(t.oid, revert.Place{Schema: copySchema(u.req.ID), Name: copyName(t.oid)})
	u.moved = append(u.moved, c.Source)
	u.movedBytes += size[0].bytes
	return c, sum, nil
}

// arrived makes sure that the tables which were to be moved are in the quarantine.
func (u *undo) arrived(ctx context.Context) error {
	for _, name := range u.moved {
		found, err := u.Query(ctx, `SELECT 1 WHERE pg_catalog.to_regclass($1) IS NOT NULL`, name)
		if err != nil {
			return fmt.Errorf("look for %s: %w", name, err)
		}
		if len(found) == 0 {
			return fmt.Errorf("the present rows were to be kept as %s, and are not there", name)
		}
	}
	u.moved, u.movedBytes = nil, 0 // from here on they are measured where they are
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
// like any other, so that a rollback can itself be undone. Only what the rollback can
// have to do with is read: where it takes back several batches that is not known yet.
func (u *undo) openQuarantine(ctx context.Context, plan *revert.Plan, p *past, all []table) error {
	views := every
	affected, known := plan.Affected()
	if known && len(u.req.Batches) == 1 && !u.req.Incomplete {
		reads := newReaders(u.start)
		views = func(o *catalog.Object) bool {
			_, kept := p.kept.Views[o.Address.OID]
			return kept || reads.anyOf(o.Address, func(a catalog.Address) bool { return affected[a] || p.touches(a.OID) })
		}
		all = slices.DeleteFunc(slices.Clone(all), func(t table) bool {
			return !affected[catalog.Address{Catalog: "pg_class", OID: t.oid}] && !p.touches(t.oid)
		})
	}
	var err error
	if u.kept, err = u.readKeep(ctx, all, u.start, views, already{u.sums, u.earlier}); err != nil {
		return err
	}
	return u.makePlace(ctx, u.req.ID)
}

// touches says whether the batch kept or wrote rows of a table, or may have.
func (p *past) touches(oid uint32) bool {
	_, kept := p.kept.Copies[oid]
	_, marked := p.effect.Marks[oid]
	_, wrote := p.effect.Touched[oid]
	_, recorded := p.effect.Records[oid]
	return kept || marked || wrote || recorded || p.effect.RowsChanged[oid]
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

// prepare builds what takes the place of tables, proves it, and marks it, while
// others go on reading them.
func (u *undo) prepare(ctx context.Context, plan *revert.Plan, p *past) (map[uint32]rows.Mark, error) {
	built, err := plan.Prepare(ctx, u.conn)
	if err != nil {
		u.learn(plan, p.manifest.ID, err)
		return nil, contradicted(err)
	}
	marks := map[uint32]rows.Mark{}
	for _, b := range built {
		if b.Early {
			if marks[b.Table], err = u.proveReady(ctx, b); err != nil {
				return nil, err
			}
			continue
		}
		if c, ok := p.kept.Copies[b.Table]; ok && b.Way == revert.Rebuilt {
			sum, err := rows.Live(ctx, u.conn, b.Name, c.Columns)
			if err != nil {
				return nil, plain(err)
			}
			if sum != p.kept.Sums[b.Table] {
				return nil, fmt.Errorf("the rows of %s would not be what they were", b.Name)
			}
		}
		if marks[b.Table], err = rows.Now(ctx, u.conn, b.Name); err != nil {
			return nil, plain(err)
		}
	}
	return marks, nil
}

// verifyRows compares what was loaded with the copies; tables that were built
// beside are proved already.
func (u *undo) verifyRows(ctx context.Context, plan *revert.Plan, p *past, built map[uint32]rows.Mark) error {
	for _, t := range plan.Tables {
		if t.Way == revert.Corrected {
			if err := u.verifyCorrected(ctx, plan, t); err != nil {
				return err
			}
		}
		c, ok := p.kept.Copies[t.OID]
		if _, proved := built[t.OID]; !ok || proved || !fromCopy(t) {
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

func (u *undo) verifyCorrected(ctx context.Context, plan *revert.Plan, t revert.TableWay) error {
	var wrong int64
	if err := u.conn.QueryRow(ctx, plan.Wrong(t.OID, u.now)).Scan(&wrong); err != nil {
		return plain(err)
	}
	if wrong > 0 {
		return fmt.Errorf("%d rows of %s would not be what they were", wrong, t.Before)
	}
	return nil
}

// spare notes the keys of the rows that the batch and somebody since have both
// written, where those are to stay as they are.
func (u *undo) spare(ctx context.Context, plan *revert.Plan, batch int) error {
	if u.req.Decide != migrate.Keep {
		return nil
	}
	for _, t := range plan.Tables {
		o, ok := plan.Overlap(t)
		if !ok {
			continue
		}
		source := relation(copySchema(u.req.ID), fmt.Sprintf("s%d_%d", t.OID, batch))
		if err := u.script(ctx, "CREATE TABLE "+source+" AS "+o.Keys); err != nil {
			return plain(err)
		}
		plan.Spare(t.OID, source)
	}
	return nil
}
