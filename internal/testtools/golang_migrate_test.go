package testtools_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/testtools"
)

func TestGolangMigrateKnowsTheDatabases(t *testing.T) {
	t.Parallel()
	program := testtools.GolangMigrate(t)
	if again := testtools.GolangMigrate(t); again != program {
		t.Errorf("second call: %s, want %s", again, program)
	}
	out, err := exec.Command(program, "-help").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	_, drivers, _ := strings.Cut(string(out), "Database drivers:")
	for _, driver := range []string{"pgx5", "sqlite"} {
		if !strings.Contains(drivers, driver) {
			t.Errorf("driver %s is missing in %q", driver, drivers)
		}
	}
}
