//go:build unix

package enginetest

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/safemigrate/safemigrate/internal/testpg"
)

// Postgres is the engine on the server that the tests of a process share. Every
// database belongs to a role without special privileges.
func Postgres() Engine {
	keeps := map[string]int64{"customers": 3, "audit": 3}
	return Engine{Name: "postgres", PutsBack: true, Keeps: keeps, Wrong: "INSERT INTO customers (id) VALUES (1);", Fresh: func(tb testing.TB) Database {
		tb.Helper()
		return &PostgresDatabase{Database: testpg.Start(tb).Database(tb)}
	}}
}

// PostgresDatabase is a Database on PostgreSQL.
type PostgresDatabase struct{ *testpg.Database }

// URL is for safemigrate.
func (d *PostgresDatabase) URL() string { return d.Database.URL }

// ToolURL is for the plain golang-migrate.
func (d *PostgresDatabase) ToolURL() string {
	return strings.Replace(d.Database.URL, "postgres://", "pgx5://", 1)
}

// Secret is the owner's password.
func (d *PostgresDatabase) Secret() string { return d.Password }

// Connect opens a session as the owner.
func (d *PostgresDatabase) Connect(tb testing.TB) Session {
	tb.Helper()
	return &pgSession{d.Database.Connect(tb)}
}

// Fingerprint is pg_dump's schema, all rows and all sequences.
func (d *PostgresDatabase) Fingerprint(tb testing.TB) string {
	tb.Helper()
	return d.Dump(tb) + d.Rows(tb) + d.Sequences(tb)
}

// Store is the ledger's schema and those of the copies.
func (d *PostgresDatabase) Store() Store { return pgStore{d} }

type pgSession struct{ conn *pgx.Conn }

func (s *pgSession) Close() { _ = s.conn.Close(context.Background()) }

func (s *pgSession) Run(sql string) error {
	if _, err := s.conn.PgConn().Exec(context.Background(), sql).ReadAll(); err != nil {
		return fmt.Errorf("the application: %w", err)
	}
	return nil
}

func (s *pgSession) Rows(sql string) ([]string, error) {
	results, err := s.conn.PgConn().Exec(context.Background(), sql).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("the application: %w", err)
	}
	return textRows(results[len(results)-1]), nil
}

func textRows(result *pgconn.Result) []string {
	rows := make([]string, len(result.Rows))
	for i, values := range result.Rows {
		texts := make([]string, len(values))
		for k, v := range values {
			texts[k] = string(v)
		}
		rows[i] = strings.Join(texts, "|")
	}
	return rows
}

type pgStore struct{ d *PostgresDatabase }

func (s pgStore) Damages() []Damage {
	sql := func(name, statement string) Damage {
		return Damage{Name: name, Do: func(tb testing.TB, id string) {
			tb.Helper()
			schema := "safemigrate_" + strings.ReplaceAll(id, "-", "_")
			s.d.Exec(tb, fmt.Sprintf(strings.ReplaceAll(statement, "@copies", schema), "'"+id+"'"))
		}}
	}
	each := func(do string) string {
		return `DO $$ DECLARE t regclass; BEGIN
			FOR t IN SELECT c.oid FROM pg_class c WHERE c.relnamespace = '@copies'::regnamespace AND c.relkind = 'r' LOOP
				EXECUTE format('` + do + `', t);
			END LOOP; END $$ -- %s`
	}
	return []Damage{
		sql("a row of each copy changed", each("UPDATE %%s SET c2 = NULL WHERE ctid = (SELECT min(ctid) FROM %%1$s)")),
		sql("a row of each copy missing", each("DELETE FROM %%s WHERE ctid = (SELECT min(ctid) FROM %%1$s)")),
		sql("a row of each copy twice", each("INSERT INTO %%s SELECT * FROM %%1$s LIMIT 1")),
		sql("the copies dropped", each("DROP TABLE %%s")),
		sql("the schema of the copies dropped", `DO $$ BEGIN EXECUTE 'DROP SCHEMA @copies CASCADE'; END $$ -- %s`),
		sql("the manifest edited", `UPDATE safemigrate.snapshot SET manifest = replace(manifest, '"rows":3', '"rows":2') WHERE id = %s`),
		sql("the manifest cut short", `UPDATE safemigrate.snapshot SET manifest = left(manifest, 100) WHERE id = %s`),
		sql("the manifest removed", `DELETE FROM safemigrate.snapshot WHERE id = %s`),
		sql("the manifest of a newer version", `UPDATE safemigrate.snapshot SET manifest = replace(manifest, '"format":2', '"format":99') WHERE id = %s`),
		sql("the schema before cut short", `UPDATE safemigrate.part SET doc = substr(doc, 1, length(doc) - 9) WHERE name = 'before' AND batch = %s`),
		sql("the schema before removed", `DELETE FROM safemigrate.part WHERE name = 'before' AND batch = %s`),
		sql("the list of copies of another batch", `UPDATE safemigrate.part p SET doc = o.doc FROM safemigrate.part o
			WHERE p.name = 'kept' AND o.name = 'before' AND p.batch = o.batch AND p.batch = %s`),
	}
}

// BecomeForeign copies the database with all its files, ledger and snapshots: a
// name for another thing.
func (s pgStore) BecomeForeign(tb testing.TB) string {
	tb.Helper()
	twin := s.d.Server.Database(tb)
	admin(tb, s.d.Database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"+s.d.Name+"'")
	admin(tb, s.d.Database, "DROP DATABASE "+twin.Name)
	admin(tb, s.d.Database, "CREATE DATABASE "+twin.Name+" TEMPLATE "+s.d.Name+" OWNER "+s.d.Role)
	return strings.Replace(s.d.Database.URL, "/"+s.d.Name, "/"+twin.Name, 1)
}

func admin(tb testing.TB, d *testpg.Database, sql string) {
	tb.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, strings.Replace(d.AdminURL, "/"+d.Name, "/postgres", 1))
	if err != nil {
		tb.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, sql); err != nil {
		tb.Fatalf("%s: %v", sql, err)
	}
}

func (s pgStore) Leftovers(tb testing.TB) []string {
	tb.Helper()
	session := s.d.Connect(tb)
	defer session.Close()
	known := "SELECT 'none'"
	if found, err := session.Rows("SELECT to_regclass('safemigrate.snapshot')"); err != nil {
		tb.Fatal(err)
	} else if found[0] != "" {
		known = `SELECT 'safemigrate_' || replace(id, '-', '_') FROM safemigrate.snapshot UNION ALL
			SELECT split_part(t->>'at', '.', 1) FROM safemigrate.snapshot, json_array_elements(CASE WHEN manifest LIKE '%"prepared":%' THEN manifest::json->'prepared' END) t`
	}
	found, err := session.Rows(`SELECT nspname FROM pg_namespace WHERE nspname ~ '^safemigrate_' AND nspname NOT IN (` + known + `)
		UNION ALL SELECT 'prepared ' || gid FROM pg_prepared_xacts WHERE database = current_database()
		UNION ALL SELECT 'lock ' || mode FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
	if err != nil {
		tb.Fatal(err)
	}
	return found
}
