//go:build unix

package enginetest_test

import (
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/migrate"
)

// connection is a database URL and what a command has to say of it; no words where it
// connects.
type connection struct {
	name, url string
	words     []string
}

// tryConnections runs up and rollback with each of the URLs: one that fails leaves
// everything as it is, and says why once.
func tryConnections(t *testing.T, p *enginetest.Project, all []connection) {
	t.Helper()
	for _, c := range all {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			q := &enginetest.Project{DB: p.DB, Files: p.Files, Config: safemigrate.Config{Database: c.url}}
			_, err := q.TryUp(t, safemigrate.UpOptions{})
			if c.words == nil {
				if err != nil {
					t.Errorf("up: %v", err)
				}
				return
			}
			enginetest.Fails(t, err, migrate.Unchanged, c.words...)
			if strings.Count(err.Error(), "connect to database") > 1 || strings.Contains(err.Error(), "\n") {
				t.Errorf("it says so twice: %v", err)
			}
			_, err = q.TryRollback(t, safemigrate.RollbackOptions{})
			enginetest.Fails(t, err, migrate.Unchanged, c.words...)
		})
	}
}

// replacer changes a part of a URL, which has to be in it.
func replacer(t *testing.T, url string) func(old, with string) string {
	t.Helper()
	return func(old, with string) string {
		changed := strings.Replace(url, old, with, 1)
		if changed == url {
			t.Fatalf("%s is not in the URL", old)
		}
		return changed
	}
}
