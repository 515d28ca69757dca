package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/dump"
	"github.com/safemigrate/safemigrate/migrate"
)

// whereTold says where a cluster lists what it has of each kind that a dump may need.
var whereTold = map[string]string{
	dump.NeedsRole:       "SELECT rolname::text FROM pg_catalog.pg_roles",
	dump.NeedsTablespace: "SELECT spcname::text FROM pg_catalog.pg_tablespace",
	dump.NeedsExtension:  "SELECT name::text FROM pg_catalog.pg_available_extensions",
}

// The ways to what is missing.
var wayTo = map[string]string{
	dump.NeedsRole:       "make the roles first, or leave owners and privileges out with --no-owner",
	dump.NeedsTablespace: "make the tablespaces first (CREATE TABLESPACE)",
	dump.NeedsExtension:  "install the extensions on the server's machine first",
}

// lacks names all that a dump needs and the cluster does not have: pg_restore would stop at
// the first of it, half-way. What the server takes all the same is only told.
func (t *target) lacks(ctx context.Context, id, schema string, noOwner bool, tell func(string)) error {
	needs, err := dump.Needs(schema, noOwner)
	if err != nil {
		return damaged(err)
	}
	has := map[string][]string{}
	var missing, hints []string
	for _, n := range needs {
		if has[n.Kind] == nil {
			found, err := t.conn.Query(ctx, whereTold[n.Kind])
			if err == nil {
				has[n.Kind], err = pgx.CollectRows(found, pgx.RowTo[string])
			}
			if err != nil {
				return fmt.Errorf("look what the server has: %w", plain(err))
			}
		}
		if slices.Contains(has[n.Kind], n.Name) {
			continue
		}
		if refuses, err := t.refuses(ctx, n); err != nil {
			return err
		} else if !refuses {
			if tell != nil {
				tell(fmt.Sprintf("%s runs as role %q, which the server lacks: it cannot be called until that is made", n.For, n.Name))
			}
			continue
		}
		missing = append(missing, n.String())
		way := wayTo[n.Kind]
		if noOwner && n.Kind == dump.NeedsRole {
			way = "make the roles first: policies, user mappings or functions name them"
		}
		if !slices.Contains(hints, way) {
			hints = append(hints, way)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return &migrate.Failure{Outcome: migrate.Unchanged, Op: "restore snapshot " + id, State: "nothing was restored",
		Err: errors.New("the server lacks " + migrate.FirstFew(missing)), Hint: strings.Join(hints, "\n")}
}

// refuses asks the server whether it takes a function that is set to a role which is not
// there, as pg_restore makes one. That differs between minor versions.
func (t *target) refuses(ctx context.Context, n dump.Need) (bool, error) {
	if n.Setting == "" {
		return true, nil
	}
	tx, err := t.conn.Begin(ctx)
	if err == nil {
		_, err = tx.Exec(ctx, "SET LOCAL check_function_bodies = off; CREATE FUNCTION pg_temp.asked() RETURNS int LANGUAGE sql SET "+
			n.Setting+" TO "+catalog.Literal(n.Name)+" AS 'SELECT 1'")
		if undone := tx.Rollback(ctx); undone != nil {
			err = errors.Join(err, undone)
		}
	}
	if err != nil && code(err) == "" {
		return false, fmt.Errorf("ask whether the server takes %s: %w", n.For, plain(err))
	}
	return err != nil, nil
}
