package postgres

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/dump"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/revert"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/rows"
	"github.com/safemigrate/safemigrate/internal/failpoint"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// fromDump restores the dump of the oldest batch as a database. That has numbers of its
// own: what is kept of earlier batches is told where their objects are found.
type fromDump struct {
	*exchange
	programs dump.Programs
	dumped   *unpackedDump
	other    map[uint32]bool // present tables whose rows are not those of the dump
	pairs    []catalog.Pair  // the objects before the oldest batch, and as they were restored
}

// wholeOf finds out where the whole database is to come from; nil where only the batches
// are to be taken back.
func (x *exchange) wholeOf(ctx context.Context) (origin, error) {
	if x.keptAsClones(ctx, x.req) {
		oldest := x.req.Batches[len(x.req.Batches)-1]
		if m, err := x.manifest(ctx, oldest.ID); !x.req.Whole || err != nil || m.Strategy != snapshot.Dump {
			return &fromClone{x}, nil //nolint:nilerr // reading it again says what is wrong
		}
	}
	if !x.req.Whole {
		return nil, nil //nolint:nilnil // see above
	}
	id := x.req.Batches[len(x.req.Batches)-1].ID
	m, err := x.manifest(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("snapshot %s: %w", id, err)
	}
	if m.Strategy != snapshot.Dump {
		return nil, &migrate.BlockedError{Blockers: []string{fmt.Sprintf(
			"the snapshot of batch %s is of strategy %s, which does not hold the whole database: leave --whole-database out", id, m.Strategy)}}
	}
	return &fromDump{exchange: x, other: map[uint32]bool{}}, nil
}

func (f *fromDump) blockers(ctx context.Context) ([]string, error) {
	p := f.oldest()
	source, err := f.openDump(ctx, p.manifest)
	if err == nil {
		f.dumped, err = unpackDump(ctx, source)
	}
	if err != nil {
		return nil, fmt.Errorf("snapshot %s: %w", p.manifest.ID, err)
	}
	f.report.Whole = "--whole-database: it comes back from a dump"
	f.made = fmt.Sprintf("the dump %s (%d bytes) is restored as a database", p.manifest.ID, p.manifest.Bytes)
	out, err := f.cloneBlockers(ctx, f.own, "--whole-database")
	if err != nil {
		return nil, err
	}
	if f.programs, err = dump.FindReader(ctx, f.opts.Dumps.Programs, f.server, f.dumped.schema()); err != nil {
		out = append(out, err.Error())
	}
	scattered, err := f.scattered(ctx)
	if err != nil {
		return nil, err
	}
	beyond, err := f.beyond(ctx)
	return append(append(out, scattered...), beyond...), err
}

// scattered names what earlier batches keep of partitions whose rows the server may put into
// others in the restored database, where no way back would find them.
func (f *fromDump) scattered(ctx context.Context) ([]string, error) {
	trees := map[string]string{}
	for _, t := range f.dumped.contents.Tables {
		if t.Root != "" {
			trees[t.Label()] = t.Root
		}
	}
	if len(trees) == 0 {
		return nil, nil
	}
	_, all, err := migrate.NewLedger(f.DB).Read(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the ledger: %w", err)
	}
	var out []string
	for _, b := range all {
		goes := slices.ContainsFunc(f.req.Batches, func(r migrate.Batch) bool { return b.ID == r.ID })
		if goes || b.Operation != migrate.OpUp || b.State != migrate.StateApplied {
			continue // nobody will take it back, or undo it, in the restored database
		}
		e, today, err := f.effectOf(ctx, b.ID)
		if unusable(err) {
			continue // pruned or damaged: no rollback will ask for it
		}
		if err != nil {
			return nil, err
		}
		for _, oid := range slices.Sorted(maps.Keys(e.Marks)) {
			if o := f.before(today(oid)); o != nil && trees[o.Schema+"."+o.Name] != "" {
				out = append(out, fmt.Sprintf("batch %s, which would stay, has written to %s, and where rows of %s are is another thing in each database: "+
					"take it back, too, or restore the dump beside (snapshot restore)", b.ID, o.Identity, trees[o.Schema+"."+o.Name]))
				break
			}
		}
	}
	return out, nil
}

func (f *fromDump) close() error {
	if f.dumped == nil {
		return nil
	}
	return f.dumped.close()
}

// options have the sessions of the dump's programs made like this one.
func (f *fromDump) options(database string) dump.Options {
	o := f.dumpOptions()
	o.Connect = func(ctx context.Context) (*pgx.Conn, error) {
		other, err := f.beside(ctx, database, "exchange")
		if err != nil {
			return nil, err
		}
		return other.conn, nil
	}
	return o
}

func (f *fromDump) build(ctx context.Context, third *DB, name string) error {
	form, err := dump.DatabaseForm(f.dumped.schema(), f.server)
	if err != nil {
		return damaged(err)
	}
	f.tellf("restoring the dump as database %q", name)
	if err := third.makeDatabase(ctx, name, f.ownerBack(), form); err != nil {
		return err
	}
	failpoint.Hit("postgres.exchange.made")
	r := dump.Restoring{
		Programs: f.programs, Version: f.server, Server: dump.Reach(f.conn.Config(), f.opts.ConnString).On(name), Options: f.options(name),
		Contents: f.dumped.contents, Source: f.dumped.source, Dir: f.dumped.schema(), Spell: revert.Respell,
		Tell: func(text string) { f.tellf("%s", text) },
	}
	r.Options.Progress = func(p dump.Progress) {
		if p.Table != "" {
			f.tellf("%s: %d rows, %d bytes", p.Table, p.Rows, p.Bytes)
		}
	}
	if err := notRestored(r.Run(ctx)); refusedByServer(err) {
		return &migrate.BlockedError{Blockers: []string{fmt.Sprintf("the dump %s cannot be restored: %v", f.oldest().manifest.ID, err)}}
	} else if err != nil {
		return fmt.Errorf("restore the dump %s: %w", f.oldest().manifest.ID, err)
	}
	failpoint.Hit("postgres.exchange.restored")
	return third.alone(ctx, name)
}

func (f *fromDump) differs(t table, _ rows.Sum) bool { return f.other[t.oid] }
