package migrate

import (
	"context"
	"slices"
	"time"
)

// Assessor is what a Target may be able to do besides: say beforehand which
// locks a batch takes, what about it may hurt, and who stands in its way now.
type Assessor interface {
	// Assess reads, and changes nothing. A statement that cannot be understood
	// is no error: it has no hazards and no locks here.
	Assess(ctx context.Context, r AssessRequest) (Assessment, error)
}

// AssessRequest is the batch that Assess looks at.
type AssessRequest struct {
	Scripts []Script
	Steps   []Step // in which the batch is committed
}

// Assessment is what Assess found.
type Assessment struct {
	Hazards  []Hazard
	Locks    []LockNote
	Sessions []SessionNote
	// Known lists every word that a policy can name: IDs and groups.
	Known []string
}

// Hazard is what about one statement may hurt: the application that runs while
// the batch does, the release before it, or the way back.
type Hazard struct {
	ID     string   `json:"id"`     // stable: "index-not-concurrent"
	Groups []string `json:"groups"` // "blocking", "destructive", …
	File   string   `json:"file"`
	Line   int      `json:"line"`
	Table  string   `json:"table,omitempty"` // "public.orders"
	// Note: the table is too small for it to be felt.
	Note    bool   `json:"note,omitempty"`
	Why     string `json:"why"`
	Instead string `json:"instead"`
	// Silenced is the reason that the file gives for letting it pass.
	Silenced string `json:"silenced,omitempty"`
}

// Counts reports whether the hazard is neither silenced nor a mere note.
func (h Hazard) Counts() bool { return h.Silenced == "" && !h.Note }

// Called reports whether word is the hazard's ID, one of its groups, or all.
func (h Hazard) Called(word string) bool {
	return word == HazardsAll || word == h.ID || slices.Contains(h.Groups, word)
}

// HazardsAll is the word for every hazard.
const HazardsAll = "all"

// LockNote is the strongest lock that a batch takes on one table, at the
// statement that first takes it.
type LockNote struct {
	File  string `json:"file"`
	Line  int    `json:"line"`
	Table string `json:"table"`
	Mode  string `json:"mode"` // "ACCESS EXCLUSIVE"
	// Blocks is what others cannot do meanwhile: "reads and writes", "writes",
	// "schema changes"; "" where nothing that an application does waits.
	Blocks string `json:"blocks,omitempty"`
	// Step is the step (from 1) whose commit gives the lock back.
	Step int `json:"step"`
	// Work is what the statements do under the lock that takes longer the
	// larger the table is: "rewrite", "scan", "index build"; with the bytes
	// that are read or written and an estimate of the time.
	Work  string        `json:"work,omitempty"`
	Bytes int64         `json:"bytes,omitempty"`
	Took  time.Duration `json:"took_ns,omitempty"`
}

// SessionNote is somebody who stands in the way of a batch now.
type SessionNote struct {
	// Kind is one of "blocker", "waiting", "dump", "idle-in-transaction",
	// "long-transaction", "wraparound-vacuum", "prepared-transaction", "unseen".
	Kind        string `json:"kind"`
	PID         int64  `json:"pid,omitempty"` // 0: a prepared transaction has none
	Role        string `json:"role,omitempty"`
	Application string `json:"application,omitempty"`
	Since       string `json:"since,omitempty"` // start of its transaction, as the server writes it
	Table       string `json:"table,omitempty"`
	Text        string `json:"text"` // all of it, for people
}
