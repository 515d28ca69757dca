//go:build unix

package enginetest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/internal/testmy"
	"github.com/safemigrate/safemigrate/migrate"
)

// TestMySQLSparedWriters has a batch allow rows and fail, with others writing such rows before
// its table has its definition back. What this does not take is in the quarantine, and named;
// all other rows stay, whoever wrote them.
func TestMySQLSparedWriters(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, batch, writes string
		only                testmy.Product
		stays, aside        string // ids
	}{
		{name: "longer text", batch: "ALTER TABLE t MODIFY b varchar(200);", writes: "INSERT INTO t (b) VALUES (repeat('x', 100)), ('short'), ('ends in blanks          ')", stays: "1 2 4", aside: "3 5"},
		{name: "longer text without a bound", batch: "ALTER TABLE t MODIFY g longtext;", writes: "INSERT INTO t (g) VALUES (repeat('x', 100)), ('short')", stays: "1 2 4", aside: "3"},
		{name: "a larger number", batch: "ALTER TABLE t MODIFY a bigint NOT NULL, DROP KEY by_a;", writes: "INSERT INTO t (a) VALUES (5000000000), (-1), (2147483647)", stays: "1 2 4 5", aside: "3"},
		{name: "more digits", batch: "ALTER TABLE t MODIFY d decimal(12,4);", writes: "INSERT INTO t (a, d) VALUES (11, 10000), (12, 9999.99), (15, 1.2345), (14, -10000.5)", stays: "1 2 4", aside: "3 5 6"},
		{name: "no value", batch: "ALTER TABLE t MODIFY a int NULL;", writes: "INSERT INTO t (a, b) VALUES (NULL, 'x'), (4, 'y')", stays: "1 2 4", aside: "3"},
		{name: "no time", batch: "ALTER TABLE t MODIFY ts timestamp NULL;", writes: "INSERT INTO t (a, ts) VALUES (3, NULL), (4, '2020-01-01')", stays: "1 2 4", aside: "3"},
		{name: "another label", batch: "ALTER TABLE t MODIFY c enum('x','y','z');", writes: "INSERT INTO t (a, c) VALUES (3, 'z'), (4, 'x'), (5, NULL)", stays: "1 2 4 5", aside: "3"},
		{name: "another label of several", batch: "ALTER TABLE t MODIFY s set('p','q','r');", writes: "INSERT INTO t (a, s) VALUES (3, 'p,r'), (4, 'q,p'), (5, '')", stays: "1 2 4 5", aside: "3"},
		{name: "another character set", batch: "ALTER TABLE t MODIFY e varchar(20) CHARACTER SET utf8mb4;", writes: "INSERT INTO t (a, e) VALUES (3, 'ж'), (4, 'ß'), (5, '?')", stays: "1 2 4 5", aside: "3"},
		{name: "another character set of all", batch: "ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4;", writes: "INSERT INTO t (a, e) VALUES (3, 'ж'), (4, 'ß')", stays: "1 2 4", aside: "3"},
		{name: "a check", batch: "ALTER TABLE t DROP CONSTRAINT fair;", writes: "INSERT INTO t (a) VALUES (13), (3)", stays: "1 2 4", aside: "3"},
		{name: "a check not enforced", only: testmy.MySQL, batch: "ALTER TABLE t ALTER CHECK fair NOT ENFORCED;", writes: "INSERT INTO t (a) VALUES (13), (3)", stays: "1 2 4", aside: "3"},
		{name: "a unique key", batch: "ALTER TABLE t DROP KEY by_b;", writes: "INSERT INTO t (a, b) VALUES (3, 'eins'), (4, 'drei'), (5, 'drei'), (6, NULL), (7, NULL), (8, 'EINS')", stays: "1 2 4 6 7", aside: "3 5 8"},
		{name: "a unique key and a check", batch: "ALTER TABLE t DROP KEY by_b, ADD KEY by_b (b), DROP CONSTRAINT fair;", writes: "INSERT INTO t (a, b) VALUES (3, 'zwei'), (13, 'drei'), (5, 'vier')", stays: "1 2 5", aside: "3 4"},
		{name: "a foreign key", batch: "ALTER TABLE t DROP FOREIGN KEY of_parent;", writes: "INSERT INTO t (a, p) VALUES (3, 77), (4, 1)", stays: "1 2 3 4"},
		{name: "what counts no more", batch: "ALTER TABLE t MODIFY id int NOT NULL;", writes: "INSERT INTO t (id, a) VALUES (0, 3), (7, 4)", stays: "0 1 2 7"},
		{name: "a default", batch: "ALTER TABLE t ALTER a DROP DEFAULT; ALTER TABLE t ADD COLUMN z int DEFAULT 3;", writes: "INSERT INTO t (a) VALUES (3), (4)", stays: "1 2 3 4"},
		{name: "several at once", batch: "ALTER TABLE t DROP CONSTRAINT fair, MODIFY a bigint NULL; ALTER TABLE t MODIFY b varchar(200), DROP KEY by_a;", writes: "INSERT INTO t (a, b) VALUES (NULL, repeat('x', 100)), (13, 'x'), (5000000000, 'y'), (3, repeat('y', 50)), (4, 'z'); UPDATE t SET b = 'changed' WHERE id = 1", stays: "1 2 7", aside: "3 4 5 6"},
		{name: "an old row that does not fit any more", batch: "ALTER TABLE t MODIFY b varchar(200);", writes: "UPDATE t SET b = repeat('x', 100) WHERE id = 1", stays: "2", aside: "1"},
	} {
		if !testmy.Knows(c.only) {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, _ := myProject(t, nil, map[string]string{"1_x.up.sql": c.batch + "\nSELECT * FROM nowhere;"})
			p.Exec(t, `CREATE TABLE parents (id int PRIMARY KEY); INSERT INTO parents VALUES (1);
				CREATE TABLE log (id int AUTO_INCREMENT PRIMARY KEY, what varchar(20));
				CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, a int NOT NULL DEFAULT 7, b varchar(20), c enum('x','y'), s set('p','q'), d decimal(6,2), e varchar(20) CHARACTER SET latin1, ts timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, p int, g varchar(20),
					KEY by_a (a), UNIQUE KEY by_b (b), CONSTRAINT fair CHECK (a <> 13), CONSTRAINT of_parent FOREIGN KEY (p) REFERENCES parents (id)) DEFAULT CHARSET=utf8mb4;
				INSERT INTO t (a, b, c, d, e, p) VALUES (1, 'eins', 'x', 1.25, 'é', 1), (2, 'zwei', 'y', 2.5, NULL, NULL);
				CREATE TRIGGER watches AFTER DELETE ON t FOR EACH ROW INSERT INTO log (what) VALUES ('deleted')`)
			before := strings.Join(p.Rows(t, "SHOW CREATE TABLE t"), "")
			_, err := p.TryUp(t, safemigrate.UpOptions{KeepOnFailure: true})
			enginetest.Fails(t, err, migrate.Interrupted, "nowhere")
			p.Exec(t, "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO'; SET foreign_key_checks = 0; "+c.writes)
			rows := map[string]bool{}
			for _, r := range p.Rows(t, "SELECT id, a, b, c, s, d, e, ts, p FROM t") {
				rows[r] = true
			}
			report, err := p.Open(t).Recover(t.Context(), safemigrate.RecoverOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if after := strings.Join(p.Rows(t, "SHOW CREATE TABLE t"), ""); testmy.WithoutCounters(after) != testmy.WithoutCounters(before) {
				t.Errorf("the definition is %s", after)
			}
			if got := strings.Join(p.Rows(t, "SELECT id FROM t ORDER BY id"), " "); got != c.stays {
				t.Errorf("%s stay", got)
			}
			if left := p.Rows(t, "SELECT what FROM log"); len(left) > 0 {
				t.Errorf("a trigger has fired: %s", left)
			}
			for _, r := range p.Rows(t, "SELECT id, a, b, c, s, d, e, ts, p FROM t") {
				if !rows[r] && c.name != "more digits" { // 9999.99 has got more of them, and loses them
					t.Errorf("a row is %s", r)
				}
			}
			places := p.Rows(t, "SELECT table_name FROM information_schema.columns WHERE table_schema = database() AND table_name LIKE 'safemigrate\\_c\\_%' AND column_name = 'ts'")
			if c.aside == "" {
				if len(places) > 0 {
					t.Errorf("there is a quarantine: %s", places)
				}
				return
			}
			if len(places) != 1 {
				t.Fatalf("the quarantine has %s", places)
			}
			if got := strings.Join(p.Rows(t, "SELECT id FROM "+places[0]+" WHERE id NOT IN (SELECT id FROM t) ORDER BY id"), " "); got != c.aside {
				t.Errorf("%s are in the quarantine", got)
			}
			if said := fmt.Sprintf("%+v", report); !strings.Contains(said, places[0]) {
				t.Errorf("the quarantine is not named: %s", said)
			}
		})
	}
}

// TestMySQLRenamedWriters has others write to columns that have another name and another type:
// what does not fit what comes back goes to the quarantine, in a rollback after a decision.
func TestMySQLRenamedWriters(t *testing.T) {
	t.Parallel()
	const (
		base  = "CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, a int NOT NULL, b varchar(9), c enum('x','y'), n int, UNIQUE KEY one (n), CONSTRAINT fair CHECK (a <> 13)); INSERT INTO t (a, b, c, n) VALUES (1, 'one', 'x', 5), (2, 'two', 'y', 6)"
		batch = "ALTER TABLE t DROP CONSTRAINT fair; ALTER TABLE t CHANGE a number bigint NULL, CHANGE COLUMN b name varchar(99), RENAME COLUMN n TO m, DROP KEY one; ALTER TABLE t CHANGE c label enum('x','y','z');"
		later = "INSERT INTO t (number, name, label, m) VALUES (5000000000, 'a', 'x', 1), (4, 'stays', 'y', 2), (5, repeat('z', 20), 'x', 3), (NULL, 'b', 'x', 4), (6, 'c', 'z', 5), (13, 'd', 'x', 60), (7, 'e', 'x', 6); UPDATE t SET m = 50, name = 'eins' WHERE id = 1"
		stay  = "1,1,eins,x,50 2,2,two,y,6 4,4,stays,y,2"
	)
	rows := func(p *enginetest.Project) string {
		return strings.Join(p.Rows(t, "SELECT concat_ws(',', id, a, b, c, n) FROM t ORDER BY id"), " ")
	}
	t.Run("restore", func(t *testing.T) {
		t.Parallel()
		p, _ := myProject(t, nil, map[string]string{"1_x.up.sql": batch + "\nSELECT * FROM nowhere;"})
		p.Exec(t, base)
		before := p.Rows(t, "SHOW CREATE TABLE t")
		_, err := p.TryUp(t, safemigrate.UpOptions{KeepOnFailure: true})
		enginetest.Fails(t, err, migrate.Interrupted, "nowhere")
		p.Exec(t, later)
		if _, err := p.Open(t).Recover(t.Context(), safemigrate.RecoverOptions{}); err != nil {
			t.Fatal(err)
		}
		if got := rows(p); got != stay {
			t.Errorf("the rows are %s", got)
		}
		if after := p.Rows(t, "SHOW CREATE TABLE t"); testmy.WithoutCounters(after[0]) != testmy.WithoutCounters(before[0]) {
			t.Errorf("the definition is %s", after)
		}
	})
	t.Run("rollback", func(t *testing.T) {
		t.Parallel()
		p, d := myProject(t, nil, map[string]string{"1_x.up.sql": batch})
		p.Exec(t, base)
		p.Up(t, safemigrate.UpOptions{})
		p.Exec(t, later)
		since := d.Fingerprint(t)
		report, err := p.TryRollback(t, safemigrate.RollbackOptions{})
		enginetest.Fails(t, err, migrate.Undecided, "rows were written since")
		if len(report.Tables) != 1 || report.Tables[0].Written != 6 {
			t.Errorf("it counts %+v", report.Tables)
		}
		p.Is(t, since, "after the question")
		p.Rollback(t, safemigrate.RollbackOptions{Decide: migrate.Discard})
		if got := rows(p); got != stay {
			t.Errorf("the rows are %s", got)
		}
		p.Rollback(t, safemigrate.RollbackOptions{Undo: true})
		p.Is(t, since, "after the undo")
	})
}

// TestMySQLSparedTwofold has somebody make a table or a column of the name that one had before a
// batch gave it another. Which of the two holds what was there is not guessed at: nothing is
// changed until theirs is out of the way.
func TestMySQLSparedTwofold(t *testing.T) {
	t.Parallel()
	const base = "CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 10), (2, 20)"
	for _, c := range []struct{ name, batch, theirs, mends string }{
		{"a table", "RENAME TABLE t TO u;", "CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (7, 70)", "DROP TABLE t"},
		{"another table", "ALTER TABLE t RENAME TO u, ADD COLUMN z int;", "CREATE TABLE t (id int PRIMARY KEY, n int, more int)", "RENAME TABLE t TO theirs"},
		{"a column", "ALTER TABLE t RENAME COLUMN n TO m;", "ALTER TABLE t ADD COLUMN n int", "ALTER TABLE t DROP COLUMN n"},
		{"a column, and another name", "ALTER TABLE t CHANGE n x int; ALTER TABLE t RENAME COLUMN x TO m;", "ALTER TABLE t ADD COLUMN n int FIRST", "ALTER TABLE t DROP COLUMN n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, _ := myProject(t, nil, map[string]string{"1_x.up.sql": c.batch + "\nSELECT * FROM nowhere;"})
			p.Exec(t, base)
			_, err := p.TryUp(t, safemigrate.UpOptions{KeepOnFailure: true})
			enginetest.Fails(t, err, migrate.Interrupted, "nowhere")
			p.Exec(t, c.theirs)
			since := p.DB.Fingerprint(t)
			_, err = p.Open(t).Recover(t.Context(), safemigrate.RecoverOptions{})
			enginetest.Fails(t, err, migrate.Interrupted, "cannot be put back in place")
			p.Is(t, since, "after the refusal")
			p.Exec(t, c.mends)
			if _, err := p.Open(t).Recover(t.Context(), safemigrate.RecoverOptions{}); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(p.Rows(t, "SELECT concat(id, ' ', n) FROM t ORDER BY id"), ", "); got != "1 10, 2 20" {
				t.Errorf("the rows are %s", got)
			}
		})
	}
}

// TestMySQLSparedReferring has a row that somebody wrote refer, by a column that gets its old
// name back, or to one, to a row that goes: that stops the rollback as if no name changed.
func TestMySQLSparedReferring(t *testing.T) {
	t.Parallel()
	const insert, rename = "INSERT INTO parents VALUES (3);", "ALTER TABLE kids RENAME COLUMN p TO parent;"
	for name, batches := range map[string][]string{
		"in one batch":          {rename + insert},
		"a name, then a row":    {rename, insert},
		"a row, then a name":    {insert, rename},
		"a name of the other":   {insert, "ALTER TABLE parents RENAME COLUMN id TO number;"},
		"names of all":          {insert, rename + "ALTER TABLE parents RENAME COLUMN id TO number;", "RENAME TABLE parents TO elders;"},
		"names that others had": {insert, "ALTER TABLE kids RENAME COLUMN other TO x;", "ALTER TABLE kids RENAME COLUMN p TO other;", "ALTER TABLE kids RENAME COLUMN x TO p;"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, _ := myProject(t, nil, nil)
			p.Exec(t, "CREATE TABLE parents (id int PRIMARY KEY); INSERT INTO parents VALUES (1); CREATE TABLE kids (id int PRIMARY KEY, p int, other int, CONSTRAINT of_parent FOREIGN KEY (p) REFERENCES parents (id)); INSERT INTO kids VALUES (1, 1, 3)")
			for i, batch := range batches {
				p.Add(map[string]string{fmt.Sprintf("%d_x.up.sql", i+1): batch})
				p.Up(t, safemigrate.UpOptions{})
			}
			p.Exec(t, "INSERT INTO kids VALUES (2, 3, NULL)")
			since, none := p.DB.Fingerprint(t), ""
			_, err := p.TryRollback(t, safemigrate.RollbackOptions{To: &none, Decide: migrate.Discard})
			enginetest.Fails(t, err, migrate.Disagreement, "1 row of it refers, by foreign key of_parent, to rows that would be gone")
			p.Is(t, since, "after the refusal")
			p.Exec(t, "DELETE FROM kids WHERE id = 2")
			p.Rollback(t, safemigrate.RollbackOptions{To: &none, Decide: migrate.Discard})
		})
	}
}
