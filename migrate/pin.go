package migrate

import (
	"context"
	"errors"
)

// Pin keeps the snapshot of a batch from being pruned by a rule, or lets it go
// again. It finds the batch by its ID, or the newest that went up from a tag.
func (r *Runner) Pin(ctx context.Context, idOrTag string, pinned bool) (*Batch, error) {
	op := "pin"
	if !pinned {
		op = "unpin"
	}
	unlock, err := r.lock(ctx, op)
	if err != nil {
		return nil, err
	}
	defer unlock()
	g, err := r.survey(ctx)
	if err != nil {
		return nil, unchanged("read the database", err)
	}
	b := pinnable(g.batches, idOrTag)
	if b == nil {
		return nil, &Failure{Outcome: Usage, Op: op + " " + idOrTag, State: stateUnchanged,
			Err: errors.New("no batch with a snapshot has this ID or tag"), Hint: "safemigrate snapshot list"}
	}
	if b.Pinned == pinned {
		return b, nil
	}
	b.Pinned = pinned
	if err := NewLedger(r.Target).Put(ctx, *b); err != nil {
		return nil, unchanged(op+" "+b.ID, err)
	}
	return b, nil
}

func pinnable(batches []Batch, idOrTag string) *Batch {
	for i := len(batches) - 1; i >= 0; i-- {
		b := &batches[i]
		if !b.Pruned && (b.ID == idOrTag || b.Operation == OpUp && b.State == StateApplied && b.Tag == idOrTag) {
			return b
		}
	}
	return nil
}

// needPinned marks pinned snapshots, and with them those of every batch that has
// to be taken back before the pinned one can be: a pin keeps a way back, and a
// way has no gap.
func needPinned(batches []Batch, needed map[string]string) {
	way := false
	for _, b := range batches {
		switch {
		case b.Pruned:
		case b.Pinned:
			needed[b.ID] = "it is pinned"
			way = way || b.Operation == OpUp && b.State == StateApplied
		case way && b.Operation == OpUp && b.State == StateApplied:
			needed[b.ID] = "the way back of a pinned one leads over it"
		}
	}
}
