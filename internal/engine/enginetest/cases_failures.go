//go:build unix

package enginetest

import (
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/migrate"
)

func failures(x trial) {
	t, e := x.t, x.e
	wrong, state := e.Wrong, "back at version 1"
	missing := state
	if e.Rehearses {
		missing = "still at version 1"
	}
	good := "CREATE TABLE extra (id integer);\nINSERT INTO extra VALUES (7);\nUPDATE orders SET total = 0;\n"
	for _, c := range []struct {
		name, file, text, place, state string
	}{
		{"the first statement", "000002_note.up.sql", "  " + wrong + "\n" + good, "000002_note.up.sql:1:3", state},
		{"a statement in the middle", "000003_split.up.sql", good + wrong + "\nDELETE FROM audit;\n", "000003_split.up.sql:4:1", state},
		{"the last statement of all", "000004_log.up.sql", good + "-- a comment\nDROP TABLE audit;\n\t" + wrong, "000004_log.up.sql:6:2", state},
		{"a table that is not there", "000004_log.up.sql", good + "SELECT *\n  FROM nowhere;", "000004_log.up.sql:", missing},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, v1 := seeded(t, e)
			p.Add(map[string]string{c.file: c.text})
			_, err := p.TryUp(t, all)
			said := Fails(t, err, migrate.Restored, c.place, c.state)
			if strings.Contains(said, "FROM audit") || strings.Contains(said, "TABLE audit") {
				t.Errorf("the message has other statements: %s", said)
			}
			p.Is(t, v1, "after "+c.name+" failed")
			p.Add(shop())
			if r := p.Up(t, all); r.To != "4" {
				t.Errorf("up after a failure: %+v", r)
			}
		})
	}
}

// inSteps commits in the middle of a file.
const inSteps = `BEGIN;
ALTER TABLE customers ADD COLUMN first text;
UPDATE customers SET first = name;
COMMIT;
BEGIN;
ALTER TABLE customers DROP COLUMN name;
DELETE FROM orders WHERE id = 2;
COMMIT;
DROP TABLE audit;
`

func laterSteps(x trial) {
	t, e := x.t, x.e
	p, v1 := seeded(t, e)
	p.Add(map[string]string{
		"000003_split.up.sql": inSteps,
		"000004_log.up.sql":   "CREATE TABLE log (id integer);\nSELECT 1;\n" + e.Wrong,
	})
	_, err := p.TryUp(t, all)
	Fails(t, err, migrate.Restored, "000004_log.up.sql:3:", "back at version 1", "restored from the snapshot")
	if e.CommitsEach {
		Fails(t, err, migrate.Restored, "9 statements had been committed by themselves and were taken back", "000002_note.up.sql:1 ALTER TABLE")
	}
	p.Is(t, v1, "after a failure in a later step")
	if _, err := p.TryRollback(t, undo); err == nil {
		t.Error("a restored batch was undone")
	}
	p.Add(map[string]string{"000004_log.up.sql": "CREATE TABLE log (id integer);"})
	if r := p.Up(t, all); r.Steps != e.steps(3, 8) {
		t.Errorf("%d steps", r.Steps)
	}
	v4 := p.DB.Fingerprint(t)
	p.Rollback(t, back)
	p.Is(t, v1, "after the rollback of a batch in steps")
	p.Rollback(t, undo)
	p.Is(t, v4, "after its undo")
}

func keepOnFailure(x trial) {
	t, e := x.t, x.e
	p, v1 := seeded(t, e)
	p.Add(map[string]string{"000003_split.up.sql": inSteps, "000004_log.up.sql": e.Wrong})
	_, err := p.TryUp(t, safemigrate.UpOptions{KeepOnFailure: true})
	Fails(t, err, migrate.Interrupted, "safemigrate recover", "000004_log.up.sql:1:")
	half := p.DB.Fingerprint(t)
	if half == v1 {
		t.Fatal("nothing was kept")
	}
	status, err := p.Open(t).Status(t.Context())
	if err != nil || status.Unfinished == "" {
		t.Errorf("status: %+v, %v", status, err)
	}
	for name, try := range map[string]func() error{
		"up":       func() error { _, err := p.TryUp(t, all); return err },
		"rollback": func() error { _, err := p.TryRollback(t, back); return err },
		"undo":     func() error { _, err := p.TryRollback(t, undo); return err },
	} {
		Fails(t, try(), migrate.Interrupted, "safemigrate recover")
		if p.DB.Fingerprint(t) != half {
			t.Errorf("%s changed a half-applied batch", name)
		}
	}
	_, err = p.Open(t).Prune(t.Context(), safemigrate.PruneOptions{IDs: []string{status.Unfinished}})
	Fails(t, err, migrate.NoWayBack, "unfinished")
	r, err := p.Open(t).Recover(t.Context(), safemigrate.RecoverOptions{})
	if err != nil || r.Action != "restored" || r.Version != "1" {
		t.Fatalf("recover: %+v, %v", r, err)
	}
	p.Is(t, v1, "after recover")
	r, err = p.Open(t).Recover(t.Context(), safemigrate.RecoverOptions{})
	if err != nil || r.Action != "nothing to do" {
		t.Errorf("recover again: %+v, %v", r, err)
	}
	p.Is(t, v1, "after recover again")
}
