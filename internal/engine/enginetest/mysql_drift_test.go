//go:build unix

package enginetest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
)

const myDriftBase = `CREATE TABLE t (id int PRIMARY KEY, n int, a varchar(20), z int, KEY by_n (n)); INSERT INTO t VALUES (1, 10, 'one', 1), (2, 20, 'two', 2);
	CREATE TABLE pets (id int PRIMARY KEY, owner int, kind varchar(20), CONSTRAINT owner_of FOREIGN KEY (owner) REFERENCES t (id)); INSERT INTO pets VALUES (1, 1, 'cat');
	CREATE VIEW v AS SELECT id, a FROM t; CREATE FUNCTION f(x int) RETURNS int DETERMINISTIC NO SQL RETURN x; CREATE PROCEDURE p() DO 1;
	CREATE EVENT e ON SCHEDULE EVERY 1 YEAR DISABLE DO DO 1; CREATE TRIGGER stamps BEFORE INSERT ON pets FOR EACH ROW SET NEW.kind = lower(NEW.kind); `

func myDrifts() []drift {
	const adds, drops, makes = `ALTER TABLE t ADD phone varchar(20);`, `ALTER TABLE t DROP COLUMN z;`, `CREATE TABLE n (id int PRIMARY KEY); CREATE VIEW nv AS SELECT id FROM n;`
	return []drift{
		{name: "nothing", batch: adds + makes, later: `DO 1`},
		{name: "index of another table", batch: adds, later: `CREATE INDEX hand ON pets (kind)`, named: []string{"table pets was changed"}},
		{name: "column of another table", batch: adds + makes, later: `ALTER TABLE pets ADD hand int; UPDATE pets SET hand = 3`, named: []string{"table pets was changed"}},
		{name: "view", batch: adds, later: `CREATE VIEW hand AS SELECT a, n FROM t`, named: []string{"view hand was created"}},
		{name: "view over a table that is put back", batch: drops, later: `CREATE VIEW hand AS SELECT a, n FROM t`, named: []string{"view hand was created"}},
		{name: "view that was there", batch: adds, later: `CREATE OR REPLACE VIEW v AS SELECT id, a, n FROM t`, named: []string{"view v was changed"}},
		{name: "programs", batch: adds, later: `DROP FUNCTION f; CREATE FUNCTION f(x int) RETURNS int DETERMINISTIC NO SQL RETURN x + 1; DROP PROCEDURE p; CREATE PROCEDURE hand() DO 2; ALTER EVENT e COMMENT 'hand'`,
			named: []string{"function f was changed", "procedure p was dropped", "procedure hand was created", "event e was changed"}},
		{name: "trigger on a table that is put back", batch: drops, later: `CREATE TRIGGER hand BEFORE UPDATE ON t FOR EACH ROW SET NEW.n = NEW.n + 1`, named: []string{"trigger hand was created"}},
		{name: "trigger before another", batch: adds, later: `CREATE TRIGGER hand BEFORE INSERT ON pets FOR EACH ROW PRECEDES stamps SET NEW.id = NEW.id`, named: []string{"trigger hand was created"}},
		{name: "table made", batch: adds, later: `CREATE TABLE hand (a int); INSERT INTO hand VALUES (1)`, named: []string{"table hand was created"}},
		{name: "table renamed", batch: adds, later: `ALTER TABLE pets RENAME TO beasts`, named: []string{"table pets was dropped", "table beasts was created"}},
		{name: "another table dropped", batch: adds, later: `DROP TABLE pets`, named: []string{"table pets was dropped"}},
		{name: "foreign key of another table", batch: adds, later: `ALTER TABLE pets DROP FOREIGN KEY owner_of`, named: []string{"table pets was changed"}},

		{name: "index of a changed table", batch: adds, later: `CREATE INDEX hand ON t (z)`, clash: "table t was changed"},
		{name: "column of a changed table", batch: drops, later: `ALTER TABLE t ADD hand int`, clash: "table t was changed"},
		{name: "changed table dropped", batch: adds, later: `DROP TABLE pets; DROP TABLE t`, clash: "table t was dropped"},
		{name: "changed table renamed", batch: adds, later: `RENAME TABLE t TO w`, clash: "table t was dropped"},
		{name: "changed view dropped", batch: `CREATE OR REPLACE VIEW v AS SELECT id, a, z FROM t;`, later: `DROP VIEW v`, clash: "view v was dropped"},
		{name: "batch's table dropped", batch: makes, later: `DROP TABLE n`, clash: "table n was dropped"},
		{name: "batch's table altered", batch: makes, later: `ALTER TABLE n ADD hand int`, clash: "table n was changed"},
		{name: "batch's view replaced", batch: makes, later: `CREATE OR REPLACE VIEW nv AS SELECT id, 1 AS one FROM n`, clash: "view nv was changed"},
		{name: "function that the batch replaced", batch: `DROP FUNCTION f; CREATE FUNCTION f(x int) RETURNS int DETERMINISTIC NO SQL RETURN 2;`,
			later: `DROP FUNCTION f; CREATE FUNCTION f(x int) RETURNS int DETERMINISTIC NO SQL RETURN 3`, clash: "function f was changed"},
		{name: "foreign key to the batch's table", batch: makes, later: `INSERT INTO n VALUES (1); ALTER TABLE pets ADD CONSTRAINT hand FOREIGN KEY (owner) REFERENCES n (id)`, clash: "n, which goes, is referred to"},
		{name: "name of a dropped table taken", batch: `DROP TABLE pets;`, later: `CREATE TABLE pets (a int); INSERT INTO pets VALUES (9)`, clash: "table pets was created"},

		{name: "name of a dropped table taken by a view", batch: `DROP TABLE pets;`, later: `CREATE VIEW pets AS SELECT id FROM t`, clash: "pets"},
		{name: "name of a dropped view taken by a table", batch: `DROP VIEW v;`, later: `CREATE TABLE v (a int); INSERT INTO v VALUES (9)`, clash: "v"},
		{name: "name of a renamed table taken by a view", batch: `RENAME TABLE pets TO beasts;`, later: `CREATE VIEW pets AS SELECT id FROM t`, clash: "pets"},
		{name: "name of a foreign key taken", batch: `ALTER TABLE pets DROP FOREIGN KEY owner_of;`, later: `CREATE TABLE hand (id int PRIMARY KEY, o int, CONSTRAINT owner_of FOREIGN KEY (o) REFERENCES t (id))`, clash: "owner_of"},
		{name: "name of a dropped table's foreign key taken", batch: `DROP TABLE pets;`, later: `CREATE TABLE hand (id int PRIMARY KEY, o int, CONSTRAINT owner_of FOREIGN KEY (o) REFERENCES t (id))`, clash: "owner_of"},
	}
}

// TestMySQLDrift has somebody change the schema by hand between up and rollback. What is
// theirs is left alone and named by the plan and by the rollback, or the rollback
// stops and changes nothing, whatever is decided about rows.
func TestMySQLDrift(t *testing.T) {
	t.Parallel()
	for _, c := range myDrifts() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, d := myProject(t, nil, map[string]string{"1_batch.up.sql": c.batch})
			p.Exec(t, myDriftBase)
			p.Up(t, everything)
			p.Exec(t, c.later)
			if c.clash != "" {
				c.refused(t, p)
				return
			}
			model, _ := myProject(t, nil, nil)
			model.Exec(t, myDriftBase)
			model.Exec(t, c.left())
			after := d.Fingerprint(t)
			c.says(t, p.Rollback(t, safemigrate.RollbackOptions{Plan: true}))
			c.says(t, p.Rollback(t, takeBack))
			history := func(p *enginetest.Project) string { return common(p, p.DB.Fingerprint(t)) }
			if want, got := history(model), history(p); want != got {
				t.Errorf("not what must be left:\n%s", enginetest.Difference(want, got))
			}
			p.Rollback(t, undoIt)
			p.Is(t, after, "after the undo")
		})
	}
}

// TestMySQLDriftOfViews has somebody make views over what the batch made. The server lets it
// go all the same: the plan names what they name of it, and the rollback what cannot be read
// any more.
func TestMySQLDriftOfViews(t *testing.T) {
	t.Parallel()
	p, d := myProject(t, nil, map[string]string{"1_batch.up.sql": "ALTER TABLE t ADD phone varchar(20); CREATE TABLE n (id int PRIMARY KEY);"})
	p.Exec(t, myDriftBase)
	p.Up(t, everything)
	p.Exec(t, "CREATE VIEW columns_of AS SELECT phone FROM t; CREATE VIEW table_of AS SELECT id FROM n; CREATE VIEW farther AS SELECT phone FROM columns_of; CREATE VIEW apart AS SELECT id FROM t; "+
		"CREATE TABLE lost (id int); CREATE VIEW blind AS SELECT n.id FROM n JOIN lost; DROP TABLE lost")
	after := d.Fingerprint(t)
	made := []string{"view apart was created", "view blind was created", "view columns_of was created", "view farther was created", "view table_of was created"}
	says := func(r *safemigrate.RollbackReport, more ...string) {
		t.Helper()
		want := slices.Sorted(slices.Values(append(more, made...)))
		got := slices.Clone(r.Drift)
		for i, line := range got {
			got[i], _, _ = strings.Cut(line, " (")
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("it names %q, want %q", got, want)
		}
	}
	says(p.Rollback(t, safemigrate.RollbackOptions{Plan: true}), "view columns_of names column phone of table t, which goes", "view table_of names table n, which goes")
	const gone = " refers to something that is not there"
	says(p.Rollback(t, takeBack), "view columns_of"+gone, "view farther cannot be opened", "view table_of"+gone)
	p.Rollback(t, undoIt)
	p.Is(t, after, "after the undo")
}
