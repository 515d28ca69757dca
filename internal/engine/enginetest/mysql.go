//go:build unix

package enginetest

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/testmy"
)

// MySQL is the engine on the MariaDB or MySQL server that the tests of a process share.
// Every database belongs to a user without any other privilege.
func MySQL() Engine {
	keeps := map[string]int64{"customers": 3, "audit": 3}
	return Engine{Name: "mysql", CommitsEach: true, Keeps: keeps, Wrong: "INSERT INTO customers (id) VALUES (1);", Fresh: func(tb testing.TB) Database {
		tb.Helper()
		return &MySQLDatabase{Database: testmy.Start(tb).Database(tb)}
	}}
}

// MySQLDatabase is a Database on MariaDB or MySQL.
type MySQLDatabase struct{ *testmy.Database }

// URL is for safemigrate.
func (d *MySQLDatabase) URL() string { return d.Database.URL }

// ToolURL is for the plain golang-migrate.
func (d *MySQLDatabase) ToolURL() string { return d.Database.URL }

// Secret is the user's password.
func (d *MySQLDatabase) Secret() string { return d.Password }

// Connect opens a session as the user.
func (d *MySQLDatabase) Connect(tb testing.TB) Session {
	tb.Helper()
	return &mySession{d.Database.Connect(tb)}
}

// Fingerprint is the dump of the schema and all rows.
func (d *MySQLDatabase) Fingerprint(tb testing.TB) string {
	tb.Helper()
	return d.Dump(tb) + d.Rows(tb)
}

// Store is safemigrate's own tables.
func (d *MySQLDatabase) Store() Store { return myStore{d} }

type mySession struct{ conn *sql.Conn }

func (s *mySession) Close() { _ = s.conn.Close() }

func (s *mySession) Run(text string) error {
	if _, err := s.conn.ExecContext(context.Background(), text); err != nil {
		return fmt.Errorf("the application: %w", err)
	}
	return nil
}

func (s *mySession) Rows(text string) ([]string, error) { return testmy.Query(s.conn, text) }

type myStore struct{ d *MySQLDatabase }

func (s myStore) Damages() []Damage {
	text := func(name, statement string) Damage {
		return Damage{Name: name, Do: func(tb testing.TB, id string) {
			tb.Helper()
			s.d.Exec(tb, strings.ReplaceAll(statement, "@id", "'"+id+"'"))
		}}
	}
	each := func(name, statement string) Damage {
		return Damage{Name: name, Do: func(tb testing.TB, id string) {
			tb.Helper()
			copies := s.d.AdminQuery(tb, `SELECT table_name FROM information_schema.tables
				WHERE table_schema = database() AND table_name LIKE 'safemigrate\_c\_`+strings.ReplaceAll(id, "-", `\_`)+`\_%'`)
			if len(copies) == 0 {
				tb.Fatalf("no copies of %s", id)
			}
			for _, c := range copies {
				s.d.Exec(tb, strings.ReplaceAll(statement, "@copy", c))
			}
		}}
	}
	return []Damage{
		each("a row of each copy changed", "UPDATE @copy SET id = id + 100 ORDER BY id DESC LIMIT 1"),
		each("a row of each copy missing", "DELETE FROM @copy LIMIT 1"),
		each("a row of each copy more", "INSERT INTO @copy SELECT * FROM @copy LIMIT 0; INSERT IGNORE INTO @copy (id) VALUES (77)"),
		each("the copies dropped", "DROP TABLE @copy"),
		text("the manifest edited", `UPDATE safemigrate_snapshot SET manifest = replace(manifest, '"rows":3', '"rows":2') WHERE id = @id`),
		text("the manifest cut short", `UPDATE safemigrate_snapshot SET manifest = left(manifest, 100) WHERE id = @id`),
		text("the manifest removed", `DELETE FROM safemigrate_snapshot WHERE id = @id`),
		text("the manifest of a newer version", `UPDATE safemigrate_snapshot SET manifest = replace(manifest, '"format":2', '"format":99') WHERE id = @id`),
		text("the schema before cut short", `UPDATE safemigrate_part SET doc = substr(doc, 1, length(doc) - 9) WHERE name = 'before' AND batch = @id`),
		text("the schema before removed", `DELETE FROM safemigrate_part WHERE name = 'before' AND batch = @id`),
		text("what the batch left removed", `DELETE FROM safemigrate_part WHERE name = 'after' AND batch = @id`),
	}
}

// BecomeForeign gives the database a ledger identity of its own, as a database
// has that somebody loaded the tables of another one into.
func (s myStore) BecomeForeign(tb testing.TB) string {
	tb.Helper()
	s.d.Exec(tb, "UPDATE safemigrate_meta SET value = 'another' WHERE name = 'identity'")
	return s.d.URL()
}

func (s myStore) Leftovers(tb testing.TB) []string {
	tb.Helper()
	tables := s.d.AdminQuery(tb, `SELECT table_name FROM information_schema.tables
		WHERE table_schema = database() AND table_name LIKE 'safemigrate\_%' AND table_name NOT IN ('safemigrate_batch', 'safemigrate_meta', 'safemigrate_snapshot', 'safemigrate_part')`)
	var ids []string
	if s.d.AdminQuery(tb, "SELECT count(*) FROM information_schema.tables WHERE table_schema = database() AND table_name = 'safemigrate_snapshot'")[0] == "1" {
		ids = s.d.AdminQuery(tb, "SELECT replace(id, '-', '_') FROM safemigrate_snapshot")
	}
	var left []string
	for _, t := range tables {
		if !slices.ContainsFunc(ids, func(id string) bool { return strings.Contains(t, "_"+id+"_") }) {
			left = append(left, t)
		}
	}
	for _, lock := range []string{"safemigrate main ", "safemigrate own "} {
		if held := s.d.AdminQuery(tb, "SELECT IS_USED_LOCK('"+lock+s.d.Name+"')"); held[0] != "NULL" {
			left = append(left, "lock "+lock)
		}
	}
	return left
}
