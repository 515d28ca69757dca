//go:build unix

package dump_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/dump"
	"github.com/safemigrate/safemigrate/internal/testpg"
	stored "github.com/safemigrate/safemigrate/snapshot/dump"
	"github.com/safemigrate/safemigrate/snapshot/store/memory"
	"github.com/safemigrate/safemigrate/snapshot/store/storetest"
)

// watched are the real programs behind scripts that note how they were started, and what
// the passfile is like meanwhile.
func watched(t *testing.T, s *testpg.Server) (dump.Programs, string) {
	t.Helper()
	dir, installed := t.TempDir(), programs(t, s)
	log := filepath.Join(dir, "log")
	for name, path := range map[string]string{"pg_dump": installed.Dump, "pg_restore": installed.Restore} {
		script(t, filepath.Join(dir, name),
			fmt.Sprintf("if [ \"$1\" != --version ]; then\n\t{ echo \"arguments: $*\"; env | sed 's/^/environment: /'; stat -c 'mode: %%a' \"$PGPASSFILE\"; } >>'%s'\nfi\nexec '%s' \"$@\"", log, path))
	}
	p, err := dump.Find(t.Context(), dir, 140000)
	if err != nil {
		t.Fatal(err)
	}
	return p, log
}

// TestProgramsGetThePasswordByFile: what others can see of a process, its arguments, does
// not hold the password, and neither does its environment, which holds nothing of ours.
func TestProgramsGetThePasswordByFile(t *testing.T) {
	t.Setenv("PGPASSWORD", "canary") // the programs would obey it
	t.Setenv("AWS_SECRET_ACCESS_KEY", "canary")
	server := testpg.Start(t)
	d, into := server.Database(t), server.Database(t)
	for _, one := range []*testpg.Database{d, into} {
		one.Password = `pass:word\'" ` + one.Password
		one.AdminExec(t, "ALTER ROLE "+one.Role+" PASSWORD '"+strings.ReplaceAll(one.Password, "'", "''")+"'")
		one.URL = fmt.Sprintf("postgres://%s:%s@127.0.0.1:%d/%s?sslmode=disable", one.Role, strings.NewReplacer(":", "%3A", `\`, "%5C", `"`, "%22", " ", "%20").Replace(one.Password), server.Port(), one.Name)
	}
	d.Exec(t, "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)")
	p, log := watched(t, server)
	dumped := takeBy(t, d, p, options(d, 1), nil)
	r := dumped.restoring(t, into)
	r.Programs = p
	if err := r.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	said, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	starts, allowed := 0, []string{"LC_ALL=C", "PATH=/usr/bin:/bin", "PGGSSENCMODE=disable", "HOME=", "PGPASSFILE=", "PWD=", "SHLVL=", "_=", "OLDPWD="}
	for line := range strings.SplitSeq(string(said), "\n") {
		if strings.Contains(line, d.Password) || strings.Contains(line, into.Password) || strings.Contains(line, "pass:word") || strings.Contains(line, "canary") {
			t.Errorf("the password can be seen: %s", line)
		}
		variable, is := strings.CutPrefix(line, "environment: ")
		if known := false; is {
			for _, one := range allowed {
				known = known || strings.HasPrefix(variable, one)
			}
			if !known {
				t.Errorf("in the environment: %s", variable)
			}
			if path, is := strings.CutPrefix(variable, "PGPASSFILE="); is {
				if _, err := os.Stat(path); err == nil {
					t.Errorf("%s is left", path)
				}
			}
		}
		if mode, is := strings.CutPrefix(line, "mode: "); is && mode != "600" {
			t.Errorf("the passfile has mode %s", mode)
		}
		if strings.HasPrefix(line, "arguments: ") {
			starts++
		}
	}
	if starts != 4 { // pg_dump, and pg_restore for each section
		t.Errorf("%d programs were started:\n%s", starts, said)
	}
}

// TestLargeObjectsLieInNoFile: of an encrypted dump no large object is in a file meanwhile,
// neither while it is taken nor while it is restored: a kill would leave that one behind.
func TestLargeObjectsLieInNoFile(t *testing.T) {
	server := testpg.Start(t)
	d, into, temporary := server.Database(t), server.Database(t), t.TempDir()
	t.Setenv("TMPDIR", temporary)
	d.Exec(t, "SELECT lo_from_bytea(0, decode(repeat('63616e617279', 50000), 'hex')); SELECT lo_from_bytea(0, 'canary')")
	dir, installed := t.TempDir(), programs(t, server)
	log := filepath.Join(dir, "log")
	for name, path := range map[string]string{"pg_dump": installed.Dump, "pg_restore": installed.Restore} {
		look := fmt.Sprintf("grep -rl canary '%s' >>'%s'", temporary, log)
		script(t, filepath.Join(dir, name), fmt.Sprintf("%s\n'%s' \"$@\"\nended=$?\n%s\nexit $ended", look, path, look))
	}
	p, err := dump.Find(t.Context(), dir, 140000)
	if err != nil {
		t.Fatal(err)
	}
	source, contents := saved(t, d, p)
	r := &dump.Restoring{Programs: p, Version: contents.Server, Server: reach(t, into), Options: options(into, 1), Contents: contents,
		Source: source, Dir: filepath.Join(temporary, "schema"), NoOwner: true}
	if err := errors.Join(source.Unpack(t.Context(), r.Dir), r.Run(t.Context())); err != nil {
		t.Fatal(err)
	}
	if got, want := largeObjects(t, into), largeObjects(t, d); got != want {
		t.Errorf("the large objects are %q, want %q", got, want)
	}
	if said, err := os.ReadFile(log); err != nil || len(said) > 0 {
		t.Errorf("large objects lie in %s (%v)", said, err)
	}
}

// saved is an encrypted dump in a store, as it is read from there.
func saved(t *testing.T, d *testpg.Database, by dump.Programs) (dump.FromStore, *dump.Contents) {
	t.Helper()
	ctx, st := t.Context(), &memory.Store{}
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	keys := stored.Keys{Recipients: []age.Recipient{identity.Recipient()}, Identities: []age.Identity{identity}}
	w, err := stored.Begin(ctx, stored.Options{Store: st, Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	defer w.End()
	taking, err := dump.Begin(ctx, options(d, 1))
	if err != nil {
		t.Fatal(err)
	}
	defer taking.Close(ctx)
	if _, err := taking.Freeze(ctx); err != nil {
		t.Fatal(err)
	}
	contents, err := taking.Save(ctx, w, by, reach(t, d))
	if err != nil {
		t.Fatal(err)
	}
	return dump.FromStore{Snapshot: storetest.Commit(t, w, st, keys)}, contents
}

// TestProgressHasRateAndTimeLeft: what is shown while a dump is taken.
func TestProgressHasRateAndTimeLeft(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		done, total int64
		took        time.Duration
		rate        int64
		left        time.Duration
	}{
		"a quarter":        {25_000_000, 100_000_000, time.Second, 25_000_000, 3 * time.Second},
		"all":              {100, 100, time.Second, 100, 0},
		"more than all":    {200, 100, time.Second, 200, 0},
		"nothing yet":      {0, 100, 0, 0, 0},
		"nothing for long": {0, 100, time.Minute, 0, 0},
	} {
		rate, left := dump.Progress{Done: c.done, Total: c.total, Took: c.took}.Rate()
		if rate != c.rate || left != c.left {
			t.Errorf("%s: %d bytes a second, %s left", name, rate, left)
		}
	}
}
