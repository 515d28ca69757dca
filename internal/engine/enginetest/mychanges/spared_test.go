//go:build unix

package mychanges_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/internal/testmy"
	"github.com/safemigrate/safemigrate/internal/testshare"
	"github.com/safemigrate/safemigrate/migrate"
)

const sparedBase = `CREATE TABLE parents (id int PRIMARY KEY, code varchar(20), UNIQUE KEY by_code (code)) DEFAULT CHARSET=utf8mb4;
CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, a int NOT NULL DEFAULT 7, b varchar(20) CHARACTER SET utf8mb3, c enum('x','y'), d decimal(6,2), e text CHARACTER SET latin1, f date DEFAULT '2020-01-01', p int,
  KEY by_a (a), UNIQUE KEY by_b (b), KEY by_d (d, a), CONSTRAINT positive CHECK (a > 0), CONSTRAINT of_parent FOREIGN KEY (p) REFERENCES parents (id)) DEFAULT CHARSET=utf8mb4 COMMENT='before';
CREATE TABLE computed (id int PRIMARY KEY, n int, m int AS (n * 2) STORED, v int AS (n + 1) VIRTUAL, d decimal(6,2) AS (n / 3) STORED, e enum('x','y') DEFAULT 'x', KEY by_v (v), KEY by_n (n));
CREATE TABLE parted (id int PRIMARY KEY, n int, KEY by_n (n)) PARTITION BY HASH (id) PARTITIONS 2;
CREATE TABLE times (id int PRIMARY KEY, d datetime, s timestamp NULL, c time);
INSERT INTO times VALUES (1, '2021-02-03 04:05:06', '2021-02-03 04:05:06', '-100:01:02'), (2, NULL, NULL, NULL);
INSERT INTO parents VALUES (1, 'one'), (2, 'two');
INSERT INTO t (a, b, c, d, e, f, p) VALUES (1, 'eins', 'x', 1.25, 'é', '2021-01-01', 1), (2, 'zwei', 'y', 2.5, NULL, NULL, 2), (3, NULL, NULL, NULL, 'ü', NULL, NULL);
INSERT INTO computed (id, n) VALUES (1, 1), (2, 2); INSERT INTO parted VALUES (1, 1), (2, 2)`

// sparedCases change definitions alone: no row is kept, and all of it goes back.
var sparedCases = []struct {
	name, batch string
	only        testmy.Product
	kept        string
}{
	{name: "a key", batch: "ALTER TABLE t DROP KEY by_a;"},
	{name: "a key by DROP INDEX", batch: "DROP INDEX by_a ON t;"},
	{name: "a key of this database by its whole name", batch: "ALTER TABLE t DROP KEY by_d;"},
	{name: "a unique key", batch: "ALTER TABLE t DROP KEY by_b;"},
	{name: "a unique key for a plain one", batch: "ALTER TABLE t DROP KEY by_b, ADD KEY by_b (b);"},
	{name: "a key for a unique one", batch: "CREATE UNIQUE INDEX better ON t (a, id); DROP INDEX by_a ON t;"},
	{name: "a key by another name", batch: "ALTER TABLE t RENAME KEY by_a TO by_number;"},
	{name: "a foreign key", batch: "ALTER TABLE t DROP FOREIGN KEY of_parent;"},
	{name: "a foreign key with its key", batch: "ALTER TABLE t DROP FOREIGN KEY of_parent; ALTER TABLE t DROP KEY of_parent;"},
	{name: "another foreign key", batch: "ALTER TABLE t DROP FOREIGN KEY of_parent; ALTER TABLE t ADD CONSTRAINT of_code FOREIGN KEY (p) REFERENCES parents (id) ON DELETE SET NULL;"},
	{name: "a key of the parent", batch: "ALTER TABLE parents DROP KEY by_code, ADD KEY by_code (code);"},
	{name: "a check", batch: "ALTER TABLE t DROP CONSTRAINT positive;"},
	{name: "another check", batch: "ALTER TABLE t DROP CONSTRAINT positive, ADD CONSTRAINT small CHECK (a < 1000);"},
	{name: "a default", batch: "ALTER TABLE t ALTER a SET DEFAULT 8;"},
	{name: "no default", batch: "ALTER TABLE t ALTER a DROP DEFAULT;"},
	{name: "a default by MODIFY", batch: "ALTER TABLE t MODIFY f date DEFAULT '2022-02-02';"},
	{name: "no value", batch: "ALTER TABLE t MODIFY a int NULL DEFAULT 7;"},
	{name: "a value", batch: "ALTER TABLE t MODIFY a int NULL DEFAULT 7; ALTER TABLE t MODIFY a int NOT NULL DEFAULT 7;"},
	{name: "a larger number", batch: "ALTER TABLE t MODIFY a bigint NOT NULL DEFAULT 7;"},
	{name: "more digits", batch: "ALTER TABLE t MODIFY d decimal(12,4);"},
	{name: "a longer text", batch: "ALTER TABLE t MODIFY b varchar(200) CHARACTER SET utf8mb3;"},
	{name: "a longer text without a bound", batch: "ALTER TABLE t MODIFY e longtext CHARACTER SET latin1;"},
	{name: "another label", batch: "ALTER TABLE t MODIFY c enum('x','y','z');"},
	{name: "a comment", batch: "ALTER TABLE t COMMENT='after', MODIFY a int NOT NULL DEFAULT 7 COMMENT 'a number';"},
	{name: "another place", batch: "ALTER TABLE t MODIFY d decimal(6,2) FIRST;"},
	{name: "character sets", batch: "ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4;"},
	{name: "the character set of a column", batch: "ALTER TABLE t MODIFY b varchar(20) CHARACTER SET utf8mb4;"},
	{name: "the default character set", batch: "ALTER TABLE t DEFAULT CHARACTER SET latin1;"},
	{name: "the same once more", batch: "ALTER TABLE t FORCE;"},
	{name: "the same engine", batch: "ALTER TABLE t ENGINE=InnoDB;"},
	{name: "a row format", batch: "ALTER TABLE t ROW_FORMAT=COMPRESSED;"},
	{name: "columns, keys and defaults at once", batch: "ALTER TABLE t ADD COLUMN g int DEFAULT 3, DROP KEY by_a, ADD KEY by_g (g, a), ALTER a SET DEFAULT 9, MODIFY b varchar(40) CHARACTER SET utf8mb3; ALTER TABLE t DROP KEY by_g; CREATE INDEX again ON t (g);"},
	{name: "beside a table that is read", batch: "CREATE TABLE u AS SELECT * FROM t; ALTER TABLE t DROP KEY by_a; CREATE VIEW w AS SELECT * FROM t;"},
	{name: "a key over what is computed", batch: "ALTER TABLE computed DROP KEY by_v, DROP KEY by_n;"},
	{name: "with settings that change nothing", batch: "SET foreign_key_checks = 0; SET @x = 1; ALTER TABLE t DROP KEY by_a; SET foreign_key_checks = 1;"},
	{name: "a primary key", batch: "ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (id, a);"},
	{name: "another name", batch: "RENAME TABLE t TO u;"},
	{name: "another name, by ALTER TABLE", batch: "ALTER TABLE parents RENAME TO people;"},
	{name: "other names", batch: "RENAME TABLE t TO u, parents TO people; ALTER TABLE computed RENAME numbers;"},
	{name: "another name, and a view of the old one", batch: "RENAME TABLE parents TO people; CREATE VIEW parents AS SELECT * FROM people;"},
	{name: "another name, a column and a key", batch: "ALTER TABLE parents ADD COLUMN n int, RENAME TO people, ADD KEY by_n (n); CREATE INDEX by_both ON people (n, code); ALTER TABLE people ADD COLUMN m int FIRST;"},
	{name: "another name for a while", batch: "RENAME TABLE parents TO people; RENAME TABLE people TO parents;", kept: "parents"},
	{name: "names that change places", batch: "RENAME TABLE parents TO x, computed TO parents, x TO computed;", kept: "computed, parents"},
	{name: "another name, and the old one for another table", batch: "RENAME TABLE computed TO numbers; CREATE TABLE computed (id int);", kept: "computed"},
	{name: "another name, and less than before", batch: "RENAME TABLE computed TO numbers; ALTER TABLE numbers DROP KEY by_n;", kept: "computed"},
	{name: "a column by another name", only: testmy.MariaDB, batch: "ALTER TABLE t RENAME COLUMN a TO number;"},
	{name: "a column that no check is over by another name", batch: "ALTER TABLE t RENAME COLUMN c TO label, CHANGE d price decimal(9,2);"},
	{name: "a column by another name, by CHANGE", batch: "ALTER TABLE t CHANGE COLUMN d price decimal(6,2);"},
	{name: "a column by another name twice", batch: "ALTER TABLE t CHANGE b x varchar(20) CHARACTER SET utf8mb3; ALTER TABLE t RENAME COLUMN x TO y;"},
	{name: "columns by other names, and more", batch: "ALTER TABLE t RENAME COLUMN b TO name, ADD COLUMN g int, ADD KEY by_name (name, g), DROP KEY by_b, RENAME COLUMN d TO price; ALTER TABLE t ALTER a SET DEFAULT 3;"},
	{name: "a key by another name", batch: "ALTER TABLE parents RENAME COLUMN id TO number;"},
	{name: "a column of a foreign key by another name", batch: "ALTER TABLE t RENAME COLUMN p TO parent; ALTER TABLE parents RENAME COLUMN id TO number;"},
	{name: "a column by another name, and a larger one", only: testmy.MariaDB, batch: "ALTER TABLE t CHANGE a number bigint NOT NULL DEFAULT 7;"},
	{name: "columns by other names, and larger ones without a check", batch: "ALTER TABLE t DROP CONSTRAINT positive, DROP KEY by_b; ALTER TABLE t CHANGE a number bigint NULL, CHANGE b name varchar(80) CHARACTER SET utf8mb4, CHANGE c label enum('x','y','z');"},
	{name: "a column by another name, and one of the old one", batch: "ALTER TABLE t RENAME COLUMN d TO price; ALTER TABLE t ADD COLUMN d int;", kept: "t"},
	{name: "columns whose names change places", batch: "ALTER TABLE t RENAME COLUMN b TO x; ALTER TABLE t RENAME COLUMN c TO b; ALTER TABLE t RENAME COLUMN x TO c;", kept: "t"},
	{name: "a column of what is computed by another name", batch: "ALTER TABLE computed RENAME COLUMN v TO plus;"},
	{name: "a time for a day", batch: "ALTER TABLE t MODIFY f datetime DEFAULT '2020-01-01 00:00:00';"},
	{name: "fractions of seconds", batch: "ALTER TABLE times MODIFY d datetime(6), MODIFY s timestamp(3) NULL, MODIFY c time(2);"},
	{name: "a label beside what is computed", batch: "ALTER TABLE computed MODIFY e enum('x','y','z') DEFAULT 'x';"},
	{name: "a larger number from which others are computed", batch: "ALTER TABLE computed MODIFY n bigint;"},
	{name: "a key of partitions", batch: "ALTER TABLE parted DROP KEY by_n, ALTER n SET DEFAULT 4;"},
	{name: "partitions", batch: "ALTER TABLE parted DROP KEY by_n; ALTER TABLE parted REMOVE PARTITIONING;", kept: "parted"},
	{name: "a column goes with a key over it and another one", batch: "ALTER TABLE t DROP KEY by_d, DROP COLUMN d;", kept: "t"},
	{name: "a column goes, and a key", batch: "ALTER TABLE t DROP KEY by_a; ALTER TABLE t DROP COLUMN e;", kept: "t(id e)"},
	{name: "a column goes with its foreign key", batch: "ALTER TABLE t DROP FOREIGN KEY of_parent, DROP COLUMN p;", kept: "t(id p)"},
	{name: "a column goes with its foreign key, one after the other", batch: "ALTER TABLE t DROP CONSTRAINT of_parent; ALTER TABLE t DROP KEY of_parent; ALTER TABLE t DROP COLUMN p, ADD COLUMN q int, ADD CONSTRAINT of_q FOREIGN KEY (q) REFERENCES parents (id);", kept: "t(id p)"},
	{name: "a unique column goes with its key", batch: "DROP INDEX by_b ON t; ALTER TABLE t DROP COLUMN b;", kept: "t(id b)"},
	{name: "a column goes, and a foreign key, a check and more", batch: "ALTER TABLE t DROP FOREIGN KEY of_parent, DROP COLUMN e; ALTER TABLE t DROP CONSTRAINT positive, ALTER a SET DEFAULT 3, COMMENT 'less'; ALTER TABLE t RENAME KEY by_a TO by_number;", kept: "t(id e)"},
	{name: "a column loses values, and a key goes", batch: "ALTER TABLE t MODIFY e varchar(30) CHARACTER SET latin1; ALTER TABLE t DROP KEY by_d;", kept: "t(id e)"},
	{name: "a key by a text that is run", batch: "EXECUTE IMMEDIATE \"ALTER TABLE t DROP KEY by_a\"; ALTER TABLE t DROP KEY by_d;", only: testmy.MariaDB, kept: "computed, parents, parted, t, times"},
	{name: "a key under other settings", batch: "SET sql_mode = 'ANSI_QUOTES'; ALTER TABLE \"t\" DROP KEY \"by_a\";", kept: "t"},
	{name: "a key by a program", batch: "CREATE PROCEDURE less() ALTER TABLE t DROP KEY by_a; CALL less(); ALTER TABLE t DROP KEY by_d; DROP PROCEDURE less;", kept: "t"},
	{name: "what looks like something else", batch: "/* ALTER TABLE t DROP COLUMN a, */ alter\n\ttable `t`/*x*/drop key`by_a`, comment = 'ALTER TABLE t, DROP (', alter column a set default 5 -- , DROP COLUMN b\n;"},
	{name: "a key in a comment that is run", batch: "/*!50003 ALTER TABLE t DROP KEY by_a */; ALTER TABLE t /*! DROP KEY by_d, */ COMMENT 'x';"},
	{name: "other names of a parent and of what refers to it", batch: "RENAME TABLE parents TO people; ALTER TABLE t DROP FOREIGN KEY of_parent, RENAME COLUMN p TO person; ALTER TABLE t ADD CONSTRAINT of_person FOREIGN KEY (person) REFERENCES people (id);"},
	{name: "a column that counts", batch: "ALTER TABLE t MODIFY id bigint AUTO_INCREMENT;"},
}

// TestSpared takes definitions back of which nothing was kept, in a rollback and where the
// batch fails behind any of its statements.
func TestSpared(t *testing.T) {
	t.Parallel()
	for _, c := range sparedCases {
		if !testmy.Knows(c.only) || !testshare.Has(c.name) {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := enginetest.NewProject(t, enginetest.MySQL(), map[string]string{"1_x.up.sql": c.batch})
			p.Exec(t, sparedBase)
			before := p.DB.Fingerprint(t)
			if got := keptOf(p.Up(t, safemigrate.UpOptions{})); got != c.kept {
				t.Errorf("kept %q, want %q", got, c.kept)
			}
			after := p.DB.Fingerprint(t)
			p.Rollback(t, safemigrate.RollbackOptions{})
			p.Is(t, before, "after the rollback")
			p.Rollback(t, safemigrate.RollbackOptions{Undo: true})
			p.Is(t, after, "after its undo")
		})
		t.Run(c.name+", and it fails", func(t *testing.T) {
			t.Parallel()
			p := enginetest.NewProject(t, enginetest.MySQL(), map[string]string{"1_x.up.sql": c.batch + "\nSELECT * FROM nowhere;"})
			p.Exec(t, sparedBase)
			before := p.DB.Fingerprint(t)
			_, err := p.TryUp(t, safemigrate.UpOptions{})
			enginetest.Fails(t, err, migrate.Restored, "nowhere")
			p.Is(t, before, "after the restore")
			if strings.Contains(c.batch, "CREATE TABLE") {
				return // what it made is in the quarantine
			}
			if left := strings.Join(p.Rows(t, "SHOW TABLES LIKE 'safemigrate_c%'"), " "); left != "" && c.kept == "" {
				t.Errorf("copies were made: %s", left)
			}
		})
	}
}

// TestNotSpared brings tables back with old rows that break a rule of theirs: whole, where
// the server would not take one in place.
func TestNotSpared(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, rows, batch string
		only              testmy.Product
		url, kept         string
	}{
		{name: "a label that is none", rows: "SET sql_mode = ''; INSERT INTO t (id, a, c) VALUES (9, 1, 'nothing')", batch: "ALTER TABLE t MODIFY c enum('x','y','z');", kept: "t"},
		{name: "a date that there cannot be", rows: "SET sql_mode = 'ALLOW_INVALID_DATES'; INSERT INTO t (id, a, f) VALUES (9, 1, '2021-02-31')", batch: "ALTER TABLE t MODIFY f datetime;", url: "?sql_mode=%27ALLOW_INVALID_DATES%27", kept: "t"},
		{name: "a date that is none, as a time", rows: "SET sql_mode = ''; INSERT INTO t (id, a, f) VALUES (9, 1, '0000-00-00')", batch: "ALTER TABLE t MODIFY f datetime;", url: "?sql_mode=%27%27", kept: "t"},
		{name: "a date that is none", rows: "SET sql_mode = ''; INSERT INTO t (id, a, f) VALUES (9, 1, '0000-00-00')", batch: "ALTER TABLE t DROP KEY by_a;"},
		{name: "what a check forbids", only: testmy.MariaDB, rows: "SET check_constraint_checks = 0; INSERT INTO t (id, a) VALUES (9, -1)", batch: "ALTER TABLE t DROP CONSTRAINT positive;"},
		{name: "what a check forbids, beside a key", only: testmy.MariaDB, rows: "SET check_constraint_checks = 0; INSERT INTO t (id, a) VALUES (9, -1)", batch: "ALTER TABLE t DROP KEY by_a;"},
	} {
		if !testmy.Knows(c.only) {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := enginetest.NewProject(t, enginetest.MySQL(), map[string]string{"1_x.up.sql": c.batch})
			p.Exec(t, sparedBase)
			d, ok := p.DB.(*enginetest.MySQLDatabase)
			if !ok {
				t.Fatal("not a MySQL database")
			}
			p.Config.Database = d.URL() + c.url
			d.AdminExec(t, "USE "+d.Name+"; "+c.rows)
			before := d.Fingerprint(t)
			r := p.Up(t, safemigrate.UpOptions{})
			if got := keptOf(r); got != c.kept {
				t.Errorf("kept %q, want %q", got, c.kept)
			}
			p.Rollback(t, safemigrate.RollbackOptions{})
			p.Is(t, before, "after the rollback")
			p.Add(map[string]string{"1_x.up.sql": c.batch + "\nSELECT * FROM nowhere;"})
			_, err := p.TryUp(t, safemigrate.UpOptions{})
			enginetest.Fails(t, err, migrate.Restored, "nowhere")
			p.Is(t, before, "after the restore")
		})
	}
}

// keptOf are the tables of which a snapshot keeps rows, with the columns where it keeps no more.
func keptOf(r *safemigrate.UpReport) string {
	var out []string
	for _, t := range r.Snapshot.Tables {
		if t.Columns == nil {
			out = append(out, t.Name)
		} else {
			out = append(out, t.Name+"("+strings.Join(t.Columns, " ")+")")
		}
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}
