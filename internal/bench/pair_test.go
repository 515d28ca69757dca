package bench_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate/internal/testpg"
)

func TestMain(m *testing.M) { testpg.Main(m) }

// pairs is how often each side runs within one iteration.
const pairs = 7

// compare runs ours and theirs in turn and reports medians in milliseconds and
// their ratio. Each returns the time that counts.
func compare(b *testing.B, ours, theirs func() time.Duration) {
	b.Helper()
	compareRuns(b, pairs, ours, theirs)
}

// safemigrate builds the command once.
func safemigrate(b *testing.B) string {
	b.Helper()
	path := b.TempDir() + "/safemigrate"
	build := exec.Command("go", "build", "-trimpath", "-o", path, "github.com/safemigrate/safemigrate/cmd/safemigrate")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("build: %v\n%s", err, out)
	}
	return path
}

// run times one command and returns its peak memory in bytes.
func run(b *testing.B, env []string, command ...string) (time.Duration, int64) {
	b.Helper()
	c := exec.Command(command[0], command[1:]...)
	c.Env = append(os.Environ(), env...)
	started := time.Now()
	out, err := c.CombinedOutput()
	took := time.Since(started)
	if err != nil {
		b.Fatalf("%s: %v\n%s", command[0], err, out)
	}
	usage, ok := c.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		b.Fatal("no resource usage on this system")
	}
	return took, usage.Maxrss * 1024
}

// pgx5 is a database's URL in golang-migrate's words.
func pgx5(d *testpg.Database) string { return "pgx5" + strings.TrimPrefix(d.URL, "postgres") }

func url(d *testpg.Database) []string { return []string{"SAFEMIGRATE_DATABASE=" + d.URL} }

// rows fills a table with n rows of about 120 bytes.
func rows(b *testing.B, d *testpg.Database, table string, n int) {
	b.Helper()
	d.Exec(b, fmt.Sprintf(`CREATE TABLE %s (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, amount numeric(12,2) NOT NULL,
		at timestamptz NOT NULL DEFAULT now(), note text);
		INSERT INTO %s (name, amount, note) SELECT 'customer ' || g, g %% 9973 + 0.25, repeat(chr(97 + g %% 26), 60) FROM generate_series(1, %d) g;
		CREATE INDEX ON %s (name)`, table, table, n, table))
}
