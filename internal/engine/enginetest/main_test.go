//go:build unix

package enginetest_test

import (
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/internal/testmy"
	"github.com/safemigrate/safemigrate/internal/testpg"
	"github.com/safemigrate/safemigrate/internal/testtools"
)

func TestMain(m *testing.M) {
	testtools.S3Environment()
	testpg.Main(m, testmy.Conclude)
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, enginetest.Postgres())
}

func TestSQLite(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, enginetest.SQLite())
}

func TestMySQL(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, enginetest.MySQL())
}
