//go:build unix

package enginetest_test

import (
	"fmt"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/migrate"
)

// TestStateAfterIsSealed as the state before is: what does not agree with its
// manifest is no ground for a rollback.
func TestStateAfterIsSealed(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, damage string }{
		{"state after removed", "DELETE FROM safemigrate.part WHERE name = 'after' AND batch = '%s'"},
		{"state after cut short", "UPDATE safemigrate.part SET doc = substr(doc, 1, length(doc) - 9) WHERE name = 'after' AND batch = '%s'"},
		{"state after is that before", "UPDATE safemigrate.part p SET doc = o.doc FROM safemigrate.part o WHERE o.batch = p.batch AND o.name = 'before' AND p.name = 'after' AND p.batch = '%s'"},
		{"effect removed", "DELETE FROM safemigrate.part WHERE name = 'effect' AND batch = '%s'"},
		{"effect of another batch", "UPDATE safemigrate.part p SET doc = o.doc FROM safemigrate.part o WHERE o.batch <> p.batch AND o.name = 'effect' AND p.name = 'effect' AND p.batch = '%s'"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := prepared(t, table, map[string]string{"1_t.up.sql": "UPDATE t SET a = 'x' WHERE id = 1;", "2_t.up.sql": "DELETE FROM t WHERE id = 2;\nALTER TABLE t ADD COLUMN b text;"})
			p.Up(t, oneMore)
			batch := p.Up(t, oneMore).Batch
			refusedWith(t, p, takeBack, batch, c.damage)
		})
		t.Run(c.name+", of a rollback", func(t *testing.T) {
			t.Parallel()
			p := prepared(t, table, map[string]string{"1_t.up.sql": "UPDATE t SET a = 'x' WHERE id = 1;\nALTER TABLE t ADD COLUMN b text;"})
			p.Up(t, everything)
			refusedWith(t, p, undoIt, p.Rollback(t, takeBack).Quarantine, c.damage)
		})
	}
}

func refusedWith(t *testing.T, p *enginetest.Project, o safemigrate.RollbackOptions, batch, damage string) {
	t.Helper()
	if _, err := p.Open(t).Verify(t.Context(), batch); err != nil {
		t.Fatalf("verify before the damage: %v", err)
	}
	p.Exec(t, fmt.Sprintf(damage, batch))
	state := p.DB.Fingerprint(t)
	_, err := p.Open(t).Verify(t.Context(), batch)
	enginetest.Fails(t, err, migrate.NoWayBack, batch)
	for _, planned := range []bool{true, false} {
		o.Plan, o.Decide = planned, migrate.Discard
		_, err = p.TryRollback(t, o)
		enginetest.Fails(t, err, migrate.NoWayBack, batch)
		p.Is(t, state, "after the refusal")
	}
}

// TestLaterChildOfRowThatGoes stops a rollback: the child's table is none of the
// batch's, and its row cannot stay without its parent.
func TestLaterChildOfRowThatGoes(t *testing.T) {
	t.Parallel()
	p := prepared(t, `CREATE TABLE parent (id integer PRIMARY KEY); INSERT INTO parent VALUES (1);
		CREATE TABLE child (id integer PRIMARY KEY, parent integer CONSTRAINT child_has_parent REFERENCES parent); INSERT INTO child VALUES (1, 1)`,
		map[string]string{"1_p.up.sql": "INSERT INTO parent VALUES (2);"})
	before := p.DB.Fingerprint(t)
	p.Up(t, everything)
	p.Exec(t, "INSERT INTO child VALUES (2, 2)")
	after := p.DB.Fingerprint(t)
	for _, o := range []safemigrate.RollbackOptions{takeOut, takeBack} {
		_, err := p.TryRollback(t, o)
		enginetest.Fails(t, err, migrate.Disagreement, "child_has_parent")
		p.Is(t, after, "after the conflict")
	}
	p.Exec(t, "DELETE FROM child WHERE id = 2")
	p.Rollback(t, takeBack)
	p.Is(t, before, "once the child is gone")
}
