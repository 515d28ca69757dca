package migrate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/safemigrate/safemigrate/internal/failpoint"
)

// RollbackRequest says what to take back.
type RollbackRequest struct {
	To    *string // tag; nil: the newest batch
	Undo  bool    // the newest rollback instead
	Whole bool    // the whole database, from a snapshot that holds it
	// EndSessions: who is connected to a database that is exchanged is not waited for.
	EndSessions bool
	Decide      Decision
	PlanOnly    bool
}

// Rollback takes back the newest batch, every batch down to a tag, or the
// newest rollback. It needs no migration file. After an error nothing was
// changed, unless the outcome is Interrupted.
func (r *Runner) Rollback(ctx context.Context, q RollbackRequest) (*RollbackReport, error) {
	unlock, err := r.lock(ctx, "rollback")
	if err != nil {
		return nil, err
	}
	defer unlock()
	failpoint.Hit("rollback.locked")
	g, err := r.survey(ctx)
	if err != nil {
		return nil, unchanged("read the database", err)
	}
	if b := NewestUnfinished(g.batches); b != nil {
		return nil, unfinished(b)
	}
	t, err := r.takeBack(g, q)
	if err != nil || t == nil {
		return &RollbackReport{Database: g.db, From: g.history.Version, To: g.history.Version}, err
	}
	return t.run(ctx)
}

// takeBack is a rollback, or the undo of one, about to run.
type takeBack struct {
	*Runner
	*ground
	req     RollbackRequest
	record  Batch   // the batch that this operation becomes
	batches []Batch // newest first
	opened  bool    // the ledger says that it is under way
}

// takeBack decides which batches go; nil where there is nothing to do.
func (r *Runner) takeBack(g *ground, q RollbackRequest) (*takeBack, error) {
	chosen, err := chooseRollback(g, q)
	if q.Undo {
		chosen, err = chooseUndo(g.batches)
	}
	if err != nil || len(chosen) == 0 {
		return nil, err
	}
	newest, oldest := chosen[0], chosen[len(chosen)-1]
	if !sameHistory(g.history, newest.After) {
		return nil, &Failure{Outcome: Disagreement, Op: "take back " + newest.ID,
			Err:   fmt.Errorf("the history says version %s, this batch ended at %s: another tool has moved it since", VersionName(g.history.Version), VersionName(newest.After.Version)),
			State: stateUnchanged, Hint: "take back with that tool what it applied, then run safemigrate rollback again"}
	}
	for _, b := range chosen {
		if b.Pruned {
			return nil, &Failure{Outcome: NoWayBack, Op: "take back " + b.ID, State: stateUnchanged,
				Err: errors.New("its snapshot was pruned"), Hint: "safemigrate snapshot list"}
		}
		if b.Convention != r.Convention.Name() {
			return nil, &Failure{Outcome: Usage, Op: "take back " + b.ID, State: stateUnchanged,
				Err: fmt.Errorf("it was run with --convention %s", b.Convention), Hint: "give --convention " + b.Convention}
		}
	}
	id, err := newID()
	if err != nil {
		return nil, unchanged("start the rollback", err)
	}
	t := &takeBack{Runner: r, ground: g, req: q, batches: chosen}
	t.record = Batch{ID: id, Operation: OpRollback, Tag: g.history.Version, Target: oldest.Tag, Convention: r.Convention.Name(),
		Before: g.history, After: oldest.Before, Steps: 1, StepsDone: 1,
		Started: time.Now().UTC().Truncate(time.Second), By: r.actor()}
	if q.Undo {
		t.record.Operation = OpUndo
	}
	for _, b := range chosen {
		t.record.Undoes = append(t.record.Undoes, b.ID)
	}
	return t, nil
}

// chooseRollback lists the batches to take back, newest first.
func chooseRollback(g *ground, q RollbackRequest) ([]Batch, error) {
	if q.To != nil && *q.To == g.history.Version {
		return nil, nil
	}
	var chosen []Batch
	var tags []string
	for _, b := range slices.Backward(g.batches) {
		if b.Operation != OpUp || b.State != StateApplied {
			continue
		}
		chosen = append(chosen, b)
		tags = append(tags, VersionName(b.Tag))
		if q.To == nil || b.Tag == *q.To {
			return chosen, nil
		}
	}
	if q.To == nil {
		return nil, &Failure{Outcome: Unchanged, Op: "roll back", State: stateUnchanged,
			Err: errors.New("there is no batch to take back"), Hint: "safemigrate status"}
	}
	hint := "no batch can be taken back"
	if len(tags) > 0 {
		hint = "tags that can be reached: " + strings.Join(tags, ", ")
	}
	return nil, &Failure{Outcome: Usage, Op: "roll back to " + VersionName(*q.To), State: stateUnchanged,
		Err: errors.New("no batch started at this version"), Hint: hint}
}

// chooseUndo finds the newest rollback, while it still is the newest change.
func chooseUndo(all []Batch) ([]Batch, error) {
	for _, b := range slices.Backward(all) {
		switch {
		case b.State == StateRestored || b.State == StateRolledBack && b.Operation != OpUp || b.Operation == OpUndo:
			continue
		case b.Operation == OpRollback && b.State == StateApplied:
			return []Batch{b}, nil
		case b.State == StateApplied:
			return nil, &Failure{Outcome: Unchanged, Op: "undo the rollback", State: stateUnchanged,
				Err: errors.New("the newest change is not a rollback"), Hint: "safemigrate status"}
		}
	}
	return nil, &Failure{Outcome: Unchanged, Op: "undo the rollback", State: stateUnchanged,
		Err: errors.New("there is no rollback to undo"), Hint: "safemigrate status"}
}

func (t *takeBack) run(ctx context.Context) (*RollbackReport, error) {
	started := time.Now()
	report := &RollbackReport{Database: t.db, Planned: t.req.PlanOnly, Undo: t.req.Undo,
		From: t.record.Tag, To: t.record.Target, Undone: t.record.Undoes}
	t.tellf("database", "%s, version %s → %s", where(t.db), VersionName(t.record.Tag), VersionName(t.record.Target))
	done, err := t.Target.Revert(ctx, RevertRequest{
		ID: t.record.ID, Database: t.db, History: t.table, Batches: t.batches,
		Whole: t.req.Whole, EndSessions: t.req.EndSessions, Decide: t.req.Decide, PlanOnly: t.req.PlanOnly, Open: t.open, Seal: t.seal,
		Progress: func(text string) { t.tellf("restore", "%s", text) },
	})
	report.RevertReport, report.Took = done, time.Since(started)
	if err != nil && t.opened {
		return report, t.giveUp(ctx, err)
	}
	if err != nil {
		return report, t.failure(ctx, err)
	}
	if !t.req.PlanOnly {
		report.Batch = t.record.ID
	}
	return report, nil
}

// open records that the taking back is under way. A crash after it finds the
// record, and recover brings back what was there before.
func (t *takeBack) open(ctx context.Context, c Conn) error {
	record := t.record
	record.StepsDone = 0
	if err := record.move(EventCommitStep); err != nil {
		return err
	}
	t.opened = true
	return NewLedger(c).Put(ctx, record)
}

// giveUp brings back what was there before a taking back that failed half-way.
func (t *takeBack) giveUp(ctx context.Context, cause error) error {
	op := "roll back to version " + VersionName(t.record.Target)
	away, cancel := detached(ctx)
	defer cancel()
	record := t.record
	record.State = StateOpen
	err := t.Target.Abort(away)
	if _, unknown := errors.AsType[*UnknownCommitError](cause); !unknown && err == nil {
		_, err = t.restoreBatch(away, t.ground, record, RecoverRequest{})
	}
	if err != nil || errors.As(cause, new(*UnknownCommitError)) {
		return &Failure{Outcome: Interrupted, Op: op, Err: errors.Join(cause, err), Hint: "safemigrate recover",
			State: fmt.Sprintf("the database is between version %s and %s", VersionName(t.record.Tag), VersionName(t.record.Target))}
	}
	return t.failure(ctx, cause)
}

// seal is committed together with the undo: a crash leaves both or neither. It
// can be called again, where the undo was given up for another way.
func (t *takeBack) seal(ctx context.Context, c Conn) error {
	failpoint.Hit("rollback.seal")
	var all []Batch
	for _, b := range t.ground.batches {
		turned, err := t.turn(&b)
		if err != nil {
			return err
		}
		// On SQLite the ledger may lie in an image of an older file.
		if turned || c.Dialect() != PostgreSQL {
			all = append(all, b)
		}
	}
	record := t.record
	if err := record.move(EventCommitLast); err != nil {
		return err
	}
	record.Finished = time.Now().UTC().Truncate(time.Second)
	return t.Runner.seal(ctx, c, t.identity, append(all, record), record.After)
}

// turn gives a batch of the ledger its state after this operation, and reports
// whether that is another one.
func (t *takeBack) turn(b *Batch) (bool, error) {
	if slices.Contains(t.record.Undoes, b.ID) {
		b.UndoneBy = t.record.ID
		return true, b.move(EventTakeBack)
	}
	if t.req.Undo && slices.Contains(t.batches[0].Undoes, b.ID) {
		b.UndoneBy = ""
		return true, b.move(EventReinstate)
	}
	return false, nil
}

// failure explains an error of Revert. One that came with a lost connection
// may have come during the commit.
func (t *takeBack) failure(ctx context.Context, err error) error {
	op := "roll back to version " + VersionName(t.record.Target)
	if _, ok := errors.AsType[*UnknownCommitError](err); ok {
		return &Failure{Outcome: Interrupted, Op: op, Err: err, Hint: "safemigrate recover", State: stateUnknown}
	}
	f := revertFailure(op, t.history.Version, err)
	if sessions, ok := errors.AsType[*SessionsError](err); ok && sessions.Role == "" && !t.req.EndSessions {
		f.Hint += "\nsafemigrate rollback --end-sessions, with the flags of before, ends them at the moment of the exchange"
	}
	if ctx.Err() != nil {
		f.Err, f.Hint = errors.New("interrupted"), "run the same command again"
	}
	return f
}

// UnknownCommitError is an error of Revert after which either side is possible.
type UnknownCommitError struct{ Err error }

func (e *UnknownCommitError) Error() string { return "commit: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *UnknownCommitError) Unwrap() error { return e.Err }
