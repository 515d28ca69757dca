package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/rows"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// fromClone copies the clone of the oldest batch, which stays: what fails half-way can be
// thrown away, and a rollback be done again.
type fromClone struct{ *exchange }

func (f *fromClone) blockers(ctx context.Context) ([]string, error) {
	for _, p := range f.past {
		if p.kept.Clone == nil {
			return nil, &migrate.BlockedError{Blockers: []string{"the snapshot of batch " + p.manifest.ID +
				" is of strategy " + string(p.manifest.Strategy) + ", another one is a clone: take the batches back one by one (safemigrate rollback)"}}
		}
		if err := f.findClone(ctx, *p.kept.Clone); err != nil {
			return nil, fmt.Errorf("snapshot %s: %w", p.manifest.ID, err)
		}
	}
	f.report.Whole = "a clone is the database as a whole"
	f.made = fmt.Sprintf("database %q (%d bytes) is copied", f.oldest().kept.Clone.Name, f.oldest().manifest.Bytes)
	return f.cloneBlockers(ctx, f.own, "strategy clone")
}

func (f *fromClone) build(ctx context.Context, third *DB, name string) error {
	from := f.oldest().kept.Clone.Name
	f.tellf("copying database %q", from)
	if err := third.alone(ctx, from); err != nil {
		return err
	}
	return third.copyDatabase(ctx, from, name, f.ownerBack(), f.oldest().manifest.Bytes, func(text string) { f.tellf("%s", text) })
}

func (f *fromClone) prove(ctx context.Context, there *DB) error {
	f.tellf("comparing the copy with its manifest")
	p := f.oldest()
	before := &catalog.State{}
	if err := f.getPart(ctx, p.manifest, partBefore, before); err != nil {
		return err
	}
	return there.holds(ctx, p.manifest, before, p.kept.Clone.History)
}

func (f *fromClone) differs(t table, now rows.Sum) bool {
	kept := f.oldest().manifest.Tables
	i := slices.IndexFunc(kept, func(s snapshot.Table) bool { return s.Name == t.label() })
	return i >= 0 && kept[i].Sum != now.Hash
}

// losses counts by table what was written since the newest batch, and what was written
// between an older one and the next, as the snapshot of that has it.
func (f *fromClone) losses(ctx context.Context) (map[uint32]since, error) {
	out := map[uint32]since{}
	if f.req.Incomplete {
		return out, nil // the steps of the batch are not all marked, and all rows go aside
	}
	f.tellf("counting rows written since")
	for _, t := range f.tables {
		mark, known := f.past[0].effect.Marks[t.oid]
		if !known {
			continue // it was made since, which is a conflict
		}
		written, gone, err := rows.Since(ctx, f.conn, relation(t.schema, t.name), mark)
		if err != nil {
			return nil, plain(err)
		}
		out[t.oid] = since{written, gone}
	}
	f.largeObjects()
	for i, b := range f.req.Batches[1:] {
		for oid, s := range f.past[i].kept.Since[b.ID] {
			out[oid] = out[oid].plus(s)
		}
	}
	return out, nil
}

// largeObjects reports whether somebody changed large objects since a batch and before the
// next one, or before now.
func (f *fromClone) largeObjects() {
	later := f.objects.value()
	for _, p := range f.past {
		if p.effect.Objects != "" && later != "" && later != p.effect.Objects { // "": of an earlier version
			f.reportUnknown(objectsName, objectsIn(f.oldest().kept.Objects))
			return
		}
		later = p.kept.Objects
	}
}

// bring takes over less than all, for the copy has what there was when the clone was
// taken. The rows of copies are where they were taken, so those that are newer than the
// clone stay behind, and those that are older are in it; databases belong to the server.
func (f *fromClone) bring(ctx context.Context, there *DB, _ kept, batches []migrate.Batch) error {
	pruned := map[string]bool{}
	for _, b := range batches {
		pruned[b.ID] = b.Pruned
	}
	here, err := f.Snapshots(ctx)
	if err != nil {
		return err
	}
	old, err := there.Snapshots(ctx)
	if err != nil {
		return err
	}
	has := func(all []*snapshot.Manifest, id string) bool {
		return slices.ContainsFunc(all, func(m *snapshot.Manifest) bool { return m.ID == id })
	}
	for _, m := range old {
		if !has(here, m.ID) && (pruned[m.ID] || m.Strategy == snapshot.Clone) {
			if err := there.drop(ctx, m.ID); err != nil {
				return err
			}
		}
	}
	for _, m := range here {
		if m.Strategy != snapshot.Clone || has(old, m.ID) {
			continue
		}
		if err := f.bringParts(ctx, there, m); err != nil {
			return err
		}
	}
	return nil
}
