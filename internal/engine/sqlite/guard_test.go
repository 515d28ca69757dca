package sqlite_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/migrate"
)

func family(action string) []string {
	return []string{
		`CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT)`,
		`CREATE TABLE child (id INTEGER PRIMARY KEY, p INT REFERENCES parent (id) ` + action + `)`,
		`CREATE TABLE grandchild (id INTEGER PRIMARY KEY, c INT REFERENCES Child (id) ON DELETE CASCADE)`,
		`CREATE TABLE parent_log (line)`,
		`INSERT INTO parent VALUES (1, 'a'), (2, 'b')`,
		`INSERT INTO child VALUES (1, 1), (2, 2), (3, 2)`,
		`INSERT INTO grandchild VALUES (1, 1), (2, 3)`,
		`INSERT INTO parent_log VALUES ('x')`,
	}
}

const rebuild = `
CREATE TABLE new_parent (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
INSERT INTO new_parent SELECT id, name FROM parent;
DROP TABLE parent;
ALTER TABLE new_parent RENAME TO parent`

func TestGuard(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		action string
		keys   string // foreign_keys of the URL
		off    bool   // the file turns them off
		sql    string
		want   []string // in the error; none: it passes
	}{
		{"rebuild deletes children", "ON DELETE CASCADE", "1", false, rebuild, []string{"child: 3 rows before, 0 after", "grandchild: 2 rows before, 0 after"}},
		{"rebuild empties references", "ON DELETE SET NULL", "1", false, rebuild, []string{"child: 3 rows before, 3 after", "SET NULL"}},
		{"rebuild with defaults", "DEFAULT NULL REFERENCES parent (id) ON DELETE SET DEFAULT", "1", false, rebuild, []string{"SET DEFAULT"}},
		{"rebuild, and the child is named too", "ON DELETE CASCADE", "1", false, `UPDATE child SET p = p; ` + rebuild, []string{"child: 3 rows"}},
		{"rebuild without foreign keys", "ON DELETE CASCADE", "0", false, rebuild, nil},
		{"rebuild as it should be", "ON DELETE CASCADE", "1", true, rebuild, nil},
		{"rebuild loses a parent", "ON DELETE CASCADE", "1", true, strings.Replace(rebuild, "FROM parent;", "FROM parent WHERE id = 1;", 1), []string{"child", "parent", "do not exist"}},
		{"explicit deletion cascades", "ON DELETE CASCADE", "1", false, `DELETE FROM parent WHERE id = 2`, nil},
		{"explicit deletion, then drop", "ON DELETE CASCADE", "1", false, `DELETE FROM parent; DROP TABLE parent`, nil},
		{"drop of an empty parent", "ON DELETE CASCADE", "1", false, `CREATE TABLE e (id INTEGER PRIMARY KEY); CREATE TABLE f (x REFERENCES e (id) ON DELETE CASCADE); DROP TABLE e`, nil},
		{"replace cascades", "ON DELETE CASCADE", "1", false, `REPLACE INTO parent VALUES (2, 'c')`, nil},
		{"trigger", "", "1", false, `CREATE TRIGGER tr AFTER UPDATE ON parent BEGIN INSERT INTO parent_log VALUES (new.name); END; UPDATE parent SET name = 'z'`, nil},
		{"name that begins alike", "ON DELETE CASCADE", "1", false, `UPDATE parent SET name = 'z'`, nil},
		{"drop a column", "", "1", false, `ALTER TABLE parent DROP COLUMN name`, nil},
		{"rename", "ON DELETE CASCADE", "1", false, `ALTER TABLE parent RENAME TO folk; ALTER TABLE folk RENAME COLUMN name TO n`, nil},
		{"full text", "", "0", false, `CREATE VIRTUAL TABLE ft USING fts5(a); INSERT INTO ft VALUES ('hello'); INSERT INTO ft SELECT name FROM parent`, nil},
		{"drop several", "ON DELETE CASCADE", "1", true, `DROP TABLE grandchild; DROP TABLE child; DROP TABLE parent`, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := newFile(t, family(c.action)...)
			before := contents(t, path)
			d := openDB(t, path, "foreign_keys="+c.keys)
			_, err := up(t.Context(), d, "b1", migrate.Step{Transaction: true, ForeignKeysOff: c.off}, c.sql)
			if got, e := d.Query(t.Context(), "PRAGMA foreign_keys"); e != nil || got[0].Text(0) != c.keys {
				t.Errorf("foreign_keys is %v after it, %v", got, e)
			}
			if len(c.want) == 0 {
				if err != nil {
					t.Fatal(err)
				}
				if _, err := d.Revert(t.Context(), request(d, "r1", "b1")); err != nil {
					t.Fatal(err)
				}
				same(t, contents(t, path), before)
				return
			}
			var guard *migrate.GuardError
			if !errors.As(err, &guard) {
				t.Fatalf("got %v, want a guard's error", err)
			}
			for _, w := range c.want {
				if !strings.Contains(strings.Join(guard.Unexplained, "\n"), w) {
					t.Errorf("%q is not in %v", w, guard.Unexplained)
				}
			}
			if contents(t, path) != before {
				t.Error("something changed")
			}
			if exists(path + ".safemigrate/b1") {
				t.Error("the snapshot of an undone transaction is still there")
			}
		})
	}
}

// TestGuardSeesWhatNoStatementNames has a table changed behind the back of the
// statements, by the connection itself.
func TestGuardSeesWhatNoStatementNames(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ sql, want string }{
		"rows":   {`DELETE FROM child WHERE id = 1`, "3 rows before, 2 after"},
		"values": {`UPDATE child SET p = 1`, "values changed"},
		"table":  {`DROP TABLE child`, "is gone"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			d := openDB(t, newFile(t, family("")...))
			if err := d.Begin(ctx, migrate.Step{Transaction: true}); err != nil {
				t.Fatal(err)
			}
			if _, err := d.Take(ctx, migrate.SnapshotRequest{ID: "b1", Database: dbIdentity(t, d), History: history}); err != nil {
				t.Fatal(err)
			}
			if err := runAll(ctx, d, `UPDATE parent SET name = 'x'; INSERT INTO parent_log VALUES (1)`); err != nil {
				t.Fatal(err)
			}
			if err := d.Exec(ctx, c.sql); err != nil {
				t.Fatal(err)
			}
			_, err := d.Guard(ctx, "b1", true)
			var guard *migrate.GuardError
			if !errors.As(err, &guard) || len(guard.Unexplained) != 1 || !strings.Contains(guard.Unexplained[0], c.want) {
				t.Fatalf("got %v", err)
			}
		})
	}
}

// TestIncomplete restores a batch of which only a step is committed.
func TestIncomplete(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	path := newFile(t, family("")...)
	before := contents(t, path)
	d := openDB(t, path)
	if err := d.Begin(ctx, migrate.Step{Transaction: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Take(ctx, migrate.SnapshotRequest{ID: "b1", Database: dbIdentity(t, d), History: history}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(ledger(ctx, d, "b1"), runAll(ctx, d, `DROP TABLE child`), d.Commit(ctx)); err != nil {
		t.Fatal(err)
	}
	// In another session, as recover is.
	r := openDB(t, path)
	q := request(r, "r1", "b1")
	q.Incomplete = true
	report, err := r.Revert(ctx, q)
	if err != nil || report.Quarantine != "r1" {
		t.Fatalf("%+v, %v", report, err)
	}
	same(t, contents(t, path), before)
}
