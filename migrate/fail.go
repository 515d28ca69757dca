package migrate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/safemigrate/safemigrate/internal/failpoint"
)

// fail brings the database back to the old version and says how it went. The
// caller's context may be cancelled already: this work goes on regardless.
func (w *work) fail(ctx context.Context, cause error) error {
	interrupted := ctx.Err() != nil
	away, cancel := detached(ctx)
	defer cancel()
	op := fmt.Sprintf("apply %s → %s", VersionName(w.batch.Tag), VersionName(w.batch.Target))
	if _, ok := errors.AsType[*UnknownCommitError](cause); ok {
		return &Failure{Outcome: Interrupted, Op: op, Err: cause, Hint: "safemigrate recover", State: stateUnknown}
	}
	// Without this transaction nothing uncommitted remains. Where the session
	// is gone, the server undoes it by itself.
	abortErr := w.Target.Abort(away)
	failpoint.Hit("up.fail.aborted")
	var early *snapshotError
	switch {
	case !w.committed && errors.As(cause, &early):
		return snapshotFailure(ctx, early.err)
	case !w.committed:
		return w.undone(away, op, cause, interrupted)
	case abortErr != nil:
		return w.halfway(op, fmt.Errorf("%w; undo of the open transaction: %w", cause, abortErr))
	case w.req.KeepHalf:
		return w.keep(away, op, cause)
	}
	return w.restore(away, op, cause, interrupted)
}

const hintNoWayBack = "what cannot be taken back has to be done outside safemigrate, or left out of the batch"

// undone is the end of a batch whose only transaction was rolled back.
func (w *work) undone(ctx context.Context, op string, cause error, interrupted bool) error {
	f := &Failure{Outcome: Restored, Op: op, Err: cause,
		State: fmt.Sprintf("the database is back at version %s: the transaction was undone", VersionName(w.batch.Tag)),
		Hint:  "correct the migration and run safemigrate up again"}
	switch {
	case noWayBackError(cause):
		f.Outcome, f.Hint = NoWayBack, hintNoWayBack
	case interrupted:
		f.Hint = "run safemigrate up again"
	case !w.ran:
		f.Outcome, f.State = Unchanged, stateUnchanged
	case busy(cause):
		w.lacksLock(ctx, f)
	}
	return f
}

// lacksLock says of a batch that is back that a statement failed only for want of a lock.
func (w *work) lacksLock(ctx context.Context, f *Failure) {
	f.Err = w.heldBy(ctx, f.Err)
	f.Outcome, f.Hint = Locked, "safemigrate plan shows the sessions that stand in the way; end them, or give it longer with --lock-timeout"
}

// noWayBackError tells what the guard refused from other failures.
func noWayBackError(err error) bool {
	var guard *GuardError
	var more *WidenError
	return errors.As(err, &guard) || errors.As(err, &more)
}

// halfway is the end of a batch that this run can bring to no side.
func (w *work) halfway(op string, cause error) error {
	f := &Failure{Outcome: Interrupted, Op: op, Err: cause, Hint: "safemigrate recover",
		State: fmt.Sprintf("the database is between version %s and %s (%d of %d steps committed); the snapshot is complete",
			VersionName(w.batch.Tag), VersionName(w.batch.Target), w.batch.StepsDone, w.batch.Steps)}
	if _, ok := errors.AsType[*UnknownCommitError](cause); ok {
		f.State = stateUnknown
	} else if hint := sessionsHint(cause); hint != "" {
		f.Hint = hint
	}
	return f
}

// keep leaves a half-applied batch for a person to look at.
func (w *work) keep(ctx context.Context, op string, cause error) error {
	w.batch.State = StateOpen
	if err := w.batch.move(EventKeep); err != nil {
		return err
	}
	if err := NewLedger(w.Target).Put(ctx, w.batch); err != nil {
		return w.halfway(op, fmt.Errorf("%w; write the ledger: %w", cause, err))
	}
	return w.halfway(op, cause)
}

// restore takes back the committed steps of a failed batch.
func (w *work) restore(ctx context.Context, op string, cause error, interrupted bool) error {
	w.tellf("restore", "version %s from the snapshot", VersionName(w.batch.Tag))
	w.batch.State = StateOpen
	report, err := w.restoreBatch(ctx, w.due.ground, w.batch, RecoverRequest{})
	if err != nil {
		return w.halfway(op, fmt.Errorf("%w; restore: %w", cause, err))
	}
	f := &Failure{Outcome: Restored, Op: op, Err: cause,
		State: fmt.Sprintf("the database is back at version %s, restored from the snapshot%s%s", VersionName(w.batch.Tag), w.takenBack(), keptNote(report)),
		Hint:  "correct the migration and run safemigrate up again"}
	switch {
	case noWayBackError(cause):
		f.Outcome, f.Hint = NoWayBack, hintNoWayBack
	case interrupted:
		f.Hint = "run safemigrate up again"
	case busy(cause):
		w.lacksLock(ctx, f)
	}
	return f
}

// takenBack names the statements that were committed by themselves before the
// failure, and that the restore has taken back.
func (w *work) takenBack() string {
	switch n := len(w.alone); n {
	case 0:
		return ""
	case 1:
		return "; 1 statement had been committed by itself and was taken back: " + w.alone[0]
	default:
		return fmt.Sprintf("; %d statements had been committed by themselves and were taken back: %s", n, FirstFew(w.alone))
	}
}

// keptNote tells of rows that a restore put into the quarantine.
func keptNote(r RevertReport) string {
	var n int64
	for _, t := range r.Tables {
		n += t.Kept
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("; %d rows of replaced tables are kept in the quarantine %s", n, r.Quarantine)
}

// restoreBatch brings a half-applied batch back to its old version. Its record
// and the undo become true at once; a crash leaves the batch open, and recover
// does the same again.
func (r *Runner) restoreBatch(ctx context.Context, g *ground, b Batch, q RecoverRequest) (RevertReport, error) {
	id, err := newID()
	if err != nil {
		return RevertReport{}, err
	}
	identity, batches, err := NewLedger(r.Target).Read(ctx)
	if err != nil {
		return RevertReport{}, err
	}
	db := g.db
	db.Ledger = identity
	return r.Target.Revert(ctx, RevertRequest{
		ID: id, Database: db, History: g.table, Batches: []Batch{b}, Incomplete: true, EndSessions: q.EndSessions, Decide: Discard,
		Progress: func(text string) { r.tellf("restore", "%s", text) },
		// Whatever becomes of this restore, prune knows its quarantine.
		Open: func(ctx context.Context, c Conn) error {
			b.Quarantines = append(b.Quarantines, id)
			return NewLedger(c).Put(ctx, b)
		},
		Seal: func(ctx context.Context, c Conn) error {
			failpoint.Hit("restore.seal")
			if err := b.move(EventRestore); err != nil {
				return err
			}
			b.Running, b.Finished, b.UndoneBy = "", time.Now().UTC().Truncate(time.Second), id
			return r.seal(ctx, c, identity, replaced(batches, b), b.Before)
		},
	})
}

// seal writes the whole ledger and the history on c.
func (r *Runner) seal(ctx context.Context, c Conn, identity string, batches []Batch, h History) error {
	ledger := NewLedger(c)
	if err := ledger.Create(ctx, identity); err != nil {
		return err
	}
	for _, b := range batches {
		if err := ledger.Put(ctx, b); err != nil {
			return err
		}
	}
	if err := r.Convention.History().Restore(ctx, c, h); err != nil {
		return fmt.Errorf("restore the history: %w", err)
	}
	return nil
}

// replaced returns batches with b in the place of its older record.
func replaced(batches []Batch, b Batch) []Batch {
	out := append([]Batch(nil), batches...)
	for i := range out {
		if out[i].ID == b.ID {
			out[i] = b
			return out
		}
	}
	return append(out, b)
}
