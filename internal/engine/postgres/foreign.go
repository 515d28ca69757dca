package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// leaveOut takes from a state what another session has made while the batch
// ran: a rollback finds it as made by someone else and leaves it alone. What is
// new and whose catalog row was written by a transaction that is still running
// is this one's own; what an earlier step or a statement outside a transaction
// made is known as such.
func (d *DB) leaveOut(ctx context.Context, after *catalog.State) (*catalog.State, error) {
	fresh := map[string][]uint32{}
	for _, c := range catalog.Diff(d.batch.before, after) {
		if c.Before == nil && !d.batch.mine[c.After.Address] && !d.batch.outside && !unsigned[c.After.Address.Catalog] {
			a := c.After.Address
			fresh[a.Catalog] = append(fresh[a.Catalog], a.OID)
		}
	}
	foreign := map[catalog.Address]bool{}
	for table, oids := range fresh {
		rows, _, _ := strings.Cut(table, ".") // a domain's default stands in the row of the domain
		found, err := d.conn.Query(ctx, `SELECT t.oid FROM pg_catalog.`+catalog.Quote(rows)+` t,
				(SELECT pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::bigint + 1048576 AS next) x
			WHERE t.oid = ANY ($1::text::oid[]) AND t.xmin::text::bigint <> 2
			  AND pg_catalog.pg_xact_status((x.next - ((x.next - t.xmin::text::bigint) & 4294967295))::text::xid8) = 'committed'`, oidList(oids))
		if err != nil {
			return nil, fmt.Errorf("look who made what is new: %w", plain(err))
		}
		for found.Next() {
			var oid uint32
			if err := found.Scan(&oid); err != nil {
				return nil, fmt.Errorf("look who made what is new: %w", err)
			}
			foreign[catalog.Address{Catalog: table, OID: oid}] = true
		}
		if err := found.Err(); err != nil {
			return nil, fmt.Errorf("look who made what is new: %w", plain(err))
		}
	}
	for _, o := range after.Objects {
		if !foreign[o.Address] {
			d.batch.mine[o.Address] = true
		}
	}
	d.batch.outside = false
	return without(after, foreign), nil
}

// unsigned are the catalogs whose rows do not tell an ordinary role who wrote
// them, or have no OID: what is new in them counts as the batch's.
var unsigned = map[string]bool{"pg_user_mapping": true, "pg_db_role_setting": true}

// without copies a state without some objects and their marks.
func without(s *catalog.State, gone map[catalog.Address]bool) *catalog.State {
	if len(gone) == 0 {
		return s
	}
	out := &catalog.State{Server: s.Server}
	for _, o := range s.Objects {
		if !gone[o.Address] && !gone[o.Parent] {
			out.Objects = append(out.Objects, o)
		}
	}
	for _, m := range s.Census {
		if !gone[m.Address] && !gone[m.Of] {
			out.Census = append(out.Census, m)
		}
	}
	return out
}
