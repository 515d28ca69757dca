//go:build unix

package mysql

import (
	"slices"
	"testing"
)

// TestProveAdditions: a table is copied where what comes to it cannot be taken away again by
// ALTER TABLE, also where only the first of several statements leaves it so. What the server
// refuses proves nothing.
func TestProveAdditions(t *testing.T) {
	t.Parallel()
	db := opened(t)
	ctx := t.Context()
	const alters = "ALTER TABLE " + twin + " "
	steps := map[string][]string{
		"plain":    {alters + "ADD COLUMN b int", alters + "ADD KEY (b)"},
		"parted":   {alters + "ADD COLUMN b int", alters + "PARTITION BY HASH (id) PARTITIONS 2"},
		"wavering": {alters + "PARTITION BY HASH (id) PARTITIONS 2", alters + "REMOVE PARTITIONING"},
		"refused":  {alters + "ADD KEY (nobody)"},
	}
	b := before{additions: map[string]*rehearsal{}}
	for name, some := range steps {
		db.mustExec(t, "CREATE TABLE "+name+" (id int PRIMARY KEY, a int)")
		b.additions[name] = &rehearsal{steps: some}
	}
	now, err := db.census(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := db.openApp(ctx); err != nil {
		t.Fatal(err)
	}
	if err := db.proveAdditions(ctx, now, &b); err != nil {
		t.Fatal(err)
	}
	want := []string{"parted", "wavering"}
	if !slices.Equal(b.Endangered, want) || !slices.Equal(b.unproved, want) {
		t.Errorf("copied: %v, unproved: %v, want %v", b.Endangered, b.unproved, want)
	}
}
