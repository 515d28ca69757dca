package sqlite_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/sqlite"
	"github.com/safemigrate/safemigrate/migrate"
)

// scripts cuts files into statements; each is the next of the batch.
func scripts(t *testing.T, d *sqlite.DB, files ...string) []migrate.Script {
	t.Helper()
	var out []migrate.Script
	for i, text := range files {
		m := migrate.Migration{File: fmt.Sprintf("%d.sql", i+1), Text: text}
		statements, err := d.Split(m)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, migrate.Script{Migration: m, Statements: statements})
	}
	return out
}

// verdicts shows a footprint on one line for each table and object.
func verdicts(f *migrate.Footprint) string {
	if f == nil {
		return "unknown"
	}
	var lines []string
	for _, t := range f.Tables {
		words := []string{fmt.Sprintf("%s: %s %v", t.Name, t.Rows, t.Files)}
		for _, c := range t.Columns {
			words = append(words, c.Name+" "+string(c.Verdict))
		}
		lines = append(lines, strings.Join(words, ", "))
	}
	return strings.Join(append(lines, f.Objects...), "\n")
}

const kinship = `
CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE child (id INTEGER PRIMARY KEY, parent INT REFERENCES parent ON DELETE CASCADE);
CREATE TABLE note (id INTEGER PRIMARY KEY, child INT REFERENCES child ON DELETE SET NULL);
CREATE TABLE audit (line TEXT);
CREATE TABLE quiet (x);
CREATE TRIGGER audited AFTER UPDATE OF name ON parent BEGIN INSERT INTO audit VALUES (new.name); END;
CREATE VIEW named AS SELECT name FROM parent;
CREATE TRIGGER through INSTEAD OF INSERT ON named BEGIN INSERT INTO parent (name) VALUES (new.name); END;
INSERT INTO parent VALUES (1, 'a'), (2, 'b');
INSERT INTO child VALUES (1, 1), (2, 2);
INSERT INTO note VALUES (1, 1), (2, 2);
INSERT INTO quiet VALUES (1);`

func TestFootprint(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files []string
		want  string
	}{
		"column added":   {[]string{`ALTER TABLE quiet ADD COLUMN y; UPDATE quiet SET y = x`}, "quiet: added to [1.sql], y added to"},
		"column dropped": {[]string{`ALTER TABLE note DROP COLUMN child`}, "note: loses columns [1.sql], child dropped"},
		"column renamed": {[]string{`ALTER TABLE quiet RENAME COLUMN x TO y`}, "quiet: renamed [1.sql], x renamed"},
		"table renamed, then written to": {[]string{`ALTER TABLE quiet RENAME TO loud`, `UPDATE loud SET x = 7`},
			"quiet: loses or changes rows [1.sql 2.sql], x loses or changes rows"},
		"table dropped":  {[]string{`DROP TABLE quiet`}, "quiet: dropped [1.sql]"},
		"rows inserted":  {[]string{`INSERT INTO quiet VALUES (2)`}, "quiet: added to [1.sql]"},
		"no row changed": {[]string{`UPDATE quiet SET x = 9 WHERE x = 100`}, ""},
		"trigger": {[]string{`UPDATE parent SET name = 'c' WHERE id = 1`},
			"audit: added to [1.sql]\nparent: loses or changes rows [1.sql], name loses or changes rows"},
		"cascade and set null": {[]string{`DELETE FROM parent WHERE id = 1`},
			"child: loses or changes rows [1.sql]\nnote: loses or changes rows [1.sql], child loses or changes rows\nparent: loses or changes rows [1.sql]"},
		"through a view": {[]string{`INSERT INTO named VALUES ('z')`}, "parent: added to [1.sql]"},
		"made anew": {[]string{"CREATE TABLE q (x TEXT, y); INSERT INTO q SELECT x, 1 FROM quiet; DROP TABLE quiet; ALTER TABLE q RENAME TO quiet"},
			"quiet: loses or changes rows [1.sql], y added to"},
		"made anew without loss": {[]string{"CREATE TABLE q (x, y); INSERT INTO q SELECT x, 1 FROM quiet; DROP TABLE quiet; ALTER TABLE q RENAME TO quiet"},
			"quiet: rewritten without loss [1.sql], y added to"},
		"made and destroyed": {[]string{`CREATE TABLE t (x); INSERT INTO t VALUES (1); DROP TABLE t`}, ""},
		"other objects":      {[]string{`CREATE INDEX i ON quiet (x); DROP VIEW named; CREATE TABLE t (x); PRAGMA user_version = 3`}, "index i created\nsetting user_version changed from 0 to 3\ntable t created\ntrigger through dropped\nview named dropped"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := newFile(t, kinship)
			before := contents(t, path)
			d := openDB(t, path, "foreign_keys=1")
			e, err := d.Estimate(t.Context(), migrate.EstimateRequest{Scripts: scripts(t, d, c.files...), History: history})
			if err != nil || e.Fails != "" || len(e.Warnings) > 0 {
				t.Fatalf("%+v, %v", e, err)
			}
			got := strings.Split(verdicts(e.Footprint), "\n")
			slices.Sort(got)
			if strings.Join(got, "\n") != c.want {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), c.want)
			}
			same(t, contents(t, path), before)
			if exists(path + ".safemigrate") {
				t.Error("a rehearsal leaves a directory")
			}
		})
	}
}

// TestRehearsalFails finds the place of an error, on a copy.
func TestRehearsalFails(t *testing.T) {
	t.Parallel()
	path := newFile(t, kinship)
	d := openDB(t, path)
	e, err := d.Estimate(t.Context(), migrate.EstimateRequest{
		Scripts: scripts(t, d, "DELETE FROM quiet;", "\n  INSERT INTO nowhere VALUES (1)"), History: history})
	if err != nil || e.Footprint != nil || !strings.HasPrefix(e.Fails, "2.sql:2:") || !strings.Contains(e.Fails, "no such table: nowhere") {
		t.Fatalf("%+v, %v", e, err)
	}
	if got := text(t, app(t, path), "SELECT * FROM quiet"); got != "1" {
		t.Errorf("the live file has %s", got)
	}
}

// TestRehearsalOnDisk has a file that is too large for memory: its copy lies in
// a directory of its own, and is gone afterwards, as are those of the dead.
func TestRehearsalOnDisk(t *testing.T) {
	t.Parallel()
	path := newFile(t, kinship, `CREATE TABLE big (x)`, `INSERT INTO big SELECT zeroblob(1000000) FROM
		(WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40) SELECT i FROM n)`)
	d := openDB(t, path)
	r := migrate.EstimateRequest{Scripts: scripts(t, d, "DELETE FROM big WHERE rowid > 1"), History: history}
	for _, home := range []bool{false, true} {
		dead := filepath.Join(path+".safemigrate", "rehearsal-dead.tmp")
		if home {
			if err := os.MkdirAll(dead, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dead, "lock"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path+".safemigrate", 0o700); err != nil {
				t.Fatal(err)
			}
		}
		e, err := d.Estimate(t.Context(), r)
		if err != nil || len(e.Warnings) != 1 || !strings.Contains(e.Warnings[0], "tried on a copy") {
			t.Fatalf("%+v, %v", e, err)
		}
		if got := verdicts(e.Footprint); got != "big: loses or changes rows [1.sql]" {
			t.Errorf("got %s", got)
		}
		if home != exists(path+".safemigrate") || exists(dead) {
			t.Error("leftovers")
		}
		noLeftovers(t, path)
	}
	if got := text(t, app(t, path), "SELECT count(*) FROM big"); got != "40" {
		t.Errorf("the live file has %s rows", got)
	}
}
