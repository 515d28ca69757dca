//go:build unix

package enginetest_test

import (
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/migrate"
)

// TestPartitionsMadeAnewKeepTheirPlace: the record of a batch names indexes of
// partitions by numbers, which change when the undo of a rollback makes the whole
// tree anew.
func TestPartitionsMadeAnewKeepTheirPlace(t *testing.T) {
	t.Parallel()
	p := prepared(t, "CREATE TABLE apart (id integer);", map[string]string{"1_apart.up.sql": "DROP TABLE apart;"})
	p.Up(t, safemigrate.UpOptions{})
	p.Add(map[string]string{
		"2_tree.up.sql": "CREATE TABLE o (id integer NOT NULL, PRIMARY KEY (id)) PARTITION BY RANGE (id);" +
			"CREATE TABLE o1 PARTITION OF o FOR VALUES FROM (0) TO (10); CREATE TABLE o2 PARTITION OF o FOR VALUES FROM (10) TO (20);" +
			"INSERT INTO o VALUES (1), (11);",
	})
	const parts = "SELECT string_agg(inhrelid::regclass || ' of ' || inhparent::regclass, ', ' ORDER BY inhrelid::regclass::text) FROM pg_inherits"
	const all = "o1 of o, o1_pkey of o_pkey, o2 of o, o2_pkey of o_pkey"
	p.Up(t, safemigrate.UpOptions{})
	same(t, p, parts, all)
	p.Add(map[string]string{"3_drop.up.sql": "DROP TABLE o1;"})
	p.Up(t, safemigrate.UpOptions{})
	first := "1"
	p.Rollback(t, safemigrate.RollbackOptions{To: &first})
	p.Rollback(t, safemigrate.RollbackOptions{Undo: true})
	same(t, p, parts, "o2 of o, o2_pkey of o_pkey")
	p.Rollback(t, safemigrate.RollbackOptions{})
	same(t, p, parts, all)
	same(t, p, "SELECT string_agg(id::text, ',' ORDER BY id) FROM o", "1,11")
}

// TestUndoOfWhatCannotBeMadeAgain: nobody changed anything, and the message does not
// say so.
func TestUndoOfWhatCannotBeMadeAgain(t *testing.T) {
	t.Parallel()
	p := prepared(t, "", map[string]string{
		"1_tree.up.sql": "CREATE TABLE a (x integer); CREATE TABLE d (own integer) INHERITS (a); ALTER TABLE a ADD late integer;",
	})
	p.Up(t, safemigrate.UpOptions{})
	p.Rollback(t, safemigrate.RollbackOptions{})
	_, err := p.TryRollback(t, safemigrate.RollbackOptions{Undo: true})
	enginetest.Fails(t, err, migrate.NoWayBack, "cannot be brought back: table public.d cannot be made anew")
}
