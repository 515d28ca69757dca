//go:build unix

package enginetest

import (
	"testing"

	"github.com/safemigrate/safemigrate"
)

// trial is one case under way.
type trial struct {
	t *testing.T
	e Engine
}

// suite is every case that an engine has to pass.
var suite = []struct {
	name string
	test func(x trial)
}{
	{"up, rollback, undo", upRollbackUndo},
	{"a part of what is due", upInParts},
	{"several batches back and forth", severalBatches},
	{"an empty directory and nothing due", nothingDue},
	{"plan writes nothing and its digest binds", planAndDigest},
	{"a failure is restored exactly", failures},
	{"a failure in a later step is restored exactly", laterSteps},
	{"a failed step can be kept for a look", keepOnFailure},
	{"syntax is read before anything runs", syntaxFirst},
	{"rows written since", rowsSince},
	{"rows written since, several batches", rowsSinceBatches},
	{"batches write after each other", batchesAfterEachOther},
	{"files and history disagree", disagreements},
	{"dirty by the plain tool", dirty},
	{"the plain tool moved on", movedOn},
	{"prune", prune},
	{"pins", pins},
	{"verify", verify},
	{"damaged snapshots are refused", damaged},
	{"foreign snapshots are refused", foreign},
	{"Flyway's directory", flyway},
	{"Flyway's directory fails", flywayFails},
	{"an application writes meanwhile", writers},
}

// Run runs the suite on an engine.
func Run(t *testing.T, e Engine) {
	t.Helper()
	for _, c := range suite {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(trial{t, e})
		})
	}
}

// steps is a number of steps: where a transaction holds them, or where every
// statement is one.
func (e Engine) steps(together, each int) int {
	if e.CommitsEach {
		return each
	}
	return together
}

// The options that most cases use.
var (
	all  = safemigrate.UpOptions{}
	one  = safemigrate.UpOptions{Limit: 1}
	back = safemigrate.RollbackOptions{}
	undo = safemigrate.RollbackOptions{Undo: true}
)

func to(tag string) safemigrate.RollbackOptions { return safemigrate.RollbackOptions{To: &tag} }

// shop is a small project in SQL that every engine speaks: versions 2 to 4 add to
// a table, rebuild one, and drop one.
func shop() map[string]string {
	return map[string]string{
		"000001_shop.up.sql": `CREATE TABLE customers (id integer PRIMARY KEY, name text NOT NULL);
CREATE TABLE orders (id integer PRIMARY KEY, customer integer NOT NULL, total integer NOT NULL,
 FOREIGN KEY (customer) REFERENCES customers (id));
CREATE TABLE audit (id integer PRIMARY KEY, line varchar(200) DEFAULT 'none');
CREATE VIEW big_orders AS SELECT id, total FROM orders WHERE total > 100;
`,
		"000002_note.up.sql": `ALTER TABLE orders ADD COLUMN note text;
CREATE INDEX orders_by_customer ON orders (customer);
`,
		"000003_split.up.sql": `ALTER TABLE customers ADD COLUMN first text;
UPDATE customers SET first = name;
ALTER TABLE customers DROP COLUMN name;
`,
		"000004_log.up.sql": `DROP TABLE audit;
CREATE TABLE log (id integer PRIMARY KEY, line text);
INSERT INTO log VALUES (1, 'the first');
`,
	}
}

const seed = `INSERT INTO customers VALUES (1, 'Ada'), (2, 'Bob'), (3, 'Cy');
INSERT INTO orders VALUES (1, 1, 50), (2, 1, 150), (3, 3, 900);
INSERT INTO audit VALUES (1, 'one'), (2, NULL), (3, 'drei — ☃')`

// seeded is the shop at version 1 with rows, and its fingerprint.
func seeded(t *testing.T, e Engine) (p *Project, before string) {
	t.Helper()
	p = NewProject(t, e, shop())
	p.Up(t, one)
	p.Exec(t, seed)
	return p, p.DB.Fingerprint(t)
}

// version is what the golang-migrate history says.
func version(t *testing.T, p *Project) string {
	t.Helper()
	s, err := p.Open(t).Status(t.Context())
	if err != nil {
		t.Fatalf("status: %v", err)
	}
	return s.Version
}
