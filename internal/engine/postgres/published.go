package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/migrate"
)

// publishedQuery lists the publications that send every table, also those which
// safemigrate makes, and says whether a slot for subscribers is there to send them.
// The server has no way to leave a table out of such a publication.
const publishedQuery = `SELECT coalesce(pg_catalog.string_agg(pg_catalog.quote_ident(p.pubname), ', ' ORDER BY p.pubname), ''),
	EXISTS (SELECT FROM pg_catalog.pg_replication_slots s WHERE s.database = pg_catalog.current_database() AND s.plugin = 'pgoutput')
	FROM pg_catalog.pg_publication p WHERE (p.puballtables OR %s) AND (p.pubinsert OR p.pubupdate OR p.pubdelete)`

// schemasPublished is of a publication of a schema of safemigrate's own;
// PostgreSQL 14 knows none of schemas.
const (
	schemasPublished = `EXISTS (SELECT FROM pg_catalog.pg_publication_namespace x JOIN pg_catalog.pg_namespace n ON n.oid = x.pnnspid
		WHERE x.pnpubid = p.oid AND n.nspname ~ '` + catalog.OwnSchemas + `')`
	publishesSchemas = 150000
)

// published stops a batch whose snapshot would be sent to subscribers: they lack its
// tables, and a subscription of PostgreSQL's stops at the first row of one.
func (d *DB) published(ctx context.Context, allow []migrate.ProblemKind, e *migrate.Estimate) error {
	own := "false"
	if d.server >= publishesSchemas {
		own = schemasPublished
	}
	found, err := d.Query(ctx, fmt.Sprintf(publishedQuery, own))
	if err != nil {
		return fmt.Errorf("read the publications: %w", err)
	}
	names, slots := found[0].Text(0), found[0].True(1)
	switch {
	case names == "":
	case !slots:
		e.Warnings = append(e.Warnings, fmt.Sprintf("publication %s is for all tables: subscribers that come would receive the tables that safemigrate makes", names))
	case slices.Contains(allow, migrate.Published):
		e.Warnings = append(e.Warnings, fmt.Sprintf("publication %s is for all tables: its subscribers receive the tables that safemigrate makes", names))
	default:
		e.Blockers = append(e.Blockers, fmt.Sprintf("publication %s is for all tables: its subscribers would receive the tables that safemigrate makes, which they lack, and stop "+
			"(publish the application's tables or schemas by name, or accept it with --allow %s)", names, migrate.Published))
	}
	return nil
}
