//go:build unix

package enginetest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/internal/testmy"
	"github.com/safemigrate/safemigrate/migrate"
)

// TestMySQLUnruly takes definitions back of tables in which the server would put other values
// into rows on the way there, or would refuse rows on the way back, since they break a rule
// which was not kept when they were written. Such tables are copied, and go back from it.
func TestMySQLUnruly(t *testing.T) {
	t.Parallel()
	const (
		loose  = "?sql_mode=%27%27"
		zeros  = "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO'; "
		breaks = "SET SESSION check_constraint_checks = 0; "
	)
	for _, c := range []struct {
		name, base, batch, url string
		only                   testmy.Product
		spared                 bool // MariaDB takes the row back as it is
	}{
		{name: "0 in a column that comes to count", base: zeros + "CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t VALUES (0, 1), (5, 2)", batch: "ALTER TABLE t MODIFY id int NOT NULL AUTO_INCREMENT;"},
		{name: "no value in a column that comes to count", base: "CREATE TABLE t (id int PRIMARY KEY, a int, UNIQUE KEY (a)); INSERT INTO t VALUES (1, NULL), (5, 2)", batch: "ALTER TABLE t MODIFY a int AUTO_INCREMENT;"},
		{name: "another column comes to count", base: "CREATE TABLE t (id int PRIMARY KEY AUTO_INCREMENT, a int NOT NULL, KEY k (a)); INSERT INTO t VALUES (1, 0), (5, 2)", batch: "ALTER TABLE t MODIFY id int NOT NULL, MODIFY a int NOT NULL AUTO_INCREMENT;"},
		{name: "no time", only: testmy.MariaDB, base: "CREATE TABLE t (id int PRIMARY KEY, a timestamp NULL); INSERT INTO t VALUES (1, NULL), (5, '2020-01-01')", batch: "ALTER TABLE t MODIFY a timestamp NOT NULL;"},
		{name: "no time in a key", only: testmy.MariaDB, base: "CREATE TABLE t (id int PRIMARY KEY, a timestamp NULL); INSERT INTO t VALUES (1, NULL), (5, '2020-01-01')", batch: "ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (id, a);"},
		{name: "no value in a key", url: loose, base: "CREATE TABLE t (id int, a int, KEY k (a)); INSERT INTO t VALUES (1, NULL), (5, 2)", batch: "ALTER TABLE t ADD PRIMARY KEY (id, a), DROP KEY k;"},
		{name: "a check", only: testmy.MariaDB, spared: true, base: breaks + "CREATE TABLE t (id int PRIMARY KEY, a int, CONSTRAINT c CHECK (a > 0)); INSERT INTO t VALUES (1, -1), (2, 2)", batch: "ALTER TABLE t DROP CONSTRAINT c;"},
		{name: "a check of a column", only: testmy.MariaDB, spared: true, base: breaks + "CREATE TABLE t (id int PRIMARY KEY, a int CHECK (a > 0)); INSERT INTO t VALUES (1, -1), (2, 2)", batch: "ALTER TABLE t MODIFY a bigint;"},
		{name: "no label", base: "SET SESSION sql_mode = ''; CREATE TABLE t (id int PRIMARY KEY, a enum('x','y')); INSERT INTO t VALUES (1, 'z'), (2, 'x')", batch: "ALTER TABLE t MODIFY a enum('x','y','z');"},
	} {
		if !testmy.Knows(c.only) {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			kept := "t"
			if c.spared {
				kept = ""
			}
			comesBack(t, c.url, c.base, c.batch, kept)
		})
	}
}

// comesBack takes a batch back, in a rollback and where it fails behind its last statement.
func comesBack(t *testing.T, options, base, batch, kept string) {
	t.Helper()
	p, d := myProject(t, nil, map[string]string{"1_x.up.sql": batch})
	p.Config.Database = d.URL() + options
	p.Exec(t, base)
	before := d.Fingerprint(t)
	if got := keptOf(p.Up(t, safemigrate.UpOptions{})); got != kept {
		t.Errorf("kept %q, want %q", got, kept)
	}
	after := d.Fingerprint(t)
	p.Rollback(t, safemigrate.RollbackOptions{})
	p.Is(t, before, "after the rollback")
	p.Rollback(t, safemigrate.RollbackOptions{Undo: true})
	p.Is(t, after, "after its undo")
	p.Rollback(t, safemigrate.RollbackOptions{})
	p.Add(map[string]string{"1_x.up.sql": batch + "\nSELECT * FROM nowhere;"})
	_, err := p.TryUp(t, safemigrate.UpOptions{})
	enginetest.Fails(t, err, migrate.Restored, "nowhere")
	p.Is(t, before, "after the restore")
}

// TestMySQLSparedToItself takes definitions back with foreign keys of a table to itself, over
// columns and keys that come back with them.
func TestMySQLSparedToItself(t *testing.T) {
	t.Parallel()
	for name, batch := range map[string]string{
		"types":  "ALTER TABLE t DROP FOREIGN KEY f, DROP KEY f; ALTER TABLE t MODIFY c bigint, MODIFY up bigint;",
		"a key":  "ALTER TABLE t DROP FOREIGN KEY f; ALTER TABLE t DROP KEY k, DROP KEY f;",
		"to two": "ALTER TABLE t DROP FOREIGN KEY f; ALTER TABLE t ADD CONSTRAINT g FOREIGN KEY (id) REFERENCES t (c); ALTER TABLE t DROP FOREIGN KEY g;",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			comesBack(t, "", "CREATE TABLE t (id int PRIMARY KEY, up int, c int, UNIQUE KEY k (c), CONSTRAINT f FOREIGN KEY (up) REFERENCES t (c) ON UPDATE CASCADE); INSERT INTO t VALUES (10, NULL, 10), (20, 10, 20), (30, 30, 30)", batch, "")
		})
	}
}

// TestMySQLOddNames has batches name a table in ways that are rarely written.
func TestMySQLOddNames(t *testing.T) {
	t.Parallel()
	const columns = " (id int PRIMARY KEY, n varchar(10), m int, KEY k (n)); "
	const modes = "?sql_mode=%27ANSI_QUOTES,STRICT_TRANS_TABLES%27"
	for name, c := range map[string]struct{ url, table string }{
		"a quote":                {modes, `"a""b"`},
		"a blank":                {modes, `"a b"`},
		"a quote in backquotes":  {"", "`a\"b`"},
		"a backquote":            {"", "`a``b.c`"},
		"a letter and its mark":  {"", "e\u0301te\u0301"},
		"not a letter":           {"", "a\u20acb"},
		"behind a quote of text": {"", "/* it`s \" */ t"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := strings.TrimPrefix(strings.Trim(strings.ReplaceAll(strings.TrimPrefix(c.table, "/* it`s \" */ "), `""`, `"`), "\"`"), " ")
			at = strings.ReplaceAll(at, "``", "`")
			base := fmt.Sprintf("SET SESSION sql_mode = 'ANSI_QUOTES'; CREATE TABLE %s%sINSERT INTO %[1]s VALUES (1, 'x', 1), (2, 'y', 2)", c.table, columns)
			comesBack(t, c.url, base, fmt.Sprintf("DELETE FROM %s WHERE id = 1; ALTER TABLE %[1]s DROP COLUMN m;", c.table), at)
			comesBack(t, c.url, base, fmt.Sprintf("ALTER TABLE %s DROP KEY k, MODIFY n varchar(20);", c.table), "")
		})
	}
}

// TestMySQLSparedAmongOthers takes several batches back at once of which some changed types
// and kept nothing, while others kept rows in these types.
func TestMySQLSparedAmongOthers(t *testing.T) {
	t.Parallel()
	const (
		digits = "ALTER TABLE t MODIFY d decimal(12,4);"
		labels = "ALTER TABLE t MODIFY e enum('z','y','x');"
		loses  = "ALTER TABLE t DROP COLUMN n;"
		writes = "UPDATE t SET d = d + 1, e = 'y' WHERE id = 1; INSERT INTO t (id) VALUES (7);"
		drops  = "DROP TABLE t;"
		anew   = "DROP TABLE t; CREATE TABLE t (id int);"
	)
	for name, batches := range map[string][]string{
		"rows":                           {digits, labels, writes},
		"a table":                        {digits, labels, anew},
		"a column and a table":           {digits, loses, labels, drops},
		"a column, rows and a table":     {loses, labels, writes, drops},
		"rows between, and a table":      {digits, writes, "ALTER TABLE t MODIFY d decimal(14,6), MODIFY v varchar(10) CHARACTER SET utf8mb4;", drops},
		"another name":                   {digits, "RENAME TABLE t TO u;", "ALTER TABLE u MODIFY d decimal(14,6);", "DROP TABLE u;"},
		"a column between, and its rows": {labels, loses, digits, writes},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, d := myProject(t, nil, nil)
			p.Exec(t, "CREATE TABLE t (id int PRIMARY KEY, d decimal(6,2), v varchar(10), e enum('x','y'), n int, up int, KEY k (v), CONSTRAINT f FOREIGN KEY (up) REFERENCES t (id)); INSERT INTO t VALUES (1, 1.25, 'a', 'x', 1, NULL), (2, 2.5, NULL, 'y', 2, 1)")
			before := d.Fingerprint(t)
			for i, batch := range batches {
				p.Add(map[string]string{fmt.Sprintf("%d_x.up.sql", i+1): batch})
				p.Up(t, safemigrate.UpOptions{})
			}
			after, none := d.Fingerprint(t), ""
			p.Rollback(t, safemigrate.RollbackOptions{To: &none})
			p.Is(t, before, "after the rollback")
			p.Rollback(t, safemigrate.RollbackOptions{Undo: true})
			p.Is(t, after, "after its undo")
		})
	}
}
