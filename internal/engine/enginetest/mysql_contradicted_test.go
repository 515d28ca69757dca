//go:build unix

package enginetest_test

import (
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/migrate"
)

// TestMySQLContradicted takes batches back although rows that were written since do not fit
// the old schema: all is as it was before the rollback, which says what is in the way.
func TestMySQLContradicted(t *testing.T) {
	t.Parallel()
	const base = "CREATE TABLE u (id int PRIMARY KEY, email varchar(9) UNIQUE, n int NOT NULL); INSERT INTO u VALUES (1, 'a', 1), (2, 'b', 2);"
	for _, c := range []struct{ name, batch, later, why string }{
		{"a value that a row gets back", "UPDATE u SET email = 'c' WHERE id = 1;", "INSERT INTO u VALUES (3, 'a', 9)", "Duplicate entry 'a'"},
		{"a key that is unique again", "ALTER TABLE u DROP INDEX email;", "INSERT INTO u VALUES (3, 'a', 9)", "Duplicate entry 'a'"},
		{"a number too large", "ALTER TABLE u MODIFY n bigint NOT NULL;", "INSERT INTO u VALUES (3, 'c', 99999999999)", "n"},
		{"a text too long", "ALTER TABLE u MODIFY email varchar(99);", "INSERT INTO u VALUES (3, 'longer than nine', 9)", "email"},
		{"no value", "ALTER TABLE u MODIFY n int NULL;", "INSERT INTO u VALUES (3, 'c', NULL)", "n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, d := myProject(t, nil, map[string]string{"1_x.up.sql": c.batch})
			p.Exec(t, base)
			p.Up(t, safemigrate.UpOptions{})
			p.Exec(t, c.later)
			left := d.Fingerprint(t)
			_, err := p.TryRollback(t, takeBack)
			enginetest.Fails(t, err, migrate.Disagreement, c.why)
			if d.Fingerprint(t) != left {
				t.Error("something was changed")
			}
		})
	}
}
