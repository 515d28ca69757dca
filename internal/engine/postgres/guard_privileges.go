package postgres

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/revert"
	"github.com/safemigrate/safemigrate/migrate"
)

// unreachableSQL lists tables, materialized views and sequences of ours whose
// owner has not the privileges to read them, or to lock a table.
const unreachableSQL = `SELECT c.oid
	FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	WHERE c.relkind IN ('r', 'p', 'm', 'S') AND c.relpersistence <> 't' AND pg_catalog.pg_has_role(c.relowner, 'USAGE')
	  AND NOT (pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
	    AND (c.relkind IN ('m', 'S') OR pg_catalog.has_table_privilege(c.oid, 'UPDATE, DELETE, TRUNCATE')))`

// refuseUnreachable stops a batch that took from the owner of a table the
// privileges that a rollback needs to lock and read it.
func (d *DB) refuseUnreachable(ctx context.Context, after *catalog.State) error {
	found, err := d.Query(ctx, unreachableSQL)
	if err != nil {
		return fmt.Errorf("look for lost privileges: %w", err)
	}
	var lost []string
	for _, r := range found {
		oid, err := strconv.ParseUint(r.Text(0), 10, 32)
		if err != nil {
			return fmt.Errorf("look for lost privileges: %w", err)
		}
		is := after.Object(catalog.Address{Catalog: "pg_class", OID: uint32(oid)})
		if is != nil && privilegesChanged(d.batch.before, after, is) {
			lost = append(lost, fmt.Sprintf("%s %s: its owner lost the privilege to read or lock it", is.Kind, is.Identity))
		}
	}
	lost = append(lost, d.lostValues(after)...)
	if len(lost) > 0 {
		slices.Sort(lost)
		return &migrate.GuardError{Unexplained: lost}
	}
	return nil
}

// refuseUncounted stops a batch whose rollback would have to count rows that the role may
// not read: those of others' tables which refer to rows that would go.
func (d *DB) refuseUncounted(ctx context.Context, plan *revert.Plan) error {
	var uncounted []string
	for _, o := range plan.Orphans() {
		found, err := d.Query(ctx, `SELECT pg_catalog.format('table %s: its rows could refer, by foreign key %s, to rows that a rollback takes out, and role %I may not read them all (it needs SELECT on it, and row security that does not bind it)',
				$1::text, $2::text, current_user)
			FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass($1)
			  AND NOT (pg_catalog.has_schema_privilege(c.relnamespace, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
			    AND NOT pg_catalog.row_security_active(c.oid))`, o.Table, o.Constraint)
		if err != nil {
			return fmt.Errorf("look for rows that could not be counted: %w", err)
		}
		for _, r := range found {
			uncounted = append(uncounted, r.Text(0))
		}
	}
	if len(uncounted) > 0 {
		return &migrate.GuardError{Unexplained: uncounted}
	}
	return nil
}

// lostValues names the sequences that went with the batch and whose values were
// not kept, because their owner may not read them.
func (d *DB) lostValues(after *catalog.State) []string {
	kept := map[uint32]bool{}
	for _, s := range d.batch.kept.Sequences {
		kept[s.OID] = true
	}
	var lost []string
	for i := range d.batch.before.Objects {
		o := &d.batch.before.Objects[i]
		if o.Kind == catalog.KindSequence && !kept[o.Address.OID] && after.Object(o.Address) == nil {
			lost = append(lost, fmt.Sprintf("%s %s: no privilege to read its value", o.Kind, o.Identity))
		}
	}
	return lost
}

// privilegesChanged says whether a relation is new, or has or lies in a schema
// with other privileges than before.
func privilegesChanged(before, after *catalog.State, is *catalog.Object) bool {
	was := before.Object(is.Address)
	if was == nil || !slices.Equal(was.Grants, is.Grants) {
		return true
	}
	old, now := before.ByIdentity(catalog.KindSchema, catalog.Quote(was.Schema)), after.ByIdentity(catalog.KindSchema, catalog.Quote(is.Schema))
	return old == nil || now == nil || !slices.Equal(old.Grants, now.Grants)
}
