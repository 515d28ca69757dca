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

// myProject is a project on MariaDB or MySQL; server is nil for the shared one.
func myProject(t *testing.T, server *testmy.Server, files map[string]string) (*enginetest.Project, *enginetest.MySQLDatabase) {
	t.Helper()
	e := enginetest.MySQL()
	if server != nil {
		e.Fresh = func(tb testing.TB) enginetest.Database {
			tb.Helper()
			return &enginetest.MySQLDatabase{Database: server.Database(tb)}
		}
	}
	p := enginetest.NewProject(t, e, files)
	d, ok := p.DB.(*enginetest.MySQLDatabase)
	if !ok {
		t.Fatal("not a MySQL database")
	}
	return p, d
}

func TestMySQLConnections(t *testing.T) {
	t.Parallel()
	p, d := myProject(t, nil, map[string]string{"1_t.up.sql": "CREATE TABLE t (id int);"})
	tlsWord := "TLS" // MariaDB's server has none, MySQL's has one that nobody signed
	if testmy.Tested() == testmy.MySQL {
		tlsWord = "certificate"
	}
	for name, c := range map[string]struct {
		from, to, word string
	}{
		"a wrong password":         {d.Password, "wrong", "Access denied"},
		"a wrong user":             {"//" + d.Role, "//nobody", "Access denied"},
		"no such host":             {"127.0.0.1", "nowhere.invalid", "nowhere.invalid"},
		"nobody at the port":       {fmt.Sprintf(":%d)", d.Server.Port()), ":1)", "connect"},
		"a database of others":     {"/" + d.Name, "/mysql", "denied"},
		"TLS that proves nothing":  {"/" + d.Name, "/" + d.Name + "?tls=true", tlsWord},
		"a CA that is not there":   {"/" + d.Name, "/" + d.Name + "?tls=custom&x-tls-ca=/nowhere/ca.pem", "certificate"},
		"an unknown sql_mode":      {"/" + d.Name, "/" + d.Name + "?sql_mode=%27NONSENSE%27", "NONSENSE"},
		"a database name with dot": {"/" + d.Name, "/no.such", "denied"},
	} {
		p.Config.Database = strings.Replace(d.URL(), c.from, c.to, 1)
		db, err := safemigrate.Open(t.Context(), safemigrate.Config{Database: p.Config.Database, FS: p.Files})
		if err == nil {
			_, err = db.Up(t.Context(), safemigrate.UpOptions{})
		}
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		if said := err.Error(); !strings.Contains(said, c.word) || strings.Contains(said, d.Password) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// refusal is a batch that must not begin. Where only is set, the other product does
// not know the situation.
type refusal struct {
	name, admin, file, word string
	only                    testmy.Product
}

// asRole gives the user what it may do by a role, which is active from the beginning.
const asRole = "CREATE ROLE r_%user; GRANT ALL ON %db.* TO r_%user; GRANT r_%user TO %user; SET DEFAULT ROLE r_%user %for %user; REVOKE ALL ON %db.* FROM %user; "

// TestMySQLRefusals refuses with exit 6 what could not be taken back, and leaves
// the database as it is.
func TestMySQLRefusals(t *testing.T) {
	t.Parallel()
	for _, c := range []refusal{
		{"no LOCK TABLES", "REVOKE LOCK TABLES ON %db.* FROM %user", "UPDATE t SET a = 1;", "LOCK TABLES", ""},
		{"no TRIGGER", "REVOKE TRIGGER ON %db.* FROM %user", "UPDATE t SET a = 1;", "TRIGGER", ""},
		{"no CREATE", "REVOKE CREATE ON %db.* FROM %user", "UPDATE t SET a = 1;", "CREATE", ""},
		{"no SHOW VIEW", "REVOKE SHOW VIEW ON %db.* FROM %user", "UPDATE t SET a = 1;", "SHOW VIEW", ""},
		{"no CREATE ROUTINE", "CREATE DEFINER=%user PROCEDURE old() DO 1; REVOKE CREATE ROUTINE ON %db.* FROM %user", "DROP PROCEDURE OLD;", "CREATE ROUTINE", ""},
		{"no CREATE ROUTINE, and no text", "CREATE DEFINER=%user PROCEDURE old() DO 1; REVOKE CREATE ROUTINE ON %db.* FROM %user", "SET @s = concat('DROP PROCEDURE ', lower('OLD')); PREPARE s FROM @s; EXECUTE s;", "CREATE ROUTINE", ""},
		{"no EVENT", "REVOKE EVENT ON %db.* FROM %user", "ALTER TABLE t ADD b int; CREATE EVENT e ON SCHEDULE EVERY 1 YEAR DO DO 1;", "EVENT", ""},
		{"a role that lacks TRIGGER", asRole + "REVOKE TRIGGER ON %db.* FROM r_%user", "UPDATE t SET a = 1;", ": TRIGGER; GRANT TRIGGER ON", ""},
		{"a role that is not active", asRole + "SET DEFAULT ROLE NONE %for %user; GRANT SELECT ON %db.* TO %user", "UPDATE t SET a = 1;", "makes the role that has it a default one", ""},
		{"LOCK TABLES everywhere but here", "SET GLOBAL partial_revokes = ON; REVOKE ALL ON %db.* FROM %user; GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, REFERENCES, " +
			"LOCK TABLES, TRIGGER, CREATE VIEW, SHOW VIEW ON *.* TO %user; REVOKE LOCK TABLES ON %db.* FROM %user", "UPDATE t SET a = 1;", "LOCK TABLES", testmy.MySQL},
		{"another definer", "CREATE DEFINER=root@localhost TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1", "UPDATE t SET a = 1;", "root@localhost", ""},
		{"another definer's view", "CREATE DEFINER=root@localhost VIEW v AS SELECT * FROM t", "DROP VIEW v;", "root@localhost", ""},
		{"a view that has lost what it shows", "CREATE TABLE s (a int, b int); CREATE DEFINER=%user VIEW v AS SELECT * FROM s; ALTER TABLE s DROP COLUMN b", "DROP VIEW v;", "view v refers to something that is not there", ""},
		{"a default that the server shows nowhere", "CREATE TABLE n (id int AUTO_INCREMENT PRIMARY KEY); ALTER TABLE n ALTER id SET DEFAULT 7", "ALTER TABLE n ADD a int;", "table n: a default of id", ""},
		{"the default of what counts is gone", "CREATE TABLE n (id int AUTO_INCREMENT PRIMARY KEY); ALTER TABLE n ALTER id DROP DEFAULT", "DELETE FROM n;", "table n: a default of id", ""},
		{"what counts gets a default", "CREATE TABLE n (id int AUTO_INCREMENT PRIMARY KEY, a int)", "ALTER TABLE n ALTER a SET DEFAULT 1, ALTER COLUMN `ID` SET DEFAULT 7;", "1_x.up.sql:1: table n: a default of id", ""},
		{"two values out of one sequence", "CREATE SEQUENCE s; CREATE TABLE n (id int PRIMARY KEY, a int DEFAULT nextval(s), b int DEFAULT (1 + nextval(s)))", "ALTER TABLE n ADD c int;", "table n draws more than one value out of sequence", testmy.MariaDB},
		{"a history in partitions", "CREATE TABLE h (id int PRIMARY KEY) WITH SYSTEM VERSIONING PARTITION BY SYSTEM_TIME (PARTITION p HISTORY, PARTITION n CURRENT)", "ALTER TABLE h ADD COLUMN a int;", "system-versioned", testmy.MariaDB},
		{"a history by transactions", "CREATE TABLE h (id int, s bigint unsigned GENERATED ALWAYS AS ROW START, e bigint unsigned GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (s, e)) WITH SYSTEM VERSIONING", "DELETE FROM h;", "system-versioned", testmy.MariaDB},
		{"an engine that keeps no rows of its own", "CREATE TABLE m (id int, a int) ENGINE=MyISAM; CREATE TABLE e (id int, a int) ENGINE=MERGE UNION=(m) INSERT_METHOD=LAST; INSERT INTO e VALUES (1, 1)", "UPDATE e SET a = 2;", "table e is kept by the engine MRG_M", ""},
		{"another database", "DO 1", "CREATE TABLE mysql.x (id int);", "mysql", ""},
		{"a grant", "DO 1", "GRANT SELECT ON t TO nobody;", "--accept-loss", ""},
		{"a database", "DO 1", "CREATE DATABASE another;", "--accept-loss", ""},
		{"the character set of another database", "DO 1", "ALTER DATABASE another CHARACTER SET latin1;", "--accept-loss", ""},
		{"what a database says of itself", "DO 1", "ALTER DATABASE COMMENT 'ours' COLLATE utf8mb4_bin;", "--accept-loss", testmy.MariaDB},
		{"a setting of the server", "DO 1", "SET GLOBAL max_connections = 5;", "--accept-loss", ""},
		{"a file of the server", "DO 1", "SELECT * FROM t INTO OUTFILE '/tmp/x';", "--accept-loss", ""},
	} {
		if !testmy.Knows(c.only) {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, d := myProject(t, nil, map[string]string{"1_x.up.sql": c.file})
			p.Exec(t, "CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t VALUES (1, NULL)")
			d.AdminExec(t, strings.NewReplacer("%db", d.Name, "%user", d.Role, "%for", map[testmy.Product]string{testmy.MariaDB: "FOR", testmy.MySQL: "TO"}[testmy.Tested()]).Replace(c.admin))
			before := d.Fingerprint(t)
			_, err := p.TryUp(t, safemigrate.UpOptions{})
			enginetest.Fails(t, err, migrate.NoWayBack, c.word)
			p.Is(t, before, "after the refusal")
			if ours := d.AdminQuery(t, `SELECT table_name FROM information_schema.tables WHERE table_schema = database() AND table_name LIKE 'safemigrate\_%'`); len(ours) > 0 {
				t.Errorf("something was made: %q", ours)
			}
		})
	}
}

// TestMySQLServers works, or refuses, on servers with settings of their own.
func TestMySQLServers(t *testing.T) {
	keyless := map[testmy.Product]string{testmy.MariaDB: "innodb_force_primary_key", testmy.MySQL: "sql_require_primary_key"}[testmy.Tested()]
	for _, c := range []struct {
		name     string
		settings map[string]string
		word     string // of the refusal; "" where it works
		only     testmy.Product
	}{
		{"read-only", map[string]string{"read-only": "ON"}, "read-only", ""},
		{"primary keys forced", map[string]string{keyless: "ON"}, "no primary key", ""},
		{"names in lower case", map[string]string{"lower-case-table-names": "1"}, "", ""},
		{"another character set", map[string]string{"character-set-server": "latin1", "collation-server": "latin1_german1_ci"}, "", ""},
		{"a strange sql_mode", map[string]string{"sql-mode": "ANSI_QUOTES,NO_BACKSLASH_ESCAPES,TRADITIONAL"}, "", ""},
		{"small packets", map[string]string{"max-allowed-packet": "1M"}, "", ""},
		{"MyISAM by default", map[string]string{"default-storage-engine": "MyISAM"}, "", ""},
		{"GTIDs enforced", map[string]string{"log-bin": "bin", "gtid-mode": "ON", "enforce-gtid-consistency": "ON"}, "", testmy.MySQL},
		{"keys generated", map[string]string{"sql-generate-invisible-primary-key": "ON"}, "", testmy.MySQL},
		{"a binary log and triggers", map[string]string{"log-bin": "bin"}, "log_bin_trust_function_creators", ""},
		{"statements in the binary log", map[string]string{"log-bin": "bin", "binlog-format": "STATEMENT"}, "binlog_format", testmy.MySQL},
		{"no performance schema", map[string]string{"performance-schema": "OFF"}, "", testmy.MySQL},
	} {
		if !testmy.Knows(c.only) {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			server := testmy.New(t, c.settings)
			p, d := myProject(t, server, map[string]string{"1_x.up.sql": "ALTER TABLE Items ADD COLUMN b int; UPDATE Items SET a = 'x\\'; DELETE FROM Items WHERE id = 2; DROP TABLE loose;"})
			if c.word == "no primary key" {
				d.AdminExec(t, "SET GLOBAL "+keyless+" = OFF")
			}
			d.AdminExec(t, "CREATE TABLE Items (id int PRIMARY KEY, a varchar(20)); INSERT INTO Items VALUES (1, 'ä'), (2, 'b'); CREATE TABLE loose (a int); INSERT INTO loose VALUES (1), (1)")
			if c.word == "no primary key" {
				d.AdminExec(t, "SET GLOBAL "+keyless+" = ON")
			}
			if !strings.Contains(c.name, "sql_mode") {
				p.Add(map[string]string{"1_x.up.sql": "ALTER TABLE Items ADD COLUMN b int; UPDATE Items SET a = 'x'; DELETE FROM Items WHERE id = 2; DROP TABLE loose;"})
			}
			if strings.HasSuffix(c.name, "triggers") {
				d.AdminExec(t, "CREATE DEFINER="+d.Role+" TRIGGER counts BEFORE UPDATE ON Items FOR EACH ROW SET NEW.a = 'y'")
			}
			before := d.Fingerprint(t)
			_, err := p.TryUp(t, safemigrate.UpOptions{})
			if c.word != "" {
				f := enginetest.Fails(t, err, outcomeOf(err), c.word)
				if f == "" {
					t.Error("no refusal")
				}
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

// outcomeOf is NoWayBack or Unchanged: nothing was changed in either.
func outcomeOf(err error) migrate.Outcome {
	if strings.Contains(err.Error(), "read-only") || strings.Contains(err.Error(), "binlog_format") {
		return migrate.Unchanged // found before the plan
	}
	return migrate.NoWayBack
}

// TestMySQLViewThatShowsItself: a batch can leave a view that shows itself, of which the server
// shows no text. It fails, and is taken back; where one is there before, none begins.
func TestMySQLViewThatShowsItself(t *testing.T) {
	t.Parallel()
	const views = "; CREATE VIEW v1 AS SELECT * FROM a; CREATE VIEW v2 AS SELECT * FROM v1"
	for name, batch := range map[string]string{
		"by another name":             "RENAME TABLE a TO b, v2 TO a;",
		"by the name of what is gone": "DROP TABLE a; RENAME TABLE v2 TO a;",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, d := myProject(t, nil, map[string]string{"1_x.up.sql": batch})
			p.Exec(t, "CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a VALUES (1)"+views)
			before := d.Fingerprint(t)
			_, err := p.TryUp(t, safemigrate.UpOptions{})
			enginetest.Fails(t, err, migrate.Restored, "shows itself")
			p.Is(t, before, "after the batch")
			p.Add(map[string]string{"1_x.up.sql": batch + " SELECT * FROM nobody;"})
			_, err = p.TryUp(t, safemigrate.UpOptions{})
			enginetest.Fails(t, err, migrate.Restored, "nobody")
			p.Is(t, before, "after the failure")
			p.Exec(t, batch)
			_, err = p.TryUp(t, safemigrate.UpOptions{})
			enginetest.Fails(t, err, migrate.Unchanged, "shows itself")
		})
	}
}

// TestMySQLOverlongForeignKey: MariaDB makes names of foreign keys up that it does not take from
// anybody. A batch whose way back may have to make one again is refused, and no other.
func TestMySQLOverlongForeignKey(t *testing.T) {
	t.Parallel()
	if !testmy.Knows(testmy.MariaDB) {
		return
	}
	long := strings.Repeat("t", 64)
	p, d := myProject(t, nil, map[string]string{"1_x.up.sql": "ALTER TABLE " + long + " DROP COLUMN a;"})
	p.Exec(t, "CREATE TABLE "+long+" (id int PRIMARY KEY, up int, a int); ALTER TABLE "+long+" ADD FOREIGN KEY (up) REFERENCES "+long+" (id); INSERT INTO "+long+" VALUES (1, 1, 1)")
	before := d.Fingerprint(t)
	_, err := p.TryUp(t, safemigrate.UpOptions{})
	enginetest.Fails(t, err, migrate.NoWayBack, "foreign key "+long+"_ibfk_1 of table "+long+" has a longer name")
	p.Is(t, before, "after the refusal")
	p.Add(map[string]string{"1_x.up.sql": "ALTER TABLE " + long + " ADD COLUMN b int;"})
	p.Up(t, safemigrate.UpOptions{})
	p.Rollback(t, safemigrate.RollbackOptions{})
	p.Is(t, before, "after the rollback")
}

// TestMySQLDrawsTwice has a batch leave a table whose rows the server does not write under LOCK
// TABLES. It is taken back, also where somebody has written to the columns that go.
func TestMySQLDrawsTwice(t *testing.T) {
	t.Parallel()
	if !testmy.Knows(testmy.MariaDB) {
		return
	}
	const batch = "ALTER TABLE n ADD a int DEFAULT nextval(s), ADD b int DEFAULT nextval(s); "
	p, d := myProject(t, nil, map[string]string{"1_x.up.sql": batch})
	p.Exec(t, "CREATE SEQUENCE s; CREATE TABLE n (id int PRIMARY KEY); INSERT INTO n VALUES (1), (2)")
	before := d.Fingerprint(t)
	_, err := p.TryUp(t, safemigrate.UpOptions{})
	enginetest.Fails(t, err, migrate.NoWayBack, "table n draws more than one value")
	p.Is(t, before, "after the batch")
	p.Add(map[string]string{"1_x.up.sql": batch + "SELECT * FROM nobody;"})
	_, err = p.TryUp(t, safemigrate.UpOptions{KeepOnFailure: true})
	enginetest.Fails(t, err, migrate.Interrupted, "nobody")
	p.Exec(t, "UPDATE n SET a = 77 WHERE id = 1")
	report, err := p.Open(t).Recover(t.Context(), safemigrate.RecoverOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p.Is(t, before, "after recover")
	if kept := report.Tables[0]; kept.Kept != 2 || len(p.Rows(t, "SELECT 1 FROM "+kept.Place+" WHERE a = 77")) != 1 {
		t.Errorf("kept are %+v", kept)
	}
}
