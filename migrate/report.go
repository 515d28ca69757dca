package migrate

import (
	"time"

	"github.com/safemigrate/safemigrate/snapshot"
)

// Notice is one line of progress: which phase, and what about it.
type Notice struct {
	Phase string // "database", "plan", "snapshot", "apply", "restore", "wait", "warning", "done"
	Text  string
	// Done and Total count bytes or statements where both are known.
	Done, Total int64
}

// PlannedMigration is one line of a plan.
type PlannedMigration struct {
	Version    string `json:"version,omitempty"`
	Name       string `json:"name"`
	Kind       Kind   `json:"kind"`
	File       string `json:"file"`
	Statements int    `json:"statements"`
	// Steps lists the steps (from 1) in which its statements are committed.
	Steps []int `json:"steps"`
	// Outside lists the statements that no transaction can hold.
	Outside []string `json:"outside,omitempty"`
	// NoWayBack lists what lies outside any snapshot; up refuses it without --accept-loss.
	NoWayBack []string `json:"no_way_back,omitempty"`
}

// Plan is what up would do.
type Plan struct {
	Database   snapshot.Database  `json:"database"`
	Convention string             `json:"convention"`
	Version    string             `json:"version"` // now
	Target     string             `json:"target"`  // after
	Migrations []PlannedMigration `json:"migrations"`
	Steps      int                `json:"steps"`
	Snapshot   Estimate           `json:"snapshot"`
	// Rollback is what taking it back is going to need; nil where the engine
	// cannot tell.
	Rollback *RollbackEstimate `json:"rollback,omitempty"`
	Locks    []LockNote        `json:"locks,omitempty"`
	Hazards  []Hazard          `json:"hazards,omitempty"`
	// Sessions are those that stand in the way now.
	Sessions []SessionNote `json:"sessions,omitempty"`
	Problems []Problem     `json:"problems,omitempty"`
	// Unfinished names a batch that recover has to act on first.
	Unfinished string `json:"unfinished,omitempty"`
	// Digest is a hash over the migrations' text and order: what was planned is
	// what up runs, when it is given with --plan-digest.
	Digest string `json:"digest"`
}

// UpReport is what up did.
type UpReport struct {
	Database   snapshot.Database  `json:"database"`
	Convention string             `json:"convention"`
	From       string             `json:"from"`
	To         string             `json:"to"`
	Batch      string             `json:"batch,omitempty"` // "" when nothing was pending
	Migrations []AppliedMigration `json:"migrations"`
	Snapshot   *snapshot.Manifest `json:"snapshot,omitempty"`
	Steps      int                `json:"steps"`
	Effect     Effect             `json:"effect"`
	// Widened lists the tables that the batch touched unforeseen: it was undone,
	// their rows were copied, and it was run once more.
	Widened []WidenedTable `json:"widened,omitempty"`
	// Prepared is what was built ahead for taking the batch back; nil where it was
	// not asked for, or failed, which is a warning.
	Prepared *PrepareReport `json:"prepared,omitempty"`
	Took     time.Duration  `json:"took_ns"` // without that
}

// AppliedMigration is one migration that ran.
type AppliedMigration struct {
	Version string        `json:"version,omitempty"`
	Name    string        `json:"name"`
	File    string        `json:"file"`
	Took    time.Duration `json:"took_ns"`
}

// RollbackReport is what rollback did, or would do (Planned).
type RollbackReport struct {
	Database snapshot.Database `json:"database"`
	Planned  bool              `json:"planned,omitempty"`
	Undo     bool              `json:"undo,omitempty"`
	From     string            `json:"from"`
	To       string            `json:"to"`
	Batch    string            `json:"batch,omitempty"`
	Undone   []string          `json:"undone"` // batches taken back, newest first
	RevertReport
	Took time.Duration `json:"took_ns"`
}

// RecoverReport is what recover found and did.
type RecoverReport struct {
	Database snapshot.Database `json:"database"`
	Version  string            `json:"version"`
	Batch    string            `json:"batch,omitempty"` // "" when there was nothing to do
	Action   string            `json:"action"`          // "nothing to do", "restored", …
	Orphan   string            `json:"orphan,omitempty"`
	// Removed names what runs that died had left and nothing needed.
	Removed []string `json:"removed,omitempty"`
	RevertReport
}

// StatusReport is where a database stands.
type StatusReport struct {
	Database   snapshot.Database `json:"database"`
	Convention string            `json:"convention"`
	Version    string            `json:"version"`
	Dirty      bool              `json:"dirty,omitempty"`
	Pending    []PendingFile     `json:"pending"`
	Problems   []Problem         `json:"problems,omitempty"`
	Batches    []Batch           `json:"batches"` // newest first
	Unfinished string            `json:"unfinished,omitempty"`
	// Rollback is the tag that `rollback` would go to; Possible false when there is nothing to take back.
	Rollback RollbackTarget `json:"rollback"`
	// Leftovers names what runs that died have left, and recover removes.
	Leftovers []string `json:"leftovers,omitempty"`
}

// RollbackTarget is what `rollback` would do now.
type RollbackTarget struct {
	Possible bool   `json:"possible"`
	Tag      string `json:"tag"`
	Batch    string `json:"batch,omitempty"`
	// Prepared lists the tables that stand ready for it.
	Prepared []snapshot.Prepared `json:"prepared,omitempty"`
}

// PendingFile is a migration that is due.
type PendingFile struct {
	Version string `json:"version,omitempty"`
	Name    string `json:"name"`
	Kind    Kind   `json:"kind"`
	File    string `json:"file"`
}
