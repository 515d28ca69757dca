//go:build failpoint && unix

package killtest

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/cli"
	"github.com/safemigrate/safemigrate/migrate"
)

// world is one database, and what the invariants have to see of it: the exact
// opposite of a narrow interface, since a test looks everywhere.
type world interface { //nolint:interfacebloat // each method is a place where a fault can show
	// access gives the URL, and a word in it that must appear nowhere.
	access() (url, secret string)
	// exec does what an application does, several statements at once.
	exec(t *testing.T, sql string)
	// fingerprint is the schema and every row, without what is safemigrate's own.
	fingerprint(t *testing.T) string
	// ledger gives the documents of all batches, oldest first, and the version
	// in the history, if there is one.
	ledger(t *testing.T) (docs, version []string)
	// remains waits a moment for the server to notice a dead client, and names
	// the sessions, locks and prepared transactions that are left.
	remains(t *testing.T) []string
	// strays names what safemigrate keeps and no batch of the ledger explains.
	strays(t *testing.T, batches []migrate.Batch) []string
	// own is all text that safemigrate keeps about itself.
	own(t *testing.T) string
}

// stage is one database with its migrations, and all that was said on it.
type stage struct {
	world
	source string // directory of the migrations
	temp   string // TMPDIR of the children
	said   *output
}

func newStage(t *testing.T, w world, source string) *stage {
	t.Helper()
	return &stage{world: w, source: source, temp: t.TempDir(), said: &output{}}
}

// arguments completes a command line.
func (s *stage) arguments(command []string) []string {
	all := append(slices.Clone(command), "--source", s.source)
	if !slices.Contains(command, "--lock-timeout") {
		all = append(all, "--lock-timeout", "60s")
	}
	return all
}

func (s *stage) variables() []string {
	url, secret := s.access()
	return []string{"SAFEMIGRATE_DATABASE=" + url, "TMPDIR=" + s.temp, "HOME=" + s.temp,
		"DATABASE_URL=postgres://app:" + secret + "@127.0.0.1:1/none"}
}

// start runs a command as a child.
func (s *stage) start(t *testing.T, command []string, more ...string) *child {
	t.Helper()
	return start(t, s.arguments(command), append(s.variables(), more...))
}

// wait ends a child and keeps what it said.
func (s *stage) wait(t *testing.T, c *child) ending {
	t.Helper()
	e := c.wait(t)
	s.keep(e)
	return e
}

func (s *stage) keep(e ending) { _, _ = s.said.Write([]byte(e.stdout + e.stderr)) }

// killed runs a command that has to die at a fail point.
func (s *stage) killed(t *testing.T, command []string, point string) {
	t.Helper()
	e := s.wait(t, s.start(t, command, environment(point, "")...))
	if e.signal == 0 {
		t.Fatalf("%v ended by itself with %d and never passed %s\n%s", command, e.code, point, e)
	}
}

// run carries a command out within this process, undisturbed.
func (s *stage) run(t *testing.T, command ...string) ending {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := cli.Main(context.Background(), cli.Env{
		Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, LookupEnv: lookup(s.variables()),
	}, s.arguments(command))
	e := ending{code: code, stdout: stdout.String(), stderr: stderr.String()}
	s.keep(e)
	return e
}

// must is run for a command whose exit code is known.
func (s *stage) must(t *testing.T, want int, command ...string) ending {
	t.Helper()
	e := s.run(t, command...)
	if e.code != want {
		t.Fatalf("%v ended with %d, want %d\n%s", command, e.code, want, e)
	}
	return e
}

func lookup(variables []string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for _, v := range variables {
			if n, value, _ := strings.Cut(v, "="); n == name {
				return value, true
			}
		}
		return "", false
	}
}

// open gives the Go API on the stage's database.
func (s *stage) open(t *testing.T) *safemigrate.DB {
	t.Helper()
	url, _ := s.access()
	db, err := safemigrate.Open(context.Background(), safemigrate.Config{Database: url, Source: s.source})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// batches reads the ledger, oldest first, and the version in the history.
func (s *stage) batches(t *testing.T) (all []migrate.Batch, version string) {
	t.Helper()
	docs, versions := s.ledger(t)
	all = make([]migrate.Batch, len(docs))
	for i, doc := range docs {
		if err := json.Unmarshal([]byte(doc), &all[i]); err != nil {
			t.Fatalf("reading the ledger: %v", err)
		}
	}
	return all, strings.Join(versions, " and ")
}

// write makes a directory of migrations.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
