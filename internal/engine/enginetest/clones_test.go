//go:build unix

package enginetest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/internal/testpg"
	"github.com/safemigrate/safemigrate/snapshot"
)

const clonedShop = dumpedShop + `CREATE MATERIALIZED VIEW names AS SELECT name FROM customers; CREATE TYPE mood AS ENUM ('ok');
	COMMENT ON TABLE orders IS 'what was bought'; CREATE SEQUENCE numbers; SELECT nextval('numbers'), nextval('numbers');`

// cloning is a project whose snapshots are databases.
func cloning(t *testing.T, server *testpg.Server, batch string) (*enginetest.Project, *enginetest.PostgresDatabase) {
	t.Helper()
	d := &enginetest.PostgresDatabase{Database: server.Database(t)}
	t.Cleanup(func() {
		for _, name := range clonesOf(t, d) {
			serverExec(t, d, `DROP DATABASE "`+name+`" WITH (FORCE)`)
		}
	})
	serverExec(t, d, "ALTER ROLE "+d.Role+" CREATEDB")
	p := &enginetest.Project{DB: d}
	p.Add(map[string]string{"1_shop.up.sql": clonedShop})
	p.Up(t, safemigrate.UpOptions{})
	p.Add(map[string]string{"2_change.up.sql": batch})
	p.Config.Strategy = snapshot.Clone
	return p, d
}

// serverExec runs one statement as superuser in another database than the test's.
func serverExec(t *testing.T, d *enginetest.PostgresDatabase, sql string) {
	t.Helper()
	conn := elsewhere(t, d)
	defer conn.Close(context.WithoutCancel(t.Context()))
	if _, err := conn.Exec(context.WithoutCancel(t.Context()), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func elsewhere(t *testing.T, d *enginetest.PostgresDatabase) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.WithoutCancel(t.Context()), strings.Replace(d.AdminURL, "/"+d.Name, "/postgres", 1))
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// clonesOf lists the databases that are kept for one.
func clonesOf(t *testing.T, d *enginetest.PostgresDatabase) []string {
	t.Helper()
	conn := elsewhere(t, d)
	defer conn.Close(context.WithoutCancel(t.Context()))
	found, err := conn.Query(context.WithoutCancel(t.Context()), `SELECT datname::text FROM pg_database WHERE datname LIKE $1 || '\_safemigrate\_%' ORDER BY 1`, d.Name)
	if err != nil {
		t.Fatal(err)
	}
	names, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// whole is everything that a test can see of a database, also what is kept about it.
func whole(t *testing.T, d *enginetest.PostgresDatabase) string {
	t.Helper()
	return d.Fingerprint(t) + d.Census(t, "public.schema_migrations")
}

// TestCloneBringsBack has batches of every kind taken back by exchanging databases, also
// what is kept about the database, and the exchange undone and done again.
func TestCloneBringsBack(t *testing.T) {
	t.Parallel()
	for name, batch := range map[string]string{
		"rows":             "UPDATE customers SET name = 'gone'; DELETE FROM orders WHERE id % 2 = 0; TRUNCATE legacy; SELECT nextval('numbers');",
		"tables":           "DROP VIEW v; DROP MATERIALIZED VIEW names; DROP TABLE orders, customers; CREATE TABLE customers (other int);",
		"two transactions": "UPDATE customers SET name = 'gone';\nVACUUM legacy;\nDROP TABLE legacy;\nALTER TYPE mood ADD VALUE 'bad';",
		"the database":     "DO $$ BEGIN EXECUTE format('COMMENT ON DATABASE %I IS ''other''', current_database()); EXECUTE format('ALTER DATABASE %I SET work_mem TO ''9MB''', current_database()); END $$;",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, d := cloning(t, testpg.Start(t), batch)
			d.Exec(t, fmt.Sprintf(`COMMENT ON DATABASE %[1]s IS 'the ''shop'''; ALTER DATABASE %[1]s SET search_path TO "$user", public, "Other One";
				ALTER ROLE %[2]s IN DATABASE %[1]s SET work_mem TO '5MB'; REVOKE CONNECT ON DATABASE %[1]s FROM PUBLIC; ALTER DATABASE %[1]s CONNECTION LIMIT 77`, d.Name, d.Role))
			before := whole(t, d)
			report := p.Up(t, safemigrate.UpOptions{})
			if m := report.Snapshot; m == nil || m.Strategy != snapshot.Clone || len(m.Tables) != 3 || m.Rows() != 8100 {
				t.Fatalf("the snapshot is %+v", m)
			}
			after := whole(t, d)
			verified(t, p)
			done := p.Rollback(t, safemigrate.RollbackOptions{})
			unchangedWhole(t, d, before, "after the rollback")
			if done.Quarantine == "" || done.Whole == "" {
				t.Errorf("the report is %+v", done)
			}
			verified(t, p)
			p.Rollback(t, safemigrate.RollbackOptions{Undo: true})
			unchangedWhole(t, d, after, "after the undo")
			p.Rollback(t, safemigrate.RollbackOptions{})
			unchangedWhole(t, d, before, "after the second rollback")
			p.Up(t, safemigrate.UpOptions{})
			unchangedWhole(t, d, after, "after the second up")
		})
	}
}

func unchangedWhole(t *testing.T, d *enginetest.PostgresDatabase, want, when string) {
	t.Helper()
	if is := whole(t, d); is != want {
		t.Errorf("%s the database is not what it was:\n%s", when, enginetest.Difference(want, is))
	}
}

func verified(t *testing.T, p *enginetest.Project) {
	t.Helper()
	all, err := p.Open(t).Snapshots(context.WithoutCancel(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		if _, err := p.Open(t).Verify(context.WithoutCancel(t.Context()), m.ID); err != nil {
			t.Errorf("verify %s: %v", m.ID, err)
		}
	}
}
