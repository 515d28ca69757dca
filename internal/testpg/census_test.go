//go:build unix

package testpg_test

import (
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/testpg"
)

// TestCensusTellsSchemasApart changes one thing at a time, and changes it back.
func TestCensusTellsSchemasApart(t *testing.T) {
	t.Parallel()
	d := testpg.Start(t).Database(t)
	d.Exec(t, `CREATE TYPE mood AS ENUM ('sad', 'glad');
		CREATE TABLE p (gone int, id int PRIMARY KEY, name text NOT NULL, feels mood); ALTER TABLE p DROP gone;
		CREATE TABLE c (id int REFERENCES p, note text DEFAULT 'x', CHECK (id > 0));
		CREATE INDEX by_name ON p (lower(name)) WHERE id > 1; CREATE VIEW v AS SELECT id FROM c;
		CREATE SCHEMA safemigrate; CREATE TABLE safemigrate.ledger (id int)`)
	want := d.Census(t)
	if strings.Contains(want, "ledger") || !strings.Contains(want, "by_name") {
		t.Errorf("the census holds what it should not, or lacks what it should hold:\n%s", want)
	}
	for _, c := range []struct{ name, there, back string }{
		{"comment", "COMMENT ON COLUMN c.note IS 'n'", "COMMENT ON COLUMN c.note IS NULL"},
		{"privilege", "GRANT SELECT ON c TO PUBLIC", "REVOKE SELECT ON c FROM PUBLIC"},
		{"column's privilege", "GRANT SELECT (id) ON c TO PUBLIC", "REVOKE SELECT (id) ON c FROM PUBLIC"},
		{"default", "ALTER TABLE c ALTER note SET DEFAULT 'y'", "ALTER TABLE c ALTER note SET DEFAULT 'x'"},
		{"option", "ALTER TABLE c SET (fillfactor = 50)", "ALTER TABLE c RESET (fillfactor)"},
		{"TOAST option", "ALTER TABLE c SET (toast.autovacuum_enabled = off)", "ALTER TABLE c RESET (toast.autovacuum_enabled)"},
		{"name", "ALTER TABLE c RENAME note TO notes", "ALTER TABLE c RENAME notes TO note"},
		{"index", "DROP INDEX by_name", "CREATE INDEX by_name ON p (lower(name)) WHERE id > 1"},
		{
			"foreign key", "ALTER TABLE c DROP CONSTRAINT c_id_fkey",
			"ALTER TABLE c ADD FOREIGN KEY (id) REFERENCES p",
		},
		{"view", "CREATE OR REPLACE VIEW v AS SELECT id FROM c WHERE id > 1", "CREATE OR REPLACE VIEW v AS SELECT id FROM c"},
		{
			"table made again", "DROP VIEW v; DROP TABLE c",
			`CREATE TABLE c (id int REFERENCES p, note text DEFAULT 'x', CHECK (id > 0));
			CREATE VIEW v AS SELECT id FROM c`,
		},
		{"trigger", "ALTER TABLE c DISABLE TRIGGER USER; ALTER TABLE c ENABLE ROW LEVEL SECURITY", "ALTER TABLE c DISABLE ROW LEVEL SECURITY"},
	} {
		d.Exec(t, c.there)
		if d.Census(t) == want {
			t.Errorf("%s: the census does not see it", c.name)
		}
		d.Exec(t, c.back)
		if got := d.Census(t); got != want {
			t.Errorf("%s: changed back, and still it differs:\n%s", c.name, differing(want, got))
		}
	}
}

// differing lists the lines that only one of two texts has.
func differing(a, b string) string {
	var lines []string
	for _, pair := range []struct{ mark, in, out string }{{"- ", a, b}, {"+ ", b, a}} {
		for line := range strings.Lines(pair.in) {
			if !strings.Contains(pair.out, line) {
				lines = append(lines, pair.mark+line)
			}
		}
	}
	return strings.Join(lines, "")
}
