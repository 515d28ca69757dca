package migrate

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/safemigrate/safemigrate/internal/failpoint"
	"github.com/safemigrate/safemigrate/internal/sqltext"
)

// Up applies what is due as one batch. After an error the database is at the
// old version, unless the outcome is Interrupted.
func (r *Runner) Up(ctx context.Context, q UpRequest) (*UpReport, error) {
	unlock, err := r.lock(ctx, "up")
	if err != nil {
		return nil, err
	}
	defer unlock()
	failpoint.Hit("up.locked")
	started := time.Now()
	d, err := r.prepare(ctx, q)
	if err != nil {
		return nil, err
	}
	if b := NewestUnfinished(d.batches); b != nil {
		return nil, unfinished(b)
	}
	if err := disagreement(d.problems, q.Allow); err != nil {
		return nil, err
	}
	report := &UpReport{Database: d.db, Convention: r.Convention.Name(), From: d.history.Version, To: d.target()}
	if len(d.migrations) == 0 {
		return report, nil
	}
	if err := r.permit(ctx, d, q); err != nil {
		return nil, err
	}
	w, err := r.newWork(d, q, report)
	if err != nil {
		return nil, unchanged("start the batch", err)
	}
	if err := w.run(ctx); err != nil {
		return nil, w.fail(ctx, err)
	}
	report.Took = time.Since(started)
	if q.Prepare {
		report.Prepared, err = r.prepareBack(ctx, PrepareRequest{})
		if err != nil {
			report.Prepared = nil
			r.tellf("warning", "the batch is applied, and its way back is not prepared: %v", err)
		}
	}
	return report, nil
}

// permit refuses what must not start: another plan than the one that was
// reviewed, effects that no snapshot covers, a snapshot that cannot be made.
func (r *Runner) permit(ctx context.Context, d *due, q UpRequest) error {
	if err := r.cut(d); err != nil {
		return err
	}
	if q.Digest != "" && q.Digest != d.digest() {
		return &Failure{Outcome: Disagreement, Op: "compare with the plan", State: stateUnchanged,
			Err: errors.New("the files or the version are not those of the plan"), Hint: "safemigrate plan"}
	}
	var lost []string
	for _, s := range d.scripts {
		lost = append(lost, noWayBack(s)...)
	}
	if len(lost) > 0 && !q.AcceptLoss {
		return &Failure{Outcome: NoWayBack, Op: "plan the way back", State: stateUnchanged,
			Err:  errors.New("outside any snapshot: " + strings.Join(lost, "; ")),
			Hint: "take these statements out, or accept with --accept-loss that they stay when the batch is taken back"}
	}
	found, err := r.assess(ctx, d)
	if err != nil {
		return err
	}
	if err := forbid("up", found, q.FailOn); err != nil {
		return err
	}
	r.warn(found)
	cost, err := r.Target.Estimate(ctx, d.estimate(r, q.Allow))
	if err != nil {
		return unchanged("estimate the snapshot", err)
	}
	if cost.Fails != "" && !q.KeepHalf {
		return &Failure{Outcome: Restored, Op: fmt.Sprintf("apply %s → %s", VersionName(d.history.Version), VersionName(d.target())),
			Err:   errors.New(cost.Fails),
			State: fmt.Sprintf("the database is still at version %s: the batch failed on a copy of it", VersionName(d.history.Version)),
			Hint:  "correct the migration and run safemigrate up again"}
	}
	for _, w := range cost.Warnings {
		r.tellf("warning", "%s", w)
	}
	if len(cost.Blockers) > 0 {
		return &Failure{Outcome: NoWayBack, Op: "plan the snapshot", State: stateUnchanged,
			Err: errors.New(strings.Join(cost.Blockers, "; ")), Hint: "safemigrate plan"}
	}
	if over := r.Budget.Refuse(cost, q.AcceptLoss); over != nil {
		return over
	}
	return nil
}

// warn tells who stands in the way, and how many hazards plan would show.
func (r *Runner) warn(a Assessment) {
	for _, s := range a.Sessions {
		r.tellf("warning", "%s", s.Text)
	}
	if n := countHazards(a.Hazards); n > 0 {
		r.tellf("hazards", "%s: safemigrate plan shows them", Count(n, "hazard"))
	}
}

// describe tells people what is about to happen.
func (r *Runner) describe(d *due) {
	r.tellf("database", "%s, version %s → %s", where(d.db), VersionName(d.history.Version), VersionName(d.target()))
	for _, m := range d.migrations {
		r.tellf("plan", "%s", m.Label())
	}
}

// statementFailure puts file, line, column and a masked excerpt before the
// database's own words.
func statementFailure(s Script, st sqltext.Statement, err error) error {
	line, column := st.Line, st.Column
	var at *StatementError
	if errors.As(err, &at) && at.Char > 0 {
		line, column = st.Position(at.Char)
	}
	return fmt.Errorf("%s:%d:%d: %w (in: %s)", s.Migration.File, line, column, err, st.Excerpt())
}
