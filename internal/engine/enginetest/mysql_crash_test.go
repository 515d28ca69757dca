//go:build unix

package enginetest_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/testmy"
	"github.com/safemigrate/safemigrate/migrate"
)

// TestMySQLCrashInAlter kills the server while it copies a table for an ALTER
// TABLE, behind a statement that is committed: recover brings back the version
// before.
func TestMySQLCrashInAlter(t *testing.T) {
	t.Parallel()
	server := testmy.New(t, nil)
	p, d := myProject(t, server, map[string]string{"1_x.up.sql": "DELETE FROM t WHERE id > 100000;\nALTER TABLE t MODIFY a bigint, ALGORITHM=COPY;"})
	p.Exec(t, "CREATE TABLE t (id int PRIMARY KEY, a int, b varchar(200)); INSERT INTO t SELECT seq, seq, repeat('x', 150) FROM "+testmy.Numbers(150000))
	before := d.Fingerprint(t)
	ended := make(chan error, 1)
	go func() {
		_, err := p.TryUp(t, safemigrate.UpOptions{})
		ended <- err
	}()
	for deadline := time.Now().Add(2 * time.Minute); !strings.Contains(strings.Join(d.AdminQuery(t, "SHOW PROCESSLIST"), "\n"), "ALTER TABLE t MODIFY"); {
		if time.Now().After(deadline) {
			t.Fatal("the ALTER does not begin")
		}
		time.Sleep(2 * time.Millisecond)
	}
	server.Stop(t, true)
	err := <-ended
	if f, ok := errors.AsType[*safemigrate.Failure](err); !ok || f.Outcome != migrate.Interrupted {
		t.Errorf("up without its server: %v", err)
	}
	server.Restart(t)
	if _, err := p.Open(t).Recover(t.Context(), safemigrate.RecoverOptions{}); err != nil {
		t.Fatalf("recover: %v", err)
	}
	p.Is(t, before, "after recover")
	d.Exec(t, "CREATE TABLE safemigrate_twin (id int); CREATE VIEW safemigrate_looking AS SELECT 1 AS one")
	if s, err := p.Open(t).Status(t.Context()); err != nil || !slices.Equal(s.Leftovers, []string{"view safemigrate_looking", "table safemigrate_twin"}) {
		t.Errorf("status: %+v, %v", s, err)
	}
	working := d.Connect(t)
	run(t, working, "SELECT GET_LOCK('safemigrate own "+d.Name+"', 0)")
	if s, err := p.Open(t).Status(t.Context()); err != nil || len(s.Leftovers) > 0 {
		t.Errorf("status while somebody is at work: %+v, %v", s, err)
	}
	run(t, working, "SELECT RELEASE_ALL_LOCKS()")
	if r, err := p.Open(t).Recover(t.Context(), safemigrate.RecoverOptions{}); err != nil || len(r.Removed) != 2 {
		t.Errorf("recover: %+v, %v", r, err)
	}
	if s, err := p.Open(t).Status(t.Context()); err != nil || len(s.Leftovers) > 0 {
		t.Errorf("status after recover: %+v, %v", s, err)
	}
}
