package flyway

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/safemigrate/safemigrate/migrate"
)

// lockBase is where Flyway's advisory locks begin on PostgreSQL.
const lockBase = 77431708279161

// lockPrefix begins the name of Flyway's lock on MySQL and MariaDB.
const lockPrefix = "Flyway-"

// historyTable is flyway_schema_history, wherever the options say it is.
type historyTable struct {
	options Options
	found   *migrate.TableID // once it was looked for
}

// Identity finds the table's place: in the current schema unless one is named.
// It fails where there is no such schema.
func (t *historyTable) Identity(ctx context.Context, c migrate.Conn) (migrate.TableID, error) {
	if t.found != nil {
		return *t.found, nil
	}
	if c.Dialect() == migrate.SQLite {
		return migrate.TableID{Table: t.options.Table}, nil
	}
	query := `SELECT current_schema(), EXISTS (SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1)`
	if c.Dialect() == migrate.MySQL {
		query = "SELECT database(), EXISTS (SELECT 1 FROM information_schema.schemata WHERE schema_name = $1)"
	}
	rows, err := c.Query(ctx, query, t.options.Schema)
	if err != nil {
		return migrate.TableID{}, fmt.Errorf("finding the schema of Flyway's history: %w", err)
	}
	schema, current := t.options.Schema, rows[0].Text(0)
	switch {
	case schema == "" && current == "" && c.Dialect() == migrate.MySQL:
		return migrate.TableID{}, errors.New("Flyway's history has no database: the session has chosen none") //nolint:staticcheck // a name
	case schema == "" && current == "":
		return migrate.TableID{}, errors.New("Flyway's history has no schema: search_path names none that exists and may be used") //nolint:staticcheck // a name
	case schema == "":
		schema = current
	case !rows[0].True(1):
		return migrate.TableID{}, fmt.Errorf("schema %q of Flyway's history does not exist", schema)
	}
	id := migrate.TableID{Schema: schema, Table: t.options.Table}
	if hash := javaHash(quoted(c, id)); c.Dialect() == migrate.MySQL {
		id.LockNames = []string{lockPrefix + strconv.Itoa(int(hash))}
	} else {
		id.LockKeys = []int64{lockBase + int64(hash)}
	}
	t.found = &id
	return id, nil
}

// javaHash is String.hashCode of Java, which wraps around as 32 signed bits.
func javaHash(s string) int32 {
	var h int32
	for _, unit := range utf16.Encode([]rune(s)) {
		h = 31*h + int32(unit)
	}
	return h
}

// quoted is the table as it stands in a statement, and in Flyway's lock.
func quoted(c migrate.Conn, id migrate.TableID) string {
	if c.Dialect() == migrate.MySQL {
		return backquote(id.Schema) + "." + backquote(id.Table)
	}
	if id.Schema == "" {
		return quote("main") + "." + quote(id.Table)
	}
	return quote(id.Schema) + "." + quote(id.Table)
}

func backquote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
