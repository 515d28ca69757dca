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
	after, err := d.readState(ctx, d.batch.history)
	if err != nil {
		return migrate.Effect{}, err
	}
	unexplained, err := catalog.Unexplained(ctx, d.conn, d.batch.before, after)
	if err != nil {
		return migrate.Effect{}, plain(err)
	}
	if len(unexplained) > 0 {
		return migrate.Effect{}, &migrate.GuardError{Unexplained: unexplained}
	}
	if err := d.observe(ctx); err != nil {
		return migrate.Effect{}, err
	}
	changed, err := d.rowsChanged(ctx, after)
	if err != nil {
		return migrate.Effect{}, err
	}
	plan, err := d.wayBack(ctx, d.batch.before, after, d.batch.kept.Copies, changed)
	if err != nil {
		return migrate.Effect{}, err
	}
	e, err := d.marks(ctx, plan, changed)
	if err != nil {
		return migrate.Effect{}, err
	}
	// Recorded with every step, so that a restore after a crash between two
	// knows what the batch had done by then.
	if err := d.record(ctx, id, after, e); err != nil || !final {
		return migrate.Effect{}, err
	}
	return describe(d.batch.before, after, changed), nil
}

// wayBack plans the undo of what is there now; a conflict means that there is none.
func (d *DB) wayBack(ctx context.Context, before, after *catalog.State, copies map[uint32]revert.Copy, changed map[uint32]bool) (*revert.Plan, error) {
	members, err := d.members(ctx)
	if err != nil {
		return nil, err
	}
	plan, err := revert.New(revert.Input{Before: before, After: after, Now: after, Copies: copies,
		RowsChanged: changed, Members: members, Read: readOptions(d.batch.history)})
	if err != nil {
		return nil, err
	}
	if len(plan.Conflicts) > 0 {
		return nil, &migrate.GuardError{Unexplained: plan.Conflicts}
	}
	return plan, nil
}

// members lists what follows a table's OID and would be lost if the table were
// made anew.
func (d *DB) members(ctx context.Context) (map[uint32][]string, error) {
	found, err := d.conn.Query(ctx, `SELECT r.prrelid, p.pubname FROM pg_catalog.pg_publication_rel r JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid`)
	if err != nil {
		return nil, fmt.Errorf("read the publications: %w", plain(err))
	}
	defer found.Close()
	out := map[uint32][]string{}
	for found.Next() {
		var oid uint32
		var name string
		if err := found.Scan(&oid, &name); err != nil {
			return nil, fmt.Errorf("read the publications: %w", err)
		}
		out[oid] = append(out[oid], "publication "+name)
	}
	return out, found.Err()
}

// rowsChanged compares every table that the batch may have written to with its
// copy, over the columns that the copy has. A table without a copy counts as
// changed.
func (d *DB) rowsChanged(ctx context.Context, after *catalog.State) (map[uint32]bool, error) {
	return d.compare(ctx, d.batch.suspect, d.batch.before, after, d.batch.kept)
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
		columns, all := presentColumns(c, is.Table)
		if !ok || !all {
			changed[oid] = true
			continue
		}
		now, err := rows.Live(ctx, d.conn, relation(is.Schema, is.Name), columns)
		if err != nil {
			return nil, plain(err)
		}
		if now != k.Sums[oid] {
			changed[oid] = true
		}
	}
	return changed, nil
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

// marks notes the end of the batch in every table whose rows a rollback would
// take out, so that rows written later can be told from the batch's own.
func (d *DB) marks(ctx context.Context, plan *revert.Plan, changed map[uint32]bool) (effect, error) {
	e := effect{RowsChanged: changed, Marks: map[uint32]rows.Mark{}}
	first, err := d.ownTransaction(ctx)
	if err != nil {
		return e, err
	}
	for _, t := range plan.Tables {
		if t.Now == "" || t.Way == revert.InPlace {
			continue
		}
		m, err := rows.Now(ctx, d.conn, t.Now, first, d.batch.own[t.OID])
		if err != nil {
			return e, plain(err)
		}
		d.batch.own[t.OID] = m.Own
		e.Marks[t.OID] = m
	}
	e.Sequences, err = rows.Sequences(ctx, d.conn)
	return e, plain(err)
}

// ownTransaction is this transaction's ID, 32 bits.
func (d *DB) ownTransaction(ctx context.Context) (string, error) {
	found, err := d.Query(ctx, `SELECT pg_catalog.pg_current_xact_id()::xid`)
	if err != nil {
		return "", fmt.Errorf("read the transaction's ID: %w", err)
	}
	return found[0].Text(0), nil
}

// record keeps the state after a batch.
func (d *DB) record(ctx context.Context, id string, after *catalog.State, e effect) error {
	if _, err := d.putPart(ctx, id, partAfter, after); err != nil {
		return err
	}
	_, err := d.putPart(ctx, id, partEffect, e)
	return err
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
			e.Rows = append(e.Rows, o.Identity)
		}
	}
	slices.Sort(e.Rows)
	return e
}
