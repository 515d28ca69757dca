//go:build unix

package enginetest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/internal/testpg"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// Of what subscribers are sent, every table once, as the protocol's messages about
// tables name them.
const sentTables = `SELECT DISTINCT split_part(message, '\000', 1) || '.' || split_part(message, '\000', 2) FROM (
	SELECT encode(substring(data FROM 6), 'escape') AS message FROM pg_logical_slot_get_binary_changes('listens', NULL, NULL, 'proto_version', '1', 'publication_names', 'q')
	WHERE get_byte(data, 0) = ascii('R')) m ORDER BY 1`

// replicated is a project on a server with a slot for subscribers.
func replicated(t *testing.T, publication string) *enginetest.Project {
	t.Helper()
	server := testpg.New(t, map[string]string{"wal_level": "logical", "max_prepared_transactions": "3"})
	d := &enginetest.PostgresDatabase{Database: server.Database(t)}
	p := &enginetest.Project{DB: d}
	p.Add(map[string]string{"1_batch.up.sql": dropsMuch + "INSERT INTO t (id, a) VALUES (99, 'new');"})
	p.Exec(t, muchToDrop)
	d.AdminExec(t, "ALTER ROLE "+d.Role+" REPLICATION;"+publication)
	d.AdminExec(t, "SELECT pg_create_logical_replication_slot('listens', 'pgoutput')")
	return p
}

// TestPublishedToAll has subscribers that would receive safemigrate's own tables,
// lack them, and stop: nothing happens unless that is accepted, and then everything
// works on this side.
func TestPublishedToAll(t *testing.T) {
	t.Parallel()
	p := replicated(t, "CREATE PUBLICATION q FOR ALL TABLES")
	start := p.DB.Fingerprint(t)
	_, err := p.TryUp(t, everything)
	enginetest.Fails(t, err, migrate.NoWayBack, "publication q is for all tables", "--allow published")
	p.Is(t, start, "after the refusal")
	plan, err := p.Open(t).Plan(t.Context(), everything)
	if err != nil || !slices.ContainsFunc(plan.Snapshot.Blockers, func(b string) bool { return strings.Contains(b, "publication q") }) {
		t.Errorf("plan: %v, %+v", err, plan)
	}
	if sent := p.Rows(t, sentTables); len(sent) > 0 {
		t.Errorf("sent by an up that was refused: %q", sent)
	}
	p.Config.Strategy = snapshot.Clone
	plan, err = p.Open(t).Plan(t.Context(), everything)
	if err != nil || !strings.Contains(strings.Join(plan.Snapshot.Blockers, " "), "would stay with the one that goes: replication slot listens") {
		t.Errorf("plan of a clone: %v, %+v", err, plan)
	}
	p.Config.Strategy = ""
	p.Up(t, safemigrate.UpOptions{Allow: []safemigrate.ProblemKind{migrate.Published}})
	p.Prepare(t)
	p.Exec(t, "INSERT INTO t (id, a) VALUES (77, 'new'); DELETE FROM t WHERE id = 77")
	p.Rollback(t, takeBack)
	p.Is(t, start, "after the rollback")
	p.Rollback(t, undoIt)
	p.Rollback(t, takeBack)
	p.Is(t, start, "after the second rollback")
	if sent := p.Rows(t, sentTables); !slices.ContainsFunc(sent, own) {
		t.Errorf("the refusal was for nothing: sent were %q", sent)
	}
}

// TestPublishedByName has subscribers of the application's tables: none of
// safemigrate's own reaches them.
func TestPublishedByName(t *testing.T) {
	t.Parallel()
	p := replicated(t, "")
	p.Exec(t, "CREATE PUBLICATION q FOR TABLE t, k, d")
	standsInTheWay(t, p)
	start := p.DB.Fingerprint(t)
	p.Up(t, everything)
	p.Prepare(t)
	p.Rollback(t, takeBack)
	p.Is(t, start, "after the rollback")
	sent := p.Rows(t, sentTables)
	if !slices.Contains(sent, "public.t") || slices.ContainsFunc(sent, own) {
		t.Errorf("sent were %q", sent)
	}
}

// own says whether a table is safemigrate's.
func own(table string) bool { return strings.HasPrefix(table, "safemigrate") }
