package sqlite_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate/migrate"
)

func TestRunErrors(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, sql string
		char      int // expected place, 0: any
		want      string
	}{
		{"syntax", `INSERT INTO customer (name) VALEUS ('x')`, 29, "VALEUS"},
		{"syntax behind letters of many bytes", `INSERT INTO customer (name) VALUES ('äöü€𝄞') FORM`, 46, "FORM"},
		{"unknown column", `SELECT 1, surname FROM customer`, 11, "surname"},
		{"unknown table", `DELETE FROM nowhere`, 0, "nowhere"},
		{"constraint", `INSERT INTO customer (name) VALUES (NULL)`, 0, "NOT NULL"},
		{"attach", `ATTACH '/nowhere/x.db' AS y`, 0, "ATTACH in a migration"},
		{"transaction", `COMMIT`, 0, "its step has one"},
		{"rollback in a conflict", `INSERT OR ROLLBACK INTO stock VALUES ('a', 1)`, 0, "UNIQUE"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := newFile(t, shop)
			before := contents(t, path)
			d := openDB(t, path)
			_, err := up(t.Context(), d, "b1", migrate.Step{Transaction: true}, `CREATE TABLE x (y);`+c.sql)
			var st *migrate.StatementError
			if !errors.As(err, &st) || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v", err)
			}
			if c.char != 0 && st.Char != c.char {
				t.Errorf("at character %d, want %d (%v)", st.Char, c.char, err)
			}
			if contents(t, path) != before || exists(path+".safemigrate/b1") {
				t.Error("something changed")
			}
		})
	}
}

// TestOutside runs what no transaction can hold.
func TestOutside(t *testing.T) {
	t.Parallel()
	d := openDB(t, newFile(t, shop))
	if err := runAll(t.Context(), d, `VACUUM; PRAGMA journal_mode = WAL; PRAGMA optimize; REINDEX; ANALYZE`); err != nil {
		t.Fatal(err)
	}
	if err := runAll(t.Context(), d, `VACUUM INTO '`+t.TempDir()+`/copy.db'`); err != nil {
		t.Fatal(err)
	}
}

// TestLikeOtherDrivers runs what the plain tool's drivers accept.
func TestLikeOtherDrivers(t *testing.T) {
	t.Parallel()
	d := openDB(t, newFile(t, shop))
	mustUp(t, d, "b1", `CREATE TABLE q (a TEXT DEFAULT "none", b);
		INSERT INTO q (b) SELECT "text" WHERE "x" = 'x';
		CREATE VIRTUAL TABLE geo USING rtree(id, a, b);
		INSERT INTO geo VALUES (1, 2, 3);
		SAVEPOINT s; DELETE FROM q; ROLLBACK TO s; RELEASE s`)
	rows, err := d.Query(t.Context(), `SELECT a, b FROM q`)
	if err != nil || len(rows) != 1 || rows[0].Text(0) != "none" {
		t.Fatalf("%v, %v", rows, err)
	}
}

// TestEndFile leaves settings and temporary objects behind in a file.
func TestEndFile(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	d := openDB(t, newFile(t, family("")...), "foreign_keys=1", "recursive_triggers=1")
	if err := d.Begin(ctx, migrate.Step{Transaction: true}); err != nil {
		t.Fatal(err)
	}
	err := runAll(ctx, d, `CREATE TEMP TABLE tt (a INTEGER PRIMARY KEY); CREATE TEMP VIEW tv AS SELECT * FROM tt;
		CREATE TEMP TRIGGER ttr AFTER INSERT ON main.parent BEGIN SELECT 1; END;
		PRAGMA recursive_triggers = 0; PRAGMA case_sensitive_like = 1; PRAGMA writable_schema = 1;
		PRAGMA query_only = 1; PRAGMA ignore_check_constraints = 1; PRAGMA locking_mode = EXCLUSIVE; PRAGMA legacy_alter_table = 1`)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.EndFile(ctx); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		`SELECT count(*) FROM temp.sqlite_schema`: "0", `PRAGMA recursive_triggers`: "1", `SELECT 'a' LIKE 'A'`: "1",
		`PRAGMA writable_schema`: "0", `PRAGMA query_only`: "0", `PRAGMA ignore_check_constraints`: "0",
		`PRAGMA locking_mode`: "normal", `PRAGMA legacy_alter_table`: "0",
	} {
		if rows, err := d.Query(ctx, query); err != nil || rows[0].Text(0) != want {
			t.Errorf("%s: %s, %v; want %s", query, rows[0].Text(0), err, want)
		}
	}
	if err := runAll(ctx, d, `PRAGMA defer_foreign_keys = 1; INSERT INTO child VALUES (77, 77)`); err != nil {
		t.Fatal(err)
	}
	if err := d.EndFile(ctx); err == nil || !strings.Contains(err.Error(), "foreign key") {
		t.Fatalf("a deferred violation: got %v", err)
	}
	if err := d.Abort(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	path := newFile(t, shop)
	before := contents(t, path)
	d := openDB(t, path)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := up(ctx, d, "b1", migrate.Step{Transaction: true},
		`INSERT INTO log WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000) SELECT i FROM n`)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
	if err := d.Abort(ctx); err != nil {
		t.Fatal(err)
	}
	if contents(t, path) != before {
		t.Error("something changed")
	}
}

func TestQueryValues(t *testing.T) {
	t.Parallel()
	d := openDB(t, newFile(t))
	rows, err := d.Query(t.Context(), `SELECT $1, $2, $3, $4, 1.5, x'4142', $1 || $1`, "a", int64(-3), true, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"a", "-3", "1", "", "1.5", "AB", "aa"}
	for i, w := range want {
		if rows[0].Text(i) != w {
			t.Errorf("column %d: %q, want %q", i, rows[0].Text(i), w)
		}
	}
	if rows[0][3] != nil || !rows[0].True(2) {
		t.Errorf("null or bool: %v", rows[0])
	}
	if _, err := d.Query(t.Context(), `SELECT $1`, "a", "b"); err == nil {
		t.Error("a parameter too many is no error")
	}
}
