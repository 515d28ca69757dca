//go:build failpoint && unix

package killtest

import (
	"context"
	"os"
	"testing"

	"github.com/safemigrate/safemigrate/internal/cli"
	"github.com/safemigrate/safemigrate/internal/testmy"
	"github.com/safemigrate/safemigrate/internal/testpg"
)

// asProgram, when set, makes the test binary be safemigrate.
const asProgram = "SAFEMIGRATE_KILLTEST_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(cli.Main(context.Background(), cli.OS(), os.Args[1:]))
	}
	testpg.Main(m, testmy.Conclude)
}
