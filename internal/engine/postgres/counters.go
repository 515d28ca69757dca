package postgres

import (
	"context"
	"fmt"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// base is what the server counted and where tables' rows lay at one moment.
type base struct {
	writes map[uint32]counts // rows inserted, updated and deleted in this session's view
	files  map[uint32]uint32 // file nodes: TRUNCATE and rewrites change them and count nothing
	blind  bool              // track_counts is off: nothing is counted
	unseen map[string]int64  // rows written in catalogs that the census cannot read
}

// counts are the rows of one table that were written.
type counts struct{ inserted, updated, deleted int64 }

func (c counts) minus(o counts) counts {
	return counts{c.inserted - o.inserted, c.updated - o.updated, c.deleted - o.deleted}
}

// readBase reads the counters when a transaction begins: counts of earlier
// transactions of this session may still be in them.
func (d *DB) readBase(ctx context.Context) error {
	b, err := d.readCounters(ctx)
	if err == nil {
		b.unseen, err = d.readUnseen(ctx)
	}
	if err != nil {
		return err
	}
	d.batch.base = b
	return nil
}

func (d *DB) readCounters(ctx context.Context) (base, error) {
	b := base{writes: map[uint32]counts{}, files: map[uint32]uint32{}}
	found, err := d.conn.Query(ctx, `SELECT c.oid, c.relfilenode,
			coalesce(pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid), 0), coalesce(pg_catalog.pg_stat_get_xact_tuples_updated(c.oid), 0),
			coalesce(pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid), 0),
			pg_catalog.current_setting('track_counts') = 'off'
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND n.nspname !~ '`+catalog.OwnSchemas+`'`)
	if err != nil {
		return b, fmt.Errorf("read the counters: %w", plain(err))
	}
	defer found.Close()
	for found.Next() {
		var oid, file uint32
		var writes counts
		if err := found.Scan(&oid, &file, &writes.inserted, &writes.updated, &writes.deleted, &b.blind); err != nil {
			return b, fmt.Errorf("read the counters: %w", err)
		}
		b.writes[oid], b.files[oid] = writes, file
	}
	return b, found.Err()
}
