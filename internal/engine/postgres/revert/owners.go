package revert

import (
	"context"
	"fmt"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// admitOwners lets the owners that things are given back to create in their
// schemas: nobody can be given what he could not have made, and the schema's
// own privileges come back later, or were taken away before the batch. What is
// granted here and should not be is revoked with all other privileges.
func (r *run) admitOwners(ctx context.Context) error {
	cur := newIndex(r.cur)
	admitted := map[[2]string]bool{}
	for _, w := range r.plan.expected {
		o := cur.objects[w.address]
		if o == nil || o.Schema == "" || len(owner(w.object, o)) == 0 || admitted[[2]string{o.Schema, w.object.Owner}] {
			continue
		}
		admitted[[2]string{o.Schema, w.object.Owner}] = true
		if err := r.admit(ctx, o.Schema, w.object.Owner); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) admit(ctx context.Context, schema, role string) error {
	var may bool
	if err := r.conn.QueryRow(ctx, `SELECT pg_catalog.has_schema_privilege($1::name, $2::text, 'CREATE')`, role, schema).Scan(&may); err != nil {
		return fmt.Errorf("reading the privileges on schema %s: %w", schema, err)
	}
	if may {
		return nil
	}
	return r.exec(ctx, []step{{
		sql:  "GRANT CREATE ON SCHEMA " + catalog.Quote(schema) + " TO " + catalog.Quote(role),
		what: "giving schema " + schema + " back to the owners of what is in it",
	}})
}

// giveToTable gives a sequence to the owner of the table that is to own it,
// where that table stays: no table can own what somebody else owns.
func (r *run) giveToTable(ctx context.Context, w *work, o *object) ([]step, error) {
	table := w.cur.objects[o.Parent]
	if o.Sequence.OwnedBy == "" || table == nil || w.make[o.Parent] {
		return nil, nil
	}
	if err := r.admit(ctx, table.Schema, table.Owner); err != nil {
		return nil, err
	}
	return []step{{
		sql:  "ALTER SEQUENCE " + o.Identity + " OWNER TO " + catalog.Quote(table.Owner),
		what: "giving " + label(o) + " to the owner of " + label(table),
	}}, nil
}

// freeSequences takes sequences from columns that did not own them before: they would go
// along where those tables get their old schemas.
func (r *run) freeSequences() []step {
	var steps []step
	before := newIndex(r.before)
	for i := range r.cur.Objects {
		o := &r.cur.Objects[i]
		b := before.objects[o.Address]
		if o.Sequence == nil || o.Sequence.OwnedBy == "" || b == nil || b.Parent == o.Parent || r.plan.keeps(o)(partBody) {
			continue
		}
		steps = append(steps, step{sql: "ALTER SEQUENCE " + o.Identity + " OWNED BY NONE", what: "putting " + label(o) + " back"})
	}
	return steps
}
