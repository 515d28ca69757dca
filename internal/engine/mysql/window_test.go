//go:build unix

package mysql

import (
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
	"github.com/safemigrate/safemigrate/migrate"
)

// TestRefitThatFails empties a table to which ALTER TABLE does not give its definition back,
// as it did without rows: for a foreign key that came meanwhile. What somebody writes to it
// before it is dropped is kept, and what it held is not taken for gone.
func TestRefitThatFails(t *testing.T) {
	t.Parallel()
	db := opened(t)
	ctx := t.Context()
	db.mustExec(t, "CREATE TABLE t (id int PRIMARY KEY, code bigint, KEY code (code))", "INSERT INTO t VALUES (1, 10), (2, 20)",
		"CREATE TABLE was (id int PRIMARY KEY, code int, KEY code (code))", "INSERT INTO was VALUES (1, 1)")
	if err := db.createStore(ctx); err != nil {
		t.Fatal(err)
	}
	now, err := db.census(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	kept, err := db.take(ctx, migrate.SnapshotRequest{ID: "q"}, before{State: now}, []string{"t"})
	if err != nil {
		t.Fatal(err)
	}
	is := now.Objects["table t"]
	want := is
	want.Create = catalog.Renamed(now.Objects["table was"].Create, "was", "t")
	of, err := db.shapeOf(ctx, "was")
	if err != nil {
		t.Fatal(err)
	}
	src := &source{way: wayRebuilt, copy: "was", of: of}
	wanted := catalog.State{Objects: map[string]catalog.Object{"table t": want}}
	v := &revert{DB: db, req: migrate.RevertRequest{Decide: migrate.Discard}, now: now, want: wanted, source: map[string]*source{"t": src},
		gone: map[string]bool{}, failed: map[string]error{}, kept: kept, mine: forms{"table t": {is.Create, want.Create}}}
	v.report.Tables = []migrate.TableReport{{Name: "t", Way: wayRebuilt}}
	db.mustExec(t, "CREATE TABLE child (id int PRIMARY KEY, code bigint, CONSTRAINT g FOREIGN KEY (code) REFERENCES t (code))")
	if done, err := v.refit(ctx, want, is, src, late{}); done || err == nil || !v.gone["t"] {
		t.Fatalf("done %v, gone %v (%v)", done, v.gone["t"], err)
	}
	db.mustExec(t, "INSERT INTO t VALUES (3, 30)")
	if err := v.dropFollowed(ctx, "t"); err != nil {
		t.Fatal(err)
	}
	rows, err := db.own.query(ctx, "SELECT group_concat(code ORDER BY code) FROM "+quote(kept.manifest.Tables[0].At))
	if err != nil || rows[0].Text(0) != "10,20,30" || kept.manifest.Tables[0].Rows != 3 {
		t.Errorf("kept are %v, and the manifest says %d rows (%v)", rows, kept.manifest.Tables[0].Rows, err)
	}
	if v.report.Tables[0].Written != 1 || v.report.Tables[0].Gone != 0 {
		t.Errorf("it reports %+v", v.report.Tables[0])
	}
}
