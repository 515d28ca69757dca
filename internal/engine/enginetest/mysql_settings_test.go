//go:build unix

package enginetest_test

import (
	"crypto/rand"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/internal/testmy"
	"github.com/safemigrate/safemigrate/migrate"
)

// setting is a server on which a batch works and is taken back, and a last statement that
// this very server refuses: with it the batch fails, and is taken back, too.
type setting struct {
	name          string
	settings      map[string]string
	setup, batch  string // setup by an administrator
	refused, word string
	only          testmy.Product
	notesEngine   string // "" for MyISAM
}

func settings() []setting {
	keyless := map[testmy.Product]string{testmy.MariaDB: "innodb-force-primary-key", testmy.MySQL: "sql-require-primary-key"}[testmy.Tested()]
	usual := "ALTER TABLE Items ADD COLUMN b int; UPDATE Items SET a = 'x'; DELETE FROM Items WHERE id = 2; UPDATE notes SET a = 'y' WHERE id = 1; "
	return []setting{
		{
			name: "GTIDs enforced", only: testmy.MySQL, settings: map[string]string{"log-bin": "bin", "gtid-mode": "ON", "enforce-gtid-consistency": "ON"},
			batch:   usual + "CREATE TABLE made AS SELECT * FROM Items; CREATE TEMPORARY TABLE tmp AS SELECT 1 AS one; DROP TEMPORARY TABLE tmp; ALTER TABLE notes DROP COLUMN a;",
			refused: "UPDATE Items i JOIN notes n ON n.id = i.id SET i.a = 'q', n.id = 9;", word: "GTID",
		},
		{
			name: "GTIDs in order", only: testmy.MariaDB, settings: map[string]string{"log-bin": "bin", "gtid-strict-mode": "ON", "server-id": "7", "binlog-format": "STATEMENT"},
			batch:   usual + "CREATE TABLE made AS SELECT * FROM Items; ALTER TABLE notes DROP COLUMN a;",
			refused: "SELECT * FROM nowhere;", word: "nowhere",
		},
		{
			name: "primary keys forced, and there", settings: map[string]string{keyless: "ON"},
			batch:   usual + "ALTER TABLE notes DROP COLUMN a; DROP TABLE Items; CREATE TABLE more (id int PRIMARY KEY);",
			refused: "CREATE TABLE keyless (a int);", word: "primary key", notesEngine: "InnoDB",
		},
		{
			name: "zero dates under a strict mode", settings: map[string]string{"sql-mode": "TRADITIONAL"},
			setup:   "SET sql_mode = ''; ALTER TABLE Items ADD COLUMN born date, ADD COLUMN at datetime; UPDATE Items SET born = '0000-00-00', at = '2024-02-00 00:00:00'",
			batch:   "UPDATE Items SET id = id + 10; UPDATE Items SET born = NULL WHERE id = 11; DELETE FROM Items WHERE id = 12; UPDATE notes SET a = 'y';",
			refused: "INSERT INTO Items (id, born) VALUES (9, '0000-00-00');", word: "0000-00-00",
		},
		{
			name: "a default of zeros under a strict mode", settings: map[string]string{"sql-mode": "TRADITIONAL"},
			setup:   "SET sql_mode = ''; ALTER TABLE Items ADD COLUMN since date NOT NULL DEFAULT '0000-00-00'; ALTER TABLE notes ADD COLUMN since timestamp NOT NULL DEFAULT '0000-00-00 00:00:00'",
			batch:   "UPDATE notes SET a = 'z'; DROP TABLE Items; DROP TABLE notes;",
			refused: "CREATE TABLE z (d date NOT NULL DEFAULT '0000-00-00');", word: "1067",
		},
		{
			name: "no strict mode", settings: map[string]string{"sql-mode": ""},
			batch:   usual + "UPDATE Items SET a = repeat('z', 50);", // it is cut
			refused: "SELECT * FROM nowhere;", word: "nowhere",
		},
		{
			name: "a database with another character set",
			setup: "ALTER DATABASE %db CHARACTER SET latin1 COLLATE latin1_german1_ci; CREATE TABLE words (w varchar(20)); INSERT INTO words VALUES ('ä'); " +
				"CREATE DEFINER=%user PROCEDURE said(x varchar(9)) SELECT concat(x, 'ö')",
			batch: usual + "DROP PROCEDURE said; UPDATE words SET w = 'ß'; ALTER TABLE words CONVERT TO CHARACTER SET utf8mb4; CREATE TABLE more (w varchar(9)); " +
				"INSERT INTO more VALUES ('Ä'); ALTER TABLE notes ADD COLUMN w varchar(9);",
			refused: "INSERT INTO more VALUES ('☃');", word: "1366",
		},
		{
			name:  "the database's own character set",
			setup: "CREATE DEFINER=%user PROCEDURE said(x varchar(9)) SELECT concat(x, 'ö')",
			batch: usual + "ALTER DATABASE DEFAULT CHARACTER SET = latin1 COLLATE 'latin1_german1_ci'; DROP PROCEDURE said; CREATE PROCEDURE heard(x varchar(9)) SELECT x; " +
				"CREATE TABLE more (w varchar(9)); ALTER SCHEMA COLLATE latin1_bin;",
			refused: "INSERT INTO more VALUES ('☃');", word: "1366",
		},
		{
			name:    "programs of a character set that the database had before",
			setup:   "CREATE DEFINER=%user PROCEDURE said(x varchar(9)) SELECT concat(x, 'ö'); ALTER DATABASE %db CHARACTER SET latin1",
			batch:   usual + "DROP PROCEDURE said;",
			refused: "SELECT * FROM nowhere;", word: "nowhere",
		},
		{
			name:    "a collation that is not the character set's own",
			setup:   "ALTER DATABASE %db COLLATE utf8mb4_unicode_ci; CREATE TABLE words (w varchar(20) NOT NULL, e enum('a', 'b'), t text CHARACTER SET latin1, KEY k (w)); INSERT INTO words (w) VALUES ('ä')",
			batch:   usual + "UPDATE words SET w = 'x'; ALTER TABLE words DROP COLUMN e, DROP KEY k; ALTER TABLE notes ADD COLUMN w varchar(9);",
			refused: "SELECT * FROM nowhere;", word: "nowhere",
		},
		{
			name: "names in lower case", settings: map[string]string{"lower-case-table-names": "1"},
			batch:   "ALTER TABLE ITEMS ADD COLUMN b int; UPDATE iTeMs SET a = 'x'; RENAME TABLE Items TO Things; DROP TABLE NOTES;",
			refused: "CREATE TABLE THINGS (id int);", word: "1050",
		},
	}
}

// TestMySQLSettings takes batches back on servers with settings of their own: the batch
// that works, and the one that this server does not want.
func TestMySQLSettings(t *testing.T) {
	t.Parallel()
	for _, c := range settings() {
		if !testmy.Knows(c.only) {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := testmy.Start(t)
			if c.settings != nil {
				server = testmy.New(t, c.settings)
			}
			p, d := myProject(t, server, map[string]string{"1_x.up.sql": c.batch})
			engine := "MyISAM"
			if c.notesEngine != "" {
				engine = c.notesEngine
			}
			d.AdminExec(t, "CREATE TABLE Items (id int PRIMARY KEY, a varchar(20)); INSERT INTO Items VALUES (1, 'ä'), (2, 'b'), (3, NULL); "+
				"CREATE TABLE notes (id int PRIMARY KEY, a varchar(20)) ENGINE="+engine+"; INSERT INTO notes VALUES (1, 'ä'), (2, 'b')")
			if c.setup != "" {
				d.AdminExec(t, strings.NewReplacer("%db", d.Name, "%user", d.Role).Replace(c.setup))
			}
			before := d.Fingerprint(t)
			p.Up(t, safemigrate.UpOptions{})
			p.Rollback(t, safemigrate.RollbackOptions{})
			p.Is(t, before, "after the rollback")
			p.Add(map[string]string{"1_x.up.sql": c.batch + c.refused})
			_, err := p.TryUp(t, safemigrate.UpOptions{})
			enginetest.Fails(t, err, migrate.Restored, c.word)
			p.Is(t, before, "after the failure")
		})
	}
}

// TestMySQLNamedDatabase: a database whose name a client of another character set could not
// write has the default that a program of such a client was made under, for a moment.
func TestMySQLNamedDatabase(t *testing.T) {
	t.Parallel()
	p, d := myProject(t, nil, map[string]string{"1_x.up.sql": "DROP PROCEDURE said;"})
	name := "größe_" + d.Name
	d.AdminExec(t, "CREATE DATABASE `"+name+"` CHARACTER SET latin1; GRANT ALL ON `"+name+"`.* TO "+d.Role+"; USE `"+name+"`;"+
		"SET NAMES cp850; CREATE DEFINER="+d.Role+" PROCEDURE said(x varchar(9)) SELECT x; SET NAMES utf8mb4; ALTER DATABASE `"+name+"` CHARACTER SET utf8mb4")
	t.Cleanup(func() { d.AdminExec(t, "DROP DATABASE `"+name+"`") })
	p.Config.Database = strings.Replace(d.URL(), "/"+d.Name, "/"+url.PathEscape(name), 1)
	look := func() string {
		return strings.Join(d.AdminQuery(t, "SELECT concat(database_collation, character_set_client) FROM information_schema.routines WHERE routine_schema = '"+name+"' "+
			"UNION ALL SELECT default_collation_name FROM information_schema.schemata WHERE schema_name = '"+name+"'"), "\n")
	}
	before := look()
	p.Up(t, safemigrate.UpOptions{})
	p.Rollback(t, safemigrate.RollbackOptions{})
	if after := look(); after != before || !strings.Contains(before, "cp850") {
		t.Errorf("after the rollback %q, before %q", after, before)
	}
}

// TestMySQLPackets has a server that takes shorter packets than when its tables and
// programs were made: rows of any length come back, and what could not is refused before
// anything changes.
func TestMySQLPackets(t *testing.T) {
	t.Parallel()
	const long = 1_200_000
	server := testmy.New(t, map[string]string{"max-allowed-packet": "64M"})
	noise := make([]byte, long)
	if _, err := rand.Read(noise); err != nil {
		t.Fatal(err)
	}
	program := func(text string) string {
		return "CREATE PROCEDURE big() BEGIN SELECT '" + text + "'; END"
	}
	type packets struct{ name, setup, batch, word string }
	cases := []packets{
		{"a long row", "INSERT INTO t VALUES (1, repeat('x', 3000000), 'a'), (2, repeat('y', 3000000), 'b')", "UPDATE t SET b = 'c' WHERE id = 1; ALTER TABLE t DROP COLUMN v;", ""},
		{"a long row that is corrected", "INSERT INTO t VALUES (1, repeat('x', 3000000), 'a'), (2, repeat('y', 3000000), 'b')", "UPDATE t SET v = 'short' WHERE id = 1; DELETE FROM t WHERE id = 2;", ""},
		{
			"a value that is longer as text", "ALTER TABLE t ADD COLUMN g linestring; INSERT INTO t VALUES (1, NULL, 'a', ST_GeomFromText(concat('LINESTRING(0 0', repeat(',1 1', 50000), ')')))",
			"UPDATE t SET b = 'c';", map[testmy.Product]string{testmy.MariaDB: "1 row of t with a value that cannot be told from others"}[testmy.Tested()],
		},
		{
			"a document that is longer as text", "ALTER TABLE t ADD COLUMN j json; INSERT INTO t VALUES (1, NULL, 'a', concat('[1', repeat(',1', 400000), ']'))",
			"UPDATE t SET b = 'c';", "",
		},
		{"a long statement", "", "INSERT INTO t VALUES (1, 'x', 'a');\nINSERT INTO t VALUES (2, '" + strings.Repeat("x", long) + "', 'b');", "1_x.up.sql:2: the statement has"},
		{"a long definition", program(strings.Repeat("x", long)), "DROP PROCEDURE big;", "procedure big could not be made again"},
		{"a long definition that nobody touches", program(strings.Repeat("x", long)), "DROP TABLE t;", ""},
		{"a long description of the schema", program(hex.EncodeToString(noise)), "DROP TABLE t;", "the description of the schema"},
	}
	projects := make([]*enginetest.Project, len(cases))
	for i, c := range cases {
		var d *enginetest.MySQLDatabase
		projects[i], d = myProject(t, server, map[string]string{"1_x.up.sql": c.batch})
		d.Exec(t, "CREATE TABLE t (id int PRIMARY KEY, v longtext, b varchar(9))")
		if c.setup != "" {
			d.Exec(t, c.setup)
		}
		if i == len(cases)-1 {
			d.AdminExec(t, "SET GLOBAL max_allowed_packet = 1048576")
		}
	}
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := projects[i]
			before := p.DB.Fingerprint(t)
			_, err := p.TryUp(t, safemigrate.UpOptions{})
			if c.word != "" {
				enginetest.Fails(t, err, migrate.NoWayBack, c.word, "max_allowed_packet")
				p.Is(t, before, "after the refusal")
				return
			}
			if err != nil {
				t.Fatalf("up: %v", err)
			}
			p.Rollback(t, safemigrate.RollbackOptions{})
			p.Is(t, before, "after the rollback")
		})
	}
}

// TestMySQLReplica warns of a server that takes writes and receives those of another one,
// as far as the user may ask, and goes on.
func TestMySQLReplica(t *testing.T) {
	t.Parallel()
	p, d := myProject(t, testmy.New(t, map[string]string{"server-id": "7"}), map[string]string{"1_t.up.sql": "CREATE TABLE t (id int PRIMARY KEY);"})
	warned := func(when, word string) {
		t.Helper()
		all := planned(t, p).Snapshot.Warnings
		i := slices.IndexFunc(all, func(w string) bool { return strings.Contains(w, "replica") })
		if word == "" && i >= 0 || word != "" && (i < 0 || !strings.Contains(all[i], word)) {
			t.Errorf("%s: warnings %q, want %q", when, all, word)
		}
	}
	configure, begin, monitor := "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=1, MASTER_USER='x', MASTER_PASSWORD='y'", "START SLAVE", "SLAVE MONITOR"
	if testmy.Tested() == testmy.MySQL {
		configure, begin, monitor = "CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT=1, SOURCE_USER='x', SOURCE_PASSWORD='y'", "START REPLICA", "REPLICATION CLIENT"
	}
	warned("no replica", "")
	d.AdminExec(t, configure)
	warned("nobody may ask, and nothing runs", "")
	d.AdminExec(t, "GRANT "+monitor+" ON *.* TO "+d.Role)
	warned("a source that is configured", "a replica of 127.0.0.1:1, and takes writes")
	d.AdminExec(t, "REVOKE "+monitor+" ON *.* FROM "+d.Role)
	d.AdminExec(t, begin)
	if testmy.Tested() == testmy.MySQL {
		warned("nobody may ask", "")
		d.AdminExec(t, "GRANT PROCESS ON *.* TO "+d.Role)
	}
	warned("it runs", "a replica of another server, and takes writes")
	p.Up(t, safemigrate.UpOptions{})
	if said := p.Notices(); !strings.Contains(said, "warning: the server is a replica of another server") {
		t.Errorf("up says %s", said)
	}
	p.Rollback(t, safemigrate.RollbackOptions{})
}

// TestMySQLEvent: an event that the batch switches on runs at once, and what it does to
// rows is taken back.
func TestMySQLEvent(t *testing.T) {
	t.Parallel()
	server := testmy.New(t, map[string]string{"event-scheduler": "ON"})
	for name, batch := range map[string]string{
		"switched on":        "ALTER EVENT cleans ENABLE; %wait",
		"at another time":    "ALTER EVENT cleans ON SCHEDULE EVERY 1 SECOND STARTS now() ENABLE; %wait",
		"with another body":  "ALTER EVENT cleans ENABLE DO UPDATE log SET what = NULL; %wait",
		"made by the batch":  "CREATE EVENT more ON SCHEDULE EVERY 1 SECOND DO DELETE FROM log; %wait",
		"named in the batch": "ALTER EVENT cleans RENAME TO sweeps; ALTER EVENT sweeps ENABLE; %wait",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, d := myProject(t, server, map[string]string{"1_x.up.sql": strings.ReplaceAll(batch, "%wait", "CALL awaits();")})
			p.Exec(t, "CREATE TABLE log (id int PRIMARY KEY, what varchar(9)); INSERT INTO log VALUES (1, 'a'), (2, 'b'); CREATE EVENT cleans ON SCHEDULE EVERY 1 SECOND DISABLE DO DELETE FROM log; "+
				"CREATE PROCEDURE awaits() BEGIN DECLARE tries int DEFAULT 0; WHILE tries < 1000 AND (SELECT count(what) FROM log) > 0 DO DO sleep(0.1); SET tries = tries + 1; END WHILE; END")
			before := d.Fingerprint(t)
			p.Up(t, safemigrate.UpOptions{})
			if left := p.Rows(t, "SELECT count(what) FROM log"); left[0] != "0" {
				t.Errorf("the event has left %s rows", left)
			}
			p.Rollback(t, safemigrate.RollbackOptions{})
			time.Sleep(1500 * time.Millisecond) // it would run again
			p.Is(t, before, "after the rollback")
		})
	}
}
