package postgres

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/internal/client"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/dump"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/rows"
	"github.com/safemigrate/safemigrate/internal/failpoint"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
	stored "github.com/safemigrate/safemigrate/snapshot/dump"
	"github.com/safemigrate/safemigrate/snapshot/store"
)

// Dumps say where snapshots of strategy dump go, and how they are made.
type Dumps struct {
	// Store is the URL of the store that new ones go to; "": there is none.
	Store string
	// Depot is that store, unless nothing is to be written, and the way to earlier ones.
	Depot stored.Depot
	// Jobs is how many connections copy at the same time.
	Jobs int
	// Programs is the directory of pg_dump and pg_restore; "": where packages put them.
	Programs string
}

// dumping is a snapshot of strategy dump under way.
type dumping struct {
	taking   *dump.Taking
	programs dump.Programs
}

// dumpRef is a snapshot in a store that the open transaction refers to.
type dumpRef struct {
	store store.Store
	ref   stored.Ref
}

// errNoStore is returned where a strategy needs a store and none is configured.
var errNoStore = errors.New("strategy dump needs a store")

// beginDump locks every table against changes of its form. It comes before the scope
// is locked against writers: who waits for that lock would have this one wait, too.
func (d *DB) beginDump(ctx context.Context) (*dumping, error) {
	o := d.opts.Dumps
	if o.Depot.Store == nil {
		return nil, errNoStore
	}
	g := &dumping{}
	var err error
	if g.programs, err = dump.Find(ctx, o.Programs, d.server); err != nil {
		return nil, err
	}
	// A step that was undone is taken again, behind a snapshot of its own.
	if err := d.forgetDump(ctx); err != nil {
		return nil, err
	}
	if g.taking, err = dump.Begin(ctx, d.dumpOptions()); notGot(err) {
		err = d.notLocked(ctx, err)
	}
	return g, err
}

// notLocked names the table that a dump waited for in vain, where it can be seen.
func (d *DB) notLocked(ctx context.Context, err error) error {
	held, failed := d.held(ctx)
	if failed != nil || len(held) == 0 {
		return err
	}
	return &migrate.LockedError{What: "table " + held[0].label(), Holder: d.writer(ctx, held[:1])}
}

func (g *dumping) close(ctx context.Context) error {
	return g.taking.Close(context.WithoutCancel(ctx))
}

// dumpOptions have the sessions of a dump made like this one.
func (d *DB) dumpOptions() dump.Options {
	return dump.Options{
		Connect: func(ctx context.Context) (*pgx.Conn, error) {
			config := d.conn.Config().Copy()
			config.RuntimeParams["application_name"] = client.Name("dump")
			config.OnNotice = nil
			delete(config.RuntimeParams, "statement_timeout")
			conn, err := pgx.ConnectConfig(ctx, config)
			if err != nil {
				return nil, withoutState(connectFailure(config, err))
			}
			return conn, nil
		},
		Jobs: max(d.opts.Dumps.Jobs, 1), LockWait: d.opts.LockTimeout,
	}
}

// withoutState is a failure that becomes a part of another one, which tells the state.
func withoutState(err error) error {
	if f, ok := errors.AsType[*migrate.Failure](err); ok {
		return fmt.Errorf("%s: %w", f.Op, f.Err)
	}
	return err
}

// dumpTables dumps the whole database into the store. Of the tables in scope, whose
// rows the batch can destroy, an empty copy of the form that strategy copy makes is
// kept here: a rollback loads their rows into it, and goes on as with a copy.
func (d *DB) dumpTables(ctx context.Context, r keepRequest, m *snapshot.Manifest, k *kept) error {
	started := time.Now()
	if err := d.shapes(ctx, r, k); err != nil {
		return err
	}
	if _, err := r.dump.taking.Freeze(ctx); err != nil {
		return err
	}
	failpoint.Hit("dump.postgres.frozen")
	// This session sums up what it holds locked, while others copy. The first error ends
	// both, and is the one that is told.
	within, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	summed := make(chan struct{})
	go func() {
		defer close(summed)
		if err := d.sums(within, r, k); err != nil {
			cancel(err)
		}
	}()
	c, at, err := d.save(within, r, m)
	if err != nil {
		cancel(err)
	}
	<-summed
	d.dumped = at
	if err := context.Cause(within); err != nil {
		return err //nolint:wrapcheck // it is what one of them returned
	}
	failpoint.Hit("dump.postgres.stored")
	if k.Objects, err = d.objectProperties(ctx); err != nil {
		return err
	}
	k.Dumped = map[uint32]dump.Table{}
	for _, t := range c.Tables {
		if _, ok := k.Copies[t.OID]; ok {
			k.Dumped[t.OID] = t
		}
	}
	for oid := range k.Copies {
		if _, ok := k.Dumped[oid]; !ok {
			return fmt.Errorf("the dump lacks a table that is in scope (oid %d)", oid)
		}
	}
	m.Took = time.Since(started)
	return nil
}

// shapes makes the empty copies.
func (d *DB) shapes(ctx context.Context, r keepRequest, k *kept) error {
	for _, c := range r.scope.choices {
		if !c.keep {
			continue
		}
		c.columns, c.key = nil, nil // a dump holds whole rows
		copied, err := d.copyOf(ctx, r.id, c)
		if err != nil {
			return err
		}
		if err := rows.Shape(ctx, d.conn, relation(c.schema, c.name), copied.Source, copied.Columns); err != nil {
			return plain(err)
		}
		k.Copies[c.oid] = copied
	}
	return nil
}

// sums takes the sums of the rows of the tables in scope as those of copies: by the server,
// so that it can be asked of a table that a rollback has filled.
func (d *DB) sums(ctx context.Context, r keepRequest, k *kept) error {
	for _, c := range r.scope.choices {
		if !c.keep {
			continue
		}
		if err := d.limit(ctx, c.table); err != nil {
			return err
		}
		sum, err := rows.Live(ctx, d.conn, relation(c.schema, c.name), k.Copies[c.oid].Columns)
		if err != nil {
			return d.tooCostly(ctx, c.table, plain(err))
		}
		k.Sums[c.oid] = sum
	}
	if d.batch.budget.Lock > 0 {
		return d.script(ctx, "SET LOCAL statement_timeout = 0")
	}
	return nil
}

// save writes the dump to the store while writers may wait.
func (d *DB) save(ctx context.Context, r keepRequest, m *snapshot.Manifest) (*dump.Contents, *dumpRef, error) {
	if limit := d.batch.budget.Lock; limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadlineCause(ctx, d.batch.locked.Add(limit),
			fmt.Errorf("writers had been waiting for longer than --max-lock allows (%s) before the dump was whole", limit))
		defer cancel()
	}
	c, at, err := d.writeDump(ctx, r, m)
	if err != nil {
		err = errors.Join(context.Cause(ctx), err)
	}
	return c, at, err
}

// writeDump writes the dump to the store, reads it back, and names it in the manifest. The
// reference is there with some errors, too.
func (d *DB) writeDump(ctx context.Context, r keepRequest, m *snapshot.Manifest) (c *dump.Contents, at *dumpRef, err error) {
	g, o := r.dump, d.opts.Dumps
	w, err := o.Depot.Begin(ctx, r.db, d.mostStored())
	if err != nil {
		return nil, nil, err
	}
	defer func() { //nolint:contextcheck // the writer has its own
		if larger, ok := errors.AsType[*stored.LargerError](err); ok {
			err = &migrate.OverBudgetError{Bytes: larger.Bytes, Most: larger.Most}
		}
		err = errors.Join(err, w.End())
	}()
	g.taking.Watch(r.watch)
	if c, err = g.taking.Save(ctx, w, g.programs, dump.Reach(d.conn.Config(), d.opts.ConnString)); err != nil {
		return nil, nil, err
	}
	for _, t := range c.Tables {
		m.Tables = append(m.Tables, snapshot.Table{Name: t.Label(), Rows: t.Rows, Sum: t.Sum, At: t.Label()})
		m.Bytes += t.Bytes
	}
	m.Strategy = snapshot.Dump
	there := *m
	if err := there.Close(); err != nil {
		return nil, nil, err
	}
	ref, err := w.Commit(&there) //nolint:contextcheck // the writer has its own
	if err != nil {
		return nil, nil, err
	}
	m.Stored, err = o.Depot.Stored(ctx, ref)
	return c, &dumpRef{o.Depot.Store, ref}, err
}

// mostStored bounds a dump that was asked for. One that is taken because copies would be
// larger than the budget is not bound by it.
func (d *DB) mostStored() int64 {
	if d.opts.Strategy != snapshot.Dump {
		return 0
	}
	return d.batch.budget.Bytes
}

// forgetDump removes a snapshot from its store that no transaction refers to after all.
func (d *DB) forgetDump(ctx context.Context) error {
	if d.dumped == nil {
		return nil
	}
	at := d.dumped
	d.dumped = nil
	return stored.Remove(ctx, at.store, at.ref)
}

// recordWait is how long the store may take to note that a commit is there.
const recordWait = 20 * time.Second

// recordDump has the store note that this database knows the snapshot. The commit is
// there, so nothing that fails here is a failure of the batch: the next one makes up
// for it, and until then prune --store keeps the snapshot.
func (d *DB) recordDump(ctx context.Context) {
	if d.dumped == nil {
		return
	}
	d.dumped = nil
	failpoint.Hit("dump.postgres.committed")
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordWait)
	defer cancel()
	_ = d.recordKnown(ctx) // see above
}

func (d *DB) recordKnown(ctx context.Context) error {
	known, err := d.knownSnapshots(ctx)
	if err != nil {
		return err
	}
	return d.opts.Dumps.Depot.Record(ctx, known)
}

// openDump opens what a manifest says is in a store.
func (d *DB) openDump(ctx context.Context, m *snapshot.Manifest) (dump.FromStore, error) {
	s, err := d.opts.Dumps.Depot.Open(ctx, m)
	return dump.FromStore{Snapshot: s}, err
}

// fetch loads the rows that batches need from their stores, before anybody has to
// wait for it: nothing but safemigrate's own tables is locked.
func (u *undo) fetch(ctx context.Context) error {
	u.away = map[uint32]bool{}
	for _, b := range u.req.Batches {
		p, _, err := u.loadRows(ctx, b.ID, !u.req.Incomplete)
		if err == nil {
			err = p.manifest.Belongs(u.req.Database)
		}
		if err == nil && len(p.kept.Dumped) > 0 {
			err = u.fetchBatch(ctx, p)
		}
		if err != nil {
			return fmt.Errorf("snapshot %s: %w", b.ID, err)
		}
	}
	return nil
}

func (u *undo) fetchBatch(ctx context.Context, p *past) error {
	source, err := u.openDump(ctx, p.manifest)
	if err != nil {
		return err
	}
	if err := u.ownSettings(ctx); err != nil {
		return err
	}
	for _, oid := range slices.Sorted(maps.Keys(p.kept.Dumped)) {
		u.away[oid] = true
		u.tellf("loading the rows of %s from %s", p.kept.Dumped[oid].Label(), p.manifest.Stored.URL)
		if err := u.loadCopy(ctx, p, oid, source); err != nil {
			return err
		}
		u.loaded = append(u.loaded, p.kept.Copies[oid].Source)
	}
	failpoint.Hit("dump.postgres.fetched")
	return nil
}

// loadCopy fills the empty copy of a table with the rows that a store holds.
func (d *DB) loadCopy(ctx context.Context, p *past, oid uint32, source dump.Source) error {
	c, t := p.kept.Copies[oid], p.kept.Dumped[oid]
	columns := make([]string, len(c.Columns))
	for i, col := range c.Columns {
		columns[i] = col.Column
	}
	if err := dump.LoadTable(ctx, d.conn, t, c.Source, columns, source); err != nil {
		return damaged(err)
	}
	if err := d.script(ctx, "ANALYZE "+c.Source); err != nil {
		return fmt.Errorf("read the rows of %s: %w", t.Label(), err)
	}
	return nil
}

// damaged says of rows that are not as they were dumped that the snapshot is.
func damaged(err error) error {
	if errors.Is(err, dump.ErrDamaged) && !errors.Is(err, snapshot.ErrDamaged) {
		return fmt.Errorf("%w: %w", snapshot.ErrDamaged, err)
	}
	return plain(err)
}

// unload empties copies that were filled: the store holds their rows.
func (d *DB) unload(ctx context.Context, copies []string) error {
	if len(copies) == 0 {
		return nil
	}
	if err := d.script(ctx, "TRUNCATE "+strings.Join(copies, ", ")); err != nil {
		return fmt.Errorf("give back the space of the rows that were loaded: %w", err)
	}
	return nil
}

// verifyDump reads what a snapshot has in a store and compares it with what the
// manifest wants, of which it leaves what has to be elsewhere.
func (d *DB) verifyDump(ctx context.Context, m *snapshot.Manifest, want map[string]snapshot.Table) error {
	source, err := d.openDump(ctx, m)
	if err != nil {
		return err
	}
	c, err := source.Contents(ctx)
	if err != nil {
		return damaged(err)
	}
	if err := source.ReadFiles(ctx, c); err != nil {
		return damaged(err)
	}
	for _, t := range c.Tables {
		if w, ok := want[t.Label()]; !ok || w.Rows != t.Rows || w.Sum != t.Sum {
			return fmt.Errorf("%w: the store holds other rows of %s than the manifest says", snapshot.ErrDamaged, t.Label())
		}
		if err := dump.ReadTable(ctx, t, source); err != nil {
			return damaged(err)
		}
		delete(want, t.Label())
	}
	return nil
}

// dropStored removes what a snapshot has in a store. One whose manifest here cannot be
// read has nothing there that could be found.
func (d *DB) dropStored(ctx context.Context, id string) error {
	if ok, err := d.stored(ctx); err != nil || !ok {
		return err
	}
	m, err := d.manifest(ctx, id)
	if err != nil || m.Stored == nil {
		return nil //nolint:nilerr // see above
	}
	st, ref, err := d.opts.Dumps.Depot.Find(ctx, m)
	if errors.Is(err, store.ErrNoStore) {
		return nil // it went with its store
	}
	if err != nil {
		return err
	}
	return stored.Remove(ctx, st, ref)
}

// sweep removes chunks that no snapshot of the store needs any more, and has the store
// note what this database knows.
func (d *DB) sweep(ctx context.Context) error {
	o := d.opts.Dumps.Depot
	if o.Store == nil {
		return nil
	}
	if err := d.recordKnown(ctx); err != nil {
		return err
	}
	_, err := stored.Sweep(ctx, o.Store, stored.SweepOptions{Grace: stored.DefaultGrace, Locking: o.Locking})
	return err
}
