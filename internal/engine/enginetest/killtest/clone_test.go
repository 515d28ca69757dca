//go:build failpoint && unix

package killtest

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/internal/testpg"
)

// cloneWorld is a database whose role may make others. Who looks on must not be
// connected when safemigrate has to have it alone.
type cloneWorld struct{ *postgresWorld }

func newCloneWorld(t *testing.T, server *testpg.Server) cloneWorld {
	t.Helper()
	w, ok := newPostgres(t, server, false).(*postgresWorld)
	if !ok {
		t.Fatal("this is another world")
	}
	c := cloneWorld{w}
	c.elsewhere(t, "ALTER ROLE "+w.Role+" CREATEDB")
	t.Cleanup(func() {
		c.quiet(t)
		for _, name := range c.clones(t) {
			c.elsewhere(t, `DROP DATABASE "`+name+`" WITH (FORCE)`)
		}
	})
	return c
}

// quiet ends the session that looks on, and waits for the server to have ended it, and
// those of the programs that looked on.
func (w cloneWorld) quiet(t *testing.T) {
	t.Helper()
	if w.watch != nil {
		_ = w.watch.Close(context.Background())
	}
	w.watch = nil
	eventually(t, "nobody looks on", func() bool {
		return len(w.elsewhere(t, `SELECT pid::text FROM pg_stat_activity WHERE datname = '`+w.Name+`' AND usename <> '`+w.Role+`'`)) == 0
	})
}

func (w cloneWorld) fingerprint(t *testing.T) string {
	t.Helper()
	defer w.quiet(t)
	return w.postgresWorld.fingerprint(t)
}

// elsewhere runs a statement as superuser in another database, and returns a column.
func (w cloneWorld) elsewhere(t *testing.T, sql string) []string {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), strings.Replace(w.AdminURL, "/"+w.Name, "/postgres", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	found, err := conn.Query(context.Background(), sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	all, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return all
}

// clones lists the databases that are kept for this one.
func (w cloneWorld) clones(t *testing.T) []string {
	t.Helper()
	return w.elsewhere(t, `SELECT datname::text FROM pg_database WHERE datname LIKE '`+w.Name+`\_safemigrate\_%' ORDER BY 1`)
}

// TestKillWithClones kills up, rollback, recover and prune around every database that
// they make, rename or drop: the one that has the name stands on one side, the same
// command ends at the other, and prune finds what was left.
func TestKillWithClones(t *testing.T) {
	t.Parallel()
	server := testpg.Start(t)
	whole := write(t, map[string]string{"000001_phone.up.sql": addPhone, "000002_gone.up.sql": "DELETE FROM orders; DROP TABLE legacy;"})
	steps := write(t, map[string]string{"000001_phone.up.sql": addPhone, "000002_gone.up.sql": "DELETE FROM orders;\nVACUUM legacy;\nDROP TABLE legacy;"})
	up, back, prune := []string{"up", "--strategy", "clone"}, []string{"rollback"}, []string{"snapshot", "prune", "--keep-last", "0"}
	for _, c := range []struct {
		command []string
		point   string
		moves   bool // the command had done its work by then
	}{
		{up, "postgres.clone.made", false},
		{up, "postgres.clone.read", false},
		{up, "up.commit.before", false},
		{back, "postgres.clone.image", false},
		{back, "postgres.clone.sealed", false},
		{back, "postgres.clone.renamed", false},
		{back, "postgres.clone.exchanged", false},
		{back, "postgres.clone.committed", true},
		{[]string{"recover"}, "postgres.clone.image", false},
		{[]string{"recover"}, "postgres.clone.sealed", false},
		{[]string{"recover"}, "postgres.clone.exchanged", false},
		{[]string{"recover"}, "postgres.clone.committed", true},
		{prune, "prune.marked", false},
		{prune, "postgres.clone.unlisted", false},
	} {
		t.Run(c.command[0]+"/"+c.point, func(t *testing.T) {
			t.Parallel()
			w := newCloneWorld(t, server)
			s := newStage(t, w, whole)
			s.must(t, 0, "up", "1")
			first := w.fingerprint(t)
			switch c.command[0] {
			case "rollback":
				s.must(t, 0, up...)
			case "recover":
				s.source = steps
				s.killed(t, up, "up.outside.ran")
			case "snapshot":
				s.must(t, 0, up...)
				s.must(t, 0, "rollback")
			}
			old := w.fingerprint(t)
			s.killed(t, c.command, c.point)
			w.settled(t)
			switch is := w.fingerprint(t); {
			case c.moves && is != first:
				t.Errorf("the database is not at the old version\n%s", difference(first, is))
			case !c.moves && is != old:
				t.Errorf("the database is not what it was\n%s", difference(old, is))
			}
			s.must(t, 0, "recover")
			switch {
			case c.command[0] == "rollback" && !c.moves:
				s.must(t, 0, "rollback")
			case c.command[0] == "up":
				s.must(t, 0, up...)
				s.must(t, 0, "rollback")
			}
			if is := w.fingerprint(t); is != first {
				t.Errorf("in the end the database is not at the old version\n%s", difference(first, is))
			}
			s.must(t, 0, "snapshot", "verify")
			s.must(t, 0, "snapshot", "prune", "--keep-last", "9")
			w.explained(t, s)
		})
	}
}

// TestKillWholeDatabase kills a rollback that restores a dump beside the database and
// exchanges the two: the one that has the name stands on one side, recover has nothing to
// do, the same command ends at the old version, and prune finds what was left.
func TestKillWholeDatabase(t *testing.T) {
	t.Parallel()
	server := testpg.Start(t)
	source := write(t, map[string]string{"000001_phone.up.sql": addPhone, "000002_gone.up.sql": "DELETE FROM orders; DROP TABLE legacy;"})
	for _, point := range []string{
		"postgres.exchange.made", "postgres.exchange.restored", "postgres.clone.image", "postgres.clone.sealed",
		"postgres.clone.renamed", "postgres.clone.exchanged", "postgres.clone.committed",
	} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			w := newCloneWorld(t, server)
			s := newStage(t, w, source)
			s.must(t, 0, "up", "1")
			first := w.fingerprint(t)
			s.must(t, 0, "up", "--strategy", "dump", "--store", filepath.Join(t.TempDir(), "store"))
			second := w.fingerprint(t)
			back := []string{"rollback", "--whole-database"}
			s.killed(t, back, point)
			w.settled(t)
			want := second
			if point == "postgres.clone.committed" {
				want = first
			}
			if is := w.fingerprint(t); is != want {
				t.Errorf("the database is not what it was\n%s", difference(want, is))
			}
			s.must(t, 0, "recover")
			if want == second {
				s.must(t, 0, back...)
			}
			if is := w.fingerprint(t); is != first {
				t.Errorf("in the end the database is not at the old version\n%s", difference(first, is))
			}
			s.must(t, 0, "snapshot", "verify")
			s.must(t, 0, "snapshot", "prune", "--keep-last", "9")
			w.explained(t, s)
			s.must(t, 0, "rollback", "--undo")
			if is := w.fingerprint(t); is != second {
				t.Errorf("after the undo the database is not at the new version\n%s", difference(second, is))
			}
		})
	}
}

// TestKillVerifyByRestoring kills a verification that has restored a dump beside: the
// database is as it was, the same command works, and so does prune.
func TestKillVerifyByRestoring(t *testing.T) {
	t.Parallel()
	w := newCloneWorld(t, testpg.Start(t))
	s := newStage(t, w, write(t, map[string]string{"000001_phone.up.sql": addPhone, "000002_gone.up.sql": "DELETE FROM orders; DROP TABLE legacy;"}))
	s.must(t, 0, "up", "1")
	s.must(t, 0, "up", "--strategy", "dump", "--store", filepath.Join(t.TempDir(), "store"))
	before := w.fingerprint(t)
	verify := []string{"snapshot", "verify", "1", "--level", "restore"}
	for _, then := range [][]string{verify, {"snapshot", "prune", "--keep-last", "9"}} {
		s.killed(t, verify, "postgres.verify.restored")
		w.settled(t)
		if left := w.clones(t); len(left) != 1 {
			t.Errorf("the dead run left %q", left)
		}
		s.must(t, 0, then...)
		if left := w.clones(t); len(left) != 0 {
			t.Errorf("after %q there is %q", then, left)
		}
	}
	if is := w.fingerprint(t); is != before {
		t.Errorf("the database is not what it was\n%s", difference(before, is))
	}
}

// TestKillExport kills an export before the archive has its name: nothing has it, and the
// same command works.
func TestKillExport(t *testing.T) {
	t.Parallel()
	w := newCloneWorld(t, testpg.Start(t))
	s := newStage(t, w, write(t, map[string]string{"000001_phone.up.sql": addPhone, "000002_gone.up.sql": "DELETE FROM orders; DROP TABLE legacy;"}))
	store, archive := filepath.Join(t.TempDir(), "store"), filepath.Join(t.TempDir(), "archive")
	s.must(t, 0, "up", "1")
	s.must(t, 0, "up", "--strategy", "dump", "--store", store)
	export := []string{"snapshot", "export", "1", "--pg-archive", archive, "--store", store}
	s.killed(t, export, "dump.postgres.exported")
	if _, err := os.Stat(archive); err == nil {
		t.Error("an archive is there that was not whole when it got its name")
	}
	s.must(t, 0, export...)
	if _, err := os.Stat(filepath.Join(archive, "toc.dat")); err != nil {
		t.Error(err)
	}
}

// settled waits until the server has noticed a dead client, in whichever database.
func (w cloneWorld) settled(t *testing.T) {
	t.Helper()
	eventually(t, "the sessions of the dead run end", func() bool {
		return len(w.elsewhere(t, `SELECT pid::text FROM pg_stat_activity WHERE usename = '`+w.Role+`'`)) == 0
	})
}

// explained checks that every database that is kept is named by a manifest.
func (w cloneWorld) explained(t *testing.T, s *stage) {
	t.Helper()
	said := s.must(t, 0, "snapshot", "list", "--json").stdout
	for _, name := range w.clones(t) {
		if !strings.Contains(said, name) {
			t.Errorf("database %s is left and no snapshot names it\n%s", name, said)
		}
	}
}
