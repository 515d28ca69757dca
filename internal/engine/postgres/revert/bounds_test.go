package revert_test

import (
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/revert"
	"github.com/safemigrate/safemigrate/internal/testpg"
)

// TestRowsForAPartitionThatComesBackMeanwhile: what somebody writes into a default partition
// while tables are made beside does not stay there beside a partition that it belongs into, also
// where the server does not look.
func TestRowsForAPartitionThatComesBackMeanwhile(t *testing.T) {
	t.Parallel()
	for _, bounds := range []string{"('a')", "('a', NULL)"} {
		t.Run(bounds, func(t *testing.T) {
			t.Parallel()
			db := testpg.Start(t).Database(t)
			db.Exec(t, "CREATE SCHEMA safemigrate; CREATE TABLE p (k text) PARTITION BY LIST (k); CREATE TABLE a PARTITION OF p FOR VALUES IN "+bounds+"; CREATE TABLE d PARTITION OF p DEFAULT;")
			b := begin(t, db, 1)
			b.apply(t, "ALTER TABLE p DETACH PARTITION a;", nil)
			in := b.input(t)
			in.Answers = revert.Answers{}
			plan := b.planOf(t, in)
			tx := transaction(t, db)
			if _, err := plan.Prepare(t.Context(), tx); err != nil {
				t.Fatal(err)
			}
			db.Exec(t, "INSERT INTO p VALUES ('a')")
			if _, _, err := plan.Apply(t.Context(), tx); err == nil || !strings.Contains(err.Error(), "partition") {
				t.Errorf("a row of another partition is in the default one: %v", err)
			}
		})
	}
}
