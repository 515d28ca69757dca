package sqlite

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/ncruces/go-sqlite3"

	"github.com/safemigrate/safemigrate/migrate"
)

// sessionPragmas are the settings of a connection that change what a later
// file, or a statement of safemigrate, would mean.
var sessionPragmas = []string{
	"defer_foreign_keys", "foreign_keys", "ignore_check_constraints", "legacy_alter_table", "locking_mode",
	"query_only", "recursive_triggers", "reverse_unordered_selects", "secure_delete", "trusted_schema", "writable_schema",
}

// likeCase stands for case_sensitive_like, which can be set but not read.
const likeCase = "case_sensitive_like"

func (d *DB) readSettings(ctx context.Context) (map[string]string, error) {
	now := map[string]string{}
	for _, name := range sessionPragmas {
		value, err := d.text(ctx, "PRAGMA "+name)
		if err != nil {
			return nil, fmt.Errorf("read pragma %s: %w", name, err)
		}
		now[name] = value
	}
	value, err := d.text(ctx, "SELECT 'a' NOT LIKE 'A'")
	now[likeCase] = value
	return now, err
}

// EndFile drops what a file made for its session, gives settings their old
// values, and reports foreign keys that a commit would refuse.
func (d *DB) EndFile(ctx context.Context) error {
	open, _, err := d.c.Status(sqlite3.DBSTATUS_DEFERRED_FKS, false)
	if err != nil {
		return fmt.Errorf("look at deferred constraints: %w", err)
	}
	if open != 0 {
		return &migrate.StatementError{Code: "787", Err: errors.New("a deferred foreign key is violated: the commit would fail")}
	}
	return d.resetSession(ctx)
}

func (d *DB) resetSession(ctx context.Context) error {
	now, err := d.readSettings(ctx)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(d.settings)) {
		value := d.settings[name]
		if now[name] == value || name == "foreign_keys" && d.inTransaction() {
			continue
		}
		if name == "writable_schema" && value == "0" {
			value = "RESET" // also reads the schema anew, as it was written
		}
		if err := d.Exec(ctx, "PRAGMA "+name+"="+value); err != nil {
			return fmt.Errorf("reset pragma %s: %w", name, err)
		}
	}
	return d.dropTemporary(ctx)
}

// dropTemporary drops temporary views first, then tables with all that hangs
// on them; a trigger on a lasting table goes by itself.
func (d *DB) dropTemporary(ctx context.Context) error {
	rows, err := d.Query(ctx, `SELECT type, name FROM temp.sqlite_schema
		WHERE type IN ('table', 'view', 'trigger') AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY type DESC`)
	if err != nil {
		return explain("list temporary tables", err)
	}
	for _, r := range rows {
		if err := d.Exec(ctx, "DROP "+r.Text(0)+" IF EXISTS temp."+sqlite3.QuoteIdentifier(r.Text(1))); err != nil {
			return explain("drop temporary "+r.Text(0)+" "+r.Text(1), err)
		}
	}
	return nil
}
