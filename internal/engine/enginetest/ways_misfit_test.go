//go:build unix

package enginetest_test

import (
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/migrate"
)

// TestLaterRowsThatBreakWhatComesBack writes rows which the constraints of a lost column
// do not allow once it is back: they need a decision, as others that cannot stay do.
func TestLaterRowsThatBreakWhatComesBack(t *testing.T) {
	t.Parallel()
	const owners = `CREATE TABLE o (id integer PRIMARY KEY); INSERT INTO o VALUES (1), (2);`
	for _, c := range []struct {
		name, setup, batch, later string
		expect                    string // done to the setup, what must be left
	}{
		{"a check over it", `CREATE TABLE t (id integer PRIMARY KEY, a text, b text, CHECK (a IS NOT NULL OR b IS NOT NULL)); INSERT INTO t VALUES (1, 'a', NULL), (2, NULL, 'b');`,
			`ALTER TABLE t DROP a;`, `INSERT INTO t VALUES (3, 'fits'), (4, NULL); UPDATE t SET b = 'later' WHERE id = 1`, `UPDATE t SET b = 'later' WHERE id = 1`},
		{"its default twice", `CREATE TABLE t (id integer PRIMARY KEY, a text DEFAULT 'none' UNIQUE, b text); INSERT INTO t VALUES (1, 'a', 'x');`,
			`ALTER TABLE t DROP a; ALTER TABLE t RENAME TO s;`, `INSERT INTO s VALUES (2, 'y'), (3, 'z')`, ``},
		{"its default refers to nothing", owners + `CREATE TABLE t (id integer PRIMARY KEY, o integer DEFAULT 9 REFERENCES o); INSERT INTO t VALUES (1, 1);`,
			`ALTER TABLE t DROP o;`, `INSERT INTO t VALUES (2)`, ``},
		{"in two tables", `CREATE TABLE t (id integer PRIMARY KEY, a integer DEFAULT 0 CHECK (a > 0)); CREATE TABLE u (id integer PRIMARY KEY, a integer DEFAULT 0 CHECK (a > 0)); INSERT INTO t VALUES (1, 1); INSERT INTO u VALUES (1, 1);`,
			`ALTER TABLE t DROP a; ALTER TABLE u DROP a;`, `INSERT INTO t VALUES (2); INSERT INTO u VALUES (2)`, ``},
		{"beside rows of the batch", `CREATE TABLE t (id integer PRIMARY KEY, a text, b text, CHECK (a IS NOT NULL)); INSERT INTO t VALUES (1, 'a', 'b');`,
			`INSERT INTO t VALUES (8, 'x', 'y'); UPDATE t SET b = 'c'; ALTER TABLE t DROP a;`, `INSERT INTO t VALUES (9, 'z')`, ``},
		{"a row of the batch, and no value", `CREATE TABLE t (id integer PRIMARY KEY, a text NOT NULL, b text); INSERT INTO t VALUES (1, 'a', 'b');`,
			`INSERT INTO t VALUES (8, 'x', 'y'); ALTER TABLE t DROP a;`, `UPDATE t SET b = 'later' WHERE id = 8`, ``},
		{"a row of the batch, and a check", `CREATE TABLE t (id integer PRIMARY KEY, a text CHECK (a IS NOT NULL), b text); INSERT INTO t VALUES (1, 'a', 'b');`,
			`INSERT INTO t VALUES (8, 'x', 'y'); ALTER TABLE t DROP a;`, `UPDATE t SET b = 'later' WHERE id = 8`, ``},
		{"its default refers to a row of the batch", owners + `CREATE TABLE t (id integer PRIMARY KEY, o integer DEFAULT 9 REFERENCES o); INSERT INTO t VALUES (1, 1);`,
			`ALTER TABLE t DROP o; INSERT INTO o VALUES (9);`, `INSERT INTO t VALUES (2)`, ``},
		{"values that the batch made others of", `CREATE TABLE t (id integer PRIMARY KEY, price numeric(8,2)); INSERT INTO t VALUES (1, 17.25);`,
			`ALTER TABLE t ALTER price TYPE integer USING (price * 100)::integer;`, `UPDATE t SET price = 1800`, ``},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			model := prepared(t, c.setup, nil)
			if c.expect != "" {
				model.Exec(t, c.expect)
			}
			p := prepared(t, c.setup, map[string]string{"1_batch.up.sql": c.batch})
			p.Up(t, everything)
			p.Exec(t, c.later)
			after := p.DB.Fingerprint(t)
			_, err := p.TryRollback(t, takeBack)
			enginetest.Fails(t, err, migrate.Undecided, "--discard-writes")
			_, err = p.TryRollback(t, keepLater)
			enginetest.Fails(t, err, migrate.Undecided, "public.")
			p.Is(t, after, "without a decision")
			p.Rollback(t, takeOut)
			rowsAre(t, model, p)
			p.Rollback(t, undoIt)
			p.Is(t, after, "after the undo")
		})
	}
}
