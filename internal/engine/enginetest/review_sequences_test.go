//go:build unix

package enginetest_test

import (
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/migrate"
)

const (
	numbered = `CREATE SEQUENCE s; CREATE TABLE t (id integer PRIMARY KEY DEFAULT nextval('s'), a text); INSERT INTO t (a) VALUES ('one'), ('two');`
	valueOfS = "SELECT last_value, is_called FROM s"
)

// TestSequencesOfRollbackThatStops stay: setval is no part of a transaction, but
// a rollback that ends without a decision, or only plans, changes nothing.
func TestSequencesOfRollbackThatStops(t *testing.T) {
	t.Parallel()
	keyless := strings.Replace(numbered, " PRIMARY KEY", "", 1)
	cases := []struct{ name, setup, later, value string }{
		{"moved by the batches only", keyless, "INSERT INTO t VALUES (100, 'later')", "4|t"},
		{"moved later", keyless, "INSERT INTO t (a) VALUES ('later')", "5|t"},
		{"set back later", keyless, "INSERT INTO t VALUES (100, 'later'); SELECT setval('s', 3, false)", "3|f"},
		{"moved later, for the row of an inserted one", numbered, "INSERT INTO t (a) VALUES ('later'); DELETE FROM t WHERE id = 4; INSERT INTO t VALUES (4, 'again')", "5|t"},
	}
	none := ""
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := prepared(t, c.setup, map[string]string{
				"1_t.up.sql": "INSERT INTO t (a) VALUES ('three');\nUPDATE t SET a = 'x' WHERE id = 1;",
				"2_t.up.sql": "INSERT INTO t (a) VALUES ('four');\nALTER TABLE t DROP COLUMN a, ADD COLUMN a text;",
			})
			p.Up(t, oneMore)
			p.Up(t, oneMore)
			p.Exec(t, c.later)
			after := p.DB.Fingerprint(t)
			for _, to := range []*string{nil, &none} {
				for _, planned := range []bool{true, false} {
					_, err := p.TryRollback(t, safemigrate.RollbackOptions{To: to, Plan: planned})
					if !planned {
						enginetest.Fails(t, err, migrate.Undecided)
					} else if err != nil {
						t.Errorf("plan: %v", err)
					}
					same(t, p, valueOfS, c.value)
					p.Is(t, after, "without a decision")
				}
			}
		})
	}
}

// TestPlannedRollbackOfUnusedSequences goes through every batch but the oldest
// for real before it stops.
func TestPlannedRollbackOfUnusedSequences(t *testing.T) {
	t.Parallel()
	p := prepared(t, numbered, map[string]string{
		"1_t.up.sql": "INSERT INTO t (a) VALUES ('three');",
		"2_t.up.sql": "INSERT INTO t (a) VALUES ('four');",
		"3_t.up.sql": "SELECT setval('s', 90);",
	})
	before := p.DB.Fingerprint(t)
	for range 3 {
		p.Up(t, oneMore)
	}
	after := p.DB.Fingerprint(t)
	none := ""
	if r := p.Rollback(t, safemigrate.RollbackOptions{To: &none, Plan: true}); r.Losses() != 0 {
		t.Errorf("losses: %+v", r.Tables)
	}
	same(t, p, valueOfS, "90|t")
	p.Is(t, after, "after the plan")
	p.Rollback(t, safemigrate.RollbackOptions{To: &none})
	same(t, p, valueOfS, "2|t")
	p.Is(t, before, "after the rollback")
}

// TestSequenceSetBackByFailedBatch is put forward again: nobody gets a number a
// second time.
func TestSequenceSetBackByFailedBatch(t *testing.T) {
	t.Parallel()
	const up, down = "CREATE SEQUENCE s; SELECT setval('s', 50);", "CREATE SEQUENCE s INCREMENT -1 MINVALUE -99 MAXVALUE 99; SELECT setval('s', -50);"
	cases := []struct {
		name, setup string
		files       map[string]string
		want        string
	}{
		{"in one transaction", up, map[string]string{"1_s.up.sql": "SELECT setval('s', 1);\nSELECT 1/0;"}, "50|t"},
		{"not called", up, map[string]string{"1_s.up.sql": "SELECT setval('s', 50, false);\nSELECT 1/0;"}, "50|t"},
		{"a falling sequence", down, map[string]string{"1_s.up.sql": "SELECT setval('s', 1);\nSELECT 1/0;"}, "-50|t"},
		{"moved forward", up, map[string]string{"1_s.up.sql": "SELECT nextval('s');\nSELECT 1/0;"}, "51|t"},
		{"in a step that was committed", up, map[string]string{"1_s.up.sql": "SELECT setval('s', 1);", "2_s.up.sql": "VACUUM t;", "3_s.up.sql": "SELECT 1/0;"}, "50|t"},
		{"in a step after one that was committed", up, map[string]string{"1_s.up.sql": "DELETE FROM t;", "2_s.up.sql": "VACUUM t;", "3_s.up.sql": "SELECT setval('s', 1);\nSELECT 1/0;"}, "50|t"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := prepared(t, table+c.setup, c.files)
			_, err := p.TryUp(t, everything)
			enginetest.Fails(t, err, migrate.Restored, "22012")
			same(t, p, valueOfS, c.want)
			same(t, p, "SELECT count(*) FROM t", "2")
		})
	}
}
