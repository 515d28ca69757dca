package postgres

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

const (
	largeObjects = "pg_largeobject"
	userMappings = "pg_user_mapping"
)

// readUnseen reads how many rows this session has written in catalogs that hold
// what an ordinary role may not read: the contents of large objects, and the
// options of user mappings.
func (d *DB) readUnseen(ctx context.Context) (map[string]int64, error) {
	found, err := d.Query(ctx, `SELECT c.relname, coalesce(pg_catalog.pg_stat_get_xact_tuples_updated(c.oid)
			+ CASE WHEN c.relname = $1 THEN pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid)
			  + pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid) ELSE 0 END, 0)
		FROM pg_catalog.pg_class c WHERE c.relnamespace = 'pg_catalog'::pg_catalog.regnamespace AND c.relname IN ($1, $2)`,
		largeObjects, userMappings)
	if err != nil {
		return nil, fmt.Errorf("read the counters of catalogs: %w", err)
	}
	out := map[string]int64{}
	for _, r := range found {
		n, err := strconv.ParseInt(r.Text(1), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("read the counters of catalogs: %w", err)
		}
		out[r.Text(0)] = n
	}
	return out, nil
}

// unseenChanges names what the open transaction changed where the census cannot
// look.
func (d *DB) unseenChanges(ctx context.Context) ([]string, error) {
	now, err := d.readUnseen(ctx)
	if err != nil {
		return nil, err
	}
	uncounted := d.batch.base.blind || d.batch.uncounted
	wrote := func(table string) bool { return uncounted || now[table] != d.batch.base.unseen[table] }
	var out []string
	switch {
	case now[largeObjects] != d.batch.base.unseen[largeObjects]:
		out = append(out, "contents of large objects")
	case uncounted && slices.ContainsFunc(d.batch.before.Census, func(m catalog.Mark) bool {
		return m.Address.Catalog == "pg_largeobject_metadata"
	}):
		out = append(out, "contents of large objects, whose changes were not counted")
	}
	for _, o := range d.batch.before.Objects {
		if o.Kind == catalog.KindUserMapping && o.Unsupported == catalog.HiddenOptions && wrote(userMappings) {
			out = append(out, "options of user mappings that this role may not read")
			break
		}
	}
	return out, nil
}
