package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/dump"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/revert"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/rows"
	"github.com/safemigrate/safemigrate/internal/failpoint"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// Take locks the tables in scope first and copies them then: a reader whose
// view is older than a TRUNCATE or a rewrite would see no rows and no error.
func (d *DB) Take(ctx context.Context, r migrate.SnapshotRequest) (*snapshot.Manifest, error) {
	m, err := d.take(ctx, r)
	return m, busy(err)
}

func (d *DB) take(ctx context.Context, r migrate.SnapshotRequest) (m *snapshot.Manifest, err error) {
	if d.byClone || d.opts.Strategy == snapshot.Clone {
		return d.takeClone(ctx, r)
	}
	if err := d.createStore(ctx); err != nil {
		return nil, err
	}
	var g *dumping
	if d.byDump || d.opts.Strategy == snapshot.Dump {
		if g, err = d.beginDump(ctx); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, g.close(ctx)) }()
	}
	s, err := d.lockScope(ctx, scopeRequest{r.Scope, r.Scripts, r.Outside, r.Steps, r.History})
	if err != nil {
		return nil, err
	}
	// What stands ready for the batch before could be in the way of this one: it
	// depends on types and functions that a migration may drop.
	if err := d.forgetAll(ctx); err != nil {
		return nil, err
	}
	failpoint.Hit("postgres.take.locked")
	if err := d.beginBatch(ctx, r, s); err != nil {
		return nil, err
	}
	var k kept
	m, k, err = d.keep(ctx, keepRequest{id: r.ID, tag: r.Tag, db: r.Database, scope: s, dump: g, progress: r.Progress, told: r.Told}, d.batch.before)
	if err != nil {
		return nil, err
	}
	d.batch.kept = k
	return m, nil
}

// beginBatch reads where things stand once the scope is locked.
func (d *DB) beginBatch(ctx context.Context, r migrate.SnapshotRequest, s *scope) (err error) {
	d.batch = &batchState{id: r.ID, history: r.History, scope: s, budget: r.Budget, locked: time.Now(),
		suspect: map[uint32]bool{}, beyond: map[uint32]string{}, mine: map[catalog.Address]bool{}}
	if err := d.readBase(ctx); err != nil {
		return err
	}
	d.batch.files = d.batch.base.files
	d.batch.before, err = d.readState(ctx, r.History, nil)
	return err
}

// readState reads the schema without the history table; like is an earlier one.
func (d *DB) readState(ctx context.Context, history migrate.TableID, like *catalog.State) (*catalog.State, error) {
	if err := d.ownSettings(ctx); err != nil {
		return nil, err
	}
	s, err := catalog.Read(ctx, d.conn, readLike(history, like))
	if err != nil {
		return nil, fmt.Errorf("read the schema: %w", plain(err))
	}
	return s, nil
}

// readDefinitions is readState without the census: only a guard needs that.
func (d *DB) readDefinitions(ctx context.Context, history migrate.TableID, like *catalog.State) (*catalog.State, error) {
	if err := d.ownSettings(ctx); err != nil {
		return nil, err
	}
	s, err := catalog.ReadDefinitions(ctx, d.conn, readLike(history, like))
	if err != nil {
		return nil, fmt.Errorf("read the schema: %w", plain(err))
	}
	return s, nil
}

func readLike(history migrate.TableID, like *catalog.State) catalog.Options {
	o := readOptions(history)
	o.Like = like
	return o
}

func readOptions(history migrate.TableID) catalog.Options {
	return catalog.Options{ExcludeTables: []string{history.Schema + "." + history.Table}}
}

// keepRequest says what to keep under which name.
type keepRequest struct {
	id, tag  string
	db       snapshot.Database
	scope    *scope
	dump     *dumping // nil: rows are copied within the database
	progress func(done, total int64, table string)
	told     func(text string)
}

// watch tells how far a dump has come.
func (r keepRequest) watch(p dump.Progress) {
	if p.Table != "" && r.told != nil {
		r.told(fmt.Sprintf("%s: %d rows, %d bytes", p.Table, p.Rows, p.Bytes))
	}
	if r.progress != nil {
		rate, left := p.Rate()
		r.progress(p.Done, p.Total, fmt.Sprintf("%d MB/s, %s left", rate/1_000_000, left.Round(time.Second)))
	}
}

// keep copies tables, reads the copies back, and records everything. The
// manifest is written last; all of it is in the open transaction.
func (d *DB) keep(ctx context.Context, r keepRequest, before *catalog.State) (*snapshot.Manifest, kept, error) {
	m := newManifest(r.id, r.tag, r.db)
	k, err := d.readKeep(ctx, r.scope.tables(), before, d.concernedViews(before), already{})
	if err != nil {
		return nil, k, err
	}
	if slices.ContainsFunc(r.scope.choices, func(c choice) bool { return c.keep }) {
		if err := d.makePlace(ctx, r.id); err != nil {
			return nil, k, err
		}
	}
	take := d.copyTables
	if r.dump != nil {
		take = d.dumpTables
	}
	if err := take(ctx, r, m, &k); err != nil {
		return nil, k, err
	}
	return m, k, d.closeKeep(ctx, m, k, before)
}

func newManifest(id, tag string, db snapshot.Database) *snapshot.Manifest {
	return &snapshot.Manifest{Format: snapshot.Format, ID: id, Tag: tag, Strategy: snapshot.Copy,
		TakenAt: time.Now().UTC().Truncate(time.Second), Database: db, Tables: []snapshot.Table{}, Parts: map[string]string{}}
}

// already is what has been found out already of what readKeep reads.
type already struct {
	sums    map[uint32]rows.Sum // of materialized views
	earlier *earlier
}

// readKeep reads what is kept beside rows.
func (d *DB) readKeep(ctx context.Context, tables []table, before *catalog.State, views func(*catalog.Object) bool, found already) (kept, error) {
	k := kept{Copies: map[uint32]revert.Copy{}, Sums: map[uint32]rows.Sum{}}
	var err error
	if k.Sequences, err = rows.Sequences(ctx, d.conn); err != nil {
		return k, plain(err)
	}
	d.unspend(k.Sequences)
	if k.Views, err = d.sumViews(ctx, before, views, found.sums); err != nil {
		return k, err
	}
	if k.Renumbered, err = d.newestRenumbering(ctx); err != nil {
		return k, err
	}
	if k.Since, err = d.sinceEarlier(ctx, tables, found.earlier); err != nil {
		return k, err
	}
	return k, nil
}

// makePlace makes the schema of a snapshot's tables, where it is not there yet. A
// batch of which no row is kept has none: a new schema has the server plan every
// query of the session anew.
func (d *DB) makePlace(ctx context.Context, id string) error {
	found, err := d.Query(ctx, `SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1`, copySchema(id))
	if err != nil || len(found) > 0 {
		return err
	}
	if err := d.script(ctx, "CREATE SCHEMA "+catalog.Quote(copySchema(id))); err != nil {
		return plain(err)
	}
	return d.private(ctx, copySchema(id))
}

// closeKeep writes the parts and, last, the manifest.
func (d *DB) closeKeep(ctx context.Context, m *snapshot.Manifest, k kept, before *catalog.State) error {
	if m.Strategy == snapshot.Copy {
		size, err := d.copiesSize(ctx, m.ID)
		if err != nil {
			return err
		}
		m.Bytes += size
	}
	found, err := d.Query(ctx, `SELECT pg_catalog.pg_current_wal_insert_lsn()`)
	if err != nil {
		return fmt.Errorf("read the position: %w", err)
	}
	m.Position = found[0].Text(0)
	if m.Parts[partBefore], err = d.putPart(ctx, m.ID, partBefore, before); err != nil {
		return err
	}
	if m.Parts[partKept], err = d.putPart(ctx, m.ID, partKept, k); err != nil {
		return err
	}
	failpoint.Hit("postgres.take.manifest")
	return d.putManifest(ctx, m)
}
