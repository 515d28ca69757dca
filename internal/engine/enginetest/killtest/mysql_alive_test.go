//go:build failpoint && unix

package killtest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/client"
	"github.com/safemigrate/safemigrate/internal/testmy"
	"github.com/safemigrate/safemigrate/migrate"
)

// TestMySQLNobodyAlive: recover leaves a living run alone, one of which it cannot know, and
// whoever has got the number of a dead run's connection, and says who it is that it waits for.
func TestMySQLNobodyAlive(t *testing.T) {
	t.Parallel()
	p := only(t, mysqlEngine(t), "up")[0]
	t.Run("living", func(t *testing.T) {
		t.Parallel()
		leftAlive(t, p, "safemigrate's lock is held by")
	})
	for name, ends := range map[string]bool{"elsewhere": false, client.Host(): true} {
		t.Run("named, on "+name, func(t *testing.T) {
			t.Parallel()
			w, s, before := diedOnMySQL(t, p)
			b := before[len(before)-1]
			w.besieged(t, s, fmt.Sprintf("/* "+client.Form+" */ ", "up", b.By.PID, name), nil, ends)
			p.judge(t, s, before)
		})
	}
	for name, later := range map[string]int64{"of the server then": 0, "of the server since": 3600} {
		t.Run("numbered, "+name, func(t *testing.T) {
			t.Parallel()
			w, s, before := diedOnMySQL(t, p)
			b := before[len(before)-1]
			w.besieged(t, s, "", func(id string) {
				var started int64
				if _, err := fmt.Sscanf(b.By.Session[strings.LastIndexByte(b.By.Session, ' '):], "%d", &started); err != nil {
					t.Fatal(err)
				}
				w.exec(t, fmt.Sprintf("UPDATE safemigrate_batch SET doc = json_set(doc, '$.by.session', 'connections %s and %s of the server started at %d') WHERE id = '%s'", id, id, started-later, b.ID))
			}, later == 0)
			p.judge(t, s, before)
		})
	}
}

// diedOnMySQL has a run of a play that is dead, and the ledger that it left.
func diedOnMySQL(t *testing.T, p *play) (w mysqlWorld, s *stage, ledger []migrate.Batch) {
	t.Helper()
	s, _ = p.ready(t, false)
	s.killed(t, p.command, "up.commit.after#2")
	w, ok := s.world.(mysqlWorld)
	if !ok {
		t.Fatal("not a MySQL database")
	}
	unlocked(t, s)
	ledger, _ = s.batches(t)
	return w, s, ledger
}

// besieged lets a session hold safemigrate's lock, whose statement begins with a mark, and
// recover come to it: ends says whether that may end the session.
func (w mysqlWorld) besieged(t *testing.T, s *stage, mark string, known func(id string), ends bool) {
	t.Helper()
	conn := w.Connect(t)
	rows, err := testmy.Query(conn, "SELECT connection_id() FROM dual WHERE GET_LOCK('safemigrate main "+w.Name+"', 0) = 1")
	if err != nil || len(rows) != 1 {
		t.Fatalf("the lock: %v, %v", rows, err)
	}
	if known != nil {
		known(rows[0])
	}
	done := make(chan error, 1)
	go func() {
		_, err := testmy.Query(conn, mark+"SELECT sleep(300)")
		done <- err
	}()
	eventually(t, "it sleeps", func() bool { return strings.Contains(strings.Join(w.Sessions(t), "\n"), "SELECT sleep") })
	if ends {
		s.must(t, 0, "recover")
		<-done
		return
	}
	if e := s.must(t, 5, "recover", "--lock-timeout", "1s"); !strings.Contains(e.stderr, "held by connection "+rows[0]) && !strings.Contains(e.stderr, "on elsewhere") {
		t.Errorf("who holds the lock is not said\n%s", e)
	}
	select {
	case err := <-done:
		t.Errorf("recover ended it: %v", err)
	default:
		w.AdminExec(t, "KILL "+rows[0])
		<-done
	}
}
