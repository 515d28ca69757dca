//go:build unix

package hazard

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/sqltext"
	"github.com/safemigrate/safemigrate/internal/testmy"
	"github.com/safemigrate/safemigrate/migrate"
)

func TestMain(m *testing.M) { testmy.Main(m) }

const shop = `CREATE TABLE parents (id int PRIMARY KEY);
CREATE TABLE t (id int NOT NULL PRIMARY KEY, a int, b varchar(20) NOT NULL DEFAULT '', c varchar(100), d enum('x','y'), e text, f decimal(10,2),
	n int NOT NULL DEFAULT 1, u bigint unsigned, v int AS (a + 1) VIRTUAL, KEY ka (a), CONSTRAINT positive CHECK (n > 0)) CHARACTER SET utf8mb4;
CREATE TABLE words (id int NOT NULL PRIMARY KEY, a int, e text, FULLTEXT (e));
CREATE TABLE packed (id int NOT NULL PRIMARY KEY, a int) ROW_FORMAT=COMPRESSED;
CREATE TABLE plain (id int NOT NULL PRIMARY KEY, a int) ENGINE=MyISAM;
CREATE VIEW seen AS SELECT id FROM t;
CREATE TABLE bare (id int NOT NULL PRIMARY KEY, a int, c varchar(20) DEFAULT 'x') ROW_FORMAT=DYNAMIC;
INSERT INTO parents VALUES (1); INSERT INTO bare VALUES (1, 1, 'x');
INSERT INTO t (id, n) VALUES (1, 1); INSERT INTO words VALUES (1, 1, 'a'); INSERT INTO packed VALUES (1, 1); INSERT INTO plain VALUES (1, 1)`

type session struct{ conn *sql.Conn }

func (s session) Query(_ context.Context, text string, _ ...any) ([]migrate.Row, error) {
	lines, err := testmy.Query(s.conn, text) //nolint:contextcheck // it takes none, and is short
	rows := make([]migrate.Row, len(lines))
	for i, line := range lines {
		for value := range strings.SplitSeq(line, "|") {
			rows[i] = append(rows[i], &value)
		}
	}
	return rows, err
}

// rules are those of the server that is tested.
func rules() sqltext.Rules {
	if testmy.Tested() == testmy.MySQL {
		return sqltext.Rules{Dialect: sqltext.MySQL, Version: 80400}
	}
	return sqltext.Rules{Dialect: sqltext.MariaDB, Version: 101100}
}

func assessed(t *testing.T, conn *sql.Conn, text string) *Batch {
	t.Helper()
	f, err := Read(t.Context(), session{conn}, testmy.Tested() == testmy.MariaDB, rules().Version/100)
	if err != nil {
		t.Fatal(err)
	}
	statements, err := rules().Split(text)
	if err != nil {
		t.Fatal(err)
	}
	return Of(f, migrate.AssessRequest{Scripts: []migrate.Script{{Migration: migrate.Migration{File: "1_x.up.sql", Text: text}, Statements: statements}}})
}

// TestEffects compares what is foretold of an ALTER TABLE with the cheapest
// algorithm that the server takes it with.
func TestEffects(t *testing.T) {
	t.Parallel()
	d := testmy.Start(t).Database(t)
	d.Exec(t, shop)
	conn := d.Connect(t)
	for _, alter := range []string{
		"t ADD COLUMN z int", "t ADD COLUMN z int FIRST", "t ADD COLUMN z int NOT NULL DEFAULT 5 AFTER a", "t ADD COLUMN (y int, z int)", "t ADD z int AS (a * 2) VIRTUAL",
		"t ADD z int AS (a * 2) STORED", "words ADD COLUMN z int", "packed ADD COLUMN z int", "plain ADD COLUMN z int",
		"bare ADD COLUMN z int FIRST", "bare ADD COLUMN z int NOT NULL DEFAULT 5 AFTER id", "bare DROP COLUMN a", "bare DROP COLUMN a, ADD INDEX kc (c)", "bare MODIFY a int NOT NULL", "bare MODIFY c varchar(300)",
		"bare MODIFY c varchar(20) NOT NULL, ADD COLUMN z int",
		"t DROP COLUMN c", "t DROP COLUMN v", "words DROP COLUMN a", "packed DROP COLUMN a", "plain DROP COLUMN a",
		"t RENAME COLUMN a TO z", "t CHANGE a z int", "t CHANGE b z varchar(20) NOT NULL DEFAULT ''",
		"t MODIFY a bigint", "t MODIFY a int NOT NULL", "t MODIFY n int", "t MODIFY b varchar(40) NOT NULL DEFAULT ''", "t MODIFY b varchar(100) NOT NULL DEFAULT ''",
		"t MODIFY b varchar(10) NOT NULL DEFAULT ''", "t MODIFY d enum('x','y','z')", "t MODIFY d enum('z','x','y')", "t MODIFY f decimal(12,2)", "t MODIFY e longtext",
		"t MODIFY u bigint", "t MODIFY c varchar(100) CHARACTER SET latin1", "t ALTER COLUMN n SET DEFAULT 7", "t ALTER a DROP DEFAULT",
		"t ADD INDEX kc (c)", "t ADD UNIQUE INDEX kc (c)", "t ADD CONSTRAINT uc UNIQUE (c)", "t ADD FULLTEXT INDEX ke (e)", "plain ADD INDEX (a)",
		"t DROP PRIMARY KEY", "t ADD CONSTRAINT fa FOREIGN KEY (a) REFERENCES parents (id)", "t ADD CHECK (a > 0)", "t DROP CONSTRAINT positive",
		"t CONVERT TO CHARACTER SET latin1", "t ENGINE=InnoDB", "t FORCE", "t ROW_FORMAT=COMPRESSED", "t COMMENT 'x'", "t AUTO_INCREMENT=5",
		"t ADD COLUMN z int, MODIFY a bigint", "t ADD COLUMN z int, ADD INDEX kc (c)", "t RENAME INDEX ka TO kb",
	} {
		got := foretold(assessed(t, conn, "ALTER TABLE "+alter))
		if want := taken(t, d, alter); !agree(got, want) {
			t.Errorf("ALTER TABLE %s: %s, the server: %s", alter, got, want)
		}
	}
}

// foretold is the dearest effect in the words of the locks.
func foretold(b *Batch) string {
	out := "definition"
	for _, l := range b.Locks {
		switch {
		case l.Table == "parents":
		case l.Mode == noWrite:
			return "copy"
		case l.Mode == upgradable && l.Work == rewrite:
			out = "rebuild"
		case l.Mode == upgradable:
			out = "in place"
		}
	}
	return out
}

// agree compares what is foretold with the server's word. MySQL does not tell what it
// does in place with the rows from what it does without them, and refuses some of these
// for what the table in the test has.
func agree(foretold, server string) bool {
	if testmy.Tested() == testmy.MySQL && server != "definition" && server != "copy" {
		return foretold != "copy"
	}
	return foretold == server
}

// taken asks a server for the cheapest way, on a copy of the table.
func taken(t *testing.T, d *testmy.Database, alter string) string {
	t.Helper()
	table, actions, _ := strings.Cut(alter, " ")
	conn := d.Connect(t)
	for _, way := range []struct{ options, word string }{
		{"ALGORITHM=INSTANT", "definition"}, {"ALGORITHM=NOCOPY, LOCK=NONE", "in place"}, {"ALGORITHM=INPLACE, LOCK=NONE", "rebuild"}, {"LOCK=SHARED", "copy"}, {"LOCK=EXCLUSIVE", "copy"},
	} {
		for _, text := range []string{"DROP TABLE IF EXISTS tried", "CREATE TABLE tried LIKE " + table, "INSERT INTO tried (id, a) SELECT id, 1 FROM " + table} {
			if _, err := conn.ExecContext(t.Context(), text); err != nil {
				t.Fatal(err)
			}
		}
		text := fmt.Sprintf("ALTER TABLE tried %s, %s", actions, way.options)
		if _, err := conn.ExecContext(t.Context(), text); err == nil {
			return way.word
		}
	}
	return "refused"
}
