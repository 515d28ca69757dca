//go:build unix

package enginetest_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/migrate"
)

var keepLater = safemigrate.RollbackOptions{Decide: migrate.Keep}

// wayBack is a batch on tables with rows, what somebody writes after it, and what
// must be there once it is taken back.
type wayBack struct {
	name, setup, batch, later string

	way           string // of table t
	readers       string // what who reads t does meanwhile
	written, gone int64  // of t: what cannot stay as it is
	expect        string // what, done to the setup, gives what must be left; after discard
	kept          string // … and after keep; "" where that is refused
}

const items = `CREATE TABLE t (id integer PRIMARY KEY, a text NOT NULL, n integer, z text DEFAULT 'zed');
INSERT INTO t SELECT g, 'a' || g, g * 10, 'z' || g FROM generate_series(1, 6) g;`

func waysBack() []wayBack {
	const family = `CREATE TABLE p (id integer PRIMARY KEY, x integer); INSERT INTO p VALUES (1, 1), (2, 2);
		CREATE TABLE t (id integer PRIMARY KEY, p integer REFERENCES p ON DELETE CASCADE, up integer REFERENCES t ON DELETE SET NULL, a text);
		INSERT INTO t VALUES (1, 1, NULL, 'a'), (2, 2, 1, 'b'), (3, 2, 2, 'c');`
	return []wayBack{
		{name: "changed rows, others stay", setup: items, batch: `UPDATE t SET a = a || '!' WHERE id < 3;`,
			later: `INSERT INTO t VALUES (7, 'new', 1); UPDATE t SET n = 99 WHERE id = 5; DELETE FROM t WHERE id = 6`,
			way:   "corrected", readers: "go on",
			expect: `INSERT INTO t VALUES (7, 'new', 1); UPDATE t SET n = 99 WHERE id = 5; DELETE FROM t WHERE id = 6`},
		{name: "deleted and inserted rows", setup: items, batch: `DELETE FROM t WHERE id IN (2, 3); INSERT INTO t VALUES (20, 'x', 1, NULL); UPDATE t SET id = 40 WHERE id = 4;`,
			later: `UPDATE t SET n = 1 WHERE id = 1`, way: "corrected", readers: "go on", expect: `UPDATE t SET n = 1 WHERE id = 1`},
		{name: "rows that both wrote", setup: items, batch: `UPDATE t SET a = a || '!' WHERE id < 4; DELETE FROM t WHERE id = 6;`,
			later: `UPDATE t SET n = 77 WHERE id = 1; DELETE FROM t WHERE id = 2; INSERT INTO t VALUES (6, 'again', 6); UPDATE t SET n = 5 WHERE id = 5`,
			way:   "corrected", readers: "go on", written: 2, gone: 1,
			expect: `UPDATE t SET n = 5 WHERE id = 5`,
			kept: `UPDATE t SET a = 'a1!', n = 77 WHERE id = 1; DELETE FROM t WHERE id = 2; DELETE FROM t WHERE id = 6;
				INSERT INTO t VALUES (6, 'again', 6); UPDATE t SET n = 5 WHERE id = 5`},
		{name: "changed rows that somebody deleted", setup: items, batch: `UPDATE t SET a = a || '!', n = 0, z = NULL WHERE id < 3;`,
			later: `DELETE FROM t WHERE id = 1`, way: "corrected", readers: "go on", gone: 1, kept: `DELETE FROM t WHERE id = 1`},
		{name: "changed rows that somebody deleted, of which some columns are kept", setup: items, batch: `UPDATE t SET n = 0 WHERE id < 4;`,
			later: `DELETE FROM t WHERE id = 1; UPDATE t SET z = 'later' WHERE id = 2`, way: "corrected", readers: "go on",
			expect: `DELETE FROM t WHERE id = 1; UPDATE t SET z = 'later' WHERE id = 2`},
		{name: "changed rows that somebody deleted, and a dropped column", setup: items, batch: `UPDATE t SET n = 0 WHERE id < 4; ALTER TABLE t DROP COLUMN z;`,
			later: `DELETE FROM t WHERE id = 1; UPDATE t SET a = 'later' WHERE id = 2`, way: "put back", readers: "wait briefly",
			expect: `DELETE FROM t WHERE id = 1; UPDATE t SET a = 'later' WHERE id = 2`},
		{name: "inserted rows that somebody changed, beside changed ones of which some columns are kept", setup: items,
			batch: `INSERT INTO t VALUES (7, 'seven'), (8, 'eight'); UPDATE t SET n = 0 WHERE id < 4;`,
			later: `UPDATE t SET z = 'later' WHERE id IN (3, 7)`, way: "corrected", readers: "go on", written: 1,
			expect: `UPDATE t SET z = 'later' WHERE id = 3`, kept: `UPDATE t SET z = 'later' WHERE id = 3; INSERT INTO t VALUES (7, 'seven', NULL, 'later')`},
		{name: "inserted rows that somebody changed, beside a dropped column", setup: items, batch: `INSERT INTO t VALUES (7, 'seven'); ALTER TABLE t DROP COLUMN z;`,
			later: `UPDATE t SET n = 1 WHERE id IN (3, 7)`, way: "put back", readers: "wait briefly", written: 1,
			expect: `UPDATE t SET n = 1 WHERE id = 3`, kept: `UPDATE t SET n = 1 WHERE id = 3; INSERT INTO t VALUES (7, 'seven', 1)`},
		{name: "triggers, rules, forced row security, publication", setup: items + `
			CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF TG_OP = ''DELETE'' THEN RETURN NULL; END IF; NEW.a := upper(NEW.a); RETURN NEW; END';
			CREATE TRIGGER loud BEFORE INSERT OR UPDATE OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION shout();
			ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY pol ON t USING (true);
			CREATE RULE r AS ON DELETE TO t WHERE old.id = 3 DO INSTEAD NOTHING; CREATE PUBLICATION pub FOR TABLE t;`,
			batch: `UPDATE t SET n = 0 WHERE id = 1; INSERT INTO t VALUES (9, 'nine');`, later: `UPDATE t SET n = 2 WHERE id = 2`,
			way: "corrected", readers: "wait", expect: `UPDATE t SET n = 2 WHERE id = 2`},
		{name: "keys that refer to rows", setup: family, batch: `INSERT INTO p VALUES (3, 3); UPDATE t SET p = 3 WHERE id = 1; INSERT INTO t VALUES (4, 3, 3, 'd'), (5, 3, 4, 'e'); DELETE FROM t WHERE id = 3;`,
			later: `UPDATE t SET a = 'B' WHERE id = 2`, way: "corrected", readers: "go on", expect: `UPDATE t SET a = 'B' WHERE id = 2`},
		{name: "composite key of a type of the user's", setup: `CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN code AS text CHECK (length(VALUE) < 9);
			CREATE TABLE t (m mood, c code, g integer GENERATED ALWAYS AS (v * 2) STORED, v integer, i integer GENERATED ALWAYS AS IDENTITY, PRIMARY KEY (m, c));
			INSERT INTO t (m, c, v) VALUES ('sad', 'x', 1), ('ok', 'x', 2), ('ok', 'y', 3);`,
			batch: `UPDATE t SET v = 9 WHERE m = 'ok'; DELETE FROM t WHERE m = 'sad';`, later: `INSERT INTO t (m, c, v) VALUES ('sad', 'new', 4)`,
			way: "corrected", readers: "go on", expect: `INSERT INTO t (m, c, v) VALUES ('sad', 'new', 4)`},
		{name: "unique and deferrable constraints", setup: items + `ALTER TABLE t ADD UNIQUE (a), ADD CONSTRAINT one_n UNIQUE (n) DEFERRABLE INITIALLY DEFERRED;
			ALTER TABLE t ADD CHECK (n > 0), ADD EXCLUDE USING btree (z WITH =);`,
			batch: `DELETE FROM t WHERE id = 1; UPDATE t SET n = 15 - n + 15 WHERE id IN (2); UPDATE t SET n = 1000 + n;`, way: "corrected", readers: "go on"},
		{name: "unique values that changed places", setup: items + `ALTER TABLE t ADD UNIQUE (n);`,
			batch: `UPDATE t SET n = 0 WHERE id = 1; UPDATE t SET n = 10 WHERE id = 2; UPDATE t SET n = 20 WHERE id = 1;`,
			later: `UPDATE t SET a = 'five' WHERE id = 5`, way: "corrected", readers: "go on", expect: `UPDATE t SET a = 'five' WHERE id = 5`},
		{name: "partition", setup: `CREATE TABLE whole (id integer PRIMARY KEY, a text) PARTITION BY RANGE (id); CREATE TABLE t PARTITION OF whole FOR VALUES FROM (0) TO (100);
			INSERT INTO whole VALUES (1, 'a'), (2, 'b');`, batch: `UPDATE whole SET a = 'x' WHERE id = 1; INSERT INTO whole VALUES (3, 'c');`,
			later: `INSERT INTO whole VALUES (4, 'd')`, way: "corrected", readers: "go on", expect: `INSERT INTO whole VALUES (4, 'd')`},
		{name: "dropped column", setup: items, batch: `ALTER TABLE t DROP COLUMN z;`,
			later: `INSERT INTO t VALUES (7, 'new', 1); UPDATE t SET n = 99 WHERE id = 5; DELETE FROM t WHERE id = 6`,
			way:   "put back", readers: "wait briefly",
			expect: `INSERT INTO t VALUES (7, 'new', 1); UPDATE t SET n = 99 WHERE id = 5; DELETE FROM t WHERE id = 6`},
		{name: "dropped column that must have a value", setup: items, batch: `ALTER TABLE t DROP COLUMN a;`,
			later: `INSERT INTO t VALUES (7, 1); UPDATE t SET n = 99 WHERE id = 5`, way: "put back", readers: "wait briefly", written: 1,
			expect: `UPDATE t SET n = 99 WHERE id = 5`},
		{name: "dropped column and changed rows", setup: items, batch: `UPDATE t SET n = 0 WHERE id < 3; DELETE FROM t WHERE id = 4; INSERT INTO t VALUES (8, 'h'); ALTER TABLE t DROP COLUMN z;`,
			later: `UPDATE t SET n = 50 WHERE id IN (1, 5)`, way: "put back", readers: "wait briefly", written: 1,
			expect: `UPDATE t SET n = 50 WHERE id = 5`, kept: `UPDATE t SET n = 50 WHERE id IN (1, 5)`},
		{name: "widened column", setup: items, batch: `ALTER TABLE t ALTER n TYPE bigint;`, later: `INSERT INTO t VALUES (7, 'new', 2147483647); UPDATE t SET n = 3 WHERE id = 3`,
			way: "put back", readers: "wait briefly", expect: `INSERT INTO t VALUES (7, 'new', 2147483647); UPDATE t SET n = 3 WHERE id = 3`},
		{name: "column retyped with loss", setup: items, batch: `ALTER TABLE t ALTER a TYPE varchar(1) USING left(a, 1);`,
			later: `INSERT INTO t VALUES (7, 'q'); UPDATE t SET n = 99 WHERE id = 5`,
			way:   "put back", readers: "wait briefly", written: 1, expect: `UPDATE t SET n = 99 WHERE id = 5`},
		{name: "values of another type that would not fit the old one", setup: items, batch: `ALTER TABLE t ALTER n TYPE numeric(10,2) USING n / 100.0;`,
			later: `INSERT INTO t VALUES (7, 'new', 17.25); UPDATE t SET a = 'five' WHERE id = 5`,
			way:   "put back", readers: "wait briefly", written: 1, expect: `UPDATE t SET a = 'five' WHERE id = 5`},
		{name: "everything that hangs on it", setup: items + `CREATE TABLE kid (id integer PRIMARY KEY, t integer REFERENCES t ON DELETE CASCADE, u integer);
			INSERT INTO kid VALUES (1, 2); CREATE VIEW v AS SELECT id, a FROM t; CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM t';
			ALTER TABLE t ADD up integer REFERENCES t, ADD s serial, ADD w integer GENERATED BY DEFAULT AS IDENTITY; CREATE INDEX t_n ON t (n) WHERE n > 10; CREATE UNIQUE INDEX ON t (lower(a));
			ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY pol ON t USING (id > 0); CREATE PUBLICATION pub FOR TABLE t; COMMENT ON COLUMN t.z IS 'last'; GRANT SELECT ON t TO PUBLIC;`,
			batch: `ALTER TABLE t DROP COLUMN z;`, later: `INSERT INTO kid VALUES (2, 3); UPDATE t SET n = 3 WHERE id = 3`, way: "put back", readers: "wait briefly",
			expect: `INSERT INTO kid VALUES (2, 3); UPDATE t SET n = 3 WHERE id = 3`},
	}
}

// TestWaysBack takes each batch back by the way that touches the least, and undoes
// that again.
func TestWaysBack(t *testing.T) {
	t.Parallel()
	for _, c := range waysBack() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t, takeOut, c.expect, never)
			if c.kept != "" {
				c.run(t, keepLater, c.kept, never)
			}
		})
	}
}

// TestUndoOfSeveralBatches takes batches back together of which an earlier one wrote
// to rows of the table that a later one has made anew. What the rollback wrote there
// itself is nobody's later row: its undo needs no decision.
func TestUndoOfSeveralBatches(t *testing.T) {
	t.Parallel()
	const anew, nopk = "ALTER TABLE t DROP COLUMN n;", "CREATE TABLE t (id integer, a text, n integer); INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3);"
	keyed := nopk + "ALTER TABLE t ADD PRIMARY KEY (id);"
	cases := []struct{ name, setup, first, second string }{
		{"rows deleted, then a column dropped", keyed, "DELETE FROM t WHERE id > 1;", anew},
		{"rows changed, then a column dropped", keyed, "UPDATE t SET a = 'x' WHERE id = 2;", anew},
		{"rows inserted, then a type changed", keyed, "INSERT INTO t VALUES (4, 'd', 4);", "ALTER TABLE t ALTER COLUMN n TYPE text;"},
		{"rows deleted of a table without a key, then a column dropped", nopk, "DELETE FROM t WHERE id > 1;", anew},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := prepared(t, c.setup, map[string]string{"1_first.up.sql": c.first, "2_second.up.sql": c.second})
			before := p.DB.Fingerprint(t)
			p.Up(t, oneMore)
			p.Up(t, oneMore)
			after := p.DB.Fingerprint(t)
			none := ""
			p.Rollback(t, safemigrate.RollbackOptions{To: &none})
			p.Is(t, before, "after the rollback")
			p.Rollback(t, undoIt)
			p.Is(t, after, "after the undo")
		})
	}
}

// preparation says when prepare runs.
type preparation string

const (
	never       preparation = "never"
	beforeLater preparation = "before somebody writes"
	afterLater  preparation = "after somebody has written"
)

func (c *wayBack) run(t *testing.T, decide safemigrate.RollbackOptions, expect string, prepare preparation) {
	t.Helper()
	files := map[string]string{"1_batch.up.sql": c.batch}
	model := prepared(t, c.setup, nil)
	if expect != "" {
		model.Exec(t, expect)
	}
	p := prepared(t, c.setup, files)
	p.Up(t, everything)
	if prepare == beforeLater {
		p.Prepare(t)
	}
	if c.later != "" {
		p.Exec(t, c.later)
	}
	if prepare == afterLater {
		p.Prepare(t)
	}
	after := p.DB.Fingerprint(t)
	planned := p.Rollback(t, safemigrate.RollbackOptions{Plan: true})
	i := slices.IndexFunc(planned.Tables, func(r migrate.TableReport) bool { return r.Name == "public.t" })
	if i < 0 || planned.Tables[i].Way != c.way || planned.Tables[i].Readers != c.readers || planned.Tables[i].Written != c.written || planned.Tables[i].Gone != c.gone {
		t.Errorf("plan: %+v", planned.Tables)
	} else if want := c.prepared(prepare); !strings.HasPrefix(planned.Tables[i].Prepared, want) || (want == "") != (planned.Tables[i].Prepared == "") {
		t.Errorf("prepared is %q, not %q", planned.Tables[i].Prepared, want)
	}
	if i >= 0 {
		line := planned.Tables[i]
		if costs := c.way != "in place" && line.Prepared == ""; costs && (line.Rows <= 0 || line.Bytes <= 0) || c.way == "in place" && line.Rows+line.Bytes > 0 {
			t.Errorf("what it costs: %+v", line)
		}
	}
	p.Is(t, after, "after the plan")
	if c.written+c.gone > 0 {
		_, err := p.TryRollback(t, takeBack)
		enginetest.Fails(t, err, migrate.Undecided, "--discard-writes")
		p.Is(t, after, "without a decision")
	} else {
		decide = takeBack
	}
	done := p.Rollback(t, decide)
	rowsAre(t, model, p)
	for _, r := range done.Tables {
		if r.Kept > 0 && len(p.Rows(t, "SELECT 1 FROM "+r.Place)) != int(r.Kept) {
			t.Errorf("%s: %d rows are not in %s", r.Name, r.Kept, r.Place)
		}
	}
	p.Rollback(t, undoIt)
	p.Is(t, after, "after the undo")
	p.Rollback(t, decide)
	rowsAre(t, model, p)
}

// prepared is what the plan says of table t.
func (c *wayBack) prepared(prepare preparation) string {
	switch {
	case prepare == never || c.way != "put back":
		return ""
	case prepare == beforeLater && c.later != "":
		return "catches up"
	}
	return "ready"
}

// TestWaysBackPrepared does the same with what was built ahead.
func TestWaysBackPrepared(t *testing.T) {
	t.Parallel()
	for _, c := range waysBack() {
		for _, when := range []preparation{beforeLater, afterLater} {
			if c.way != "put back" || when == afterLater && c.later == "" {
				continue
			}
			t.Run(c.name+", "+string(when), func(t *testing.T) {
				t.Parallel()
				c.run(t, takeOut, c.expect, when)
				if c.kept != "" {
					c.run(t, keepLater, c.kept, when)
				}
			})
		}
	}
}

// TestPrepareBesideAnUntimelyCheck has rows that a check refuses until a function below its
// own is back: prepare leaves their table out.
func TestPrepareBesideAnUntimelyCheck(t *testing.T) {
	t.Parallel()
	p := prepared(t, `CREATE FUNCTION low(integer) RETURNS boolean LANGUAGE sql AS 'SELECT $1 < 99'; CREATE FUNCTION within(integer) RETURNS boolean LANGUAGE sql AS 'SELECT public.low($1)';
		CREATE TABLE t (id integer PRIMARY KEY, a integer CONSTRAINT k CHECK (within(a)), b integer); INSERT INTO t VALUES (1, 5, 1), (2, 50, 2);`,
		map[string]string{"1_t.up.sql": `UPDATE t SET a = 1; ALTER TABLE t DROP b; CREATE OR REPLACE FUNCTION low(integer) RETURNS boolean LANGUAGE sql AS 'SELECT $1 < 9';`})
	before := p.DB.Fingerprint(t)
	p.Up(t, everything)
	report := p.Prepare(t)
	if len(report.Tables) > 0 || len(report.Left) != 1 || !strings.Contains(report.Left[0].Why, "do not pass constraint k ON public.t yet") {
		t.Errorf("prepared %+v", report)
	}
	p.Rollback(t, takeBack)
	p.Is(t, before, "after the rollback")
}

// rowsAre compares schema and rows of two databases, but for the roles' names.
func rowsAre(t *testing.T, want, got *enginetest.Project) {
	t.Helper()
	text := func(p *enginetest.Project) string {
		d := postgresOf(t, p)
		return strings.ReplaceAll(d.Fingerprint(t), d.Role, "owner")
	}
	if w, g := text(want), text(got); w != g {
		t.Errorf("not what must be left:\n%s", enginetest.Difference(w, g))
	}
}

// tiedTables are batches on tables that foreign keys and unique values tie
// together. Nobody writes between the batch and the rollback, which therefore has
// to get through.
func tiedTables() []struct{ name, setup, batch string } {
	const chain = `CREATE TABLE p (id integer PRIMARY KEY, code text NOT NULL UNIQUE, x text);
		CREATE TABLE t (id integer PRIMARY KEY, p integer REFERENCES p, a text UNIQUE);
		CREATE TABLE k (id integer PRIMARY KEY, t integer NOT NULL REFERENCES t);
		INSERT INTO p VALUES (1, 'a'), (2, 'b'), (3, 'c'); INSERT INTO t VALUES (1, 1, 'a'), (2, 2, 'b'), (3, NULL, 'c'); INSERT INTO k VALUES (1, 1), (2, 2);`
	acting := func(actions string) string {
		return "CREATE TABLE p (id integer PRIMARY KEY); CREATE TABLE t (id integer PRIMARY KEY, p integer DEFAULT 1 REFERENCES p " + actions +
			"); INSERT INTO p VALUES (1), (2), (3); INSERT INTO t VALUES (1, 1), (2, 2), (3, 3);"
	}
	const self = `CREATE TABLE t (id integer PRIMARY KEY, up integer REFERENCES t ON DELETE RESTRICT, a text UNIQUE); INSERT INTO t VALUES (1, NULL, 'a'), (2, 1, 'b'), (3, 2, 'c'), (4, 4, 'd');`
	const parts = `CREATE TABLE t (id integer PRIMARY KEY, p integer) PARTITION BY RANGE (id); CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (10); CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (10) TO (20);
		CREATE TABLE p (id integer PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10); CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20);
		ALTER TABLE t ADD FOREIGN KEY (p) REFERENCES p ON DELETE CASCADE; INSERT INTO p VALUES (1), (11); INSERT INTO t VALUES (1, 11), (11, 1);`
	return []struct{ name, setup, batch string }{
		{"parent and child inserted", chain, `INSERT INTO p VALUES (9, 'z'); INSERT INTO t VALUES (9, 9, 'z'); INSERT INTO k VALUES (9, 9);`},
		{"parent and child deleted", chain, `DELETE FROM k WHERE t = 1; DELETE FROM t WHERE id = 1; DELETE FROM p WHERE id = 1;`},
		{"parent deleted and another with its unique value inserted", chain, `DELETE FROM p WHERE id = 3; INSERT INTO p VALUES (9, 'c'); UPDATE t SET p = 9 WHERE id = 3;`},
		{"unique values of referred rows changed places", chain, `UPDATE p SET code = '-' WHERE id = 1; UPDATE p SET code = 'a' WHERE id = 2; UPDATE p SET code = 'b' WHERE id = 1; UPDATE t SET a = 'x' || a;`},
		{"unique values moved on in both", chain, `UPDATE t SET a = '-' WHERE id = 1; UPDATE t SET a = 'a' WHERE id = 2; UPDATE t SET a = 'b' WHERE id = 1; DELETE FROM k WHERE id = 1; INSERT INTO k VALUES (5, 2);`},
		{"another column of a referred table", chain, `UPDATE p SET x = 'new'; UPDATE t SET a = a || '!' WHERE id = 1;`},
		{"keys moved by cascade", acting("ON UPDATE CASCADE ON DELETE CASCADE"), `UPDATE p SET id = id + 10; DELETE FROM p WHERE id = 13; INSERT INTO p VALUES (3);`},
		{"references set null", acting("ON DELETE SET NULL"), `DELETE FROM p WHERE id > 1; INSERT INTO p VALUES (8); UPDATE t SET p = 8 WHERE id = 2;`},
		{"references set to the default", acting("ON DELETE SET DEFAULT"), `DELETE FROM p WHERE id > 1;`},
		{"restricted", acting("ON DELETE RESTRICT"), `UPDATE t SET p = 1; DELETE FROM p WHERE id > 1; INSERT INTO p VALUES (7); INSERT INTO t VALUES (7, 7);`},
		{"deferred", acting("DEFERRABLE INITIALLY DEFERRED"), `INSERT INTO t VALUES (7, 7); INSERT INTO p VALUES (7); DELETE FROM p WHERE id = 1; DELETE FROM t WHERE id = 1;`},
		{"emptied", acting(""), `TRUNCATE p CASCADE; INSERT INTO p VALUES (5); INSERT INTO t VALUES (1, 5);`},
		{"child without a key", `CREATE TABLE t (id integer PRIMARY KEY); CREATE TABLE c (t integer REFERENCES t); INSERT INTO t VALUES (1), (2); INSERT INTO c VALUES (1);`,
			`INSERT INTO t VALUES (3); INSERT INTO c VALUES (3); DELETE FROM c WHERE t = 1; DELETE FROM t WHERE id = 1;`},
		{"parent without a primary key", `CREATE TABLE p (id integer UNIQUE); CREATE TABLE t (id integer PRIMARY KEY, p integer REFERENCES p (id)); INSERT INTO p VALUES (1); INSERT INTO t VALUES (1, 1);`,
			`INSERT INTO p VALUES (2); UPDATE t SET p = 2; DELETE FROM p WHERE id = 1; INSERT INTO t VALUES (2, 2);`},
		{"reference to a unique value", `CREATE TABLE p (id integer PRIMARY KEY, code text UNIQUE); CREATE TABLE t (id integer PRIMARY KEY, code text REFERENCES p (code) ON UPDATE CASCADE); INSERT INTO p VALUES (1, 'a'), (2, 'b'); INSERT INTO t VALUES (1, 'a'), (2, 'b');`,
			`UPDATE p SET code = 'x' WHERE id = 1; UPDATE p SET code = 'a' WHERE id = 2; INSERT INTO p VALUES (3, 'b'); INSERT INTO t VALUES (3, 'b');`},
		{"itself, inserted", self, `INSERT INTO t VALUES (10, 11, 'x'), (11, 3, 'y'); UPDATE t SET up = 10 WHERE id = 2;`},
		{"itself, deleted", self, `DELETE FROM t; INSERT INTO t VALUES (1, 1, 'd'), (5, 1, 'a');`},
		{"two that refer to each other", `CREATE TABLE t (id integer PRIMARY KEY, u integer); CREATE TABLE u (id integer PRIMARY KEY, t integer REFERENCES t); ALTER TABLE t ADD FOREIGN KEY (u) REFERENCES u; INSERT INTO t VALUES (1); INSERT INTO u VALUES (1, 1); UPDATE t SET u = 1;`,
			`INSERT INTO t VALUES (2); INSERT INTO u VALUES (2, 2); UPDATE t SET u = 2; UPDATE u SET t = 2; DELETE FROM u WHERE id = 1;`},
		{"child made by the batch", `CREATE TABLE t (id integer PRIMARY KEY); INSERT INTO t VALUES (1);`,
			`INSERT INTO t VALUES (2); CREATE TABLE c (id integer PRIMARY KEY, t integer REFERENCES t ON DELETE CASCADE); INSERT INTO c VALUES (1, 2);`},
		{"child dropped", acting(""), `DROP TABLE t; DELETE FROM p WHERE id = 1; INSERT INTO p VALUES (9);`},
		{"parent dropped", acting(""), `ALTER TABLE t DROP CONSTRAINT t_p_fkey; DROP TABLE p; UPDATE t SET p = 77 WHERE id = 1; DELETE FROM t WHERE id = 2;`},
		{"key dropped", acting(""), `ALTER TABLE t DROP CONSTRAINT t_p_fkey; UPDATE t SET p = 99 WHERE id = 1; DELETE FROM p WHERE id = 1; INSERT INTO t VALUES (9, 98);`},
		{"key added", `CREATE TABLE p (id integer PRIMARY KEY); CREATE TABLE t (id integer PRIMARY KEY, p integer); INSERT INTO t VALUES (1, 1), (2, 2);`,
			`INSERT INTO p VALUES (1), (2); ALTER TABLE t ADD FOREIGN KEY (p) REFERENCES p;`},
		{"parent loses a column", chain, `INSERT INTO p VALUES (9, 'z'); INSERT INTO t VALUES (9, 9, 'z'); UPDATE t SET p = 9 WHERE id = 1; ALTER TABLE p DROP COLUMN x;`},
		{"child loses a column", chain, `INSERT INTO p VALUES (9, 'z'); INSERT INTO t VALUES (9, 9, 'z'); UPDATE t SET p = 9 WHERE id = 1; DELETE FROM p WHERE id = 3; DELETE FROM k WHERE t = 1; ALTER TABLE t DROP COLUMN a;`},
		{"partitions inserted into", parts, `INSERT INTO p VALUES (2), (12); INSERT INTO t VALUES (2, 12), (12, 2), (3, 2), (13, 12);`},
		{"partitions deleted from", parts, `DELETE FROM p; INSERT INTO p VALUES (3); INSERT INTO t VALUES (1, 3);`},
	}
}

func TestWaysBackOfTiedTables(t *testing.T) {
	t.Parallel()
	for _, c := range tiedTables() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			model := prepared(t, c.setup, nil)
			p := prepared(t, c.setup, map[string]string{"1_batch.up.sql": c.batch})
			p.Up(t, everything)
			after := p.DB.Fingerprint(t)
			for range 2 {
				p.Rollback(t, takeBack)
				rowsAre(t, model, p)
				p.Rollback(t, undoIt)
				p.Is(t, after, "after the undo")
			}
		})
	}
}

// TestWritersWhileRowsGoBack lets an application write all the time. What it got an
// acknowledgement for stays in tables whose rows are corrected or put back, and is
// in the quarantine where a table's rows had to be exchanged.
func TestWritersWhileRowsGoBack(t *testing.T) {
	t.Parallel()
	p := prepared(t, `CREATE TABLE right_again (id integer PRIMARY KEY, a text); CREATE TABLE whole_again (id integer PRIMARY KEY, a text);
		CREATE TABLE without_key (id integer, a text); CREATE TABLE widened (id integer PRIMARY KEY, a integer); INSERT INTO widened SELECT g, g FROM generate_series(1, 50000) g;
		CREATE TABLE grown (id integer PRIMARY KEY); INSERT INTO grown SELECT generate_series(1, 50000);
		INSERT INTO right_again VALUES (1, 'a'), (2, 'b'); INSERT INTO whole_again VALUES (1, 'a'), (2, 'b'); INSERT INTO without_key VALUES (1, 'a');`,
		map[string]string{"1_b.up.sql": "UPDATE right_again SET a = a || '!' WHERE id < 10; ALTER TABLE whole_again DROP COLUMN a; UPDATE without_key SET a = 'x'; ALTER TABLE widened ALTER a TYPE bigint; ALTER TABLE grown ADD b integer;"})
	stop := make(chan struct{})
	var wg sync.WaitGroup
	tables := []struct{ name, write, found string }{
		{"right_again", "INSERT INTO right_again (id) VALUES (%d) RETURNING id", "SELECT id FROM right_again"},
		{"whole_again", "INSERT INTO whole_again (id) VALUES (%d) RETURNING id", "SELECT id FROM whole_again"},
		{"widened", "INSERT INTO widened (id) VALUES (%d) RETURNING id", "SELECT id FROM widened"},
		{"without_key", "INSERT INTO without_key (id) VALUES (%d) RETURNING id", "SELECT id FROM without_key"}, // or c1 of a quarantine
		{"grown", "INSERT INTO grown (id, b) VALUES (%[1]d, %[1]d) RETURNING id", "SELECT NULL"},               // c2 of a quarantine
		{"without_key", "UPDATE without_key SET a = id || '!' WHERE id = (SELECT max(id) FROM without_key WHERE a IS NULL) RETURNING a /* %d */", "SELECT a FROM without_key"},
	}
	wrote := make([][]string, len(tables))
	for i, table := range tables {
		session := p.DB.Connect(t)
		wg.Go(func() {
			for n := 100000; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				if rows, err := session.Rows(fmt.Sprintf(table.write, n)); err == nil {
					wrote[i] = append(wrote[i], rows...)
				}
			}
		})
	}
	for round := range 2 {
		p.Up(t, everything)
		for _, r := range p.Rollback(t, takeOut).Tables {
			switch r.Name {
			case "public.without_key":
				tables[3].found += " UNION SELECT c1 FROM " + r.Place
				tables[5].found += " UNION SELECT c2 FROM " + r.Place
			case "public.grown":
				tables[4].found += fmt.Sprintf(" UNION SELECT c%d FROM %s", 2+round, r.Place) // the first one's number is not given again
			}
		}
	}
	close(stop)
	wg.Wait()
	for i, table := range tables {
		have := map[string]bool{}
		for _, id := range p.Rows(t, table.found) {
			have[id] = true
		}
		for _, id := range wrote[i] {
			if !have[id] {
				t.Errorf("%s: row %s was acknowledged and is nowhere", table.name, id)
			}
		}
		if len(wrote[i]) == 0 {
			t.Errorf("%s: nothing was written meanwhile", table.name)
		}
	}
}

// TestWaysBackRefused stops before anything is changed.
func TestWaysBackRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, setup, batch, later, words string }{
		{"referred-to row with a label that goes", `CREATE TYPE c AS ENUM ('a'); CREATE TABLE k (id integer PRIMARY KEY, c c); CREATE TABLE kid (k integer REFERENCES k ON DELETE CASCADE);`, `ALTER TYPE c ADD VALUE 'z';`,
			`INSERT INTO k VALUES (1, 'z'); INSERT INTO kid VALUES (1)`, "by someone else: rows of public.kid refer, by kid_k_fkey, to rows that have to go: 1"},
		{"twice what is unique, by another operator class", `CREATE TABLE k (id integer PRIMARY KEY, n text); CREATE UNIQUE INDEX x ON k (n text_pattern_ops);`, `DROP INDEX x;`,
			`INSERT INTO k VALUES (1, 'a'), (2, 'a')`, "bringing index public.x back: could not create unique index"},
		{"referred-to row without a value", `CREATE TABLE k (id integer PRIMARY KEY, n integer NOT NULL); CREATE TABLE kid (k integer REFERENCES k ON DELETE SET NULL);`, `ALTER TABLE k ALTER n DROP NOT NULL;`,
			`INSERT INTO k VALUES (1, NULL); INSERT INTO kid VALUES (1)`, "rows of public.kid refer, by kid_k_fkey"},
		{"label in a partition", `CREATE TYPE c AS ENUM ('a'); CREATE TABLE k (id integer, c c) PARTITION BY LIST (id); CREATE TABLE k1 PARTITION OF k FOR VALUES IN (1);`, `ALTER TYPE c ADD VALUE 'z';`,
			`INSERT INTO k VALUES (1, 'z')`, "would have to be taken out first"},
		{"referred-to key that does not fit", `CREATE TABLE k (id integer PRIMARY KEY); CREATE TABLE kid (k bigint REFERENCES k);`, `ALTER TABLE k ALTER id TYPE bigint;`,
			`INSERT INTO k VALUES (3000000000); INSERT INTO kid VALUES (3000000000)`, "kid_k_fkey"},
		{"child of an inserted row", items + `CREATE TABLE kid (t integer REFERENCES t ON DELETE CASCADE);`, `INSERT INTO t VALUES (9, 'nine');`, `INSERT INTO kid VALUES (9)`, "public.kid: 1 row of it refers, by foreign key kid_t_fkey"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := prepared(t, c.setup, map[string]string{"1_batch.up.sql": c.batch})
			p.Up(t, everything)
			p.Exec(t, c.later)
			after := p.DB.Fingerprint(t)
			_, err := p.TryRollback(t, takeOut)
			enginetest.Fails(t, err, migrate.Disagreement, c.words)
			p.Is(t, after, "after the refusal")
		})
	}
}
