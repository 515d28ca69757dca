//go:build unix

package enginetest_test

import (
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/testmy"
)

// TestMySQLDangling takes batches back after which rows of others would refer to nothing:
// the server would not say so, for it checks no foreign key meanwhile.
func TestMySQLDangling(t *testing.T) {
	t.Parallel()
	const base = `CREATE TABLE p (id int PRIMARY KEY, n int); INSERT INTO p VALUES (1, 1), (2, 2);
		CREATE TABLE c (id int PRIMARY KEY, p int, CONSTRAINT fk FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE); INSERT INTO c VALUES (1, 1);`
	const legacy = `SET foreign_key_checks = 0; INSERT INTO c VALUES (5, 55); SET foreign_key_checks = 1;`
	const wide = `CREATE TABLE p (a int, b int, PRIMARY KEY (a, b)); INSERT INTO p VALUES (1, 1), (2, 2);
		CREATE TABLE c (id int PRIMARY KEY, a int, b int, CONSTRAINT fk FOREIGN KEY (a, b) REFERENCES p (a, b)); INSERT INTO c VALUES (1, 1, 1), (2, NULL, 9), (3, 9, NULL), (4, NULL, NULL);
		SET foreign_key_checks = 0; INSERT INTO c VALUES (5, 1, 2); SET foreign_key_checks = 1;`
	const refused = "c: 1 row of it refers, by foreign key fk, to rows that would be gone"
	const named = "c: 1 row of it refers, by foreign key fk, to no row of p"
	for _, c := range []struct {
		name, setup, batch, later, refused, named string
		only                                      testmy.Product // "": both
	}{
		{"row of an inserted one", base, "INSERT INTO p VALUES (9, 9);", "INSERT INTO c VALUES (2, 9)", refused, "", ""},
		{"row of an inserted one, parent made anew", base, "INSERT INTO p VALUES (9, 9); ALTER TABLE p DROP COLUMN n;", "INSERT INTO c VALUES (2, 9)", refused, "", ""},
		{"row of another one", base, "INSERT INTO p VALUES (9, 9);", "INSERT INTO c VALUES (2, 2)", "", "", ""},
		{"row that comes back without its own", base, "DELETE FROM c;", "DELETE FROM p WHERE id = 1", refused, "", ""},
		{"rows that come back together", base, "DELETE FROM c; DELETE FROM p; INSERT INTO p VALUES (4, 4); INSERT INTO c VALUES (4, 4);", "SELECT 1", "", "", ""},
		{"row from before that nobody checked", base + legacy, "INSERT INTO p VALUES (9, 9);", "INSERT INTO c VALUES (2, 1)", "", named, ""},
		{"row from before, and one since", base + legacy, "INSERT INTO p VALUES (9, 9);", "INSERT INTO c VALUES (2, 9)", refused, "", ""},
		{"key dropped by the batch", base, "ALTER TABLE c DROP FOREIGN KEY fk;", "INSERT INTO c VALUES (2, 77)", "", named, ""},
		{"key over a column that goes back", base + legacy, "ALTER TABLE c DROP FOREIGN KEY fk; ALTER TABLE p MODIFY id bigint; ALTER TABLE c MODIFY p bigint; ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE;",
			"SELECT 1", "", named, ""},
		{"key over two collations", "SET foreign_key_checks = 0; CREATE TABLE c (id int PRIMARY KEY, p varchar(9) COLLATE utf8mb4_general_ci, CONSTRAINT fk FOREIGN KEY (p) REFERENCES p (id)) CHARSET utf8mb4; CREATE TABLE p (id varchar(9) COLLATE utf8mb4_unicode_ci PRIMARY KEY) CHARSET utf8mb4; INSERT INTO p VALUES ('1');",
			"INSERT INTO p VALUES ('9');", "SELECT 1", "", "c: whether rows of it refer, by foreign key fk, to rows of p cannot be told", testmy.MariaDB},
		{"rows from before and one since, of two columns", wide, "INSERT INTO p VALUES (9, 9);", "INSERT INTO c VALUES (6, 9, 9)", refused, "", ""},
		{"rows from before, of two columns", wide, "INSERT INTO p VALUES (9, 9);", "INSERT INTO c VALUES (6, 9, NULL)", "", named, ""},
		{"row of one that does not fit", strings.Replace(base, "n int)", "n int NOT NULL)", 1), "ALTER TABLE p MODIFY n int NULL;", "INSERT INTO p VALUES (7, NULL); INSERT INTO c VALUES (2, 7)", refused, "", ""},
		{"key that has no value", base, "INSERT INTO p VALUES (9, 9);", "INSERT INTO c VALUES (2, NULL)", "", "", ""},
	} {
		if !testmy.Knows(c.only) {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, d := myProject(t, nil, map[string]string{"1_x.up.sql": "SET foreign_key_checks = 0; " + c.batch})
			p.Exec(t, c.setup)
			p.Up(t, safemigrate.UpOptions{})
			p.Exec(t, c.later)
			left := d.Fingerprint(t)
			report, err := p.TryRollback(t, takeBack)
			switch {
			case c.refused == "" && err != nil:
				t.Fatal(err)
			case c.refused == "" && (len(report.Drift) > 1 || !strings.HasPrefix(strings.Join(report.Drift, ""), c.named) || c.named == "" && len(report.Drift) > 0):
				t.Errorf("named %q, want %q", report.Drift, c.named)
			case c.refused != "" && (err == nil || !strings.Contains(err.Error(), c.refused)):
				t.Errorf("%v, want %s", err, c.refused)
			case c.refused != "" && d.Fingerprint(t) != left:
				t.Error("something was changed")
			}
		})
	}
}
