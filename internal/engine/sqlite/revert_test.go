package sqlite_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/sqlite"
	"github.com/safemigrate/safemigrate/migrate"
)

var modes = []string{"DELETE", "WAL"}

const shop = `
CREATE TABLE customer (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, note TEXT);
CREATE TABLE stock (sku TEXT PRIMARY KEY, n INT) WITHOUT ROWID;
CREATE TABLE log (line);
CREATE INDEX by_name ON customer (name);
CREATE VIEW names AS SELECT name FROM customer;
INSERT INTO customer (name) VALUES ('Ada'), ('Bob'), ('Eve');
INSERT INTO stock VALUES ('a', 1), ('b', 2);
INSERT INTO log VALUES ('x'), ('x'), (NULL), (1.5), (x'00ff');
PRAGMA user_version = 7;`

const change = `
ALTER TABLE customer ADD COLUMN phone TEXT;
UPDATE customer SET phone = '1' WHERE id = 1;
DROP TABLE log;
CREATE TABLE added (id INTEGER PRIMARY KEY, x);
INSERT INTO added (x) VALUES (1), (2);
DELETE FROM stock WHERE sku = 'b';
PRAGMA user_version = 8`

func TestRevert(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			path := newFile(t, "PRAGMA journal_mode="+mode, shop)
			before := contents(t, path)
			other := app(t, path)
			d := openDB(t, path)
			effect := mustUp(t, d, "b1", change)
			if len(effect.Objects) == 0 || len(effect.Rows) == 0 {
				t.Errorf("effect: %+v", effect)
			}
			after := contents(t, path)
			if got := text(t, other, "SELECT count(*) FROM added"); got != "2" {
				t.Fatalf("the other connection sees %s", got)
			}

			plan := request(d, "r0", "b1")
			plan.PlanOnly = true
			report, err := d.Revert(t.Context(), plan)
			if err != nil || report.Losses() != 0 || len(report.Tables) != 4 {
				t.Fatalf("plan: %+v, %v", report, err)
			}
			if contents(t, path) != after || exists(path+".safemigrate/r0") {
				t.Fatal("a plan changed something")
			}

			report, err = d.Revert(t.Context(), request(d, "r1", "b1"))
			if err != nil || report.Quarantine != "r1" {
				t.Fatalf("revert: %+v, %v", report, err)
			}
			same(t, contents(t, path), before)
			if got := text(t, other, "SELECT count(*) FROM log"); got != "5" {
				t.Errorf("the other connection sees %s", got)
			}
			noLeftovers(t, path)

			if _, err := d.Revert(t.Context(), request(d, "u1", "r1")); err != nil {
				t.Fatalf("undo: %v", err)
			}
			same(t, contents(t, path), after)
			if _, err := d.Revert(t.Context(), request(d, "r2", "b1")); err != nil {
				t.Fatalf("rollback after the undo: %v", err)
			}
			same(t, contents(t, path), before)
			all, err := d.Snapshots(t.Context())
			if err != nil || len(all) != 4 {
				t.Fatalf("%d snapshots, %v", len(all), err)
			}
			for _, m := range all {
				if err := d.Verify(t.Context(), m); err != nil {
					t.Errorf("verify: %v", err)
				}
			}
		})
	}
}

func same(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// since are writes after a batch that changed nothing of what they write to.
var since = []struct {
	name   string
	writes []string
	want   map[string][2]int64 // where the whole file goes back; table: written, gone
}{
	{"nothing", nil, nil},
	{"insert", []string{`INSERT INTO customer (name) VALUES ('Zoe')`}, map[string][2]int64{"customer": {1, 0}}},
	{"update", []string{`UPDATE customer SET name = 'x' WHERE id < 3`}, map[string][2]int64{"customer": {2, 2}}},
	{"update that changes nothing", []string{`UPDATE customer SET name = name`}, nil},
	{"delete", []string{`DELETE FROM stock WHERE sku = 'a'`}, map[string][2]int64{"stock": {0, 1}}},
	{"duplicates", []string{`INSERT INTO log VALUES ('x'), ('x')`}, map[string][2]int64{"log": {2, 0}}},
	{"one of two duplicates", []string{`DELETE FROM log WHERE rowid = 1`}, map[string][2]int64{"log": {0, 1}}},
	{"type of a value", []string{`UPDATE log SET line = '1.5' WHERE line = 1.5`}, map[string][2]int64{"log": {1, 1}}},
	{"mixed", []string{`INSERT INTO customer (name) VALUES ('Zoe')`, `DELETE FROM customer WHERE id = 1`, `UPDATE stock SET n = 9 WHERE sku = 'a'`},
		map[string][2]int64{"customer": {1, 1}, "stock": {1, 1}}},
	{"vacuum", []string{`DELETE FROM log WHERE rowid = 1`, `INSERT INTO log VALUES ('x')`, `VACUUM`}, nil},
	{"statistics", []string{`ANALYZE`}, nil},
}

const quietChange = `ALTER TABLE customer ADD COLUMN phone; DELETE FROM stock WHERE sku = 'b'`

// TestWrittenSinceStays is the promise: rows of tables that the batch did not
// touch, or that go back in place, are as if only the application had written.
func TestWrittenSinceStays(t *testing.T) {
	t.Parallel()
	for _, c := range since {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			want := contents(t, newFile(t, append([]string{shop}, c.writes...)...))
			path := newFile(t, shop)
			d := openDB(t, path)
			mustUp(t, d, "b1", quietChange)
			must(t, app(t, path), c.writes...)
			now := contents(t, path)
			report, err := d.Revert(t.Context(), request(d, "r1", "b1"))
			if err != nil || report.Losses() != 0 || report.Whole != "" {
				t.Fatalf("%+v, %v", report, err)
			}
			same(t, withoutStatistics(contents(t, path)), withoutStatistics(want))
			if report, err = d.Revert(t.Context(), request(d, "u1", "r1")); err != nil || report.Whole != "" {
				t.Fatalf("undo: %+v, %v", report, err)
			}
			same(t, contents(t, path), now)
		})
	}
}

// withoutStatistics leaves out what ANALYZE writes: it also counts the tables of
// safemigrate, and is no row of the application.
func withoutStatistics(all string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(all, "\n"), func(line string) bool {
		return strings.HasPrefix(line, "sqlite_stat")
	}), "\n")
}

// TestWrittenSince is the same where the whole file has to go back.
func TestWrittenSince(t *testing.T) {
	t.Parallel()
	for _, c := range since {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := newFile(t, shop)
			d := openDB(t, path)
			mustUp(t, d, "b1", quietChange)
			forgetChanges(t, path, "b1")
			other := app(t, path)
			must(t, other, c.writes...)
			now := contents(t, path)
			report, err := d.Revert(t.Context(), request(d, "r1", "b1"))
			if report.Whole == "" {
				t.Errorf("the report does not say why: %+v", report)
			}
			if c.want == nil {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if _, ok := errors.AsType[*migrate.UndecidedError](err); !ok {
				t.Fatalf("got %v, want undecided", err)
			}
			checkLosses(t, report, c.want)
			refusesToKeep(t, d, len(c.want))
			if contents(t, path) != now || exists(path+".safemigrate/r1") || exists(path+".safemigrate/r2") {
				t.Fatal("a refusal changed something")
			}
			discard := request(d, "r3", "b1")
			discard.Decide = migrate.Discard
			report, err = d.Revert(t.Context(), discard)
			if err != nil {
				t.Fatal(err)
			}
			checkLosses(t, report, c.want)
			if _, err := d.Revert(t.Context(), request(d, "u", "r3")); err != nil {
				t.Fatalf("undo: %v", err)
			}
			same(t, contents(t, path), now)
		})
	}
}

func refusesToKeep(t *testing.T, d *sqlite.DB, tables int) {
	t.Helper()
	keep := request(d, "r2", "b1")
	keep.Decide = migrate.Keep
	var refused *migrate.KeepError
	if _, err := d.Revert(t.Context(), keep); !errors.As(err, &refused) || len(refused.Tables) != tables {
		t.Fatalf("got %v, want a refusal to keep", err)
	}
}

// TestWrittenOver counts only rows that both the batch and somebody since
// changed: these need a decision, and nothing else goes with them.
func TestWrittenOver(t *testing.T) {
	t.Parallel()
	const rebuild = `DROP VIEW names; CREATE TABLE new (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL);
		INSERT INTO new SELECT id, name FROM customer; DROP TABLE customer; ALTER TABLE new RENAME TO customer;
		CREATE INDEX by_name ON customer (name); CREATE VIEW names AS SELECT name FROM customer`
	cases := []struct {
		name, change string
		writes       []string
		want         map[string][2]int64
		kept         string // a query for rows that stay
	}{
		{"an updated row", `UPDATE customer SET note = 'n' WHERE id = 1`,
			[]string{`UPDATE customer SET name = 'x' WHERE id = 1`, `INSERT INTO customer (name) VALUES ('Zoe')`, `UPDATE customer SET name = 'y' WHERE id = 2`},
			map[string][2]int64{"customer": {1, 1}}, `SELECT name FROM customer WHERE id IN (2, 4)`},
		{"an updated row, deleted since", `UPDATE stock SET n = n + 1`, []string{`DELETE FROM stock WHERE sku = 'a'`, `INSERT INTO stock VALUES ('z', 0)`},
			map[string][2]int64{"stock": {0, 1}}, `SELECT sku FROM stock WHERE sku = 'z'`},
		{"an inserted row, updated since", `INSERT INTO stock VALUES ('c', 3), ('d', 4)`, []string{`UPDATE stock SET n = 9 WHERE sku = 'c'`, `INSERT INTO stock VALUES ('z', 0)`},
			map[string][2]int64{"stock": {1, 1}}, `SELECT sku FROM stock WHERE sku = 'z'`},
		{"a deleted row, inserted since", `DELETE FROM stock WHERE sku = 'a'`, []string{`INSERT INTO stock VALUES ('a', 9), ('z', 0)`},
			map[string][2]int64{"stock": {1, 0}}, `SELECT sku FROM stock WHERE sku = 'z'`},
		{"without a key", `UPDATE log SET line = 'y' WHERE rowid = 1`, []string{`UPDATE log SET line = 'z' WHERE rowid = 1`, `INSERT INTO stock VALUES ('z', 0)`},
			map[string][2]int64{"log": {1, 1}}, `SELECT sku FROM stock WHERE sku = 'z'`},
		{"a table that goes", `CREATE TABLE added (x); INSERT INTO added VALUES (1)`, []string{`INSERT INTO added VALUES (2)`, `INSERT INTO log VALUES (7)`},
			map[string][2]int64{"added": {1, 0}}, `SELECT line FROM log WHERE line = 7`},
		{"a rebuilt table that keeps its later rows", rebuild, []string{`INSERT INTO customer (name) VALUES ('Zoe')`, `UPDATE customer SET name = 'x' WHERE id = 2`},
			nil, `SELECT name FROM customer WHERE id IN (2, 4)`},
		{"a later row that cannot stand in the old table", `ALTER TABLE customer ADD COLUMN first; UPDATE customer SET first = name; DROP VIEW names; DROP INDEX by_name; ALTER TABLE customer DROP COLUMN name`,
			[]string{`INSERT INTO customer (first) VALUES ('Zoe')`, `INSERT INTO stock VALUES ('z', 0)`},
			map[string][2]int64{"customer": {1, 0}}, `SELECT sku FROM stock WHERE sku = 'z'`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := newFile(t, shop)
			d := openDB(t, path)
			mustUp(t, d, "b1", c.change)
			other := app(t, path)
			must(t, other, c.writes...)
			now, kept := contents(t, path), text(t, other, c.kept)
			report, err := d.Revert(t.Context(), request(d, "r1", "b1"))
			if _, ok := errors.AsType[*migrate.UndecidedError](err); ok != (c.want != nil) || err != nil && !ok {
				t.Fatalf("got %+v, %v", report, err)
			}
			checkLosses(t, report, c.want)
			if c.want != nil {
				refusesToKeep(t, d, len(c.want))
				same(t, contents(t, path), now)
				r := request(d, "r1", "b1")
				r.PlanOnly = true
				if planned, err := d.Revert(t.Context(), r); err != nil || planned.Losses() != report.Losses() {
					t.Fatalf("plan: %+v, %v", planned, err)
				}
				r.PlanOnly, r.Decide = false, migrate.Discard
				if report, err = d.Revert(t.Context(), r); err != nil {
					t.Fatal(err)
				}
			}
			if report.Whole != "" {
				t.Errorf("whole: %s", report.Whole)
			}
			if got := text(t, other, c.kept); got != kept || got == "" {
				t.Errorf("kept %q, want %q", got, kept)
			}
			if _, err := d.Revert(t.Context(), request(d, "u1", "r1")); err != nil {
				t.Fatalf("undo: %v", err)
			}
			same(t, contents(t, path), now)
		})
	}
}

func checkLosses(t *testing.T, r migrate.RevertReport, want map[string][2]int64) {
	t.Helper()
	for _, table := range r.Tables {
		if got := [2]int64{table.Written, table.Gone}; got != want[table.Name] {
			t.Errorf("%s: written and gone %v, want %v", table.Name, got, want[table.Name])
		}
	}
	for name := range want {
		found := false
		for _, table := range r.Tables {
			found = found || table.Name == name
		}
		if !found {
			t.Errorf("%s is not in the report %+v", name, r)
		}
	}
}

// TestDriftStops has somebody change what the batch changed, too.
func TestDriftStops(t *testing.T) {
	t.Parallel()
	for name, sql := range map[string]string{
		"index dropped":             `DROP INDEX by_name`,
		"column added":              `ALTER TABLE stock ADD COLUMN y`,
		"version number":            `PRAGMA user_version = 99`,
		"dropped table made anew":   `CREATE TABLE log (other)`,
		"view of a table that goes": `CREATE INDEX mine ON added (x)`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := newFile(t, shop)
			d := openDB(t, path)
			mustUp(t, d, "b1", change)
			other := app(t, path)
			must(t, other, sql)
			now := contents(t, path)
			r := request(d, "r1", "b1")
			r.Decide = migrate.Discard
			report, err := d.Revert(t.Context(), r)
			var conflict *migrate.ConflictError
			if !errors.As(err, &conflict) || len(conflict.Conflicts) != 1 || len(report.Drift) != 1 {
				t.Fatalf("got %+v, %v", report, err)
			}
			t.Log(err)
			if contents(t, path) != now {
				t.Error("something changed")
			}
		})
	}
}

// TestDriftStays has somebody change what the batch did not touch: it is named
// and left alone, and stops only a way back that is the whole file.
func TestDriftStays(t *testing.T) {
	t.Parallel()
	for name, sql := range map[string]string{
		"table created": `CREATE TABLE mine (x); INSERT INTO mine VALUES (1)`,
		"view created":  `CREATE VIEW mine AS SELECT 1`,
		"index created": `CREATE INDEX mine ON quiet (x)`,
		"column added":  `ALTER TABLE quiet ADD COLUMN mine`,
		"setting":       `PRAGMA application_id = 12`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const quiet = `CREATE TABLE quiet (x)`
			want := contents(t, newFile(t, shop, quiet, sql))
			path := newFile(t, shop, quiet)
			d := openDB(t, path)
			mustUp(t, d, "b1", change)
			must(t, app(t, path), sql)
			report, err := d.Revert(t.Context(), request(d, "r1", "b1"))
			if err != nil || len(report.Drift) != 1 {
				t.Fatalf("got %+v, %v", report, err)
			}
			same(t, contents(t, path), want)
			mustUp(t, d, "b2", change)
			forgetChanges(t, path, "b2")
			must(t, app(t, path), `CREATE TABLE stray (x)`)
			if _, err := d.Revert(t.Context(), request(d, "r2", "b2")); !errors.As(err, new(*migrate.ConflictError)) {
				t.Errorf("whole file: %v", err)
			}
		})
	}
}

func TestSeveralBatches(t *testing.T) {
	t.Parallel()
	const c, zoe = `INSERT INTO stock VALUES ('c', 3)`, `INSERT INTO customer (name) VALUES ('Zoe')`
	want := contents(t, newFile(t, shop, c, zoe))
	for _, whole := range []bool{false, true} {
		path := newFile(t, shop)
		before := contents(t, path)
		other := app(t, path)
		d := openDB(t, path)
		mustUp(t, d, "b1", `ALTER TABLE customer ADD COLUMN phone`)
		must(t, other, c)
		mustUp(t, d, "b2", `DROP TABLE log`)
		mustUp(t, d, "b3", `CREATE TABLE late (x); INSERT INTO late VALUES (1)`)
		must(t, other, zoe)
		now := contents(t, path)
		r := request(d, "r1", "b3", "b2", "b1")
		if whole {
			forgetChanges(t, path, "b1")
			report, err := d.Revert(t.Context(), r)
			if _, ok := errors.AsType[*migrate.UndecidedError](err); !ok {
				t.Fatalf("got %v", err)
			}
			checkLosses(t, report, map[string][2]int64{"customer": {1, 0}, "stock": {1, 0}})
			r.Decide, want = migrate.Discard, before
		}
		if report, err := d.Revert(t.Context(), r); err != nil || (report.Whole != "") != whole {
			t.Fatalf("%+v, %v", report, err)
		}
		same(t, contents(t, path), want)
		if _, err := d.Revert(t.Context(), request(d, "u1", "r1")); err != nil {
			t.Fatal(err)
		}
		same(t, contents(t, path), now)
	}
}

func TestUnknownState(t *testing.T) {
	t.Parallel()
	path := newFile(t, shop)
	d := openDB(t, path)
	mustUp(t, d, "b1", change)
	other := app(t, path)
	must(t, other, `INSERT INTO added VALUES (9, 9)`)
	files, err := filepath.Glob(path + ".safemigrate/b1/after-*")
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	flip(t, files[0], 3)
	report, err := d.Revert(t.Context(), request(d, "r1", "b1"))
	var undecided *migrate.UndecidedError
	if !errors.As(err, &undecided) {
		t.Fatalf("damaged hashes: got %v", err)
	}
	checkLosses(t, report, map[string][2]int64{"added": {-1, -1}})
	must(t, other, `DELETE FROM safemigrate_state`)
	if _, err := d.Revert(t.Context(), request(d, "r1", "b1")); !errors.As(err, &undecided) {
		t.Fatalf("no record: got %v", err)
	}
}
