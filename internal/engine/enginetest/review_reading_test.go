//go:build unix

package enginetest_test

import (
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
)

// The server counts the scans of pg_policy, which nobody reads here but who reads
// the whole schema, when a session ends.
const (
	sessionsOver = "SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
	schemaScans  = "SELECT pg_stat_get_numscans('pg_policy'::regclass)"
)

// TestNothingPendingReadsNoSchema holds what status and an up without work cost
// apart from the size of the schema.
func TestNothingPendingReadsNoSchema(t *testing.T) {
	t.Parallel()
	p := enginetest.NewProject(t, enginetest.Postgres(), map[string]string{"1_t.up.sql": "CREATE TABLE t (id integer);"})
	p.Up(t, safemigrate.UpOptions{})
	untilTrue(t, p, sessionsOver)
	untilTrue(t, p, schemaScans+" > 0")
	before := p.Rows(t, schemaScans)[0]
	if _, err := p.Open(t).Status(t.Context()); err != nil {
		t.Fatalf("status: %v", err)
	}
	p.Up(t, safemigrate.UpOptions{})
	untilTrue(t, p, sessionsOver)
	same(t, p, schemaScans, before)
	p.Add(map[string]string{"2_u.up.sql": "CREATE TABLE u (id integer);"})
	p.Up(t, safemigrate.UpOptions{})
	untilTrue(t, p, schemaScans+" > "+before)
}
