package revert

import (
	"context"
	"fmt"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// The name of an array type is the server's choice: the first that no type has, when the type
// that it is of gets its name. So that gets its name anew.

// nameArrays gives array types their names back.
func (r *run) nameArrays(ctx context.Context) error {
	cur := newIndex(r.cur)
	named := false
	for _, w := range r.plan.expected {
		o := cur.objects[w.address]
		if o == nil || o.Array == w.object.Array || o.Name != w.object.Name {
			continue
		}
		named = true
		if err := r.nameArray(ctx, w.object, o); err != nil {
			return fmt.Errorf("naming the array type of %s back: %w", label(o), err)
		}
	}
	if !named {
		return nil
	}
	return r.read(ctx)
}

func (r *run) nameArray(ctx context.Context, want, o *object) error {
	aside, word := outOfTheWay(o.Address.OID), "ALTER "+o.Kind.Facts().Word+" "
	if _, err := r.conn.Exec(ctx, word+o.Identity+" RENAME TO "+aside); err != nil {
		return err
	}
	free, err := r.freeNames(ctx, o, want.Array)
	if err != nil {
		return err
	}
	var steps, drops []string
	take := func(name string) {
		steps, drops = append(steps, "CREATE TYPE "+name+" AS ENUM ()"), append(drops, "DROP TYPE "+name)
	}
	for len(free) > 1 { // a type and its array take two
		take(free[0])
		free = free[2:]
	}
	steps = append(steps, word+catalog.Qualified(o.Schema, aside)+" RENAME TO "+catalog.Quote(o.Name))
	for _, name := range free { // an array yields to a type that gets its name, and does not come back
		take(name)
	}
	return script(ctx, r.conn, append(steps, drops...))
}

// freeNames lists the names that the server would rather give to the array type of an object,
// and nothing has: none where that is to have the first of them.
func (r *run) freeNames(ctx context.Context, o *object, array string) (free []string, err error) {
	const sql = `SELECT n.name, t.oid IS NOT NULL FROM (
			SELECT pg_catalog.concat(pg_catalog.repeat('_', i), $1::text)::name::text AS name, i FROM pg_catalog.generate_series(1, 63) i) n
		LEFT JOIN pg_catalog.pg_type t ON t.typname = n.name AND t.typnamespace = $2::text::pg_catalog.regnamespace ORDER BY n.i`
	if array == "" {
		return nil, nil
	}
	found, err := r.conn.Query(ctx, sql, o.Name, catalog.Quote(o.Schema))
	if err != nil {
		return nil, err
	}
	defer found.Close()
	for found.Next() {
		var name string
		var there bool
		if err := found.Scan(&name, &there); err != nil || name == array {
			return free, err
		}
		if !there {
			free = append(free, catalog.Qualified(o.Schema, name))
		}
	}
	return nil, found.Err()
}
