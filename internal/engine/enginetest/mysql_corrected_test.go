//go:build unix

package enginetest_test

import (
	"testing"

	"github.com/safemigrate/safemigrate"
)

// TestMySQLCorrectedThatLosesAColumn takes back a batch that changed single rows of a table
// and gave it a column: what is kept of it is the table as the batch left it, so that the
// undo brings that back.
func TestMySQLCorrectedThatLosesAColumn(t *testing.T) {
	t.Parallel()
	p, d := myProject(t, nil, map[string]string{"1_x.up.sql": "ALTER TABLE t ADD COLUMN c int; UPDATE t SET b = 'changed', c = 7 WHERE id < 3; DELETE FROM t WHERE id = 4;"})
	p.Exec(t, "CREATE TABLE t (id int PRIMARY KEY, b text); INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd')")
	before := d.Fingerprint(t)
	p.Up(t, safemigrate.UpOptions{})
	after := d.Fingerprint(t)
	back := p.Rollback(t, safemigrate.RollbackOptions{})
	if len(back.Tables) != 1 || back.Tables[0].Way != "corrected" {
		t.Fatalf("another way than the one that is tested: %+v", back.Tables)
	}
	p.Is(t, before, "after the rollback")
	p.Rollback(t, safemigrate.RollbackOptions{Undo: true})
	p.Is(t, after, "after the undo")
}
