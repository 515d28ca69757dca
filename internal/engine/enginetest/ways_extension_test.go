//go:build unix

package enginetest_test

import (
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/migrate"
)

// TestLaterRowsThatReferByAnOperatorOfAnExtension has an application refer to what the
// batch inserted, in other letters: to the type's own operator they are the same, and so
// the row is neither taken along nor left alone.
func TestLaterRowsThatReferByAnOperatorOfAnExtension(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, typ, key, refers string }{
		{"citext", "citext", "b", "B"},
		{"ltree", "ltree", "b.c", "b.c"},
		{"a domain over citext", "cd", "b", "B"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := prepared(t, `CREATE EXTENSION citext; CREATE EXTENSION ltree; CREATE DOMAIN cd AS citext; CREATE TABLE p (id `+c.typ+` PRIMARY KEY); INSERT INTO p VALUES ('a');
				CREATE TABLE c (id integer PRIMARY KEY, p `+c.typ+` REFERENCES p ON DELETE CASCADE);`,
				map[string]string{"1_batch.up.sql": "INSERT INTO p VALUES ('" + c.key + "');"})
			before := p.DB.Fingerprint(t)
			p.Up(t, everything)
			p.Exec(t, "INSERT INTO c VALUES (1, '"+c.refers+"')")
			after := p.DB.Fingerprint(t)
			_, err := p.TryRollback(t, takeOut)
			enginetest.Fails(t, err, migrate.Disagreement, "public.c: 1 row of it refers, by foreign key c_p_fkey")
			p.Is(t, after, "after the refusal")
			p.Exec(t, "DELETE FROM c")
			p.Rollback(t, takeBack)
			p.Is(t, before, "after the rollback")
		})
	}
}

// TestRowsThatReferInOtherLetters brings a table back to which rows refer that only the
// type's own operator finds.
func TestRowsThatReferInOtherLetters(t *testing.T) {
	t.Parallel()
	p := prepared(t, `CREATE EXTENSION citext; CREATE TABLE p (id citext PRIMARY KEY); INSERT INTO p VALUES ('a'); CREATE TABLE c (p citext REFERENCES p); INSERT INTO c VALUES ('A');`,
		map[string]string{"1_batch.up.sql": "DROP TABLE p CASCADE;"})
	before := p.DB.Fingerprint(t)
	p.Up(t, everything)
	p.Rollback(t, takeBack)
	p.Is(t, before, "after the rollback")
}
