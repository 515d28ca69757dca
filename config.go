package safemigrate

import (
	"io/fs"
	"time"

	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// DefaultLockTimeout is how long a DB waits for locks when Config says nothing.
const DefaultLockTimeout = 15 * time.Second

// Config says which database and which migrations.
type Config struct {
	// Database is a URL: postgres://…, postgresql://…, pgx5://…, sqlite://file.db,
	// sqlite3://file.db, or PostgreSQL's keyword form. Required.
	Database string
	// Source is a directory or file:// URL; FS, when set, is used in its place.
	// Default: "migrations".
	Source string
	FS     fs.FS
	// Convention is "golang-migrate" or "flyway"; "" detects it.
	Convention string
	Flyway     FlywayConfig
	// Tables and Exclude limit the snapshot's scope (shell patterns on
	// "table" or "schema.table").
	Tables  []string
	Exclude []string
	// Scope says which rows a snapshot keeps: what the batch can destroy
	// ([migrate.ScopeAuto], the default), every table's, or none.
	Scope ScopeMode
	// MaxSnapshot bounds the bytes of a snapshot, MaxLock the time for which it
	// keeps writers waiting; 0: no limit.
	MaxSnapshot int64
	MaxLock     time.Duration
	// Strategy is how snapshots keep rows: "copy" (in tables inside the database),
	// "dump" (in a store), "clone" (of the whole database, for development and CI), or
	// "auto" or "" for the cheaper of the first two that will do.
	Strategy snapshot.Strategy
	// Store is where snapshots are put, instead of beside the database: those of
	// SQLite, and those of PostgreSQL that are dumps.
	Store StoreConfig
	// Jobs is how many connections a dump copies with; 0: as many as there are
	// processors, up to four.
	Jobs int
	// Programs is the directory of pg_dump and pg_restore; "": where packages put them.
	Programs string
	// LockTimeout bounds every wait for a lock; 0 means DefaultLockTimeout.
	LockTimeout time.Duration
	// LockTry bounds one try for a lock on a table: so long the application
	// queues behind it at most. A try that fails is undone, and repeated until
	// LockTimeout is over. 0 means two seconds.
	LockTry time.Duration
	// Version of the calling program, for the ledger.
	Version string
	// Progress, when set, receives notices while a method works.
	Progress func(Notice)
}

// FlywayConfig holds what a Flyway project sets in its own configuration.
type FlywayConfig struct {
	Schema       string            `yaml:"schema"`
	Table        string            `yaml:"table"`
	Placeholders map[string]string `yaml:"placeholders"`
	OutOfOrder   bool              `yaml:"out_of_order"`
	Encoding     string            `yaml:"encoding"`
	InstalledBy  string            `yaml:"installed_by"`
}

// UpOptions says how far and how.
type UpOptions struct {
	Limit int    // at most so many migrations; 0: all
	To    string // up to this version; "": the newest
	// Allow waves kinds of problems through.
	Allow []ProblemKind
	// KeepOnFailure leaves a half-applied batch for a person to look at (where
	// the failure is in a later step; a transaction is always undone).
	KeepOnFailure bool
	// AcceptLoss lets statements run whose effect lies outside any snapshot.
	AcceptLoss bool
	// FailOn refuses hazards: by their IDs, by groups ("blocking", "destructive",
	// …), or "all". docs/hazards.md lists them.
	FailOn []string
	// PlanDigest, when set, must equal the digest of the plan.
	PlanDigest string
	// Prepare builds what taking the batch back is going to need once it is applied,
	// as [DB.Prepare] does. Where that fails the batch stays applied, and Progress
	// receives a warning.
	Prepare bool
}

// RollbackOptions says how far back and what becomes of later rows.
type RollbackOptions struct {
	To   *string // tag to go back to; nil: undo the newest batch
	Undo bool    // undo the newest rollback instead
	// Whole brings the whole database back from a snapshot that holds it: on PostgreSQL,
	// of strategy dump or clone.
	Whole bool
	// EndSessions has the sessions of others ended at the moment when PostgreSQL's databases
	// are exchanged, which needs that nobody else is connected; the report names them.
	EndSessions bool
	Decide      Decision
	Plan        bool // report only
}

// The terms of package migrate that callers need.
type (
	// Failure is an error of a method.
	Failure = migrate.Failure
	// Outcome is the class of an ending; its number is the exit code.
	Outcome = migrate.Outcome
	// Notice is one line of progress.
	Notice = migrate.Notice
	// Problem is one disagreement of files, history and ledger.
	Problem = migrate.Problem
	// ProblemKind is a word for UpOptions.Allow.
	ProblemKind = migrate.ProblemKind
	// ScopeMode is a word for Config.Scope.
	ScopeMode = migrate.ScopeMode
	// Decision is what becomes of rows written since.
	Decision = migrate.Decision
	// Plan is what Up would do.
	Plan = migrate.Plan
	// UpReport is what Up did.
	UpReport = migrate.UpReport
	// RollbackReport is what Rollback did, or would do.
	RollbackReport = migrate.RollbackReport
	// RecoverReport is what Recover found and did.
	RecoverReport = migrate.RecoverReport
	// StatusReport is where a database stands.
	StatusReport = migrate.StatusReport
)
