//go:build failpoint && unix

package killtest

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/testpg"
)

// TestKillRestore kills a restore of a whole database at each of its steps, into one that it
// makes, by name and by URL, and into an empty one that was there: no part is taken for
// the whole, what is needed before the same command works is said, and source and store are
// not touched. Of two at once the second is refused wherever the first one is.
func TestKillRestore(t *testing.T) { //nolint:tparallel // one database is restored, again and again
	t.Parallel()
	w := newCloneWorld(t, testpg.Start(t))
	s := newStage(t, w, write(t, map[string]string{"000001_phone.up.sql": addPhone, "000002_gone.up.sql": "DELETE FROM orders; DROP TABLE legacy;"}))
	s.must(t, 0, "up", "1")
	w.elsewhere(t, "COMMENT ON DATABASE "+w.Name+" IS 'the shop'")
	store := filepath.Join(t.TempDir(), "store")
	rows := w.Rows(t)
	s.must(t, 0, "up", "--strategy", "dump", "--store", store)
	before := w.fingerprint(t)
	into := "into_" + w.Name
	at := func(url string) string { return strings.Replace(url, "/"+w.Name, "/"+into, 1) }
	restored := &testpg.Database{URL: at(w.URL), AdminURL: at(w.AdminURL), Name: into, Role: w.Role, Password: w.Password, Server: w.Server}
	comment := func() string {
		return strings.Join(w.elsewhere(t, "SELECT coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database WHERE datname = '"+into+"'"), "; ")
	}
	unnamed := func() bool {
		return len(w.elsewhere(t, "SELECT datname::text FROM pg_database WHERE datname LIKE '"+into+"%safemigrate%'")) > 0
	}
	for _, point := range []string{"postgres.restore.created", "postgres.restore.made", "postgres.restore.begun", "dump.postgres.restored"} {
		t.Run("two at "+point, func(t *testing.T) {
			defer w.elsewhere(t, `DROP DATABASE "`+into+`" WITH (FORCE)`)
			first := s.pause(t, []string{"snapshot", "restore", "1", "--store", store, "--into", into}, point, 1)
			second := s.must(t, 5, "snapshot", "restore", "1", "--store", store, "--into", at(w.URL))
			if !strings.Contains(second.stderr, `restore into database "`+into+`": safemigrate is at work in it`) || !strings.Contains(second.stderr, "wait until") {
				t.Errorf("said:\n%s", second)
			}
			first.release(t)
			if e := s.wait(t, first.child); e.code != 0 {
				t.Errorf("the first one:\n%s", e)
			}
			if is := restored.Rows(t); is != rows {
				t.Errorf("the rows are not those that were dumped\n%s", difference(rows, is))
			}
			if unnamed() || comment() != "the shop" {
				t.Errorf("in the end its comment is %q", comment())
			}
		})
	}
	t.Run("another one by then", func(t *testing.T) {
		defer w.elsewhere(t, `DROP DATABASE "`+into+`" WITH (FORCE)`)
		first := s.pause(t, []string{"snapshot", "restore", "1", "--store", store, "--into", into}, "dump.postgres.restored", 2)
		w.elsewhere(t, `DROP DATABASE "`+into+`" WITH (FORCE)`)
		w.elsewhere(t, "CREATE DATABASE "+into+" OWNER "+w.Role)
		first.release(t)
		if e := s.wait(t, first.child); e.code == 0 || !strings.Contains(e.stderr, "another database has the name") {
			t.Errorf("it said:\n%s", e)
		}
		if len(w.elsewhere(t, "SELECT oid::text FROM pg_database WHERE datname = '"+into+"'")) == 0 {
			t.Error("a database that it did not make is gone")
		}
	})
	for _, c := range []struct {
		point string
		there bool // the database was
		again int  // the exit code of the same command
	}{
		{"postgres.restore.created", false, 0},
		{"postgres.restore.made", false, 0},
		{"postgres.restore.begun", false, 0},
		{"dump.postgres.restored#1", false, 2},
		{"dump.postgres.restored#2", false, 2},
		{"dump.postgres.restored#4", false, 2},
		{"postgres.restore.given", false, 2},
		{"postgres.restore.finished", false, 2},
		{"postgres.restore.begun", true, 0},
		{"dump.postgres.restored#3", true, 2},
		{"postgres.restore.given", true, 2},
	} {
		t.Run(c.point, func(t *testing.T) {
			command := []string{"snapshot", "restore", "1", "--store", store, "--into", into}
			wholly := "the shop"
			if c.there {
				wholly = "mine"
				w.elsewhere(t, "CREATE DATABASE "+into+" OWNER "+w.Role+" TEMPLATE template0")
				w.elsewhere(t, "COMMENT ON DATABASE "+into+" IS 'mine'")
				command[len(command)-1] = at(w.URL)
			}
			defer w.elsewhere(t, `DROP DATABASE "`+into+`" WITH (FORCE)`)
			s.killed(t, command, c.point)
			eventually(t, "the server notices", func() bool {
				return len(w.elsewhere(t, "SELECT pid::text FROM pg_stat_activity WHERE datname IN ('"+into+"', '"+w.Name+"', 'postgres') AND usename = '"+w.Role+"'")) == 0
			})
			if is := w.fingerprint(t); is != before {
				t.Errorf("the source is not what it was\n%s", difference(before, is))
			}
			if strays := s.wholeStore(t, store); strays > 0 {
				t.Errorf("%d strays", strays)
			}
			finished := c.point == "postgres.restore.finished"
			nameless := c.point == "postgres.restore.created"
			if is := comment(); strings.Contains(is, "a restore into this database has not ended") == (finished || nameless) {
				t.Errorf("its comment is %q", is)
			}
			if is := unnamed(); is != nameless {
				t.Errorf("a database without its name is there: %t", is)
			}
			if !finished && !nameless {
				for _, other := range []string{"up", "recover", "rollback"} {
					e := s.must(t, 1, other, "--database", at(w.URL))
					if !strings.Contains(e.stderr, "holds a part of a snapshot restore that has not ended") {
						t.Errorf("%s said:\n%s", other, e)
					}
				}
			}
			e := s.must(t, c.again, command...)
			switch {
			case finished:
				if !strings.Contains(e.stderr, "not empty") {
					t.Errorf("said:\n%s", e)
				}
			case c.again != 0:
				if !strings.Contains(e.stderr, "a part of a restore that has not ended") || !strings.Contains(e.stderr, "DROP DATABASE "+into) {
					t.Errorf("said:\n%s", e)
				}
				wholly = "the shop"
				w.elsewhere(t, "DROP DATABASE "+into)
				s.must(t, 0, "snapshot", "restore", "1", "--store", store, "--into", into)
			}
			if is := restored.Rows(t); is != rows {
				t.Errorf("the rows are not those that were dumped\n%s", difference(rows, is))
			}
			if unnamed() {
				t.Error("the database of the dead run is left")
			}
			if is := comment(); is != wholly {
				t.Errorf("in the end its comment is %q", is)
			}
		})
	}
}
