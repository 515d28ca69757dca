package postgres

import (
	"context"
	"errors"
	"fmt"
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
	if err := d.Begin(ctx, migrate.Step{}); err != nil {
		return migrate.RevertReport{}, err
	}
	u := &undo{DB: d, req: r}
	err := u.run(ctx)
	if err != nil || r.PlanOnly {
		away := context.WithoutCancel(ctx)
		var unknown *migrate.UnknownCommitError
		if !errors.As(err, &unknown) {
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
	start  *catalog.State  // the schema when the undo began
	now    *catalog.State  // … and as it is by now
	kept   kept            // the quarantine
	fresh  map[uint32]bool // tables that this undo has made
}

func (u *undo) run(ctx context.Context) error {
	if err := u.open(ctx); err != nil {
		return err
	}
	for i, b := range u.req.Batches {
		p, err := u.load(ctx, b.ID)
		if err == nil {
			err = p.manifest.Belongs(u.req.Database)
		}
		if err != nil {
			return fmt.Errorf("snapshot %s: %w", b.ID, err)
		}
		last := i == len(u.req.Batches)-1
		if err := u.batch(ctx, b, p, last && u.req.PlanOnly); err != nil {
			return err
		}
	}
	if err := u.decide(); err != nil || u.req.PlanOnly {
		return err
	}
	return u.close(ctx)
}

// open keeps writers out and reads where things stand.
func (u *undo) open(ctx context.Context) error {
	u.fresh, u.DB.batch = map[uint32]bool{}, nil
	tables, err := u.tables(ctx, u.req.History)
	if err != nil {
		return err
	}
	if err := u.lockTables(ctx, tables); err != nil {
		return err
	}
	if u.start, err = u.readState(ctx, u.req.History); err != nil {
		return err
	}
	u.now = u.start
	failpoint.Hit("postgres.revert.locked")
	// What the undone operations had made anew is about to go.
	for _, b := range u.req.Batches {
		if err := u.Exec(ctx, `DELETE FROM safemigrate.renumbering WHERE batch = $1`, b.ID); err != nil {
			return fmt.Errorf("read what is new: %w", err)
		}
	}
	u.tell("%d objects compared", len(u.start.Objects))
	return nil
}

func (u *undo) tell(format string, args ...any) {
	if u.req.Progress != nil {
		u.req.Progress(fmt.Sprintf(format, args...))
	}
}

// batch takes back one batch; planOnly stops before the first change.
func (u *undo) batch(ctx context.Context, b migrate.Batch, p *past, planOnly bool) error {
	members, err := u.members(ctx)
	if err != nil {
		return err
	}
	changed, err := u.changedRows(ctx, b, p)
	if err != nil {
		return err
	}
	after := p.after
	if b.Running != "" {
		after = nil // what the statement did that was sent last is recorded nowhere
	}
	plan, err := revert.New(revert.Input{Before: p.before, After: after, Now: u.now, Copies: p.kept.Copies,
		RowsChanged: changed, Members: members, Read: readOptions(u.req.History)})
	if err != nil {
		return err
	}
	u.report.Drift = append(u.report.Drift, plan.Drift...)
	u.report.Objects = append(u.report.Objects, plan.Objects...)
	if len(plan.Conflicts) > 0 {
		return &migrate.ConflictError{Conflicts: plan.Conflicts}
	}
	if err := u.count(ctx, plan, p); err != nil || planOnly {
		return err
	}
	if err := u.verifyCopies(ctx, plan, p); err != nil {
		return fmt.Errorf("snapshot %s: %w", b.ID, err)
	}
	if err := u.quarantine(ctx, plan); err != nil {
		return err
	}
	failpoint.Hit("postgres.revert.quarantined")
	return u.apply(ctx, plan, p)
}

// changedRows lists the tables whose rows have to come from their copies. Where
// a statement outside a transaction may have written rows before it was
// recorded, every table that no longer equals its copy counts.
func (u *undo) changedRows(ctx context.Context, b migrate.Batch, p *past) (map[uint32]bool, error) {
	_, verb, _ := strings.Cut(b.Running, " ")
	if !u.req.Incomplete || !mayWrite(verb) {
		return p.effect.RowsChanged, nil
	}
	everything := map[uint32]bool{}
	for oid := range p.kept.Copies {
		everything[oid] = true
	}
	return u.compare(ctx, everything, p.before, u.now, p.kept)
}

// mayWrite reports whether a statement outside a transaction can change rows.
func mayWrite(verb string) bool {
	for _, builds := range []string{"CREATE INDEX", "DROP INDEX", "REINDEX", "VACUUM", "CLUSTER", "ALTER SYSTEM"} {
		if strings.HasPrefix(verb, builds) {
			return false
		}
	}
	return verb != ""
}

// count adds the rows that somebody wrote since to the report.
func (u *undo) count(ctx context.Context, plan *revert.Plan, p *past) error {
	for _, t := range plan.Tables {
		line, told := reportLine(plan.Tables, t)
		if told {
			continue
		}
		mark, marked := p.effect.Marks[t.OID]
		takenOut := t.Now != "" && t.Way != revert.InPlace
		switch {
		case !takenOut || u.req.Incomplete:
		case marked:
			var err error
			if line.Written, line.Gone, err = rows.Since(ctx, u.conn, t.Now, mark); err != nil {
				return plain(err)
			}
		default:
			line.Written, line.Gone = -1, -1
		}
		u.report.Tables = append(u.report.Tables, line)
	}
	return nil
}

// reportLine names a table and its way. A table that goes for another one of the
// same name is one line for people: rebuilt.
func reportLine(all []revert.TableWay, t revert.TableWay) (line migrate.TableReport, told bool) {
	line = migrate.TableReport{Name: t.Now, Way: string(t.Way)}
	if t.Now == "" {
		line.Name = t.Before
	}
	for _, o := range all {
		switch {
		case t.Way == revert.BroughtBack && o.Way == revert.Dropped && o.Now == t.Before:
			return line, true
		case t.Way == revert.Dropped && o.Way == revert.BroughtBack && o.Before == t.Now:
			line.Way = string(revert.Rebuilt)
		}
	}
	return line, false
}

// decide stops where rows would be taken out and nobody said what to do.
func (u *undo) decide() error {
	if u.req.PlanOnly || u.req.Incomplete || u.report.Losses() == 0 {
		return nil
	}
	switch u.req.Decide {
	case migrate.Discard:
		return nil
	case migrate.Keep:
		var names []string
		for _, t := range u.report.Tables {
			if t.Written != 0 || t.Gone != 0 {
				names = append(names, t.Name)
			}
		}
		return &migrate.KeepError{Tables: names}
	}
	return &migrate.UndecidedError{Report: u.report}
}

// verifyCopies reads every copy that will be loaded and compares it with what
// was written, before anything is changed.
func (u *undo) verifyCopies(ctx context.Context, plan *revert.Plan, p *past) error {
	for _, t := range plan.Tables {
		c, ok := p.kept.Copies[t.OID]
		if !ok || !refilled(t) {
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
		u.tell("keeping the present rows of %s", t.Now)
		c, sum, err := u.copyTable(ctx, u.req.ID, all[i])
		if err != nil {
			return err
		}
		u.kept.Copies[t.OID], u.kept.Sums[t.OID] = c, sum
		for k := range u.report.Tables {
			if u.report.Tables[k].Name == t.Now {
				u.report.Tables[k].Kept = sum.Rows
			}
		}
	}
	return nil
}

// openQuarantine makes the place where the present rows go. It is a snapshot
// like any other, so that a rollback can itself be undone.
func (u *undo) openQuarantine(ctx context.Context) error {
	all, err := u.tables(ctx, u.req.History)
	if err != nil {
		return err
	}
	u.kept, err = u.openKeep(ctx, u.req.ID, all)
	return err
}

// apply executes a plan, proves the result, and carries on with the schema as
// it is then.
func (u *undo) apply(ctx context.Context, plan *revert.Plan, p *past) error {
	u.tell("taking back batch %s", p.manifest.ID)
	renumbered, err := plan.Apply(ctx, u.conn)
	if err != nil {
		return plain(err)
	}
	failpoint.Hit("postgres.revert.applied")
	if u.now, err = u.readState(ctx, u.req.History); err != nil {
		return err
	}
	if wrong := plan.Verify(u.now); len(wrong) > 0 {
		return fmt.Errorf("the schema would not be what it was: %s", joined(wrong))
	}
	for _, oid := range renumbered.OIDs["pg_class"] {
		u.fresh[oid] = true
	}
	if err := u.verifyRows(ctx, plan, p); err != nil {
		return err
	}
	if err := u.setSequences(ctx, p); err != nil {
		return err
	}
	if err := u.passOn(ctx, plan, p); err != nil {
		return err
	}
	return u.renumbering(ctx, renumbered)
}

func joined(list []string) string {
	text := ""
	for i, s := range list {
		if i == 5 {
			return fmt.Sprintf("%s; and %d more", text, len(list)-i)
		}
		if i > 0 {
			text += "; "
		}
		text += s
	}
	return text
}

// verifyRows compares what was loaded with the copies.
func (u *undo) verifyRows(ctx context.Context, plan *revert.Plan, p *past) error {
	for _, t := range plan.Tables {
		c, ok := p.kept.Copies[t.OID]
		if !ok || !refilled(t) {
			continue
		}
		sum, err := rows.Live(ctx, u.conn, t.Before, c.Columns)
		if err != nil {
			return plain(err)
		}
		if sum != p.kept.Sums[t.OID] {
			return fmt.Errorf("the rows of %s would not be what they were", t.Before)
		}
	}
	return nil
}

// setSequences puts back the values of sequences that were made anew, and of
// those that nobody has used since the batch moved them.
func (u *undo) setSequences(ctx context.Context, p *past) error {
	found, err := rows.Sequences(ctx, u.conn)
	if err != nil {
		return plain(err)
	}
	now := map[string]rows.Sequence{}
	for _, s := range found {
		now[s.Name] = s
	}
	after := map[uint32]rows.Sequence{}
	for _, s := range p.effect.Sequences {
		after[s.OID] = s
	}
	for _, was := range p.kept.Sequences {
		is, ok := now[was.Name]
		left, known := after[is.OID]
		unused := known && left.Last == is.Last && left.Called == is.Called
		if !ok || (is.Last == was.Last && is.Called == was.Called) || (is.OID == was.OID && !unused) {
			continue
		}
		if err := u.Exec(ctx, `SELECT pg_catalog.setval($1::regclass, $2, $3)`, was.Name, was.Last, was.Called); err != nil {
			return fmt.Errorf("set sequence %s: %w", was.Name, err)
		}
	}
	return nil
}

// passOn tells earlier batches what had been written since them in tables that
// are new now, and that their rows carry this transaction's ID.
func (u *undo) passOn(ctx context.Context, plan *revert.Plan, p *past) error {
	own, err := u.ownTransaction(ctx)
	if err != nil {
		return err
	}
	for id, tables := range p.kept.Since {
		e, today, err := u.effectOf(ctx, id)
		if unusable(err) {
			continue // pruned or damaged: no rollback will ask for these numbers
		}
		if err != nil {
			return err
		}
		if !carry(e, today, plan, p, tables, own) {
			continue
		}
		if _, err := u.putPart(ctx, id, partEffect, e); err != nil {
			return err
		}
	}
	return nil
}

// effectOf reads what an earlier batch did, and how its tables are called today.
func (u *undo) effectOf(ctx context.Context, id string) (e effect, today func(uint32) uint32, err error) {
	m, err := u.manifest(ctx, id)
	if err != nil {
		return e, nil, err
	}
	if err := u.getPart(ctx, m, partEffect, &e); err != nil {
		return e, nil, err
	}
	today, err = u.today(ctx, m)
	return e, today, err
}

// carry changes the marks of an earlier batch, and reports whether it did.
func carry(e effect, today func(uint32) uint32, plan *revert.Plan, p *past, tables map[uint32]since, own string) bool {
	changed := false
	for oid, mark := range e.Marks {
		at := today(oid)
		s, touched := tables[at]
		i := slices.IndexFunc(plan.Tables, func(t revert.TableWay) bool { return t.OID == at })
		if !touched || i < 0 || !refilled(plan.Tables[i]) {
			continue
		}
		mark.Rows, mark.CarriedWritten, mark.CarriedGone = p.kept.Sums[at].Rows, s.Written, s.Gone
		mark.Own = append(mark.Own, own)
		mark.Unknown = mark.Unknown || s.Written < 0
		e.Marks[oid], changed = mark, true
	}
	return changed
}

// refilled reports whether a table's rows came from its copy.
func refilled(t revert.TableWay) bool { return t.Way == revert.Rebuilt || t.Way == revert.BroughtBack }

// today gives the present OID of a table as a kept batch knows it.
func (u *undo) today(ctx context.Context, m *snapshot.Manifest) (func(uint32) uint32, error) {
	var k kept
	if err := u.getPart(ctx, m, partKept, &k); err != nil {
		return nil, err
	}
	all, err := u.renumberings(ctx, k.Renumbered, m.ID)
	return func(oid uint32) uint32 {
		for _, r := range all {
			if n, ok := r.OIDs["pg_class"][oid]; ok {
				oid = n
			}
		}
		return oid
	}, err
}

// renumbering records what this undo has made anew.
func (u *undo) renumbering(ctx context.Context, r revert.Renumbered) error {
	doc, err := pack(r)
	if err != nil {
		return fmt.Errorf("record what is new: %w", err)
	}
	_, err = u.conn.Exec(ctx, `INSERT INTO safemigrate.renumbering (n, batch, doc)
		SELECT coalesce(max(n), 0) + 1, $1, $2 FROM safemigrate.renumbering`, u.req.ID, doc)
	if err != nil {
		return fmt.Errorf("record what is new: %w", plain(err))
	}
	return nil
}

// close makes the quarantine complete, has history and ledger written, and commits.
func (u *undo) close(ctx context.Context) error {
	b := u.req.Batches[0]
	m := newManifest(u.req.ID, b.Target, u.req.Database)
	for oid, c := range u.kept.Copies {
		o := u.start.Object(catalog.Address{Catalog: "pg_class", OID: oid})
		m.Tables = append(m.Tables, snapshot.Table{Name: o.Schema + "." + o.Name, Rows: u.kept.Sums[oid].Rows, Sum: u.kept.Sums[oid].Hash, At: c.Source})
	}
	slices.SortFunc(m.Tables, func(a, b snapshot.Table) int { return strings.Compare(a.Name, b.Name) })
	if err := u.closeKeep(ctx, m, u.kept, u.start); err != nil {
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
		if u.lost(err) {
			return &migrate.UnknownCommitError{Err: err}
		}
		return err
	}
	failpoint.Hit("postgres.revert.committed")
	return nil
}

// recordUndo keeps what undoing this undo needs.
func (u *undo) recordUndo(ctx context.Context) error {
	plan, err := revert.New(revert.Input{Before: u.start, After: u.now, Now: u.now, Copies: u.kept.Copies, Read: readOptions(u.req.History)})
	if err != nil {
		return err
	}
	u.DB.batch = &batchState{history: u.req.History, own: map[uint32][]string{}}
	defer func() { u.DB.batch = nil }()
	e, err := u.marks(ctx, plan, map[uint32]bool{})
	if err != nil {
		return err
	}
	return u.record(ctx, u.req.ID, u.now, e)
}
