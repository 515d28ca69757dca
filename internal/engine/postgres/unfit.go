package postgres

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/footprint"
)

// unfitQuery says of tables why a rollback could not put single rows of them right:
// what package revert asks of a table before it corrects it, as far as it is there
// before the batch.
const unfitQuery = `SELECT c.oid, CASE
	WHEN EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conrelid = c.oid AND k.contype <> 'f' AND NOT k.convalidated) THEN 'a constraint of it is not valid'
	WHEN EXISTS (SELECT FROM pg_catalog.pg_trigger g WHERE g.tgrelid = c.oid AND g.tgparentid <> 0 AND g.tgconstraint = 0) THEN 'it has triggers from its parent'
	WHEN EXISTS (SELECT FROM pg_catalog.unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) p (word) WHERE NOT EXISTS (
		SELECT FROM pg_catalog.aclexplode(coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner))) x WHERE x.grantee = c.relowner AND x.privilege_type = p.word))
		THEN 'its owner lacks a privilege on it'
	ELSE '' END,
	EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'f' AND NOT k.convalidated)
	FROM pg_catalog.pg_class c WHERE c.oid = ANY ($1::text::oid[])`

// unchecked is why rows that were there may not be put right one by one: a foreign key
// that they never had to pass would refuse them.
const unchecked = "a foreign key of it is not valid"

// unfitTables says of which tables of a footprint whole rows have to be kept where
// rows of them come or change: they can only be exchanged all at once.
func (d *DB) unfitTables(ctx context.Context, f *footprint.Footprint) (map[uint32]string, error) {
	out := map[uint32]string{}
	found, err := d.conn.Query(ctx, unfitQuery, oidList(slices.Sorted(maps.Keys(f.Tables))))
	if err != nil {
		return nil, fmt.Errorf("look at the tables of the batch: %w", plain(err))
	}
	var oid uint32
	var why string
	var loose bool
	_, err = pgx.ForEachRow(found, []any{&oid, &why, &loose}, func() error {
		if out[oid] = why; why == "" {
			out[oid] = f.Tables[oid].Unfit
		}
		if out[oid] == "" && loose && changes(f.Tables[oid]) { // rows that only come, go without it
			out[oid] = unchecked
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look at the tables of the batch: %w", plain(err))
	}
	return out, nil
}
