package catalog

import (
	"context"
	"strings"
)

// rare are the catalogs that most databases have no rows of their own in, with
// the column that tells the user's rows from the server's. One query finds out
// which of them hold any, and nothing reads the others: planning a query on an
// empty catalog takes the server longer than running it.
var rare = []struct{ catalog, key string }{
	{"pg_aggregate", "aggfnoid"}, {"pg_am", "oid"}, {"pg_amop", "oid"}, {"pg_amproc", "oid"}, {"pg_cast", "oid"},
	{"pg_collation", "oid"}, {"pg_conversion", "oid"}, {"pg_default_acl", "oid"}, {"pg_enum", "oid"},
	{"pg_event_trigger", "oid"}, {"pg_foreign_data_wrapper", "oid"}, {"pg_foreign_server", "oid"},
	{"pg_foreign_table", "ftrelid"}, {"pg_opclass", "oid"}, {"pg_operator", "oid"}, {"pg_opfamily", "oid"},
	{"pg_policy", "oid"}, {"pg_publication", "oid"}, {"pg_publication_rel", "oid"}, {"pg_range", "rngtypid"},
	{"pg_statistic_ext", "oid"}, {"pg_transform", "oid"}, {"pg_ts_config", "oid"}, {"pg_ts_config_map", "mapcfg"},
	{"pg_ts_dict", "oid"}, {"pg_ts_parser", "oid"}, {"pg_ts_template", "oid"},
}

// readIdle finds the rare catalogs that hold nothing of the user's.
func (r *reader) readIdle(ctx context.Context) error {
	parts := make([]string, len(rare))
	for i, c := range rare {
		parts[i] = "SELECT '" + c.catalog + "' WHERE NOT EXISTS (SELECT FROM " + c.catalog + " WHERE " + c.key + " >= 16384)"
	}
	return r.each(ctx, "which catalogs are in use", strings.Join(parts, " UNION ALL "), func(rows row) error {
		var name string
		err := rows.Scan(&name)
		r.idle[name] = true
		return err
	})
}

// unless leaves a reading out where its catalog is idle.
func (r *reader) unless(catalog string, read func(context.Context) error) func(context.Context) error {
	if r.idle[catalog] {
		return func(context.Context) error { return nil }
	}
	return read
}
