package snapshot

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Format is the version of the manifest's form. A reader refuses newer ones. Since
// version 2 a table can be kept in part.
const Format = 2

// FormatPrepared is the version of a manifest that lists prepared tables.
const FormatPrepared = 3

// formatStored is the version of a manifest whose files are in a store, and the
// newest that is read. One that names no store keeps the number before it, so
// that its seal stays what earlier versions compute.
const formatStored = 4

// Strategy is how a snapshot keeps rows.
type Strategy string

// The strategies of this version.
const (
	Copy  Strategy = "copy"  // tables inside the same database
	Clone Strategy = "clone" // the whole database file
	Dump  Strategy = "dump"  // files in a store
)

// Reasons for refusing a snapshot (G6, G7).
var (
	// ErrDamaged is returned when a manifest or the rows it describes are not what was written.
	ErrDamaged = errors.New("snapshot is damaged")
	// ErrForeign is returned when a snapshot was taken from another database.
	ErrForeign = errors.New("snapshot was taken from another database")
	// ErrNewer is returned when a newer safemigrate wrote the manifest.
	ErrNewer = errors.New("snapshot was written by a newer safemigrate")
	// ErrKey is returned where no key opens an encrypted snapshot: none was given,
	// or the wrong ones.
	ErrKey = errors.New("no key opens the snapshot")
	// ErrRemoved is returned where the store is there and has the snapshot no more.
	ErrRemoved = errors.New("snapshot was removed from its store")
	// ErrUnreachable is returned where the store that holds a snapshot cannot be read.
	ErrUnreachable = errors.New("the store of the snapshot cannot be reached")
	// ErrVersion is returned when what a snapshot says of the schema was read on a server
	// of another major version.
	ErrVersion = errors.New("snapshot fits another server version")
)

// Manifest is a snapshot's table of contents. It is written last; its seal
// covers every other field.
type Manifest struct {
	Format   int       `json:"format"`
	ID       string    `json:"id"`
	Tag      string    `json:"tag"` // schema version it was taken at; "" before the first
	Strategy Strategy  `json:"strategy"`
	TakenAt  time.Time `json:"taken_at"`
	Database Database  `json:"database"`
	Tables   []Table   `json:"tables"`
	Bytes    int64     `json:"bytes"` // space that the kept rows take
	// Took is how long it took to copy the rows and to read the copies back, in
	// nanoseconds.
	Took time.Duration `json:"took_ns,omitempty"`
	// Parts are the SHA-256 sums, hex, of what is kept beside rows: the schema
	// before the batch, sequence values.
	Parts map[string]string `json:"parts,omitempty"`
	// Prepared lists the tables that stand ready to take their places in a rollback.
	Prepared []Prepared `json:"prepared,omitempty"`
	Position string     `json:"position,omitempty"` // WAL position, for point-in-time recovery
	Stored   *Stored    `json:"stored,omitempty"`   // where the files are, unless beside the database
	Seal     string     `json:"seal"`               // SHA-256 over the manifest without the seal, hex
}

// Stored says where a snapshot's files are.
type Stored struct {
	URL    string `json:"url"`    // of the store, without a secret
	Digest string `json:"digest"` // SHA-256 of the manifest there, hex
	Bytes  int64  `json:"bytes"`  // of all that it needs there
	Added  int64  `json:"added"`  // of what no earlier snapshot had brought
}

// Database identifies what a snapshot was taken from.
type Database struct {
	Engine  string `json:"engine"`            // "postgresql", "sqlite"
	Name    string `json:"name"`              // database name, or base name of the file
	Address string `json:"address,omitempty"` // host:port, or the file's path; for people, not compared
	Server  string `json:"server"`            // version, for people
	System  string `json:"system,omitempty"`  // cluster's system identifier
	OID     uint32 `json:"oid,omitempty"`     // database OID
	Ledger  string `json:"ledger,omitempty"`  // random identity that the ledger was created with
}

// Table is one kept table.
type Table struct {
	Name string `json:"name"`
	Rows int64  `json:"rows"`
	Sum  string `json:"sum"` // order-independent sum over the rows, or SHA-256 of the file
	At   string `json:"at"`  // where the rows are: a table, or a file's name
	// Columns lists what is kept of each row where it is not all of it: the
	// primary key, and the columns that the batch can destroy.
	Columns []string `json:"columns,omitempty"`
}

// Prepared is a table that was built ahead of a rollback.
type Prepared struct {
	Name  string `json:"name"`
	Way   string `json:"way"` // in which the rollback brings the table back
	Rows  int64  `json:"rows"`
	Bytes int64  `json:"bytes"` // with its indexes
	At    string `json:"at"`    // where it stands
}

// Close computes the seal; the manifest must not be changed after it.
func (m *Manifest) Close() error {
	if m.Stored != nil {
		m.Format = formatStored
	}
	sum, err := m.digest()
	if err != nil {
		return err
	}
	m.Seal = sum
	return nil
}

// Check reports whether the manifest is whole and readable by this version.
func (m *Manifest) Check() error {
	if m.Format > formatStored {
		return fmt.Errorf("%w: format %d, this one reads up to %d", ErrNewer, m.Format, formatStored)
	}
	sum, err := m.digest()
	if err != nil {
		return err
	}
	if m.Format < 1 || m.Seal != sum || m.Stored != nil && m.Format != formatStored {
		return fmt.Errorf("%w: the seal of manifest %s does not match", ErrDamaged, m.ID)
	}
	return nil
}

// Belongs reports whether the snapshot was taken from db. What only one side
// knows is not compared.
func (m *Manifest) Belongs(db Database) error {
	was := m.Database
	switch {
	case was.Engine != db.Engine:
		return fmt.Errorf("%w: a %s snapshot, a %s database", ErrForeign, was.Engine, db.Engine)
	case was.Ledger != "" && db.Ledger != "" && was.Ledger != db.Ledger:
		return fmt.Errorf("%w: ledger %s, here %s", ErrForeign, was.Ledger, db.Ledger)
	case was.System != "" && db.System != "" && was.System != db.System:
		return fmt.Errorf("%w: server %s, here %s", ErrForeign, was.System, db.System)
	case was.OID != 0 && db.OID != 0 && was.OID != db.OID:
		return fmt.Errorf("%w: database %s (oid %d), here %s (oid %d)", ErrForeign, was.Name, was.OID, db.Name, db.OID)
	}
	return nil
}

// Rows returns the number of rows kept.
func (m *Manifest) Rows() int64 {
	var n int64
	for _, t := range m.Tables {
		n += t.Rows
	}
	return n
}

func (m *Manifest) digest() (string, error) {
	bare := *m
	bare.Seal = ""
	bare.TakenAt = bare.TakenAt.UTC()
	text, err := json.Marshal(bare)
	if err != nil {
		return "", fmt.Errorf("encode manifest %s: %w", m.ID, err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// Decode reads a manifest and checks it.
func Decode(text []byte) (*Manifest, error) {
	var m Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if err := m.Check(); err != nil {
		return nil, err
	}
	return &m, nil
}
