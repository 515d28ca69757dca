package migrate

import (
	"context"
	"io/fs"
	"time"
)

// Kind is what a migration file is for.
type Kind string

// The kinds of migration.
const (
	Versioned  Kind = "versioned"
	Repeatable Kind = "repeatable" // runs again when its checksum changed; has no version
	Baseline   Kind = "baseline"   // the state of a version, for an empty database
	Undo       Kind = "undo"       // read and listed, never run: the way back needs none
)

// Migration is one file, read once.
type Migration struct {
	Version  string // as the history stores it; "" for a repeatable
	Name     string // description
	Kind     Kind
	File     string // path within the source, with slashes
	Text     string // decoded, without BOM, placeholders replaced: what runs
	Checksum *int32 // the convention's own, where it has one
	Digest   string // SHA-256 of Text, hex: what the ledger remembers
	// OutsideTransaction is set where the file's own configuration says that it
	// must not run in a transaction.
	OutsideTransaction bool
}

// Label names the migration for people: "13 add_phone" or "R views".
func (m Migration) Label() string {
	if m.Version == "" {
		return "R " + m.Name
	}
	return m.Version + " " + m.Name
}

// History is what a convention's table says.
type History struct {
	Exists  bool    `json:"exists"`
	Version string  `json:"version"` // newest applied version, "" before the first
	Dirty   bool    `json:"dirty,omitempty"`
	Entries []Entry `json:"entries,omitempty"`
}

// Entry is one row of a history table. golang-migrate fills Version and Success only.
type Entry struct {
	Rank        int    `json:"rank,omitempty"`
	Version     string `json:"version,omitempty"`
	Description string `json:"description,omitempty"`
	Type        string `json:"type,omitempty"`
	Script      string `json:"script,omitempty"`
	Checksum    *int32 `json:"checksum,omitempty"`
	InstalledBy string `json:"installed_by,omitempty"`
	InstalledOn string `json:"installed_on,omitempty"` // the database's own text form, kept to the letter
	Millis      int64  `json:"millis,omitempty"`
	Success     bool   `json:"success"`
}

// Applied is what the ledger remembers of a migration that it ran.
type Applied struct {
	Version string `json:"version,omitempty"`
	Name    string `json:"name"`
	Kind    Kind   `json:"kind"`
	File    string `json:"file"`
	Digest  string `json:"digest"`
}

// Convention is how a migration tool names its files and decides what is due.
type Convention interface {
	// Name is the word for --convention and for the ledger.
	Name() string
	// Claims counts the files of the source that carry this convention's names.
	Claims(src fs.FS) (int, error)
	// Load reads every migration once. What is wrong with single files comes
	// back as problems; the error is for a source that cannot be read.
	Load(src fs.FS) ([]Migration, []Problem, error)
	// Pending returns what is due, in the order in which it runs, and what
	// disagrees. known is what the ledger says was applied (newest last); a
	// convention with checksums of its own may not need it.
	Pending(files []Migration, h History, known []Applied) ([]Migration, []Problem)
	// Compare orders two versions: negative, zero or positive.
	Compare(a, b string) int
	// History gives access to the table in the database.
	History() HistoryTable
}

// TableID says where a history is kept and how the plain tool locks it.
type TableID struct {
	Schema string // "" on SQLite
	Table  string
	// LockKeys are the advisory locks on PostgreSQL under which the plain tool
	// may work on this history.
	LockKeys []int64
	// LockNames are the named locks (GET_LOCK) on MySQL and MariaDB under which
	// it may.
	LockNames []string
}

// HistoryTable reads and writes a convention's own table, for one database. All
// but Identity run in the transaction that is open.
type HistoryTable interface {
	// Identity finds the table's place, as the plain tool would at its start; it
	// stays what it was found to be, whatever a migration does to search_path.
	Identity(ctx context.Context, c Conn) (TableID, error)
	// Read tells what the table says; a missing table is no error.
	Read(ctx context.Context, c Conn) (History, error)
	// Create makes the table where it is missing, as the plain tool would.
	Create(ctx context.Context, c Conn) error
	// Started marks a migration that is about to run outside a transaction, so
	// that the plain tool sees a half-way state for what it is.
	Started(ctx context.Context, c Conn, m Migration) error
	// Finished records a migration as applied.
	Finished(ctx context.Context, c Conn, m Migration, took time.Duration) error
	// Restore makes the table hold exactly h, and drops it where h.Exists is false.
	Restore(ctx context.Context, c Conn, h History) error
}
