package migrate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/safemigrate/safemigrate/internal/failpoint"
	"github.com/safemigrate/safemigrate/internal/sqltext"
)

// work is one batch under way.
type work struct {
	*Runner
	due    *due
	req    UpRequest
	report *UpReport
	batch  Batch
	cuts   Cuts
	at     int  // offset of the statement that was sent last
	next   int  // index of the step that is due
	taken  bool // the snapshot stands in the open or in a committed transaction
	// committed: something of the batch is durable, so a failure needs a restore.
	committed bool
	ran       bool     // a statement was sent
	alone     []string // statements that were committed by themselves, "file:line VERB"
	widening  []string // tables that the step under way has to copy besides
	took      map[int]time.Duration
	wait      wait
}

func (r *Runner) newWork(d *due, q UpRequest, report *UpReport) (*work, error) {
	id, err := newID()
	if err != nil {
		return nil, err
	}
	w := &work{Runner: r, due: d, req: q, report: report, cuts: Cuts{map[int]bool{}, map[Place]bool{}}, took: map[int]time.Duration{}}
	w.batch = Batch{
		ID: id, Operation: OpUp, Tag: d.history.Version, Target: d.target(), Convention: r.Convention.Name(),
		Found: d.found, Before: d.history, Steps: len(d.steps), Started: time.Now().UTC().Truncate(time.Second), By: r.actor(),
	}
	for _, m := range d.migrations {
		w.batch.Migrations = append(w.batch.Migrations, applied(m))
	}
	report.Batch = id
	r.describe(d)
	return w, nil
}

func (r *Runner) actor() Actor {
	a := r.Target.Actor()
	a.Version = r.Version
	return a
}

// run takes the steps in turn. A step that fails only because it shares a
// transaction with an earlier migration is undone, split there, and repeated.
func (w *work) run(ctx context.Context) error {
	for w.next < len(w.due.steps) {
		err := w.step(ctx, w.due.steps[w.next])
		if err == nil {
			w.next++
			continue
		}
		again, failed := w.again(ctx, err)
		if failed != nil {
			return failed
		}
		if !again {
			return err
		}
	}
	w.report.Steps = len(w.due.steps)
	for i, m := range w.due.migrations {
		w.report.Migrations = append(w.report.Migrations,
			AppliedMigration{Version: m.Version, Name: m.Name, File: m.File, Took: w.took[i]})
	}
	return nil
}

// again reports whether the step was undone and can be tried once more: behind a
// wider snapshot, after a pause, or in smaller pieces.
func (w *work) again(ctx context.Context, err error) (bool, error) {
	if more, ok := errors.AsType[*WidenError](err); ok {
		return w.widenAfter(ctx, more)
	}
	if busy(err) {
		return w.waitAfter(ctx, err)
	}
	return w.splitAfter(ctx, err)
}

// splitAfter reports whether the step can be tried again in smaller pieces.
func (w *work) splitAfter(ctx context.Context, err error) (bool, error) {
	var failed *segmentError
	var st *StatementError
	if !errors.As(err, &failed) || !errors.As(err, &st) || !w.addCut(failed, st) {
		return false, nil
	}
	if err := w.Target.Abort(ctx); err != nil {
		return false, fmt.Errorf("undo the step: %w", err)
	}
	failpoint.Hit("up.split")
	steps, err := Steps(w.due.scripts, w.cuts)
	if err != nil {
		return false, err
	}
	// Steps before the cut stay as they were, so what is committed is still the
	// head of the new list.
	w.due.steps, w.batch.Steps = steps, len(steps)
	w.taken = w.committed
	w.tellf("plan", "%s cannot run in one transaction with what stands before it: the batch has %d steps now",
		w.due.migrations[failed.place.Migration].Label(), len(steps))
	return true, nil
}

// addCut notes where the batch has to be cut; false where that would not help.
func (w *work) addCut(failed *segmentError, st *StatementError) bool {
	i := failed.place.Migration
	switch {
	case st.NeedsCommit && failed.shared && !w.cuts.Before[i]:
		w.cuts.Before[i] = true
		return true
	case st.NeedsOutside && failed.inTransaction && !w.cuts.Outside[failed.place]:
		w.cuts.Outside[failed.place] = true
		return true
	}
	return false
}

// segmentError says where a step failed.
type segmentError struct {
	place         Place
	shared        bool // another migration stands before it in the same transaction
	inTransaction bool
	err           error
}

func (e *segmentError) Error() string { return e.err.Error() }
func (e *segmentError) Unwrap() error { return e.err }

// snapshotError marks a failure before the first statement.
type snapshotError struct{ err error }

func (e *snapshotError) Error() string { return e.err.Error() }
func (e *snapshotError) Unwrap() error { return e.err }

func (w *work) step(ctx context.Context, s Step) error {
	if s.Transaction {
		return w.transaction(ctx, s)
	}
	return w.outside(ctx, s)
}

// begin opens a transaction and makes sure that the way back stands before
// anything else happens in it.
func (w *work) begin(ctx context.Context, s Step) error {
	if err := w.Target.Begin(ctx, s); err != nil {
		return w.early(fmt.Errorf("begin: %w", err))
	}
	if w.taken {
		return nil
	}
	// The lock of the plain tool may not exist on this engine: what the plan
	// rests on is read again now that nobody else can write.
	now, err := w.Convention.History().Read(ctx, w.Target)
	if err != nil {
		return w.early(err)
	}
	if !sameHistory(now, w.due.history) {
		return w.early(fmt.Errorf("another tool moved the database from version %s to %s meanwhile",
			VersionName(w.due.history.Version), VersionName(now.Version)))
	}
	return w.take(ctx)
}

func (w *work) early(err error) error {
	if w.taken {
		return err
	}
	return &snapshotError{err}
}

// take takes the snapshot and creates what the batch's records need. A crash
// here leaves nothing: all of it is in the open transaction, or in a store that
// the ledger does not know yet.
func (w *work) take(ctx context.Context) error {
	failpoint.Hit("up.snapshot.before")
	identity := w.due.identity
	if identity == "" {
		var err error
		if identity, err = newID(); err != nil {
			return &snapshotError{err}
		}
	}
	db := w.due.db
	db.Ledger = identity
	started := time.Now()
	m, err := w.Target.Take(ctx, SnapshotRequest{
		ID: w.batch.ID, Tag: w.batch.Tag, Database: db, Scope: w.Scope, Budget: w.Budget, AcceptLoss: w.req.AcceptLoss, Scripts: w.due.scripts,
		Outside: outside(w.due.steps), Steps: len(w.due.steps), History: w.due.table,
		Progress: func(done, total int64, table string) {
			if w.Tell != nil {
				w.Tell(Notice{Phase: "snapshot", Text: table, Done: done, Total: total})
			}
		},
		Told: func(text string) { w.tellf("snapshot", "%s", text) },
	})
	if err != nil {
		return &snapshotError{err}
	}
	w.taken, w.report.Snapshot = true, m
	w.tellf("snapshot", "%s of version %s: %s, %s, read back in %s", m.Strategy, VersionName(m.Tag),
		Count(int64(len(m.Tables)), "table"), Count(m.Rows(), "row"), time.Since(started).Round(time.Millisecond))
	if err := NewLedger(w.Target).Create(ctx, identity); err != nil {
		return &snapshotError{err}
	}
	if err := w.Convention.History().Create(ctx, w.Target); err != nil {
		return &snapshotError{fmt.Errorf("create the history table: %w", err)}
	}
	failpoint.Hit("up.snapshot.after")
	return nil
}

// transaction runs a step that one transaction holds. Work, history and ledger
// become true together at COMMIT; a crash before it leaves the state before.
func (w *work) transaction(ctx context.Context, s Step) error {
	if err := w.begin(ctx, s); err != nil {
		return err
	}
	if err := w.widen(ctx); err != nil {
		return err
	}
	for n, seg := range s.Segments {
		if err := w.segment(ctx, seg); err != nil {
			shared := n > 0 && s.Segments[n-1].Migration != seg.Migration
			return &segmentError{place: Place{seg.Migration, w.at}, shared: shared, inTransaction: true, err: err}
		}
		failpoint.Hit("up.segment.after")
	}
	return w.close(ctx)
}

// segment runs statements of one migration and, at its end, records it.
func (w *work) segment(ctx context.Context, seg Segment) error {
	started := time.Now()
	s := w.due.scripts[seg.Migration]
	for _, st := range seg.Statements {
		if err := w.statement(ctx, s, st); err != nil {
			return err
		}
	}
	w.took[seg.Migration] += time.Since(started)
	if !seg.Last {
		return w.Convention.History().Started(ctx, w.Target, s.Migration)
	}
	if err := w.Target.EndFile(ctx); err != nil {
		return fmt.Errorf("%s: at the end of the file: %w", s.Migration.File, err)
	}
	w.tellf("apply", "%s, %s", s.Migration.Label(), w.took[seg.Migration].Round(time.Millisecond))
	return w.Convention.History().Finished(ctx, w.Target, s.Migration, w.took[seg.Migration])
}

func (w *work) statement(ctx context.Context, s Script, st sqltext.Statement) error {
	if err := ctx.Err(); err != nil {
		return errors.New("interrupted")
	}
	w.ran, w.at = true, st.Offset
	failpoint.Hit("up.statement.before")
	err := w.Target.Run(ctx, st)
	if err != nil {
		return statementFailure(s, st, err)
	}
	failpoint.Hit("up.statement.after")
	return nil
}

// close judges the open transaction, writes the ledger and commits.
func (w *work) close(ctx context.Context) error {
	final := w.next == len(w.due.steps)-1
	effect, err := w.judge(ctx, final)
	if err != nil {
		return err
	}
	failpoint.Hit("up.guard.after")
	w.batch.Running = ""
	w.batch.StepsDone = w.next + 1
	event := EventCommitStep
	if final {
		event = EventCommitLast
		w.report.Effect = effect
		w.batch.Finished = time.Now().UTC().Truncate(time.Second)
		if w.batch.After, err = w.Convention.History().Read(ctx, w.Target); err != nil {
			return err
		}
	}
	return w.commit(ctx, event)
}

// judge has the guard look at what the batch has done so far.
func (w *work) judge(ctx context.Context, final bool) (Effect, error) {
	effect, err := w.Target.Guard(ctx, w.batch.ID, final)
	for _, text := range effect.Warnings {
		w.tellf("warning", "%s", text)
	}
	return effect, err
}

// commit makes the open transaction and the ledger's word for it true at once.
func (w *work) commit(ctx context.Context, e Event) error {
	if err := ctx.Err(); err != nil {
		return errors.New("interrupted")
	}
	if err := w.batch.move(e); err != nil {
		return err
	}
	if err := NewLedger(w.Target).Put(ctx, w.batch); err != nil {
		return err
	}
	failpoint.Hit("up.commit.before")
	// A commit that was sent is awaited whatever the caller wants: to give it
	// up would be to guess its result.
	away, cancel := detached(ctx)
	defer cancel()
	if err := w.Target.Commit(away); err != nil {
		return err
	}
	w.committed, w.widening = true, nil
	failpoint.Hit("up.commit.after")
	return nil
}

// outside runs one statement that no transaction can hold: it is journalled in
// a transaction before it is sent, and again after it. A crash between the two
// leaves the batch open with its name: recover ends what still runs, then
// restores.
func (w *work) outside(ctx context.Context, s Step) error {
	seg := s.Segments[0]
	script := w.due.scripts[seg.Migration]
	if err := w.begin(ctx, s); err != nil {
		return err
	}
	if err := w.cover(ctx, seg.Statements[0]); err != nil {
		return err
	}
	if !w.committed {
		// From here on others can write; what stands now is recorded, to tell
		// their work from the batch's.
		if _, err := w.judge(ctx, false); err != nil {
			return w.early(err)
		}
	}
	w.batch.Running = fmt.Sprintf("%s:%d %s", script.Migration.File, seg.Statements[0].Line, seg.Statements[0].Verb)
	if err := w.Convention.History().Started(ctx, w.Target, script.Migration); err != nil {
		return w.early(err)
	}
	if err := w.commit(ctx, EventCommitStep); err != nil {
		return err
	}
	failpoint.Hit("up.outside.journalled")
	started := time.Now()
	if err := w.statement(ctx, script, seg.Statements[0]); err != nil {
		return err
	}
	w.took[seg.Migration] += time.Since(started)
	w.alone = append(w.alone, w.batch.Running)
	failpoint.Hit("up.outside.ran")
	if err := w.Target.Begin(ctx, Step{Transaction: true}); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if seg.Last {
		rest := seg
		rest.Statements = nil
		if err := w.segment(ctx, rest); err != nil {
			return err
		}
	}
	return w.close(ctx)
}

// sameHistory compares what two readings of a history say.
func sameHistory(a, b History) bool {
	if a.Version != b.Version || a.Dirty != b.Dirty || len(a.Entries) != len(b.Entries) {
		return false
	}
	for i := range a.Entries {
		x, y := a.Entries[i], b.Entries[i]
		if x.Version != y.Version || x.Rank != y.Rank || x.Script != y.Script || x.Success != y.Success || x.Type != y.Type {
			return false
		}
	}
	return true
}
