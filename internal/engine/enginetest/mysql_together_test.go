//go:build unix

package enginetest_test

import (
	"testing"

	"github.com/safemigrate/safemigrate"
)

// TestMySQLTogether takes several batches back at once, to which a table is another one each.
// Nobody wrote since, so nothing is to be decided.
func TestMySQLTogether(t *testing.T) {
	t.Parallel()
	for name, batches := range map[string][]string{
		"another name, then rows":       {"RENAME TABLE t TO u;", "UPDATE u SET n = n + 1 WHERE id < 3;"},
		"another name, then every row":  {"RENAME TABLE t TO u;", "ALTER TABLE u ADD COLUMN w int; UPDATE u SET w = 1; ALTER TABLE u DROP COLUMN n;"},
		"another name, then it is more": {"RENAME TABLE t TO u;", "ALTER TABLE u ADD COLUMN w int;"},
		"another name, then it goes":    {"RENAME TABLE t TO u;", "DROP TABLE u;"},
		"a key, then rows":              {"ALTER TABLE t ADD KEY by_nb (n, b);", "UPDATE t SET n = n + 1 WHERE id < 3; DELETE FROM t WHERE id = 4;"},
		"another name, and another":     {"RENAME TABLE t TO u;", "RENAME TABLE u TO v;"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			togetherBack(t, "CREATE TABLE t (id int PRIMARY KEY, b int, n int); INSERT INTO t VALUES (1, 1, 10), (2, 2, 20), (3, 3, 30), (4, 4, 40)", batches)
		})
	}
}

// togetherBack takes batches over a schema back at once, and that back in turn.
func togetherBack(t *testing.T, schema string, batches []string) {
	t.Helper()
	p, d := myProject(t, nil, map[string]string{})
	p.Exec(t, schema)
	before := d.Fingerprint(t)
	var after string
	for i, batch := range batches {
		p.Add(map[string]string{string(rune('1'+i)) + "_x.up.sql": batch})
		p.Up(t, safemigrate.UpOptions{})
		after = d.Fingerprint(t)
	}
	none := ""
	p.Rollback(t, safemigrate.RollbackOptions{To: &none})
	p.Is(t, before, "after the rollback")
	p.Rollback(t, safemigrate.RollbackOptions{Undo: true})
	p.Is(t, after, "after the undo")
}
