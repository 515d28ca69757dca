//go:build unix

package enginetest

import (
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/migrate"
)

func flywayFiles() map[string]string {
	return map[string]string{
		"V1__shop.sql": `CREATE TABLE customers (id integer PRIMARY KEY, name text NOT NULL);
CREATE TABLE orders (id integer PRIMARY KEY, total integer);`,
		"V1_1__greeting.sql":         `CREATE TABLE greetings (line varchar(200) DEFAULT '${greeting}'); INSERT INTO greetings VALUES ('${greeting}');`,
		"V2__outside.sql":            `INSERT INTO orders VALUES (10, 1);`,
		"V2__outside.sql.conf":       "executeInTransaction=false\n",
		"V2.5__drop_name.sql":        `ALTER TABLE customers ADD COLUMN first text; UPDATE customers SET first = name; ALTER TABLE customers DROP COLUMN name;`,
		"U2.5__drop_name.sql":        `SELECT 'never run';`,
		"R__totals.sql":              `DROP VIEW IF EXISTS totals; CREATE VIEW totals AS SELECT count(*) AS n, '${greeting}' AS line FROM orders;`,
		"B1__base_for_new_ones.sql":  `CREATE TABLE from_a_baseline (id integer);`,
		"sub/V3__in_a_directory.sql": `CREATE TABLE deep (id integer);`,
	}
}

const flywayRows = `SELECT installed_rank, version, description, type, script, checksum, installed_by, installed_on, execution_time, success
FROM flyway_schema_history ORDER BY installed_rank`

func flyway(x trial) {
	t, e := x.t, x.e
	p := NewProject(t, e, flywayFiles())
	delete(p.Files, "B1__base_for_new_ones.sql")
	p.Config.Flyway.Placeholders = map[string]string{"greeting": "hello"}
	empty := p.DB.Fingerprint(t)
	if r := p.Up(t, safemigrate.UpOptions{Limit: 2}); r.Convention != "flyway" || r.To != "1.1" {
		t.Errorf("report: %+v", r)
	}
	if got := p.Rows(t, "SELECT line FROM greetings"); len(got) != 1 || got[0] != "hello" {
		t.Errorf("placeholder: %q", got)
	}
	p.Exec(t, "INSERT INTO customers VALUES (1, 'Ada'), (2, 'Bob')")
	before, history := p.DB.Fingerprint(t), strings.Join(p.Rows(t, flywayRows), "\n")
	r := p.Up(t, all)
	if r.To != "3" || len(r.Migrations) != 4 || r.Migrations[3].Version != "" {
		t.Errorf("report: %+v", r)
	}
	after := p.DB.Fingerprint(t)
	if rows := p.Rows(t, flywayRows); len(rows) != 6 {
		t.Errorf("history: %q", rows)
	}
	p.Rollback(t, back)
	p.Is(t, before, "after a rollback")
	if got := strings.Join(p.Rows(t, flywayRows), "\n"); got != history {
		t.Errorf("history:\n%s\nwant\n%s", got, history)
	}
	p.Rollback(t, undo)
	p.Is(t, after, "after its undo")
	repeatable(t, p)
	p.Rollback(t, safemigrate.RollbackOptions{To: new(string), Decide: migrate.Discard})
	p.Is(t, empty, "after all was taken back")
}

// repeatable changes a repeatable migration, and an applied one.
func repeatable(t *testing.T, p *Project) {
	t.Helper()
	before := p.DB.Fingerprint(t)
	p.Add(map[string]string{"R__totals.sql": `DROP VIEW IF EXISTS totals; CREATE VIEW totals AS SELECT count(*) AS m FROM orders;`})
	if r := p.Up(t, all); len(r.Migrations) != 1 || r.From != "3" || r.To != "3" {
		t.Errorf("report: %+v", r)
	}
	p.Rollback(t, back)
	p.Is(t, before, "after the rollback of a repeatable migration")
	p.Add(map[string]string{"R__totals.sql": flywayFiles()["R__totals.sql"], "V1__shop.sql": "SELECT 1;"})
	_, err := p.TryUp(t, all)
	Fails(t, err, migrate.Disagreement, "V1__shop.sql", "edited")
	p.Add(flywayFiles())
	delete(p.Files, "B1__base_for_new_ones.sql")
}

func flywayFails(x trial) {
	t, e := x.t, x.e
	p := NewProject(t, e, flywayFiles())
	p.Config.Flyway.Placeholders = map[string]string{"greeting": "hello"}
	if r := p.Up(t, safemigrate.UpOptions{Limit: 2}); r.Migrations[0].File != "B1__base_for_new_ones.sql" {
		t.Errorf("an empty database did not start at the baseline: %+v", r.Migrations)
	}
	q := NewProject(t, e, flywayFiles())
	delete(q.Files, "B1__base_for_new_ones.sql")
	q.Up(t, func() safemigrate.UpOptions { q.Config.Flyway.Placeholders = p.Config.Flyway.Placeholders; return one }())
	q.Exec(t, "INSERT INTO customers VALUES (1, 'Ada')")
	before := q.DB.Fingerprint(t)
	q.Add(map[string]string{"sub/V3__in_a_directory.sql": "CREATE TABLE deep (id integer);\n\n" + e.Wrong})
	_, err := q.TryUp(t, all)
	Fails(t, err, migrate.Restored, "sub/V3__in_a_directory.sql:3:", "restored from the snapshot")
	q.Is(t, before, "after a failure behind a step outside a transaction")
	q.Config.Flyway.Placeholders = nil
	_, err = q.TryUp(t, all)
	Fails(t, err, migrate.Disagreement, "greeting")
	q.Is(t, before, "after a placeholder without a value")
}
