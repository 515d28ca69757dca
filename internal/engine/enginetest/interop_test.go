//go:build unix

package enginetest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/migrate"
)

// TestPlainTool lets golang-migrate's own command work before, between and after
// safemigrate.
func TestPlainTool(t *testing.T) {
	t.Parallel()
	for _, e := range []enginetest.Engine{enginetest.Postgres(), enginetest.SQLite(), enginetest.MySQL()} {
		t.Run(e.Name, func(t *testing.T) {
			t.Parallel()
			interleaved(t, e)
		})
		t.Run(e.Name+" dirty", func(t *testing.T) {
			t.Parallel()
			plainToolFails(t, e)
		})
	}
}

func interleaved(t *testing.T, e enginetest.Engine) {
	t.Helper()
	p := enginetest.NewProject(t, e, map[string]string{
		"1_shop.up.sql":    "CREATE TABLE customers (id integer PRIMARY KEY, name text); INSERT INTO customers VALUES (1, 'Ada');",
		"2_orders.up.sql":  "CREATE TABLE orders (id integer PRIMARY KEY);",
		"3_note.up.sql":    "ALTER TABLE orders ADD COLUMN note text;",
		"3_note.down.sql":  "ALTER TABLE orders DROP COLUMN note;",
		"4_first.up.sql":   "ALTER TABLE customers ADD COLUMN first text; UPDATE customers SET first = name; ALTER TABLE customers DROP COLUMN name;",
		"5_extra.up.sql":   "CREATE TABLE extra (id integer);",
		"5_extra.down.sql": "DROP TABLE extra;",
	})
	plain := newTool(t, p.DB.ToolURL(), p.Files)
	version := func(want string) {
		t.Helper()
		if got := plain.must(t, "version"); got != want {
			t.Errorf("migrate version: %s, want %s", got, want)
		}
	}
	plain.must(t, "up", "3")
	v3 := p.DB.Fingerprint(t)
	if r := p.Up(t, safemigrate.UpOptions{Limit: 1}); r.From != "3" || r.To != "4" {
		t.Errorf("up after the plain tool: %+v", r)
	}
	version("4")
	v4 := p.DB.Fingerprint(t)
	p.Rollback(t, safemigrate.RollbackOptions{})
	version("3")
	p.Is(t, v3, "after a rollback to what the plain tool made")
	plain.must(t, "down", "1")
	version("2")
	plain.must(t, "up", "1")
	p.Up(t, safemigrate.UpOptions{Limit: 1})
	p.Is(t, v4, "after both went on")

	plain.must(t, "up")
	version("5")
	before := p.DB.Fingerprint(t)
	_, err := p.TryRollback(t, safemigrate.RollbackOptions{})
	enginetest.Fails(t, err, migrate.Disagreement, "version 5", "ended at 4")
	p.Is(t, before, "after the refusal")
	if r := p.Up(t, safemigrate.UpOptions{}); r.Batch != "" {
		t.Errorf("up with nothing due: %+v", r)
	}
	plain.must(t, "down", "1")
	p.Is(t, v4, "after the plain tool took its own back")
	p.Rollback(t, safemigrate.RollbackOptions{})
	p.Is(t, v3, "after ours")
	plain.must(t, "up")
	version("5")
	if status, err := p.Open(t).Status(t.Context()); err != nil || status.Version != "5" || len(status.Pending) != 0 || len(status.Problems) != 0 {
		t.Errorf("status: %+v, %v", status, err)
	}
	p.Add(map[string]string{"6_more.up.sql": "CREATE TABLE more (id integer);"})
	v5 := p.DB.Fingerprint(t)
	p.Up(t, safemigrate.UpOptions{})
	p.Rollback(t, safemigrate.RollbackOptions{})
	p.Is(t, v5, "after a batch more")
}

// plainToolFails leaves a database to us that the plain tool has made dirty.
func plainToolFails(t *testing.T, e enginetest.Engine) {
	t.Helper()
	p := enginetest.NewProject(t, e, map[string]string{
		"1_shop.up.sql": "CREATE TABLE customers (id integer PRIMARY KEY);",
		"2_bad.up.sql":  "CREATE TABLE half (id integer);\nINSERT INTO nowhere VALUES (1);",
	})
	plain := newTool(t, p.DB.ToolURL(), p.Files)
	p.Up(t, safemigrate.UpOptions{Limit: 1})
	if out, err := plain.try("up"); err == nil {
		t.Fatalf("the plain tool did not fail: %s", out)
	}
	before := p.DB.Fingerprint(t)
	_, err := p.TryUp(t, safemigrate.UpOptions{})
	enginetest.Fails(t, err, migrate.Disagreement, "dirty", "2_bad.up.sql", "migrate force")
	p.Is(t, before, "after the refusal")
	plain.must(t, "force", "1")
	if e.CommitsEach { // what the plain tool's half has left is for a person to remove
		p.Exec(t, "DROP TABLE half")
	}
	_, err = p.TryUp(t, safemigrate.UpOptions{})
	enginetest.Fails(t, err, migrate.Restored, "2_bad.up.sql:2:")
	if got := plain.must(t, "version"); got != "1" {
		t.Errorf("after a failure of ours the plain tool says %q", got)
	}
}

// upBeside has the plain tool go up beside the test. What it returns makes sure that the
// tool has waited for somebody who left it nothing to do.
func upBeside(t *testing.T, plain tool) (waited func()) {
	t.Helper()
	said := make(chan string, 1)
	go func() {
		out, err := plain.try("up")
		said <- fmt.Sprint(out, " ", err)
	}()
	return func() {
		t.Helper()
		if out := <-said; !strings.Contains(out, "no change") || !strings.HasSuffix(out, " <nil>") {
			t.Errorf("the plain tool did not wait: %s", out)
		}
	}
}

// TestPlainToolWaits starts the plain tool while safemigrate works, and the
// other way round. Who came first stands at a gate until the other one is there.
func TestPlainToolWaits(t *testing.T) {
	t.Parallel()
	p, d := postgresProject(t, map[string]string{"1_gate.up.sql": "CREATE TABLE t (id integer);\n" + waitAtGate})
	gate := d.Connect(t)
	run(t, gate, hold)
	done := running(t, p)
	untilTrue(t, p, gateWaits)
	plain := newTool(t, d.ToolURL(), p.Files)
	waited := upBeside(t, plain)
	untilTrue(t, p, "SELECT count(*) = 2 "+locksHere+"locktype = 'advisory' AND NOT granted")
	run(t, gate, letGo)
	if err := ended(t, done, "up"); err != nil {
		t.Fatalf("up: %v", err)
	}
	waited()

	p.Add(map[string]string{"2_gate.up.sql": "CREATE TABLE u (id integer);\n" + waitAtGate})
	plain = newTool(t, d.ToolURL(), p.Files)
	run(t, gate, hold)
	first := plain.command("up")
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	untilTrue(t, p, gateWaits)
	p.Config.LockTimeout = 300 * time.Millisecond
	_, err := p.TryUp(t, safemigrate.UpOptions{})
	enginetest.Fails(t, err, migrate.Locked, "plain migration tool", "server process")
	_, err = p.TryRollback(t, safemigrate.RollbackOptions{})
	enginetest.Fails(t, err, migrate.Locked)
	p.Config.LockTimeout = patience
	behind := make(chan error, 1)
	db := p.Open(t)
	go func() {
		r, err := db.Up(t.Context(), safemigrate.UpOptions{})
		if err == nil && r.Batch != "" {
			err = fmt.Errorf("batch %s", r.Batch)
		}
		behind <- err
	}()
	untilTrue(t, p, "SELECT count(*) = 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'safemigrate up%'")
	run(t, gate, letGo)
	if err := ended(t, behind, "up"); err != nil {
		t.Errorf("up behind the plain tool: %v", err)
	}
	if err := first.Wait(); err != nil {
		t.Errorf("the plain tool: %v", err)
	}
}

// TestApplicationHoldsALock has an application keep a table locked.
func TestApplicationHoldsALock(t *testing.T) {
	t.Parallel()
	p, d := postgresProject(t, map[string]string{"1_t.up.sql": "ALTER TABLE t ADD COLUMN b text;"})
	p.Exec(t, table)
	before := d.Fingerprint(t)
	application := d.Connect(t)
	if err := application.Run("BEGIN; UPDATE t SET a = 'held' WHERE id = 1"); err != nil {
		t.Fatal(err)
	}
	const short = 400 * time.Millisecond
	p.Config.LockTimeout = short
	_, err := p.TryUp(t, safemigrate.UpOptions{})
	enginetest.Fails(t, err, migrate.Locked, "server process", "public.t")
	if err := application.Run("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	p.Is(t, before, "after a lock that could not be had")
	p.Config.LockTimeout = 0
	p.Up(t, safemigrate.UpOptions{})
	if err := application.Run("BEGIN; LOCK TABLE t"); err != nil {
		t.Fatal(err)
	}
	p.Config.LockTimeout = short
	_, err = p.TryRollback(t, safemigrate.RollbackOptions{})
	enginetest.Fails(t, err, migrate.Locked)
	if err := application.Run("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	p.Config.LockTimeout = 0
	p.Rollback(t, safemigrate.RollbackOptions{})
	p.Is(t, before, "after the rollback")
}
