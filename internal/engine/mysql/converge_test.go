//go:build unix

package mysql

import (
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// TestTablesTellTheFirstError fills two tables, one of which does not take its rows: it is
// tried again, and what is said is why it did not take them.
func TestTablesTellTheFirstError(t *testing.T) {
	t.Parallel()
	db := opened(t)
	ctx := t.Context()
	db.mustExec(t, "CREATE TABLE a (id int PRIMARY KEY, n int, UNIQUE KEY one (n))", "CREATE TABLE b (id int PRIMARY KEY, n int)",
		"CREATE TABLE kept (id int PRIMARY KEY, n int)", "INSERT INTO kept VALUES (1, 7), (2, 7)")
	now, err := db.census(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	of, err := db.shapeOf(ctx, "kept")
	if err != nil {
		t.Fatal(err)
	}
	is, err := db.own.sumOf(ctx, "kept", of)
	if err != nil {
		t.Fatal(err)
	}
	src := &source{way: wayRefilled, copy: "kept", of: of, sum: snapshot.Table{Rows: is.rows, Sum: is.text}}
	v := &revert{DB: db, req: migrate.RevertRequest{}, now: now, want: now, source: map[string]*source{"a": src, "b": src},
		gone: map[string]bool{}, failed: map[string]error{}, loose: map[string]bool{}}
	v.mine = v.touched()
	if err := v.tables(ctx); err == nil || !strings.Contains(err.Error(), "table a: ") || !strings.Contains(err.Error(), "Duplicate entry") {
		t.Errorf("it says %v", err)
	}
	if n, err := db.own.number(ctx, "SELECT count(*) FROM b"); err != nil || n != 2 {
		t.Errorf("the other table has %d rows (%v)", n, err)
	}
}
