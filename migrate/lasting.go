package migrate

import (
	"fmt"
	"slices"
	"time"

	"github.com/safemigrate/safemigrate/snapshot"
)

// EarlierSnapshots is how many of the newest snapshots an estimate of the next one's
// duration rests on.
const EarlierSnapshots = 9

// tellingBytes is the least size of a snapshot whose duration tells a rate.
const tellingBytes = 4_000_000

// Lasting sets how long the snapshot is going to take: by the median rate of earlier
// ones of the same strategy, or, where none tells one, by that of fallback, in bytes a
// second.
func (e *Estimate) Lasting(earlier []*snapshot.Manifest, fallback int64) {
	var rates []int64
	for _, m := range earlier {
		if m.Strategy == e.Strategy && m.Bytes >= tellingBytes && m.Took > 0 {
			rates = append(rates, int64(float64(m.Bytes)/m.Took.Seconds()))
		}
	}
	slices.Sort(rates)
	switch len(rates) {
	case 0:
		e.Rate, e.RateFrom = fallback, "a default, for no earlier snapshot of this database tells"
	case 1:
		e.Rate, e.RateFrom = rates[0], "an earlier snapshot of this database"
	default:
		e.Rate, e.RateFrom = rates[len(rates)/2], fmt.Sprintf("%d earlier snapshots of this database", len(rates))
	}
	e.Took = time.Duration(float64(e.Bytes) / float64(e.Rate) * float64(time.Second))
}
