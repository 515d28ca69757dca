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

// TestMySQLLaterRowsThatDoNotFit: a batch allows what was not allowed before it, and
// somebody makes use of that. Rows that can be told need a decision, and go to the quarantine;
// of others the rollback names the table and is undone. When they fit again, it goes through.
func TestMySQLLaterRowsThatDoNotFit(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, batch, later, mends, says string
		only                            testmy.Product // "": both
		told                            bool           // which rows these are, so that they can be taken out
	}{
		{"longer text", "ALTER TABLE people MODIFY name varchar(200) NOT NULL;", "INSERT INTO people VALUES (3, repeat('x', 100), 3)", "UPDATE people SET name = 'x' WHERE id = 3", "1 with more than 20 characters in name", "", true},
		{"a larger number", "ALTER TABLE people MODIFY age bigint;", "INSERT INTO people VALUES (3, 'x', 5000000000)", "DELETE FROM people WHERE id = 3", "1 that would not hold all of age", "", true},
		{"a number that would be rounded", "ALTER TABLE people MODIFY age double;", "INSERT INTO people VALUES (3, 'x', 3.5)", "UPDATE people SET age = 3 WHERE id = 3", "1 that would not hold all of age", "", true},
		{"no value", "ALTER TABLE people MODIFY name varchar(20) NULL;", "INSERT INTO people VALUES (3, NULL, 3)", "UPDATE people SET name = 'x' WHERE id = 3", "1 without a value in name", "", true},
		{"a value that another row gets back", "UPDATE people SET age = 5 WHERE id = 1;", "INSERT INTO people VALUES (3, 'x', 1)", "UPDATE people SET age = 3 WHERE id = 3", "Error 1062", "", false},
		{"the same value twice", "ALTER TABLE people DROP KEY by_age;", "INSERT INTO people VALUES (3, 'x', 1)", "UPDATE people SET age = 3 WHERE id = 3", "Error 1062", "", false},
		{"what a check forbade", "ALTER TABLE people DROP CONSTRAINT fair;", "INSERT INTO people VALUES (3, 'bad', 3)", "UPDATE people SET name = 'x' WHERE id = 3", "1 that check fair forbids", "", true},
		{"what a check forbade, beside rows of the batch", "ALTER TABLE people DROP CONSTRAINT fair; UPDATE people SET name = 'bad' WHERE id = 1;", "INSERT INTO people VALUES (3, 'bad', 3)", "UPDATE people SET name = 'x' WHERE id = 3", "fair", "", false},
		{"what a check of a column forbade", "ALTER TABLE people MODIFY age int;", "INSERT INTO people VALUES (3, 'x', 13)", "UPDATE people SET age = 3 WHERE id = 3", "1 that check age forbids", testmy.MariaDB, true},
	}
	for _, c := range cases {
		if !testmy.Knows(c.only) {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, d := myProject(t, nil, map[string]string{"1_x.up.sql": "ALTER TABLE others ADD note int;\n" + c.batch})
			p.Exec(t, "CREATE TABLE others (id int PRIMARY KEY); CREATE TABLE people (id int PRIMARY KEY, name varchar(20) NOT NULL, age int CHECK (age <> 13), UNIQUE KEY by_age (age), CONSTRAINT fair CHECK (name <> 'bad' AND name <> 'worse')); INSERT INTO people VALUES (1, 'a', 1), (2, 'b', 2)")
			before := d.Fingerprint(t)
			p.Up(t, safemigrate.UpOptions{})
			p.Exec(t, c.later)
			since := d.Fingerprint(t)
			if c.told {
				report, err := p.TryRollback(t, safemigrate.RollbackOptions{})
				enginetest.Fails(t, err, migrate.Undecided, "rows were written since", "--discard-writes")
				if text := fmt.Sprint(report.Tables); !strings.Contains(text, c.says) {
					t.Errorf("it does not say %q: %s", c.says, text)
				}
				_, err = p.TryRollback(t, safemigrate.RollbackOptions{Decide: migrate.Keep})
				enginetest.Fails(t, err, migrate.Undecided, "people", "do not fit")
				p.Is(t, since, "after the refusal")
				p.Rollback(t, safemigrate.RollbackOptions{Decide: migrate.Discard})
				p.Is(t, before, "without the row")
				p.Rollback(t, safemigrate.RollbackOptions{Undo: true})
			} else {
				_, err := p.TryRollback(t, safemigrate.RollbackOptions{Decide: migrate.Discard})
				enginetest.Fails(t, err, migrate.Disagreement, "rows of table people that do not fit", c.says, "rollback again")
			}
			p.Is(t, since, "with the row again")
			p.Exec(t, c.mends)
			p.Rollback(t, safemigrate.RollbackOptions{})
			p.Exec(t, "DELETE FROM people WHERE id = 3")
			p.Is(t, before, "after the rollback")
		})
	}
}

// TestMySQLLaterDuplicates drops a unique key of a table that counts. Which rows came later is
// told by their numbers: of those with the same values they are the ones that go.
func TestMySQLLaterDuplicates(t *testing.T) {
	t.Parallel()
	p, d := myProject(t, nil, map[string]string{"1_x.up.sql": "ALTER TABLE people DROP KEY by_name;"})
	p.Exec(t, "CREATE TABLE people (id int AUTO_INCREMENT PRIMARY KEY, name varchar(20), age int, UNIQUE KEY by_name (name, age)); INSERT INTO people VALUES (1, 'a', 1), (2, 'b', 2), (3, NULL, 3)")
	p.Up(t, safemigrate.UpOptions{})
	p.Exec(t, "INSERT INTO people (name, age) VALUES ('a', 1), ('a', 2), (NULL, 3), ('c', 1), ('c', 1)")
	since := d.Fingerprint(t)
	report, err := p.TryRollback(t, safemigrate.RollbackOptions{})
	enginetest.Fails(t, err, migrate.Undecided, "rows were written since")
	if text := fmt.Sprint(report.Tables); !strings.Contains(text, "2 with values of name, age that another row has") {
		t.Errorf("it says %s", text)
	}
	p.Is(t, since, "after the refusal")
	p.Rollback(t, safemigrate.RollbackOptions{Decide: migrate.Discard})
	if got := strings.Join(p.Rows(t, "SELECT id FROM people ORDER BY id"), " "); got != "1 2 3 5 6 7" {
		t.Errorf("%s stay", got)
	}
	p.Rollback(t, safemigrate.RollbackOptions{Undo: true})
	p.Is(t, since, "after the undo")
	p.Exec(t, "UPDATE people SET name = 'b', age = 2 WHERE id = 3") // an old row, of which nothing is known
	_, err = p.TryRollback(t, safemigrate.RollbackOptions{Decide: migrate.Discard})
	enginetest.Fails(t, err, migrate.Disagreement, "rows of table people that do not fit", "Error 1062")
}
