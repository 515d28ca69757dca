package sqlite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/ncruces/go-sqlite3"

	"github.com/safemigrate/safemigrate/internal/durable"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// restoreTries bounds how often a revert starts again because somebody wrote
// in the moment between the counting and the replacing.
const restoreTries = 10

// revert is one taking back under way.
type revert struct {
	*DB
	req       migrate.RevertRequest
	history   string
	manifests []*snapshot.Manifest // of the batches, newest first
	report    migrate.RevertReport
	image     *after // what the prepared image holds; nil before it is prepared
	whole     string // why the whole file has to be put back; "" while that is not known
}

// Revert writes the snapshot of the oldest batch into the live file, in one
// transaction of the file. What the file holds now is a snapshot under r.ID
// before that.
func (d *DB) Revert(ctx context.Context, r migrate.RevertRequest) (migrate.RevertReport, error) {
	v := &revert{DB: d, req: r, history: r.History.Table}
	err := v.run(ctx)
	if err == nil && !r.PlanOnly {
		d.batch = nil // what this session knew of a batch under way is undone
	}
	return v.report, err
}

func (v *revert) run(ctx context.Context) (err error) {
	if err := v.refuse(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, v.removeImage()) }()
	if v.req.Incomplete {
		v.whole = "the batch stopped half-way"
	} else if exact, err := v.narrowly(ctx); exact {
		return err
	}
	for range restoreTries {
		done, err := v.attempt(ctx)
		if err != nil || done {
			return err
		}
		v.tellf("somebody wrote in between: counting again")
	}
	return &migrate.LockedError{What: "the database file", Holder: "other connections, which write without a pause"}
}

func (v *revert) tellf(format string, args ...any) {
	if v.req.Progress != nil {
		v.req.Progress(fmt.Sprintf(format, args...))
	}
}

// refuse stops before anything is touched: wrong requests, and snapshots that
// are damaged or were taken from another database.
func (v *revert) refuse(ctx context.Context) error {
	if v.inTransaction() {
		return errors.New("a transaction is open")
	}
	if len(v.req.Batches) == 0 {
		return errors.New("there is no batch to take back")
	}
	if err := checkID(v.req.ID); err != nil {
		return err
	}
	if !v.req.PlanOnly {
		if err := v.checkWritable(); err != nil {
			return err
		}
	}
	for _, b := range v.req.Batches {
		m, err := v.home.manifest(b.ID)
		if err != nil {
			return err
		}
		if err := m.Belongs(v.req.Database); err != nil {
			return err
		}
		if err := v.bound(ctx, m); err != nil {
			return err
		}
		if err := v.fetch(ctx, m); err != nil {
			return err
		}
		v.manifests = append(v.manifests, m)
	}
	v.tellf("checking snapshot %s", v.oldest().ID)
	return v.home.checksum(ctx, v.oldest())
}

func (v *revert) oldest() *snapshot.Manifest { return v.manifests[len(v.manifests)-1] }

// narrowly takes back only what the batches touched. Where that cannot be
// proved exact, nothing was changed and the whole file has to be put back,
// which makes rows written since in any table part of the question.
func (v *revert) narrowly(ctx context.Context) (exact bool, err error) {
	if v.req.PlanOnly {
		err = v.planNarrow(ctx)
	} else {
		err = v.takeNarrow(ctx)
	}
	if errors.Is(err, sqlite3.BUSY) {
		return true, busy("rollback", err)
	}
	if why := notExact(ctx, err); why != "" {
		v.whole = why
		v.tellf("the whole file is put back, with every table in it: %s", why)
		return false, nil
	}
	return true, err
}

// notExact tells an error that says that a taking back cannot be done by
// statements from one that stops it altogether.
func notExact(ctx context.Context, err error) string {
	if err == nil || ctx.Err() != nil {
		return ""
	}
	if e, ok := errors.AsType[*inexact](err); ok {
		return e.why
	}
	for _, code := range []sqlite3.ErrorCode{sqlite3.ERROR, sqlite3.CONSTRAINT, sqlite3.MISMATCH, sqlite3.TOOBIG} {
		if errors.Is(err, code) {
			return err.Error()
		}
	}
	return ""
}

// attempt does all of it once. It is not done, and has no error, where somebody
// wrote between the counting and the replacing. After an error the live file
// is as it was.
func (v *revert) attempt(ctx context.Context) (done bool, err error) {
	begin := "BEGIN IMMEDIATE"
	if v.req.PlanOnly {
		begin = "BEGIN" // a plan only reads
	}
	// From here to the replacing nobody else can write; in the moment between
	// the two, in which the lock passes to another connection of ours, see replace.
	if err := v.Exec(ctx, begin); err != nil {
		return false, busy("rollback", err)
	}
	defer func() {
		if v.inTransaction() {
			err = errors.Join(err, v.Exec(context.WithoutCancel(ctx), "ROLLBACK"))
		}
	}()
	if err := v.survey(ctx); err != nil || v.req.PlanOnly {
		return true, err
	}
	if err := v.req.Decided(v.report); err != nil {
		return false, err
	}
	if switched, err := v.allowPageSize(ctx); err != nil || switched {
		return false, err
	}
	defer func() {
		var unknown *migrate.UnknownCommitError
		if !done && !errors.As(err, &unknown) {
			v.report.Quarantine = ""
			err = errors.Join(err, durable.RemoveDir(v.home.dir(v.req.ID))) // the image serves the next attempt
		}
	}()
	if err := v.quarantine(ctx); err != nil {
		return false, err
	}
	seen, err := v.mark(ctx)
	if err != nil {
		return false, err
	}
	t, err := v.open(ctx)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, t.end()) }()
	return v.replace(ctx, t, seen)
}

// quarantine keeps the whole present file as a snapshot of its own, prepares
// the image, and puts beside the snapshot what a later undo compares with.
func (v *revert) quarantine(ctx context.Context) error {
	v.tellf("keeping the present file as snapshot %s", v.req.ID)
	present, err := v.capture(ctx, v.quarantineRequest())
	if err != nil {
		return fmt.Errorf("keep the present file: %w", err)
	}
	v.report.Quarantine = v.req.ID
	for i := range v.report.Tables {
		v.report.Tables[i].Kept = max(v.report.Tables[i].Written, 0)
	}
	if v.image == nil {
		v.tellf("preparing version %s", migrate.VersionName(v.oldest().Tag))
		if v.image, err = v.prepareImage(ctx); err != nil {
			return fmt.Errorf("prepare snapshot %s: %w", v.oldest().ID, err)
		}
	}
	if err := v.bind(ctx, present.manifest); err != nil {
		return fmt.Errorf("prepare snapshot %s: %w", v.oldest().ID, err)
	}
	return copyDurably(ctx, filepath.Join(v.home.image(v.req.ID), v.image.File), filepath.Join(v.home.dir(v.req.ID), v.image.File))
}
