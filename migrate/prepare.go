package migrate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/safemigrate/safemigrate/internal/failpoint"
	"github.com/safemigrate/safemigrate/snapshot"
)

// PrepareRequest says what to prepare.
type PrepareRequest struct {
	Drop bool // remove what was prepared instead
}

// PreparedTable is a table that was built ahead.
type PreparedTable struct {
	snapshot.Prepared

	Took time.Duration `json:"took_ns"`
}

// LeftTable is a table that a rollback makes anew, and that was not built ahead.
type LeftTable struct {
	Name string `json:"name"`
	Way  string `json:"way"`
	Why  string `json:"why"`
}

// Preparation is what was built ahead for taking a batch back.
type Preparation struct {
	Tables []PreparedTable `json:"tables"`
	Left   []LeftTable     `json:"left,omitempty"`
}

// PrepareReport is what prepare did.
type PrepareReport struct {
	Database snapshot.Database `json:"database"`
	Version  string            `json:"version"`
	Tag      string            `json:"tag"`             // that the batch is taken back to
	Batch    string            `json:"batch,omitempty"` // "" where there is none to take back
	Dropped  bool              `json:"dropped,omitempty"`
	Preparation
	// Nothing says why there was nothing to do; "" where there was.
	Nothing string        `json:"nothing,omitempty"`
	Took    time.Duration `json:"took_ns"`
}

// Prepare builds what taking the newest batch back is going to need, so that the
// rollback only has to put it in its place. It can be repeated at any time, and
// killed: what it does becomes true in one commit.
func (r *Runner) Prepare(ctx context.Context, q PrepareRequest) (*PrepareReport, error) {
	unlock, err := r.lock(ctx, "prepare")
	if err != nil {
		return nil, err
	}
	defer unlock()
	failpoint.Hit("prepare.locked")
	return r.prepareBack(ctx, q)
}

// prepareBack is Prepare once the locks are held.
func (r *Runner) prepareBack(ctx context.Context, q PrepareRequest) (*PrepareReport, error) {
	started := time.Now()
	g, err := r.survey(ctx)
	if err != nil {
		return nil, unchanged("read the database", err)
	}
	if b := NewestUnfinished(g.batches); b != nil {
		return nil, unfinished(b)
	}
	report := &PrepareReport{Database: g.db, Version: g.history.Version, Tag: g.history.Version, Preparation: Preparation{Tables: []PreparedTable{}}}
	if NewestApplied(g.batches) == nil {
		report.Nothing = "there is no batch to take back"
		return report, nil
	}
	t, err := r.takeBack(g, RollbackRequest{})
	if err != nil {
		return nil, err
	}
	report.Tag, report.Batch = t.record.Target, t.batches[0].ID
	target, able := r.Target.(Preparer)
	if !able {
		report.Nothing = "on this database a rollback writes only what the batch touched, and nothing can be built ahead"
		return report, nil
	}
	r.tellf("database", "%s, version %s", where(g.db), VersionName(g.history.Version))
	report.Preparation, err = target.Prepare(ctx, PreparationRequest{Database: g.db, History: g.table, Batch: t.batches[0], Drop: q.Drop,
		Progress: func(text string) { r.tellf("prepare", "%s", text) }})
	if err != nil {
		return report, t.prepareFailure(ctx, err)
	}
	if report.Tables == nil {
		report.Tables = []PreparedTable{}
	}
	report.Dropped, report.Took = q.Drop, time.Since(started)
	if len(report.Tables) == 0 && !q.Drop {
		report.Nothing = "taking this batch back makes no table anew that could be built ahead"
	}
	return report, nil
}

// prepareFailure explains an error of Prepare, after which nothing is prepared, or
// what was before.
func (t *takeBack) prepareFailure(ctx context.Context, err error) error {
	op := "prepare the way back to version " + VersionName(t.record.Target)
	if _, unknown := errors.AsType[*UnknownCommitError](err); unknown {
		return &Failure{Outcome: Unchanged, Op: op, Err: fmt.Errorf("%s: %w", stateUnknown, err),
			State: "schema and rows were not changed; whether the way back is prepared is not known", Hint: "safemigrate prepare"}
	}
	f := revertFailure(op, t.history.Version, err)
	if f.Outcome == Unchanged {
		f.Hint = "the batch can be taken back as it is: safemigrate rollback --plan"
	}
	if ctx.Err() != nil {
		f.Err, f.Hint = errors.New("interrupted"), "run the same command again"
	}
	return f
}
