//go:build unix

// The sample migrations are read as examples, so each of them has to work, with
// the plain tool whose names they carry.
package migrations_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/testmy"
	"github.com/safemigrate/safemigrate/internal/testpg"
	"github.com/safemigrate/safemigrate/internal/testtools"
)

const (
	samples     = 10
	goodRelease = 11
	badRelease  = 12
)

func TestMain(m *testing.M) { testpg.Main(m, testmy.Conclude) }

func TestSamplesApplyWithGolangMigrate(t *testing.T) {
	t.Parallel()
	cases := []struct {
		engine string
		url    func(t *testing.T) string
	}{
		{"postgres", func(t *testing.T) string {
			t.Helper()
			return strings.Replace(testpg.Start(t).Database(t).URL, "postgres://", "pgx5://", 1)
		}},
		{"sqlite", func(t *testing.T) string {
			t.Helper()
			return "sqlite://" + filepath.Join(t.TempDir(), "shop.db")
		}},
		{"mysql", func(t *testing.T) string {
			t.Helper()
			return testmy.Start(t).Database(t).URL
		}},
	}
	for _, c := range cases {
		t.Run(c.engine, func(t *testing.T) {
			t.Parallel()
			tool := golangMigrate{program: testtools.GolangMigrate(t), source: withDemo(t, c.engine), url: c.url(t)}
			for version := 1; version <= goodRelease; version++ {
				tool.must(t, "up", "1")
				if tool.hasDown(version) {
					tool.must(t, "down", "1")
					tool.must(t, "up", "1")
				}
				if got := tool.must(t, "version"); got != strconv.Itoa(version) {
					t.Fatalf("version %s, want %d", got, version)
				}
			}
			if out, err := tool.run("up"); err == nil {
				t.Errorf("the bad release was applied: %s", out)
			}
			if out, _ := tool.run("version"); out != fmt.Sprintf("%d (dirty)", badRelease) {
				t.Errorf("version %q after the bad release", out)
			}
		})
	}
}

func TestFlywaySamplesApply(t *testing.T) {
	t.Parallel()
	d := testpg.Start(t).Database(t)
	for _, name := range []string{
		"V1__create_shop.sql", "V1.1__add_phone.sql", "V2__order_status.sql", "V2.1__total_as_amount.sql",
		"V3__index_orders.sql", "V4__drop_name.sql", "R__customer_totals.sql",
	} {
		script, err := os.ReadFile(filepath.Join("flyway", name))
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(string(script), "${flyway:defaultSchema}", "public")
		// psql understands COPY with its data in line, as Flyway does.
		command := exec.Command(d.Server.Program(t, "psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", d.URL)
		command.Stdin = strings.NewReader(text)
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
	}
	if rows := d.Rows(t); !strings.Contains(rows, "\t3\tedgar@example.org\t\\N\tCodd\n") {
		t.Errorf("unexpected rows:\n%s", rows)
	}
}

// withDemo copies the samples and the demo's releases into one directory.
func withDemo(t *testing.T, engine string) string {
	t.Helper()
	dir := t.TempDir()
	for _, from := range []string{engine, filepath.Join("..", "testdata", "demo", engine)} {
		if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
			t.Fatal(err)
		}
	}
	ups, err := filepath.Glob(filepath.Join(dir, "*.up.sql"))
	if err != nil || len(ups) != samples+2 {
		t.Fatalf("%d migrations, want %d (%v)", len(ups), samples+2, err)
	}
	return dir
}

type golangMigrate struct{ program, source, url string }

func (g golangMigrate) run(arguments ...string) (string, error) {
	command := exec.Command(g.program, append([]string{"-source", "file://" + g.source, "-database", g.url}, arguments...)...)
	out, err := command.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func (g golangMigrate) must(t *testing.T, arguments ...string) string {
	t.Helper()
	out, err := g.run(arguments...)
	if err != nil {
		t.Fatalf("migrate %s: %v\n%s", strings.Join(arguments, " "), err, out)
	}
	return out
}

func (g golangMigrate) hasDown(version int) bool {
	found, err := filepath.Glob(filepath.Join(g.source, fmt.Sprintf("%06d_*.down.sql", version)))
	return err == nil && len(found) > 0
}
