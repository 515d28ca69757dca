//go:build unix

package enginetest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/internal/testmy"
	"github.com/safemigrate/safemigrate/migrate"
)

// othersObjects are one of each kind, of the definer %definer. The server's own dump fails
// where a view's is nobody.
const othersObjects = `CREATE DEFINER=%definer TRIGGER tr BEFORE UPDATE ON t FOR EACH ROW SET NEW.a = 7;
CREATE DEFINER=%definer PROCEDURE p() SELECT 'ä';
CREATE DEFINER=%definer FUNCTION f() RETURNS int DETERMINISTIC NO SQL RETURN 1;
CREATE DEFINER=%definer EVENT e ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 03:00:00' DISABLE DO SET @x = 1`

// TestMySQLDefiners has users who may name other definers take back what happened to
// another one's objects, or refuses where the server would not let them.
func TestMySQLDefiners(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, grant, definer string
		refused              bool
		only                 testmy.Product
	}{
		{"all privileges", "ALL", "root@localhost", false, ""},
		{"SET USER", "SET USER, SELECT", "root@localhost", false, testmy.MariaDB},
		{"SET USER, and nobody of that name", "SET USER, SELECT", "nobody@nowhere", false, testmy.MariaDB},
		{"SET_ANY_DEFINER", "SELECT, SET_ANY_DEFINER, SHOW_ROUTINE", "%other", false, testmy.MySQL9},
		{"SET_ANY_DEFINER, and accounts that are not seen", "SET_ANY_DEFINER, SHOW_ROUTINE", "%other", true, testmy.MySQL9},
		{"SET_ANY_DEFINER, and an administrator's", "SELECT, SET_ANY_DEFINER, SHOW_ROUTINE", "root@localhost", true, testmy.MySQL9},
		{"SET_ANY_DEFINER, and nobody of that name", "SELECT, SET_ANY_DEFINER, SHOW_ROUTINE", "nobody@nowhere", true, testmy.MySQL9},
		{"SET_ANY_DEFINER, and whoever it is", "SELECT, SET_ANY_DEFINER, ALLOW_NONEXISTENT_DEFINER, SHOW_ROUTINE", "nobody@nowhere", false, testmy.MySQL9},
		{"SET_USER_ID", "SELECT, SET_USER_ID, SHOW_ROUTINE", "%other", false, testmy.MySQL8},
		{"SET_USER_ID, and accounts that are not seen", "SET_USER_ID, SHOW_ROUTINE", "%other", true, testmy.MySQL8},
		{"SET_USER_ID, and an administrator's", "SELECT, SET_USER_ID, SHOW_ROUTINE", "root@localhost", true, testmy.MySQL8},
		{"SET_USER_ID, and nobody of that name", "SELECT, SET_USER_ID, SHOW_ROUTINE", "nobody@nowhere", false, testmy.MySQL8},
	} {
		if !testmy.Knows(c.only) {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, d := myProject(t, nil, map[string]string{"1_x.up.sql": "ALTER TABLE t DROP COLUMN a;"})
			definer := c.definer
			if definer == "%other" {
				definer = testmy.Start(t).Database(t).Role
				d.AdminExec(t, "GRANT SELECT ON "+d.Name+".* TO "+definer) // or its view shows nothing
			}
			p.Exec(t, "CREATE TABLE t (id int PRIMARY KEY, a int, b int); INSERT INTO t VALUES (1, NULL, 2)")
			d.AdminExec(t, "GRANT "+c.grant+" ON *.* TO "+d.Role)
			d.AdminExec(t, strings.ReplaceAll(othersObjects, "%definer", definer))
			if c.definer != "nobody@nowhere" {
				d.AdminExec(t, "CREATE DEFINER="+definer+" VIEW v AS SELECT id FROM t")
			}
			before := d.Fingerprint(t)
			_, err := p.TryUp(t, safemigrate.UpOptions{})
			if c.refused {
				enginetest.Fails(t, err, migrate.NoWayBack, strings.Split(definer, "@")[0], "may not make it again as such")
				p.Is(t, before, "after the refusal")
				return
			}
			if err != nil {
				t.Fatalf("up: %v", err)
			}
			p.Rollback(t, safemigrate.RollbackOptions{})
			p.Is(t, before, "after a column went")
			all := "DROP TRIGGER tr; ALTER PROCEDURE p COMMENT 'x'; DROP FUNCTION f; DROP EVENT e; DROP VIEW IF EXISTS v;"
			p.Add(map[string]string{"1_x.up.sql": all})
			p.Up(t, safemigrate.UpOptions{})
			p.Rollback(t, safemigrate.RollbackOptions{})
			p.Is(t, before, "after all went")
		})
	}
}

// TestMySQLDefinerWhoMayNotRead takes a view back whose definer may not read what it shows, as
// the server says of it, which is a view all the same.
func TestMySQLDefinerWhoMayNotRead(t *testing.T) {
	t.Parallel()
	p, d := myProject(t, nil, map[string]string{"1_x.up.sql": "DROP VIEW v;"})
	p.Exec(t, "CREATE TABLE t (id int PRIMARY KEY)")
	d.AdminExec(t, "GRANT ALL ON *.* TO "+d.Role)
	d.AdminExec(t, "CREATE DEFINER="+testmy.Start(t).Database(t).Role+" VIEW v AS SELECT id FROM t; ALTER TABLE t ADD COLUMN a int")
	text := "SELECT concat(definer, view_definition) FROM information_schema.views WHERE table_schema = '" + d.Name + "'"
	before := d.AdminQuery(t, text)
	p.Up(t, safemigrate.UpOptions{})
	p.Rollback(t, safemigrate.RollbackOptions{})
	if is := d.AdminQuery(t, text); len(before) != 1 || !slices.Equal(is, before) {
		t.Errorf("the view is %q, it was %q", is, before)
	}
}
