package sqlite_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"github.com/safemigrate/safemigrate/migrate"
)

// TestTorture takes batches up and back in files of every kind.
func TestTorture(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		before []string
		change string
	}{
		{"page size of 512", []string{`PRAGMA page_size=512`, shop}, change},
		{"page size of 65536", []string{`PRAGMA page_size=65536`, shop}, change},
		{"auto_vacuum full", []string{`PRAGMA auto_vacuum=FULL`, shop}, change},
		{"auto_vacuum incremental", []string{`PRAGMA auto_vacuum=INCREMENTAL`, shop}, change},
		{"UTF-16", []string{`PRAGMA encoding='UTF-16be'`, shop, `INSERT INTO customer (name) VALUES ('äöü€𝄞')`}, change},
		{"application id", []string{shop, `PRAGMA application_id=1234`}, `PRAGMA application_id=99; DROP VIEW names`},
		{"strict and generated", []string{`CREATE TABLE s (a INT, b TEXT AS (upper(a)), c REAL AS (a * 2) STORED, d ANY) STRICT`,
			`INSERT INTO s (a, d) VALUES (1, x'00'), (NULL, 'x'), (9223372036854775807, 1e300)`}, `ALTER TABLE s DROP COLUMN c; UPDATE s SET d = 1`},
		{"all values", []string{`CREATE TABLE v (x)`,
			`INSERT INTO v VALUES (NULL), (0), (0.0), (-0.0), (''), (x''), ('0'), (x'30'), (9e999), (-9e999), (-9223372036854775808), ('a' || char(0) || 'b'), (cast(x'ff80' AS TEXT)), (zeroblob(200000))`},
			`DELETE FROM v`},
		{"names", []string{`CREATE TABLE "select ""x""; --" ("from" INTEGER PRIMARY KEY, "a b" TEXT)`, `CREATE TABLE "Ünï" (x)`,
			`INSERT INTO "select ""x""; --" VALUES (1, 'y')`, `INSERT INTO "Ünï" VALUES (1)`}, `DROP TABLE "select ""x""; --"`},
		{"full text and r-tree", nil, ``},
		{"triggers and views", []string{shop, `CREATE TRIGGER tr AFTER INSERT ON customer BEGIN INSERT INTO log VALUES (new.name); END`,
			`CREATE TRIGGER iv INSTEAD OF INSERT ON names BEGIN INSERT INTO customer (name) VALUES (new.name); END`},
			`INSERT INTO names VALUES ('Zoe'); DROP TRIGGER tr; DROP VIEW names`},
		{"no row at all", []string{`CREATE TABLE e (x)`}, `DROP TABLE e`},
		{"two hundred tables", manyTables(), `DROP TABLE t7; ALTER TABLE t8 RENAME TO t7`},
		{"autoincrement", []string{shop, `DELETE FROM customer`}, `INSERT INTO customer (name) VALUES ('x')`},
	}
	for _, c := range cases {
		for _, mode := range modes {
			t.Run(c.name+" "+mode, func(t *testing.T) {
				t.Parallel()
				path := newFile(t, append(c.before, "PRAGMA journal_mode="+mode)...)
				d := openDB(t, path)
				if len(c.before) == 0 {
					mustUp(t, d, "b0", `CREATE VIRTUAL TABLE ft USING fts5(a); CREATE VIRTUAL TABLE rt USING rtree(id, a, b);
						INSERT INTO ft VALUES ('hello world'); INSERT INTO rt VALUES (1, 2, 3)`)
					c.change = `INSERT INTO ft VALUES ('again'); DELETE FROM rt; CREATE VIRTUAL TABLE ft2 USING fts5(b)`
				}
				before := contents(t, path)
				mustUp(t, d, "b1", c.change)
				after := contents(t, path)
				if _, err := d.Revert(t.Context(), request(d, "r1", "b1")); err != nil {
					t.Fatal(err)
				}
				same(t, contents(t, path), before)
				if _, err := d.Revert(t.Context(), request(d, "u1", "r1")); err != nil {
					t.Fatal(err)
				}
				same(t, contents(t, path), after)
			})
		}
	}
}

func manyTables() []string {
	var all strings.Builder
	for i := range 200 {
		fmt.Fprintf(&all, "CREATE TABLE t%d (x INTEGER PRIMARY KEY, y UNIQUE); INSERT INTO t%d (y) VALUES (%d);", i, i, i)
	}
	return []string{"BEGIN; " + all.String() + "COMMIT"}
}

// TestFileSettings has a batch change what the file itself keeps: page size
// and journal mode, which no transaction can hold.
func TestFileSettings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ before, outside, mode string }{
		"to WAL":                     {"PRAGMA journal_mode=DELETE", `PRAGMA journal_mode=WAL`, "delete"},
		"from WAL":                   {"PRAGMA journal_mode=WAL", `PRAGMA journal_mode=DELETE`, "wal"},
		"page size":                  {"PRAGMA page_size=1024", `PRAGMA page_size=8192; VACUUM`, "delete"},
		"smaller pages":              {"PRAGMA page_size=65536", `PRAGMA page_size=512; VACUUM`, "delete"},
		"page size, then WAL":        {"PRAGMA page_size=1024", `PRAGMA page_size=8192; VACUUM; PRAGMA journal_mode=WAL`, "delete"},
		"from WAL to larger and WAL": {"PRAGMA journal_mode=WAL", `PRAGMA journal_mode=DELETE; PRAGMA page_size=8192; VACUUM; PRAGMA journal_mode=WAL`, "wal"},
		"auto_vacuum":                {"PRAGMA auto_vacuum=NONE", `PRAGMA auto_vacuum=FULL; VACUUM`, "delete"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			path := newFile(t, c.before, shop)
			before := contents(t, path)
			d := openDB(t, path)
			if err := d.Begin(ctx, migrate.Step{}); err != nil {
				t.Fatal(err)
			}
			if _, err := d.Take(ctx, migrate.SnapshotRequest{ID: "b1", Database: dbIdentity(t, d), History: history}); err != nil {
				t.Fatal(err)
			}
			for _, f := range []func() error{
				func() error { return ledger(ctx, d, "b1") },
				func() error { return d.Commit(ctx) },
				func() error { return runAll(ctx, d, c.outside) },
				func() error { return d.Begin(ctx, migrate.Step{Transaction: true}) },
				func() error { return runAll(ctx, d, `DROP TABLE log`) },
				func() error { _, err := d.Guard(ctx, "b1", true); return err },
				func() error { return d.Commit(ctx) },
			} {
				if err := f(); err != nil {
					t.Fatal(err)
				}
			}
			after := contents(t, path)
			report, err := d.Revert(ctx, request(d, "r1", "b1"))
			if err != nil || len(report.Drift) != 0 {
				t.Fatalf("%+v, %v", report, err)
			}
			same(t, contents(t, path), before)
			// Asked for on the session's own connection: any other would be in
			// the way of the undo, which may need the file alone.
			if _, err := d.Query(ctx, "SELECT count(*) FROM customer"); err != nil {
				t.Fatal(err)
			}
			if rows, err := d.Query(ctx, "PRAGMA journal_mode"); err != nil || rows[0].Text(0) != c.mode {
				t.Errorf("journal mode %s, %v; want %s", rows[0].Text(0), err, c.mode)
			}
			if _, err := d.Revert(ctx, request(d, "u1", "r1")); err != nil {
				t.Fatal(err)
			}
			same(t, contents(t, path), after)
		})
	}
}

// TestUnknownToUs has a schema that needs what only the application has: a
// collation, a function, a module.
func TestUnknownToUs(t *testing.T) {
	t.Parallel()
	path := newFile(t)
	c := app(t, path)
	if err := c.CreateCollation("home", bytes.Compare); err != nil {
		t.Fatal(err)
	}
	if err := c.CreateFunction("mine", 1, sqlite3.DETERMINISTIC|sqlite3.INNOCUOUS, func(ctx sqlite3.Context, _ ...sqlite3.Value) { ctx.ResultInt(1) }); err != nil {
		t.Fatal(err)
	}
	must(t, c, `CREATE TABLE a (x TEXT COLLATE home, y AS (mine(x)))`, `CREATE INDEX ax ON a (x)`, `CREATE INDEX am ON a (mine(x))`,
		`INSERT INTO a VALUES ('b'), ('a')`,
		`CREATE TABLE plain (x)`, `PRAGMA writable_schema=1`,
		`INSERT INTO sqlite_schema VALUES ('table', 'odd', 'odd', 0, 'CREATE VIRTUAL TABLE odd USING nowhere_module(x)')`, `PRAGMA writable_schema=RESET`)
	d := openDB(t, path)
	mustUp(t, d, "b1", `INSERT INTO plain VALUES (1); ALTER TABLE plain ADD COLUMN y`)
	if _, err := d.Revert(t.Context(), request(d, "r1", "b1")); err != nil {
		t.Fatal(err)
	}
	if got := text(t, c, `SELECT count(*) FROM plain`) + text(t, c, `SELECT count(*) FROM a`); got != "02" {
		t.Errorf("got %s", got)
	}
}
