package hazard

import "strings"

// Mode is a table-level lock mode, from the weakest to the strongest
// (PostgreSQL's documentation, section 13.3.1).
type Mode int

// The modes.
const (
	None Mode = iota
	AccessShare
	RowShare
	RowExclusive
	ShareUpdateExclusive
	Share
	ShareRowExclusive
	Exclusive
	AccessExclusive
)

// modes holds each mode's word in SQL; without its spaces and with "Lock" it is
// the word of pg_locks.
var modes = [...]string{"", "ACCESS SHARE", "ROW SHARE", "ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE", "SHARE",
	"SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE"}

// String is the mode as LOCK TABLE names it.
func (m Mode) String() string { return modes[m] }

// Catalog is the mode as pg_locks names it.
func (m Mode) Catalog() string {
	var b strings.Builder
	for word := range strings.FieldsSeq(modes[m]) {
		b.WriteString(word[:1] + strings.ToLower(word[1:]))
	}
	return b.String() + "Lock"
}

// Blocks is what an application cannot do while the lock is held.
func (m Mode) Blocks() string {
	switch {
	case m == AccessExclusive:
		return "reads and writes"
	case m >= Share:
		return "writes"
	case m == ShareUpdateExclusive:
		return "schema changes"
	}
	return ""
}

// conflicts lists for each mode the modes that wait for it, as bits (table 13.2).
var conflicts = [...]uint{
	AccessShare:          1 << AccessExclusive,
	RowShare:             1<<Exclusive | 1<<AccessExclusive,
	RowExclusive:         1<<Share | 1<<ShareRowExclusive | 1<<Exclusive | 1<<AccessExclusive,
	ShareUpdateExclusive: 1<<ShareUpdateExclusive | 1<<Share | 1<<ShareRowExclusive | 1<<Exclusive | 1<<AccessExclusive,
	Share:                1<<RowExclusive | 1<<ShareUpdateExclusive | 1<<ShareRowExclusive | 1<<Exclusive | 1<<AccessExclusive,
	ShareRowExclusive:    1<<RowExclusive | 1<<ShareUpdateExclusive | 1<<Share | 1<<ShareRowExclusive | 1<<Exclusive | 1<<AccessExclusive,
	Exclusive:            1<<RowShare | 1<<RowExclusive | 1<<ShareUpdateExclusive | 1<<Share | 1<<ShareRowExclusive | 1<<Exclusive | 1<<AccessExclusive,
	AccessExclusive: 1<<AccessShare | 1<<RowShare | 1<<RowExclusive | 1<<ShareUpdateExclusive | 1<<Share |
		1<<ShareRowExclusive | 1<<Exclusive | 1<<AccessExclusive,
}

// Conflicting lists the modes, in pg_locks' words, that a lock in mode m has to
// wait for.
func (m Mode) Conflicting() []string {
	var out []string
	for other := AccessShare; other <= AccessExclusive; other++ {
		if m != None && conflicts[m]&(1<<other) != 0 {
			out = append(out, other.Catalog())
		}
	}
	return out
}
