//go:build unix

package enginetest_test

import (
	"context"
	"fmt"
	"net/url"
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

// connected waits until so many sessions are left in a database: one that was closed is
// there for a moment yet.
func connected(t *testing.T, d *enginetest.PostgresDatabase, want int) {
	t.Helper()
	conn := elsewhere(t, d)
	defer conn.Close(context.WithoutCancel(t.Context()))
	for deadline := time.Now().Add(patience); ; time.Sleep(pollWait) {
		var n int
		if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = $1", d.Name).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n == want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d sessions are in %s, and not %d", n, d.Name, want)
		}
	}
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

// TestCloneSaysHow: the cheapest way that the server has is taken and told; where the file
// system does not let it, which shows only when it is tried, that is told as well.
func TestCloneSaysHow(t *testing.T) {
	t.Parallel()
	server := testpg.Start(t)
	p, d := cloning(t, server, "DELETE FROM orders;")
	before := whole(t, d)
	ways := []string{`" is made through the write-ahead log`}
	switch major := server.Major(t); {
	case major < 15:
		ways = []string{`" is made by copying files`}
	case major >= 18:
		ways = []string{`" is made by cloning files`, "by cloning files is not possible here ("}
		plan, err := p.Open(t).Plan(t.Context(), safemigrate.UpOptions{})
		if err != nil || !strings.HasSuffix(plan.Snapshot.Because, "by cloning files, where the file system can") {
			t.Errorf("planned: %+v, %v", plan, err)
		}
	}
	told := func(way string) bool { return strings.Contains(p.Notices(), way) }
	p.Up(t, safemigrate.UpOptions{})
	if !slices.ContainsFunc(ways, told) {
		t.Errorf("%q is not told:\n%s", ways, p.Notices())
	}
	p.Rollback(t, safemigrate.RollbackOptions{})
	unchangedWhole(t, d, before, "after the rollback")
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

// TestCloneNeedsTheDatabaseAlone names who is connected, and goes on once nobody is:
// before the batch, and before the way back.
func TestCloneNeedsTheDatabaseAlone(t *testing.T) {
	t.Parallel()
	p, d := cloning(t, testpg.Start(t), "DELETE FROM orders;")
	const short = 100 * time.Millisecond
	before := whole(t, d)
	in := d.Database.Connect(t)
	plan, err := p.Open(t).Plan(t.Context(), safemigrate.UpOptions{})
	if err != nil || plan.Snapshot.Strategy != snapshot.Clone || len(plan.Snapshot.Blockers) > 0 || !strings.Contains(strings.Join(plan.Snapshot.Warnings, " "), "is connected") {
		t.Errorf("the plan is %+v, %v", plan, err)
	}
	connected(t, d, 1)
	p.Config.LockTimeout = short
	_, err = p.TryUp(t, safemigrate.UpOptions{})
	enginetest.Fails(t, err, migrate.Locked, fmt.Sprintf("server process %d (user %s, ", in.PgConn().PID(), d.Role))
	in.Close(t.Context())
	unchangedWhole(t, d, before, "after the refusal")
	if left := clonesOf(t, d); len(left) > 0 {
		t.Errorf("a refused up leaves %q", left)
	}
	p.Config.LockTimeout = 0
	p.Up(t, safemigrate.UpOptions{})
	after := whole(t, d)

	in = d.Database.Connect(t)
	connected(t, d, 1)
	p.Config.LockTimeout = short
	_, err = p.TryRollback(t, safemigrate.RollbackOptions{})
	enginetest.Fails(t, err, migrate.Locked, "one other is connected to it: server process")
	in.Close(t.Context())
	unchangedWhole(t, d, after, "after the refused rollback")
	if all := clonesOf(t, d); len(all) != 1 {
		t.Errorf("a refused rollback leaves %q", all)
	}
	p.Config.LockTimeout = 0
	if _, err := p.Open(t).Rollback(t.Context(), safemigrate.RollbackOptions{Plan: true}); err != nil {
		t.Error(err)
	}
	unchangedWhole(t, d, after, "after the plan")
	p.Rollback(t, safemigrate.RollbackOptions{})
	unchangedWhole(t, d, before, "after the rollback")
}

// TestSessionsAreEnded has an exchange end who is connected, at its moment and by name: one
// that does nothing, one in a transaction, one that always comes back, and none where one
// of them may not be ended.
func TestSessionsAreEnded(t *testing.T) {
	t.Parallel()
	p, d := cloning(t, testpg.Start(t), "DELETE FROM orders;")
	before := whole(t, d)
	p.Up(t, safemigrate.UpOptions{})
	after := whole(t, d)
	ending := safemigrate.RollbackOptions{EndSessions: true}

	idle, reading := d.Database.Connect(t), d.Database.Connect(t)
	if _, err := reading.PgConn().Exec(t.Context(), "BEGIN; SELECT count(*) FROM customers").ReadAll(); err != nil {
		t.Fatal(err)
	}
	admin, err := pgx.Connect(t.Context(), d.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	connected(t, d, 3)
	refused, err := p.TryRollback(t, ending)
	enginetest.Fails(t, err, migrate.Locked, fmt.Sprintf("role %s may not end all that is connected to it: server process %d (user postgres,", d.Role, admin.PgConn().PID()))
	if len(refused.Ended) > 0 || idle.Ping(t.Context()) != nil || reading.Ping(t.Context()) != nil {
		t.Errorf("a refused rollback ends %q", refused.Ended)
	}
	if err := admin.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	connected(t, d, 2)
	if _, err := p.Open(t).Rollback(t.Context(), safemigrate.RollbackOptions{EndSessions: true, Plan: true}); err != nil || idle.Ping(t.Context()) != nil {
		t.Errorf("a plan ends sessions, or %v", err)
	}
	stop, came := make(chan struct{}), make(chan int)
	go func() {
		n := 0
		for ; ; n++ {
			select {
			case <-stop:
				came <- n
				return
			default:
			}
			if conn, err := pgx.Connect(context.WithoutCancel(t.Context()), d.URL()); err == nil {
				conn.Exec(context.WithoutCancel(t.Context()), "SELECT pg_sleep(1)")
				conn.Close(context.WithoutCancel(t.Context()))
			}
		}
	}()
	done := p.Rollback(t, ending)
	close(stop)
	if n := <-came; n == 0 {
		t.Error("nobody came back")
	}
	said := strings.Join(done.Ended, "\n")
	for _, conn := range []*pgx.Conn{idle, reading} {
		if !strings.Contains(said, fmt.Sprintf("server process %d (user %s, ", conn.PgConn().PID(), d.Role)) || conn.Ping(t.Context()) == nil {
			t.Errorf("server process %d is not ended, or not named:\n%s", conn.PgConn().PID(), said)
		}
	}
	connected(t, d, 0)
	unchangedWhole(t, d, before, "after the rollback")
	if done = p.Rollback(t, safemigrate.RollbackOptions{EndSessions: true, Undo: true}); len(done.Ended) > 0 {
		t.Errorf("ended %q where nobody was", done.Ended)
	}
	unchangedWhole(t, d, after, "after the undo")
}

// TestAlteredMeanwhile: what somebody makes while an exchange is under way is neither
// counted nor kept by name, and the quarantine would not be what is kept of it. That holds for
// large objects, too, which no lock keeps others from.
func TestAlteredMeanwhile(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ when, does, words, back string }{
		{"copying database", "CREATE TABLE since (a int); INSERT INTO since VALUES (1)", "table public.since was made, changed or dropped by somebody else meanwhile", "DROP TABLE since"},
		{"exchanging the databases", "CREATE TABLE since (a int); INSERT INTO since VALUES (1)", "table public.since was made, changed or dropped by somebody else meanwhile", "DROP TABLE since"},
		{"copying database", "SELECT lo_put(70001, 0, 'other')", "large objects were written, made or dropped by somebody else meanwhile", "SELECT lo_put(70001, 0, 'first')"},
		{"exchanging the databases", "SELECT lo_create(70002)", "large objects were written, made or dropped by somebody else meanwhile", "SELECT lo_unlink(70002)"},
	} {
		t.Run(c.when+", "+c.words, func(t *testing.T) {
			t.Parallel()
			p, d := cloning(t, testpg.Start(t), "DELETE FROM orders;")
			d.Exec(t, "SELECT lo_from_bytea(70001, 'first')")
			before := whole(t, d)
			p.Up(t, safemigrate.UpOptions{})
			somebody := d.Database.Connect(t)
			if _, err := somebody.PgConn().Exec(t.Context(), "BEGIN; "+c.does).ReadAll(); err != nil {
				t.Fatal(err)
			}
			config := p.Config
			config.Database, config.FS = d.URL(), p.Files
			config.Progress = func(n safemigrate.Notice) {
				if strings.Contains(n.Text, c.when) {
					if _, err := somebody.Exec(context.WithoutCancel(t.Context()), "COMMIT"); err != nil {
						t.Error(err)
					}
				}
			}
			db, err := safemigrate.Open(t.Context(), config)
			if err != nil {
				t.Fatal(err)
			}
			_, err = db.Rollback(t.Context(), safemigrate.RollbackOptions{EndSessions: true})
			enginetest.Fails(t, err, migrate.Disagreement, c.words)
			if left := clonesOf(t, d); len(left) != 1 {
				t.Errorf("databases: %q", left)
			}
			p.Exec(t, c.back)
			p.Rollback(t, safemigrate.RollbackOptions{EndSessions: true})
			unchangedWhole(t, d, before, "after the rollback")
		})
	}
}

// TestNoSessionsAreEnded: where no databases are exchanged, nobody has to go.
func TestNoSessionsAreEnded(t *testing.T) {
	t.Parallel()
	p, _ := cloning(t, testpg.Start(t), "DELETE FROM orders;")
	p.Config.Strategy = snapshot.Copy
	p.Up(t, safemigrate.UpOptions{})
	_, err := p.TryRollback(t, safemigrate.RollbackOptions{EndSessions: true})
	enginetest.Fails(t, err, migrate.NoWayBack, "leave --end-sessions out")
}

// TestCloneIsRefused says before anything is changed what the role lacks, and what would
// stay with the database that goes.
func TestCloneIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ sql, back, says string }{
		"a subscription":             {"within: CREATE SUBSCRIPTION s_@db CONNECTION 'dbname=none' PUBLICATION p WITH (connect = false)", "within: ALTER SUBSCRIPTION s_@db SET (slot_name = NONE); DROP SUBSCRIPTION s_@db", "subscription s_"},
		"no right to make databases": {"ALTER ROLE @role NOCREATEDB", "", "may not create databases, which strategy clone needs (ALTER ROLE"},
		"another owner":              {"ALTER DATABASE @db OWNER TO postgres", "ALTER DATABASE @db OWNER TO @role", "does not own database"},
		"a setting of a superuser":   {"ALTER DATABASE @db SET log_statement TO 'all'", "", "cannot give them to the clone"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, d := cloning(t, testpg.Start(t), "DELETE FROM orders;")
			run := func(sql string) {
				sql = strings.NewReplacer("@role", d.Role, "@db", d.Name).Replace(sql)
				switch within, ok := strings.CutPrefix(sql, "within: "); {
				case ok:
					for one := range strings.SplitSeq(within, "; ") {
						d.AdminExec(t, one)
					}
				case sql != "":
					serverExec(t, d, sql)
				}
			}
			run("GRANT ALL ON DATABASE @db TO @role")
			run(c.sql)
			t.Cleanup(func() { run(c.back) })
			before := whole(t, d)
			_, err := p.TryUp(t, safemigrate.UpOptions{})
			enginetest.Fails(t, err, migrate.NoWayBack, c.says)
			unchangedWhole(t, d, before, "after the refusal")
			if left := clonesOf(t, d); len(left) > 0 {
				t.Errorf("a refused up leaves %q", left)
			}
		})
	}
}

// TestCloneAndRowsSince counts rows written since in every table, asks, and keeps the
// present database with all of them.
func TestCloneAndRowsSince(t *testing.T) {
	t.Parallel()
	p, d := cloning(t, testpg.Start(t), "ALTER TABLE orders ADD note text;")
	before := whole(t, d)
	p.Up(t, safemigrate.UpOptions{})
	d.Exec(t, "INSERT INTO customers VALUES (9001, 'new'), (9002, 'new'); DELETE FROM legacy WHERE id = 1;")
	report, err := p.TryRollback(t, safemigrate.RollbackOptions{})
	enginetest.Fails(t, err, migrate.Undecided, "written since")
	if report == nil || report.Losses() != 3 {
		t.Errorf("the report is %+v", report)
	}
	_, err = p.TryRollback(t, safemigrate.RollbackOptions{Decide: migrate.Keep})
	enginetest.Fails(t, err, migrate.Undecided, "cannot be kept")
	report = p.Rollback(t, safemigrate.RollbackOptions{Decide: migrate.Discard})
	unchangedWhole(t, d, before, "after the rollback")
	i := slices.IndexFunc(report.Tables, func(r migrate.TableReport) bool { return r.Name == "public.customers" })
	if i < 0 || report.Tables[i].Written != 2 || report.Tables[i].Kept != 2 {
		t.Fatalf("the report is %+v", report.Tables)
	}
	aside := connectTo(t, d, report.Tables[i].Place)
	var n int
	if err := aside.QueryRow(t.Context(), "SELECT count(*) FROM customers WHERE name = 'new'").Scan(&n); err != nil || n != 2 {
		t.Errorf("the database that is kept holds %d of the rows, %v", n, err)
	}
	aside.Close(t.Context())
	d.Exec(t, "CREATE TABLE later (id int)")
	_, err = p.TryRollback(t, safemigrate.RollbackOptions{Undo: true})
	enginetest.Fails(t, err, migrate.Disagreement, "public.later was made since")
}

func connectTo(t *testing.T, d *enginetest.PostgresDatabase, name string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), strings.Replace(d.Database.URL, "/"+d.Name, "/"+name, 1))
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// TestCloneOfAFailedBatch takes back what the steps before the failure did, and leaves no
// database behind where one transaction held it all.
func TestCloneOfAFailedBatch(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		batch string
		left  int
	}{
		"one transaction": {"DELETE FROM orders; SELECT 1 / 0;", 0},
		"several steps":   {"DELETE FROM orders;\nVACUUM legacy;\nDROP TABLE legacy;\nSELECT 1 / 0;", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, d := cloning(t, testpg.Start(t), c.batch)
			before := whole(t, d)
			_, err := p.TryUp(t, safemigrate.UpOptions{})
			enginetest.Fails(t, err, migrate.Restored, "division by zero")
			unchangedWhole(t, d, before, "after the failure")
			if left := clonesOf(t, d); len(left) != c.left {
				t.Errorf("databases are left: %q", left)
			}
		})
	}
}

// TestSessionsKeepAFailedBatchHalfway: who came while a batch ran keeps it from being taken
// back, by name; recover ends him where it is told to.
func TestSessionsKeepAFailedBatchHalfway(t *testing.T) {
	t.Parallel()
	p, d := cloning(t, testpg.Start(t), "DELETE FROM orders;\nVACUUM legacy;")
	p.Add(map[string]string{"3_fails.up.sql": "SELECT 1 / 0;"})
	before := whole(t, d)
	var there *pgx.Conn
	c := p.Config
	c.Database, c.FS, c.LockTimeout = d.URL(), p.Files, time.Millisecond
	c.Progress = func(n safemigrate.Notice) {
		if there == nil && n.Phase == "apply" {
			there = d.Database.Connect(t)
		}
	}
	db, err := safemigrate.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Up(t.Context(), safemigrate.UpOptions{})
	who := fmt.Sprintf("one other is connected to it: server process %d (user %s, ", there.PgConn().PID(), d.Role)
	enginetest.Fails(t, err, migrate.Interrupted, "division by zero", who, "close these sessions, then run safemigrate recover", "safemigrate recover --end-sessions")
	_, err = db.Recover(t.Context(), safemigrate.RecoverOptions{})
	enginetest.Fails(t, err, migrate.Interrupted, who, "safemigrate recover --end-sessions")
	done, err := db.Recover(t.Context(), safemigrate.RecoverOptions{EndSessions: true})
	if err != nil || len(done.Ended) != 1 || there.Ping(t.Context()) == nil {
		t.Fatalf("recover: %+v, %v", done, err)
	}
	unchangedWhole(t, d, before, "after the recover")
}

// TestCloneAmongOtherSnapshots takes several batches back at once where all are clones,
// one by one where they are not, and keeps the way back of what stands.
func TestCloneAmongOtherSnapshots(t *testing.T) {
	t.Parallel()
	p, d := cloning(t, testpg.Start(t), "DELETE FROM legacy;")
	p.Config.Strategy = snapshot.Copy
	versions := []string{whole(t, d)}
	for i, strategy := range []snapshot.Strategy{snapshot.Copy, snapshot.Clone, snapshot.Clone} {
		p.Config.Strategy = strategy
		if i > 0 {
			p.Add(map[string]string{fmt.Sprintf("%d_more.up.sql", i+2): fmt.Sprintf("UPDATE orders SET total = %d; CREATE TABLE t%[1]d ();", i)})
		}
		p.Up(t, safemigrate.UpOptions{})
		versions = append(versions, whole(t, d))
	}
	to := "1"
	_, err := p.TryRollback(t, safemigrate.RollbackOptions{To: &to})
	enginetest.Fails(t, err, migrate.NoWayBack, "one by one")
	to = "2"
	p.Rollback(t, safemigrate.RollbackOptions{To: &to})
	unchangedWhole(t, d, versions[1], "after two batches at once")
	p.Rollback(t, safemigrate.RollbackOptions{Undo: true})
	unchangedWhole(t, d, versions[3], "after the undo")
	for i := 2; i >= 0; i-- {
		p.Rollback(t, safemigrate.RollbackOptions{})
		unchangedWhole(t, d, versions[i], fmt.Sprintf("back at %d", i+1))
	}
}

// TestCloneIsPruned drops the databases of snapshots that may go, what dead runs have
// left, and no other: the way back of what stands stays.
func TestCloneIsPruned(t *testing.T) {
	t.Parallel()
	p, d := cloning(t, testpg.Start(t), "DELETE FROM legacy;")
	first := p.Up(t, safemigrate.UpOptions{}).Snapshot.ID
	p.Add(map[string]string{"3_more.up.sql": "DELETE FROM orders;"})
	before := whole(t, d)
	second := p.Up(t, safemigrate.UpOptions{}).Snapshot.ID
	stray, another := d.Name+"_safemigrate_20200101-000000-000abcdef_next", d.Name+"_safemigrate_20200101-000000-000abcdef"
	conn := connectTo(t, d, "postgres")
	for _, sql := range []string{`CREATE DATABASE "` + stray + `"`, `CREATE DATABASE "` + another + `"`, `COMMENT ON DATABASE "` + another + `" IS 'safemigrate: snapshot 20200101-000000-000abcdef of database 1'`} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	left := func(want ...string) {
		t.Helper()
		if s, err := p.Open(t).Status(t.Context()); err != nil || !slices.Equal(s.Leftovers, want) {
			t.Errorf("status: %+v, %v", s, err)
		}
	}
	left("database " + stray)
	run := d.Database.Connect(t)
	if _, err := run.Exec(t.Context(), "SELECT pg_advisory_lock(x'736166656d696772'::bigint)"); err != nil {
		t.Fatal(err)
	}
	left() // it could be that run's
	run.Close(t.Context())
	connected(t, d, 0)
	if r, err := p.Open(t).Recover(t.Context(), safemigrate.RecoverOptions{}); err != nil || !slices.Equal(r.Removed, []string{"database " + stray}) || !strings.Contains(p.Notices(), "removed: database "+stray) {
		t.Errorf("recover: %+v, %v; it told\n%s", r, err, p.Notices())
	}
	left()
	if _, err := conn.Exec(t.Context(), `CREATE DATABASE "`+stray+`"`); err != nil {
		t.Fatal(err)
	}
	conn.Close(t.Context())
	done, err := p.Open(t).Prune(t.Context(), safemigrate.PruneOptions{Rules: snapshot.Retention{MaxBytes: 1}})
	if err != nil || len(done.Pruned) != 2 {
		t.Fatalf("%+v, %v", done, err)
	}
	is := strings.Join(clonesOf(t, d), " ")
	if strings.Contains(is, first) || !strings.Contains(is, second) || strings.Contains(is, stray) || !strings.Contains(is, another) {
		t.Errorf("what is left is %s", is)
	}
	p.Rollback(t, safemigrate.RollbackOptions{})
	unchangedWhole(t, d, before, "after the rollback")
}

// TestCloneOutlivesItsLedger: no command drops a complete clone of which the ledger does not
// tell, for that was put back to an older one, or dropped.
func TestCloneOutlivesItsLedger(t *testing.T) {
	t.Parallel()
	p, d := cloning(t, testpg.Start(t), "DELETE FROM legacy;")
	p.Up(t, safemigrate.UpOptions{})
	want := clonesOf(t, d)
	d.Exec(t, "DROP SCHEMA safemigrate CASCADE")
	if s, err := p.Open(t).Status(t.Context()); err != nil || len(s.Leftovers) > 0 {
		t.Errorf("status: %+v, %v", s, err)
	}
	if r, err := p.Open(t).Recover(t.Context(), safemigrate.RecoverOptions{}); err != nil || len(r.Removed) > 0 {
		t.Errorf("recover: %+v, %v", r, err)
	}
	if _, err := p.Open(t).Prune(t.Context(), safemigrate.PruneOptions{Rules: snapshot.Retention{MaxBytes: 1}}); err != nil {
		t.Error(err)
	}
	if is := clonesOf(t, d); len(want) != 1 || !slices.Equal(is, want) {
		t.Errorf("there were %v, and are %v", want, is)
	}
}

// TestDamagedCloneIsRefused: a database that is gone, or in which somebody wrote.
func TestDamagedCloneIsRefused(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]string{
		"a row":       "UPDATE orders SET total = 0 WHERE id = 1",
		"a column":    "ALTER TABLE legacy ADD more text",
		"a table":     "DROP TABLE legacy",
		"the whole":   "",
		"another one": "other",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, d := cloning(t, testpg.Start(t), "DELETE FROM orders;")
			id := p.Up(t, safemigrate.UpOptions{}).Snapshot.ID
			after := whole(t, d)
			clone := clonesOf(t, d)[0]
			switch damage {
			case "", "other":
				serverExec(t, d, `DROP DATABASE "`+clone+`"`)
				if damage != "" {
					serverExec(t, d, `CREATE DATABASE "`+clone+`" TEMPLATE `+d.Name)
				}
			default:
				conn := connectTo(t, d, clone)
				if _, err := conn.Exec(t.Context(), damage); err != nil {
					t.Fatal(err)
				}
				conn.Close(t.Context())
			}
			_, err := p.Open(t).Verify(t.Context(), id)
			enginetest.Fails(t, err, migrate.NoWayBack, "damaged")
			_, err = p.TryRollback(t, safemigrate.RollbackOptions{})
			enginetest.Fails(t, err, migrate.NoWayBack, "damaged")
			unchangedWhole(t, d, after, "after the refusal")
			if names := clonesOf(t, d); len(names) > 1 {
				t.Errorf("a refused rollback leaves %q", names)
			}
		})
	}
}

// TestCopyOfAnExchangedDatabaseIsForeign: the database that took a place by a rollback
// goes on with its snapshots, a copy of it does not.
func TestCopyOfAnExchangedDatabaseIsForeign(t *testing.T) {
	t.Parallel()
	p, d := cloning(t, testpg.Start(t), "DELETE FROM legacy;")
	p.Up(t, safemigrate.UpOptions{})
	before := whole(t, d)
	p.Add(map[string]string{"3_more.up.sql": "DELETE FROM orders;"})
	p.Up(t, safemigrate.UpOptions{})
	p.Rollback(t, safemigrate.RollbackOptions{})
	unchangedWhole(t, d, before, "after the rollback")
	copied := d.Name + "_safemigrate_copied"
	serverExec(t, d, "CREATE DATABASE "+copied+" TEMPLATE "+d.Name+" OWNER "+d.Role)
	p.Config.Database = strings.Replace(d.Database.URL, "/"+d.Name, "/"+copied, 1)
	_, err := p.TryRollback(t, safemigrate.RollbackOptions{})
	enginetest.Fails(t, err, migrate.NoWayBack, "another database")
	p.Config.Database = ""
	p.Rollback(t, safemigrate.RollbackOptions{})
}

// TestCloneOfALongName cuts a name so that the server does not, and finds the database
// again.
func TestCloneOfALongName(t *testing.T) {
	t.Parallel()
	p, d := cloning(t, testpg.Start(t), "DELETE FROM legacy;")
	long := strings.Repeat("ä", 20) + "_" + d.Name // 56 bytes
	serverExec(t, d, `ALTER DATABASE `+d.Name+` RENAME TO "`+long+`"`)
	t.Cleanup(func() { serverExec(t, d, `ALTER DATABASE "`+long+`" RENAME TO `+d.Name) })
	p.Config.Database = strings.Replace(d.Database.URL, "/"+d.Name, "/"+url.PathEscape(long), 1)
	id := p.Up(t, safemigrate.UpOptions{}).Snapshot.Tables[0].At
	if len(id) > 63 || !strings.HasPrefix(id, "äää") || !strings.Contains(id, "~") {
		t.Errorf("the clone is called %s", id)
	}
	t.Cleanup(func() {
		conn := elsewhere(t, d)
		defer conn.Close(context.WithoutCancel(t.Context()))
		found, err := conn.Query(context.WithoutCancel(t.Context()), `SELECT datname::text FROM pg_database WHERE datdba = '`+d.Role+`'::regrole AND datname LIKE '%\_safemigrate\_%'`)
		if err != nil {
			t.Fatal(err)
		}
		names, err := pgx.CollectRows(found, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			serverExec(t, d, `DROP DATABASE "`+name+`" WITH (FORCE)`)
		}
	})
	p.Rollback(t, safemigrate.RollbackOptions{})
	verified(t, p)
	if _, err := p.Open(t).Prune(t.Context(), safemigrate.PruneOptions{Rules: snapshot.Retention{MaxBytes: 1}}); err != nil {
		t.Error(err)
	}
	p.Rollback(t, safemigrate.RollbackOptions{Undo: true})
}
