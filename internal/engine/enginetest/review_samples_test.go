//go:build unix

package enginetest_test

import (
	"fmt"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
)

// sampleSteps applies the shipped migrations in batches of one, and tells how
// the database was at each version.
func sampleSteps(t *testing.T) (p *enginetest.Project, states []string) {
	t.Helper()
	e := enginetest.Postgres()
	p = &enginetest.Project{DB: e.Fresh(t), Config: safemigrate.Config{FS: samples(e)}}
	states = append(states, p.DB.Fingerprint(t))
	for range sampleVersions {
		p.Up(t, oneMore)
		states = append(states, p.DB.Fingerprint(t))
	}
	return p, states
}

// TestSamplesBackOneByOne never asks for a decision: what later batches, and
// rollbacks of them, wrote is nobody else's work.
func TestSamplesBackOneByOne(t *testing.T) {
	t.Parallel()
	p, states := sampleSteps(t)
	for v := sampleVersions - 1; v >= 0; v-- {
		p.Rollback(t, takeBack)
		p.Is(t, states[v], fmt.Sprintf("back at version %d", v))
	}
	for v := range sampleVersions {
		p.Rollback(t, undoIt)
		p.Is(t, states[v+1], fmt.Sprintf("with the rollback to version %d undone", v))
	}
}

// TestSamplesBackAtOnce takes the same way in one transaction.
func TestSamplesBackAtOnce(t *testing.T) {
	t.Parallel()
	p, states := sampleSteps(t)
	none := ""
	for range 2 {
		p.Rollback(t, safemigrate.RollbackOptions{To: &none})
		p.Is(t, states[0], "after the rollback")
		p.Rollback(t, undoIt)
		p.Is(t, states[sampleVersions], "after its undo")
	}
}

// TestRollbackOverRenames keeps rows in the middle of a rollback, when newer
// batches' names are gone already, and its undo finds its way back to them.
func TestRollbackOverRenames(t *testing.T) {
	t.Parallel()
	const rename = "ALTER TABLE t RENAME COLUMN a TO b;\nALTER TABLE t RENAME COLUMN id TO a;\nALTER TABLE t RENAME TO w;\nCREATE SCHEMA x;\nALTER TABLE w SET SCHEMA x;"
	for name, files := range map[string]map[string]string{
		"rows changed before":    {"1_t.up.sql": "UPDATE t SET a = 'x' WHERE id = 1;", "2_t.up.sql": rename},
		"a column added before":  {"1_t.up.sql": "ALTER TABLE t ADD COLUMN c text;\nUPDATE t SET c = a;", "2_t.up.sql": rename},
		"a column added with it": {"1_t.up.sql": "DELETE FROM t WHERE id = 1;", "2_t.up.sql": "ALTER TABLE t ADD COLUMN c integer DEFAULT 5;\n" + rename},
		"a column gone between":  {"1_t.up.sql": "ALTER TABLE t ADD COLUMN c text;\nUPDATE t SET c = a;", "2_t.up.sql": "ALTER TABLE t DROP COLUMN a;\nALTER TABLE t RENAME COLUMN c TO a;", "3_t.up.sql": rename},
		"a type changed before":  {"1_t.up.sql": "ALTER TABLE t ALTER COLUMN id TYPE bigint;", "2_t.up.sql": rename, "3_t.up.sql": "UPDATE x.w SET b = 'new';"},
		"the table made before":  {"1_t.up.sql": "CREATE TABLE u (id integer, a text);\nINSERT INTO u SELECT * FROM t;", "2_t.up.sql": "ALTER TABLE u RENAME COLUMN a TO b;\nALTER TABLE u RENAME TO v;"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := prepared(t, table, files)
			before := p.DB.Fingerprint(t)
			for range files {
				p.Up(t, oneMore)
			}
			after := p.DB.Fingerprint(t)
			none := ""
			for range 2 {
				p.Rollback(t, safemigrate.RollbackOptions{To: &none})
				p.Is(t, before, "after the rollback")
				p.Rollback(t, undoIt)
				p.Is(t, after, "after its undo")
			}
			for range files {
				p.Rollback(t, takeBack)
			}
			p.Is(t, before, "after one rollback after the other")
		})
	}
}
