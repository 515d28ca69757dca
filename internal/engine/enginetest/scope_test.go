//go:build unix

package enginetest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/migrate"
)

// shop has tables that a batch can destroy something of.
const shop = `
CREATE TABLE customers (id integer PRIMARY KEY, name text NOT NULL, phone text, born date);
CREATE TABLE orders (id integer PRIMARY KEY, customer integer NOT NULL REFERENCES customers ON DELETE CASCADE, total integer NOT NULL);
CREATE TABLE log (line text);
CREATE TABLE audit (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, what text, n integer NOT NULL DEFAULT 1);
INSERT INTO customers SELECT i, 'name ' || i, '+' || i, '2000-01-01' FROM generate_series(1, 50) i;
INSERT INTO orders SELECT i, 1 + i % 50, i FROM generate_series(1, 100) i;
INSERT INTO log SELECT 'line ' || i FROM generate_series(1, 20) i;
INSERT INTO audit (what) SELECT 'thing ' || i FROM generate_series(1, 20) i;
CREATE MATERIALIZED VIEW totals AS SELECT customer, sum(total) FROM orders GROUP BY 1;`

// unforeseen runs a statement that no reader of the file can know.
func unforeseen(directive, statement string) string {
	return "-- safemigrate: touches " + directive + "\n" + hidden(statement)
}

func hidden(statement string) string { return hiddenBehind("", statement) }

// hiddenBehind hides it behind statements that the text shows.
func hiddenBehind(shown, statement string) string {
	return "DO $$ DECLARE what text; BEGIN " + shown + " SELECT $x$" + statement + "$x$ INTO what; EXECUTE what; END $$;\n"
}

// keptOf lists what a snapshot keeps: "orders", "customers(id name)".
func keptOf(r *safemigrate.UpReport) string {
	var out []string
	for _, t := range r.Snapshot.Tables {
		line := strings.TrimPrefix(t.Name, "public.")
		if t.Columns != nil {
			line += "(" + strings.Join(t.Columns, " ") + ")"
		}
		out = append(out, line)
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

func widenedOf(r *safemigrate.UpReport) string {
	var out []string
	for _, t := range r.Widened {
		out = append(out, strings.TrimPrefix(t.Name, "public."))
	}
	return strings.Join(out, ", ")
}

// TestScopeKeepsWhatCanBeDestroyed runs a batch, checks what was kept for it,
// and takes it back exactly.
func TestScopeKeepsWhatCanBeDestroyed(t *testing.T) {
	t.Parallel()
	const nothing = "-- safemigrate: touches nothing\n"
	cases := []struct{ name, batch, keeps, widened string }{
		{"a column added", "ALTER TABLE customers ADD COLUMN note text;", "", ""},
		{"a column added with a default", "ALTER TABLE customers ADD COLUMN n integer NOT NULL DEFAULT 7;", "", ""},
		{"a column added and filled", "ALTER TABLE customers ADD COLUMN n integer; UPDATE customers SET n = id;", "", ""},
		{"a table, index, view and function made", `CREATE TABLE t (id integer PRIMARY KEY); INSERT INTO t VALUES (1); CREATE INDEX i ON orders (total);
			CREATE VIEW v AS SELECT * FROM customers; CREATE FUNCTION f() RETURNS integer LANGUAGE sql RETURN 1;`, "", ""},
		{"a constraint added", "ALTER TABLE orders ADD CONSTRAINT positive CHECK (total > 0);", "", ""},
		{"a column renamed", "ALTER TABLE customers RENAME COLUMN phone TO telephone;", "", ""},
		{"a table renamed and moved", "ALTER TABLE log RENAME TO lines; CREATE SCHEMA s; ALTER TABLE audit SET SCHEMA s;", "", ""},
		{"rows inserted", "INSERT INTO audit (what) VALUES ('one'), ('two');", "", ""},
		{"rows inserted without a key", "INSERT INTO log VALUES ('one');", "log", ""},
		{"a column dropped", "ALTER TABLE customers DROP COLUMN phone;", "customers(id phone)", ""},
		{"two columns dropped", "ALTER TABLE customers DROP COLUMN phone, DROP COLUMN born;", "customers(id phone born)", ""},
		{"a column of a table without a key dropped", "ALTER TABLE log DROP COLUMN line;", "log", ""},
		{"a column of the key dropped", "ALTER TABLE audit DROP COLUMN id;", "audit", ""},
		{"a column updated", "UPDATE customers SET phone = NULL WHERE id < 10;", "customers(id phone)", ""},
		{"a column retyped with loss", "ALTER TABLE orders ADD x text; ALTER TABLE customers ALTER COLUMN born TYPE text USING 'never';", "customers(id born)", ""},
		{"rows deleted", "DELETE FROM audit WHERE id < 5;", "audit", ""},
		{"rows deleted with their children", "DELETE FROM customers WHERE id < 5;", "customers, orders", ""},
		{"a table truncated", "TRUNCATE log;", "log", ""},
		{"a table dropped", "DROP TABLE audit;", "audit", ""},
		{"a table dropped with what reads it", "DROP TABLE orders CASCADE;", "orders", ""},
		{"dynamic SQL", hidden("DELETE FROM log"), "audit, customers, log, orders", ""},
		{"a trigger that writes elsewhere", `CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log VALUES (NEW.name); RETURN NEW; END $$;
			CREATE TRIGGER notes BEFORE UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION note();
			UPDATE customers SET phone = '0' WHERE id = 1;`, "customers(id phone), log", ""},
		{"a column renamed below a view and made anew", `CREATE VIEW phones AS SELECT id, phone FROM customers; ALTER TABLE customers RENAME phone TO old;
			ALTER TABLE customers ADD phone text; UPDATE phones SET phone = 'x';`, "customers(id phone)", ""},
		{"a function beside another of its name", `CREATE FUNCTION blank(text) RETURNS void LANGUAGE sql AS 'UPDATE customers SET phone = NULL';
			CREATE FUNCTION blank(integer) RETURNS void LANGUAGE sql AS ''; SELECT blank('x');`, "customers(id phone)", ""},
		{"a table made and destroyed", "CREATE TABLE t (id integer PRIMARY KEY); INSERT INTO t VALUES (1); DROP TABLE t;", "", ""},
		{"a directive that tells the truth", unforeseen("log", "DELETE FROM log"), "log", ""},
		{"a directive that lies", unforeseen("nothing", "DELETE FROM log"), "log", "log"},
		{"a directive that lies of a truncated table", unforeseen("log", "TRUNCATE audit"), "audit, log", "audit"},
		{"a directive that lies of a dropped column", unforeseen("nothing", "ALTER TABLE customers DROP COLUMN phone"), "customers", "customers"},
		{"a directive that lies of a dropped table", unforeseen("nothing", "DROP TABLE audit"), "audit", "audit"},
		{"a directive that lies of rows that come", unforeseen("nothing", "INSERT INTO log VALUES ('x')"), "log", "log"},
		{"a directive that lies of another column", "UPDATE customers SET phone = NULL;\n" + unforeseen("nothing", "UPDATE customers SET name = 'x'"), "customers", "customers"},
		{"a directive that lies of a table that is filled", "ALTER TABLE customers ADD n integer; UPDATE customers SET n = 1;\n" + unforeseen("log", "UPDATE customers SET name = 'x'"), "customers, log", "customers"},
		{"a directive that lies of a table written anew and emptied", "ALTER TABLE audit ALTER n TYPE bigint;\n" + unforeseen("nothing", "TRUNCATE audit"), "audit", "audit"},
		{"a directive that lies of a table emptied and written anew", unforeseen("nothing", "TRUNCATE audit") + "ALTER TABLE audit ALTER n TYPE text USING 'x';", "audit", "audit"},
		{"a directive that lies of a table that its statement updates", nothing + hiddenBehind("UPDATE customers SET phone = NULL;", "UPDATE customers SET name = 'x'"), "customers", ""},
		{"a directive that lies of a table that its statement fills", nothing + hiddenBehind("ALTER TABLE customers ADD n integer; UPDATE customers SET n = 1;", "UPDATE customers SET name = 'x'"), "customers", ""},
		{"a directive that lies of a table that its statement alters", nothing + hiddenBehind("ALTER TABLE customers ADD n integer;", "UPDATE customers SET name = 'x'") + "UPDATE customers SET n = 1;", "customers", "customers"},
		{"a directive that lies of a table that its statement writes anew", nothing + hiddenBehind("ALTER TABLE audit ALTER n TYPE bigint;", "TRUNCATE audit"), "audit", ""},
		{"a directive that lies of a table that its statement inserts into", nothing + hiddenBehind("INSERT INTO customers VALUES (99, 'x');", "UPDATE customers SET name = 'x'") + "UPDATE customers SET phone = NULL;", "customers", "customers"},
		{"a directive that tells the truth of rows that come", nothing + hiddenBehind("INSERT INTO customers VALUES (99, 'x');", "INSERT INTO customers VALUES (98, 'y')"), "", ""},
		{"a directive that lies of a table retyped and emptied", "ALTER TABLE audit ALTER n TYPE text USING 'x';\n" + unforeseen("nothing", "TRUNCATE audit"), "audit", "audit"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := prepared(t, shop, map[string]string{"1_x.up.sql": c.batch})
			before := p.DB.Fingerprint(t)
			report := p.Up(t, everything)
			if got := keptOf(report); got != c.keeps {
				t.Errorf("kept %q, want %q", got, c.keeps)
			}
			if got := widenedOf(report); got != c.widened {
				t.Errorf("widened %q, want %q", got, c.widened)
			}
			if c.keeps == "" && report.Snapshot.Bytes != 0 {
				t.Errorf("%d bytes of copies", report.Snapshot.Bytes)
			}
			after := p.DB.Fingerprint(t)
			p.Rollback(t, takeBack)
			p.Is(t, before, "after the rollback")
			p.Rollback(t, undoIt)
			p.Is(t, after, "after its undo")
			p.Rollback(t, takeBack)
			p.Is(t, before, "after the rollback again")
		})
	}
}

// TestScopeInserted tells the batch's rows from others by their keys, also after
// the application has changed them.
func TestScopeInserted(t *testing.T) {
	t.Parallel()
	p := prepared(t, shop, map[string]string{"1_x.up.sql": "INSERT INTO customers VALUES (100, 'the batch''s'), (101, 'the batch''s, too');"})
	before := p.DB.Fingerprint(t)
	report := p.Up(t, everything)
	if got := keptOf(report); got != "" {
		t.Errorf("kept %q", got)
	}
	p.Exec(t, "UPDATE customers SET name = 'changed since' WHERE id = 100; INSERT INTO customers VALUES (200, 'later')")
	p.Rollback(t, takeOut)
	same(t, p, "SELECT id FROM customers WHERE id >= 100", "200")
	p.Exec(t, "DELETE FROM customers WHERE id = 200")
	p.Is(t, before, "after the rollback")
}

// TestScopeWidenedInLaterStep widens what a committed first step has begun.
func TestScopeWidenedInLaterStep(t *testing.T) {
	t.Parallel()
	lie := unforeseen("nothing", "DELETE FROM audit WHERE id < 5")
	p := prepared(t, shop, map[string]string{"1_x.up.sql": "UPDATE customers SET phone = NULL;", "2_x.up.sql": "CREATE INDEX CONCURRENTLY i ON orders (total);", "3_x.up.sql": lie})
	before := p.DB.Fingerprint(t)
	report := p.Up(t, everything)
	if kept, widened := keptOf(report), widenedOf(report); kept != "audit, customers" || widened != "audit" {
		t.Errorf("kept %q, widened %q", kept, widened)
	}
	if !strings.Contains(p.Notices(), "widen: ") {
		t.Errorf("nothing is said of the second try: %s", p.Notices())
	}
	p.Rollback(t, takeBack)
	p.Is(t, before, "after the rollback")

	p.Add(map[string]string{"4_x.up.sql": "SELECT 1/0;"})
	_, err := p.TryUp(t, everything)
	enginetest.Fails(t, err, migrate.Restored, "22012")
	p.Is(t, before, "after the failure behind a widened snapshot")
}

// TestScopeTooLateToWiden restores when a step destroys what an earlier one had
// changed already.
func TestScopeTooLateToWiden(t *testing.T) {
	t.Parallel()
	lie := unforeseen("nothing", "DELETE FROM customers WHERE id = 50")
	p := prepared(t, shop+"DELETE FROM orders WHERE customer = 50;", map[string]string{"1_x.up.sql": "ALTER TABLE customers ADD COLUMN n integer; UPDATE customers SET n = 1;", "2_x.up.sql": "CREATE INDEX CONCURRENTLY i ON orders (total);", "3_x.up.sql": lie})
	before := p.DB.Fingerprint(t)
	_, err := p.TryUp(t, everything)
	enginetest.Fails(t, err, migrate.NoWayBack, "public.customers")
	p.Is(t, before, "after the restore")
}

// TestScopeOutside copies whole what a statement outside a transaction may touch.
func TestScopeOutside(t *testing.T) {
	t.Parallel()
	p := prepared(t, shop+"CREATE PROCEDURE work() LANGUAGE plpgsql AS $$ BEGIN UPDATE customers SET phone = NULL; COMMIT; INSERT INTO audit (what) VALUES ('worked'); END $$;",
		map[string]string{"1_x.up.sql": "CALL work();"})
	before := p.DB.Fingerprint(t)
	report := p.Up(t, everything)
	if got := keptOf(report); got != "audit, customers" {
		t.Errorf("kept %q", got)
	}
	p.Rollback(t, takeBack)
	p.Is(t, before, "after the rollback")
}

// TestScopeOutsideByDirective keeps everything where no guard could check a directive: of a
// statement that commits by itself, known as such from the start or found to be one when a
// step is committed already.
func TestScopeOutsideByDirective(t *testing.T) {
	t.Parallel()
	const work = "CREATE PROCEDURE work() LANGUAGE plpgsql AS $$ DECLARE what text; BEGIN SELECT 'DELETE FROM log' INTO what; EXECUTE what; COMMIT; END $$;"
	for name, before := range map[string]string{"at once": "", "after a step": "CREATE INDEX CONCURRENTLY i ON orders (total);"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := prepared(t, shop+work, map[string]string{"1_x.up.sql": before + "SELECT 1;", "2_x.up.sql": "-- safemigrate: touches nothing\nCALL work();"})
			start := p.DB.Fingerprint(t)
			if got := keptOf(p.Up(t, everything)); got != "audit, customers, log, orders" {
				t.Errorf("kept %q", got)
			}
			p.Rollback(t, takeBack)
			p.Is(t, start, "after the rollback")
		})
	}
}

func TestScopeAll(t *testing.T) {
	t.Parallel()
	p := prepared(t, shop, map[string]string{"1_x.up.sql": "ALTER TABLE customers ADD COLUMN note text;"})
	p.Config.Scope = migrate.ScopeAll
	before := p.DB.Fingerprint(t)
	if got := keptOf(p.Up(t, everything)); got != "audit, customers, log, orders" {
		t.Errorf("kept %q", got)
	}
	p.Rollback(t, takeBack)
	p.Is(t, before, "after the rollback")
}

// TestScopeNone refuses what could not be brought back, until the loss is accepted.
func TestScopeNone(t *testing.T) {
	t.Parallel()
	p := prepared(t, shop, map[string]string{"1_x.up.sql": "ALTER TABLE customers ADD COLUMN note text;"})
	p.Config.Scope = migrate.ScopeNone
	before := p.DB.Fingerprint(t)
	p.Up(t, everything) // nothing is lost
	p.Rollback(t, takeBack)
	p.Is(t, before, "after the rollback of what loses nothing")

	p.Add(map[string]string{"2_x.up.sql": "DELETE FROM log; DROP TABLE audit;"})
	_, err := p.TryUp(t, everything)
	enginetest.Fails(t, err, migrate.NoWayBack, "public.log", "public.audit", "--accept-loss")
	p.Is(t, before, "after the refusal")
	report := p.Up(t, safemigrate.UpOptions{AcceptLoss: true})
	if got := keptOf(report); got != "" {
		t.Errorf("kept %q", got)
	}
	after := p.DB.Fingerprint(t)
	_, err = p.TryRollback(t, takeBack)
	enginetest.Fails(t, err, migrate.NoWayBack, "public.log", "public.audit", "not kept")
	p.Is(t, after, "after the rollback that is not possible")
}

// TestScopeBudgets refuses what costs more than it may.
func TestScopeBudgets(t *testing.T) {
	t.Parallel()
	const big = "CREATE TABLE big AS SELECT i AS id, repeat('x', 500) AS filler FROM generate_series(1, 20000) i; ANALYZE big; CREATE TABLE small WITH (autovacuum_enabled = off) AS TABLE big;"
	cases := []struct {
		name, batch string
		bytes       int64
		lock        time.Duration
		says        []string
	}{
		{"too large", "DELETE FROM big;", 1_000_000, 0, []string{"--max-snapshot", "--scope none"}},
		{"too long", "DELETE FROM big;", 0, time.Millisecond, []string{"--max-lock"}},
		{"large enough", "DELETE FROM big;", 100_000_000, time.Minute, nil},
		{"too large, whatever the statistics say", "UPDATE small SET filler = '';", 1_000_000, 0, []string{"--max-snapshot", "--scope none"}},
		{"large enough, whatever the statistics say", "UPDATE small SET filler = '';", 100_000_000, 0, nil},
		{"nothing to keep", "ALTER TABLE big ADD COLUMN n integer;", 1, time.Nanosecond, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := prepared(t, big, map[string]string{"1_x.up.sql": c.batch})
			postgresOf(t, p).AdminExec(t, "UPDATE pg_class SET reltuples = 3, relpages = 1 WHERE relname = 'small'")
			p.Config.MaxSnapshot, p.Config.MaxLock = c.bytes, c.lock
			before := p.DB.Fingerprint(t)
			plan, err := p.Open(t).Plan(t.Context(), everything)
			if err != nil {
				t.Fatal(err)
			}
			if refused := len(plan.Snapshot.Blockers) > 0; refused != (c.says != nil) {
				t.Errorf("plan: %q", plan.Snapshot.Blockers)
			}
			_, err = p.TryUp(t, everything)
			if c.says == nil {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			enginetest.Fails(t, err, migrate.NoWayBack, c.says...)
			p.Is(t, before, "after the refusal")
		})
	}
}

// TestScopeEstimateProvesWrong stops a copy that grows over its budget, although
// the statistics had promised less.
func TestScopeEstimateProvesWrong(t *testing.T) {
	t.Parallel()
	const rows = `CREATE TABLE big (id integer PRIMARY KEY, filler text, other text) WITH (autovacuum_enabled = off);
		INSERT INTO big SELECT i, 'x', 'x' FROM generate_series(1, 5000) i; ANALYZE big; `
	for name, wrong := range map[string]string{
		"rows that have grown":           "UPDATE big SET filler = left(repeat(id::text, 300), 1000) || other",
		"values beside the rows":         "ALTER TABLE big ALTER filler SET STORAGE EXTERNAL; UPDATE big SET filler = (SELECT string_agg(md5(id::text || i), '') FROM generate_series(1, 70) i)",
		"values that no row holds yet":   "ALTER TABLE big DROP filler, ADD filler text DEFAULT repeat('x', 1000)",
		"values in few of all the pages": "UPDATE big SET filler = repeat('x', 1000); UPDATE big SET filler = 'x' WHERE id > 10; UPDATE big SET other = repeat('y', 1000) || filler",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := prepared(t, rows+wrong, map[string]string{"1_x.up.sql": "ALTER TABLE big DROP COLUMN filler, DROP COLUMN other;"})
			p.Config.MaxSnapshot = 600_000
			before := p.DB.Fingerprint(t)
			_, err := p.TryUp(t, everything)
			enginetest.Fails(t, err, migrate.NoWayBack, "--max-snapshot allows (600000), and is undone", "raise the limit")
			if is := numberAfter(t, err.Error(), "has grown to "); is > 2_000_000 { // all of it would be more than twice as much
				t.Errorf("it was stopped at %d bytes", is)
			}
			p.Is(t, before, "after the copy was stopped")
			if name != "values that no row holds yet" { // which comes piece by piece to its end, too
				return
			}
			p.Config.MaxSnapshot = 25_000_000
			p.Up(t, everything)
			p.Rollback(t, safemigrate.RollbackOptions{})
			p.Is(t, before, "after the rollback of what was allowed")
		})
	}
}

// numberAfter is the number that follows some words.
func numberAfter(t *testing.T, text, words string) (n int64) {
	t.Helper()
	_, rest, _ := strings.Cut(text, words)
	if _, err := fmt.Sscan(rest, &n); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return n
}

// TestScopeEstimate says what is kept, why, and what it rests on.
func TestScopeEstimate(t *testing.T) {
	t.Parallel()
	const filled = "CREATE TABLE big (id integer PRIMARY KEY, note text, filler text) WITH (autovacuum_enabled = off); INSERT INTO big SELECT i, 'x', repeat('x', 500) FROM generate_series(1, 5000) i;"
	const absurd = "absurd statistics"
	for name, analyzed := range map[string]bool{"with statistics": true, "without statistics": false, absurd: false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := prepared(t, filled, map[string]string{"1_x.up.sql": "ALTER TABLE big DROP COLUMN note;"})
			if analyzed {
				p.Exec(t, "ANALYZE big")
			}
			if name == absurd {
				postgresOf(t, p).AdminExec(t, "ANALYZE big; UPDATE pg_class SET reltuples = 1e30, relpages = 2000000000 WHERE relname = 'big'; UPDATE pg_statistic SET stanullfrac = 'NaN', stawidth = -7 WHERE starelid = 'big'::regclass")
			}
			plan, err := p.Open(t).Plan(t.Context(), everything)
			if err != nil || len(plan.Snapshot.Tables) != 1 {
				t.Fatalf("%+v, %v", plan, err)
			}
			e := plan.Snapshot.Tables[0]
			if e.Keeps != "columns note" || !strings.Contains(e.Why, "note dropped") || plan.Snapshot.Took <= 0 || plan.Snapshot.RateFrom == "" {
				t.Errorf("%+v", plan.Snapshot)
			}
			if e.Bytes <= 0 || e.Bytes > 10_000_000 || e.Rows > 5000 || plan.Snapshot.Took > time.Hour {
				t.Errorf("no estimate that could be: %+v, %s", e, plan.Snapshot.Took)
			}
			if small := e.Bytes < 500_000; small != analyzed || strings.Contains(e.Why, "no usable statistics") == analyzed {
				t.Errorf("%d bytes, %s", e.Bytes, e.Why)
			}
			report := p.Up(t, everything)
			if report.Snapshot.Bytes > 500_000 {
				t.Errorf("%d bytes are kept", report.Snapshot.Bytes)
			}
		})
	}
}

// TestScopeNoPrivilegeToLock refuses only where the table has to be locked.
func TestScopeNoPrivilegeToLock(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, batch string
		fails       bool
	}{
		{"rows of it come", "INSERT INTO other VALUES (3);", true},
		{"it is not touched", "ALTER TABLE customers ADD COLUMN note text; DELETE FROM log;", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := prepared(t, shop, map[string]string{"1_x.up.sql": c.batch})
			d := postgresOf(t, p)
			d.AdminExec(t, "CREATE TABLE other (id integer PRIMARY KEY); INSERT INTO other VALUES (1); ALTER TABLE other OWNER TO "+
				otherRole(t, p, "clerk")+"; GRANT SELECT, INSERT ON other TO "+d.Role)
			before := p.DB.Fingerprint(t)
			_, err := p.TryUp(t, everything)
			if !c.fails {
				if err != nil {
					t.Fatal(err)
				}
				p.Rollback(t, takeBack)
				p.Is(t, before, "after the rollback")
				return
			}
			enginetest.Fails(t, err, migrate.NoWayBack, "public.other", "no privilege to lock it")
			p.Is(t, before, "after the refusal")
		})
	}
}

// TestScopeLeavesOthersAlone: an additive batch locks no table beforehand, and a
// session that writes meanwhile is not taken for it.
func TestScopeLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	p := prepared(t, shop, map[string]string{"1_x.up.sql": "CREATE TABLE t (id integer);\n" + waitAtGate})
	gate, writer := p.DB.Connect(t), p.DB.Connect(t)
	run(t, gate, hold)
	done := running(t, p)
	untilTrue(t, p, gateWaits)
	run(t, writer, "UPDATE customers SET phone = '1'; DELETE FROM log; INSERT INTO audit (what) VALUES ('meanwhile'); TRUNCATE audit")
	run(t, gate, letGo)
	if err := ended(t, done, "up"); err != nil {
		t.Fatal(err)
	}
	rows := p.Rows(t, "SELECT phone FROM customers")
	p.Rollback(t, takeBack)
	if got := p.Rows(t, "SELECT phone FROM customers"); !slices.Equal(got, rows) {
		t.Errorf("rows of others: %q", got)
	}
}

// TestScopeSnapshotIsVerified reads back copies that hold columns only.
func TestScopeSnapshotIsVerified(t *testing.T) {
	t.Parallel()
	p := prepared(t, shop, map[string]string{"1_x.up.sql": "ALTER TABLE customers DROP COLUMN phone;"})
	report := p.Up(t, everything)
	if _, err := p.Open(t).Verify(t.Context(), report.Snapshot.ID); err != nil {
		t.Errorf("verify: %v", err)
	}
}
