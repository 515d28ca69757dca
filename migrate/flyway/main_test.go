package flyway_test

import (
	"testing"

	"github.com/safemigrate/safemigrate/internal/testmy"
	"github.com/safemigrate/safemigrate/internal/testpg"
)

func TestMain(m *testing.M) { testpg.Main(m, testmy.Conclude) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
