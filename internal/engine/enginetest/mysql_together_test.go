//go:build unix

package enginetest_test

import (
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/migrate"
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
		"made, then another name":       {"CREATE TABLE m (id int PRIMARY KEY); INSERT INTO m VALUES (1);", "RENAME TABLE m TO u;"},
		"made, then two other names":    {"CREATE TABLE m (id int PRIMARY KEY); INSERT INTO m VALUES (1);", "RENAME TABLE m TO u;", "INSERT INTO u VALUES (2);", "RENAME TABLE u TO v;"},
		"another name, and back":        {"RENAME TABLE t TO u;", "RENAME TABLE u TO t;"},
		"another name, back and forth":  {"RENAME TABLE t TO u;", "RENAME TABLE u TO t;", "RENAME TABLE t TO v;"},
		"made, gone, and made again":    {"CREATE TABLE m (id int PRIMARY KEY); INSERT INTO m VALUES (1);", "DROP TABLE m;", "CREATE TABLE m (id int, w int); INSERT INTO m VALUES (2, 2);"},
		"gone, and another of its name": {"DROP TABLE t;", "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (7);"},
		"made from the old, renamed":    {"CREATE TABLE m LIKE t; INSERT INTO m SELECT * FROM t;", "RENAME TABLE m TO u; DELETE FROM u WHERE id = 1;", "ALTER TABLE u DROP COLUMN b;"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			togetherBack(t, "CREATE TABLE t (id int PRIMARY KEY, b int, n int); INSERT INTO t VALUES (1, 1, 10), (2, 2, 20), (3, 3, 30), (4, 4, 40)", batches)
		})
	}
}

// TestMySQLTogetherCounts takes two batches back at once, of which the newer one renamed the
// table: what was written to it since is counted by the name that it has now.
func TestMySQLTogetherCounts(t *testing.T) {
	t.Parallel()
	p, _ := myProject(t, nil, map[string]string{"1_x.up.sql": "ALTER TABLE t ADD COLUMN w int; UPDATE t SET w = 1; ALTER TABLE t DROP COLUMN n;"})
	p.Exec(t, "CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 10), (2, 20)")
	p.Up(t, safemigrate.UpOptions{})
	p.Add(map[string]string{"2_x.up.sql": "RENAME TABLE t TO u;"})
	p.Up(t, safemigrate.UpOptions{})
	p.Exec(t, "INSERT INTO u VALUES (3, 3)")
	none := ""
	_, err := p.TryRollback(t, safemigrate.RollbackOptions{To: &none})
	enginetest.Fails(t, err, migrate.Undecided)
	p.Rollback(t, safemigrate.RollbackOptions{To: &none, Decide: migrate.Discard})
	if got := strings.Join(p.Rows(t, "SELECT concat(id, ' ', n) FROM t ORDER BY id"), ", "); got != "1 10, 2 20" {
		t.Errorf("the rows are %s", got)
	}
}

// TestMySQLTogetherNames: a table whose name another one got in the meantime goes back with
// that one batch after batch, and not at once.
func TestMySQLTogetherNames(t *testing.T) {
	t.Parallel()
	p, d := myProject(t, nil, map[string]string{"1_x.up.sql": "RENAME TABLE t TO u;", "2_x.up.sql": "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (7);"})
	p.Exec(t, "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)")
	before := d.Fingerprint(t)
	p.Up(t, safemigrate.UpOptions{Limit: 1})
	p.Up(t, safemigrate.UpOptions{Limit: 1})
	after, none := d.Fingerprint(t), ""
	for _, planned := range []bool{true, false} {
		_, err := p.TryRollback(t, safemigrate.RollbackOptions{To: &none, Plan: planned})
		enginetest.Fails(t, err, migrate.NoWayBack, "table u was called t", "once for each of them")
	}
	p.Is(t, after, "after the refusals")
	p.Rollback(t, safemigrate.RollbackOptions{})
	p.Rollback(t, safemigrate.RollbackOptions{})
	p.Is(t, before, "after one rollback after the other")
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
