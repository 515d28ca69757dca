//go:build unix

package enginetest_test

import (
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/internal/testmy"
	"github.com/safemigrate/safemigrate/migrate"
)

// TestMySQLKeysThatTheServerMadeForForeignKeys: foreign keys are away while the table that
// they refer to is brought back, and for each that comes back the server makes an index
// anew, under another name and at another place.
func TestMySQLKeysThatTheServerMadeForForeignKeys(t *testing.T) {
	t.Parallel()
	const schema = `CREATE TABLE people (id int PRIMARY KEY); CREATE TABLE orders (id int PRIMARY KEY, person int, payer int NOT NULL, note int,
		FOREIGN KEY (person) REFERENCES people (id), CONSTRAINT paid_by FOREIGN KEY (payer) REFERENCES people (id));
		ALTER TABLE orders ADD KEY by_note (note); INSERT INTO people VALUES (1); INSERT INTO orders VALUES (1, 1, 1, 1)`
	const batch = "SET foreign_key_checks = 0; DROP TABLE people;"
	t.Run("rollback", func(t *testing.T) {
		t.Parallel()
		p, d := myProject(t, nil, map[string]string{"1_x.up.sql": batch})
		p.Exec(t, schema)
		before := d.Fingerprint(t)
		if _, err := p.TryUp(t, safemigrate.UpOptions{}); err != nil {
			t.Fatal(err)
		}
		p.Rollback(t, safemigrate.RollbackOptions{})
		p.Is(t, before, "after the rollback")
	})
	t.Run("restore", func(t *testing.T) {
		t.Parallel()
		p, d := myProject(t, nil, map[string]string{"1_x.up.sql": batch + " INSERT INTO nobody VALUES (1);"})
		p.Exec(t, schema)
		before := d.Fingerprint(t)
		_, err := p.TryUp(t, safemigrate.UpOptions{})
		enginetest.Fails(t, err, migrate.Restored, "nobody")
		p.Is(t, before, "after the restore")
	})
}

// TestMySQLKeyForAnotherDatabase drops a column of a key on which a foreign key to a table of
// another database can rest.
func TestMySQLKeyForAnotherDatabase(t *testing.T) {
	t.Parallel()
	p, d := myProject(t, nil, map[string]string{"1_x.up.sql": "ALTER TABLE t DROP COLUMN a; SELECT * FROM nobody;"})
	other := testmy.Start(t).Database(t)
	other.AdminExec(t, "CREATE TABLE p (n int PRIMARY KEY); INSERT INTO p VALUES (1), (2)")
	p.Exec(t, "CREATE TABLE t (id int PRIMARY KEY, a int, n int NOT NULL, KEY k (n, a)); INSERT INTO t VALUES (1, 1, 1), (2, 2, 2)")
	d.AdminExec(t, "ALTER TABLE t ADD FOREIGN KEY (n) REFERENCES "+other.Name+".p (n) ON UPDATE CASCADE")
	defer d.AdminExec(t, "DROP TABLE t")
	before := d.Fingerprint(t)
	_, err := p.TryUp(t, safemigrate.UpOptions{})
	enginetest.Fails(t, err, migrate.Restored, "nobody")
	p.Is(t, before, "after the restore")
}

// TestMySQLKeyFromAnotherDatabase takes batches back that make a table again in another way to
// which one of another database refers, or came to: nobody here can take that foreign key away.
func TestMySQLKeyFromAnotherDatabase(t *testing.T) {
	t.Parallel()
	const made, again, ends = "CREATE TABLE t (n int PRIMARY KEY, a int, KEY (a))", "SET foreign_key_checks = 0; DROP TABLE t; ", "; INSERT INTO t (n) VALUES (7);"
	for name, c := range map[string]struct {
		was, batch string
		only       testmy.Product
	}{
		"another engine":     {made, again + "CREATE TABLE t (n int PRIMARY KEY) ENGINE=MyISAM" + ends, ""},
		"partitions":         {made, again + "CREATE TABLE t (n int PRIMARY KEY) PARTITION BY HASH (n) PARTITIONS 2" + ends, testmy.MariaDB},
		"other columns":      {made, again + "CREATE TABLE t (n int PRIMARY KEY, x int)" + ends, ""},
		"it can have it now": {made + " ENGINE=MyISAM", "ALTER TABLE t ENGINE=InnoDB" + ends, ""},
	} {
		for failing, fails := range map[string]string{"": "", ", restored": " SELECT * FROM nobody;"} {
			if !testmy.Knows(c.only) {
				continue
			}
			t.Run(name+failing, func(t *testing.T) {
				t.Parallel()
				p, d := myProject(t, nil, map[string]string{"1_x.up.sql": c.batch + fails})
				other := testmy.Start(t).Database(t)
				p.Exec(t, c.was+"; INSERT INTO t VALUES (1, 1), (2, 2)")
				other.AdminExec(t, "SET foreign_key_checks = 0; CREATE TABLE c (id int PRIMARY KEY, n int, FOREIGN KEY (n) REFERENCES "+d.Name+".t (n)); INSERT INTO c VALUES (1, 1)")
				defer other.AdminExec(t, "DROP TABLE c")
				before := d.Fingerprint(t)
				if _, err := p.TryUp(t, safemigrate.UpOptions{}); fails != "" {
					enginetest.Fails(t, err, migrate.Restored, "nobody")
				} else if err != nil {
					t.Fatal(err)
				} else {
					p.Rollback(t, safemigrate.RollbackOptions{})
				}
				p.Is(t, before, "in the end")
			})
		}
	}
}
