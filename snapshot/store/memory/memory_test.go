package memory_test

import (
	"testing"

	"github.com/safemigrate/safemigrate/snapshot/store"
	"github.com/safemigrate/safemigrate/snapshot/store/memory"
	"github.com/safemigrate/safemigrate/snapshot/store/storetest"
)

func TestSuite(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(*testing.T) store.Store { return &memory.Store{} })
}
