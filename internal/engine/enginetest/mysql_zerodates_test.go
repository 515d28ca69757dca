//go:build unix

package enginetest_test

import (
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/migrate"
)

// TestMySQLZeroDates takes tables back whose key, or foreign key, is a date that is none. The
// server takes it for no value where it is asked for one.
func TestMySQLZeroDates(t *testing.T) {
	t.Parallel()
	const base = `SET sql_mode = ''; CREATE TABLE t (d date NOT NULL, k int NOT NULL, n int, m int, PRIMARY KEY (d, k)); INSERT INTO t VALUES (0, 1, 10, 1), (0, 2, 20, 2), ('2020-01-01', 1, 30, 3);
		CREATE TABLE c (id int PRIMARY KEY, d date NOT NULL, k int NOT NULL, CONSTRAINT f FOREIGN KEY (d, k) REFERENCES t (d, k)); INSERT INTO c VALUES (1, 0, 1), (2, '2020-01-01', 1)`
	for name, batch := range map[string]string{
		"some rows":       "UPDATE t SET n = n + 1 WHERE k = 1;",
		"a column":        "ALTER TABLE t DROP COLUMN n;",
		"another type":    "ALTER TABLE t MODIFY n varchar(1);",
		"every row":       "ALTER TABLE t ADD COLUMN w int; UPDATE t SET w = 1; ALTER TABLE t DROP COLUMN n;",
		"a foreign key":   "ALTER TABLE c DROP FOREIGN KEY f; UPDATE t SET n = 0 WHERE k = 2;",
		"a column comes":  "ALTER TABLE t ADD COLUMN w int; UPDATE t SET w = k;",
		"the definition":  "ALTER TABLE t ADD KEY by_n (n), ALTER n SET DEFAULT 3;",
		"rows of a child": "DELETE FROM c WHERE id = 1;",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, d := myProject(t, nil, map[string]string{"1_x.up.sql": batch})
			p.Config.Database = d.URL() + "?sql_mode=%27%27"
			p.Exec(t, base)
			before := d.Fingerprint(t)
			p.Up(t, safemigrate.UpOptions{})
			after := d.Fingerprint(t)
			for range 2 {
				if r := p.Rollback(t, safemigrate.RollbackOptions{}); len(r.Drift) > 0 {
					t.Errorf("it names %s", strings.Join(r.Drift, ", "))
				}
				p.Is(t, before, "after the rollback")
				p.Rollback(t, safemigrate.RollbackOptions{Undo: true})
				p.Is(t, after, "after its undo")
			}
			p.Rollback(t, safemigrate.RollbackOptions{})
			p.Add(map[string]string{"1_x.up.sql": batch + "\nSELECT * FROM nowhere;"})
			_, err := p.TryUp(t, safemigrate.UpOptions{})
			enginetest.Fails(t, err, migrate.Restored, "nowhere")
			p.Is(t, before, "after the restore")
		})
	}
}

// TestMySQLBelowZero takes tables back whose definitions have numbers below zero, which MySQL
// shows in two ways by turns.
func TestMySQLBelowZero(t *testing.T) {
	t.Parallel()
	p, _ := myProject(t, nil, map[string]string{"1_x.up.sql": "ALTER TABLE t MODIFY a bigint NOT NULL DEFAULT 7, ADD KEY by_b (b); ALTER TABLE t DROP CONSTRAINT above;"})
	p.Exec(t, "CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL, b int AS (a * -3) STORED, c int DEFAULT (-4), CONSTRAINT above CHECK (a > -5 AND a <> -(6))); INSERT INTO t (id, a) VALUES (1, -4), (2, 2)")
	for range 2 {
		if got := keptOf(p.Up(t, safemigrate.UpOptions{})); got != "" {
			t.Errorf("kept %q", got)
		}
		p.Rollback(t, safemigrate.RollbackOptions{})
		p.Rollback(t, safemigrate.RollbackOptions{Undo: true})
		p.Rollback(t, safemigrate.RollbackOptions{})
		if got := strings.Join(p.Rows(t, "SELECT concat_ws(',', id, a, b, c) FROM t ORDER BY id"), " "); got != "1,-4,12,-4 2,2,-6,-4" {
			t.Errorf("the rows are %s", got)
		}
	}
	if checks := p.Rows(t, "SELECT count(*) FROM information_schema.table_constraints WHERE table_schema = database() AND constraint_type = 'CHECK' AND table_name = 't'"); checks[0] != "1" {
		t.Errorf("%s checks are there", checks[0])
	}
}
