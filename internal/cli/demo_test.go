package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/safemigrate/safemigrate/internal/testpg"
)

// TestDemo runs what make demo and make demo-postgres run: the script ends with an
// error when anything goes otherwise than it tells.
func TestDemo(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "safemigrate")
	build := exec.Command("go", "build", "-o", program, "github.com/safemigrate/safemigrate/cmd/safemigrate")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	for engine, env := range map[string][]string{
		"sqlite":   nil,
		"postgres": {"SAFEMIGRATE_DEMO_SERVER=1", "SAFEMIGRATE_DATABASE=" + testpg.Start(t).Database(t).URL},
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			demo := exec.Command("../../scripts/demo", engine, program)
			demo.Env = append(os.Environ(), env...)
			if out, err := demo.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
