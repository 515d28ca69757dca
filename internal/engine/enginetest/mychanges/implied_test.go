//go:build unix

package mychanges_test

import (
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/migrate"
)

// TestImpliedKeys takes batches back that touch foreign keys for which the server has made keys
// by itself: these have to be where they were, though it makes such a key once more, behind all
// others, whenever a foreign key comes.
func TestImpliedKeys(t *testing.T) {
	t.Parallel()
	const base = `CREATE TABLE parents (id int PRIMARY KEY, code varchar(20), UNIQUE KEY by_code (code)); INSERT INTO parents VALUES (1, 'one'), (2, 'two');
CREATE TABLE kids (id int PRIMARY KEY, p int, up int, code varchar(20), CONSTRAINT of_parent FOREIGN KEY (p) REFERENCES parents (id), CONSTRAINT of_self FOREIGN KEY (up) REFERENCES kids (id), CONSTRAINT by_code FOREIGN KEY (code) REFERENCES parents (code));
INSERT INTO kids VALUES (1, 1, NULL, 'one'), (2, 2, 1, 'two');
CREATE TABLE people (id int PRIMARY KEY, a int, d int, KEY by_a (a)); INSERT INTO people VALUES (1, 1, 1);
CREATE TABLE pets (id int PRIMARY KEY, p int, up int, code varchar(20), CONSTRAINT of_person FOREIGN KEY (p) REFERENCES people (id), CONSTRAINT of_pet FOREIGN KEY (up) REFERENCES pets (id), CONSTRAINT of_code FOREIGN KEY (code) REFERENCES parents (code));
INSERT INTO pets VALUES (1, 1, NULL, 'one'), (2, 1, 1, NULL)`
	for name, batch := range map[string]string{
		"a foreign key goes":           "ALTER TABLE kids DROP FOREIGN KEY of_parent;",
		"all foreign keys go":          "ALTER TABLE kids DROP FOREIGN KEY of_self, DROP FOREIGN KEY by_code; ALTER TABLE kids DROP FOREIGN KEY of_parent;",
		"another one for one":          "ALTER TABLE kids DROP FOREIGN KEY of_parent; ALTER TABLE kids ADD CONSTRAINT again FOREIGN KEY (p) REFERENCES parents (id) ON DELETE CASCADE;",
		"names of columns":             "ALTER TABLE kids RENAME COLUMN id TO kid, RENAME COLUMN up TO above; ALTER TABLE kids RENAME COLUMN p TO parent;",
		"a name that several refer to": "ALTER TABLE people RENAME COLUMN id TO number, DROP KEY by_a, RENAME COLUMN d TO price, ADD COLUMN z int;",
		"names of what they are to":    "ALTER TABLE parents RENAME COLUMN id TO number; ALTER TABLE kids RENAME COLUMN code TO label;",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := enginetest.NewProject(t, enginetest.MySQL(), map[string]string{"1_x.up.sql": batch})
			p.Exec(t, base)
			before := thereAndBack(t, p)
			p.Rollback(t, safemigrate.RollbackOptions{})
			p.Is(t, before, "after the second rollback")
			p.Add(map[string]string{"1_x.up.sql": batch + "\nSELECT * FROM nowhere;"})
			_, err := p.TryUp(t, safemigrate.UpOptions{})
			enginetest.Fails(t, err, migrate.Restored, "nowhere")
			p.Is(t, before, "after the restore")
		})
	}
}
