package migrate

import (
	"fmt"
	"time"
)

// Operation is what a batch is: migrations going up, or the taking back of
// other batches. Both are recorded alike, so a rollback can itself be undone.
type Operation string

// The operations.
const (
	OpUp       Operation = "up"
	OpRollback Operation = "rollback"
	OpUndo     Operation = "undo" // of a rollback
)

// BatchState is where a batch stands in the ledger. Each has one meaning and
// one way on; see transitions.
type BatchState string

// The states of a batch.
const (
	// StateNone: no row. Nothing of the batch is committed.
	StateNone BatchState = ""
	// StateOpen: the snapshot is complete, and some statements may be
	// committed. The way on is recover.
	StateOpen BatchState = "open"
	// StateKept: like open, but the person asked to look first
	// (--on-failure=keep). The way on is recover, too.
	StateKept BatchState = "kept"
	// StateApplied: all is committed. The way on is rollback, or undo of a rollback.
	StateApplied BatchState = "applied"
	// StateRestored: failed and put back; nothing of it remains.
	StateRestored BatchState = "restored"
	// StateRolledBack: applied once, taken back by a later batch.
	StateRolledBack BatchState = "rolled-back"
)

// Event is what happens to a batch.
type Event string

// The events.
const (
	EventCommitStep Event = "commit a step"   // a step that is not the last
	EventCommitLast Event = "commit the last" // the batch is complete
	EventKeep       Event = "keep"            // failed half-way, not restored
	EventRestore    Event = "restore"         // put back after a failure or by recover
	EventTakeBack   Event = "take back"       // by a rollback or an undo
	EventReinstate  Event = "reinstate"       // the rollback that took it back was undone
)

// transitions is the whole state machine of a batch: what is not in it is
// refused. Every change is committed together with the work that it tells of,
// so a crash leaves either both or neither.
var transitions = map[BatchState]map[Event]BatchState{
	StateNone: {
		EventCommitStep: StateOpen,
		EventCommitLast: StateApplied,
	},
	StateOpen: {
		EventCommitStep: StateOpen,
		EventCommitLast: StateApplied,
		EventKeep:       StateKept,
		EventRestore:    StateRestored,
	},
	StateKept: {
		EventRestore: StateRestored,
	},
	StateApplied: {
		EventTakeBack: StateRolledBack,
	},
	StateRolledBack: {
		EventReinstate: StateApplied,
	},
	StateRestored: {},
}

// Next gives the state after an event, or an error where the event is not legal.
func (s BatchState) Next(e Event) (BatchState, error) {
	if to, ok := transitions[s][e]; ok {
		return to, nil
	}
	return s, fmt.Errorf("batch is %q: cannot %s", s, e)
}

// Unfinished reports whether recover has to act.
func (s BatchState) Unfinished() bool { return s == StateOpen || s == StateKept }

// Actor is who ran a batch. It never holds a URL or a password.
type Actor struct {
	User    string `json:"user,omitempty"`
	Host    string `json:"host,omitempty"`
	PID     int    `json:"pid,omitempty"`
	Session string `json:"session,omitempty"` // the server's name of the session
	Version string `json:"version,omitempty"` // of safemigrate
}

// Batch is one row of the ledger. Its ID is also the ID of its snapshot.
type Batch struct {
	ID         string     `json:"id"`
	Operation  Operation  `json:"operation"`
	State      BatchState `json:"state"`
	Tag        string     `json:"tag"`    // version before
	Target     string     `json:"target"` // version after
	Convention string     `json:"convention"`
	Migrations []Applied  `json:"migrations,omitempty"`
	// Found lists files at or below the version before, that another tool had
	// applied as far as the history tells.
	Found     []Applied `json:"found,omitempty"`
	Before    History   `json:"before"` // the foreign history before …
	After     History   `json:"after"`  // … and after the batch
	Steps     int       `json:"steps"`
	StepsDone int       `json:"steps_done"`
	// Running names the statement outside a transaction that was sent last,
	// "file:line VERB"; it is committed before the statement is sent, and
	// cleared after.
	Running  string   `json:"running,omitempty"`
	Undoes   []string `json:"undoes,omitempty"` // batches that a rollback took back
	UndoneBy string   `json:"undone_by,omitempty"`
	// Quarantines are the snapshots of what restores of this batch were about to replace,
	// also of those that did not come to their end.
	Quarantines []string  `json:"quarantines,omitempty"`
	Pruned      bool      `json:"pruned,omitempty"` // its snapshot is gone
	Pinned      bool      `json:"pinned,omitempty"` // its snapshot goes only when named
	Started     time.Time `json:"started"`
	Finished    time.Time `json:"finished,omitzero"`
	By          Actor     `json:"by"`
}

// move applies an event.
func (b *Batch) move(e Event) error {
	to, err := b.State.Next(e)
	if err != nil {
		return fmt.Errorf("batch %s: %w", b.ID, err)
	}
	b.State = to
	return nil
}

// NewestApplied returns the newest batch that rollback would take back: the
// newest applied up, or applied undo (which reinstated others). Rollbacks that
// are themselves applied have no place in the chain.
func NewestApplied(all []Batch) *Batch {
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].State == StateApplied && all[i].Operation == OpUp {
			return &all[i]
		}
	}
	return nil
}

// NewestUnfinished returns the batch that recover has to act on, or nil.
func NewestUnfinished(all []Batch) *Batch {
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].State.Unfinished() {
			return &all[i]
		}
	}
	return nil
}

// AppliedFiles lists the files that the ledger knows as applied, oldest first.
func AppliedFiles(all []Batch) []Applied {
	var known []Applied
	for _, b := range all {
		if b.Operation == OpUp && b.State == StateApplied {
			known = append(append(known, b.Found...), b.Migrations...)
		}
	}
	return known
}
