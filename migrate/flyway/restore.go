package flyway

import (
	"context"
	"fmt"

	"github.com/safemigrate/safemigrate/migrate"
)

// Restore makes the rows exactly h's, and leaves those alone that are so already.
func (t *historyTable) Restore(ctx context.Context, c migrate.Conn, h migrate.History) error {
	id, exists, err := t.find(ctx, c)
	if err != nil {
		return err
	}
	if !h.Exists {
		return drop(ctx, c, id, exists)
	}
	if !exists {
		if err := create(ctx, c, id); err != nil {
			return err
		}
	}
	now, err := read(ctx, c, id)
	if err != nil {
		return err
	}
	wanted := byRank(h.Entries)
	for _, row := range now.Entries {
		if w, stays := wanted[row.Rank]; stays && equalEntries(w, row) {
			delete(wanted, row.Rank)
			continue
		}
		if err := c.Exec(ctx, "DELETE FROM "+quoted(c, id)+" WHERE installed_rank = $1", int64(row.Rank)); err != nil {
			return fmt.Errorf("taking rank %d out of %s: %w", row.Rank, quoted(c, id), err)
		}
	}
	for _, row := range h.Entries {
		if _, absent := wanted[row.Rank]; absent {
			if err := insert(ctx, c, id, row); err != nil {
				return err
			}
		}
	}
	return nil
}

func drop(ctx context.Context, c migrate.Conn, id migrate.TableID, exists bool) error {
	if !exists {
		return nil
	}
	if err := c.Exec(ctx, "DROP TABLE "+quoted(c, id)); err != nil {
		return fmt.Errorf("dropping %s: %w", quoted(c, id), err)
	}
	return nil
}

func byRank(rows []migrate.Entry) map[int]migrate.Entry {
	m := make(map[int]migrate.Entry, len(rows))
	for _, row := range rows {
		m[row.Rank] = row
	}
	return m
}

func equalEntries(a, b migrate.Entry) bool {
	same := equalChecksums(a.Checksum, b.Checksum)
	a.Checksum, b.Checksum = nil, nil
	return same && a == b
}

func insert(ctx context.Context, c migrate.Conn, id migrate.TableID, e migrate.Entry) error {
	installedOn := "$8"
	switch c.Dialect() {
	case migrate.PostgreSQL:
		installedOn = "CAST(CAST($8 AS text) AS timestamp)"
	case migrate.MySQL:
		installedOn = "from_unixtime(timestampdiff(SECOND, '1970-01-01 00:00:00', $8))"
	}
	err := c.Exec(ctx, `INSERT INTO `+quoted(c, id)+` (installed_rank, version, description, type, script, checksum,
		installed_by, installed_on, execution_time, success) VALUES ($1, $2, $3, $4, $5, $6, $7, `+installedOn+`, $9, $10)`,
		int64(e.Rank), orNull(e.Version), e.Description, e.Type, e.Script, checksumOrNull(e.Checksum),
		e.InstalledBy, e.InstalledOn, e.Millis, e.Success)
	if err != nil {
		return fmt.Errorf("putting rank %d back into %s: %w", e.Rank, quoted(c, id), err)
	}
	return nil
}
