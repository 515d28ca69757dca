package golangmigrate

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/golang-migrate/migrate/v4/database"

	"github.com/safemigrate/safemigrate/migrate"
)

const defaultTable = "schema_migrations"

// quotedName is how golang-migrate takes x-migrations-table apart.
var quotedName = regexp.MustCompile(`"(.*?)"`)

// historyTable is schema_migrations, wherever the options say it is.
type historyTable struct {
	options Options
	found   *migrate.TableID // once it was looked for
}

// Identity finds the table's place as golang-migrate does: in the current schema
// unless one is named, on MySQL in the current database. It fails where there is no such schema.
func (t *historyTable) Identity(ctx context.Context, c migrate.Conn) (migrate.TableID, error) {
	return t.identify(ctx, c)
}

// identify finds the place once: a migration may change what the current schema
// is, and golang-migrate looks at its start only.
func (t *historyTable) identify(ctx context.Context, c migrate.Conn) (migrate.TableID, error) {
	if t.found != nil {
		return *t.found, nil
	}
	id, err := t.look(ctx, c)
	if err != nil {
		return migrate.TableID{}, err
	}
	t.found = &id
	return id, nil
}

func (t *historyTable) look(ctx context.Context, c migrate.Conn) (migrate.TableID, error) {
	schema, table, err := t.options.names()
	if err != nil {
		return migrate.TableID{}, err
	}
	if c.Dialect() == migrate.SQLite {
		return migrate.TableID{Table: unquote(table)}, nil
	}
	if c.Dialect() == migrate.MySQL {
		return lookMySQL(ctx, c, table)
	}
	rows, err := c.Query(ctx, `SELECT current_database(), current_schema(),
		EXISTS (SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1)`, schema)
	if err != nil {
		return migrate.TableID{}, fmt.Errorf("finding the schema of golang-migrate's history: %w", err)
	}
	switch current := rows[0].Text(1); {
	case schema == "" && current == "":
		return migrate.TableID{}, errors.New("golang-migrate's history has no schema: search_path names none that exists and may be used")
	case schema == "":
		schema = current
	case !rows[0].True(2):
		return migrate.TableID{}, fmt.Errorf("schema %q of golang-migrate's history does not exist", schema)
	}
	keys, err := lockKeys(rows[0].Text(0), schema, table)
	return migrate.TableID{Schema: schema, Table: table, LockKeys: keys}, err
}

// lookMySQL finds the table in the current database, which golang-migrate
// cannot leave: it puts the whole name in backquotes.
func lookMySQL(ctx context.Context, c migrate.Conn, table string) (migrate.TableID, error) {
	rows, err := c.Query(ctx, "SELECT database()")
	if err != nil {
		return migrate.TableID{}, fmt.Errorf("finding the database of golang-migrate's history: %w", err)
	}
	schema := rows[0].Text(0)
	if schema == "" {
		return migrate.TableID{}, errors.New("golang-migrate's history has no database: the session has chosen none")
	}
	name, err := database.GenerateAdvisoryLockId(schema + ":" + table)
	if err != nil {
		return migrate.TableID{}, fmt.Errorf("finding golang-migrate's lock: %w", err)
	}
	return migrate.TableID{Schema: schema, Table: table, LockNames: []string{name}}, nil
}

// lockKeys returns every advisory lock under which golang-migrate may work on
// this history. There are two: a program that hands over its connection locks
// the database's name, while the command takes the name from its URL with the
// slash before it.
func lockKeys(databaseName, schema, table string) ([]int64, error) {
	keys := make([]int64, 0, 2)
	for _, name := range []string{databaseName, "/" + databaseName} {
		key, err := lockKey(name, schema, table)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

func lockKey(databaseName, schema, table string) (int64, error) {
	id, err := database.GenerateAdvisoryLockId(databaseName, schema, table)
	if err != nil {
		return 0, fmt.Errorf("finding golang-migrate's lock: %w", err)
	}
	key, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("reading golang-migrate's lock: %w", err)
	}
	return key, nil
}

// names reads the options as golang-migrate would.
func (o Options) names() (schema, table string, err error) {
	if o.Table == "" {
		return o.Schema, defaultTable, nil
	}
	if !o.TableQuoted {
		return o.Schema, o.Table, nil
	}
	parts := quotedName.FindAllStringSubmatch(o.Table, -1)
	if len(parts) == 0 || len(parts) > 2 || o.Table[0] != '"' || !strings.HasSuffix(o.Table, `"`) {
		return "", "", fmt.Errorf(`x-migrations-table must be "table" or "schema"."table" when x-migrations-table-quoted is set; it is %s`, o.Table)
	}
	if len(parts) == 2 {
		return parts[0][1], parts[1][1], nil
	}
	return o.Schema, parts[0][1], nil
}

// unquote takes the marks from a name that golang-migrate would paste into its
// statements as it stands, as it does on SQLite.
func unquote(name string) string {
	if len(name) > 2 && name[0] == '"' && strings.HasSuffix(name, `"`) {
		return strings.ReplaceAll(name[1:len(name)-1], `""`, `"`)
	}
	return name
}

// quoted is the table as it stands in a statement.
func quoted(c migrate.Conn, id migrate.TableID) string {
	if c.Dialect() == migrate.MySQL {
		return backquote(id.Schema) + "." + backquote(id.Table)
	}
	if id.Schema == "" {
		return quote(id.Table)
	}
	return quote(id.Schema) + "." + quote(id.Table)
}

func backquote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
