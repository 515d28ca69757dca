//go:build unix

package enginetest_test

import (
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// TestDumpIsVerifiedByRestoring: a dump is restored beside the database, with others at
// work in it, and nothing of that stays. What would not come back is said.
func TestDumpIsVerifiedByRestoring(t *testing.T) {
	t.Parallel()
	p, d, store := wholes(t, "DROP VIEW v; DROP TABLE orders; UPDATE customers SET name = 'gone';")
	id := p.Up(t, safemigrate.UpOptions{}).Snapshot.ID
	d.Exec(t, "INSERT INTO customers VALUES (9001, 'new'); CREATE TABLE later (id int)")
	after := content(t, d)
	application := d.Database.Connect(t)
	nothingLeft := func(when string) {
		t.Helper()
		hasContent(t, d, after, when)
		if left := clonesOf(t, d); len(left) > 0 {
			t.Errorf("%s %q is left", when, left)
		}
	}
	for _, name := range []string{id, "1"} {
		if m, err := p.Open(t).VerifyRestored(t.Context(), name); err != nil || m.ID != id {
			t.Fatalf("%+v, %v", m, err)
		}
	}
	nothingLeft("after the verification")
	if !strings.Contains(p.Notices(), "comparing the schema with what was kept") {
		t.Errorf("said: %s", p.Notices())
	}
	serverExec(t, d, "ALTER ROLE "+d.Role+" NOCREATEDB")
	_, err := p.Open(t).VerifyRestored(t.Context(), id)
	enginetest.Fails(t, err, migrate.NoWayBack, "permission denied to create database")
	serverExec(t, d, "ALTER ROLE "+d.Role+" CREATEDB")
	spoil(t, store)
	_, err = p.Open(t).VerifyRestored(t.Context(), id)
	enginetest.Fails(t, err, migrate.NoWayBack, "damaged")
	nothingLeft("after a damaged one")
	if err := application.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestVerifyingByRestoringTells what a dump does not bring back, which reading it back
// cannot; what is kept in another way is read back.
func TestVerifyingByRestoringTells(t *testing.T) {
	t.Parallel()
	p, d, _ := wholes(t, "DELETE FROM orders;")
	d.AdminExec(t, "CREATE INDEX i ON legacy (id); ALTER INDEX i OWNER TO "+d.Role+"; UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'i'::regclass")
	id := p.Up(t, safemigrate.UpOptions{}).Snapshot.ID
	if _, err := p.Open(t).Verify(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	_, err := p.Open(t).VerifyRestored(t.Context(), id)
	enginetest.Fails(t, err, migrate.NoWayBack, "index public.i would be missing")
	p.Config.Strategy = snapshot.Copy
	p.Add(map[string]string{"3_more.up.sql": "DELETE FROM legacy;"})
	copied := p.Up(t, safemigrate.UpOptions{}).Snapshot.ID
	if _, err := p.Open(t).VerifyRestored(t.Context(), copied); err != nil {
		t.Errorf("a copy: %v", err)
	}
}
