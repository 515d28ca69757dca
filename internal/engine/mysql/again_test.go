//go:build unix

package mysql

import (
	"strings"
	"testing"
)

// TestRemakeable has a text for the definition of which the server makes another table, and
// one of which it makes none.
func TestRemakeable(t *testing.T) {
	t.Parallel()
	db := opened(t)
	ctx := t.Context()
	db.mustExec(t, "CREATE TABLE a (id int AUTO_INCREMENT PRIMARY KEY, n int DEFAULT 3, CONSTRAINT c CHECK (n > 0))", "CREATE TABLE b (id int PRIMARY KEY)")
	now, err := db.census(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := db.remakeable(ctx, now, []string{"a", "b", "a"}); err != nil {
		t.Error(err)
	}
	o := now.Objects["table b"]
	o.Create = strings.Replace(o.Create, "`id` int", "`id` INTEGER", 1)
	now.Objects["table b"] = o
	if err := db.remakeable(ctx, now, []string{"a", "b"}); err == nil || !strings.Contains(err.Error(), "table b could not be made again as it is (it would have `id` int") {
		t.Errorf("of another text: %v", err)
	}
	o.Create = strings.Replace(o.Create, "`id` INTEGER", "`id` nothing", 1)
	now.Objects["table b"] = o
	if err := db.remakeable(ctx, now, []string{"b"}); err == nil || !strings.Contains(err.Error(), "table b could not be made again as it is (") {
		t.Errorf("of a text that is none: %v", err)
	}
	left, err := db.own.number(ctx, "SELECT count(*) FROM information_schema.tables WHERE table_schema = database() AND table_name LIKE 'safemigrate%'")
	if err != nil || left != 0 {
		t.Errorf("it leaves %d tables (%v)", left, err)
	}
}
