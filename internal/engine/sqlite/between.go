package sqlite

import (
	"context"
	"os"
	"path/filepath"
	"slices"
)

// between is what a batch of several steps knows of the time between them,
// in which others may write.
type between struct {
	state   *after // as the last committed step left it
	pending *after // as the open transaction leaves it
	// version is the connection's count of others' commits when state was read,
	// seen when pending was.
	version, seen int64
	// loose are the tables that statements outside a transaction named since
	// state; other says that one of these may have changed the schema.
	loose map[string]bool
	other bool
	// carried and drift are what others did up to the open transaction.
	carried map[string]loss
	drift   []string
}

// ranOutside notes a statement that ran between two transactions of the batch.
func (b *between) ranOutside(verb string, named []string) {
	if verb == "VACUUM" || verb == "PRAGMA" {
		return // neither changes what a row or the schema says
	}
	b.other = true
	if b.loose == nil {
		b.loose = map[string]bool{}
	}
	for _, table := range named {
		b.loose[fold(table)] = true
	}
}

// carry counts what others wrote since the last recorded step; the open
// transaction keeps them out from now on.
func (d *DB) carry(ctx context.Context) error {
	b := &d.batch.between
	if b.state == nil {
		return nil
	}
	b.carried, b.drift = b.state.Carried, b.state.Drift
	version, err := d.othersCommits(ctx)
	if err != nil || version == b.version {
		return err
	}
	losses, err := d.since(ctx, b.state, d.home.dir(d.batch.id), d.batch.base)
	if err != nil {
		return err
	}
	for table := range losses {
		if d.batch.explained(b.loose, table) {
			losses[table] = unknownLoss // theirs and the batch's cannot be told apart
		}
	}
	b.carried = losses
	if b.other {
		return nil
	}
	now, err := d.readSchema(ctx, d.batch.history)
	if err != nil {
		return err
	}
	b.drift = slices.Concat(b.drift, b.state.Schema.difference(now,
		"was created while the batch ran", "was dropped while the batch ran", "was changed while the batch ran"))
	return nil
}

// othersCommits is a number that changes when another connection commits.
func (l *link) othersCommits(ctx context.Context) (int64, error) {
	n, err := l.number(ctx, "PRAGMA main.data_version")
	return n, explain("read the file's version", err)
}

// recordStep records the state that the open transaction leaves.
func (d *DB) recordStep(ctx context.Context) error {
	b := d.batch
	d.forgetPending()
	seen, err := d.othersCommits(ctx)
	if err != nil {
		return err
	}
	a, err := d.recordAfter(ctx, d.home.dir(b.id), b.id, b.history,
		after{Snapshot: b.seal, Carried: b.between.carried, Drift: b.between.drift},
		func(a *after) error { return d.compareBatch(ctx, b, a) })
	if err != nil {
		return err
	}
	b.between.pending, b.between.seen = &a, seen
	return nil
}

// compareBatch records what the batch did so far, by its snapshot.
func (d *DB) compareBatch(ctx context.Context, b *batch, a *after) error {
	was, err := d.attach(ctx, filepath.Join(d.home.dir(b.id), cloneName))
	if err != nil {
		return err
	}
	return d.recordChanges(ctx, d.home.dir(b.id), recorder{
		history: b.history, was: was, before: b.schema, rows: b.start, after: a, lineage: b.lineage,
	})
}

// stepCommitted makes the pending state that of the last committed step.
func (d *DB) stepCommitted() {
	b := &d.batch.between
	if b.pending == nil {
		return
	}
	if b.state != nil {
		d.removeState(b.state)
	}
	*b = between{state: b.pending, version: b.seen}
}

// forgetPending is for a transaction that was undone.
func (d *DB) forgetPending() {
	if b := &d.batch.between; b.pending != nil {
		d.removeState(b.pending)
		b.pending = nil
	}
}

// removeState removes a file of hashes that no row names any more. One that
// stays is harmless, and goes with its snapshot.
func (d *DB) removeState(a *after) {
	dir := d.home.dir(d.batch.id)
	_ = os.Remove(filepath.Join(dir, a.File))
	if a.Changes != nil {
		_ = os.Remove(filepath.Join(dir, a.Changes.File))
	}
}
