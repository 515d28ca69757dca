package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// findClone makes sure that the database of a snapshot is there, and still the same.
func (d *DB) findClone(ctx context.Context, c cloned) error {
	found, err := d.lookUp(ctx, c.Name)
	switch {
	case err != nil:
		return fmt.Errorf("look for database %q: %w", c.Name, err)
	case found == nil:
		return fmt.Errorf("%w: its database %q is gone", snapshot.ErrDamaged, c.Name)
	case found.OID != c.OID:
		return fmt.Errorf("%w: database %q is not the one that was kept", snapshot.ErrDamaged, c.Name)
	}
	return nil
}

// verifyClone connects to the database of a snapshot and compares every row of every
// table with the manifest, and the definitions with those that were kept.
func (d *DB) verifyClone(ctx context.Context, m *snapshot.Manifest, c cloned) (err error) {
	if err := d.findClone(ctx, c); err != nil {
		return err
	}
	before := &catalog.State{}
	if err := d.getPart(ctx, m, partBefore, before); err != nil {
		return err
	}
	there, err := d.beside(ctx, c.Name, "verify")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, there.end(ctx)) }()
	return there.holds(ctx, m, before, c.History)
}

// holds compares the content of this database with a manifest and a state.
func (d *DB) holds(ctx context.Context, m *snapshot.Manifest, before *catalog.State, history migrate.TableID) error {
	var all []table
	for i := range before.Objects {
		o := &before.Objects[i]
		if slices.ContainsFunc(m.Tables, func(t snapshot.Table) bool { return o.Kind == catalog.KindTable && t.Name == o.Schema+"."+o.Name }) {
			all = append(all, table{oid: o.Address.OID, schema: o.Schema, name: o.Name})
		}
	}
	if len(all) != len(m.Tables) {
		return fmt.Errorf("%w: the manifest names %d tables, the schema that was kept %d of them", snapshot.ErrDamaged, len(m.Tables), len(all))
	}
	if err := d.readHere(before); err != nil {
		return err
	}
	sums, state, err := d.contents(ctx, history, all)
	if strings.HasPrefix(code(err), "42") {
		return fmt.Errorf("%w: %w", snapshot.ErrDamaged, err)
	}
	if err != nil {
		return err
	}
	for _, t := range all {
		i := slices.IndexFunc(m.Tables, func(s snapshot.Table) bool { return s.Name == t.label() })
		if want := m.Tables[i]; sums[t.oid].Rows != want.Rows || sums[t.oid].Hash != want.Sum {
			return fmt.Errorf("%w: the rows of %s are not those that were kept", snapshot.ErrDamaged, t.label())
		}
	}
	if changed := contentChanges(before, state); len(changed) > 0 {
		return fmt.Errorf("%w: %s is not what was kept", snapshot.ErrDamaged, nameOfChange(changed[0]))
	}
	return nil
}

// cloneToDrop finds the database of a snapshot that is to go, once nobody is connected
// to it; nil where it is gone, or somebody else's. sweepClones finds by its name what a
// manifest that cannot be read had.
func (d *DB) cloneToDrop(ctx context.Context, id string) (*cloned, error) {
	if ok, err := d.stored(ctx); err != nil || !ok {
		return nil, err
	}
	m, err := d.manifest(ctx, id)
	if err != nil || m.Strategy != snapshot.Clone {
		return nil, nil //nolint:nilerr,nilnil // see above
	}
	var k kept
	if err := d.getPart(ctx, m, partKept, &k); err != nil || k.Clone == nil {
		return nil, nil //nolint:nilerr,nilnil // see above
	}
	err = d.findClone(ctx, *k.Clone)
	switch {
	case errors.Is(err, snapshot.ErrDamaged):
		return nil, nil //nolint:nilnil // see above
	case err != nil:
		return nil, err
	}
	if err := d.refuseKept(ctx); err != nil {
		return nil, err
	}
	return k.Clone, d.alone(ctx, k.Clone.Name)
}

// refuseKept keeps a session on a database that is itself kept for another one from
// removing what that one needs.
func (d *DB) refuseKept(ctx context.Context) error {
	own, err := d.readOwn(ctx)
	if err == nil && strings.HasPrefix(own.note, noteStart) {
		err = &migrate.BlockedError{Blockers: []string{fmt.Sprintf("database %s is itself kept for another one, whose snapshots these are", own.Name)}}
	}
	return err
}

// sweepClones removes what runs that died have left.
func (d *DB) sweepClones(ctx context.Context) error {
	left, err := d.leftClones(ctx)
	if err != nil {
		return err
	}
	for _, name := range left {
		if err := d.dropDatabase(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// Leftovers names the databases that runs which died have left.
func (d *DB) Leftovers(ctx context.Context) ([]string, error) {
	found, err := d.Query(ctx, `SELECT 1 FROM pg_catalog.pg_locks l WHERE l.pid <> pg_catalog.pg_backend_pid() AND `+heldHere, lockKey)
	if err != nil || len(found) > 0 {
		return nil, err
	}
	left, err := d.leftClones(ctx)
	for i, name := range left {
		left[i] = leftoverKind + name
	}
	return left, err
}

// leftoverKind is before the name of a database for people.
const leftoverKind = "database "

// DropLeftover removes one of them.
func (d *DB) DropLeftover(ctx context.Context, name string) error {
	return d.dropDatabase(ctx, strings.TrimPrefix(name, leftoverKind))
}

// leftClones lists what runs that died have left: databases that are named as clones of
// this one, and that no manifest names. A complete one says in its comment whose it is; one
// without a comment was never complete. A complete one was in the ledger: where that does not
// know it, it is an older one than there was, or a new one, and what the database holds may be
// wanted yet.
func (d *DB) leftClones(ctx context.Context) (left []string, err error) {
	own, err := d.readOwn(ctx)
	if err != nil || strings.HasPrefix(own.note, noteStart) {
		return nil, err
	}
	first, err := d.standsFor(ctx, own.OID)
	if err != nil {
		return nil, err
	}
	known, err := d.keptClones(ctx)
	if err != nil {
		return nil, err
	}
	_, batches, err := migrate.NewLedger(d).Read(ctx)
	if err != nil {
		return nil, err
	}
	found, err := d.Query(ctx, `SELECT datname, coalesce(pg_catalog.shobj_description(oid, 'pg_database'), '') FROM pg_catalog.pg_database
		WHERE pg_catalog.strpos(datname, $1) > 0 AND pg_catalog.pg_has_role(datdba, 'USAGE') ORDER BY datname`, cloneInfix)
	if err != nil {
		return nil, fmt.Errorf("look for clones: %w", err)
	}
	for _, r := range found {
		name, note := r.Text(0), r.Text(1)
		i := strings.LastIndex(name, cloneInfix) + len(cloneInfix)
		id := strings.TrimSuffix(name[i:], imageSuffix)
		if !clonePattern.MatchString(name[i:]) || clonePrefix(own.Name, id) != name[:i] || slices.Contains(known, name) {
			continue
		}
		if note != "" && (note != cloneNote(id, first) || !migrate.Told(batches, id)) {
			continue
		}
		left = append(left, name)
	}
	return left, nil
}

// keptClones lists the databases that manifests name. One that cannot be read could name
// any, so nothing is removed then.
func (d *DB) keptClones(ctx context.Context) ([]string, error) {
	all, err := d.Snapshots(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, m := range all {
		if m.Strategy != snapshot.Clone {
			continue
		}
		var k kept
		if err := d.getPart(ctx, m, partKept, &k); err != nil {
			return nil, err
		}
		if k.Clone != nil {
			names = append(names, k.Clone.Name)
		}
	}
	return names, nil
}
