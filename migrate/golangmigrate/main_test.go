package golangmigrate_test

import (
	"testing"

	"github.com/safemigrate/safemigrate/internal/testconn"
)

func TestMain(m *testing.M) { testconn.Main(m) }
