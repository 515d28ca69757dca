package golangmigrate

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/safemigrate/safemigrate/migrate"
)

// nilVersion is what golang-migrate writes while the first version is taken back.
const nilVersion = int64(-1)

// Read returns the table's one row. More than one row, or a table of another
// tool under the same name, is an error.
func (t *historyTable) Read(ctx context.Context, c migrate.Conn) (migrate.History, error) {
	id, exists, err := t.find(ctx, c)
	if err != nil || !exists {
		return migrate.History{}, err
	}
	rows, err := c.Query(ctx, "SELECT version, dirty FROM "+quoted(c, id)+" ORDER BY version")
	if err != nil {
		return migrate.History{}, fmt.Errorf("reading %s: %w", quoted(c, id), err)
	}
	switch len(rows) {
	case 0:
		return migrate.History{Exists: true}, nil
	case 1:
		return historyOf(c, id, rows[0])
	}
	return migrate.History{}, fmt.Errorf("%s holds %d rows (versions %s to %s), where golang-migrate keeps one",
		quoted(c, id), len(rows), rows[0].Text(0), rows[len(rows)-1].Text(0))
}

func historyOf(c migrate.Conn, id migrate.TableID, row migrate.Row) (migrate.History, error) {
	version, err := strconv.ParseInt(row.Text(0), 10, 64)
	if err != nil || version < nilVersion {
		return migrate.History{}, fmt.Errorf("%s holds the version %q, which golang-migrate cannot have written", quoted(c, id), row.Text(0))
	}
	h := migrate.History{Exists: true, Dirty: row.True(1)}
	if version != nilVersion {
		h.Version = strconv.FormatInt(version, 10)
		h.Entries = []migrate.Entry{{Version: h.Version, Success: !h.Dirty}}
	}
	return h, nil
}

// Create makes the table as golang-migrate does, and leaves one that exists alone:
// that takes no privilege to create.
func (t *historyTable) Create(ctx context.Context, c migrate.Conn) error {
	id, exists, err := t.find(ctx, c)
	if err != nil || exists {
		return err
	}
	return create(ctx, c, id)
}

func create(ctx context.Context, c migrate.Conn, id migrate.TableID) error {
	statements := []string{"CREATE TABLE IF NOT EXISTS " + quoted(c, id) + " (version bigint not null primary key, dirty boolean not null)"}
	if c.Dialect() == migrate.SQLite {
		statements = []string{
			"CREATE TABLE IF NOT EXISTS " + quoted(c, id) + " (version uint64,dirty bool)",
			"CREATE UNIQUE INDEX IF NOT EXISTS version_unique ON " + quoted(c, id) + " (version)",
		}
	}
	for _, statement := range statements {
		if err := c.Exec(ctx, statement); err != nil {
			return fmt.Errorf("creating %s: %w", quoted(c, id), err)
		}
	}
	return nil
}

// Started marks the version as dirty, as golang-migrate does before each file.
func (t *historyTable) Started(ctx context.Context, c migrate.Conn, m migrate.Migration) error {
	return t.set(ctx, c, m.Version, true)
}

// Finished makes the version the current one. golang-migrate keeps no durations.
func (t *historyTable) Finished(ctx context.Context, c migrate.Conn, m migrate.Migration, _ time.Duration) error {
	return t.set(ctx, c, m.Version, false)
}

func (t *historyTable) set(ctx context.Context, c migrate.Conn, version string, dirty bool) error {
	id, err := t.Identity(ctx, c)
	if err != nil {
		return err
	}
	return write(ctx, c, id, version, dirty)
}

// Restore makes the table hold h's version, or drops it.
func (t *historyTable) Restore(ctx context.Context, c migrate.Conn, h migrate.History) error {
	id, exists, err := t.find(ctx, c)
	switch {
	case err != nil:
		return err
	case !h.Exists && !exists:
		return nil
	case !h.Exists:
		if err := c.Exec(ctx, "DROP TABLE "+quoted(c, id)); err != nil {
			return fmt.Errorf("dropping %s: %w", quoted(c, id), err)
		}
		return nil
	case !exists:
		if err := create(ctx, c, id); err != nil {
			return err
		}
	}
	return write(ctx, c, id, h.Version, h.Dirty)
}

// write replaces the row. No version and not dirty is no row.
func write(ctx context.Context, c migrate.Conn, id migrate.TableID, version string, dirty bool) error {
	value := nilVersion
	if version != "" {
		var err error
		if value, err = strconv.ParseInt(version, 10, 64); err != nil || value < 0 {
			return fmt.Errorf("writing %s: %q is no version of golang-migrate", quoted(c, id), version)
		}
	}
	if c.Dialect() == migrate.MySQL && (value != nilVersion || dirty) {
		return replace(ctx, c, id, value, dirty)
	}
	if err := c.Exec(ctx, "DELETE FROM "+quoted(c, id)); err != nil {
		return fmt.Errorf("writing %s: %w", quoted(c, id), err)
	}
	if value == nilVersion && !dirty {
		return nil
	}
	if err := c.Exec(ctx, "INSERT INTO "+quoted(c, id)+" (version, dirty) VALUES ($1, $2)", value, dirty); err != nil {
		return fmt.Errorf("writing %s: %w", quoted(c, id), err)
	}
	return nil
}

// replace writes the row in one statement: where no transaction is open, a stop
// between a DELETE and an INSERT would leave a history without any version.
func replace(ctx context.Context, c migrate.Conn, id migrate.TableID, version int64, dirty bool) error {
	rows, err := c.Query(ctx, "SELECT 1 FROM "+quoted(c, id)+" LIMIT 1")
	if err != nil {
		return fmt.Errorf("reading %s: %w", quoted(c, id), err)
	}
	statement := "UPDATE " + quoted(c, id) + " SET version = $1, dirty = $2"
	if len(rows) == 0 {
		statement = "INSERT INTO " + quoted(c, id) + " (version, dirty) VALUES ($1, $2)"
	}
	if err := c.Exec(ctx, statement, version, dirty); err != nil {
		return fmt.Errorf("writing %s: %w", quoted(c, id), err)
	}
	return nil
}

// find looks for the table by its columns. Rails and dbmate use the same name
// for another table, and a failing statement would end the transaction.
func (t *historyTable) find(ctx context.Context, c migrate.Conn) (id migrate.TableID, exists bool, err error) {
	if id, err = t.Identity(ctx, c); err != nil {
		return id, false, err
	}
	names, err := columns(ctx, c, id)
	if err != nil || len(names) == 0 {
		return id, false, err
	}
	for _, column := range []string{"version", "dirty"} {
		if !slices.Contains(names, column) {
			return id, false, fmt.Errorf("%s has no column %s: another tool keeps it; name golang-migrate's table with x-migrations-table", quoted(c, id), column)
		}
	}
	return id, true, nil
}

func columns(ctx context.Context, c migrate.Conn, id migrate.TableID) ([]string, error) {
	query, args := "SELECT lower(name) FROM pragma_table_info($1)", []any{id.Table}
	switch c.Dialect() {
	case migrate.MySQL:
		query = "SELECT lower(column_name) FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2"
		args = []any{id.Schema, id.Table}
	case migrate.PostgreSQL:
		query = `SELECT a.attname FROM pg_catalog.pg_attribute a
			JOIN pg_catalog.pg_class r ON r.oid = a.attrelid
			JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
			WHERE n.nspname = $1 AND r.relname = $2 AND r.relkind IN ('r', 'p', 'v', 'f')
			AND a.attnum > 0 AND NOT a.attisdropped`
		args = []any{id.Schema, id.Table}
	}
	rows, err := c.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("looking for %s: %w", quoted(c, id), err)
	}
	var names []string
	for _, row := range rows {
		names = append(names, row.Text(0))
	}
	return names, nil
}
