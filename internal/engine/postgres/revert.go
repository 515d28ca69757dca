package postgres

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/revert"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/rows"
	"github.com/safemigrate/safemigrate/internal/failpoint"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// Revert does everything in one transaction: a crash anywhere before COMMIT
// leaves the database as it was.
func (d *DB) Revert(ctx context.Context, r migrate.RevertRequest) (migrate.RevertReport, error) {
	x := &exchange{DB: d, req: r, ended: map[int64]bool{}}
	if from, err := x.wholeOf(ctx); err != nil || from != nil {
		x.from = from
		if err != nil {
			return x.report, err
		}
		return x.revert(ctx)
	}
	if r.EndSessions {
		return x.report, &migrate.BlockedError{Blockers: []string{"no databases are exchanged here, so nobody who is connected is in the way: leave --end-sessions out"}}
	}
	if err := d.Begin(ctx, migrate.Step{}); err != nil {
		return migrate.RevertReport{}, err
	}
	u := &undo{DB: d, req: r, misfits: misfits{}, behind: behind{}}
	err := busy(u.run(ctx))
	for err != nil && u.learned {
		if u, err = u.again(ctx); err == nil {
			err = busy(u.run(ctx))
		}
	}
	if err != nil || r.PlanOnly {
		away := context.WithoutCancel(ctx)
		if _, ok := errors.AsType[*migrate.UnknownCommitError](err); !ok {
			err = errors.Join(err, d.Abort(away))
		}
		return u.report, err
	}
	return u.report, nil
}

// undo is one Revert under way.
type undo struct {
	*DB
	req    migrate.RevertRequest
	report migrate.RevertReport
	start  *catalog.State      // the schema when the undo began
	now    *catalog.State      // … and as it is by now
	kept   kept                // the quarantine
	locked map[uint32]bool     // tables that nobody else writes to until the end
	fresh  map[uint32]bool     // tables that this undo has made
	views  map[uint32]bool     // materialized views that this undo has refreshed
	sums   map[uint32]rows.Sum // of materialized views, as they are when the first batch is taken back
	bare   map[string]bool     // tables with later rows that have no value for what comes back
	later  map[uint32]since    // of tables that keep what was written since the batch
	done   int                 // batches that were taken back
	last   bool                // the batch under way is the last
	moved  []string            // where present tables are going to be in the quarantine

	movedBytes int64                // space that moved tables take
	rows       map[uint32]bool      // tables that stay, and whose rows this undo has exchanged or corrected
	away       map[uint32]bool      // tables whose rows before a batch are in a store
	loaded     []string             // copies that hold rows of a store for as long as this takes
	marked     map[uint32]rows.Mark // of tables made beside, by their new OID: they were read before anybody waited

	earlier *earlier           // what was counted of present tables before anything was taken back
	ready   map[uint32]readied // tables of the batch under way that stand ready, by OID in its plan
	unready map[uint32]string  // those that were prepared in vain, and why

	misfits misfits // what later rows were found to break
	behind  behind  // checks that old rows were found not to pass yet
	learned bool    // one of these was found in this run

	unasked map[uint32][]string // what may break later rows of the batch that is planned, and nobody can ask
}

func (u *undo) run(ctx context.Context) error {
	if err := u.fetch(ctx); err != nil {
		return err
	}
	if err := u.open(ctx); err != nil {
		return err
	}
	for i, b := range u.req.Batches {
		p, err := u.past(ctx, b)
		if err != nil {
			return err
		}
		last := i == len(u.req.Batches)-1
		u.last = last
		if err := u.batch(ctx, b, p, last && u.req.PlanOnly); err != nil {
			return err
		}
		u.done++
	}
	if err := u.decide(); err != nil || u.req.PlanOnly {
		return err
	}
	return u.close(ctx)
}

// past loads a batch that is to be taken back, in today's OIDs.
func (u *undo) past(ctx context.Context, b migrate.Batch) (*past, error) {
	p, err := u.load(ctx, b.ID, !u.req.Incomplete, u.now)
	if err == nil {
		err = p.manifest.Belongs(u.req.Database)
	}
	if err != nil {
		return nil, fmt.Errorf("snapshot %s: %w", b.ID, err)
	}
	return p, nil
}

// open keeps writers out and reads where things stand.
func (u *undo) open(ctx context.Context) error {
	u.fresh, u.rows, u.views, u.DB.batch = map[uint32]bool{}, map[uint32]bool{}, map[uint32]bool{}, nil
	u.bare, u.later, u.earlier = map[string]bool{}, map[uint32]since{}, nil
	u.sums, u.marked = map[uint32]rows.Sum{}, map[uint32]rows.Mark{}
	u.ready, u.unready = map[uint32]readied{}, map[uint32]string{}
	u.unasked = map[uint32][]string{}
	tables, err := u.concerned(ctx)
	if err != nil {
		return err
	}
	u.locked = map[uint32]bool{}
	if err := u.lock(ctx, tables); err != nil {
		return err
	}
	// The catalogs are read several times with the same statements, and towards the end
	// readers wait for it: planning them costs more than running them.
	if err := u.script(ctx, "SET LOCAL plan_cache_mode = force_generic_plan"); err != nil {
		return err
	}
	if u.start, err = u.readDefinitions(ctx, u.req.History, nil); err != nil {
		return err
	}
	u.now = u.start
	failpoint.Hit("postgres.revert.locked")
	if err := u.forgetOthers(ctx); err != nil {
		return err
	}
	// What the undone operations had made anew is about to go.
	for _, b := range u.req.Batches {
		if err := u.Exec(ctx, `DELETE FROM safemigrate.renumbering WHERE batch = $1`, b.ID); err != nil {
			return fmt.Errorf("read what is new: %w", err)
		}
	}
	u.tellf("%d objects compared", len(u.start.Objects))
	return nil
}

// concerned lists the tables that the batches' snapshots hold or record rows of, and those that
// were made since. Others are none of the batches' business, and may belong to
// somebody else.
func (u *undo) concerned(ctx context.Context) ([]table, error) {
	wanted := map[uint32]bool{}
	known := map[uint32]bool{}
	for _, b := range u.req.Batches {
		p, all, err := u.loadRows(ctx, b.ID, !u.req.Incomplete)
		if err == nil {
			err = p.manifest.Belongs(u.req.Database)
		}
		var there catalog.TableOIDs
		if err == nil {
			err = u.getPart(ctx, p.manifest, partBefore, &there)
		}
		if err != nil {
			return nil, fmt.Errorf("snapshot %s: %w", b.ID, err)
		}
		for oid := range p.kept.Copies {
			wanted[oid] = true
		}
		for oid := range p.effect.Records {
			wanted[oid] = true
		}
		for _, oid := range there {
			for _, r := range all {
				oid = r.Table(oid)
			}
			known[oid] = true
		}
	}
	all, err := u.tables(ctx, u.req.History)
	return slices.DeleteFunc(all, func(t table) bool {
		return !wanted[t.oid] && (known[t.oid] || t.blocker == noLock)
	}), err
}

// lock keeps writers out of tables.
func (u *undo) lock(ctx context.Context, tables []table) error {
	if err := u.lockTables(ctx, tables); err != nil {
		return err
	}
	for _, t := range tables {
		u.locked[t.oid] = true
	}
	return nil
}

// lockKept keeps writers out of the tables whose present rows are kept, of which the
// snapshot need not hold any: what somebody wrote after they were read, and before the
// table is changed, would be nowhere.
func (u *undo) lockKept(ctx context.Context, plan *revert.Plan, planOnly bool) error {
	kept := map[uint32]bool{}
	for _, t := range plan.Tables {
		if t.NeedsQuarantine && !u.locked[t.OID] && !u.fresh[t.OID] {
			kept[t.OID] = true
		}
	}
	if planOnly || len(kept) == 0 {
		return nil
	}
	all, err := u.tables(ctx, u.req.History)
	if err != nil {
		return err
	}
	return u.lock(ctx, slices.DeleteFunc(all, func(t table) bool { return !kept[t.oid] }))
}

func (u *undo) tellf(format string, args ...any) {
	if u.req.Progress != nil {
		u.req.Progress(fmt.Sprintf(format, args...))
	}
}

// batch takes back one batch; planOnly stops before the first change.
func (u *undo) batch(ctx context.Context, b migrate.Batch, p *past, planOnly bool) error {
	changed, err := u.changedRows(ctx, b, p)
	if err != nil {
		return err
	}
	views, err := u.contents(ctx, p)
	if err != nil {
		return err
	}
	in := revert.Input{Before: p.before, After: u.ended(b, p), Now: u.now, Copies: p.kept.Copies,
		RowsChanged: changed, Filtered: u.filtered, Records: p.effect.Records, Matviews: views, Read: readOptions(u.req.History),
		Misfits: u.misfits.of(b.ID, p.before), Behind: u.behind.of(b.ID, p.before), Answers: revert.Answers{}}
	if ended := p.effect.Ended; ended != "" {
		in.Written, in.Unseen = ended.Written("c"), ended.Unseen("c")
	}
	plan, err := revert.New(in)
	if err != nil {
		return err
	}
	if planOnly && len(plan.Conflicts) == 0 && !u.req.Incomplete {
		if plan, err = u.planFor(ctx, plan, in, b.ID); err != nil {
			return err
		}
	}
	u.report.Drift = append(u.report.Drift, plan.Drift...)
	u.report.Objects = append(u.report.Objects, plan.Objects...)
	if len(plan.Conflicts) > 0 {
		return &migrate.ConflictError{Conflicts: plan.Conflicts, Inherent: plan.Inherent(), Dumped: u.dumped(ctx)}
	}
	if err := u.lockKept(ctx, plan, planOnly); err != nil {
		return err
	}
	if err := u.takeReady(ctx, plan, p); err != nil {
		return fmt.Errorf("snapshot %s: %w", b.ID, err)
	}
	if err := plan.MakeFits(ctx, u.conn); err != nil {
		return contradicted(err)
	}
	if err := plan.Ask(ctx, u.conn, false); err != nil {
		return plain(err)
	}
	if err := u.orphans(ctx, plan); err != nil {
		return incomplete(b.ID, err)
	}
	if err := u.count(ctx, plan, p); err != nil {
		return incomplete(b.ID, err)
	}
	if planOnly {
		u.countTakenOut(plan, p)
		return u.tryFilling(ctx, plan)
	}
	if u.req.Decide == migrate.Keep { // the server would stumble over rows that cannot stay
		if err := u.decide(); err != nil {
			return err
		}
	}
	if err := u.verifyCopies(ctx, plan, p); err != nil {
		return fmt.Errorf("snapshot %s: %w", b.ID, err)
	}
	if err := plan.Silence(ctx, u.conn); err != nil {
		return plain(err)
	}
	if err := u.quarantine(ctx, plan, p); err != nil {
		return err
	}
	if err := u.spare(ctx, plan, u.done); err != nil {
		return err
	}
	failpoint.Hit("postgres.revert.quarantined")
	return u.apply(ctx, plan, p)
}

// dumped reports whether the snapshot of the oldest batch holds the whole database.
func (u *undo) dumped(ctx context.Context) bool {
	m, err := u.manifest(ctx, u.req.Batches[len(u.req.Batches)-1].ID)
	return err == nil && m.Strategy == snapshot.Dump && !u.req.Incomplete
}

// ended is the schema as the batch left it. Of a statement outside a transaction
// that was under way only the schema before it is recorded: one that builds or
// drops an index can have touched indexes only; what others did is nobody's to
// tell, so all that differs counts as the batch's.
func (u *undo) ended(b migrate.Batch, p *past) *catalog.State {
	_, verb, _ := strings.Cut(b.Running, " ")
	switch {
	case p.after == nil || mayWrite(verb):
		return nil
	case verb == "":
		return p.after
	}
	index := func(o catalog.Object) bool { return o.Kind == catalog.KindIndex }
	s := &catalog.State{Server: p.after.Server}
	for _, o := range p.after.Objects {
		if !index(o) || u.now.Object(o.Address) != nil {
			s.Objects = append(s.Objects, o)
		}
	}
	for _, o := range u.now.Objects {
		if index(o) && p.after.Object(o.Address) == nil {
			s.Objects = append(s.Objects, o)
		}
	}
	return s
}

// apply executes a plan, proves the result, and carries on with the schema as
// it is then.
func (u *undo) apply(ctx context.Context, plan *revert.Plan, p *past) error {
	u.tellf("taking back batch %s", p.manifest.ID)
	was, err := u.readCounters(ctx)
	if err != nil {
		return err
	}
	marks, err := u.prepare(ctx, plan, p)
	if err != nil {
		return err
	}
	if u.last {
		// Nothing more goes to the quarantine: it is complete before anybody waits.
		if err := u.closeQuarantine(ctx); err != nil {
			return err
		}
	}
	failpoint.Hit("postgres.revert.prepared")
	stood, err := rows.Sequences(ctx, u.conn)
	if err != nil {
		return plain(err)
	}
	instead := successors(p.before, u.now)
	now, renumbered, err := plan.Apply(ctx, u.conn)
	if err != nil {
		if filling, ok := errors.AsType[*revert.FillError](err); ok {
			return unfilled(filling.View, filling.Err)
		}
		u.learn(plan, p.manifest.ID, err)
		return contradicted(err)
	}
	failpoint.Hit("postgres.revert.applied")
	u.countTakenOut(plan, p)
	if err := u.arrived(ctx); err != nil {
		return err
	}
	if now == nil {
		if now, err = u.readDefinitions(ctx, u.req.History, u.now); err != nil {
			return err
		}
	}
	u.now = now
	if wrong := plan.Verify(u.now); len(wrong) > 0 {
		return fmt.Errorf("the schema would not be what it was: %s", migrate.FirstFew(wrong))
	}
	for _, oid := range renumbered.OIDs["pg_class"] {
		u.fresh[oid] = true
	}
	for old, mark := range marks {
		u.marked[renumbered.OIDs["pg_class"][old]] = mark
	}
	for _, t := range plan.Tables {
		if t.Way == revert.Refilled || t.Way == revert.Corrected || t.Way == revert.InPlace && plan.TakenOut[t.OID] > 0 {
			u.rows[t.OID] = true
			// What a later batch's undo noted of the table that it made is not what it holds now.
			delete(u.marked, t.OID)
		}
	}
	if err := u.verifyRows(ctx, plan, p, marks); err != nil {
		return err
	}
	if err := u.checkViews(ctx, plan, p); err != nil {
		return err
	}
	if err := u.setSequences(ctx, p, stood, instead); err != nil {
		return err
	}
	written, err := u.written(ctx, plan, was.files, marks)
	if err != nil {
		return err
	}
	if err := u.passOn(ctx, plan, p, written); err != nil {
		return err
	}
	if err := u.forgetBatch(ctx, p.manifest); err != nil {
		return err
	}
	return u.putRenumbering(ctx, u.req.ID, renumbered)
}

// contradicted tells rows that somebody wrote since, and that the old schema
// does not allow, from other errors: a child of a row that goes, a value that an
// enum no longer has, that is too large for the old type, or that a check fails on. Where the server has no
// PL/pgSQL, or not for this role, values that do not fit cannot be told from others.
func contradicted(err error) error {
	if c := code(err); strings.HasPrefix(c, "23") || strings.HasPrefix(c, "22") || c == "42704" || errors.Is(err, revert.ErrConflict) {
		return &migrate.ConflictError{Conflicts: []string{strings.TrimPrefix(inWords(err), revert.ErrConflict.Error()+": ")}}
	}
	return plain(err)
}

// setSequences puts back the values of sequences that were made anew, and of
// those that nobody has used since the batch moved them. stood is what they held
// before this batch was taken back: values that somebody took since are not given
// again, also where the sequence had to be made anew, and neither are those from before
// the batch, nor those that another sequence gave in its place (instead). Of one that stays,
// others may have taken more meanwhile: its table need not be locked.
func (u *undo) setSequences(ctx context.Context, p *past, stood []rows.Sequence, instead map[uint32][]uint32) error {
	found, err := rows.Sequences(ctx, u.conn)
	if err != nil {
		return plain(err)
	}
	now := map[string]rows.Sequence{}
	for _, s := range found {
		now[s.Name] = s
	}
	left, held := byOID(p.effect.Sequences), byOID(stood)
	for _, was := range p.kept.Sequences {
		is, ok := now[was.Name]
		if !ok {
			continue
		}
		if old := held[was.OID]; is.OID == was.OID && old.Last >= is.Min && old.Last <= is.Max { // else it had to start again
			held[was.OID] = is
		}
		to := was
		if used(held, left, was.OID) && !held[was.OID].Behind(was) {
			to = held[was.OID]
		} else if _, known := left[was.OID]; is.OID == was.OID && !known {
			continue
		}
		to = beyond(to, instead[was.OID], held, left)
		if is.Last == to.Last && is.Called == to.Called {
			continue
		}
		// RESTART gives the sequence a file of its own within this transaction,
		// so that setval, too, is undone when the transaction is.
		if err := u.script(ctx, fmt.Sprintf("ALTER SEQUENCE %s RESTART WITH %d", is.Name, to.Last)); code(err) == "22023" {
			return &migrate.ConflictError{Conflicts: []string{fmt.Sprintf("sequence %s is at %d since, which is not within its limits before the batch", is.Name, to.Last)}}
		} else if err != nil {
			return fmt.Errorf("set sequence %s: %w", is.Name, plain(err))
		}
		if err := u.Exec(ctx, `SELECT pg_catalog.setval($1::regclass, $2, $3)`, is.Name, to.Last, to.Called); err != nil {
			return fmt.Errorf("set sequence %s: %w", is.Name, err)
		}
	}
	return nil
}

// used tells whether somebody took values from a sequence, or set it forward, after
// the batch had left it.
func used(held, left map[uint32]rows.Sequence, oid uint32) bool {
	holds, there := held[oid]
	was, known := left[oid]
	return there && known && (holds.Last != was.Last || holds.Called != was.Called) && !holds.Behind(was)
}

func byOID(sequences []rows.Sequence) map[uint32]rows.Sequence {
	all := make(map[uint32]rows.Sequence, len(sequences))
	for _, s := range sequences {
		all[s.OID] = s
	}
	return all
}

// closeQuarantine writes the parts of the quarantine and its manifest.
func (u *undo) closeQuarantine(ctx context.Context) error {
	b := u.req.Batches[0]
	m := newManifest(u.req.ID, b.Target, u.req.Database)
	m.Bytes = u.movedBytes
	for oid, c := range u.kept.Copies {
		o := u.start.Object(catalog.Address{Catalog: "pg_class", OID: oid})
		m.Tables = append(m.Tables, snapshot.Table{Name: o.Schema + "." + o.Name, Rows: u.kept.Sums[oid].Rows, Sum: u.kept.Sums[oid].Hash, At: c.Source})
	}
	slices.SortFunc(m.Tables, func(a, b snapshot.Table) int { return strings.Compare(a.Name, b.Name) })
	return u.closeKeep(ctx, m, u.kept, u.start)
}

// close records what undoing this undo needs, has history and ledger written, and
// commits.
func (u *undo) close(ctx context.Context) error {
	if err := u.unload(ctx, u.loaded); err != nil {
		return err
	}
	u.report.Quarantine = u.req.ID
	if err := u.recordUndo(ctx); err != nil {
		return err
	}
	if err := u.req.Seal(ctx, u.DB); err != nil {
		return err
	}
	failpoint.Hit("postgres.revert.sealed")
	if err := u.Commit(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	failpoint.Hit("postgres.revert.committed")
	return nil
}

// recordUndo keeps what undoing this undo needs.
func (u *undo) recordUndo(ctx context.Context) error {
	u.DB.batch = &batchState{id: u.req.ID, history: u.req.History, before: u.start, kept: u.kept, known: u.marked, committed: true}
	defer func() { u.DB.batch = nil }()
	listed := maps.Clone(u.rows)
	// The batch has no list of what it did to these, so nobody could tell the rows that
	// correcting them writes from those of others.
	maps.DeleteFunc(listed, func(oid uint32, _ bool) bool { return u.away[oid] })
	corrected, err := u.recordRows(ctx, u.now, listed)
	if err != nil {
		return err
	}
	plan, err := revert.New(revert.Input{Before: u.start, After: u.now, Now: u.now, Copies: u.kept.Copies,
		RowsChanged: u.rows, Filtered: u.filtered, Records: corrected, Read: readOptions(u.req.History)})
	if err != nil {
		return err
	}
	e, err := u.marks(ctx, takenOut(plan), u.rows)
	if err != nil {
		return err
	}
	e.Refreshed, e.Records = u.views, corrected
	return u.record(ctx, u.req.ID, u.start, u.now, e)
}
