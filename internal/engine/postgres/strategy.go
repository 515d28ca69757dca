package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/dump"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// chooseStrategy says how the rows are going to be kept, and why. Copies inside the
// database are the cheapest way, and a rollback need not load them.
func (d *DB) chooseStrategy(ctx context.Context, r migrate.EstimateRequest, e *migrate.Estimate) error {
	over := r.Budget.Bytes > 0 && e.Bytes > r.Budget.Bytes
	switch {
	case d.opts.Strategy == "" && d.opts.Dumps.Store == "": // there is no choice
	case d.opts.Strategy == snapshot.Copy:
		e.Because = "--strategy copy"
	case d.opts.Strategy == snapshot.Dump:
		e.Strategy, e.Because = snapshot.Dump, "--strategy dump"
	case d.opts.Strategy == snapshot.Clone:
		d.byClone = true
		return d.estimateClone(ctx, r, e)
	case over && d.opts.Dumps.Store != "":
		e.Strategy = snapshot.Dump
		e.Because = fmt.Sprintf("copies would take about %d bytes in the database, more than --max-snapshot allows (%d)", e.Bytes, r.Budget.Bytes)
	case e.Bytes == 0:
		e.Because = "the batch can destroy no row"
	default:
		e.Because = "copies inside the database are the cheapest way"
	}
	d.byDump = e.Strategy == snapshot.Dump
	if !d.byDump {
		return nil
	}
	return d.estimateDump(ctx, e)
}

// estimateDump estimates what a dump of the whole database takes, and says what it
// lacks.
func (d *DB) estimateDump(ctx context.Context, e *migrate.Estimate) error {
	if err := d.ownSettings(ctx); err != nil {
		return err
	}
	tables, err := dump.List(ctx, d.conn)
	switch {
	case errors.Is(err, dump.ErrUnreadable):
		e.Blockers = append(e.Blockers, err.Error()+" (grant it: a dump holds the whole database)")
	case err != nil:
		return plain(err)
	}
	closed, err := d.closedObjects(ctx)
	if err != nil {
		return fmt.Errorf("look at the large objects: %w", err)
	}
	if closed != "" {
		e.Blockers = append(e.Blockers, closed)
	}
	held, err := d.held(ctx)
	if err != nil {
		return err
	}
	for _, t := range held {
		e.Warnings = append(e.Warnings, "somebody has table "+t.label()+" for himself alone, or waits for that: a dump needs it too, and waits until he is done")
	}
	if trees := dump.Unsuited(tables); len(trees) > 0 {
		e.Warnings = append(e.Warnings, dump.UnsuitedText(trees)+"; from a dump the batch alone can be taken back, and the whole database cannot be restored (snapshot restore, rollback --whole-database)")
	}
	e.Bytes = 0
	for i := range tables {
		e.Bytes += tables[i].Size()
	}
	for i := range e.Tables {
		e.Tables[i].Keeps = "whole rows"
	}
	o := d.opts.Dumps
	if _, err := dump.Find(ctx, o.Programs, d.server); err != nil {
		e.Blockers = append(e.Blockers, fmt.Sprintf("%v (install the package %s)", err, dump.Package(d.server)))
	}
	if o.Store == "" {
		e.Blockers = append(e.Blockers, errNoStore.Error()+" (--store)")
		return nil
	}
	d.estimateStore(ctx, e)
	return nil
}

// held lists the tables that others have, or await, for themselves alone.
func (d *DB) held(ctx context.Context) ([]table, error) {
	rows, err := d.Query(ctx, `SELECT c.oid, n.nspname, c.relname FROM (`+catalog.HeldAlone+`) h
		JOIN pg_catalog.pg_class c ON c.oid = h.relation JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' ORDER BY 2, 3`)
	if err != nil {
		return nil, fmt.Errorf("look who has tables for himself alone: %w", err)
	}
	tables := make([]table, len(rows))
	for i, r := range rows {
		oid, err := strconv.ParseUint(r.Text(0), 10, 32)
		if err != nil {
			return nil, fmt.Errorf("look who has tables for himself alone: %w", err)
		}
		tables[i] = table{oid: uint32(oid), schema: r.Text(1), name: r.Text(2)}
	}
	return tables, nil
}

// roomy is a store that can tell how many bytes it has room for.
type roomy interface{ Room() (int64, error) }

// estimateStore says whether the store takes a dump, as far as that shows without a word
// being written. A directory that is only not there yet up makes.
func (d *DB) estimateStore(ctx context.Context, e *migrate.Estimate) {
	o := d.opts.Dumps
	st, err := o.Depot.Reach(ctx, o.Store)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		e.Blockers = append(e.Blockers, "the store cannot be opened: "+err.Error())
		return
	}
	r, ok := st.(roomy)
	if !ok {
		return
	}
	switch free, err := r.Room(); {
	case err != nil:
		e.Blockers = append(e.Blockers, "the store cannot be written to: "+err.Error())
	case free < e.Bytes:
		e.Warnings = append(e.Warnings, fmt.Sprintf("the store has room for %d bytes; the tables take %d, which a dump compresses", free, e.Bytes))
	}
}
