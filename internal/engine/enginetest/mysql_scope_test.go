//go:build unix

package enginetest_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/internal/testmy"
	"github.com/safemigrate/safemigrate/migrate"
)

const scopeBase = "CREATE TABLE a (id int PRIMARY KEY, n int); CREATE TABLE b (id int PRIMARY KEY, n int); CREATE TABLE log_c (id int PRIMARY KEY, n int); INSERT INTO a VALUES (1, 1); INSERT INTO b VALUES (1, 1); INSERT INTO log_c VALUES (1, 1)"

// TestMySQLScope keeps what it is told to keep. Where that is not all that the batch can
// destroy it is refused, until the loss is accepted; then no rollback pretends to bring
// back what was not kept.
func TestMySQLScope(t *testing.T) {
	t.Parallel()
	const (
		harmless = "ALTER TABLE a ADD COLUMN note int;"
		deletes  = "DELETE FROM a; UPDATE log_c SET n = 2;"
		untold   = "SET @s = concat('DELETE FROM ', lower('A')); PREPARE s FROM @s; EXECUTE s;"
	)
	for _, c := range []struct {
		name, batch     string
		mode            migrate.ScopeMode
		tables, exclude []string
		kept            string
		lost            []string // what a refusal names
		goesOn          bool     // a rollback does, and names what it may lack
	}{
		{name: "what the batch can destroy", batch: deletes, kept: "a, log_c"},
		{name: "all", batch: harmless, mode: migrate.ScopeAll, kept: "a, b, log_c"},
		{name: "none, and none is needed", batch: harmless, mode: migrate.ScopeNone},
		{name: "none", batch: deletes, mode: migrate.ScopeNone, lost: []string{"rows of a", "rows of log_c"}},
		{name: "none, and a table goes", batch: "DROP TABLE a; ALTER TABLE log_c DROP COLUMN n;", mode: migrate.ScopeNone, lost: []string{"rows of a", "rows of log_c"}},
		{name: "some tables", batch: deletes, tables: []string{"a", "b"}, kept: "a", lost: []string{"rows of log_c"}},
		{name: "all of some tables", batch: harmless, mode: migrate.ScopeAll, tables: []string{"log_*"}, kept: "log_c"},
		{name: "without some", batch: deletes, exclude: []string{"log_*"}, kept: "a", lost: []string{"rows of log_c"}},
		{name: "without some, and no text", batch: untold, exclude: []string{"log_*"}, kept: "a, b", lost: []string{"rows of log_c"}, goesOn: true},
		{name: "a comment narrows nothing", batch: "-- safemigrate: touches a\n" + untold, kept: "a, b, log_c"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, _ := myProject(t, nil, map[string]string{"1_x.up.sql": c.batch})
			p.Exec(t, scopeBase)
			p.Config.Scope, p.Config.Tables, p.Config.Exclude = c.mode, c.tables, c.exclude
			before := p.DB.Fingerprint(t)
			if c.lost != nil {
				_, err := p.TryUp(t, safemigrate.UpOptions{})
				enginetest.Fails(t, err, migrate.NoWayBack, append(c.lost, "--accept-loss")...)
				p.Is(t, before, "after the refusal")
			}
			if got := keptOf(p.Up(t, safemigrate.UpOptions{AcceptLoss: c.lost != nil})); got != c.kept {
				t.Errorf("kept %q, want %q", got, c.kept)
			}
			if c.lost == nil || c.goesOn {
				r := p.Rollback(t, safemigrate.RollbackOptions{})
				p.Is(t, before, "after the rollback")
				if named := strings.Contains(strings.Join(r.Drift, " "), "log_c, which were not kept"); named != c.goesOn {
					t.Errorf("drift %q", r.Drift)
				}
				return
			}
			after := p.DB.Fingerprint(t)
			_, err := p.TryRollback(t, safemigrate.RollbackOptions{})
			enginetest.Fails(t, err, migrate.NoWayBack, "not kept")
			p.Is(t, after, "after the rollback that is not possible")
		})
	}
}

// TestMySQLScopeRestore: what a batch did before it failed is taken back as far as it can
// be, and what was not kept is named. What may hold it by another name does not go.
func TestMySQLScopeRestore(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ batch, rows string }{
		"rows":                  {"DELETE FROM a;", ""},
		"a column":              {"ALTER TABLE a DROP COLUMN n;", "1"},
		"a type":                {"ALTER TABLE a MODIFY n varchar(9);", "1,1"},
		"rows and a definition": {"ALTER TABLE a ADD COLUMN z int; DELETE FROM a;", ""},
		"a table":               {"DROP TABLE a;", ""},
		"by another name":       {"ALTER TABLE a CHANGE n m int; UPDATE a SET m = m + 1;", "stays"},
		"in another table":      {"CREATE TABLE z AS SELECT * FROM a; DROP TABLE a;", "stays"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, _ := myProject(t, nil, map[string]string{"1_x.up.sql": "ALTER TABLE b ADD COLUMN c int; " + c.batch + " SELECT * FROM nowhere;"})
			p.Exec(t, scopeBase)
			p.Config.Scope = migrate.ScopeNone
			definitions := func() string {
				return strings.Join(slices.Concat(p.Rows(t, "SHOW CREATE TABLE a"), p.Rows(t, "SHOW CREATE TABLE b")), "\n")
			}
			before := definitions()
			_, err := p.TryUp(t, safemigrate.UpOptions{AcceptLoss: true})
			if c.rows == "stays" {
				enginetest.Fails(t, err, migrate.Interrupted, "the rows of table a were not kept")
				return
			}
			enginetest.Fails(t, err, migrate.Restored, "nowhere")
			if said := p.Notices(); !strings.Contains(said, "rows of table a, which were not kept") {
				t.Errorf("what was not kept is not named: %s", said)
			}
			if after := definitions(); after != before {
				t.Errorf("the definitions were\n%s\nand are\n%s", before, after)
			}
			if rows := strings.Join(p.Rows(t, "SELECT concat_ws(',', id, n) FROM a"), " "); rows != c.rows {
				t.Errorf("table a holds %q, want %q", rows, c.rows)
			}
		})
	}
}

// TestMySQLBudgets refuses what is going to cost more than it may.
func TestMySQLBudgets(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, batch string
		bytes       int64
		lock        time.Duration
		says        string
	}{
		{"too large", "DELETE FROM big;", 100_000, 0, "--max-snapshot"},
		{"too long", "DELETE FROM big;", 0, time.Microsecond, "--max-lock"},
		{"large enough", "DELETE FROM big;", 100_000_000, time.Minute, ""},
		{"nothing to keep", "ALTER TABLE big ADD COLUMN n int;", 1, time.Nanosecond, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, _ := myProject(t, nil, map[string]string{"1_x.up.sql": c.batch})
			p.Exec(t, "CREATE TABLE big (id int PRIMARY KEY, filler text); INSERT INTO big SELECT seq, repeat('x', 500) FROM "+testmy.Numbers(2000)+"; ANALYZE TABLE big")
			p.Config.MaxSnapshot, p.Config.MaxLock = c.bytes, c.lock
			before := p.DB.Fingerprint(t)
			_, err := p.TryUp(t, safemigrate.UpOptions{})
			if c.says == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			enginetest.Fails(t, err, migrate.NoWayBack, c.says)
			p.Is(t, before, "after the refusal")
		})
	}
}

// TestMySQLBudgetsUnproved refuses, before anything is copied, what costs more than plan could
// tell, since it is not proved that a definition comes back in place.
func TestMySQLBudgetsUnproved(t *testing.T) {
	t.Parallel()
	// A row with 0 gets another number where a column comes to count.
	const counts, renames = "ALTER TABLE big MODIFY id int NOT NULL AUTO_INCREMENT;", "ALTER TABLE big RENAME COLUMN filler TO f;"
	for _, c := range []struct {
		name, batch string
		config      safemigrate.Config
		up          safemigrate.UpOptions
		says        string
	}{
		{name: "too large", batch: counts, config: safemigrate.Config{MaxSnapshot: 100_000}, says: "--max-snapshot"},
		{name: "too long", batch: counts, config: safemigrate.Config{MaxLock: time.Microsecond}, says: "--max-lock"},
		{name: "nothing kept", batch: counts, config: safemigrate.Config{Scope: migrate.ScopeNone}, says: "rows of big"},
		{name: "left out", batch: counts, config: safemigrate.Config{Exclude: []string{"big"}}, says: "rows of big"},
		{name: "left out, and accepted", batch: counts, config: safemigrate.Config{Exclude: []string{"big"}}, up: safemigrate.UpOptions{AcceptLoss: true}},
		{name: "large enough", batch: counts, config: safemigrate.Config{MaxSnapshot: 100_000_000, MaxLock: time.Minute}},
		{name: "proved", batch: renames, config: safemigrate.Config{MaxSnapshot: 1, MaxLock: 1, Scope: migrate.ScopeNone}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, _ := myProject(t, nil, map[string]string{"1_x.up.sql": c.batch})
			p.Exec(t, "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO'; CREATE TABLE big (id int PRIMARY KEY, filler text); INSERT INTO big SELECT if(seq = 1, 0, seq + 5), repeat('x', 500) FROM "+testmy.Numbers(2000)+"; ANALYZE TABLE big")
			p.Config.MaxSnapshot, p.Config.MaxLock, p.Config.Scope, p.Config.Exclude = c.config.MaxSnapshot, c.config.MaxLock, c.config.Scope, c.config.Exclude
			before := p.DB.Fingerprint(t)
			cost, could := planned(t, p).Snapshot, c.config.Scope != migrate.ScopeNone && c.config.Exclude == nil
			if len(cost.Tables) > 0 || could != (len(cost.UnlessProved) == 1 && cost.UnlessProved[0].Name == "big" && cost.UnlessProved[0].Bytes > 500_000) {
				t.Errorf("planned %+v, unless proved %+v", cost.Tables, cost.UnlessProved)
			}
			_, err := p.TryUp(t, c.up)
			if c.says == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			enginetest.Fails(t, err, migrate.NoWayBack, c.says)
			if !strings.Contains(err.Error(), "that the definition of big comes back in place cannot be proved") {
				t.Errorf("it says %v", err)
			}
			p.Is(t, before, "after the refusal")
		})
	}
}

// TestMySQLFailingStatements says why a statement failed, and where a text is not
// understood, in its file; the database is as it was.
func TestMySQLFailingStatements(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, batch string
		option      string
		words       []string
	}{
		{"over the time limit", "ALTER TABLE a ADD COLUMN c int;\nUPDATE b SET n = benchmark(1000000000000, crc32(n));", "?x-statement-timeout=500", []string{"1_x.up.sql:2:1"}},
		{"a syntax error", "ALTER TABLE a ADD COLUMN c int;\nCREATE TABLE ä (\n  id int PRIMARY KEY,\n  'ö' nonsense,\n  n int\n);", "", []string{"1_x.up.sql:4:3", "1064"}},
		{"a syntax error behind another that is alike", "SELECT 'a nonsense b';\nALTER TABLE b ADD COLUMN c int,\n\tDROP a nonsense b;", "", []string{"1_x.up.sql:3:", "nonsense"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, _ := myProject(t, nil, map[string]string{"1_x.up.sql": c.batch})
			p.Exec(t, scopeBase)
			p.Config.Database = p.DB.URL() + c.option
			before := p.DB.Fingerprint(t)
			_, err := p.TryUp(t, safemigrate.UpOptions{})
			enginetest.Fails(t, err, migrate.Restored, c.words...)
			p.Is(t, before, "afterwards")
		})
	}
}
