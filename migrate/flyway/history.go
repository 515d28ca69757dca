package flyway

import (
	"context"
	"fmt"
	"strconv"
	"time"
	"unicode/utf16"

	"github.com/safemigrate/safemigrate/migrate"
)

// Read returns all rows in the order of their ranks. The version is the newest
// that counts as applied, and the history is dirty while a failed row counts.
func (t *historyTable) Read(ctx context.Context, c migrate.Conn) (migrate.History, error) {
	id, exists, err := t.find(ctx, c)
	if err != nil || !exists {
		return migrate.History{}, err
	}
	return read(ctx, c, id)
}

func read(ctx context.Context, c migrate.Conn, id migrate.TableID) (migrate.History, error) {
	installedOn := "CAST(installed_on AS text)"
	switch c.Dialect() {
	case migrate.PostgreSQL:
		// In this form whatever the session's DateStyle is.
		installedOn = "replace(to_json(installed_on) #>> '{}', 'T', ' ')"
	case migrate.MySQL:
		// In UTC whatever the session's time zone is.
		installedOn = "CAST(date_add('1970-01-01 00:00:00', INTERVAL unix_timestamp(installed_on) SECOND) AS char)"
	}
	rows, err := c.Query(ctx, `SELECT installed_rank, version, description, type, script, checksum,
		installed_by, `+installedOn+`, execution_time, success FROM `+quoted(c, id)+` ORDER BY installed_rank`)
	if err != nil {
		return migrate.History{}, fmt.Errorf("reading %s: %w", quoted(c, id), err)
	}
	h := migrate.History{Exists: true}
	for _, row := range rows {
		entry, err := entryOf(row)
		if err != nil {
			return migrate.History{}, fmt.Errorf("reading %s: %w", quoted(c, id), err)
		}
		h.Entries = append(h.Entries, entry)
	}
	p := readPast(h.Entries)
	h.Version, h.Dirty = p.current, len(p.failed) > 0
	return h, nil
}

func entryOf(row migrate.Row) (migrate.Entry, error) {
	e := migrate.Entry{
		Version: row.Text(1), Description: row.Text(2), Type: row.Text(3), Script: row.Text(4),
		InstalledBy: row.Text(6), InstalledOn: row.Text(7), Success: row.True(9),
	}
	var err error
	if e.Rank, err = strconv.Atoi(row.Text(0)); err != nil {
		return e, fmt.Errorf("the rank %q is no number", row.Text(0))
	}
	if e.Millis, err = strconv.ParseInt(row.Text(8), 10, 64); err != nil {
		return e, fmt.Errorf("the execution time %q of rank %d is no number", row.Text(8), e.Rank)
	}
	if e.Version != "" {
		if _, err := readVersion(e.Version); err != nil {
			return e, fmt.Errorf("the version %q of rank %d: %w", e.Version, e.Rank, err)
		}
	}
	if row[5] == nil {
		return e, nil
	}
	sum, err := strconv.ParseInt(row.Text(5), 10, 32)
	if err != nil {
		return e, fmt.Errorf("the checksum %q of rank %d is no number of 32 bits", row.Text(5), e.Rank)
	}
	signed := int32(sum)
	e.Checksum = &signed
	return e, nil
}

// Started writes nothing: Flyway only writes afterwards.
func (*historyTable) Started(context.Context, migrate.Conn, migrate.Migration) error { return nil }

// Finished adds a row with the next rank.
func (t *historyTable) Finished(ctx context.Context, c migrate.Conn, m migrate.Migration, took time.Duration) error {
	id, err := t.Identity(ctx, c)
	if err != nil {
		return err
	}
	kind := typeSQL
	switch m.Kind {
	case migrate.Baseline:
		kind = typeSQLBaseline
	case migrate.Undo:
		return fmt.Errorf("writing %s: %q is an undo file, and is never run", quoted(c, id), m.File)
	}
	by, args := t.installedBy(c), []any{orNull(m.Version), shorten(m.Name), kind, shortenScript(m.File), checksumOrNull(m.Checksum), took.Milliseconds()}
	if t.options.InstalledBy != "" {
		args = append(args, cut(t.options.InstalledBy, maxInstalledBy))
	}
	statement := `INSERT INTO ` + quoted(c, id) + ` (installed_rank, version, description, type, script, checksum, execution_time, installed_by, success)
		`
	if c.Dialect() == migrate.MySQL { // reads from the table that it writes in this form only
		statement += `SELECT coalesce(max(installed_rank), 0) + 1, $1, $2, $3, $4, $5, $6, ` + by + `, true FROM ` + quoted(c, id) + ` AS old`
	} else {
		statement += `VALUES ((SELECT coalesce(max(installed_rank), 0) + 1 FROM ` + quoted(c, id) + `), $1, $2, $3, $4, $5, $6, ` + by + `, true)`
	}
	if err := c.Exec(ctx, statement, args...); err != nil {
		return fmt.Errorf("writing %s to %s: %w", m.File, quoted(c, id), err)
	}
	return nil
}

// installedBy is the value's place in the statement: SQLite has no users.
func (t *historyTable) installedBy(c migrate.Conn) string {
	switch {
	case t.options.InstalledBy != "":
		return "$7"
	case c.Dialect() == migrate.PostgreSQL:
		return "current_user"
	case c.Dialect() == migrate.MySQL:
		return "substring_index(user(), '@', 1)"
	}
	return "''"
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func checksumOrNull(sum *int32) any {
	if sum == nil {
		return nil
	}
	return int64(*sum)
}

// shorten fits a description into its column as Flyway does.
func shorten(description string) string {
	if cut(description, maxDescription) == description {
		return description
	}
	return cut(description, maxDescription-3) + "..."
}

// shortenScript fits a path into its column as Flyway does.
func shortenScript(script string) string {
	kept := cut(script, maxScript)
	if kept == script {
		return script
	}
	return "..." + string(utf16.Decode(utf16.Encode([]rune(kept))[3:]))
}

// cut keeps the first n characters, counted as Java counts them.
func cut(text string, n int) string {
	units := utf16.Encode([]rune(text))
	if len(units) <= n {
		return text
	}
	return string(utf16.Decode(units[:n]))
}
