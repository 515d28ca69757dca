//go:build failpoint && unix

package killtest

import (
	"maps"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate/migrate"
)

// quick is what a person waits for after Ctrl-C, on a machine that is ten times as busy as
// theirs. The statements that are interrupted take five minutes, or for ever.
const quick = 30 * time.Second

// sleeps is, for each engine, a file that takes very long and its mended form.
func sleeps(e engine) (files map[string]string, text string, mended map[string]string) {
	const last = "000009_sleeps.up.sql"
	switch e.name {
	case "postgres":
		return postgresSteps, "CREATE TABLE half (id integer); SELECT pg_sleep(300);", map[string]string{last: postgresMended}
	case "mysql":
		return mysqlWhole, "CREATE TABLE half (id int); " + endlessMySQL, map[string]string{last: mysqlMended}
	}
	// Endless on the file, and not on a copy of it in memory, where it is tried first.
	return sqliteSteps, `CREATE TABLE half (id INTEGER);
CREATE TABLE endless AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
	WHERE (SELECT file <> '' FROM pragma_database_list WHERE name = 'main')) SELECT count(*) FROM n;`,
		map[string]string{last: sqliteMended}
}

// sleepingPlay has an up that sleeps in its last file, after committed steps.
func sleepingPlay(t *testing.T, e engine) *play {
	t.Helper()
	files, text, mended := sleeps(e)
	quickly := maps.Clone(files)
	maps.Copy(quickly, mended)
	p := newPlay(t, t, e, scenario{name: "up-sleeps", files: quickly, prepare: []act{{args: []string{"up", "1"}}}, command: []string{"up"}})
	for last := range mended {
		overwrite(t, p.source, last, text)
	}
	p.ref.new = p.ref.old
	return p
}

// interruption is a number of signals and what is to come of them.
type interruption struct {
	engine
	name    string
	signal  syscall.Signal
	times   int
	outcome migrate.Outcome
}

func (i interruption) label() string { return i.engine.name + "/" + i.name }

// TestKillBySignal: the first signal has everything restored, the second ends
// the command at once and names the way on.
func TestKillBySignal(t *testing.T) {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP) // or commands would inherit that it is ignored
	var all []interruption
	for _, e := range engines(t) {
		all = append(all,
			interruption{e, "SIGINT", syscall.SIGINT, 1, migrate.Restored},
			interruption{e, "SIGTERM", syscall.SIGTERM, 1, migrate.Restored},
			interruption{e, "SIGHUP", syscall.SIGHUP, 1, migrate.Restored},
			interruption{e, "SIGINT-twice", syscall.SIGINT, 2, migrate.Interrupted})
	}
	e := mysqlEngine(t)
	all = append(all, interruption{e, "SIGINT", syscall.SIGINT, 1, migrate.Restored}, interruption{e, "SIGINT-twice", syscall.SIGINT, 2, migrate.Interrupted})
	work(t, all, interruption.label, func(t *testing.T, i interruption) {
		t.Helper()
		p := sleepingPlay(t, i.engine)
		s, _ := p.ready(t, false)
		before, _ := s.batches(t)
		c := s.start(t, p.command)
		c.awaitOutput(t, lastBefore(i.engine))
		switch i.engine.name {
		case "postgres":
			awaitActive(t, s, "SELECT pg_sleep")
		case "mysql":
			s.world.(mysqlWorld).sleeping(t)
		default:
			time.Sleep(300 * time.Millisecond) // it most likely sleeps by now; before, the same holds
		}
		c.signal(t, i.signal)
		if i.times == 2 {
			c.awaitOutput(t, "interrupted")
			c.signal(t, i.signal)
		}
		signalled := time.Now()
		e := s.wait(t, c)
		t.Logf("ended %s after the signal", time.Since(signalled).Round(time.Millisecond))
		if time.Since(signalled) > quick {
			t.Errorf("I10: it ended only %s after the signal", time.Since(signalled))
		}
		// Between the two signals it may have got to its safe end.
		if got := migrate.Outcome(e.code); got != i.outcome && (i.times == 1 || got != migrate.Restored) {
			t.Errorf("it ended with %d, want %d\n%s", e.code, i.outcome, e)
		}
		if e.code == int(migrate.Interrupted) && !strings.Contains(e.lastLines(), "safemigrate recover") {
			t.Errorf("I7: the way on is not named\n%s", e)
		}
		if w, ok := s.world.(mysqlWorld); ok && e.code == int(migrate.Interrupted) && w.sleeps(t) {
			// The second signal came before the server was told of the first: what then still
			// runs is for recover to end, as after a kill.
			truth(t, s, p.ref, e)
			s.must(t, 0, "recover")
		}
		unlocked(t, s)
		truth(t, s, p.ref, e)
		p.judge(t, s, before)
	})
}

// lastBefore is the progress line of the file before the one that sleeps.
func lastBefore(e engine) string {
	switch e.name {
	case "postgres":
		return "apply     7 lose"
	case "mysql":
		return "apply     4 drop_legacy"
	}
	return "apply     6 lose"
}

// TestKillBySignalAtPoints interrupts commands at points of their work, once.
func TestKillBySignalAtPoints(t *testing.T) {
	var all []fault
	for _, e := range engines(t)[:2] {
		plays := only(t, e, "up", "up-steps", "rollback", "rollback-undo", "recover-between")
		all = append(all, faults(plays, "up.locked", "up.snapshot.before", "up.snapshot.after", "up.statement.after",
			"up.commit.before", "up.commit.after", "up.outside.journalled", "rollback.locked", "recover.locked",
			"postgres.take.table", "postgres.revert.applied", "postgres.revert.sealed",
			"sqlite.clone.middle", "sqlite.image.sealed", "sqlite.restore.locked", "sqlite.restore.middle")...)
	}
	work(t, all, fault.name, func(t *testing.T, f fault) {
		t.Helper()
		f.strike(t, func(t *testing.T, _ *stage, at *paused) {
			t.Helper()
			at.signal(t, syscall.SIGINT)
			at.awaitOutput(t, "interrupted")
		})
	})
	t.Logf("%d commands interrupted", len(all))
}
