package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/rows"
	"github.com/safemigrate/safemigrate/internal/failpoint"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// takeClone copies the whole database. No transaction can hold that, so the open one,
// which has only read, ends before it. What somebody wrote before the next one has
// locked all tables shows when the two are compared: they have to be equal then.
// A crash leaves a database that no manifest names, which prune removes.
func (d *DB) takeClone(ctx context.Context, r migrate.SnapshotRequest) (*snapshot.Manifest, error) {
	started := time.Now()
	d.batch = nil
	if err := d.Abort(ctx); err != nil {
		return nil, err
	}
	c, err := d.makeClone(ctx, r.ID, r.Told)
	if err != nil {
		return nil, err
	}
	if err := d.Begin(ctx, migrate.Step{}); err != nil {
		return nil, err
	}
	s, err := d.lockScope(ctx, scopeRequest{wholeDatabase, r.Scripts, r.Outside, r.Steps, r.History})
	if err != nil {
		return nil, err
	}
	if err := errors.Join(d.createStore(ctx), d.forgetAll(ctx)); err != nil {
		return nil, err
	}
	if err := d.beginBatch(ctx, r, s); err != nil {
		return nil, err
	}
	return d.keepClone(ctx, r, *c, started)
}

// makeClone makes the copy, while nobody else is connected.
func (d *DB) makeClone(ctx context.Context, id string, told func(string)) (*cloned, error) {
	own, err := d.readOwn(ctx)
	if err != nil {
		return nil, err
	}
	if err := d.alone(ctx, own.Name); err != nil {
		return nil, err
	}
	name := cloneName(own.Name, id)
	d.cloned = name
	if err := d.copyDatabase(ctx, own.Name, name, own.owner, own.bytes, told); err != nil {
		return nil, errors.Join(err, d.forgetClone(context.WithoutCancel(ctx)))
	}
	failpoint.Hit("postgres.clone.made")
	c, err := d.lookUp(ctx, name)
	if err == nil && c == nil {
		err = fmt.Errorf("database %q is not there although it was made", name)
	}
	return c, err
}

// keepClone reads the copy back and records it; all of that is in the open transaction.
func (d *DB) keepClone(ctx context.Context, r migrate.SnapshotRequest, c cloned, started time.Time) (*snapshot.Manifest, error) {
	m := newManifest(r.ID, r.Tag, r.Database)
	m.Strategy = snapshot.Clone
	all := d.batch.scope.tables()
	k, err := d.readKeep(ctx, all, d.batch.before, noView, already{})
	if err != nil {
		return nil, err
	}
	c.History = r.History
	k.Clone = &c
	if k.Objects, err = d.sumObjects(ctx); err != nil {
		return nil, err
	}
	if err := d.readBack(ctx, r.History, c, all, m, k.Objects); err != nil {
		return nil, err
	}
	failpoint.Hit("postgres.clone.read")
	if err := d.script(ctx, "COMMENT ON DATABASE "+catalog.Quote(c.Name)+" IS "+catalog.Literal(cloneNote(r.ID, r.Database.OID))); err != nil {
		return nil, fmt.Errorf("mark database %q: %w", c.Name, err)
	}
	m.Took = time.Since(started)
	if err := d.closeKeep(ctx, m, k, d.batch.before); err != nil {
		return nil, err
	}
	d.batch.kept = k
	return m, nil
}

func noView(*catalog.Object) bool { return false }

// readBack compares a clone with the database under its locks: every row of every
// table, and every definition.
func (d *DB) readBack(ctx context.Context, history migrate.TableID, c cloned, all []table, m *snapshot.Manifest, objects string) (err error) {
	there, err := d.beside(ctx, c.Name, "verify")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, there.end(ctx)) }()
	here := make(chan summed, 1)
	within, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		sums, err := d.tableSums(within, all)
		here <- summed{sums, err}
	}()
	kept, state, err := there.contents(ctx, history, all)
	if err != nil {
		cancel()
	}
	present := <-here
	if err := errors.Join(err, present.err); err != nil {
		return err
	}
	if is, err := there.sumObjects(ctx); err != nil {
		return err
	} else if is != objects {
		return meanwhile(objectsName)
	}
	if changed := contentChanges(d.batch.before, state); len(changed) > 0 {
		return meanwhile(nameOfChange(changed[0]))
	}
	for _, t := range all {
		if present.sums[t.oid] != kept[t.oid] {
			return meanwhile("table " + t.label())
		}
		m.Tables = append(m.Tables, snapshot.Table{Name: t.label(), Rows: kept[t.oid].Rows, Sum: kept[t.oid].Hash, At: c.Name})
	}
	err = d.conn.QueryRow(ctx, `SELECT pg_catalog.pg_database_size($1::oid)`, c.OID).Scan(&m.Bytes)
	return plain(err)
}

type summed struct {
	sums map[uint32]rows.Sum
	err  error
}

func meanwhile(what string) error {
	return &migrate.LockedError{What: "the database", Holder: "others, who connected while it was cloned and changed " + what}
}

// contents reads what a database holds, in a transaction of its own.
func (d *DB) contents(ctx context.Context, history migrate.TableID, all []table) (sums map[uint32]rows.Sum, s *catalog.State, err error) {
	if err := d.Begin(ctx, migrate.Step{}); err != nil {
		return nil, nil, err
	}
	if sums, err = d.tableSums(ctx, all); err == nil {
		s, err = d.readDefinitions(ctx, history, nil)
	}
	return sums, s, errors.Join(err, d.Abort(context.WithoutCancel(ctx)))
}

// tableSums sums up the rows of tables.
func (d *DB) tableSums(ctx context.Context, all []table) (map[uint32]rows.Sum, error) {
	out := map[uint32]rows.Sum{}
	for _, t := range all {
		columns, err := rows.Columns(ctx, d.conn, t.oid)
		if err != nil {
			return nil, plain(err)
		}
		if out[t.oid], err = rows.Live(ctx, d.conn, relation(t.schema, t.name), columns); err != nil {
			return nil, plain(err)
		}
	}
	return out, nil
}

// contentChanges are the differences between two states without what is kept about a
// database.
func contentChanges(before, after *catalog.State) []catalog.Change {
	var out []catalog.Change
	for _, c := range catalog.Diff(before, after) {
		if o := cmp.Or(c.Before, c.After); !isProperty(o) {
			out = append(out, c)
		}
	}
	return out
}

func nameOfChange(c catalog.Change) string {
	o := cmp.Or(c.Before, c.After)
	return string(o.Kind) + " " + o.Identity
}
