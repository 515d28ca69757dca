package migrate

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/safemigrate/safemigrate/internal/sqltext"
	"github.com/safemigrate/safemigrate/snapshot"
)

// Target is one session on one database, and all that a Runner asks of it.
type Target interface {
	Conn
	Session
	Applier
	Snapshotter
	Reverter
}

// Session identifies the database and keeps others out.
type Session interface {
	// Identify tells which database this is; ledger is the ledger's identity, or "".
	Identify(ctx context.Context, ledger string) (snapshot.Database, error)
	// Lock polls until it holds safemigrate's lock and the plain tool's, or
	// returns *LockedError when wait is over. A dead holder's lock is free.
	Lock(ctx context.Context, r LockRequest) error
	// Unlock gives the locks back. It is harmless without a lock.
	Unlock(ctx context.Context) error
	// EndOrphan finds the session of a dead run, ends it or awaits its end,
	// and returns what was done; an error means that it still works.
	EndOrphan(ctx context.Context, b Batch) (string, error)
	// Actor names this session for the ledger.
	Actor() Actor
}

// LockRequest says what to lock.
type LockRequest struct {
	Operation string // "up", "rollback", … for whoever waits
	History   TableID
	Wait      time.Duration
}

// LockedError tells who holds a lock.
type LockedError struct {
	Holder string // "safemigrate up, pid 812 on db-runner-3, since 12:04:31"; "" when unknown
	What   string // which lock
}

func (e *LockedError) Error() string {
	if e.Holder == "" {
		return e.What + " is held by someone else"
	}
	return e.What + " is held by " + e.Holder
}

// Applier runs the statements of a batch.
type Applier interface {
	// Split cuts a migration into statements.
	Split(m Migration) ([]sqltext.Statement, error)
	// Begin opens the transaction of a step.
	Begin(ctx context.Context, s Step) error
	// Run runs one statement, in the open transaction or outside any. The
	// error is a *StatementError where the database named a place.
	Run(ctx context.Context, st sqltext.Statement) error
	// EndFile takes back what a file set for its session, and has deferred
	// constraints checked as a commit would.
	EndFile(ctx context.Context) error
	// Commit makes the open transaction true. An *UnknownCommitError means that
	// it may be true; after any other error nothing of it is.
	Commit(ctx context.Context) error
	// Abort undoes the open transaction; harmless without one.
	Abort(ctx context.Context) error
}

// StatementError is a statement's failure with its place in the statement.
type StatementError struct {
	Char int    // 1-based character offset within the statement's text, 0: unknown
	Code string // the database's own code
	// NeedsCommit is set where the statement failed only because an earlier
	// one of the same transaction is not committed yet.
	NeedsCommit bool
	// NeedsOutside is set where the statement failed only because it cannot run
	// in a transaction.
	NeedsOutside bool
	// Busy is set where the statement failed only because somebody else held a
	// lock for longer than one try waits for it.
	Busy bool
	Err  error
}

func (e *StatementError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *StatementError) Unwrap() error { return e.Err }

// ScopeMode says which rows a snapshot keeps.
type ScopeMode string

// The modes. An engine that cannot tell what a batch destroys keeps all.
const (
	ScopeAuto ScopeMode = "auto" // what the batch's footprint says that it can destroy
	ScopeAll  ScopeMode = "all"  // every table
	ScopeNone ScopeMode = "none" // no rows: what the batch destroys is lost
)

// Scope limits a snapshot to tables; patterns as the engine matches names ("orders", "public.orders", "log_*").
type Scope struct {
	Mode    ScopeMode
	Tables  []string
	Exclude []string
}

// Budget is what a snapshot may cost at most; 0: no limit.
type Budget struct {
	Bytes int64
	Lock  time.Duration // for which the snapshot keeps writers waiting
}

// SnapshotRequest says what to take.
type SnapshotRequest struct {
	ID       string
	Tag      string
	Database snapshot.Database
	Scope    Scope
	Budget   Budget
	// AcceptLoss: what the scope leaves out may be lost.
	AcceptLoss bool
	Scripts    []Script            // the batch; none where a rollback keeps present rows
	Outside    []sqltext.Statement // those of the batch that run outside a transaction
	Steps      int                 // in how many commits it is applied
	History    TableID             // kept as rows in the ledger instead
	Progress   func(done, total int64, table string)
	Told       func(text string) // of a table whose rows have left the database, and of how a clone was made
}

// Snapshotter takes snapshots and judges what a batch did.
type Snapshotter interface {
	// Estimate tells what Take would keep, without keeping it.
	Estimate(ctx context.Context, r EstimateRequest) (Estimate, error)
	// Take locks the tables in scope, copies them and reads the copies back,
	// inside the open transaction. Nothing of it remains after Abort.
	Take(ctx context.Context, r SnapshotRequest) (*snapshot.Manifest, error)
	// Guard compares what the open transaction (or the statement just run
	// outside one) has changed since Take with what can be taken back, and
	// records the schema as it is now. final: the batch ends with this commit.
	// What it refuses is a *GuardError; a *WidenError where the snapshot can be
	// made to hold what was touched and the step be run again.
	Guard(ctx context.Context, id string, final bool) (Effect, error)
	// Snapshots reads the manifests of all snapshots, oldest first.
	Snapshots(ctx context.Context) ([]*snapshot.Manifest, error)
	// Verify reads a snapshot back and compares it with its manifest.
	Verify(ctx context.Context, m *snapshot.Manifest) error
	// Drop removes a snapshot's rows and manifest, also of one that was never
	// completed.
	Drop(ctx context.Context, id string) error
}

// EstimateRequest says what a snapshot would be taken for.
type EstimateRequest struct {
	Scope   Scope
	Scripts []Script            // the batch
	Outside []sqltext.Statement // those of it that run outside a transaction
	Steps   int                 // in how many commits it is applied
	History TableID
	Budget  Budget
	Allow   []ProblemKind // what is waved through
}

// Widener is what a Target may be able to do besides: keep more than a snapshot
// holds so far. It has to be called in an open transaction, after Take or in
// that of a later step, before any statement has run in it.
type Widener interface {
	// Widen copies whole rows of further tables, named as before the batch. A
	// *GuardError means that it is too late for one of them.
	Widen(ctx context.Context, tables []string) (*snapshot.Manifest, error)
	// Cover copies whole rows of everything that a statement may touch which no
	// transaction can hold, before it runs; no manifest where that is kept already.
	Cover(ctx context.Context, st sqltext.Statement) (*snapshot.Manifest, error)
}

// WidenError says that a step touched more than the snapshot holds.
type WidenError struct{ Tables []WidenedTable }

func (e *WidenError) Error() string {
	return "the batch touched more than its snapshot holds: " + e.list()
}

func (e *WidenError) list() string {
	lines := make([]string, len(e.Tables))
	for i, t := range e.Tables {
		lines[i] = t.Name + ": " + t.Why
	}
	return FirstFew(lines)
}

// WidenedTable is a table whose rows a snapshot was made to hold after the batch
// had touched them unforeseen.
type WidenedTable struct {
	Name string `json:"name"` // as before the batch
	Why  string `json:"why"`
}

// Foreseer is what a Target may be able to do besides: say of a statement,
// before anything runs, why the guard would stop the batch.
type Foreseer interface {
	Foresee(st sqltext.Statement) string
}

// Estimate is the cost of a snapshot, from the database's own statistics.
type Estimate struct {
	Strategy snapshot.Strategy `json:"strategy"`
	Because  string            `json:"because,omitempty"` // why this strategy
	Tables   []TableEstimate   `json:"tables"`
	Bytes    int64             `json:"bytes"`
	// UnlessProved are tables of which up keeps whole rows unless it can prove, before its first
	// statement, that their definitions come back in place. Rows and Bytes are those.
	UnlessProved []TableEstimate `json:"unless_proved,omitempty"`
	// Took is how long the snapshot is going to take; 0 where the engine cannot tell.
	Took time.Duration `json:"took_ns,omitempty"`
	// Rate is what Took rests on, in bytes a second, and where it comes from.
	Rate     int64  `json:"rate,omitempty"`
	RateFrom string `json:"rate_from,omitempty"`
	// Lost lists what the batch can destroy and the snapshot does not keep, as
	// the scope asks. up refuses it without --accept-loss.
	Lost []string `json:"lost,omitempty"`
	// Blockers are reasons why no snapshot can be made: missing privileges,
	// tables that cannot be locked. up refuses them with NoWayBack.
	Blockers []string `json:"blockers,omitempty"`
	// Warnings do not stop an up: long transactions that it may wait for …
	Warnings []string `json:"warnings,omitempty"`
	// Footprint is what the batch touches; nil where the engine cannot tell.
	Footprint *Footprint `json:"footprint,omitempty"`
	// Fails is the error that the batch met on a copy of the database, with its
	// place; "" where there was none, or no copy.
	Fails string `json:"fails,omitempty"`
}

// TableEstimate is one table of an Estimate.
type TableEstimate struct {
	Name  string `json:"name"`
	Rows  int64  `json:"rows"` // -1: unknown
	Bytes int64  `json:"bytes"`
	Keeps string `json:"keeps,omitempty"` // "whole rows", "columns name, phone", or why it is no row
	Why   string `json:"why,omitempty"`
}

// Effect is what a batch did, for the report.
type Effect struct {
	Objects []string `json:"objects,omitempty"` // "table public.orders changed"
	Rows    []string `json:"rows,omitempty"`    // "public.stock: rows changed"
	// Warnings tell what could not be made sure of: a way back that was planned
	// and could not be tried.
	Warnings []string `json:"warnings,omitempty"`
}

// GuardError says why a batch could not be taken back.
type GuardError struct {
	Unexplained []string // what changed and has no way back
}

func (e *GuardError) Error() string {
	return "the batch changed what could not be taken back: " + FirstFew(e.Unexplained)
}

// Decision is what to do with rows written since the batch.
type Decision string

// The decisions.
const (
	Ask     Decision = ""        // stop with Undecided where there are any
	Discard Decision = "discard" // take them out, into the quarantine
	Keep    Decision = "keep"    // leave them; refused where a table has to be refilled or rebuilt
)

// RevertRequest says what to take back.
type RevertRequest struct {
	// ID is the batch that does the taking back; its snapshot is the quarantine.
	ID       string
	Database snapshot.Database
	History  TableID
	Batches  []Batch // newest first
	// Incomplete: the only batch stopped half-way, so that whatever differs
	// from its snapshot is its work, and rows written since go to the
	// quarantine without asking.
	Incomplete bool
	// Whole: the whole database is to come back, where the snapshot of the oldest batch
	// holds it, with everything that was changed or written since.
	Whole bool
	// EndSessions: where databases are exchanged, the sessions of others are ended once no
	// new ones can come. None is where one of them may not be.
	EndSessions bool
	Decide      Decision
	PlanOnly    bool
	// Open has the ledger say that the taking back is under way. An engine that
	// cannot do it in one transaction calls it when the quarantine is complete and
	// before it changes anything else: from there on recover brings back what the
	// quarantine holds. Where the batch itself is open in the ledger (Incomplete), it
	// only notes the quarantine, and is called where there is one.
	Open func(ctx context.Context, c Conn) error
	// Seal writes history and ledger, inside the same atomic unit as the undo;
	// once more only where an undo was given up for another way.
	Seal     func(ctx context.Context, c Conn) error
	Progress func(text string)
}

// TableReport is what a revert does to one table.
type TableReport struct {
	Name string `json:"name"`
	Way  string `json:"way"` // "in place", "corrected", "put back", "refilled", "rebuilt", "brought back", "dropped", "whole file"
	Why  string `json:"why,omitempty"`
	// Rows and Bytes are about what is written to take the table back.
	Rows  int64 `json:"rows,omitempty"`
	Bytes int64 `json:"bytes,omitempty"`
	// Prepared says whether what the table needs was built ahead: "ready", "catches
	// up" (with Rows rows that were written since), "not used: " and why; "" where
	// nothing was.
	Prepared string `json:"prepared,omitempty"`
	// Readers says what happens to who reads the table meanwhile: "go on", "wait
	// briefly" (for as long as it takes to exchange names), "wait" (while rows are
	// written); "" where that is not known.
	Readers string `json:"readers,omitempty"`
	// Written counts rows inserted or updated since the batch that would be
	// taken out; Gone counts rows updated or deleted since. -1: unknown.
	Written int64 `json:"written"`
	Gone    int64 `json:"gone"`
	Kept    int64 `json:"kept,omitempty"` // rows put into the quarantine
	// Place is the table of the quarantine that holds them, quoted and qualified.
	Place string `json:"place,omitempty"`
}

// RevertReport is what a revert did, or would do.
type RevertReport struct {
	Tables     []TableReport `json:"tables,omitempty"`
	Objects    []string      `json:"objects,omitempty"`
	Drift      []string      `json:"drift,omitempty"`
	Quarantine string        `json:"quarantine,omitempty"`
	// Ended names the sessions of others that were ended.
	Ended []string `json:"ended,omitempty"`
	// Whole says why everything goes back, also what the batches did not touch;
	// "" where they alone are taken back.
	Whole string `json:"whole,omitempty"`
}

// Losses sums the rows that somebody wrote since and that would be taken out
// or brought back to an older state.
func (r RevertReport) Losses() int64 {
	var n int64
	for _, t := range r.Tables {
		if t.Written < 0 || t.Gone < 0 {
			n++
			continue
		}
		n += max(t.Written, t.Gone)
	}
	return n
}

// ConflictError says that the batch and somebody since changed one thing, or, where
// it is inherent, that what goes cannot be made again although nobody changed anything.
type ConflictError struct {
	Conflicts []string
	Inherent  bool
	// Dumped: the snapshot holds the whole database, which can come back all the same.
	Dumped bool
	// Together: of several batches that go back at once; one after the other they can.
	Together bool
}

func (e *ConflictError) Error() string {
	if e.Inherent {
		return "cannot be brought back: " + FirstFew(e.Conflicts)
	}
	return "changed since the batch by someone else: " + FirstFew(e.Conflicts)
}

// FirstFew joins what an error names, and says how many more there are.
func FirstFew(list []string) string {
	const most = 5
	if len(list) <= most {
		return strings.Join(list, "; ")
	}
	return fmt.Sprintf("%s; and %d more", strings.Join(list[:most], "; "), len(list)-most)
}

// UndecidedError says that rows written since would be taken out.
type UndecidedError struct{ Report RevertReport }

func (e *UndecidedError) Error() string { return "rows were written since the batch" }

// KeepError says why --keep-writes cannot be done.
type KeepError struct{ Tables []string }

func (e *KeepError) Error() string {
	return "later rows cannot be kept in tables that have to be refilled or rebuilt, or that get a column back for which those rows have no value, or where they do not fit what the table was: " + FirstFew(e.Tables)
}

// SessionsError says who else is connected to a database that safemigrate has to have
// for itself.
type SessionsError struct {
	Database string
	Sessions []string
	Role     string // that was to end them and may not; "" where nobody asked for that
}

func (e *SessionsError) Error() string {
	if e.Role != "" {
		return fmt.Sprintf("database %q has to be had alone, and role %s may not end all that is connected to it: %s", e.Database, e.Role, FirstFew(e.Sessions))
	}
	who := "one other is"
	if n := len(e.Sessions); n != 1 {
		who = fmt.Sprintf("%d others are", n)
	}
	return fmt.Sprintf("database %q has to be had alone, and %s connected to it: %s", e.Database, who, FirstFew(e.Sessions))
}

// BlockedError says why databases cannot be exchanged, whatever anybody decides.
type BlockedError struct{ Blockers []string }

func (e *BlockedError) Error() string {
	return "the databases cannot be exchanged: " + FirstFew(e.Blockers)
}

// UnfilledError says that materialized views would have to be filled again whose queries
// fail on the rows that are there by now.
type UnfilledError struct{ Views []string }

func (e *UnfilledError) Error() string {
	return "materialized views have to be filled again, and their queries fail by now: " + FirstFew(e.Views)
}

// Preparer is what a Target may be able to do besides: build, ahead of a rollback,
// what it is going to need.
type Preparer interface {
	// Prepare builds it for one batch, in place of what was built before, as one
	// atomic unit and without a lock that the application would wait for. It needs no
	// open transaction.
	Prepare(ctx context.Context, r PreparationRequest) (Preparation, error)
}

// PreparationRequest says for which batch.
type PreparationRequest struct {
	Database snapshot.Database
	History  TableID
	Batch    Batch
	Drop     bool // only remove what was built before
	Progress func(text string)
}

// Reverter takes batches back.
type Reverter interface {
	// Revert undoes the batches' work, and nothing else, as one atomic unit: a
	// crash leaves the database as it was or as it shall be, or, once Open was
	// called, open in the ledger for recover. Errors:
	// *ConflictError, *UndecidedError, *KeepError, snapshot.ErrDamaged,
	// snapshot.ErrForeign, or the database's own; after each of them nothing
	// was changed, unless Open was called.
	Revert(ctx context.Context, r RevertRequest) (RevertReport, error)
}
