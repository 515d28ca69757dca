package sqlite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/ncruces/go-sqlite3"

	"github.com/safemigrate/safemigrate/internal/failpoint"
	"github.com/safemigrate/safemigrate/migrate"
)

// inexact is the reason why a taking back cannot touch only what the batches
// touched, and has to put the whole file back.
type inexact struct{ why string }

func (e *inexact) Error() string { return e.why }

// batchesAtOnce is how many snapshots can be read beside the live file: SQLite
// attaches ten files at most, and one is the quarantine.
const batchesAtOnce = 8

// narrow is a taking back that touches only the tables and objects that the
// batches touched, in one transaction on the live file: newest batch first,
// each from its attached snapshot. It works on a copy where it only plans.
type narrow struct {
	*revert
	*link   // to the live file, or to a copy of it
	states  []*after
	lineage lineage // of what stands now to what stood when it began
	losses  map[string]migrate.TableReport
	drift   map[string]bool
	objects []string
	touched map[string]bool // tables, by every name that they had
	refill  map[string]bool // batch and table that are refilled because nothing less serves
	start   census
	keys    *violations
}

// settings under which tables can be made anew: foreign keys would pass the
// dropping of a table on to its children, ALTER TABLE would rewrite what other
// objects say about a table that only steps aside, rows come back as they were
// even where a CHECK was not enforced, and triggers have run once already.
// Inside of a transaction the first would do nothing.
var aside = []string{"PRAGMA foreign_keys=OFF", "PRAGMA legacy_alter_table=ON", "PRAGMA ignore_check_constraints=ON"}

func (l *link) stepAside(ctx context.Context) error {
	for _, sql := range aside {
		if err := l.Exec(ctx, sql); err != nil {
			return explain("prepare the connection", err)
		}
	}
	_, err := l.c.Config(sqlite3.DBCONFIG_ENABLE_TRIGGER, false)
	return explain("prepare the connection", err)
}

// stepBack ends what stepAside began; the session's settings follow.
func (d *DB) stepBack(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	var errs []error
	if d.inTransaction() {
		errs = append(errs, explain("roll back", d.Exec(ctx, "ROLLBACK")))
	}
	_, err := d.c.Config(sqlite3.DBCONFIG_ENABLE_TRIGGER, true)
	return errors.Join(append(errs, explain("reset the connection", err), d.detach(ctx), d.resetSession(ctx))...)
}

// planNarrow finds out on a copy what a narrow taking back would do: it does it
// there. The live file is only read.
func (v *revert) planNarrow(ctx context.Context) (err error) {
	copied, end, err := v.scratch(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	if err := copied.stepAside(ctx); err != nil {
		return err
	}
	n := v.newNarrow(copied)
	if err := n.Exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return explain("plan on a copy", err)
	}
	if err := n.survey(ctx); err != nil {
		return err
	}
	return n.apply(ctx)
}

func (v *revert) newNarrow(l *link) *narrow {
	n := &narrow{revert: v, link: l, refill: map[string]bool{}}
	n.forget()
	return n
}

// forget begins the report anew.
func (n *narrow) forget() {
	n.lineage, n.losses, n.objects = lineage{}, map[string]migrate.TableReport{}, nil
	n.drift, n.touched = map[string]bool{}, map[string]bool{}
}

// takeNarrow does it on the live file. Everything is one transaction: a crash
// before its commit leaves the file as it was, undone by SQLite's journal; one
// after it, as it shall be. The quarantine is complete before the first write.
func (v *revert) takeNarrow(ctx context.Context) (err error) {
	if err := v.stepAside(ctx); err != nil {
		return errors.Join(err, v.stepBack(ctx))
	}
	kept, committed := false, false
	defer func() {
		err = errors.Join(err, v.stepBack(ctx))
		var unknown *migrate.UnknownCommitError
		if kept && !committed && !errors.As(err, &unknown) {
			v.report.Quarantine = ""
			err = errors.Join(err, v.home.remove(v.req.ID))
		}
	}()
	if err := v.Exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return busy("rollback", err)
	}
	n := v.newNarrow(&v.link)
	if err := n.survey(ctx); err != nil {
		return err
	}
	kept = true
	v.tellf("keeping the present file as snapshot %s", v.req.ID)
	present, err := v.capture(ctx, v.quarantineRequest())
	if err != nil {
		return fmt.Errorf("keep the present file: %w", err)
	}
	// Before a snapshot is attached: what the file lacks would be found there.
	if err := v.req.Seal(ctx, n.link); err != nil {
		return fmt.Errorf("write the ledger: %w", err)
	}
	v.tellf("taking back to version %s what the batch touched", migrate.VersionName(v.oldest().Tag))
	if err := n.apply(ctx); err != nil {
		return err
	}
	if err := v.req.Decided(v.report); err != nil {
		return err
	}
	v.report.Quarantine = v.req.ID
	for i := range v.report.Tables {
		v.report.Tables[i].Kept = max(v.report.Tables[i].Written, 0)
	}
	failpoint.Hit("sqlite.narrow.applied")
	state, err := n.seal(ctx, present)
	if err != nil {
		return err
	}
	committed, err = v.commitNarrow(ctx, state)
	failpoint.Hit("sqlite.narrow.done")
	return err
}

// commitNarrow makes it true. The record of the new state tells, where the
// commit's own answer does not.
func (v *revert) commitNarrow(ctx context.Context, state after) (bool, error) {
	away := context.WithoutCancel(ctx)
	cause := v.Commit(away)
	if cause == nil {
		return true, nil
	}
	if v.inTransaction() {
		return false, cause
	}
	found, err := v.getAfter(away, v.req.ID)
	switch {
	case err != nil:
		return false, &migrate.UnknownCommitError{Err: errors.Join(cause, err)}
	case found != nil && found.File == state.File:
		return true, nil
	}
	return false, cause
}

// survey reads what the taking back rests on, and refuses it where a batch is
// not recorded well enough.
func (n *narrow) survey(ctx context.Context) (err error) {
	if len(n.req.Batches) > batchesAtOnce {
		return &inexact{fmt.Sprintf("%d batches are more than can be taken back one by one in a transaction", len(n.req.Batches))}
	}
	n.tellf("counting rows written since")
	for i, b := range n.req.Batches {
		state, err := n.getAfter(ctx, b.ID)
		if err != nil {
			return err
		}
		if state == nil || state.Changes == nil {
			return &inexact{"what batch " + b.ID + " changed is not recorded"}
		}
		if len(state.Carried)+len(state.Drift) > 0 {
			return &inexact{"others wrote while batch " + b.ID + " ran in several steps"}
		}
		if err := n.home.checksum(ctx, n.manifests[i]); err != nil {
			return err
		}
		n.states = append(n.states, state)
	}
	if err := n.addRowFunction(); err != nil {
		return err
	}
	if n.start, err = n.census(ctx, n.history, nil); err != nil {
		return err
	}
	n.keys, err = n.violationsByTable(ctx, n.history)
	return err
}

// stage reads what one batch changed, and what others changed since.
func (n *narrow) stage(ctx context.Context, i int) (s *stage, err error) {
	b := n.req.Batches[i]
	s = &stage{narrow: n, state: n.states[i], manifest: n.manifests[i], dir: n.home.dir(b.ID)}
	clone := filepath.Join(s.dir, cloneName)
	if s.file, err = n.attach(ctx, clone); err != nil {
		return nil, damaged(ctx, b.ID, err)
	}
	if s.was, err = n.readSchemaOf(ctx, s.file, n.history); err != nil {
		return nil, damaged(ctx, b.ID, err)
	}
	header, err := readHeader(clone)
	if err == nil { // an empty file has no form yet
		form, err := n.form(ctx, s.file, header[walHeader] == walVersion)
		if err != nil {
			return nil, err
		}
		if form != s.state.Changes.Form {
			return nil, &inexact{"the batch changed the file itself (" + form + " → " + s.state.Changes.Form + ")"}
		}
	}
	if err := s.compare(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// apply takes the batches back, newest first. Where a row written since cannot
// stand in a table as it was, that table is refilled from its snapshot, and all
// is done once more: only its later rows are then part of the question.
func (n *narrow) apply(ctx context.Context) error {
	const point = ours + "apply"
	for {
		n.forget()
		if err := n.Exec(ctx, "SAVEPOINT "+point); err != nil {
			return explain("take back", err)
		}
		err := n.applyOnce(ctx)
		n.publish(err)
		table, ok := errors.AsType[*tableError](err)
		if !ok || n.refill[table.id] || notExact(ctx, err) == "" {
			return err
		}
		n.tellf("%s is refilled: %s", table.name, notExact(ctx, err))
		n.refill[table.id] = true
		if err := n.execAll(ctx, []string{"ROLLBACK TO " + point, "RELEASE " + point}); err != nil {
			return err
		}
	}
}

// tableError is a table that cannot be corrected or made anew around the rows
// that were written since.
type tableError struct {
	id, name string
	err      error
}

func (e *tableError) Error() string { return e.err.Error() }

// Unwrap returns the cause.
func (e *tableError) Unwrap() error { return e.err }

func (n *narrow) applyOnce(ctx context.Context) error {
	for i := range n.req.Batches {
		s, err := n.stage(ctx, i)
		if err != nil {
			return err
		}
		if err := s.takeBack(ctx); err != nil {
			return err
		}
	}
	return n.prove(ctx)
}

// publish makes what was found the report.
func (n *narrow) publish(err error) {
	n.report = migrate.RevertReport{Objects: n.objects, Drift: sortedKeys(n.drift)}
	if c, ok := errors.AsType[*migrate.ConflictError](err); ok {
		n.report = migrate.RevertReport{Drift: c.Conflicts}
	}
	for _, name := range sortedKeys(n.losses) {
		n.report.Tables = append(n.report.Tables, n.losses[name])
	}
}

// seal records the state as the taking back leaves it, with what an undo needs
// to touch as little.
func (n *narrow) seal(ctx context.Context, present *captured) (after, error) {
	dir := n.home.dir(n.req.ID)
	was, err := n.attach(ctx, filepath.Join(dir, cloneName))
	if err != nil {
		return after{}, err
	}
	state, err := n.recordAfter(ctx, dir, n.req.ID, n.history, after{Snapshot: present.manifest.Seal}, func(a *after) error {
		return n.recordChanges(ctx, dir, recorder{
			history: n.history, was: was, before: present.schema, rows: present.rows, after: a, lineage: n.lineage,
		})
	})
	if err != nil {
		return after{}, err
	}
	failpoint.Hit("sqlite.narrow.sealed")
	return state, n.untouched(state.Tables)
}

// untouched proves that no other table's rows changed.
func (n *narrow) untouched(now census) error {
	for _, was := range n.start {
		if n.touched[fold(was.Name)] {
			continue
		}
		if !sameCount(n.start, now, was.Name) {
			return &inexact{"table " + was.Name + " changed, which the batch did not touch"}
		}
	}
	return nil
}

func (v *revert) quarantineRequest() migrate.SnapshotRequest {
	return migrate.SnapshotRequest{ID: v.req.ID, Tag: v.req.Batches[0].Target, Database: v.req.Database, History: v.req.History}
}

// prove checks what the transaction holds before it can be committed: the
// structure of every table that was written, and that no row refers to one
// that is gone and did not do so before, here or in the oldest snapshot.
func (n *narrow) prove(ctx context.Context) error {
	names, err := n.tables(ctx, n.history)
	if err != nil {
		return explain("list the tables", err)
	}
	for _, name := range names {
		if n.touched[fold(name)] {
			if err := n.soundTable(ctx, name); err != nil {
				return err
			}
		}
	}
	now, err := n.violationsByTable(ctx, n.history)
	if err != nil {
		return err
	}
	broken := now.new(n.keys)
	if len(broken) == 0 {
		return nil
	}
	was, err := n.snapshotViolations(ctx)
	if err != nil {
		return err
	}
	if broken = slices.DeleteFunc(now.new(was), func(s string) bool { return !slices.Contains(broken, s) }); len(broken) > 0 {
		return &inexact{"rows written since refer to what goes: " + migrate.FirstFew(broken)}
	}
	return nil
}

// snapshotViolations counts the rows of the oldest snapshot that break a
// foreign key: they come back as they were.
func (n *narrow) snapshotViolations(ctx context.Context) (v *violations, err error) {
	l, err := connect(ctx, filepath.Join(n.home.dir(n.oldest().ID), cloneName), frozen)
	if err != nil {
		return nil, damaged(ctx, n.oldest().ID, err)
	}
	defer func() { err = errors.Join(err, l.close()) }()
	return l.violationsByTable(ctx, n.history)
}

// soundTable has SQLite check one table with its indexes.
func (n *narrow) soundTable(ctx context.Context, name string) error {
	wrong := ""
	err := n.each(ctx, "PRAGMA main.integrity_check("+sqlite3.Quote(name)+")", func(st *sqlite3.Stmt) error {
		if text := st.ColumnText(0); text != "ok" && wrong == "" {
			wrong = text
		}
		return nil
	})
	if err != nil {
		return explain("check table "+name, err)
	}
	if wrong != "" {
		return &inexact{"table " + name + " does not pass SQLite's own check: " + wrong}
	}
	return nil
}
