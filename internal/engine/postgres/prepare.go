package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/revert"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/rows"
	"github.com/safemigrate/safemigrate/internal/failpoint"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// partPrepared lists, as []readyTable, the tables that stand beside, ready for a
// rollback.
const partPrepared = "prepared"

// readyTable is one of them.
type readyTable struct {
	Table  uint32    `json:"table"` // in whose place it comes, as the plan of the rollback names it
	Schema string    `json:"schema"`
	Name   string    `json:"name"` // quoted, qualified
	Digest string    `json:"digest"`
	Built  rows.Mark `json:"built"` // of its own rows: how many there are, and who wrote them
	// Present marks the rows that it was filled from; nil where they came from the
	// copy alone. ByKey: it can catch up with what is written to them later.
	Present *rows.Mark `json:"present,omitempty"`
	ByKey   bool       `json:"by_key,omitempty"`
	// Sum is that of the present rows.
	Sum *rows.Sum `json:"sum,omitempty"`
	// Later is what had been written to the table since the batch by then.
	Later *since `json:"later,omitempty"`
}

// Prepare builds, in one transaction, what taking a batch back is going to need. It
// rests on one view of the rows and takes no lock that a reader or a writer of the
// application would wait for. A crash leaves nothing of it.
func (d *DB) Prepare(ctx context.Context, r migrate.PreparationRequest) (migrate.Preparation, error) {
	d.batch = nil
	a := &preparing{DB: d, req: r}
	err := busy(a.run(ctx))
	if _, unknown := errors.AsType[*migrate.UnknownCommitError](err); err != nil && !unknown {
		err = errors.Join(err, d.Abort(context.WithoutCancel(ctx)))
	}
	return a.report, err
}

// preparing is one Prepare under way.
type preparing struct {
	*DB
	req    migrate.PreparationRequest
	report migrate.Preparation
	loaded []string // copies that hold rows of a store for as long as this takes
}

func (a *preparing) run(ctx context.Context) error {
	if err := a.script(ctx, "BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE"); err != nil {
		return err
	}
	a.own = false
	if err := a.ownSettings(ctx); err != nil {
		return err
	}
	if err := a.forgetAll(ctx); err != nil {
		return err
	}
	if !a.req.Drop {
		if err := a.build(ctx); err != nil {
			return err
		}
	}
	if err := a.unload(ctx, a.loaded); err != nil {
		return err
	}
	failpoint.Hit("postgres.prepare.recorded")
	if err := a.Commit(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	failpoint.Hit("postgres.prepare.committed")
	return nil
}

// build plans the way back as a rollback would, and makes the tables of it.
func (a *preparing) build(ctx context.Context) error {
	now, err := a.readDefinitions(ctx, a.req.History, nil)
	if err != nil {
		return err
	}
	p, err := a.load(ctx, a.req.Batch.ID, true, now)
	if err == nil {
		err = p.manifest.Belongs(a.req.Database)
	}
	if err != nil {
		return fmt.Errorf("snapshot %s: %w", a.req.Batch.ID, err)
	}
	if p.kept.Clone != nil {
		a.report.Left = append(a.report.Left, migrate.LeftTable{Name: a.req.Database.Name, Way: wholeWay, Why: "databases are exchanged as they are"})
		return nil
	}
	plan, err := revert.New(revert.Input{Before: p.before, After: p.after, Now: now, Copies: p.kept.Copies,
		RowsChanged: p.effect.RowsChanged, Filtered: a.filtered, Records: p.effect.Records, Read: readOptions(a.req.History)})
	if err != nil {
		return err
	}
	if len(plan.Conflicts) > 0 {
		return &migrate.ConflictError{Conflicts: plan.Conflicts, Inherent: plan.Inherent()}
	}
	all, left := plan.Early()
	for _, t := range plan.Tables {
		if why := left[t.OID]; why != "" {
			a.report.Left = append(a.report.Left, migrate.LeftTable{Name: nameOf(t), Way: string(t.Way), Why: why})
		}
	}
	var ready []readyTable
	for _, e := range all {
		t, err := a.table(ctx, plan, p, e)
		if err != nil {
			return fmt.Errorf("build what table %s needs: %w", nameOf(e.TableWay), err)
		}
		if t != nil {
			ready = append(ready, *t)
		}
		failpoint.Hit("postgres.prepare.table")
	}
	if len(ready) == 0 {
		return nil
	}
	return a.note(ctx, p.manifest, ready)
}

// nameOf names a table as it is, or as it was.
func nameOf(t revert.TableWay) string {
	if t.Now == "" {
		return t.Before
	}
	return t.Now
}

// table makes one table, proves it, and marks what it rests on; nil where it is left out.
func (a *preparing) table(ctx context.Context, plan *revert.Plan, p *past, e revert.Early) (*readyTable, error) {
	started := time.Now()
	t := &readyTable{Table: e.OID, Schema: e.Schema, Name: e.Name, Digest: e.Digest, ByKey: e.ByKey}
	a.tellf("building what takes the place of %s", nameOf(e.TableWay))
	if err := a.fetchOne(ctx, p, e); err != nil {
		return nil, err
	}
	if err := a.proveCopy(ctx, p, e); err != nil {
		return nil, err
	}
	if made, err := a.make(ctx, plan, e); err != nil || !made {
		return nil, err
	}
	if err := a.private(ctx, e.Schema); err != nil {
		return nil, err
	}
	var err error
	if t.Built, err = rows.Now(ctx, a.conn, e.Name); err != nil {
		return nil, plain(err)
	}
	if t.Built.Unknown || len(t.Built.Seen) > 0 {
		return nil, errors.New("somebody else wrote to it")
	}
	if err := a.proveBuilt(ctx, p, e); err != nil {
		return nil, err
	}
	if e.FromPresent {
		if err := a.markPresent(ctx, p, e, t); err != nil {
			return nil, err
		}
	}
	line := snapshot.Prepared{Name: nameOf(e.TableWay), Way: string(e.Way), Rows: t.Built.Rows, At: e.Name}
	if line.Bytes, err = a.sizeOf(ctx, e.Name); err != nil {
		return nil, err
	}
	a.report.Tables = append(a.report.Tables, migrate.PreparedTable{Prepared: line, Took: time.Since(started)})
	return t, nil
}

// make makes one table, or leaves it out where later rows break what comes back: whether
// they may go is a question of the rollback. So it does where old rows break a check that
// depends on what is not back yet.
func (a *preparing) make(ctx context.Context, plan *revert.Plan, e revert.Early) (bool, error) {
	if err := a.script(ctx, "SAVEPOINT safemigrate_early"); err != nil {
		return false, err
	}
	err := plan.Make(ctx, a.conn, e)
	if err == nil {
		return true, a.script(ctx, "RELEASE SAVEPOINT safemigrate_early")
	}
	var why string
	if checks := plan.Untimely(err); len(checks) > 0 {
		why = "rows of before do not pass " + called(checks[0]) + " yet"
	} else if table, found := plan.Misfit(err); table == e.Before {
		why = "later rows break " + found.What
	} else {
		return false, contradicted(err)
	}
	a.report.Left = append(a.report.Left, migrate.LeftTable{Name: nameOf(e.TableWay), Way: string(e.Way), Why: why})
	return false, a.script(ctx, "ROLLBACK TO SAVEPOINT safemigrate_early")
}

// fetchOne loads the copy that a table is filled from, where its rows are in a store.
func (a *preparing) fetchOne(ctx context.Context, p *past, e revert.Early) error {
	if _, away := p.kept.Dumped[e.OID]; !away {
		return nil
	}
	source, err := a.openDump(ctx, p.manifest)
	if err != nil {
		return err
	}
	a.loaded = append(a.loaded, p.kept.Copies[e.OID].Source)
	return a.loadCopy(ctx, p, e.OID, source)
}

// proveCopy reads the copy that a table is filled from.
func (a *preparing) proveCopy(ctx context.Context, p *past, e revert.Early) error {
	c, kept := p.kept.Copies[e.OID]
	if !kept {
		return nil
	}
	sum, err := rows.Kept(ctx, a.conn, c)
	if err != nil {
		return fmt.Errorf("%w: %w", snapshot.ErrDamaged, plain(err))
	}
	if sum != p.kept.Sums[e.OID] {
		return fmt.Errorf("%w: the rows kept of %s are not those that were written", snapshot.ErrDamaged, e.Before)
	}
	return nil
}

// proveBuilt compares the rows of a table that came from its copy with the copy's sum.
func (a *preparing) proveBuilt(ctx context.Context, p *past, e revert.Early) error {
	c, kept := p.kept.Copies[e.OID]
	if !kept || e.FromPresent {
		return nil
	}
	sum, err := rows.Live(ctx, a.conn, e.Name, c.Columns)
	if err != nil {
		return plain(err)
	}
	if sum != p.kept.Sums[e.OID] {
		return fmt.Errorf("the rows of %s would not be what they were", e.Name)
	}
	return nil
}

// markPresent marks the rows that a table was filled from.
func (a *preparing) markPresent(ctx context.Context, p *past, e revert.Early, t *readyTable) error {
	mark, err := rows.Now(ctx, a.conn, e.Now)
	if err != nil {
		return plain(err)
	}
	t.Present = &mark
	columns, err := rows.Columns(ctx, a.conn, e.OID)
	if err != nil {
		return plain(err)
	}
	sum, err := rows.Live(ctx, a.conn, e.Now, columns)
	if err != nil {
		return plain(err)
	}
	t.Sum = &sum
	batch, marked := p.effect.Marks[e.OID]
	if !marked || mark.Unknown {
		return nil
	}
	written, gone, err := rows.Since(ctx, a.conn, e.Now, batch)
	t.Later = &since{Written: written, Gone: gone}
	return plain(err)
}

// sizeOf is the space that a table takes, with its indexes.
func (d *DB) sizeOf(ctx context.Context, name string) (int64, error) {
	var size int64
	if err := d.conn.QueryRow(ctx, `SELECT pg_catalog.pg_total_relation_size($1::regclass)`, name).Scan(&size); err != nil {
		return 0, fmt.Errorf("measure %s: %w", name, plain(err))
	}
	return size, nil
}

// note records in the snapshot what stands ready.
func (a *preparing) note(ctx context.Context, m *snapshot.Manifest, ready []readyTable) error {
	m.Prepared = nil
	for _, t := range a.report.Tables {
		m.Prepared = append(m.Prepared, t.Prepared)
	}
	var err error
	if m.Parts[partPrepared], err = a.putPart(ctx, m.ID, partPrepared, ready); err != nil {
		return err
	}
	m.Format = max(m.Format, snapshot.FormatPrepared)
	return a.putManifest(ctx, m)
}

func (a *preparing) tellf(format string, args ...any) {
	if a.req.Progress != nil {
		a.req.Progress(fmt.Sprintf(format, args...))
	}
}

// forgetAll removes whatever stands ready, but for the named batches.
func (d *DB) forgetAll(ctx context.Context, but ...string) error {
	if ok, err := d.stored(ctx); err != nil || !ok {
		return err
	}
	found, err := d.Query(ctx, `SELECT batch FROM safemigrate.part WHERE name = $1 ORDER BY batch`, partPrepared)
	if err != nil {
		return fmt.Errorf("look for what was prepared: %w", err)
	}
	for _, r := range found {
		if slices.Contains(but, r.Text(0)) {
			continue
		}
		if err := d.forget(ctx, r.Text(0)); err != nil {
			return err
		}
	}
	return nil
}

// forget removes what stands ready for taking one batch back. The schemas are
// safemigrate's own, and hold nothing else.
func (d *DB) forget(ctx context.Context, id string) error {
	m, err := d.manifest(ctx, id)
	if unusable(err) {
		return nil // nothing will ever use it; prune removes it
	}
	if err != nil {
		return err
	}
	if _, ok := m.Parts[partPrepared]; !ok {
		return nil
	}
	if err := d.dropReady(ctx, id); err != nil && !unusable(err) {
		return err
	}
	if err := d.Exec(ctx, `DELETE FROM safemigrate.part WHERE batch = $1 AND name = $2`, id, partPrepared); err != nil {
		return fmt.Errorf("remove what was prepared: %w", err)
	}
	m.Prepared = nil
	delete(m.Parts, partPrepared)
	return d.putManifest(ctx, m)
}

// dropReady drops the tables that stand ready for a batch. Where they are is read
// from the part alone, whose manifest may be damaged.
func (d *DB) dropReady(ctx context.Context, id string) error {
	var doc []byte
	err := d.conn.QueryRow(ctx, `SELECT doc FROM safemigrate.part WHERE batch = $1 AND name = $2`, id, partPrepared).Scan(&doc)
	if err != nil {
		return unreadable("list of what was prepared for "+id, err)
	}
	var all []readyTable
	if err := unpack(doc, &all); err != nil {
		return fmt.Errorf("%w: what was prepared for %s: %w", snapshot.ErrDamaged, id, err)
	}
	for _, t := range all {
		if !strings.HasPrefix(t.Schema, "safemigrate_beside_") {
			return fmt.Errorf("%w: what was prepared for %s lies in schema %s", snapshot.ErrDamaged, id, t.Schema)
		}
		if err := d.script(ctx, "DROP SCHEMA IF EXISTS "+catalog.Quote(t.Schema)+" CASCADE"); err != nil {
			return fmt.Errorf("drop what was prepared: %w", plain(err))
		}
	}
	return nil
}
