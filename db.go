package safemigrate

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/safemigrate/safemigrate/internal/dsn"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// DB is one database together with its migrations. Each method opens a session
// of its own and ends it, so a DB holds no connection and no lock in between.
// A DB is not safe for concurrent use.
type DB struct {
	config Config
	target dsn.Target
}

// Open checks the configuration. It does not connect.
func Open(_ context.Context, c Config) (*DB, error) {
	target, err := dsn.Parse(c.Database)
	if err != nil {
		return nil, usage("read the database URL", err, "write postgres://user@host:5432/database, mysql://user@tcp(host:3306)/database or sqlite://file.db; special characters in a password are percent-encoded")
	}
	if c.Convention != "" && !knownConvention(c.Convention) {
		return nil, usage("choose the convention", fmt.Errorf("%q is not known", c.Convention), "golang-migrate or flyway")
	}
	if c.Source == "" {
		c.Source = "migrations"
	}
	if c.LockTimeout == 0 {
		c.LockTimeout = DefaultLockTimeout
	}
	if c.LockTimeout < 0 {
		return nil, usage("read the lock timeout", errors.New("it is negative"), "give a duration like 15s")
	}
	if c.LockTry < 0 {
		return nil, usage("read the time of one try for a lock", errors.New("it is negative"), "give a duration like 2s")
	}
	switch c.Scope {
	case "":
		c.Scope = migrate.ScopeAuto
	case migrate.ScopeAuto, migrate.ScopeAll, migrate.ScopeNone:
	default:
		return nil, usage("choose the scope", fmt.Errorf("%q is not known", c.Scope), "auto, all or none")
	}
	if err := c.checkStrategy(target.Engine); err != nil {
		return nil, err
	}
	if err := c.Store.check(); err != nil {
		return nil, err
	}
	if c.MaxSnapshot < 0 || c.MaxLock < 0 {
		return nil, usage("read the budget", errors.New("it is negative"), "give a size like 10GB and a duration like 5s")
	}
	return &DB{config: c, target: target}, nil
}

// Close releases what the DB holds. It can be called more than once.
func (db *DB) Close() error { return nil }

// Plan tells what Up would do, and writes nothing. The plan is there, too, when
// the error is that it has a hazard which FailOn names.
func (db *DB) Plan(ctx context.Context, o UpOptions) (plan *Plan, err error) {
	err = db.forward(ctx, "plan", func(r *migrate.Runner) error {
		plan, err = r.Plan(ctx, o.request())
		return err
	})
	return plan, err
}

// Up applies what is due as one batch, behind a snapshot. After an error the
// database is at the old version, unless the Failure's outcome is
// [migrate.Interrupted].
func (db *DB) Up(ctx context.Context, o UpOptions) (report *UpReport, err error) {
	err = db.forward(ctx, "up", func(r *migrate.Runner) error {
		report, err = r.Up(ctx, o.request())
		return err
	})
	return report, err
}

// Status tells where the database stands.
func (db *DB) Status(ctx context.Context) (report *StatusReport, err error) {
	err = db.forward(ctx, "status", func(r *migrate.Runner) error {
		report, err = r.Status(ctx)
		return err
	})
	return report, err
}

// Rollback takes back the newest batch, every batch down to a tag, or the
// newest rollback. It reads no migration file. The report is there with some
// errors, too.
func (db *DB) Rollback(ctx context.Context, o RollbackOptions) (report *RollbackReport, err error) {
	if o.Whole && db.target.Engine != dsn.PostgreSQL {
		return nil, usage("roll back the whole database", errors.New("only PostgreSQL has dumps that are restored as another database"), "leave --whole-database out")
	}
	if err := db.endsSessions(o.EndSessions); err != nil {
		return nil, err
	}
	err = db.back(ctx, "rollback", func(r *migrate.Runner) error {
		report, err = r.Rollback(ctx, migrate.RollbackRequest{To: o.To, Undo: o.Undo, Whole: o.Whole, EndSessions: o.EndSessions, Decide: o.Decide, PlanOnly: o.Plan})
		return err
	})
	return report, err
}

// endsSessions refuses to end sessions where no databases are exchanged.
func (db *DB) endsSessions(asked bool) error {
	if asked && db.target.Engine != dsn.PostgreSQL {
		return usage("end other sessions", errors.New("only PostgreSQL has databases that are exchanged"), "leave --end-sessions out")
	}
	return nil
}

// Prepare builds what taking the newest batch back is going to need, without a lock
// that anybody waits for, so that Rollback only has to put it in its place. On SQLite
// there is nothing to build.
func (db *DB) Prepare(ctx context.Context, o PrepareOptions) (report *PrepareReport, err error) {
	err = db.back(ctx, "prepare", func(r *migrate.Runner) error {
		report, err = r.Prepare(ctx, o)
		return err
	})
	return report, err
}

// Recover brings a database to one side after an interruption. It can be
// repeated.
func (db *DB) Recover(ctx context.Context, o RecoverOptions) (report *RecoverReport, err error) {
	if err := db.endsSessions(o.EndSessions); err != nil {
		return nil, err
	}
	err = db.back(ctx, "recover", func(r *migrate.Runner) error {
		report, err = r.Recover(ctx, o)
		return err
	})
	return report, err
}

// Snapshots lists all snapshots, oldest first. Damaged ones come back as an
// error beside the others.
func (db *DB) Snapshots(ctx context.Context) (all []*snapshot.Manifest, err error) {
	err = db.back(ctx, "snapshots", func(r *migrate.Runner) error {
		if all, err = r.Target.Snapshots(ctx); err != nil {
			return &Failure{Outcome: migrate.NoWayBack, Op: "list the snapshots", Err: err,
				State: "the database was not changed", Hint: "safemigrate snapshot prune ID removes a damaged one"}
		}
		return nil
	})
	return all, err
}

// Snapshot finds one snapshot by its ID, or the newest with a tag.
func (db *DB) Snapshot(ctx context.Context, idOrTag string) (*snapshot.Manifest, error) {
	all, err := db.Snapshots(ctx)
	for _, a := range slices.Backward(all) {
		if a.ID == idOrTag || a.Tag == idOrTag {
			return a, nil
		}
	}
	if err != nil {
		return nil, err
	}
	return nil, usage("find snapshot "+idOrTag, errors.New("there is none with this ID or tag"), "safemigrate snapshot list")
}

// Verify reads a snapshot back and compares it with its manifest.
func (db *DB) Verify(ctx context.Context, idOrTag string) (*snapshot.Manifest, error) {
	return db.verify(ctx, idOrTag, func(r *migrate.Runner, m *snapshot.Manifest) error { return r.Target.Verify(ctx, m) })
}

// VerifyRestored restores a dump as a database of its own beside, compares every row and
// definition with what was kept, and drops it again. Other snapshots it reads back.
func (db *DB) VerifyRestored(ctx context.Context, idOrTag string) (*snapshot.Manifest, error) {
	return db.verify(ctx, idOrTag, func(r *migrate.Runner, m *snapshot.Manifest) error { return r.VerifyRestored(ctx, m) })
}

func (db *DB) verify(ctx context.Context, idOrTag string, prove func(*migrate.Runner, *snapshot.Manifest) error) (*snapshot.Manifest, error) {
	m, err := db.Snapshot(ctx, idOrTag)
	if err != nil {
		return nil, err
	}
	return m, db.back(ctx, "verify", func(r *migrate.Runner) error {
		err := prove(r, m)
		if err != nil && ctx.Err() != nil {
			err = fmt.Errorf("%w: %w", ctx.Err(), err)
		}
		if _, ended := errors.AsType[*Failure](err); ended {
			return err
		}
		return storeFailure("verify snapshot "+m.ID, err)
	})
}

type (
	// RecoverOptions say what Recover may do.
	RecoverOptions = migrate.RecoverRequest
	// PrepareOptions say what Prepare does.
	PrepareOptions = migrate.PrepareRequest
	// PrepareReport is what Prepare built.
	PrepareReport = migrate.PrepareReport
	// PruneOptions say which snapshots may go.
	PruneOptions = migrate.PruneRequest
	// PruneReport is what Prune removed, or would remove.
	PruneReport = migrate.PruneReport
	// PrunedSnapshot is one snapshot that went.
	PrunedSnapshot = migrate.PrunedSnapshot
)

// Prune removes snapshots. The way back of the newest batch goes only when it
// is named.
func (db *DB) Prune(ctx context.Context, o PruneOptions) (report *PruneReport, err error) {
	err = db.back(ctx, "prune", func(r *migrate.Runner) error {
		report, err = r.Prune(ctx, o)
		return err
	})
	return report, err
}

// Pin keeps the snapshot of a batch from being pruned by a rule, or lets it go
// again.
func (db *DB) Pin(ctx context.Context, idOrTag string, pinned bool) (b *migrate.Batch, err error) {
	err = db.back(ctx, "pin", func(r *migrate.Runner) error {
		b, err = r.Pin(ctx, idOrTag, pinned)
		return err
	})
	return b, err
}

func (o UpOptions) request() migrate.UpRequest {
	return migrate.UpRequest{Limit: o.Limit, To: o.To, Allow: o.Allow, KeepHalf: o.KeepOnFailure,
		AcceptLoss: o.AcceptLoss, Digest: o.PlanDigest, FailOn: o.FailOn, Prepare: o.Prepare}
}

func usage(op string, err error, hint string) error {
	return &Failure{Outcome: migrate.Usage, Op: op, Err: err, State: "the database was not changed", Hint: hint}
}
