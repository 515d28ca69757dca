package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/rows"
	"github.com/safemigrate/safemigrate/internal/failpoint"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// replace makes the other database, proves it, has ledger and history written into it,
// and exchanges. After an error it is gone again, unless it has taken the place.
func (x *exchange) replace(ctx context.Context) (err error) {
	third, err := x.outside(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, third.end(ctx)) }()
	name := x.aside + imageSuffix
	done := false
	defer func() {
		if _, unknown := errors.AsType[*migrate.UnknownCommitError](err); !done && !unknown {
			err = errors.Join(err, third.dropDatabase(context.WithoutCancel(ctx), name))
		}
	}()
	if err := x.from.build(ctx, third, name); err != nil {
		return err
	}
	failpoint.Hit("postgres.clone.image")
	image, err := third.lookUp(ctx, name)
	if err == nil && image == nil {
		err = errors.New("it is not there although it was made")
	}
	if err != nil {
		return fmt.Errorf("look for database %q: %w", name, err)
	}
	x.image = *image
	fresh, err := x.fill(ctx)
	if err != nil {
		return err
	}
	failpoint.Hit("postgres.clone.sealed")
	if err := x.unaltered(ctx); err != nil {
		return err
	}
	if err := x.objectsUnaltered(ctx); err != nil {
		return err
	}
	if done, err = x.swap(ctx, third, fresh); done {
		x.report.Quarantine = x.req.ID
		for i := range x.report.Tables {
			x.report.Tables[i].Kept, x.report.Tables[i].Place = max(x.report.Tables[i].Written, 0), x.aside
		}
	}
	return err
}

// unaltered makes sure that nobody has altered the schema since it was read: what is kept
// of the present database would not be what that is, and nobody could go back to it.
func (x *exchange) unaltered(ctx context.Context) error {
	started := time.Now()
	state, err := x.readDefinitions(ctx, x.req.History, nil)
	if err != nil {
		return err
	}
	x.reading = time.Since(started)
	var conflicts []string
	for _, c := range contentChanges(x.now, state) {
		conflicts = append(conflicts, nameOfChange(c)+" was made, changed or dropped by somebody else meanwhile")
	}
	if len(conflicts) > 0 {
		return &migrate.ConflictError{Conflicts: conflicts}
	}
	return nil
}

// ownerBack is the owner that the database is to have.
func (x *exchange) ownerBack() string {
	if o := x.back["database"]; o != nil && o.Owner != "" {
		return o.Owner
	}
	return x.own.owner
}

// fill proves the other database and writes what it has to hold once it has the name, in
// one transaction. It returns the privileges on it.
func (x *exchange) fill(ctx context.Context) (fresh []catalog.Grant, err error) {
	k, sums, err := x.presentManifest(ctx)
	if err != nil {
		return nil, err
	}
	there, err := x.beside(ctx, x.image.Name, "exchange")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, there.end(ctx)) }()
	if err := x.from.prove(ctx, there); err != nil {
		return nil, fmt.Errorf("snapshot %s: %w", x.oldest().manifest.ID, err)
	}
	if err := there.Begin(ctx, migrate.Step{}); err != nil {
		return nil, err
	}
	if err := there.createStore(ctx); err != nil {
		return nil, err
	}
	if err := x.mirror(ctx, there, k); err != nil {
		return nil, err
	}
	if err := x.write(ctx, there, k, sums, &fresh); err != nil {
		return nil, err
	}
	return fresh, there.Commit(context.WithoutCancel(ctx))
}

// write writes the manifest of the present database, ledger and history, and where the
// other one stands, into it.
func (x *exchange) write(ctx context.Context, there *DB, k kept, sums map[uint32]rows.Sum, fresh *[]catalog.Grant) (err error) {
	m := newManifest(x.req.ID, x.req.Batches[0].Target, x.req.Database)
	m.Strategy, m.Bytes = snapshot.Clone, x.own.bytes
	for _, t := range x.tables {
		m.Tables = append(m.Tables, snapshot.Table{Name: t.label(), Rows: sums[t.oid].Rows, Sum: sums[t.oid].Hash, At: x.aside})
	}
	if k.Renumbered, err = there.newestRenumbering(ctx); err != nil {
		return err
	}
	k.Apart = x.apart()
	if err := there.closeKeep(ctx, m, k, x.now); err != nil {
		return err
	}
	state, err := there.readDefinitions(ctx, x.req.History, nil)
	if err != nil {
		return err
	}
	if o := ownProperties(state)["database"]; o != nil {
		*fresh = o.Grants
	}
	all, err := there.tables(ctx, x.req.History)
	if err != nil {
		return err
	}
	marked, changed := map[uint32]string{}, map[uint32]bool{}
	for _, t := range all {
		marked[t.oid] = relation(t.schema, t.name)
		if i := slices.IndexFunc(x.tables, func(now table) bool { return now.label() == t.label() }); i >= 0 && x.from.differs(x.tables[i], sums[x.tables[i].oid]) {
			changed[t.oid] = true
		}
	}
	there.batch = &batchState{id: x.req.ID, history: x.req.History, before: x.now, kept: k, committed: true}
	e, err := there.marks(ctx, marked, changed)
	if err != nil {
		return err
	}
	there.batch = nil
	if e.Objects, err = there.sumObjects(ctx); err != nil {
		return err
	}
	if err := there.record(ctx, x.req.ID, x.now, withProperties(state, x.back), e); err != nil {
		return err
	}
	if err := x.req.Seal(ctx, there); err != nil {
		return err
	}
	return there.stand(ctx, x.image.OID, x.req.Database.OID)
}

// withProperties is a state as it is once the copy has the name of the database, and all
// that is kept about it.
func withProperties(s *catalog.State, back map[string]*catalog.Object) *catalog.State {
	out := *s
	out.Objects = slices.DeleteFunc(slices.Clone(s.Objects), func(o catalog.Object) bool { return isProperty(&o) })
	for _, key := range keysOf(back) {
		out.Objects = append(out.Objects, *back[key])
	}
	return &out
}

// stand records for which database this one stands.
func (d *DB) stand(ctx context.Context, oid, first uint32) error {
	if err := d.script(ctx, lineageTable+"; DELETE FROM safemigrate.lineage"); err != nil {
		return fmt.Errorf("record the place of the database: %w", err)
	}
	return d.Exec(ctx, `INSERT INTO safemigrate.lineage (oid, stands_for) VALUES ($1, $2)`, oid, first)
}

// mirror brings what the ledger says, and what snapshots there are, from the present
// database into the other one. k is what is kept of the present one.
func (x *exchange) mirror(ctx context.Context, there *DB, k kept) error {
	identity, batches, err := migrate.NewLedger(x.DB).Read(ctx)
	if err != nil {
		return err
	}
	ledger := migrate.NewLedger(there)
	if err := ledger.Create(ctx, identity); err != nil {
		return err
	}
	if err := there.script(ctx, "DELETE FROM safemigrate.batch"); err != nil {
		return fmt.Errorf("bring the ledger over: %w", err)
	}
	for _, b := range batches {
		if err := ledger.Put(ctx, b); err != nil {
			return err
		}
	}
	return x.from.bring(ctx, there, k, batches)
}

// bringParts writes a manifest and its parts into the other database.
func (x *exchange) bringParts(ctx context.Context, there *DB, m *snapshot.Manifest) error {
	found, err := x.conn.Query(ctx, `SELECT name, doc FROM safemigrate.part WHERE batch = $1`, m.ID)
	if err != nil {
		return fmt.Errorf("bring snapshot %s over: %w", m.ID, plain(err))
	}
	defer found.Close()
	for found.Next() {
		var name string
		var doc []byte
		if err := found.Scan(&name, &doc); err != nil {
			return fmt.Errorf("bring snapshot %s over: %w", m.ID, err)
		}
		if _, err := there.conn.Exec(ctx, `INSERT INTO safemigrate.part (batch, name, doc) VALUES ($1, $2, $3)
			ON CONFLICT (batch, name) DO UPDATE SET doc = excluded.doc`, m.ID, name, doc); err != nil {
			return fmt.Errorf("bring snapshot %s over: %w", m.ID, plain(err))
		}
	}
	if err := found.Err(); err != nil {
		return fmt.Errorf("bring snapshot %s over: %w", m.ID, plain(err))
	}
	return there.putManifest(ctx, m)
}
