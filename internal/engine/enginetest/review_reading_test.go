//go:build unix

package enginetest_test

import (
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
)

// Nobody scans these here but who reads the whole schema; the server itself looks
// others up for each session.
const schemaScans = `SELECT sum(coalesce(seq_scan, 0) + coalesce(idx_scan, 0)) FROM pg_stat_sys_tables WHERE relid IN ('pg_policy'::regclass,
	'pg_seclabel'::regclass, 'pg_default_acl'::regclass, 'pg_ts_dict'::regclass, 'pg_foreign_table'::regclass, 'pg_transform'::regclass, 'pg_partitioned_table'::regclass, 'pg_range'::regclass)`

// counts reads what the server has counted, when all other sessions are over: each has
// written its counts then. Servers before 15 show them as they were up to half a second
// ago.
func counts(t *testing.T, p *enginetest.Project, query string) string {
	t.Helper()
	untilTrue(t, p, "SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
	p.Exec(t, "SELECT pg_sleep(1) WHERE current_setting('server_version_num')::int < 150000")
	return strings.Join(p.Rows(t, query), "; ")
}

// TestNothingPendingReadsNoSchema holds what status and an up without work cost
// apart from the size of the schema.
func TestNothingPendingReadsNoSchema(t *testing.T) {
	t.Parallel()
	p := enginetest.NewProject(t, enginetest.Postgres(), map[string]string{"1_t.up.sql": "CREATE TABLE t (id integer);"})
	p.Up(t, safemigrate.UpOptions{})
	before := counts(t, p, schemaScans)
	if before == "0" {
		t.Fatal("an up has read no schema")
	}
	if _, err := p.Open(t).Status(t.Context()); err != nil {
		t.Fatalf("status: %v", err)
	}
	p.Up(t, safemigrate.UpOptions{})
	if after := counts(t, p, schemaScans); after != before {
		t.Errorf("the schema was scanned %s times, and %s times before", after, before)
	}
	p.Add(map[string]string{"2_u.up.sql": "CREATE TABLE u (id integer);"})
	p.Up(t, safemigrate.UpOptions{})
	if after := counts(t, p, schemaScans); after == before {
		t.Errorf("an up with work has read no schema: it was scanned %s times", after)
	}
}
