package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/rows"
	"github.com/safemigrate/safemigrate/internal/failpoint"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// Snapshots reads all manifests, oldest first; what cannot be read comes back
// as an error beside the others.
func (d *DB) Snapshots(ctx context.Context) ([]*snapshot.Manifest, error) {
	if ok, err := d.stored(ctx); err != nil || !ok {
		return nil, err
	}
	found, err := d.Query(ctx, `SELECT id, manifest FROM safemigrate.snapshot ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("list the snapshots: %w", err)
	}
	var all []*snapshot.Manifest
	var damaged error
	for _, r := range found {
		m, err := snapshot.Decode([]byte(r.Text(1)))
		if err != nil {
			damaged = errors.Join(damaged, fmt.Errorf("snapshot %s: %w", r.Text(0), err))
			continue
		}
		all = append(all, m)
	}
	return all, damaged
}

// Verify reads every copy and every part back and compares them with the manifest.
func (d *DB) Verify(ctx context.Context, m *snapshot.Manifest) error {
	if err := d.Begin(ctx, migrate.Step{}); err != nil {
		return err
	}
	return errors.Join(d.verify(ctx, m), d.Abort(context.WithoutCancel(ctx)))
}

func (d *DB) verify(ctx context.Context, m *snapshot.Manifest) error {
	var k kept
	if err := d.getPart(ctx, m, partKept, &k); err != nil {
		return err
	}
	for name := range m.Parts {
		var part json.RawMessage
		if err := d.getPart(ctx, m, name, &part); err != nil {
			return err
		}
	}
	if k.Clone != nil {
		return d.verifyClone(ctx, m, *k.Clone)
	}
	want := map[string]snapshot.Table{}
	for _, t := range m.Tables {
		want[t.At] = t
	}
	copies := len(k.Copies) - len(k.Dumped)
	if m.Stored != nil {
		if err := d.verifyDump(ctx, m, want); err != nil {
			return err
		}
	}
	for oid, c := range k.Copies {
		if _, away := k.Dumped[oid]; away {
			continue
		}
		t, ok := want[c.Source]
		if !ok {
			return fmt.Errorf("%w: the manifest does not name %s", snapshot.ErrDamaged, c.Source)
		}
		sum, err := rows.Kept(ctx, d.conn, c)
		if err != nil {
			return fmt.Errorf("%w: %w", snapshot.ErrDamaged, plain(err))
		}
		if sum.Rows != t.Rows || sum.Hash != t.Sum {
			return fmt.Errorf("%w: the rows kept of %s are not those that were written", snapshot.ErrDamaged, t.Name)
		}
	}
	if copies != len(want) {
		return fmt.Errorf("%w: the manifest names %d copies, %d are kept", snapshot.ErrDamaged, len(want), copies)
	}
	return nil
}

// Drop removes a snapshot: in one transaction, after what is in a store. A
// transaction leaves no leftovers, so without an ID only the store is swept.
func (d *DB) Drop(ctx context.Context, id string) error {
	if id == "" {
		return errors.Join(d.sweep(ctx), d.sweepClones(ctx))
	}
	// A crash in between leaves a snapshot here that the next prune removes.
	if err := d.dropStored(ctx, id); err != nil {
		return err
	}
	c, err := d.cloneToDrop(ctx, id)
	if err != nil {
		return err
	}
	if err := d.Begin(ctx, migrate.Step{}); err != nil {
		return err
	}
	if err := d.drop(ctx, id); err != nil {
		return errors.Join(err, d.Abort(context.WithoutCancel(ctx)))
	}
	if err := d.Commit(ctx); err != nil || c == nil {
		return err
	}
	// A crash here leaves a database that no manifest names, which the next prune removes.
	failpoint.Hit("postgres.clone.unlisted")
	return d.dropDatabase(ctx, c.Name)
}

// Strays lists the snapshots in the store that no row of safemigrate.snapshot refers to.
func (d *DB) Strays(ctx context.Context, db snapshot.Database) ([]migrate.PrunedSnapshot, error) {
	known, err := d.knownSnapshots(ctx)
	if err != nil {
		return nil, err
	}
	found, err := d.opts.Dumps.Depot.Strays(ctx, db, known)
	out := make([]migrate.PrunedSnapshot, len(found))
	for i, l := range found {
		out[i] = migrate.PrunedSnapshot{ID: l.Ref.ID, Tag: l.Manifest.Tag, Bytes: l.Manifest.Added}
	}
	return out, err
}

// DropStray removes one of them.
func (d *DB) DropStray(ctx context.Context, db snapshot.Database, id string) error {
	known, err := d.knownSnapshots(ctx)
	if err != nil {
		return err
	}
	return d.opts.Dumps.Depot.RemoveStray(ctx, db, id, known)
}

// knownSnapshots tells which IDs a row of safemigrate.snapshot refers to.
func (d *DB) knownSnapshots(ctx context.Context) (func(id string) bool, error) {
	known := map[string]bool{}
	if ok, err := d.stored(ctx); err != nil {
		return nil, err
	} else if ok {
		rows, err := d.Query(ctx, `SELECT id FROM safemigrate.snapshot`)
		if err != nil {
			return nil, fmt.Errorf("list the snapshots: %w", err)
		}
		for _, r := range rows {
			known[r.Text(0)] = true
		}
	}
	return func(id string) bool { return known[id] }, nil
}

func (d *DB) drop(ctx context.Context, id string) error {
	var ready bool
	if err := d.conn.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM safemigrate.part WHERE batch = $1 AND name = $2)`, id, partPrepared).Scan(&ready); err != nil {
		return fmt.Errorf("look for what was prepared: %w", plain(err))
	}
	if ready {
		if err := d.dropReady(ctx, id); err != nil && !unusable(err) {
			return err
		}
	}
	// The schema is safemigrate's own and holds nothing but copies.
	if err := d.script(ctx, "DROP SCHEMA IF EXISTS "+catalog.Quote(copySchema(id))+" CASCADE"); err != nil {
		return fmt.Errorf("drop the copies: %w", plain(err))
	}
	for _, statement := range []string{
		`DELETE FROM safemigrate.part WHERE batch = $1`,
		`DELETE FROM safemigrate.snapshot WHERE id = $1`,
	} {
		if err := d.Exec(ctx, statement, id); err != nil {
			return fmt.Errorf("drop snapshot %s: %w", id, err)
		}
	}
	return nil
}
