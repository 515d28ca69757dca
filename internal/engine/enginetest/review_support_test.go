//go:build unix

package enginetest_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/migrate"
)

// Who waits in vain fails the test, and nobody else waits so long: the machine may be
// busy with other things.
const (
	patience = 2 * time.Minute
	pollWait = 20 * time.Millisecond
)

var (
	everything = safemigrate.UpOptions{}
	oneMore    = safemigrate.UpOptions{Limit: 1}
	takeBack   = safemigrate.RollbackOptions{}
	takeOut    = safemigrate.RollbackOptions{Decide: migrate.Discard}
	undoIt     = safemigrate.RollbackOptions{Undo: true}
)

// prepared is a project whose database has something in it already.
func prepared(t *testing.T, setup string, files map[string]string) *enginetest.Project {
	t.Helper()
	p := enginetest.NewProject(t, enginetest.Postgres(), files)
	if setup != "" {
		p.Exec(t, setup)
	}
	return p
}

// postgresOf gives access as superuser.
func postgresOf(t *testing.T, p *enginetest.Project) *enginetest.PostgresDatabase {
	t.Helper()
	d, ok := p.DB.(*enginetest.PostgresDatabase)
	if !ok {
		t.Fatalf("%T is no PostgreSQL database", p.DB)
	}
	return d
}

// otherRole makes a role that goes with the test.
func otherRole(t *testing.T, p *enginetest.Project, prefix string) string {
	t.Helper()
	d := postgresOf(t, p)
	name := prefix + "_" + d.Role
	d.AdminExec(t, "CREATE ROLE "+name)
	t.Cleanup(func() { d.AdminExec(t, "DROP OWNED BY "+name+" CASCADE; DROP ROLE "+name) })
	return name
}

// running starts up beside the test; its error comes through the channel.
func running(t *testing.T, p *enginetest.Project) <-chan error {
	t.Helper()
	db := p.Open(t)
	done := make(chan error, 1)
	go func() {
		_, err := db.Up(t.Context(), everything)
		done <- err
	}()
	return done
}

// ended waits for what runs beside the test.
func ended(t *testing.T, done <-chan error, what string) error {
	t.Helper()
	select {
	case err := <-done:
		return err
	case <-time.After(patience):
		t.Fatalf("%s does not end", what)
		return nil
	}
}

// untilTrue polls until a query's only row is true.
func untilTrue(t *testing.T, p *enginetest.Project, query string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(pollWait) {
		if p.Rows(t, query)[0] == "t" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("never true: %s\n%s", query, strings.Join(p.Rows(t, "SELECT pid, state, wait_event, query FROM pg_stat_activity WHERE datname = current_database()"), "\n"))
		}
	}
}

// run runs SQL in a session of its own.
func run(t *testing.T, s enginetest.Session, sql string) {
	t.Helper()
	if err := s.Run(sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

const buildWaits = `SELECT count(*) = 1 FROM pg_stat_activity WHERE datname = current_database()
	AND query LIKE 'CREATE%INDEX CONCURRENTLY%' AND wait_event_type = 'Lock'`

// whileIndexIsBuilt holds an index build up, does something meanwhile, and lets
// the build go on.
func whileIndexIsBuilt(t *testing.T, p *enginetest.Project, meanwhile func()) error {
	t.Helper()
	reader := p.DB.Connect(t)
	run(t, reader, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1")
	done := running(t, p)
	untilTrue(t, p, buildWaits)
	meanwhile()
	run(t, reader, "COMMIT")
	return ended(t, done, "up")
}

// counted checks what a report says of a table; zeros where it is not in it.
func counted(t *testing.T, r *safemigrate.RollbackReport, table string, written, gone int64) {
	t.Helper()
	if r == nil {
		t.Fatal("no report")
	}
	var got migrate.TableReport
	if i := slices.IndexFunc(r.Tables, func(x migrate.TableReport) bool { return strings.TrimPrefix(x.Name, "public.") == table }); i >= 0 {
		got = r.Tables[i]
	}
	if got.Written != written || got.Gone != gone {
		t.Errorf("%s: %d written, %d gone; want %d and %d: %+v", table, got.Written, got.Gone, written, gone, r.Tables)
	}
}

// same compares a query's rows, joined by commas.
func same(t *testing.T, p *enginetest.Project, query, want string) {
	t.Helper()
	if got := strings.Join(p.Rows(t, query), ","); got != want {
		t.Errorf("%s: %q, want %q", query, got, want)
	}
}
