//go:build failpoint && unix

package killtest

import (
	"testing"

	"github.com/safemigrate/safemigrate/internal/testpg"
)

// worked are the points at which a session or a server is lost: before, between
// and after everything that is written.
var worked = []string{
	"up.locked", "postgres.take.table", "up.snapshot.after", "up.statement.before", "up.statement.after",
	"up.guard.after", "up.commit.before", "up.commit.after", "up.outside.journalled", "up.outside.ran",
	"up.fail.aborted", "postgres.revert.locked", "postgres.revert.applied", "postgres.revert.sealed",
	"postgres.revert.committed",
}

// TestKillSession ends the server's side of a session, as an administrator or a
// proxy does. safemigrate lives on, and its exit code has to be true.
func TestKillSession(t *testing.T) {
	e := engines(t)[0]
	plays := only(t, e, "up", "up-steps", "up-fails-later", "rollback", "rollback-undo", "recover-running")
	all := faults(plays, worked...)
	work(t, all, fault.name, func(t *testing.T, f fault) {
		t.Helper()
		f.strike(t, func(t *testing.T, s *stage, _ *paused) {
			t.Helper()
			endSessions(t, s)
		})
	})
	t.Logf("%d sessions ended", len(all))
}

func endSessions(t *testing.T, s *stage) {
	t.Helper()
	w := s.world.(*postgresWorld)
	w.AdminExec(t, `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
		WHERE datname = current_database() AND application_name LIKE 'safemigrate%'`)
}

// TestKillServer stops the server as in a crash, and starts it again before
// safemigrate goes on.
func TestKillServer(t *testing.T) {
	server := testpg.New(t, nil)
	e := engine{"postgres", postgresScenarios(), func(t *testing.T) world { t.Helper(); return newPostgres(t, server, true) }}
	plays := only(t, e, "up-steps", "up-fails-later", "rollback")
	all := faults(plays, "up.statement.after", "up.commit.before", "up.commit.after", "up.outside.journalled",
		"postgres.revert.applied", "postgres.revert.sealed")
	for _, f := range all { // one after the other: they share the server
		t.Run(f.name(), func(t *testing.T) {
			f.strike(t, func(t *testing.T, _ *stage, _ *paused) {
				t.Helper()
				server.Stop(t, true)
				server.Restart(t)
			})
		})
	}
	t.Logf("%d crashes of the server", len(all))
}

// TestKillServerUnderRunningStatement crashes the server in the middle of a
// statement that no transaction holds.
func TestKillServerUnderRunningStatement(t *testing.T) {
	server := testpg.New(t, nil)
	e := engine{"postgres", nil, func(t *testing.T) world { t.Helper(); return newPostgres(t, server, true) }}
	p := slowPlay(t, e, slowIndex)
	s, _ := p.ready(t, false)
	before, _ := s.batches(t)
	c := s.start(t, p.command)
	awaitActive(t, s, "CREATE INDEX CONCURRENTLY")
	server.Stop(t, true)
	end := s.wait(t, c)
	server.Restart(t)
	truth(t, s, p.ref, end)
	p.judge(t, s, before)
}

// awaitActive waits until the server works on a statement of safemigrate.
func awaitActive(t *testing.T, s *stage, start string) {
	t.Helper()
	w := s.world.(*postgresWorld)
	eventually(t, "the server runs "+start, func() bool {
		return len(w.ask(t, `SELECT query FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'
			AND application_name LIKE 'safemigrate%' AND query ILIKE '`+start+`%'`)) > 0
	})
}

// awaitAsleep waits until the server has come to where it looks for its client no more.
func awaitAsleep(t *testing.T, s *stage) {
	t.Helper()
	w := s.world.(*postgresWorld)
	eventually(t, "the server sleeps in the statement", func() bool {
		return len(w.ask(t, `SELECT query FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'
			AND application_name LIKE 'safemigrate%'`)) > 0
	})
}
