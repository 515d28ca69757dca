package migrate

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io/fs"
	"time"

	"github.com/safemigrate/safemigrate/snapshot"
)

// cleanUp bounds the work that goes on after a cancelled context: undoing,
// restoring, unlocking.
const cleanUp = 2 * time.Hour

// Runner carries out operations on one Target with one Convention.
type Runner struct {
	Target     Target
	Convention Convention
	Source     fs.FS // not needed by Rollback and Recover
	Scope      Scope
	Budget     Budget
	LockWait   time.Duration
	Version    string // of the program, for the ledger
	Tell       func(Notice)
}

// tellf passes a notice on.
func (r *Runner) tellf(phase, format string, args ...any) {
	if r.Tell != nil {
		r.Tell(Notice{Phase: phase, Text: fmt.Sprintf(format, args...)})
	}
}

// newID names a batch and its snapshot: sortable by time, unique by chance. Two
// batches can fit into one second, so milliseconds stand before the chance.
func newID() (string, error) {
	var salt [3]byte
	if _, err := rand.Read(salt[:]); err != nil {
		return "", fmt.Errorf("choose an id: %w", err)
	}
	now := time.Now().UTC()
	return fmt.Sprintf("%s-%03d%s", now.Format("20060102-150405"), now.Nanosecond()/int(time.Millisecond), hex.EncodeToString(salt[:])), nil
}

// detached gives clean-up work a context of its own: what is half-way is
// brought to one side even when the caller has gone.
func detached(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), cleanUp)
}

// ground is what every operation looks at first.
type ground struct {
	db       snapshot.Database
	identity string // of the ledger, "" without one
	table    TableID
	history  History
	batches  []Batch
}

// survey reads database, ledger and history.
func (r *Runner) survey(ctx context.Context) (*ground, error) {
	g := &ground{}
	var err error
	if g.identity, g.batches, err = NewLedger(r.Target).Read(ctx); err != nil {
		return nil, err
	}
	if g.db, err = r.Target.Identify(ctx, g.identity); err != nil {
		return nil, err
	}
	if g.table, err = r.Convention.History().Identity(ctx, r.Target); err != nil {
		return nil, err
	}
	if g.history, err = r.Convention.History().Read(ctx, r.Target); err != nil {
		return nil, err
	}
	return g, nil
}

// lock takes the locks for an operation; the returned function gives them back.
func (r *Runner) lock(ctx context.Context, operation string) (func(), error) {
	table, err := r.Convention.History().Identity(ctx, r.Target)
	if err != nil {
		return nil, unchanged("find the history table", err)
	}
	err = r.Target.Lock(ctx, LockRequest{Operation: operation, History: table, Wait: r.LockWait})
	if err != nil {
		return nil, lockFailure(err)
	}
	return func() {
		free, cancel := detached(ctx)
		defer cancel()
		if err := r.Target.Unlock(free); err != nil {
			r.tellf("warning", "the lock could not be given back: %v; it ends with the session", err)
		}
	}, nil
}

// unfinished is the answer of every operation but recover to a batch that
// stopped half-way.
func unfinished(b *Batch) *Failure {
	return &Failure{
		Outcome: Interrupted,
		Op:      fmt.Sprintf("%s of %s stopped half-way", b.Operation, b.Started.Format(time.DateTime)),
		State:   fmt.Sprintf("the database is between version %s and %s (%d of %d steps committed)", VersionName(b.Tag), VersionName(b.Target), b.StepsDone, b.Steps),
		Hint:    "safemigrate recover",
	}
}

// VersionName is a version for people: "none" before the first.
func VersionName(v string) string {
	if v == "" {
		return "none"
	}
	return v
}

// where names a database for people.
func where(db snapshot.Database) string {
	if db.Address == "" || db.Address == db.Name {
		return fmt.Sprintf("%s (%s)", db.Name, db.Server)
	}
	return fmt.Sprintf("%s at %s (%s)", db.Name, db.Address, db.Server)
}

// Count writes a number with its noun.
func Count(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// RowsRefer tells of a table how many rows refer to something.
func RowsRefer(n int64) string {
	if n == 1 {
		return "1 row of it refers"
	}
	return Count(n, "row") + " of it refer"
}
