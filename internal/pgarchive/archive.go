package pgarchive

import (
	"errors"
	"fmt"
	"time"
)

// The versions of the format that are understood, as major*256+minor.
const (
	version14 = 1<<8 | 14
	version15 = 1<<8 | 15
	version16 = 1<<8 | 16
)

// ErrFormat is returned for what is no table of contents of a version that this
// package understands, or is damaged.
var ErrFormat = errors.New("not a table of contents that can be read")

// Section is when pg_restore takes an entry.
type Section int

// The sections.
const (
	None     Section = 1 // with the object that it belongs to: comments, privileges
	PreData  Section = 2
	Data     Section = 3
	PostData Section = 4
)

// Compression of the data files, as far as an archive tells.
type Compression byte

// The compressions that every pg_restore reads.
const (
	Plain Compression = 0
	Gzip  Compression = 1
)

// Archive is a table of contents.
type Archive struct {
	Version     int // major*256+minor
	Revision    byte
	IntSize     byte // of the machine that wrote it
	OffsetSize  byte
	Format      byte
	Compression Compression
	Level       int // before 1.15 the only word on compression; 0: none, -1: gzip's default
	Created     time.Time
	DST         int
	Database    Text
	Server      Text // version of the server that was dumped
	Dumper      Text // version of pg_dump
	Entries     []Entry
}

// ReadSince is the first major version whose pg_restore reads the archive; 0: any that
// is still in use.
func (a *Archive) ReadSince() int {
	switch a.Version {
	case version15:
		return 16
	case version16:
		return 17
	}
	return 0
}

// Text is a string that may be missing, which is not the same as empty: pg_restore
// takes an empty name of a tablespace or access method for a name.
type Text struct {
	Value string
	Valid bool
}

// Some is a text that is there.
func Some(s string) Text { return Text{Value: s, Valid: true} }

// Entry is one object of an archive.
type Entry struct {
	ID         int
	HasData    bool
	CatalogOID Text // of the catalog that describes the object, decimal
	OID        Text
	Tag        Text
	Kind       Text // "TABLE", "TABLE DATA", …
	Section    Section
	Definition Text
	Drop       Text
	Copy       Text // the COPY statement that loads the data
	Namespace  Text
	Tablespace Text
	TableAM    Text
	RelKind    int // since 1.16
	Owner      Text
	WithOIDs   Text
	DependsOn  []Text // IDs, decimal
	File       Text
}

// depends returns the IDs that an entry depends on.
func (e *Entry) depends() []int {
	ids := make([]int, 0, len(e.DependsOn))
	for _, d := range e.DependsOn {
		var id int
		if _, err := fmt.Sscanf(d.Value, "%d", &id); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}
