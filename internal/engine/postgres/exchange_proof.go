package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/rows"
	"github.com/safemigrate/safemigrate/migrate"
)

// prove compares the definitions; the rows were compared when they were restored.
func (f *fromDump) prove(ctx context.Context, there *DB) error {
	f.tellf("comparing the schema with what was kept")
	if err := there.Begin(ctx, migrate.Step{}); err != nil {
		return err
	}
	return errors.Join(f.compare(ctx, there), there.Abort(context.WithoutCancel(ctx)))
}

func (f *fromDump) compare(ctx context.Context, there *DB) error {
	if err := f.sameSchema(ctx, there); err != nil {
		return err
	}
	if err := f.compareExtensions(ctx, there); err != nil {
		return err
	}
	if err := f.sameObjects(ctx, there); err != nil {
		return err
	}
	return f.compareViews(ctx, there)
}

// sameSchema compares every object with its counterpart before the oldest batch.
func (f *fromDump) sameSchema(ctx context.Context, there *DB) error {
	state, err := there.readDefinitions(ctx, f.req.History, nil)
	if err != nil {
		return err
	}
	var wrong []string
	for _, p := range catalog.Counterparts(f.oldest().before, state) {
		switch {
		case p.Here != nil && isProperty(p.Here) || p.Here == nil && isProperty(p.There):
			continue
		case p.Here == nil:
			wrong = append(wrong, fmt.Sprintf("%s %s would be there and was not", p.There.Kind, p.There.Identity))
		case p.There == nil:
			wrong = append(wrong, fmt.Sprintf("%s %s would be missing", p.Here.Kind, p.Here.Identity))
		case !p.Alike() && !withOwnNotNull(*p.Here).Same(withOwnNotNull(*p.There)):
			wrong = append(wrong, fmt.Sprintf("%s %s would not be what it was", p.Here.Kind, p.Here.Identity))
		}
		f.pairs = append(f.pairs, p)
	}
	if len(wrong) > 0 {
		return &migrate.ConflictError{Conflicts: wrong, Inherent: true}
	}
	return nil
}

// withOwnNotNull is a partition whose columns have their NOT NULL themselves, too: from
// PostgreSQL 18 on, one that was made by itself and attached, as pg_dump does, has. No
// dump tells the two apart.
func withOwnNotNull(o catalog.Object) catalog.Object {
	if o.Table == nil || o.Table.Partition == "" {
		return o
	}
	t := *o.Table
	t.Columns = slices.Clone(t.Columns)
	for i := range t.Columns {
		t.Columns[i].NotNullOver = false
	}
	o.Table = &t
	return o
}

// compareExtensions makes sure that what extensions keep in tables, which is in no dump,
// is the same.
func (f *fromDump) compareExtensions(ctx context.Context, there *DB) error {
	found, err := f.Query(ctx, `SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e'
		JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
		WHERE c.relkind = 'r' AND NOT c.oid = ANY (coalesce(e.extconfig, '{}')) AND pg_catalog.has_table_privilege(c.oid, 'SELECT') ORDER BY 1, 2`)
	if err != nil {
		return fmt.Errorf("look at the tables of extensions: %w", err)
	}
	for _, r := range found {
		name := relation(r.Text(0), r.Text(1))
		was, err := f.wholeSum(ctx, name)
		if err != nil {
			return err
		}
		is, err := there.wholeSum(ctx, name)
		if code(err) == undefinedTable || err == nil && is != was {
			return &migrate.ConflictError{Conflicts: []string{"the rows of " + name + ", which belongs to an extension and is in no dump"}, Inherent: true}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

const undefinedTable = "42P01"

// wholeSum sums up whole rows.
func (d *DB) wholeSum(ctx context.Context, name string) (rows.Sum, error) {
	var oid uint32
	if err := d.conn.QueryRow(ctx, `SELECT $1::text::regclass::oid`, name).Scan(&oid); err != nil {
		return rows.Sum{}, plain(err)
	}
	columns, err := rows.Columns(ctx, d.conn, oid)
	if err != nil {
		return rows.Sum{}, plain(err)
	}
	sum, err := rows.Live(ctx, d.conn, name, columns)
	return sum, plain(err)
}

// compareViews tells which materialized views hold other rows than before: a dump has
// them refreshed.
func (f *fromDump) compareViews(ctx context.Context, there *DB) error {
	for _, p := range f.pairs {
		if !p.Here.Populated() {
			continue
		}
		want, known := f.oldest().kept.Views[p.Here.Address.OID]
		if now := f.now.Object(p.Here.Address); !known && now != nil && now.Populated() {
			var err error
			if want, err = f.sumView(ctx, now); err != nil {
				return err
			}
		}
		sum, err := there.sumView(ctx, p.There)
		if err != nil {
			return err
		}
		line := "materialized view " + p.Here.Identity + " refreshed"
		if sum != want {
			line += "; it does not hold the rows that it did: it was out of date, or what it reads was written since"
		}
		f.report.Objects = append(f.report.Objects, line)
	}
	return nil
}

// beyond names what this role could not make again, though the dump holds it.
func (f *fromDump) beyond(ctx context.Context) ([]string, error) {
	membership := "MEMBER"
	const setOption = 160000
	if f.server >= setOption {
		membership = "SET"
	}
	found, err := f.Query(ctx, `SELECT r.rolname, (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user)
		FROM pg_catalog.pg_roles r WHERE pg_catalog.pg_has_role(r.oid, $1)`, membership)
	if err != nil {
		return nil, fmt.Errorf("look what this role may do: %w", err)
	}
	var may []string
	for _, r := range found {
		if r.True(1) {
			return nil, nil // a superuser may do everything
		}
		may = append(may, r.Text(0))
	}
	var out []string
	for _, t := range f.unlocked {
		out = append(out, fmt.Sprintf("table %s: %s", t.label(), t.blocker))
	}
	objects, err := f.foreignObjects(may)
	if err != nil {
		return nil, err
	}
	out = append(out, objects...)
	before := f.oldest().before
	for i := range before.Objects {
		if why := f.beyondReach(&before.Objects[i], may); why != "" {
			out = append(out, why)
		}
	}
	return out, nil
}

// firstUserOID is the first number that what the server is made with does not have.
const firstUserOID = 16384

func (f *fromDump) beyondReach(o *catalog.Object, may []string) string {
	if isProperty(o) || o.Address.OID < firstUserOID {
		return ""
	}
	what := string(o.Kind) + " " + o.Identity
	if o.Owner != "" && !slices.Contains(may, o.Owner) {
		return fmt.Sprintf("%s belongs to role %s, and this role cannot give it to that one", what, o.Owner)
	}
	for _, g := range o.Grants {
		if g.Grantor != o.Owner {
			return fmt.Sprintf("%s: role %s has granted %s, and only that role can do it again", what, g.Grantor, g.Privilege)
		}
	}
	if o.Table != nil && misplaced(o.Table) {
		return what + ": it got a column from its parent behind its own, and a restored one would have it before them"
	}
	if now := f.now.Object(o.Address); now != nil && now.Beyond != "" {
		return what + ": " + now.Beyond
	}
	return ""
}

// misplaced reports whether a table that inherits has a column of its own before one of
// its parents': pg_dump leaves the order to INHERITS.
func misplaced(t *catalog.Table) bool {
	own := false
	for _, c := range t.Columns {
		if own && c.Inherited > 0 && t.Partition == "" {
			return true
		}
		own = own || c.Inherited == 0
	}
	return false
}
