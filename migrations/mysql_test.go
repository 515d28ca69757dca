//go:build unix

package migrations_test

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/testmy"
	"github.com/safemigrate/safemigrate/migrate"
)

// TestMySQLSamplesGoBack applies the shop, one release and the failing one, and
// takes the release back: after each step schema and rows are what they were.
func TestMySQLSamplesGoBack(t *testing.T) {
	t.Parallel()
	d := testmy.Start(t).Database(t)
	source := os.DirFS(withDemo(t, "mysql"))
	db, err := safemigrate.Open(t.Context(), safemigrate.Config{Database: d.URL, FS: source})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Up(t.Context(), safemigrate.UpOptions{To: "10"}); err != nil {
		t.Fatal(err)
	}
	state := func() string { return testmy.WithoutCounters(d.Dump(t)) + d.Rows(t) }
	before := state()

	plan, err := db.Plan(t.Context(), safemigrate.UpOptions{To: "11"})
	if err != nil {
		t.Fatal(err)
	}
	got := []string{}
	for _, table := range plan.Snapshot.Footprint.Tables {
		got = append(got, fmt.Sprintf("%s %s %v", table.Name, table.Rows, table.Columns))
	}
	if want := []string{fmt.Sprintf("customers %s [{telephone %s}]", migrate.LosesColumns, migrate.DroppedAway)}; !slices.Equal(got, want) {
		t.Errorf("footprint %q, want %q", got, want)
	}
	if _, err := db.Up(t.Context(), safemigrate.UpOptions{To: "11"}); err != nil {
		t.Fatal(err)
	}
	released := state()
	if _, err := db.Up(t.Context(), safemigrate.UpOptions{}); err == nil {
		t.Fatal("the bad release was applied")
	}
	if now := state(); now != released {
		t.Errorf("after the failing release:\n%s\nbefore it:\n%s", now, released)
	}
	if _, err := db.Rollback(t.Context(), safemigrate.RollbackOptions{}); err != nil {
		t.Fatal(err)
	}
	if now := state(); now != before {
		t.Errorf("after the rollback:\n%s\nbefore the release:\n%s", now, before)
	}
}
