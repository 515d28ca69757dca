//go:build unix

package enginetest_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/internal/testpg"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// wholeShop has what a restored database could have otherwise than the one that was
// dumped: a column that was dropped, definitions that the server spells in another way
// once it has read its own text, partitions, identity sequences, a large object.
const wholeShop = clonedShop + `ALTER TABLE orders ADD gone int; ALTER TABLE orders ADD status varchar(9) DEFAULT 'new' CHECK (status IN ('new', 'sent'));
	ALTER TABLE orders DROP gone; ALTER TABLE orders ADD twice numeric GENERATED ALWAYS AS (total * 2) STORED; CREATE INDEX ON orders (status) WHERE status IN ('new', 'old');
	CREATE TABLE logs (id bigint GENERATED ALWAYS AS IDENTITY, at int NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at); CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM (0) TO (50);
	CREATE TABLE logs_2 PARTITION OF logs DEFAULT; INSERT INTO logs (at) SELECT i FROM generate_series(1, 90) i; COMMENT ON COLUMN logs.at IS 'when';
	CREATE FUNCTION twice(i int) RETURNS int LANGUAGE sql AS 'SELECT 2 * i'; ALTER TABLE customers ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON customers USING (id > 0);
	CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER t AFTER UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION note();
	REVOKE ALL ON FUNCTION twice FROM PUBLIC; GRANT SELECT ON orders TO PUBLIC; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC; SELECT lo_from_bytea(0, 'large');
	CREATE EXTENSION hstore; CREATE TABLE tags (id int PRIMARY KEY, h hstore DEFAULT 'a=>1'); INSERT INTO tags VALUES (1); CREATE INDEX ON tags USING gin (h);`

// wholes is a project whose snapshots go into a store, and whose role may make databases.
func wholes(t *testing.T, batch string) (*enginetest.Project, *enginetest.PostgresDatabase, string) {
	t.Helper()
	p, d := cloning(t, testpg.Start(t), batch)
	d.Exec(t, strings.TrimPrefix(wholeShop, clonedShop))
	store := filepath.Join(t.TempDir(), "store")
	p.Config.Strategy, p.Config.Store.URL, p.Config.Jobs, p.Config.Programs = snapshot.Dump, store, 2, testpg.Clients()
	return p, d, store
}

var wholly = safemigrate.RollbackOptions{Whole: true}

// content is what a test can see of a database but for the numbers of its objects.
func content(t *testing.T, d *enginetest.PostgresDatabase) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), d.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	found, err := conn.Query(t.Context(), `SELECT 'database ' || pg_get_userbyid(datdba) || ' ' || datconnlimit || ' ' || array(SELECT a::text FROM unnest(coalesce(datacl, acldefault('d', datdba))) a ORDER BY 1)::text || ' ' || coalesce(shobj_description(oid, 'pg_database'), '')
			FROM pg_database WHERE datname = current_database()
		UNION ALL SELECT 'settings ' || setrole::regrole::text || setconfig::text FROM pg_db_role_setting WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
		UNION ALL SELECT 'large object ' || oid || ' ' || pg_get_userbyid(lomowner) || ' ' || encode(lo_get(oid), 'escape') FROM pg_largeobject_metadata ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err := errors.Join(err, conn.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	return d.Fingerprint(t) + "\n" + strings.Join(kept, "\n")
}

func hasContent(t *testing.T, d *enginetest.PostgresDatabase, want, when string) {
	t.Helper()
	if is := content(t, d); is != want {
		t.Errorf("%s the database is not what it was:\n%s", when, enginetest.Difference(want, is))
	}
}

// TestWholeDatabaseFromADump has batches of every kind taken back by restoring the whole
// database beside, also what is kept about it, and that undone and done again.
func TestWholeDatabaseFromADump(t *testing.T) {
	t.Parallel()
	for name, batch := range map[string]string{
		"rows":             "UPDATE customers SET name = 'gone'; DELETE FROM orders WHERE id % 2 = 0; TRUNCATE legacy; INSERT INTO logs (at) VALUES (7);",
		"tables":           "DROP VIEW v; DROP MATERIALIZED VIEW names; DROP TABLE orders, customers; CREATE TABLE customers (other int);",
		"two transactions": "UPDATE customers SET name = 'gone';\nVACUUM legacy;\nDROP TABLE legacy;",
		"in place":         "ALTER TABLE orders ADD note text; ALTER TABLE legacy RENAME t TO u; ALTER TABLE logs RENAME TO journal;",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, d, _ := wholes(t, batch)
			d.Exec(t, fmt.Sprintf(`COMMENT ON DATABASE %[1]s IS 'the ''shop'''; ALTER DATABASE %[1]s SET search_path TO "$user", public, "Other One";
				ALTER ROLE %[2]s IN DATABASE %[1]s SET work_mem TO '5MB'; REVOKE CONNECT ON DATABASE %[1]s FROM PUBLIC; ALTER DATABASE %[1]s CONNECTION LIMIT 77`, d.Name, d.Role))
			before := content(t, d)
			if m := p.Up(t, safemigrate.UpOptions{}).Snapshot; m.Strategy != snapshot.Dump {
				t.Fatalf("the snapshot is %+v", m)
			}
			after := content(t, d)
			planned, err := p.Open(t).Rollback(t.Context(), safemigrate.RollbackOptions{Whole: true, Plan: true})
			if err != nil || planned.Losses() != 0 || planned.Whole == "" {
				t.Errorf("the plan is %+v, %v", planned, err)
			}
			hasContent(t, d, after, "after the plan")
			done := p.Rollback(t, wholly)
			hasContent(t, d, before, "after the rollback")
			if done.Quarantine == "" || done.Whole == "" || len(clonesOf(t, d)) != 1 {
				t.Errorf("the report is %+v", done)
			}
			verified(t, p)
			p.Rollback(t, safemigrate.RollbackOptions{Undo: true})
			hasContent(t, d, after, "after the undo")
			in := d.Database.Connect(t)
			connected(t, d, 1)
			done = p.Rollback(t, safemigrate.RollbackOptions{Whole: true, EndSessions: true})
			if len(done.Ended) != 1 || !strings.Contains(done.Ended[0], fmt.Sprint("server process ", in.PgConn().PID())) {
				t.Errorf("ended were %q", done.Ended)
			}
			hasContent(t, d, before, "after the second rollback")
			p.Up(t, safemigrate.UpOptions{})
			hasContent(t, d, after, "after the second up")
			p.Rollback(t, safemigrate.RollbackOptions{})
			hasContent(t, d, before, "after a rollback of the batch alone")
		})
	}
}

// TestWholeDatabaseAndEarlierBatches takes batches back one by one that came before the
// exchange, with the snapshots that they had: copies, records, dumps.
func TestWholeDatabaseAndEarlierBatches(t *testing.T) {
	t.Parallel()
	p, d, _ := wholes(t, "DELETE FROM legacy; UPDATE customers SET name = name || '!' WHERE id < 10; ALTER TABLE customers ADD more int;")
	d.Exec(t, "DROP MATERIALIZED VIEW names") // it would come back refreshed
	p.Config.Strategy = snapshot.Copy
	versions := []string{content(t, d)}
	p.Up(t, safemigrate.UpOptions{})
	for i, strategy := range []snapshot.Strategy{snapshot.Copy, snapshot.Dump, snapshot.Dump} {
		versions = append(versions, content(t, d))
		p.Config.Strategy = strategy
		p.Add(map[string]string{fmt.Sprintf("%d_more.up.sql", i+3): fmt.Sprintf("INSERT INTO customers (id, name) VALUES (%d, 'x'); ALTER TABLE orders DROP total CASCADE; ALTER TABLE orders ADD total numeric DEFAULT %[1]d; CREATE TABLE t%[1]d ();", 9000+i)})
		p.Up(t, safemigrate.UpOptions{})
	}
	p.Rollback(t, wholly)
	hasContent(t, d, versions[3], "after the exchange")
	verified(t, p)
	for i := 2; i >= 0; i-- {
		p.Rollback(t, safemigrate.RollbackOptions{})
		hasContent(t, d, versions[i], fmt.Sprintf("back at %d", i+1))
	}
	for range 3 {
		p.Rollback(t, safemigrate.RollbackOptions{Undo: true})
		p.Rollback(t, safemigrate.RollbackOptions{})
	}
	hasContent(t, d, versions[0], "in the end")
}

// TestWholeDatabaseAndRowsSince asks about rows of every table, and keeps the present
// database with all of them.
func TestWholeDatabaseAndRowsSince(t *testing.T) {
	t.Parallel()
	p, d, _ := wholes(t, "DELETE FROM legacy WHERE id > 50;")
	before := content(t, d)
	p.Up(t, safemigrate.UpOptions{})
	d.Exec(t, "INSERT INTO customers VALUES (9001, 'new'); INSERT INTO legacy VALUES (1000, 'new'), (1001, 'new'); DO $$ BEGIN PERFORM lo_put(oid, 0, 'other') FROM pg_largeobject_metadata; END $$;")
	report, err := p.TryRollback(t, wholly)
	enginetest.Fails(t, err, migrate.Undecided, "written since")
	want := map[string]int64{"public.customers": -1, "public.legacy": 2, "large objects": -1}
	for _, line := range report.Tables {
		if line.Written != want[line.Name] {
			t.Errorf("%s: %d written", line.Name, line.Written)
		}
		delete(want, line.Name)
	}
	if len(want) > 0 {
		t.Errorf("not told: %v", want)
	}
	_, err = p.TryRollback(t, safemigrate.RollbackOptions{Whole: true, Decide: migrate.Keep})
	enginetest.Fails(t, err, migrate.Undecided, "cannot be kept")
	if left := clonesOf(t, d); len(left) > 0 {
		t.Errorf("a refused rollback leaves %q", left)
	}
	report = p.Rollback(t, safemigrate.RollbackOptions{Whole: true, Decide: migrate.Discard})
	hasContent(t, d, before, "after the rollback")
	i := slices.IndexFunc(report.Tables, func(r migrate.TableReport) bool { return r.Name == "public.customers" })
	aside := connectTo(t, d, report.Tables[i].Place)
	var n int
	if err := aside.QueryRow(t.Context(), "SELECT count(*) FROM customers WHERE name = 'new'").Scan(&n); err != nil || n != 1 {
		t.Errorf("the database that is kept holds %d of the rows, %v", n, err)
	}
	if err := aside.Close(t.Context()); err != nil {
		t.Error(err)
	}
	d.Exec(t, "CREATE TABLE later (id int)")
	_, err = p.TryRollback(t, safemigrate.RollbackOptions{Undo: true})
	enginetest.Fails(t, err, migrate.Disagreement, "public.later was made since")
}

// TestWholeDatabaseIsRefused says before anything is made what stands against it.
func TestWholeDatabaseIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sql, back, says string
		outcome         migrate.Outcome
	}{
		"no right to make databases": {"ALTER ROLE @role NOCREATEDB", "", "may not create databases, which --whole-database needs", migrate.NoWayBack},
		"a subscription": {"within: CREATE SUBSCRIPTION s_@db CONNECTION 'dbname=none' PUBLICATION p WITH (connect = false)",
			"within: ALTER SUBSCRIPTION s_@db SET (slot_name = NONE); DROP SUBSCRIPTION s_@db", "subscription s_", migrate.NoWayBack},
		"a setting of a superuser":  {"ALTER DATABASE @db SET log_statement TO 'all'", "", "cannot give them", migrate.NoWayBack},
		"a change of the schema":    {"within: ALTER TABLE customers ADD later int", "", "table public.customers was changed since", migrate.Disagreement},
		"a session":                 {"connected", "", "one other is connected to it", migrate.Locked},
		"no programs":               {"programs", "", "install the package postgresql-client-", migrate.NoWayBack},
		"a snapshot of copies":      {"copies", "", "which does not hold the whole database", migrate.NoWayBack},
		"a damaged chunk":           {"damage", "", "damaged", migrate.NoWayBack},
		"a store that is not there": {"away", "", "store", migrate.NoWayBack},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, d, store := wholes(t, "DELETE FROM orders;")
			if c.sql == "copies" {
				p.Config.Strategy = snapshot.Copy
			}
			p.Up(t, safemigrate.UpOptions{})
			run := func(sql string) {
				sql = strings.NewReplacer("@role", d.Role, "@db", d.Name).Replace(sql)
				if within, ok := strings.CutPrefix(sql, "within: "); ok {
					for one := range strings.SplitSeq(within, "; ") {
						d.AdminExec(t, one)
					}
				} else if sql != "" {
					serverExec(t, d, sql)
				}
			}
			switch c.sql {
			case "connected":
				d.Database.Connect(t)
				p.Config.LockTimeout = 300 * time.Millisecond
			case "programs":
				p.Config.Programs = t.TempDir()
			case "copies":
			case "damage":
				spoil(t, store)
			case "away":
				if err := os.Rename(store, store+".away"); err != nil {
					t.Fatal(err)
				}
			default:
				run(c.sql)
				t.Cleanup(func() { run(c.back) })
			}
			after := content(t, d)
			if c.sql == "connected" {
				connected(t, d, 1)
			}
			_, err := p.TryRollback(t, wholly)
			enginetest.Fails(t, err, c.outcome, c.says)
			hasContent(t, d, after, "after the refusal")
			if left := clonesOf(t, d); len(left) > 0 {
				t.Errorf("a refused rollback leaves %q", left)
			}
		})
	}
}

// spoil changes a byte of the largest chunk of a store, which holds rows.
func spoil(t *testing.T, store string) {
	t.Helper()
	chunks, err := filepath.Glob(filepath.Join(store, "chunks", "*", "*"))
	if err != nil || len(chunks) == 0 {
		t.Fatalf("%d chunks, %v", len(chunks), err)
	}
	var largest string
	var text []byte
	for _, path := range chunks {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if len(content) > len(text) {
			largest, text = path, content
		}
	}
	text[len(text)/2] ^= 1
	if err := os.WriteFile(largest, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestWholeDatabaseThatIsNotInTheDump: what would not come back is named before anything
// is made, and what only shows once it is there after it. The batch alone goes back.
func TestWholeDatabaseThatIsNotInTheDump(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ sql, says string }{
		"another owner":                 {"CREATE VIEW theirs AS SELECT 1 AS one; GRANT SELECT ON theirs TO PUBLIC", "view public.theirs belongs to role postgres"},
		"an order of columns":           {"SET ROLE @role; CREATE TABLE child (own int) INHERITS (legacy); ALTER TABLE legacy ADD late int", "table public.child: it got a column from its parent behind its own"},
		"a table that cannot be locked": {"SET ROLE @role; CREATE TABLE kept (id int); REVOKE ALL ON kept FROM @role; GRANT SELECT ON kept TO @role", "table public.kept: no privilege to lock it"},
		"an invalid index":              {"SET ROLE @role; CREATE INDEX i ON legacy (id); RESET ROLE; UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'i'::regclass", "index public.i would be missing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, d, _ := wholes(t, "DELETE FROM orders;")
			d.AdminExec(t, strings.ReplaceAll(c.sql, "@role", d.Role))
			wholeIsRefused(t, p, d, c.says)
		})
	}
}

// wholeIsRefused applies the batch; the whole database is not taken back, with these words
// and nothing changed, and the batch alone is.
func wholeIsRefused(t *testing.T, p *enginetest.Project, d *enginetest.PostgresDatabase, words ...string) {
	t.Helper()
	before := content(t, d)
	p.Up(t, safemigrate.UpOptions{})
	after := content(t, d)
	_, err := p.TryRollback(t, wholly)
	enginetest.Fails(t, err, migrate.NoWayBack, words...)
	hasContent(t, d, after, "after the refusal")
	if left := clonesOf(t, d); len(left) > 0 {
		t.Errorf("a refused rollback leaves %q", left)
	}
	p.Rollback(t, safemigrate.RollbackOptions{})
	hasContent(t, d, before, "after a rollback of the batch alone")
}

// TestWholeDatabaseIsHinted: where the batch alone can no longer be taken back although
// nothing was changed since, the way that is left is named.
func TestWholeDatabaseIsHinted(t *testing.T) {
	t.Parallel()
	p, d, _ := wholes(t, "ALTER TABLE orders DROP CONSTRAINT orders_customer_fkey;")
	d.Exec(t, "ALTER TABLE customers FORCE ROW LEVEL SECURITY")
	serverExec(t, d, "ALTER ROLE "+d.Role+" BYPASSRLS")
	p.Up(t, safemigrate.UpOptions{})
	serverExec(t, d, "ALTER ROLE "+d.Role+" NOBYPASSRLS")
	_, err := p.TryRollback(t, safemigrate.RollbackOptions{})
	enginetest.Fails(t, err, migrate.NoWayBack, "cannot be brought back", "rollback --whole-database")
}

// TestWholeDatabaseIsPostgreSQLs: elsewhere there is no such way.
func TestWholeDatabaseIsPostgreSQLs(t *testing.T) {
	t.Parallel()
	p := enginetest.NewProject(t, enginetest.SQLite(), map[string]string{"1_t.up.sql": "CREATE TABLE t (id int);"})
	p.Up(t, safemigrate.UpOptions{})
	before := p.DB.Fingerprint(t)
	_, err := p.TryRollback(t, wholly)
	enginetest.Fails(t, err, migrate.Usage, "--whole-database")
	p.Is(t, before, "after the refusal")
}

// TestWholeDatabaseAndRowsBeforeIt: rows that somebody wrote after an earlier batch, and
// that came back with the dump, are asked about when that batch is taken back, too.
func TestWholeDatabaseAndRowsBeforeIt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		later string
		again bool // once more after the dump
	}{
		"rows that both wrote":     {"UPDATE customers SET name = 'mine' WHERE id = 5", false},
		"a table that is refilled": {"INSERT INTO legacy VALUES (7000, 'mine')", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, d, _ := wholes(t, "UPDATE customers SET name = 'e' WHERE id < 10; DELETE FROM legacy WHERE id > 90;")
			d.Exec(t, "DROP MATERIALIZED VIEW names")
			p.Config.Strategy = snapshot.Copy
			first := content(t, d)
			p.Up(t, safemigrate.UpOptions{})
			d.Exec(t, c.later)
			p.Config.Strategy = snapshot.Dump
			p.Add(map[string]string{"3_more.up.sql": "DELETE FROM orders;"})
			second := content(t, d)
			p.Up(t, safemigrate.UpOptions{})
			if c.again {
				d.Exec(t, strings.Replace(c.later, "7000", "7001", 1))
			}
			p.Rollback(t, safemigrate.RollbackOptions{Whole: true, Decide: migrate.Discard})
			hasContent(t, d, second, "after the exchange")
			_, err := p.TryRollback(t, safemigrate.RollbackOptions{})
			enginetest.Fails(t, err, migrate.Undecided, "written since")
			p.Rollback(t, safemigrate.RollbackOptions{Decide: migrate.Discard})
			hasContent(t, d, first, "after the earlier batch")
		})
	}
}
