//go:build unix

package mysql

import (
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
	"github.com/safemigrate/safemigrate/internal/testmy"
	"github.com/safemigrate/safemigrate/snapshot"
)

// TestLateKeys fills tables whose keys come after their rows: which they are, that they are
// away meanwhile, and that the definition is the same to the last byte.
func TestLateKeys(t *testing.T) {
	t.Parallel()
	db := opened(t)
	ctx := t.Context()
	db.mustExec(t, "CREATE TABLE parent (id int PRIMARY KEY, code int, KEY code (code))")
	for _, c := range []struct {
		name, definition string
		rows             int64
		mariadb, mysql   string // the keys that come later, last first
	}{
		{"two keys", "id int PRIMARY KEY, a int, b varchar(40), KEY one (b(7), a), KEY two (a) COMMENT 'x')", lateFrom, "two one", "two one"},
		{"few rows", "id int PRIMARY KEY, a int, b int, KEY one (a))", lateFrom - 1, "", ""},
		{"no primary key", "id int, a int, b int, KEY one (a))", lateFrom, "one", "one"},
		{"what says which rows there can be stays", "id int PRIMARY KEY, a int, b int, KEY one (a), UNIQUE two (b, a))", lateFrom, "one", "one"},
		{"words and places stay", "id int PRIMARY KEY, a text, b geometry NOT NULL, KEY one (a(3)), FULLTEXT two (a), SPATIAL three (b))", lateFrom, "", ""},
		{"words stay", "id int PRIMARY KEY, a varchar(20), b int, KEY one (b), FULLTEXT two (a))", lateFrom, "one", "one"},
		{"what counts by itself needs its key", "id int PRIMARY KEY, n int NOT NULL AUTO_INCREMENT, a int, b int, KEY one (n), KEY two (a))", lateFrom, "two", "two"},
		{"over a generated column", "id int PRIMARY KEY, a int, b int AS (a + 1), KEY one (a), KEY two (b))", lateFrom, "", ""},
		{"a foreign key's", "id int PRIMARY KEY, a int, b int, KEY one (a), KEY two (b), CONSTRAINT f FOREIGN KEY (a) REFERENCES parent (code))", lateFrom, "two", ""},
		{"one that others refer to", "id int PRIMARY KEY, a int, b int, KEY two (b), KEY one (a))", lateFrom, "", ""},
		{"partitions", "id int PRIMARY KEY, a int, b int, KEY one (a)) PARTITION BY HASH (id) PARTITIONS 2", lateFrom, "", ""},
		{"another engine", "id int PRIMARY KEY, a int, b int, KEY one (a)) ENGINE=MyISAM", lateFrom, "", ""},
	} {
		db.mustExec(t, "DROP TABLE IF EXISTS child, t", "CREATE TABLE t ("+c.definition)
		if strings.HasPrefix(c.name, "one that") {
			db.mustExec(t, "CREATE TABLE child (a int, KEY a (a), CONSTRAINT g FOREIGN KEY (a) REFERENCES t (a))")
		}
		state, err := db.census(ctx, "")
		if err != nil {
			t.Fatal(err)
		}
		want := state.Objects[catalog.Table+" t"]
		keys, err := (&revert{DB: db}).lateKeys(ctx, want, &source{sum: snapshot.Table{Rows: c.rows}})
		if err != nil {
			t.Fatal(err)
		}
		names := c.mariadb
		if testmy.Tested() == testmy.MySQL {
			names = c.mysql
		}
		if got := strings.NewReplacer("DROP KEY ", "", "`", "").Replace(strings.Join(keys.drops, " ")); got != names {
			t.Errorf("%s: %q, want %q", c.name, got, names)
		}
		db.mustExec(t, "LOCK TABLES t WRITE")
		meanwhile := 0
		err = keys.around(ctx, db.own, "t", func() error {
			rows, err := db.own.query(ctx, "SHOW CREATE TABLE t")
			if err == nil {
				meanwhile = strings.Count(want.Create, "KEY `") - strings.Count(rows[0].Text(1), "KEY `")
			}
			return err
		})
		db.mustExec(t, "UNLOCK TABLES")
		if err != nil || meanwhile != len(keys.drops) {
			t.Errorf("%s: %d keys were away, want %d (%v)", c.name, meanwhile, len(keys.drops), err)
		}
		if state, err = db.census(ctx, ""); err != nil || state.Objects[want.Key()] != want {
			t.Errorf("%s: now %s, want %s (%v)", c.name, state.Objects[want.Key()].Create, want.Create, err)
		}
	}
}

// TestLateKeysByCopying makes keys where the server does not make them beside the rows, as
// it may have no room to sort them.
func TestLateKeysByCopying(t *testing.T) {
	t.Parallel()
	db := opened(t)
	db.mustExec(t, "CREATE TABLE t (id int PRIMARY KEY, a int, KEY k (a))")
	keys := late{[]string{"DROP KEY `k`"}, []string{"ADD KEY `k` (`a`)", "MODIFY COLUMN a bigint"}} // which needs a copy
	err := keys.around(t.Context(), db.own, "t", func() error { return db.own.exec(t.Context(), "INSERT INTO t VALUES (1, 2), (2, 1)") })
	if err != nil {
		t.Fatal(err)
	}
	if n, err := db.own.number(t.Context(), "SELECT count(*) FROM t FORCE INDEX (k) WHERE a > 0"); err != nil || n != 2 {
		t.Errorf("%d rows (%v)", n, err)
	}
}
