package migrate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/safemigrate/safemigrate/internal/sqltext"
)

// UpRequest says how far up goes, and what it may wave through.
type UpRequest struct {
	Limit      int
	To         string
	Allow      []ProblemKind
	KeepHalf   bool // leave a half-applied batch for a person to look at
	AcceptLoss bool // run statements whose effect lies outside any snapshot
	Digest     string
	FailOn     []string // hazards that are not let pass: IDs, groups, or all
	Prepare    bool     // build what taking it back is going to need, once it is applied
}

// due is a batch before it runs.
type due struct {
	*ground
	found      []Applied // see Batch.Found
	migrations []Migration
	scripts    []Script
	steps      []Step
	problems   []Problem
}

// target is the version after the batch.
func (d *due) target() string {
	for _, v := range slices.Backward(d.migrations) {
		if v.Version != "" {
			return v.Version
		}
	}
	return d.history.Version
}

// digest names exactly this batch on this version.
func (d *due) digest() string {
	h := sha256.New()
	fmt.Fprintf(h, "%q\n", d.history.Version)
	for _, m := range d.migrations {
		fmt.Fprintf(h, "%q %q %s\n", m.Version, m.File, m.Digest)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// prepare reads the source once and finds what is due; nothing is changed.
func (r *Runner) prepare(ctx context.Context, q UpRequest) (*due, error) {
	g, err := r.survey(ctx)
	if err != nil {
		return nil, unchanged("read the database", err)
	}
	d := &due{ground: g}
	files, problems, err := r.Convention.Load(r.Source)
	if err != nil {
		return nil, &Failure{Outcome: Usage, Op: "read the migrations", State: stateUnchanged, Err: err,
			Hint: "name the directory with --source"}
	}
	known := AppliedFiles(g.batches)
	pending, more := r.Convention.Pending(files, g.history, known)
	d.problems = append(weigh(problems, pending), more...)
	d.found = r.found(files, g.history, known)
	if d.migrations, err = r.choose(pending, q); err != nil {
		return nil, err
	}
	return d, nil
}

// weigh makes warnings of what is wrong with the text of files that do not run.
func weigh(problems []Problem, pending []Migration) []Problem {
	for i, p := range problems {
		due := slices.ContainsFunc(pending, func(m Migration) bool { return m.File == p.File })
		problems[i].Warning = p.Warning || (p.Kind == BadText && !due)
	}
	return problems
}

// found lists the files that the history covers and the ledger does not know:
// another tool has applied them.
func (r *Runner) found(files []Migration, h History, known []Applied) []Applied {
	var out []Applied
	for _, m := range files {
		ours := slices.ContainsFunc(known, func(a Applied) bool { return a.Version == m.Version })
		if m.Kind != Versioned || h.Version == "" || ours || r.Convention.Compare(m.Version, h.Version) > 0 {
			continue
		}
		out = append(out, applied(m))
	}
	return out
}

func applied(m Migration) Applied {
	return Applied{Version: m.Version, Name: m.Name, Kind: m.Kind, File: m.File, Digest: m.Digest}
}

// choose cuts the pending migrations to what was asked for.
func (r *Runner) choose(pending []Migration, q UpRequest) ([]Migration, error) {
	if q.To != "" {
		for i, m := range pending {
			if m.Version != "" && r.Convention.Compare(m.Version, q.To) == 0 {
				return pending[:i+1], nil
			}
		}
		return nil, &Failure{Outcome: Usage, Op: "go up to version " + q.To, State: stateUnchanged,
			Err: errors.New("no pending migration has this version"), Hint: "safemigrate status"}
	}
	if q.Limit > 0 && q.Limit < len(pending) {
		return pending[:q.Limit], nil
	}
	return pending, nil
}

// cut parses the pending files into statements and steps.
func (r *Runner) cut(d *due) error {
	for _, m := range d.migrations {
		statements, err := r.Target.Split(m)
		if err != nil {
			return &Failure{Outcome: Unchanged, Op: "read " + m.File, State: stateUnchanged, Err: placed(m, err),
				Hint: "correct the file; nothing has run"}
		}
		d.scripts = append(d.scripts, Script{Migration: m, Statements: statements})
	}
	steps, err := Steps(d.scripts, Cuts{})
	if err != nil {
		return &Failure{Outcome: Unchanged, Op: "plan the batch", State: stateUnchanged, Err: err,
			Hint: "correct the file; nothing has run"}
	}
	d.steps = steps
	return nil
}

// placed puts file, line and column before a syntax error.
func placed(m Migration, err error) error {
	if syntax, ok := errors.AsType[*sqltext.SyntaxError](err); ok {
		return fmt.Errorf("%s:%d:%d: %s", m.File, syntax.Line, syntax.Column, syntax.Msg)
	}
	return fmt.Errorf("%s: %w", m.File, err)
}

// Plan tells what Up would do, and writes nothing. The plan is there, too, when a
// hazard that FailOn names is the error.
func (r *Runner) Plan(ctx context.Context, q UpRequest) (*Plan, error) {
	d, err := r.prepare(ctx, q)
	if err != nil {
		return nil, err
	}
	if err := r.cut(d); err != nil {
		return nil, err
	}
	p := &Plan{
		Database: d.db, Convention: r.Convention.Name(), Version: d.history.Version, Target: d.target(),
		Steps: len(d.steps), Problems: d.problems, Digest: d.digest(), Migrations: d.lines(),
	}
	if b := NewestUnfinished(d.batches); b != nil {
		p.Unfinished = b.ID
	}
	if len(d.migrations) > 0 {
		if p.Snapshot, err = r.Target.Estimate(ctx, d.estimate(r, q.Allow)); err != nil {
			return nil, unchanged("estimate the snapshot", err)
		}
		p.Snapshot.Warnings = append(p.Snapshot.Warnings, r.foreseen(d)...)
		if err := r.Budget.Refuse(p.Snapshot, q.AcceptLoss); err != nil {
			p.Snapshot.Blockers = append(p.Snapshot.Blockers, err.Err.Error())
		}
		p.Rollback = forecast(p.Snapshot)
		found, err := r.assess(ctx, d)
		if err != nil {
			return nil, err
		}
		p.Hazards, p.Locks, p.Sessions = found.Hazards, found.Locks, found.Sessions
		return p, forbid("plan", found, q.FailOn)
	}
	return p, nil
}

// foreseen names the statements that the guard is going to stop, as far as
// their text shows it.
func (r *Runner) foreseen(d *due) []string {
	f, ok := r.Target.(Foreseer)
	if !ok {
		return nil
	}
	var out []string
	for _, s := range d.scripts {
		for _, st := range s.Statements {
			if why := f.Foresee(st); why != "" {
				out = append(out, fmt.Sprintf("%s:%d: %s: up will stop before its commit", s.Migration.File, st.Line, why))
			}
		}
	}
	return out
}

// lines describes the migrations of a batch.
func (d *due) lines() []PlannedMigration {
	out := make([]PlannedMigration, len(d.scripts))
	for i, s := range d.scripts {
		out[i] = PlannedMigration{Version: s.Migration.Version, Name: s.Migration.Name, Kind: s.Migration.Kind,
			File: s.Migration.File, Statements: len(s.Statements), NoWayBack: noWayBack(s)}
	}
	for n, step := range d.steps {
		for _, seg := range step.Segments {
			line := &out[seg.Migration]
			line.Steps = append(line.Steps, n+1)
			if !step.Transaction {
				line.Outside = append(line.Outside, seg.Statements[0].Excerpt())
			}
		}
	}
	return out
}

// noWayBack lists the statements of a script whose effect no snapshot covers.
func noWayBack(s Script) []string {
	var out []string
	for _, st := range s.Statements {
		if st.Traits.Has(sqltext.NoWayBack) {
			out = append(out, fmt.Sprintf("%s:%d: %s", s.Migration.File, st.Line, st.Excerpt()))
		}
	}
	return out
}
