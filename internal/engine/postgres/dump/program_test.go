package dump_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/dump"
	"github.com/safemigrate/safemigrate/internal/pgarchive"
	"github.com/safemigrate/safemigrate/internal/testpg"
)

// TestFind looks for programs that serve a server: what does not is said, with what there
// is instead.
func TestFind(t *testing.T) {
	t.Parallel()
	const server = 160004
	for name, c := range map[string]struct {
		dump, restore string // what they say of their version; "": not there
		want          string // the version, or what the error says
	}{
		"as new":          {"pg_dump (PostgreSQL) 16.9", "pg_restore (PostgreSQL) 16.9", "16.9"},
		"newer, packaged": {"pg_dump (PostgreSQL) 18.6 (Debian 18.6-3)", "pg_restore (PostgreSQL) 18.6 (Debian 18.6-3)", "18.6"},
		"not out yet":     {"pg_dump (PostgreSQL) 19beta1", "pg_restore (PostgreSQL) 19beta1", "19beta1"},
		"missing":         {"", "", "no pg_dump and pg_restore were found"},
		"half missing":    {"pg_dump (PostgreSQL) 16.9", "", "no pg_dump and pg_restore were found"},
		"older":           {"pg_dump (PostgreSQL) 15.18", "pg_restore (PostgreSQL) 15.18", "the server is PostgreSQL 16, and there is only 15.18"},
		"of two versions": {"pg_dump (PostgreSQL) 17.1", "pg_restore (PostgreSQL) 15.18", "no pg_dump and pg_restore were found"},
		"something else":  {"hello", "hello", "no pg_dump and pg_restore were found"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for program, says := range map[string]string{"pg_dump": c.dump, "pg_restore": c.restore} {
				if says == "" {
					continue
				}
				script(t, filepath.Join(dir, program), "echo '"+says+"'")
			}
			p, err := dump.Find(t.Context(), dir, server)
			if err == nil {
				if p.Version != c.want || p.Dump != filepath.Join(dir, "pg_dump") {
					t.Errorf("found %+v, want %s", p, c.want)
				}
				return
			}
			if !errors.Is(err, dump.ErrNoProgram) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
	if got := dump.Package(server); got != "postgresql-client-16" {
		t.Errorf("the package is %s", got)
	}
}

// TestFindReader: programs that serve the server and cannot read what a newer pg_dump
// wrote are told from those that can before anything is made.
func TestFindReader(t *testing.T) {
	t.Parallel()
	d := testpg.Start(t).Database(t)
	archive := take(t, d, options(d, 1), nil).schema
	path := filepath.Join(archive, "toc.dat")
	toc, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	a, err := pgarchive.Read(toc)
	if err != nil {
		t.Fatal(err)
	}
	installed := t.TempDir()
	for _, name := range []string{"pg_dump", "pg_restore"} {
		script(t, filepath.Join(installed, name), "echo '"+name+" (PostgreSQL) 15.18'")
	}
	for minor, want := range map[int]string{14: "", 15: "postgresql-client-16", 16: "postgresql-client-17"} {
		a.Version = 1<<8 | minor
		if err := os.WriteFile(path, a.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := dump.FindReader(t.Context(), installed, 150004, archive)
		switch {
		case want == "" && (err != nil || p.Version != "15.18"):
			t.Errorf("1.%d: %+v, %v", minor, p, err)
		case want != "" && (!errors.Is(err, dump.ErrNoProgram) || !strings.Contains(err.Error(), "was written by pg_dump") || !strings.Contains(err.Error(), want)):
			t.Errorf("1.%d: %v", minor, err)
		}
	}
}

// TestExportStaysInside: no name of a file leads out of the directory.
func TestExportStaysInside(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"../toc.dat", "/toc.dat", "a/b", "..", ".", ""} {
		dir := filepath.Join(t.TempDir(), "schema")
		if err := (dump.FromStore{}).UnpackFiles(t.Context(), []string{name}, dir); !errors.Is(err, dump.ErrDamaged) {
			t.Errorf("%q: %v", name, err)
		}
		if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%q: the directory was made: %v", name, err)
		}
	}
}

// TestFindInterrupted: who stops looking has not found that there are none.
func TestFindInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := dump.Find(ctx, "", 160004); !errors.Is(err, context.Canceled) || errors.Is(err, dump.ErrNoProgram) {
		t.Errorf("got %v", err)
	}
}
