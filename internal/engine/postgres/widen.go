package postgres

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/revert"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/rows"
	"github.com/safemigrate/safemigrate/internal/failpoint"
	"github.com/safemigrate/safemigrate/internal/sqltext"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// Widen copies whole rows of further tables, named as before the batch. All of
// it is in the open transaction: a crash leaves the snapshot as it was.
func (d *DB) Widen(ctx context.Context, names []string) (*snapshot.Manifest, error) {
	var oids []uint32
	for i := range d.batch.before.Objects {
		if o := &d.batch.before.Objects[i]; o.Table != nil && slices.Contains(names, o.Schema+"."+o.Name) {
			oids = append(oids, o.Address.OID)
		}
	}
	m, err := d.widen(ctx, oids)
	return m, busy(err)
}

// Cover copies whole rows of what a statement outside a transaction may touch:
// as far as can be told, everything that the batch writes rows of; all tables, where only
// a directive tells.
func (d *DB) Cover(ctx context.Context, st sqltext.Statement) (*snapshot.Manifest, error) {
	s := d.batch.scope
	if !mayWrite(st.Verb) || s.mode == migrate.ScopeNone || d.batch.kept.Clone != nil {
		return nil, nil //nolint:nilnil // there is nothing to widen
	}
	unknown := len(s.uncheckable([]sqltext.Statement{st})) > 0
	var oids []uint32
	for _, oid := range slices.Sorted(maps.Keys(s.barred)) {
		t := s.foot.Tables[oid]
		written := t != nil && (t.Inserts || t.Updates || t.Deletes)
		if d.batch.exposed(oid) && !s.barred[oid] && (written || unknown) {
			oids = append(oids, oid)
		}
	}
	if len(oids) == 0 {
		return nil, nil //nolint:nilnil // as above
	}
	m, err := d.widen(ctx, oids)
	return m, busy(err)
}

func (d *DB) widen(ctx context.Context, oids []uint32) (*snapshot.Manifest, error) {
	all, err := d.tables(ctx, d.batch.history)
	if err != nil {
		return nil, err
	}
	chosen := slices.DeleteFunc(all, func(t table) bool { return !slices.Contains(oids, t.oid) })
	for _, t := range chosen {
		if t.blocker != "" {
			return nil, &migrate.GuardError{Unexplained: []string{"rows of " + t.label() + ", which cannot be kept: " + t.blocker}}
		}
	}
	if err := d.lockTables(ctx, chosen); err != nil {
		return nil, err
	}
	m, err := d.manifest(ctx, d.batch.id)
	if err != nil {
		return nil, err
	}
	before := d.batch.before
	after := before
	if d.batch.committed {
		// What earlier steps did to these tables is there already.
		if after, err = d.readDefinitions(ctx, d.batch.history, before); err != nil {
			return nil, err
		}
	}
	if err := d.makePlace(ctx, m.ID); err != nil {
		return nil, err
	}
	for _, t := range chosen {
		if err := d.widenBy(ctx, m, t, after); err != nil {
			return nil, err
		}
	}
	if m.Stored == nil {
		if m.Bytes, err = d.copiesSize(ctx, m.ID); err != nil {
			return nil, err
		}
	}
	if m.Parts[partKept], err = d.putPart(ctx, m.ID, partKept, d.batch.kept); err != nil {
		return nil, err
	}
	failpoint.Hit("postgres.widen.copied")
	return m, d.putManifest(ctx, m)
}

// widenBy copies one table whole, in the place of what is kept of it so far.
// Once an earlier step is committed, that is exact only as long as no step has
// changed what it holds.
func (d *DB) widenBy(ctx context.Context, m *snapshot.Manifest, t table, now *catalog.State) error {
	k := &d.batch.kept
	at := catalog.Address{Catalog: "pg_class", OID: t.oid}
	was, is := d.batch.before.Object(at), now.Object(at)
	old, copied := k.Copies[t.oid]
	if d.batch.committed && (copied || d.batch.suspect[t.oid] || !sameColumns(was, is)) {
		return &migrate.GuardError{Unexplained: []string{t.label() + ", of which an earlier step had changed what was not kept"}}
	}
	if copied {
		if err := d.script(ctx, "DROP TABLE "+old.Source); err != nil {
			return fmt.Errorf("widen the snapshot: %w", err)
		}
		m.Tables = slices.DeleteFunc(m.Tables, func(line snapshot.Table) bool { return line.At == old.Source })
		delete(k.Copies, t.oid)
		delete(k.Dumped, t.oid)
	}
	at0 := len(m.Tables)
	if err := d.keepTable(ctx, m.ID, choice{table: t, keep: true}, m, k); err != nil {
		return err
	}
	m.Tables[at0].Name = was.Schema + "." + was.Name
	c := k.Copies[t.oid]
	c.Columns = namedBefore(c.Columns, was)
	k.Copies[t.oid] = c
	if d.batch.marks == nil {
		return nil
	}
	// The steps before this one have left it alone.
	mark, err := rows.Now(ctx, d.conn, relation(t.schema, t.name))
	if err != nil {
		return plain(err)
	}
	d.batch.marks[t.oid] = mark
	return nil
}

// sameColumns reports whether a table has the columns that it had before the
// batch, of the same types, and no other.
func sameColumns(was, is *catalog.Object) bool {
	return is != nil && was != nil && slices.EqualFunc(was.Table.Columns, is.Table.Columns, func(a, b catalog.Column) bool {
		return a.Num == b.Num && a.TypeOID == b.TypeOID && a.Type == b.Type && a.Collation == b.Collation
	})
}

// namedBefore gives a copy's columns the names that they had before the batch.
func namedBefore(columns []revert.CopyColumn, was *catalog.Object) []revert.CopyColumn {
	out := slices.Clone(columns)
	for i := range out {
		if c := was.Column(out[i].Num); c != nil {
			out[i].Name = c.Name
		}
	}
	return out
}

// unkeptWay is the way back where rows that it needs are not kept. They are
// looked for by planning as if whole rows of every table were: what is then
// missed by the plan is what has to be kept.
func (d *DB) unkeptWay(before, after *catalog.State, changed map[uint32]bool, conflicts []string) (*revert.Plan, error) {
	refusal := &migrate.GuardError{Unexplained: conflicts}
	copies := maps.Clone(d.batch.kept.Copies)
	if copies == nil {
		copies = map[uint32]revert.Copy{}
	}
	supposed := map[uint32]bool{}
	for i := range before.Objects {
		o := &before.Objects[i]
		if c, kept := copies[o.Address.OID]; o.Kind == catalog.KindTable && (!kept || c.Key != nil) {
			copies[o.Address.OID], supposed[o.Address.OID] = supposedCopy(o), true
		}
	}
	plan, err := d.planWith(before, after, copies, changed)
	if err != nil {
		return nil, err
	}
	if len(plan.Conflicts) > 0 {
		return nil, refusal
	}
	if d.batch.scope.mode == migrate.ScopeNone {
		return plan, nil // the loss was accepted
	}
	var more []migrate.WidenedTable
	for _, t := range plan.Tables {
		oid := t.OID
		if !supposed[oid] {
			continue
		}
		needed, err := d.needed(before, after, copies, changed, oid)
		if err != nil {
			return nil, err
		}
		switch {
		case !needed:
		case !d.widenable(oid):
			return nil, refusal
		default:
			more = append(more, migrate.WidenedTable{Name: d.nameBefore(oid), Why: "taking it back needs rows that were not kept"})
		}
	}
	if len(more) == 0 {
		return nil, refusal
	}
	return nil, &migrate.WidenError{Tables: more}
}

// needed reports whether a plan fails without the copy that is supposed of a table.
func (d *DB) needed(before, after *catalog.State, copies map[uint32]revert.Copy, changed map[uint32]bool, oid uint32) (bool, error) {
	less := maps.Clone(copies)
	if c, kept := d.batch.kept.Copies[oid]; kept {
		less[oid] = c
	} else {
		delete(less, oid)
	}
	plan, err := d.planWith(before, after, less, changed)
	return err == nil && len(plan.Conflicts) > 0, err
}

// supposedCopy stands for whole rows of a table.
func supposedCopy(o *catalog.Object) revert.Copy {
	c := revert.Copy{Table: o.Address.OID}
	for _, col := range o.Table.Columns {
		if col.Generated == "" {
			c.Columns = append(c.Columns, revert.CopyColumn{Num: col.Num, Name: col.Name})
		}
	}
	return c
}
