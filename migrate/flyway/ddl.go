package flyway

import (
	"context"
	"fmt"
	"slices"

	"github.com/safemigrate/safemigrate/migrate"
)

// Create makes the table as Flyway does, and leaves one that exists alone.
func (t *historyTable) Create(ctx context.Context, c migrate.Conn) error {
	id, exists, err := t.find(ctx, c)
	if err != nil || exists {
		return err
	}
	return create(ctx, c, id)
}

func create(ctx context.Context, c migrate.Conn, id migrate.TableID) error {
	var statements []string
	switch c.Dialect() {
	case migrate.SQLite:
		statements = createSQLite(quoted(c, id), id.Table)
	case migrate.MySQL:
		statements = createMySQL(quoted(c, id), id.Table)
	default:
		statements = createPostgreSQL(quoted(c, id), id.Table)
	}
	for _, statement := range statements {
		if err := c.Exec(ctx, statement); err != nil {
			return fmt.Errorf("creating %s: %w", quoted(c, id), err)
		}
	}
	return nil
}

func createPostgreSQL(table, name string) []string {
	return []string{
		"CREATE TABLE " + table + ` (
    "installed_rank" INT NOT NULL,
    "version" VARCHAR(50),
    "description" VARCHAR(200) NOT NULL,
    "type" VARCHAR(20) NOT NULL,
    "script" VARCHAR(1000) NOT NULL,
    "checksum" INTEGER,
    "installed_by" VARCHAR(100) NOT NULL,
    "installed_on" TIMESTAMP NOT NULL DEFAULT now(),
    "execution_time" INTEGER NOT NULL,
    "success" BOOLEAN NOT NULL
)`,
		"ALTER TABLE " + table + " ADD CONSTRAINT " + quote(name+"_pk") + ` PRIMARY KEY ("installed_rank")`,
		"CREATE INDEX " + quote(name+"_s_idx") + " ON " + table + ` ("success")`,
	}
}

func createSQLite(table, name string) []string {
	return []string{
		"CREATE TABLE " + table + ` (
    "installed_rank" INT NOT NULL PRIMARY KEY,
    "version" VARCHAR(50),
    "description" VARCHAR(200) NOT NULL,
    "type" VARCHAR(20) NOT NULL,
    "script" VARCHAR(1000) NOT NULL,
    "checksum" INT,
    "installed_by" VARCHAR(100) NOT NULL,
    "installed_on" TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f','now')),
    "execution_time" INT NOT NULL,
    "success" BOOLEAN NOT NULL
)`,
		"CREATE INDEX " + quote("main") + "." + quote(name+"_s_idx") + " ON " + quote(name) + ` ("success")`,
	}
}

func createMySQL(table, name string) []string {
	return []string{
		"CREATE TABLE " + table + " (\n" +
			"    `installed_rank` INT NOT NULL,\n" +
			"    `version` VARCHAR(50),\n" +
			"    `description` VARCHAR(200) NOT NULL,\n" +
			"    `type` VARCHAR(20) NOT NULL,\n" +
			"    `script` VARCHAR(1000) NOT NULL,\n" +
			"    `checksum` INT,\n" +
			"    `installed_by` VARCHAR(100) NOT NULL,\n" +
			"    `installed_on` TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,\n" +
			"    `execution_time` INT NOT NULL,\n" +
			"    `success` BOOL NOT NULL,\n" +
			"    CONSTRAINT " + backquote(name+"_pk") + " PRIMARY KEY (`installed_rank`)\n)",
		"CREATE INDEX " + backquote(name+"_s_idx") + " ON " + table + " (`success`)",
	}
}

// find looks for the table by its columns: a statement that fails on another
// tool's table would end the transaction.
func (t *historyTable) find(ctx context.Context, c migrate.Conn) (id migrate.TableID, exists bool, err error) {
	if id, err = t.Identity(ctx, c); err != nil {
		return id, false, err
	}
	names, err := columns(ctx, c, id)
	if err != nil || len(names) == 0 {
		return id, false, err
	}
	for _, column := range historyColumns() {
		if !slices.Contains(names, column) {
			return id, false, fmt.Errorf("%s has no column %s, and is not Flyway's", quoted(c, id), column)
		}
	}
	return id, true, nil
}

func historyColumns() []string {
	return []string{"installed_rank", "version", "description", "type", "script",
		"checksum", "installed_by", "installed_on", "execution_time", "success"}
}

func columns(ctx context.Context, c migrate.Conn, id migrate.TableID) ([]string, error) {
	query, args := "SELECT lower(name) FROM pragma_table_info($1, 'main')", []any{id.Table}
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
