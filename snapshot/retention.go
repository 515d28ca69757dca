package snapshot

import (
	"slices"
	"time"
)

// Retention says which snapshots stay. What one of the first two rules keeps
// stays, unless there is no room for it; without either, only room counts.
type Retention struct {
	KeepLast   int           // so many of the newest; 0: none by their number
	KeepWithin time.Duration // those younger than this; 0: none by their age
	MaxBytes   int64         // of all that stays; 0: no limit
}

// Candidate is a snapshot that a retention judges.
type Candidate struct {
	ID      string
	TakenAt time.Time
	Bytes   int64
	// Needed says why it stays whatever the rules say: a pin, the only way back
	// of something. "" where nothing does.
	Needed string
}

// Choose lists the IDs that go; all is in the order of age, oldest first. What
// does not fit goes oldest first, so that what stays has no gap.
func (r Retention) Choose(all []Candidate, now time.Time) []string {
	var going []string
	var room int64
	stay := make([]bool, len(all))
	roomOnly := r.KeepLast == 0 && r.KeepWithin == 0 && r.MaxBytes > 0
	for i, c := range all {
		newest := len(all)-i <= r.KeepLast
		young := r.KeepWithin > 0 && now.Sub(c.TakenAt) < r.KeepWithin
		stay[i] = roomOnly || newest || young || c.Needed != ""
		if stay[i] {
			room += c.Bytes
		}
	}
	for i, c := range all {
		if stay[i] && c.Needed == "" && r.MaxBytes > 0 && room > r.MaxBytes {
			stay[i] = false
			room -= c.Bytes
		}
		if !stay[i] {
			going = append(going, c.ID)
		}
	}
	return slices.Clip(going)
}

// Weight is the space that removing the snapshot gives back at least, in bytes:
// in a store, that of the chunks which it was the first to bring.
func (m *Manifest) Weight() int64 {
	if m.Stored != nil {
		return m.Stored.Added
	}
	return m.Bytes
}
