package postgres

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/revert"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/rows"
	"github.com/safemigrate/safemigrate/migrate"
)

// Guard plans the way back while the batch is not yet committed: what has no
// way back stops it here.
func (d *DB) Guard(ctx context.Context, id string, final bool) (migrate.Effect, error) {
	if d.batch.kept.Clone != nil {
		return d.guardClone(ctx, id, final)
	}
	after, err := d.readState(ctx, d.batch.history, d.batch.before)
	if err != nil {
		return migrate.Effect{}, err
	}
	if after, err = d.leaveOut(ctx, after); err != nil {
		return migrate.Effect{}, err
	}
	unexplained, err := catalog.Unexplained(ctx, d.conn, d.batch.before, after)
	if err != nil {
		return migrate.Effect{}, plain(err)
	}
	unseen, err := d.unseenChanges(ctx)
	if err != nil {
		return migrate.Effect{}, err
	}
	if unexplained = append(unexplained, unseen...); len(unexplained) > 0 {
		return migrate.Effect{}, &migrate.GuardError{Unexplained: unexplained}
	}
	if err := d.refuseUnreachable(ctx, after); err != nil {
		return migrate.Effect{}, err
	}
	if err := d.observe(ctx); err != nil {
		return migrate.Effect{}, err
	}
	if err := d.refuseUnkept(ctx); err != nil {
		return migrate.Effect{}, err
	}
	if err := d.refuseBeyond(); err != nil {
		return migrate.Effect{}, err
	}
	if err := d.refuseHidden(ctx); err != nil {
		return migrate.Effect{}, err
	}
	changed, err := d.rowsChanged(ctx, after)
	if err != nil {
		return migrate.Effect{}, err
	}
	if err := d.recordWritten(ctx, after, changed, final); err != nil {
		return migrate.Effect{}, err
	}
	plan, err := d.wayBack(d.batch.before, after, d.batch.kept.Copies, changed)
	if err != nil {
		return migrate.Effect{}, err
	}
	if err := d.refuseUncounted(ctx, plan); err != nil {
		return migrate.Effect{}, err
	}
	note, err := d.rehearse(ctx, plan, after, changed)
	if err != nil {
		return migrate.Effect{}, err
	}
	marked := takenOut(plan)
	if !final {
		if marked, err = d.everyTable(ctx); err != nil {
			return migrate.Effect{}, err
		}
	}
	e, err := d.marks(ctx, marked, changed)
	if err != nil {
		return migrate.Effect{}, err
	}
	e.Refreshed, e.Records = d.refreshed(d.batch.before), d.batch.records
	if err := d.touched(ctx, plan, &e); err != nil {
		return migrate.Effect{}, err
	}
	// Recorded with every step, so that a restore after a crash between two
	// knows what the batch had done by then.
	var told migrate.Effect
	if final {
		told = describe(d.batch.before, after, changed)
	}
	if note != "" {
		told.Warnings = append(told.Warnings, note)
	}
	return told, d.record(ctx, id, d.batch.before, after, e)
}

// everyTable lists the tables that the batch holds locked beforehand.
func (d *DB) everyTable(ctx context.Context) (map[uint32]string, error) {
	all, err := d.batchTables(ctx)
	out := map[uint32]string{}
	for _, t := range all {
		out[t.oid] = relation(t.schema, t.name)
	}
	return out, err
}

// batchTables lists the tables of the scope, and those made since.
func (d *DB) batchTables(ctx context.Context) ([]table, error) {
	all, err := d.tables(ctx, d.batch.history)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(t table) bool {
		_, copied := d.batch.kept.Copies[t.oid]
		old := d.batch.before.Object(catalog.Address{Catalog: "pg_class", OID: t.oid}) != nil
		return (old && !copied && d.batch.scope.choice(t.oid) == nil) || t.blocker != ""
	}), nil
}

// wayBack plans the undo of what is there now; a conflict means that there is none.
func (d *DB) wayBack(before, after *catalog.State, copies map[uint32]revert.Copy, changed map[uint32]bool) (*revert.Plan, error) {
	plan, err := d.planWith(before, after, copies, changed)
	if err != nil {
		return nil, err
	}
	if len(plan.Conflicts) > 0 {
		return d.unkeptWay(before, after, changed, plan.Conflicts)
	}
	return plan, nil
}

func (d *DB) planWith(before, after *catalog.State, copies map[uint32]revert.Copy, changed map[uint32]bool) (*revert.Plan, error) {
	return revert.New(revert.Input{Before: before, After: after, Now: after, Copies: copies,
		RowsChanged: changed, Filtered: d.filtered, Records: d.batch.records, Read: readOptions(d.batch.history)})
}

// rowsChanged compares every table that the batch may have written to with its
// copy, over the columns that both have. A table without a copy counts as changed.
func (d *DB) rowsChanged(ctx context.Context, after *catalog.State) (map[uint32]bool, error) {
	return d.compare(ctx, d.losers(), d.batch.before, after, d.batch.kept)
}

func (d *DB) compare(ctx context.Context, suspects map[uint32]bool, before, after *catalog.State, k kept) (map[uint32]bool, error) {
	changed := map[uint32]bool{}
	for _, oid := range slices.Sorted(maps.Keys(suspects)) {
		address := catalog.Address{Catalog: "pg_class", OID: oid}
		was, is := before.Object(address), after.Object(address)
		if was == nil || is == nil || is.Table == nil {
			continue // new or gone: nothing to compare
		}
		c, ok := k.Copies[oid]
		if !ok {
			changed[oid] = true
			continue
		}
		same, err := d.sameRows(ctx, is, c, k.Sums[oid])
		if err != nil {
			return nil, err
		}
		if !same {
			changed[oid] = true
		}
	}
	return changed, nil
}

// refuseUnkept stops a batch that wrote to a table which was there before and
// is no object of the user's: one that belongs to an extension.
func (d *DB) refuseUnkept(ctx context.Context) error {
	var unkept []string
	for oid := range d.batch.suspect {
		_, there := d.batch.files[oid]
		if !there || d.batch.before.Object(catalog.Address{Catalog: "pg_class", OID: oid}) != nil {
			continue
		}
		found, err := d.Query(ctx, `SELECT $1::oid::regclass::text WHERE $1::oid <> coalesce(pg_catalog.to_regclass($2), 0)`,
			oid, relation(d.batch.history.Schema, d.batch.history.Table))
		if err != nil {
			return err
		}
		if len(found) > 0 {
			unkept = append(unkept, "rows of table "+found[0].Text(0)+", which the snapshot does not hold")
		}
	}
	if len(unkept) > 0 {
		return &migrate.GuardError{Unexplained: unkept}
	}
	return nil
}

// refuseHidden stops a batch after which this role can no longer read all rows of a
// table that it may have written to: they could not be compared with the kept ones.
func (d *DB) refuseHidden(ctx context.Context) error {
	if len(d.batch.suspect) == 0 {
		return nil
	}
	all, err := d.tables(ctx, d.batch.history)
	if err != nil {
		return err
	}
	var hidden []string
	for _, t := range all {
		_, kept := d.batch.kept.Copies[t.oid]
		if kept && d.batch.suspect[t.oid] && t.blocker != "" && t.blocker != noLock {
			hidden = append(hidden, "rows of table "+t.label()+": "+t.blocker)
		}
	}
	if len(hidden) > 0 {
		return &migrate.GuardError{Unexplained: hidden}
	}
	return nil
}

// presentColumns gives the copy's columns their present names; all is false
// where one is gone.
func presentColumns(c revert.Copy, t *catalog.Table) (columns []revert.CopyColumn, all bool) {
	names := map[int16]string{}
	for _, col := range t.Columns {
		names[col.Num] = col.Name
	}
	for _, col := range c.Columns {
		name, ok := names[col.Num]
		if !ok {
			return nil, false
		}
		col.Name = name
		columns = append(columns, col)
	}
	return columns, true
}

// marks notes this moment in every table whose rows a rollback would take out,
// so that rows written later can be told from the batch's. Before a commit that
// is not the last it is every table, since a later step may touch any of them.
func (d *DB) marks(ctx context.Context, tables map[uint32]string, changed map[uint32]bool) (effect, error) {
	e := effect{RowsChanged: changed, Marks: map[uint32]rows.Mark{}}
	for oid, name := range tables {
		m, known := d.batch.known[oid]
		if !known {
			var err error
			if m, err = rows.Now(ctx, d.conn, name); err != nil {
				return e, plain(err)
			}
		}
		before := d.batch.marks[oid]
		m.Own = append(m.Own, before.Own...)
		m.CarriedWritten, m.CarriedGone = before.CarriedWritten, before.CarriedGone
		m.Unknown = m.Unknown || before.Unknown
		e.Marks[oid] = m
	}
	d.batch.marks = e.Marks
	var err error
	if e.Ended, err = rows.ThisMoment(ctx, d.conn); err != nil {
		return e, plain(err)
	}
	e.Sequences, err = rows.Sequences(ctx, d.conn)
	return e, plain(err)
}

// touched notes who wrote to tables that stay in place.
func (d *DB) touched(ctx context.Context, plan *revert.Plan, e *effect) error {
	e.Touched = map[uint32][]string{}
	for _, t := range plan.Tables {
		if t.Way != revert.InPlace || !d.batch.suspect[t.OID] {
			continue
		}
		m, err := rows.Now(ctx, d.conn, t.Now)
		if err != nil {
			return plain(err)
		}
		e.Touched[t.OID] = m.Own
	}
	return nil
}

// takenOut lists the tables whose present rows a plan would take out.
func takenOut(plan *revert.Plan) map[uint32]string {
	out := map[uint32]string{}
	for _, t := range plan.Tables {
		if t.Now != "" && t.Way != revert.InPlace {
			out[t.OID] = t.Now
		}
	}
	return out
}

// carry adds what others wrote between two steps to the marks; the tables are
// locked again. What a statement outside a transaction wrote itself is the batch's.
func (d *DB) carry(ctx context.Context, tables []table) error {
	own := d.batch.uncounted && d.batch.marks != nil
	for _, t := range tables {
		m, ok := d.batch.marks[t.oid]
		if !ok || own {
			continue
		}
		var err error
		if m.CarriedWritten, m.CarriedGone, err = rows.Since(ctx, d.conn, relation(t.schema, t.name), m); err != nil {
			return plain(err)
		}
		m.Unknown = m.Unknown || m.CarriedWritten < 0
		d.batch.marks[t.oid] = m
	}
	return nil
}

// record keeps the state after a batch, and seals it.
func (d *DB) record(ctx context.Context, id string, before, after *catalog.State, e effect) error {
	return d.putSealed(ctx, id, map[string]any{partAfter: after.Since(before), partEffect: e})
}

// describe tells people what a batch did.
func describe(before, after *catalog.State, changed map[uint32]bool) migrate.Effect {
	var e migrate.Effect
	for _, c := range catalog.Diff(before, after) {
		switch {
		case c.Before == nil:
			e.Objects = append(e.Objects, fmt.Sprintf("%s %s created", c.After.Kind, c.After.Identity))
		case c.After == nil:
			e.Objects = append(e.Objects, fmt.Sprintf("%s %s dropped", c.Before.Kind, c.Before.Identity))
		default:
			e.Objects = append(e.Objects, fmt.Sprintf("%s %s changed", c.After.Kind, c.After.Identity))
		}
	}
	for oid := range changed {
		if o := after.Object(catalog.Address{Catalog: "pg_class", OID: oid}); o != nil {
			e.Rows = append(e.Rows, o.Identity+": rows changed")
		}
	}
	slices.Sort(e.Rows)
	return e
}
