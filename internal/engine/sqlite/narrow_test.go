package sqlite_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/migrate"
)

const kin = `
CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT UNIQUE, old TEXT NOT NULL DEFAULT 'none');
CREATE TABLE child (id INTEGER PRIMARY KEY AUTOINCREMENT, parent INT REFERENCES parent ON DELETE CASCADE);
CREATE TABLE pairs (a INT, b TEXT COLLATE NOCASE, v, PRIMARY KEY (b, a)) WITHOUT ROWID;
CREATE TABLE loose (line);
CREATE TABLE strictly (id TEXT PRIMARY KEY, n INTEGER, twice INTEGER AS (n * 2) STORED) STRICT;
CREATE INDEX by_name ON parent (lower(name)) WHERE name IS NOT NULL;
CREATE VIEW names AS SELECT name FROM parent;
CREATE TRIGGER follows AFTER INSERT ON parent WHEN new.id > 100 BEGIN INSERT INTO loose VALUES (new.name); END;
INSERT INTO parent (id, name) VALUES (1, 'a'), (2, 'b'), (3, 'c');
INSERT INTO child (parent) VALUES (1), (2), (3);
INSERT INTO pairs VALUES (1, 'x', 1), (2, 'x', 2), (1, 'y', 3);
INSERT INTO loose VALUES ('l'), ('l'), (NULL);
INSERT INTO strictly (id, n) VALUES ('p', 1), ('q', 2);`

// TestBackAroundLaterRows takes back each kind of change while later rows stay:
// what is there then is what the application alone would have made of the file.
func TestBackAroundLaterRows(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change string
		writes []string // after the batch
		alone  []string // the same for a file without it, where that reads otherwise
	}{
		"column added": {`ALTER TABLE parent ADD COLUMN extra DEFAULT 5; UPDATE parent SET extra = id`,
			[]string{`INSERT INTO parent (id, name) VALUES (7, 'z')`, `UPDATE parent SET name = 'bb' WHERE id = 2`, `DELETE FROM parent WHERE id = 3`}, nil},
		"column dropped": {`ALTER TABLE parent DROP COLUMN old`,
			[]string{`INSERT INTO parent (id, name) VALUES (7, 'z')`, `UPDATE parent SET name = 'bb' WHERE id = 2`}, nil},
		"column renamed": {`ALTER TABLE pairs RENAME COLUMN v TO value`,
			[]string{`INSERT INTO pairs (a, b, value) VALUES (9, 'z', 9)`}, []string{`INSERT INTO pairs (a, b, v) VALUES (9, 'z', 9)`}},
		"table renamed": {`ALTER TABLE loose RENAME TO lines`,
			[]string{`INSERT INTO lines VALUES ('later')`}, []string{`INSERT INTO loose VALUES ('later')`}},
		"parent renamed": {`ALTER TABLE parent RENAME TO elder`,
			[]string{`INSERT INTO elder (id, name) VALUES (7, 'z')`, `INSERT INTO child (parent) VALUES (7)`},
			[]string{`INSERT INTO parent (id, name) VALUES (7, 'z')`, `INSERT INTO child (parent) VALUES (7)`}},
		"table made anew": {`DROP VIEW names; CREATE TABLE new (id INTEGER PRIMARY KEY, name TEXT UNIQUE, old TEXT, more);
			INSERT INTO new (id, name, old) SELECT id, name, old FROM parent; DROP TABLE parent; ALTER TABLE new RENAME TO parent`,
			[]string{`INSERT INTO parent (id, name, old) VALUES (7, 'z', 'o')`, `INSERT INTO child (parent) VALUES (7)`}, nil},
		"rows with two key columns": {`UPDATE pairs SET v = v + 10 WHERE b = 'X'; DELETE FROM pairs WHERE b = 'y'`,
			[]string{`INSERT INTO pairs VALUES (5, 'x', 5), (2, 'y', 0)`}, nil},
		"rows without a key": {`DELETE FROM loose WHERE line IS NULL; INSERT INTO loose VALUES ('new')`,
			[]string{`INSERT INTO loose VALUES ('later')`, `DELETE FROM loose WHERE rowid = 1`}, nil},
		"strict and generated": {`UPDATE strictly SET n = 100 WHERE id = 'p'; ALTER TABLE strictly ADD COLUMN more TEXT`,
			[]string{`INSERT INTO strictly (id, n) VALUES ('z', 26)`, `UPDATE strictly SET n = 7 WHERE id = 'q'`}, nil},
		"cascade": {`DELETE FROM parent WHERE id = 1`,
			[]string{`INSERT INTO child (parent) VALUES (2)`, `INSERT INTO parent (id, name) VALUES (7, 'z')`}, nil},
		"keys that come back": {`DELETE FROM child WHERE id = 3; DELETE FROM loose`,
			[]string{`INSERT INTO pairs VALUES (5, 'x', 5)`}, nil},
		"index, trigger and view": {`DROP INDEX by_name; DROP TRIGGER follows; DROP VIEW names; CREATE VIEW names AS SELECT 1; CREATE UNIQUE INDEX u ON child (id, parent)`,
			[]string{`INSERT INTO parent (id, name) VALUES (7, 'z')`, `INSERT INTO child (parent) VALUES (7)`}, nil},
		"settings": {`PRAGMA user_version = 9; PRAGMA application_id = 8`, []string{`INSERT INTO loose VALUES ('later')`}, nil},
		"virtual tables": {`CREATE VIRTUAL TABLE ft USING fts5(a); INSERT INTO ft VALUES ('x'); CREATE VIRTUAL TABLE rt USING rtree(id, a, b)`,
			[]string{`INSERT INTO loose VALUES ('later')`}, nil},
		"statistics": {`ANALYZE`, []string{`INSERT INTO loose VALUES ('later')`}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			alone := c.alone
			if alone == nil {
				alone = c.writes
			}
			on := `PRAGMA foreign_keys = ON`
			want := contents(t, newFile(t, append([]string{kin, on}, alone...)...))
			path := newFile(t, kin)
			d := openDB(t, path, "foreign_keys=1")
			if _, err := up(t.Context(), d, "b1", migrate.Step{Transaction: true, ForeignKeysOff: strings.Contains(c.change, "CREATE TABLE new")}, c.change); err != nil {
				t.Fatal(err)
			}
			must(t, app(t, path), append([]string{on}, c.writes...)...)
			now := contents(t, path)
			report, err := d.Revert(t.Context(), request(d, "r1", "b1"))
			if err != nil || report.Whole != "" {
				t.Fatalf("%+v, %v", report, err)
			}
			same(t, contents(t, path), want)
			if report, err = d.Revert(t.Context(), request(d, "u1", "r1")); err != nil || report.Whole != "" {
				t.Fatalf("undo: %+v, %v", report, err)
			}
			same(t, contents(t, path), now)
			if rows, err := d.Query(t.Context(), "PRAGMA foreign_keys"); err != nil || !rows[0].True(0) {
				t.Errorf("the session's foreign keys are off: %v", err)
			}
		})
	}
}

// TestWholeFileBecause names each reason for which the whole file goes back.
func TestWholeFileBecause(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before, change string
		writes         []string
		because        string
	}{
		"later rows refer to what goes": {kin, `INSERT INTO parent (id, name) VALUES (7, 'z')`,
			[]string{`INSERT INTO child (parent) VALUES (7)`}, "rows written since refer to what goes"},
		"a virtual table": {`CREATE TABLE t (x)`, `INSERT INTO ft VALUES ('x')`,
			[]string{`INSERT INTO ft VALUES ('y')`}, "rows were written since to the virtual table ft"},
		"the first counter": {`CREATE TABLE t (x)`, `CREATE TABLE u (id INTEGER PRIMARY KEY AUTOINCREMENT)`,
			nil, "SQLite's own table of counters"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := newFile(t, c.before)
			d := openDB(t, path)
			if strings.Contains(c.change, " ft ") {
				mustUp(t, d, "b0", `CREATE VIRTUAL TABLE ft USING fts5(a)`)
			}
			before := contents(t, path)
			mustUp(t, d, "b1", c.change)
			other := openDB(t, path) // an application that has the modules
			for _, w := range c.writes {
				if err := other.Exec(t.Context(), w); err != nil {
					t.Fatal(err)
				}
			}
			now := contents(t, path)
			report, err := d.Revert(t.Context(), request(d, "r1", "b1"))
			if errors.As(err, new(*migrate.UndecidedError)) != (c.writes != nil) || !strings.Contains(report.Whole, c.because) {
				t.Fatalf("%+v, %v", report, err)
			}
			if c.writes != nil {
				same(t, contents(t, path), now)
				r := request(d, "r1", "b1")
				r.Decide = migrate.Discard
				if _, err := d.Revert(t.Context(), r); err != nil {
					t.Fatal(err)
				}
			}
			same(t, contents(t, path), before)
			if _, err := d.Revert(t.Context(), request(d, "u1", "r1")); err != nil {
				t.Fatal(err)
			}
			same(t, contents(t, path), now)
		})
	}
}
