//go:build unix

package enginetest_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/internal/testpg"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

const dumpedShop = `CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL); INSERT INTO customers SELECT i, 'c' || i FROM generate_series(1, 3000) i;
	CREATE TABLE orders (id serial PRIMARY KEY, customer int NOT NULL REFERENCES customers, total numeric); INSERT INTO orders (customer, total) SELECT i % 3000 + 1, i * 1.5 FROM generate_series(1, 5000) i;
	CREATE TABLE legacy (id int, t text); INSERT INTO legacy SELECT i, 'l' FROM generate_series(1, 100) i; CREATE VIEW v AS SELECT name FROM customers;`

// dumped is a project whose snapshots go into a store.
func dumped(t *testing.T, batch string) (*enginetest.Project, *enginetest.PostgresDatabase, string) {
	t.Helper()
	p := enginetest.NewProject(t, enginetest.Postgres(), map[string]string{"1_shop.up.sql": dumpedShop})
	d, ok := p.DB.(*enginetest.PostgresDatabase)
	if !ok {
		t.Fatalf("%T is no PostgreSQL database", p.DB)
	}
	p.Up(t, safemigrate.UpOptions{})
	p.Add(map[string]string{"2_change.up.sql": batch})
	store := filepath.Join(t.TempDir(), "store")
	p.Config.Strategy, p.Config.Store.URL, p.Config.Jobs, p.Config.Programs = snapshot.Dump, store, 2, testpg.Clients()
	return p, d, store
}

// TestDumpBringsBack has batches of every kind taken back from a store, and the way
// back undone.
func TestDumpBringsBack(t *testing.T) {
	t.Parallel()
	for name, batch := range map[string]string{
		"rows":             "UPDATE customers SET name = 'gone'; DELETE FROM orders WHERE id % 2 = 0; TRUNCATE legacy;",
		"tables":           "DROP VIEW v; DROP TABLE orders, customers; CREATE TABLE customers (other int);",
		"columns":          "DROP VIEW v; ALTER TABLE customers DROP name; ALTER TABLE orders ALTER total TYPE int;",
		"two transactions": "UPDATE customers SET name = 'gone';\nVACUUM legacy;\nDROP TABLE legacy;",
		"new ones only":    "CREATE TABLE fresh (id int); ALTER TABLE orders ADD note text;",
		"anything":         "DO $$ BEGIN EXECUTE 'DELETE FROM ' || 'legacy'; END $$;",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, _, _ := dumped(t, batch)
			before := p.DB.Fingerprint(t)
			report := p.Up(t, safemigrate.UpOptions{})
			if m := report.Snapshot; m == nil || m.Strategy != snapshot.Dump || m.Stored == nil || len(m.Tables) != 4 {
				t.Fatalf("the snapshot is %+v", m)
			}
			after := p.DB.Fingerprint(t)
			if name == "tables" || name == "columns" {
				p.Prepare(t)
			}
			p.Rollback(t, safemigrate.RollbackOptions{})
			p.Is(t, before, "after the rollback")
			p.Rollback(t, safemigrate.RollbackOptions{Undo: true})
			p.Is(t, after, "after the undo")
			p.Rollback(t, safemigrate.RollbackOptions{})
			p.Is(t, before, "after the second rollback")
		})
	}
}

// TestDumpOfAFailedBatch leaves nothing behind that anybody could take for a snapshot.
func TestDumpOfAFailedBatch(t *testing.T) {
	t.Parallel()
	p, _, store := dumped(t, "DELETE FROM orders; SELECT 1 / 0;")
	before := p.DB.Fingerprint(t)
	_, err := p.TryUp(t, safemigrate.UpOptions{})
	enginetest.Fails(t, err, migrate.Restored, "division by zero")
	p.Is(t, before, "after the failure")
	left, err := filepath.Glob(filepath.Join(store, "manifests", "*"))
	if err != nil || len(left) != 0 {
		t.Errorf("manifests are left in the store: %q, %v", left, err)
	}
}

// TestDumpOverItsBudget stops while it is taken, and leaves nothing in the store.
func TestDumpOverItsBudget(t *testing.T) {
	t.Parallel()
	p, d, store := dumped(t, "DELETE FROM orders;")
	d.Exec(t, "CREATE TABLE noise AS SELECT string_agg(md5(i::text || j), '') AS t FROM generate_series(1, 100) i, generate_series(1, 2000) j GROUP BY i")
	before := p.DB.Fingerprint(t)
	p.Config.MaxSnapshot = 1_000_000
	_, err := p.TryUp(t, safemigrate.UpOptions{})
	enginetest.Fails(t, err, migrate.NoWayBack, "--max-snapshot allows (1000000), and is undone", "raise the limit")
	p.Is(t, before, "after the dump was stopped")
	for _, left := range []string{"chunks/*", "manifests", "locks"} {
		if all, err := filepath.Glob(filepath.Join(store, left, "*")); err != nil || len(all) > 0 {
			t.Errorf("%s: %q, %v", left, all, err)
		}
	}
	p.Config.MaxSnapshot = 10_000_000
	p.Up(t, safemigrate.UpOptions{})
	p.Rollback(t, safemigrate.RollbackOptions{})
	p.Is(t, before, "after the rollback of what was allowed")
}

// TestDamagedDumpIsRefused changes a byte of every chunk in turn: no rollback touches
// the database.
func TestDamagedDumpIsRefused(t *testing.T) {
	t.Parallel()
	p, _, store := dumped(t, "DROP TABLE orders; DELETE FROM legacy;")
	id := p.Up(t, safemigrate.UpOptions{}).Snapshot.ID
	after := p.DB.Fingerprint(t)
	chunks, err := filepath.Glob(filepath.Join(store, "chunks", "*", "*"))
	if err != nil || len(chunks) == 0 {
		t.Fatalf("%d chunks, %v", len(chunks), err)
	}
	refused := 0
	for _, path := range chunks {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		damaged := append([]byte{}, text...)
		damaged[len(damaged)/2] ^= 1
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Open(t).Verify(t.Context(), id); err == nil {
			t.Errorf("verify does not see that %s is damaged", filepath.Base(path))
		}
		if _, err := p.TryRollback(t, safemigrate.RollbackOptions{}); err != nil {
			enginetest.Fails(t, err, migrate.NoWayBack, "damaged")
			refused++
			if p.DB.Fingerprint(t) != after {
				t.Fatal("a refused rollback changed the database")
			}
		} else {
			p.Rollback(t, safemigrate.RollbackOptions{Undo: true})
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if refused < 2 { // of the two tables that are needed
		t.Errorf("%d rollbacks were refused", refused)
	}
}

// inStore finds the snapshot of version 1 in a store.
func inStore(t *testing.T, url string) (*safemigrate.Store, safemigrate.StoredSnapshot) {
	t.Helper()
	st, err := safemigrate.OpenStore(t.Context(), safemigrate.StoreConfig{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	l, err := st.Snapshot(t.Context(), "1")
	if err != nil {
		t.Fatal(err)
	}
	return st, l
}

// TestDumpIsRestoredFromTheStoreAlone has a whole database made anew: by safemigrate,
// and by the stock pg_restore.
func TestDumpIsRestoredFromTheStoreAlone(t *testing.T) {
	t.Parallel()
	p, d, store := dumped(t, "DROP TABLE orders; UPDATE customers SET name = 'gone';")
	rows, sequences, schema := d.Rows(t), d.Sequences(t), d.Dump(t, "safemigrate.*")
	p.Up(t, safemigrate.UpOptions{})
	st, l := inStore(t, store)
	same := func(how string, into *testpg.Database) {
		t.Helper()
		if into.Rows(t) != rows || into.Sequences(t) != sequences {
			t.Errorf("%s: rows or sequences differ", how)
		}
		if is := strings.ReplaceAll(into.Dump(t), into.Role, d.Role); is != schema {
			t.Errorf("%s: the schemas differ:\n%s", how, enginetest.Difference(schema, is))
		}
	}
	into := d.Server.Database(t)
	done, err := st.Restore(t.Context(), l, safemigrate.RestoreOptions{Programs: testpg.Clients(), Into: into.URL, Jobs: 2, NoOwner: true})
	if err != nil || done.Created || done.Tables != 4 {
		t.Fatalf("%+v, %v", done, err)
	}
	same("restore", into)
	_, err = st.Restore(t.Context(), l, safemigrate.RestoreOptions{Programs: testpg.Clients(), Into: into.URL, NoOwner: true})
	enginetest.Fails(t, err, migrate.Usage, "not empty")

	_, err = st.Restore(t.Context(), l, safemigrate.RestoreOptions{Programs: testpg.Clients(), Into: "new_" + d.Name, Database: d.URL()})
	enginetest.Fails(t, err, migrate.Unchanged, "permission denied to create database")
	done, err = st.Restore(t.Context(), l, safemigrate.RestoreOptions{Programs: testpg.Clients(), Into: "new_" + d.Name, Database: d.AdminURL})
	if err != nil || !done.Created {
		t.Fatalf("%+v, %v", done, err)
	}
	d.AdminExec(t, "DROP DATABASE new_"+d.Name)

	archive := filepath.Join(t.TempDir(), "archive")
	if _, err := st.Export(t.Context(), l, archive); err != nil {
		t.Fatal(err)
	}
	other := d.Server.Database(t)
	other.PgRestore(t, archive, 2)
	same("pg_restore", other)
}

// TestDumpWithoutAChunkIsDamaged takes one chunk after another away: the snapshot that
// was named is there, so that its verification is no wrong use.
func TestDumpWithoutAChunkIsDamaged(t *testing.T) {
	t.Parallel()
	p, _, store := dumped(t, "DROP TABLE orders;")
	id := p.Up(t, safemigrate.UpOptions{}).Snapshot.ID
	chunks, err := filepath.Glob(filepath.Join(store, "chunks", "*", "*"))
	if err != nil || len(chunks) == 0 {
		t.Fatalf("%d chunks, %v", len(chunks), err)
	}
	for _, path := range chunks {
		away := filepath.Join(t.TempDir(), "away")
		if err := os.Rename(path, away); err != nil {
			t.Fatal(err)
		}
		_, err := p.Open(t).Verify(t.Context(), id)
		enginetest.Fails(t, err, migrate.NoWayBack, "damaged")
		if err := os.Rename(away, path); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.Open(t).Verify(t.Context(), id); err != nil {
		t.Errorf("whole again: %v", err)
	}
}

// TestRestoredDatabaseHasItsProperties gives a database that is made for it what the dumped
// one had beside what is in it, and names what the role may not give.
func TestRestoredDatabaseHasItsProperties(t *testing.T) {
	t.Parallel()
	p, d, store := dumped(t, "DELETE FROM orders;")
	d.Exec(t, fmt.Sprintf(`COMMENT ON DATABASE %[1]s IS 'the ''shop''; DATABASE %[1]s'; ALTER DATABASE %[1]s SET search_path TO "$user", public, "Other One";
		ALTER ROLE %[2]s IN DATABASE %[1]s SET work_mem TO '5MB'; REVOKE CONNECT ON DATABASE %[1]s FROM PUBLIC; ALTER DATABASE %[1]s CONNECTION LIMIT 77`, d.Name, d.Role))
	d.AdminExec(t, "ALTER DATABASE "+d.Name+" SET log_statement TO 'ddl'; ALTER ROLE "+d.Role+" CREATEDB")
	p.Up(t, safemigrate.UpOptions{})
	st, l := inStore(t, store)
	for name, c := range map[string]struct {
		as      string
		noOwner bool
		want    string // a part of the settings
		not     int
	}{
		"by a superuser": {d.AdminURL, false, d.Role + "|77|the 'shop'; DATABASE " + d.Name + "|{" + d.Role + "=CTc/" + d.Role + ",=T/" + d.Role + `}|{"search_path=\"$user\", public, \"Other One\"",log_statement=ddl} {work_mem=5MB}`, 0},
		"by the owner":   {d.URL(), false, d.Role + "|77|the 'shop'; DATABASE " + d.Name + "|{" + d.Role + "=CTc/" + d.Role + ",=T/" + d.Role + `}|{"search_path=\"$user\", public, \"Other One\""} {work_mem=5MB}`, 1},
		"no owner":       {d.URL(), true, d.Role + "|-1|||", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			into := strings.ReplaceAll(name, " ", "_") + "_" + d.Name
			done, err := st.Restore(t.Context(), l, safemigrate.RestoreOptions{Programs: testpg.Clients(), Into: into, Database: c.as, NoOwner: c.noOwner})
			if err != nil || !done.Created || len(done.NotGiven) != c.not {
				t.Fatalf("%+v, %v", done, err)
			}
			defer serverExec(t, d, "DROP DATABASE "+into)
			if c.not > 0 && !strings.HasPrefix(done.NotGiven[0], `ALTER DATABASE "`+into+`" SET log_statement: permission denied`) {
				t.Errorf("not given: %q", done.NotGiven)
			}
			conn := elsewhere(t, d)
			defer conn.Close(context.WithoutCancel(t.Context()))
			var is string
			err = conn.QueryRow(t.Context(), `SELECT concat_ws('|', pg_get_userbyid(datdba), datconnlimit, coalesce(shobj_description(oid, 'pg_database'), ''), coalesce(datacl::text, ''),
				(SELECT coalesce(string_agg(setconfig::text, ' ' ORDER BY setrole), '') FROM pg_db_role_setting WHERE setdatabase = d.oid)) FROM pg_database d WHERE datname = $1`, into).Scan(&is)
			if err != nil || is != c.want {
				t.Errorf("it has %s\nwant   %s, %v", is, c.want, err)
			}
		})
	}
}

// TestStrategyIsChosen has the cheapest way chosen that will do, and what is missing
// said beforehand.
func TestStrategyIsChosen(t *testing.T) {
	t.Parallel()
	p, d, _ := dumped(t, "DELETE FROM orders;")
	p.Config.Strategy = ""
	plan := func() *safemigrate.Plan {
		t.Helper()
		plan, err := p.Open(t).Plan(t.Context(), safemigrate.UpOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return plan
	}
	if s := plan().Snapshot; s.Strategy != snapshot.Copy || !strings.Contains(s.Because, "cheapest") {
		t.Errorf("chosen: %s, because %s", s.Strategy, s.Because)
	}
	p.Config.MaxSnapshot = 1000
	if s := plan().Snapshot; s.Strategy != snapshot.Dump || !strings.Contains(s.Because, "--max-snapshot") || len(s.Blockers) > 0 {
		t.Errorf("chosen: %s, because %s, blocked by %q", s.Strategy, s.Because, s.Blockers)
	}
	p.Config.Programs = t.TempDir()
	if s := plan().Snapshot; len(s.Blockers) != 1 || !strings.Contains(s.Blockers[0], "postgresql-client-") {
		t.Errorf("without programs: blocked by %q", s.Blockers)
	}
	_, err := p.TryUp(t, safemigrate.UpOptions{})
	enginetest.Fails(t, err, migrate.NoWayBack, "postgresql-client-")
	p.Config.Programs = testpg.Clients()
	d.AdminExec(t, "CREATE TABLE theirs (id int)")
	_, err = p.TryUp(t, safemigrate.UpOptions{})
	enginetest.Fails(t, err, migrate.NoWayBack, "public.theirs")
	d.AdminExec(t, "DROP TABLE theirs")
	if report := p.Up(t, safemigrate.UpOptions{}); report.Snapshot.Strategy != snapshot.Dump {
		t.Errorf("taken: %s", report.Snapshot.Strategy)
	}
}

// TestDumpGoesWithItsSnapshot prunes a snapshot, and its manifest goes from the store.
func TestDumpGoesWithItsSnapshot(t *testing.T) {
	t.Parallel()
	p, _, store := dumped(t, "DELETE FROM orders;")
	report := p.Up(t, safemigrate.UpOptions{})
	if _, err := p.Open(t).Prune(t.Context(), safemigrate.PruneOptions{IDs: []string{report.Snapshot.ID}}); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(store, "manifests", "*"))
	if err != nil || len(left) != 0 {
		t.Errorf("manifests are left in the store: %q, %v", left, err)
	}
}
