package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/rows"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// exchange is a taking back that puts another database, which holds what there was
// before the oldest batch, in the place of the present one. The truth is the ledger of
// the database that has the name: until the one transaction that gives it to the other
// one is committed, nothing has happened, and a crash leaves a database that no manifest
// names.
type exchange struct {
	*DB
	req      migrate.RevertRequest
	from     origin
	report   migrate.RevertReport
	own      ownDatabase
	past     []*past // newest first
	now      *catalog.State
	tables   []table                    // those that are locked
	unlocked []table                    // those that this role cannot lock
	back     map[string]*catalog.Object // what is kept about the database
	aside    string                     // what the present database is called afterwards
	image    cloned                     // the database that takes its place
	made     string                     // what that is made of, for people
	// away: this session has ended, for its database to be renamed.
	away bool
	// ended holds the server processes that were told to end.
	ended   map[int64]bool
	objects objects // the large ones, when what was written since was counted
	// reading and summing are how long the schema and the large objects take to be read.
	reading, summing time.Duration
}

// origin is where the database comes from that takes the place of the present one: all
// that exchanges differ in.
type origin interface {
	// blockers names what stands against it, before anything is made.
	blockers(ctx context.Context) ([]string, error)
	// losses counts by table what was written since the batches.
	losses(ctx context.Context) (map[uint32]since, error)
	// build makes the database, through a session on a third one.
	build(ctx context.Context, third *DB, name string) error
	// prove compares what it holds with what was kept.
	prove(ctx context.Context, there *DB) error
	// bring gives it the snapshots that the present database knows of, in the open
	// transaction. k is what is kept of the present one.
	bring(ctx context.Context, there *DB, k kept, batches []migrate.Batch) error
	// differs reports whether a present table, with this sum, has other rows there.
	differs(t table, now rows.Sum) bool
}

// keptAsClones reports whether a batch of those that are to be taken back was kept as
// a clone.
func (d *DB) keptAsClones(ctx context.Context, r migrate.RevertRequest) bool {
	return slices.ContainsFunc(r.Batches, func(b migrate.Batch) bool {
		m, err := d.manifest(ctx, b.ID)
		return err == nil && m.Strategy == snapshot.Clone
	})
}

func (x *exchange) revert(ctx context.Context) (migrate.RevertReport, error) {
	d, r := x.DB, x.req
	d.batch = nil
	err := busy(x.run(ctx))
	if f, ok := x.from.(*fromDump); ok {
		err = errors.Join(err, f.close())
	}
	away := context.WithoutCancel(ctx)
	if x.away {
		// Whatever comes next finds a session on the database that has the name now.
		if again := d.reopen(away); again != nil && err != nil {
			err = errors.Join(err, again)
		}
		return x.report, err
	}
	if err != nil || r.PlanOnly {
		err = errors.Join(err, d.Abort(away))
	}
	return x.report, err
}

func (x *exchange) run(ctx context.Context) error {
	if err := x.Begin(ctx, migrate.Step{}); err != nil {
		return err
	}
	if err := x.open(ctx); err != nil {
		return err
	}
	if err := x.survey(ctx); err != nil {
		return err
	}
	if x.req.PlanOnly {
		return x.foretell(ctx)
	}
	if err := x.req.Decided(x.report); err != nil {
		return err
	}
	if err := x.beAlone(ctx); err != nil {
		return err
	}
	return x.replace(ctx)
}

// beAlone makes sure, before anything is made, that the exchange will not fail because of
// who is connected. Those who are to be ended go on until then.
func (x *exchange) beAlone(ctx context.Context) error {
	if !x.req.EndSessions {
		return x.alone(ctx, x.own.Name)
	}
	there, err := x.others(ctx, x.own.Name)
	if err != nil {
		return err
	}
	return x.unendable(ctx, x.own.Name, there)
}

func (x *exchange) tellf(format string, args ...any) {
	if x.req.Progress != nil {
		x.req.Progress(fmt.Sprintf(format, args...))
	}
}

func (x *exchange) oldest() *past { return x.past[len(x.past)-1] }

// open keeps writers out, reads where things stand, and refuses what cannot be done:
// before anything is made.
func (x *exchange) open(ctx context.Context) (err error) {
	if x.own, err = x.readOwn(ctx); err != nil {
		return err
	}
	x.aside = cloneName(x.own.Name, x.req.ID)
	all, err := x.DB.tables(ctx, x.req.History)
	if err != nil {
		return err
	}
	for _, t := range all {
		if t.blocker == noLock {
			x.unlocked = append(x.unlocked, t)
		} else {
			x.tables = append(x.tables, t)
		}
	}
	if err := x.lockTables(ctx, x.tables); err != nil {
		return err
	}
	if x.now, err = x.readDefinitions(ctx, x.req.History, nil); err != nil {
		return err
	}
	for _, b := range x.req.Batches {
		p, err := x.load(ctx, b.ID, !x.req.Incomplete, x.now)
		if err == nil {
			err = p.manifest.Belongs(x.req.Database)
		}
		if err != nil {
			return fmt.Errorf("snapshot %s: %w", b.ID, err)
		}
		x.past = append(x.past, p)
	}
	return x.refuse(ctx)
}

func (x *exchange) refuse(ctx context.Context) error {
	blockers, err := x.from.blockers(ctx)
	if err != nil {
		return err
	}
	after := x.past[0].after
	if x.req.Incomplete {
		after = nil
	}
	var conflicts []string
	x.back, conflicts = propertiesBack(x.oldest().before, after, x.now)
	fixed, err := x.tryProperties(ctx, x.back)
	if err != nil {
		return err
	}
	if blockers = append(blockers, fixed...); len(blockers) > 0 {
		return &migrate.BlockedError{Blockers: blockers}
	}
	if len(conflicts) > 0 && !x.req.Incomplete {
		return &migrate.ConflictError{Conflicts: conflicts}
	}
	return nil
}

// foretell ends a plan: it names who would be in the way now.
func (x *exchange) foretell(ctx context.Context) error {
	there, err := x.others(ctx, x.own.Name)
	for _, who := range there {
		switch {
		case !x.req.EndSessions:
			x.tellf("%s is connected: databases are exchanged only while nobody else is", who.text)
		case who.may:
			x.tellf("%s is connected, and would be ended", who.text)
		default:
			x.tellf("%s is connected, and this role may not end that", who.text)
		}
	}
	x.tellf("%s, and takes the place of this one (%d bytes), which is kept as %q", x.made, x.own.bytes, x.aside)
	return err
}
