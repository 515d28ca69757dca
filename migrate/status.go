package migrate

import (
	"context"
	"slices"

	"github.com/safemigrate/safemigrate/snapshot"
)

// Status tells where a database stands. It takes no lock and writes nothing.
func (r *Runner) Status(ctx context.Context) (*StatusReport, error) {
	d, err := r.prepare(ctx, UpRequest{})
	if err != nil {
		return nil, err
	}
	s := &StatusReport{Database: d.db, Convention: r.Convention.Name(), Version: d.history.Version,
		Dirty: d.history.Dirty, Problems: d.problems, Pending: []PendingFile{}, Batches: []Batch{}}
	for _, m := range d.migrations {
		s.Pending = append(s.Pending, PendingFile{Version: m.Version, Name: m.Name, Kind: m.Kind, File: m.File})
	}
	s.Batches = append(s.Batches, d.batches...)
	slices.Reverse(s.Batches)
	s.Leftovers = r.leftovers(ctx)
	if b := NewestUnfinished(d.batches); b != nil {
		s.Unfinished = b.ID
		return s, nil
	}
	if b := NewestApplied(d.batches); b != nil && !b.Pruned && sameHistory(d.history, b.After) {
		s.Rollback = RollbackTarget{Possible: true, Tag: b.Tag, Batch: b.ID, Prepared: r.preparedFor(ctx, b.ID)}
	}
	return s, nil
}

// preparedFor lists the tables that stand ready for taking a batch back. What cannot
// be read is not ready: snapshot verify tells why.
func (r *Runner) preparedFor(ctx context.Context, id string) []snapshot.Prepared {
	all, _ := r.Target.Snapshots(ctx) // damaged ones come as an error beside the others
	for _, m := range all {
		if m.ID == id {
			return m.Prepared
		}
	}
	return nil
}
