package dump

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/safemigrate/safemigrate/internal/childproc"
)

// ErrNoProgram is returned when PostgreSQL's own programs are missing or older than
// the server.
var ErrNoProgram = errors.New("PostgreSQL's client programs do not serve")

// Programs are PostgreSQL's own programs of one version.
type Programs struct {
	Dump, Restore string // absolute paths
	Version       string // "15.18"
	major         int
}

// programDirs are where packages put the programs of several versions side by side.
var programDirs = []string{
	"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/libexec/postgresql*", "/opt/homebrew/opt/libpq/bin",
	"/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin", "/usr/local/pgsql/bin", "/usr/bin", "/usr/local/bin",
}

// Find looks for pg_dump and pg_restore of a version that serves the server
// (server_version_num): the oldest that is at least as new, so that what it writes can
// be read by as many as possible. dir, when set, is where they must be.
func Find(ctx context.Context, dir string, server int) (Programs, error) {
	return find(ctx, dir, server/10000, fmt.Sprintf("the server is PostgreSQL %d", server/10000))
}

// FindReader looks for programs that serve the server and read what pg_dump wrote into
// archive. Package names what to install where there are none.
func FindReader(ctx context.Context, dir string, server int, archive string) (Programs, error) {
	a, err := readTOC(archive)
	if err != nil {
		return Programs{}, err
	}
	need, why := server/10000, fmt.Sprintf("the server is PostgreSQL %d", server/10000)
	if since := a.ReadSince(); since > need {
		need, why = since, "the schema in the dump was written by pg_dump "+a.Dumper.Value
	}
	p, err := find(ctx, dir, need, why)
	if err != nil {
		return p, fmt.Errorf("%w (install the package %s)", err, Package(need*10000))
	}
	return p, nil
}

// find looks for programs of at least a major version, and says why it has to be one.
func find(ctx context.Context, dir string, need int, why string) (Programs, error) {
	var best Programs
	var seen []string
	for _, d := range candidates(dir) {
		p, err := programs(ctx, d)
		if err != nil {
			continue
		}
		seen = append(seen, p.Version+" in "+d)
		if p.major >= need && (best.Dump == "" || p.major < best.major) {
			best = p
		}
		if best.major == need {
			break // no other one serves better
		}
	}
	switch {
	case ctx.Err() != nil:
		return Programs{}, fmt.Errorf("look for PostgreSQL's client programs: %w", ctx.Err())
	case best.Dump != "":
		return best, nil
	case len(seen) == 0:
		return Programs{}, fmt.Errorf("%w: no pg_dump and pg_restore were found", ErrNoProgram)
	}
	return Programs{}, fmt.Errorf("%w: %s, and there is only %s", ErrNoProgram, why, strings.Join(seen, ", "))
}

// Package names what to install for a server, as Debian and its kin call it.
func Package(server int) string { return fmt.Sprintf("postgresql-client-%d", server/10000) }

func candidates(dir string) []string {
	if dir != "" {
		abs, err := filepath.Abs(dir)
		if err != nil {
			return nil
		}
		return []string{abs}
	}
	var dirs []string
	for _, pattern := range programDirs {
		found, err := filepath.Glob(pattern)
		if err == nil {
			dirs = append(dirs, found...)
		}
	}
	// What is found by PATH comes last: on Debian those are scripts, which look for the
	// same programs.
	var out []string
	for _, d := range append(dirs, filepath.SplitList(os.Getenv("PATH"))...) {
		path, err := filepath.EvalSymlinks(d)
		if err == nil && filepath.IsAbs(path) && !slices.Contains(out, path) {
			out = append(out, path)
		}
	}
	return out
}

var versionText = regexp.MustCompile(`\) ((\d+)[.\w]*)`)

func programs(ctx context.Context, dir string) (Programs, error) {
	p := Programs{Dump: filepath.Join(dir, "pg_dump"), Restore: filepath.Join(dir, "pg_restore")}
	for _, path := range []string{p.Dump, p.Restore} {
		if s, err := os.Stat(path); err != nil || s.IsDir() {
			return p, ErrNoProgram
		}
		said, err := childproc.Run(ctx, childproc.Command{Path: path, Args: []string{"--version"}})
		if err != nil {
			return p, err
		}
		m := versionText.FindStringSubmatch(said)
		if m == nil {
			return p, ErrNoProgram
		}
		major, err := strconv.Atoi(m[2])
		if err != nil || p.major != 0 && p.major != major {
			return p, ErrNoProgram
		}
		p.Version, p.major = m[1], major
	}
	return p, nil
}
