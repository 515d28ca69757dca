//go:build unix

package enginetest_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/internal/testtools"
)

// tool is the plain golang-migrate on a database.
type tool struct{ program, source, url string }

func newTool(t *testing.T, url string, files fs.FS) tool {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, files); err != nil {
		t.Fatal(err)
	}
	return tool{testtools.GolangMigrate(t), dir, url}
}

func (g tool) command(arguments ...string) *exec.Cmd {
	return exec.Command(g.program, append([]string{"-source", "file://" + g.source, "-database", g.url}, arguments...)...)
}

func (g tool) try(arguments ...string) (string, error) {
	out, err := g.command(arguments...).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func (g tool) must(t *testing.T, arguments ...string) string {
	t.Helper()
	out, err := g.try(arguments...)
	if err != nil {
		t.Fatalf("migrate %s: %v\n%s", strings.Join(arguments, " "), err, out)
	}
	return out
}

// samples are the migrations that are shipped for an engine.
func samples(e enginetest.Engine) fs.FS {
	return os.DirFS(filepath.Join("..", "..", "..", "migrations", e.Name))
}
