package migrate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/safemigrate/safemigrate/internal/failpoint"
	"github.com/safemigrate/safemigrate/snapshot"
)

// PruneRequest says which snapshots may go.
type PruneRequest struct {
	IDs    []string // exactly these; else by the rules
	Rules  snapshot.Retention
	DryRun bool
}

// PrunedSnapshot is one snapshot that went.
type PrunedSnapshot struct {
	ID    string `json:"id"`
	Tag   string `json:"tag"`
	Bytes int64  `json:"bytes"`
}

// PruneReport is what prune did, or would do.
type PruneReport struct {
	DryRun bool             `json:"dry_run,omitempty"`
	Pruned []PrunedSnapshot `json:"pruned"`
	Kept   []string         `json:"kept"`
	// Strays are in the store, and no batch knows them. They go when they are named:
	// a copy of this database may know them.
	Strays []PrunedSnapshot `json:"strays,omitempty"`
}

// StrayFinder is what a Target with a store may be able to do besides: find the
// snapshots of this database there that it knows nothing of.
type StrayFinder interface {
	Strays(ctx context.Context, db snapshot.Database) ([]PrunedSnapshot, error)
	DropStray(ctx context.Context, db snapshot.Database, id string) error
}

// Prune removes snapshots. The way back of the newest batch, and the undo of
// the newest rollback, go only when named; that of an unfinished batch never.
func (r *Runner) Prune(ctx context.Context, q PruneRequest) (*PruneReport, error) {
	unlock, err := r.lock(ctx, "prune")
	if err != nil {
		return nil, err
	}
	defer unlock()
	failpoint.Hit("prune.locked")
	g, err := r.survey(ctx)
	if err != nil {
		return nil, unchanged("read the database", err)
	}
	all, err := r.Target.Snapshots(ctx)
	if err != nil && len(q.IDs) == 0 {
		return nil, unchanged("list the snapshots", err)
	}
	report := &PruneReport{DryRun: q.DryRun, Pruned: []PrunedSnapshot{}, Kept: []string{}}
	if q.IDs, err = r.pruneStrays(ctx, g.db, q, report); err != nil {
		return report, unchanged("look for what dead runs left in the store", err)
	}
	if len(report.Pruned) > 0 && len(q.IDs) == 0 {
		return report, nil // nothing else was named
	}
	going, err := choosePruned(all, g.batches, q)
	if err != nil {
		return nil, err
	}
	for _, m := range all {
		if !slices.Contains(going, m.ID) {
			report.Kept = append(report.Kept, m.ID)
			continue
		}
		if !q.DryRun {
			if err := r.pruneOne(ctx, g.batches, m.ID); err != nil {
				return report, unchanged("prune "+m.ID, err)
			}
		}
		report.Pruned = append(report.Pruned, PrunedSnapshot{ID: m.ID, Tag: m.Tag, Bytes: m.Weight()})
	}
	if !q.DryRun {
		// What dead runs left in a store belongs to no snapshot.
		if err := r.Target.Drop(ctx, ""); err != nil {
			return report, unchanged("remove leftovers", err)
		}
	}
	return report, nil
}

// pruneStrays removes the strays that are named, tells of the others, and returns the
// IDs that are left.
func (r *Runner) pruneStrays(ctx context.Context, db snapshot.Database, q PruneRequest, report *PruneReport) ([]string, error) {
	finder, ok := r.Target.(StrayFinder)
	if !ok {
		return q.IDs, nil
	}
	strays, err := finder.Strays(ctx, db)
	if err != nil {
		return q.IDs, err
	}
	ids := slices.Clone(q.IDs)
	for _, s := range strays {
		i := slices.Index(ids, s.ID)
		if i < 0 {
			report.Strays = append(report.Strays, s)
			continue
		}
		ids = slices.Delete(ids, i, i+1)
		if !q.DryRun {
			if err := finder.DropStray(ctx, db, s.ID); err != nil {
				return ids, err
			}
		}
		report.Pruned = append(report.Pruned, s)
	}
	return ids, nil
}

// pruneOne marks the batch first: a crash after that leaves rows that nothing
// refers to, which the next prune removes.
func (r *Runner) pruneOne(ctx context.Context, batches []Batch, id string) error {
	for _, b := range batches {
		if b.ID != id || b.Pruned {
			continue
		}
		b.Pruned = true
		if err := NewLedger(r.Target).Put(ctx, b); err != nil {
			return err
		}
		failpoint.Hit("prune.marked")
	}
	if err := r.Target.Drop(ctx, id); err != nil {
		return err
	}
	failpoint.Hit("prune.dropped")
	return nil
}

// choosePruned lists the IDs that go.
func choosePruned(all []*snapshot.Manifest, batches []Batch, q PruneRequest) ([]string, error) {
	needed := neededSnapshots(batches)
	if len(q.IDs) > 0 {
		return namedPruned(all, needed, q.IDs)
	}
	var going []string
	var standing []*snapshot.Manifest
	referred := referredSnapshots(batches)
	for _, m := range all {
		if referred[m.ID] {
			standing = append(standing, m)
			continue
		}
		going = append(going, m.ID) // no command would ever use it
	}
	inOrder(standing, batches)
	candidates := make([]snapshot.Candidate, len(standing))
	for i, m := range standing {
		candidates[i] = snapshot.Candidate{ID: m.ID, TakenAt: m.TakenAt, Bytes: m.Weight(), Needed: needed[m.ID]}
	}
	return append(going, q.Rules.Choose(candidates, time.Now())...), nil
}

// inOrder sorts snapshots as their batches ran: an ID begins with the time of a clock that may
// have been set back since.
func inOrder(all []*snapshot.Manifest, batches []Batch) {
	place := map[string]int{}
	for i, b := range batches {
		place[b.ID] = i
		if b.State == StateRestored {
			place[b.UndoneBy] = i
		}
		for _, id := range b.Quarantines {
			place[id] = i
		}
	}
	slices.SortStableFunc(all, func(a, b *snapshot.Manifest) int { return place[a.ID] - place[b.ID] })
}

// referredSnapshots are those that the ledger knows. What it does not know, or
// knows as pruned, was left by a run that died.
func referredSnapshots(batches []Batch) map[string]bool {
	referred := map[string]bool{}
	for _, b := range batches {
		if !b.Pruned {
			referred[b.ID] = true
		}
		if b.State == StateRestored {
			referred[b.UndoneBy] = true // the quarantine of a restore has no batch of its own
		}
		for _, id := range b.Quarantines {
			referred[id] = true
		}
	}
	return referred
}

// Told reports whether the ledger tells of a snapshot, be it gone.
func Told(batches []Batch, id string) bool {
	return slices.ContainsFunc(batches, func(b Batch) bool {
		return b.ID == id || b.UndoneBy == id || slices.Contains(b.Quarantines, id)
	})
}

// unfinishedNeed marks a snapshot that no command may remove.
const unfinishedNeed = "an unfinished batch needs it"

func namedPruned(all []*snapshot.Manifest, needed map[string]string, ids []string) ([]string, error) {
	for _, id := range ids {
		known := slices.ContainsFunc(all, func(m *snapshot.Manifest) bool { return m.ID == id })
		switch {
		case !known:
			return nil, &Failure{Outcome: Usage, Op: "prune " + id, State: stateUnchanged,
				Err: errors.New("there is no such snapshot"), Hint: "safemigrate snapshot list"}
		case needed[id] == unfinishedNeed:
			return nil, &Failure{Outcome: NoWayBack, Op: "prune " + id, State: stateUnchanged,
				Err: errors.New(unfinishedNeed), Hint: "safemigrate recover"}
		}
	}
	return ids, nil
}

// neededSnapshots says which snapshots are the only way back of something.
func neededSnapshots(batches []Batch) map[string]string {
	needed := map[string]string{}
	for _, b := range batches {
		if !b.State.Unfinished() {
			continue
		}
		for _, id := range append([]string{b.ID}, b.Quarantines...) {
			needed[id] = unfinishedNeed
		}
	}
	if b := NewestApplied(batches); b != nil {
		needed[b.ID] = fmt.Sprintf("rollback to %s needs it", VersionName(b.Tag))
	}
	needPinned(batches, needed)
	if undo, err := chooseUndo(batches); err == nil {
		needed[undo[0].ID] = "rollback --undo needs it"
	}
	return needed
}
