//go:build failpoint && unix

package killtest

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// checked is the time within which a server that looks for its client has to
// have ended the session of a dead one, on a busy machine. One that does not look would
// take minutes.
const checked = 30 * time.Second

// slowIndex is an index whose building takes a minute, and notices no dead client.
const slowIndex = `CREATE INDEX CONCURRENTLY orders_slow ON orders (slow(id));`

const slowBase = `CREATE FUNCTION slow(i integer) RETURNS integer IMMUTABLE LANGUAGE plpgsql
	SET client_connection_check_interval = 0
	AS $$ BEGIN PERFORM pg_sleep(CASE WHEN current_setting('application_name') LIKE 'safemigrate up%' THEN 30 ELSE 0 END); RETURN i; END $$;`

// slowPlay has an up whose last migration takes long; repaired has another in its place.
func slowPlay(t *testing.T, e engine, text string) *play {
	t.Helper()
	const last = "000009_slow.up.sql"
	files := maps.Clone(postgresSteps)
	files[last] = postgresMended
	e.name += "-slow"
	p := newPlay(t, t, e, scenario{name: "up", files: files,
		prepare: []act{{args: []string{"up", "1"}}, {sql: slowBase}}, command: []string{"up"}})
	// Undisturbed the slow file would end after minutes, where nobody awaits it.
	overwrite(t, p.source, last, text)
	p.ref.new = p.ref.old
	return p
}

func overwrite(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// deadClient is a statement under which the client dies.
type deadClient struct {
	name, text, running string
	blocked             bool // by another session's transaction
	orphan              bool // the server does not notice, so recover has to end it
}

// TestKillClientDuringStatement kills the client while the server works for it.
func TestKillClientDuringStatement(t *testing.T) {
	e := engines(t)[0]
	cases := []deadClient{
		{name: "in a transaction", text: "UPDATE orders SET total = 0; SELECT pg_sleep(300);", running: "SELECT pg_sleep"},
		{name: "concurrently, waiting for another transaction", blocked: true,
			text: "CREATE INDEX CONCURRENTLY orders_total ON orders (total);", running: "CREATE INDEX CONCURRENTLY"},
		{name: "orphan in a transaction", orphan: true, running: "SELECT pg_sleep",
			text: "SET client_connection_check_interval = 0; UPDATE orders SET total = 0; SELECT pg_sleep(300);"},
		{name: "orphan outside a transaction", text: slowIndex, running: "CREATE INDEX CONCURRENTLY", orphan: true},
	}
	work(t, cases, func(c deadClient) string { return strings.ReplaceAll(c.name, " ", "_") }, func(t *testing.T, c deadClient) {
		t.Helper()
		p := slowPlay(t, e, c.text)
		s, _ := p.ready(t, false)
		before, _ := s.batches(t)
		free := func() {}
		if c.blocked {
			free = openTransaction(t, s)
		}
		child := s.start(t, p.command)
		awaitActive(t, s, c.running)
		if c.orphan {
			awaitAsleep(t, s)
		}
		child.signal(t, syscall.SIGKILL)
		s.wait(t, child)
		died := time.Now()
		if c.orphan {
			busyThenEnded(t, p, s)
		}
		if left := s.remains(t); len(left) > 0 {
			t.Errorf("I4: left behind after %s: %v", time.Since(died), left)
		}
		if gone := time.Since(died); gone > checked && !c.orphan {
			t.Errorf("I4: the session of a dead client was there for %s", gone)
		}
		free()
		p.judge(t, s, before)
	})
}

// busyThenEnded: while an orphan works, others are kept out and are told by whom;
// recover ends it before it decides anything.
func busyThenEnded(t *testing.T, p *play, s *stage) {
	t.Helper()
	e := s.must(t, 5, "up", "--lock-timeout", "1s")
	if !strings.Contains(e.stderr, "safemigrate up pid") {
		t.Errorf("I10: who holds the lock is not said\n%s", e)
	}
	e = s.must(t, 0, "recover")
	if !strings.Contains(e.stdout, "ended server process") {
		t.Errorf("recover says nothing of the orphan\n%s", e)
	}
	now := s.fingerprint(t)
	oldOrNew(t, p.ref, now)
	time.Sleep(time.Second)
	if later := s.fingerprint(t); later != now {
		t.Errorf("I1: the orphan worked on after recover\n%s", difference(now, later))
	}
}

// openTransaction holds a transaction that CREATE INDEX CONCURRENTLY waits for.
func openTransaction(t *testing.T, s *stage) (end func()) {
	t.Helper()
	conn := s.world.(*postgresWorld).admin(t)
	ctx := context.Background()
	t.Cleanup(func() { _ = conn.Close(ctx) })
	for _, sql := range []string{"BEGIN ISOLATION LEVEL REPEATABLE READ", "SELECT 1 FROM pg_class"} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	return func() { _ = conn.Close(ctx) }
}

// leftAlive has recover wait in vain for a run at work, whose lock is held by holder, and
// the run end as if nobody had come.
func leftAlive(t *testing.T, p *play, holder string) {
	t.Helper()
	s, _ := p.ready(t, false)
	before, _ := s.batches(t)
	at := s.pause(t, p.command, "up.commit.after", 2)
	e := s.must(t, 5, "recover", "--lock-timeout", "1s")
	if !strings.Contains(e.stderr, holder) {
		t.Errorf("who holds the lock is not said\n%s", e)
	}
	if !s.unfinishedNow(t) {
		t.Error("recover decided over a living run")
	}
	at.release(t)
	end := s.wait(t, at.child)
	truth(t, s, p.ref, end)
	if end.code != 0 {
		t.Errorf("the living run was disturbed\n%s", end)
	}
	p.judge(t, s, before)
}

// TestKillNobodyAlive: recover leaves a living run alone, and one of which it
// cannot know, and says who it is.
func TestKillNobodyAlive(t *testing.T) {
	e := engines(t)[0]
	p := only(t, e, "up-steps")[0]
	t.Run("living", func(t *testing.T) { leftAlive(t, p, "safemigrate up pid") })
	t.Run("on another host", func(t *testing.T) {
		s, _ := p.ready(t, false)
		conn := s.world.(*postgresWorld).Connect(t)
		ctx := context.Background()
		for _, sql := range []string{
			"SET application_name = 'safemigrate up pid 999999 on elsewhere'", "SELECT pg_advisory_lock(8314038972916000626)",
		} {
			if _, err := conn.Exec(ctx, sql); err != nil {
				t.Fatal(err)
			}
		}
		e := s.must(t, 5, "recover", "--lock-timeout", "1s")
		if !strings.Contains(e.stderr, "on elsewhere") {
			t.Errorf("who holds the lock is not said\n%s", e)
		}
		if err := conn.Ping(ctx); err != nil {
			t.Errorf("a session of another host was ended: %v", err)
		}
	})
}
