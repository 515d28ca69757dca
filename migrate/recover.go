package migrate

import (
	"context"
	"errors"
	"fmt"

	"github.com/safemigrate/safemigrate/internal/failpoint"
)

// RecoverRequest says what Recover may do.
type RecoverRequest struct {
	// EndSessions: who is connected to a database that is exchanged is not waited for.
	EndSessions bool
}

// Recover brings a database to one side after an interruption. It can itself
// be killed and repeated: what it does becomes true in one commit, and until
// then the batch stays as it was found.
func (r *Runner) Recover(ctx context.Context, q RecoverRequest) (*RecoverReport, error) {
	found, orphan, err := r.endOrphan(ctx)
	if err != nil {
		return nil, err
	}
	unlock, err := r.lock(ctx, "recover")
	if err != nil {
		if f, ok := errors.AsType[*Failure](err); ok && found != nil && f.Outcome == Unchanged {
			return nil, stillHalf(found, f.Op, f.Err)
		}
		return nil, err
	}
	defer unlock()
	failpoint.Hit("recover.locked")
	g, err := r.survey(ctx)
	if err != nil {
		return nil, stillHalf(found, "read the database", err)
	}
	report := &RecoverReport{Database: g.db, Version: g.history.Version, Orphan: orphan, Action: "nothing to do"}
	report.Removed = r.dropLeftovers(ctx) // before a restore: the lock can end with that
	b := NewestUnfinished(g.batches)
	if b == nil {
		return report, r.foreignHalf(g)
	}
	away, cancel := detached(ctx)
	defer cancel()
	r.tellf("restore", "version %s: batch %s stopped after %d of %d steps", VersionName(b.Tag), b.ID, b.StepsDone, b.Steps)
	done, err := r.restoreBatch(away, g, *b, q)
	if err != nil {
		report.Ended = done.Ended
		return report, stillHalf(b, "restore version "+VersionName(b.Tag), err)
	}
	failpoint.Hit("recover.restored")
	report.Batch, report.Version, report.Action, report.RevertReport = b.ID, b.Tag, "restored", done
	return report, nil
}

// stillHalf is a recover that failed. Where a batch had stopped half-way before,
// that is still the state, whatever this run did not change.
func stillHalf(b *Batch, op string, err error) error {
	if b == nil {
		return unchanged(op, err)
	}
	f := &Failure{Outcome: Interrupted, Op: op, Err: err,
		State: fmt.Sprintf("the database is still between version %s and %s", VersionName(b.Tag), VersionName(b.Target)),
		Hint:  "remove the cause, then run safemigrate recover again"}
	if hint := sessionsHint(err); hint != "" {
		f.Hint = hint
	}
	if _, ok := errors.AsType[*UnknownCommitError](err); ok {
		f.State = stateUnknown
	}
	return f
}

// endOrphan deals with the session of a dead run before anything is decided:
// its statement may still be running, and may yet commit. It returns the batch
// that stopped half-way, or nil, and what was ended.
func (r *Runner) endOrphan(ctx context.Context) (*Batch, string, error) {
	_, batches, err := NewLedger(r.Target).Read(ctx)
	if err != nil {
		return nil, "", unchanged("read the ledger", err)
	}
	found := NewestUnfinished(batches)
	b := Batch{}
	if found != nil {
		b = *found
	}
	ended, err := r.Target.EndOrphan(ctx, b)
	if err != nil {
		return nil, "", &Failure{Outcome: Locked, Op: "end the session of the interrupted run", Err: err,
			State: "the database was not touched", Hint: "end that session, then run safemigrate recover again"}
	}
	failpoint.Hit("recover.orphan.ended")
	return found, ended, nil
}

// foreignHalf says what is known of a half-way state that is not ours.
func (r *Runner) foreignHalf(g *ground) error {
	if !g.history.Dirty {
		return nil
	}
	known := "safemigrate has no unfinished batch here, so another tool stopped in it"
	if b := NewestApplied(g.batches); b != nil {
		known += "; the newest batch of safemigrate ended at version " + VersionName(b.Target)
	}
	return &Failure{Outcome: Disagreement, Op: "recover",
		Err:   fmt.Errorf("%s says that version %s is dirty: %s", g.table.Table, VersionName(g.history.Version), known),
		State: stateUnchanged,
		Hint:  "look whether that migration's objects are there, then set the version with the tool that ran it (migrate force VERSION, or flyway repair)"}
}
