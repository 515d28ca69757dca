//go:build unix

package enginetest_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/internal/testmy"
	"github.com/safemigrate/safemigrate/migrate"
)

// TestMySQLExchange restores tables: where only its name ties one to others, its copy
// becomes the table, with every key that it had; a foreign key stays with the name that it
// refers to, whatever database it is in, and then the rows are written.
func TestMySQLExchange(t *testing.T) {
	t.Parallel()
	const wide = `CREATE TABLE big (id int AUTO_INCREMENT PRIMARY KEY, name varchar(40) NOT NULL, note varchar(40) DEFAULT 'x', size int, twice int AS (size * 2) VIRTUAL,
		UNIQUE KEY one (name), KEY two (note(7), name) COMMENT 'x', KEY three (twice)) COMMENT 'big one'; INSERT INTO big (name, note, size) VALUES ('a', 'b', 1), ('c', NULL, 2);`
	const childOf = "CREATE TABLE child (id int PRIMARY KEY, big int, CONSTRAINT fk FOREIGN KEY (big) REFERENCES big (id) ON DELETE CASCADE); INSERT INTO child VALUES (1, 1);"
	for name, c := range map[string]struct {
		schema, batch string
		elsewhere     bool // a table of a database that the user may not look at refers to it
		exchanged     bool
		again         string // what of the batch can be done once more
	}{
		"rebuilt":                      {schema: wide, batch: "ALTER TABLE big DROP COLUMN note;", exchanged: true},
		"refilled":                     {schema: wide, batch: "UPDATE big SET note = 'gone';", exchanged: true},
		"brought back":                 {schema: wide, batch: "DROP TABLE big;", exchanged: true},
		"a trigger":                    {schema: wide + "CREATE TRIGGER t BEFORE INSERT ON big FOR EACH ROW SET NEW.note = upper(NEW.note);", batch: "ALTER TABLE big DROP COLUMN size, DROP COLUMN twice;", exchanged: true},
		"a check of the server's name": {schema: "CREATE TABLE big (id int PRIMARY KEY, n int, CHECK (n > 0), m int, KEY (m)); INSERT INTO big VALUES (1, 1, 1);", batch: "ALTER TABLE big DROP COLUMN m;", exchanged: testmy.Tested() == testmy.MariaDB},
		"a check of the batch":         {schema: wide, batch: "ALTER TABLE big ADD CONSTRAINT named CHECK (size > 0), DROP COLUMN note;", exchanged: testmy.Tested() == testmy.MariaDB, again: "ALTER TABLE big ADD CONSTRAINT named CHECK (size > 0)"},
		"referred to":                  {schema: wide + childOf, batch: "ALTER TABLE big DROP COLUMN note;"},
		"referred to, brought back":    {schema: wide + childOf, batch: "SET foreign_key_checks = 0; DROP TABLE big;", exchanged: true},
		"referred to by one that went": {schema: wide + strings.ReplaceAll(childOf, "child", "a_child"), batch: "UPDATE big SET note = 'gone'; DROP TABLE a_child;"},
		"referred to from elsewhere":   {schema: wide, batch: "ALTER TABLE big DROP COLUMN note;", elsewhere: true},
		"it refers":                    {schema: "CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1); CREATE TABLE big (id int PRIMARY KEY, p int, n int, FOREIGN KEY (p) REFERENCES p (id)); INSERT INTO big VALUES (1, 1, 1);", batch: "ALTER TABLE big DROP COLUMN n;"},
		"it referred":                  {schema: "CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1); CREATE TABLE big (id int PRIMARY KEY, p int, n int, CONSTRAINT fk FOREIGN KEY (p) REFERENCES p (id)); INSERT INTO big VALUES (1, 1, 1);", batch: "ALTER TABLE big DROP COLUMN n, DROP FOREIGN KEY fk;"},
		"partitions":                   {schema: "CREATE TABLE big (id int PRIMARY KEY, n int) PARTITION BY HASH (id) PARTITIONS 2; INSERT INTO big VALUES (1, 1);", batch: "ALTER TABLE big DROP COLUMN n;"},
		"one column":                   {schema: "CREATE TABLE big (n int PRIMARY KEY); INSERT INTO big VALUES (1);", batch: "UPDATE big SET n = 2;", exchanged: true},
		"one column is left":           {schema: "CREATE TABLE big (n int PRIMARY KEY, m int); INSERT INTO big VALUES (1, 1);", batch: "ALTER TABLE big DROP COLUMN m;", exchanged: true},
		"a table like the twin":        {schema: "CREATE TABLE big (n int PRIMARY KEY, m int); INSERT INTO big VALUES (1, 1);", batch: "UPDATE big SET m = 2;", exchanged: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, d := myProject(t, nil, map[string]string{"1_x.up.sql": c.batch + " SELECT * FROM nobody;"})
			p.Config.Scope = migrate.ScopeAll // a copy of columns that go is never exchanged
			p.Exec(t, c.schema)
			if c.elsewhere {
				other := testmy.Start(t).Database(t)
				other.AdminExec(t, "CREATE TABLE child (id int PRIMARY KEY, big int, CONSTRAINT fk FOREIGN KEY (big) REFERENCES "+d.Name+".big (id)); INSERT INTO child VALUES (1, 1)")
				defer func() {
					if text := other.AdminQuery(t, "SHOW CREATE TABLE child")[0]; !strings.Contains(text, "`"+d.Name+"`.`big`") {
						t.Errorf("another database's table refers to something else: %s", text)
					}
					other.AdminExec(t, "DROP TABLE child")
				}()
			}
			before := d.Fingerprint(t)
			_, err := p.TryUp(t, safemigrate.UpOptions{KeepOnFailure: true})
			enginetest.Fails(t, err, migrate.Interrupted, "nobody")
			copied := identity(t, d, "table_name LIKE 'safemigrate\\_c\\_%'")
			report, err := p.Open(t).Recover(t.Context(), safemigrate.RecoverOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if now := identity(t, d, "table_name = 'big'"); slices.Contains(strings.Fields(copied), now) != c.exchanged {
				t.Errorf("the table is %s, copies were %s, and exchanged is %t", now, copied, c.exchanged)
			}
			p.Is(t, before, "after the restore")
			if c.again != "" {
				p.Exec(t, c.again)
			}
			for _, line := range report.Tables {
				if line.Kept > 0 && len(p.Rows(t, "SELECT 1 FROM "+line.Place)) != int(line.Kept) {
					t.Errorf("%s does not hold %d rows", line.Place, line.Kept)
				}
			}
			all, err := p.Open(t).Snapshots(t.Context())
			if err != nil {
				t.Error(err)
			}
			for _, m := range all {
				if _, err := p.Open(t).Verify(t.Context(), m.ID); err != nil {
					t.Error(err)
				}
			}
			if strings.Contains(c.schema, "fk") && len(p.Rows(t, "SELECT 1 FROM information_schema.referential_constraints WHERE constraint_schema = database()")) != 1 {
				t.Error("the foreign key is not there")
			}
		})
	}
}

// TestMySQLExchangeHeld has somebody look at a copy for longer than a statement waits, as the
// count of a large one does that is read back: it gets its keys afterwards, and is exchanged.
func TestMySQLExchangeHeld(t *testing.T) {
	t.Parallel()
	const wait = 6 * time.Second
	p, d := myProject(t, nil, map[string]string{"1_x.up.sql": "UPDATE big SET n = 2; SELECT * FROM nobody;"})
	p.Exec(t, "CREATE TABLE big (id int PRIMARY KEY, n int, KEY (n)); INSERT INTO big VALUES (1, 1)")
	before := d.Fingerprint(t)
	_, err := p.TryUp(t, safemigrate.UpOptions{KeepOnFailure: true})
	enginetest.Fails(t, err, migrate.Interrupted, "nobody")
	copied := identity(t, d, "table_name LIKE 'safemigrate\\_c\\_%'")
	place := p.Rows(t, "SELECT table_name FROM information_schema.tables WHERE table_schema = database() AND table_name LIKE 'safemigrate\\_c\\_%'")[0]
	reader := d.Connect(t)
	run(t, reader, "BEGIN; SELECT * FROM "+place)
	p.Config.LockTimeout = wait
	done := make(chan error, 1)
	db := p.Open(t)
	go func() {
		_, err := db.Recover(t.Context(), safemigrate.RecoverOptions{})
		done <- err
	}()
	untilDoing(t, d, "ALTER TABLE `safemigrate_c_")
	time.Sleep(wait * 3 / 2) // it has waited once in vain, and waits again
	run(t, reader, "COMMIT")
	if err := ended(t, done, "recover"); err != nil {
		t.Fatal(err)
	}
	if now := identity(t, d, "table_name = 'big'"); !slices.Contains(strings.Fields(copied), now) {
		t.Error("the table was not exchanged")
	}
	p.Is(t, before, "after the restore")
}

// TestMySQLExchangeDamaged has a row of a large copy differ, which is read back while the copy
// gets its key: nothing is exchanged, and everything is once the row is as it was.
func TestMySQLExchangeDamaged(t *testing.T) {
	t.Parallel()
	p, d := myProject(t, nil, map[string]string{"1_x.up.sql": "ALTER TABLE big DROP COLUMN note; SELECT * FROM nobody;"})
	p.Config.Scope = migrate.ScopeAll
	p.Exec(t, "CREATE TABLE big (id int PRIMARY KEY, size int, note int, KEY (size)); INSERT INTO big SELECT seq, seq % 7, seq FROM "+testmy.Numbers(110_000))
	before := d.Fingerprint(t)
	_, err := p.TryUp(t, safemigrate.UpOptions{KeepOnFailure: true})
	enginetest.Fails(t, err, migrate.Interrupted, "nobody")
	left := d.Fingerprint(t)
	place := p.Rows(t, "SELECT table_name FROM information_schema.tables WHERE table_schema = database() AND table_name LIKE 'safemigrate\\_c\\_%'")[0]
	p.Exec(t, "UPDATE "+place+" SET note = 0 WHERE id = 109000")
	_, err = p.Open(t).Recover(t.Context(), safemigrate.RecoverOptions{})
	enginetest.Fails(t, err, migrate.Interrupted, "damaged")
	p.Is(t, left, "while the copy is damaged")
	p.Exec(t, "UPDATE "+place+" SET note = id WHERE id = 109000")
	if _, err := p.Open(t).Recover(t.Context(), safemigrate.RecoverOptions{}); err != nil {
		t.Fatal(err)
	}
	p.Is(t, before, "after the restore")
}

// identity is the server's number of a table.
func identity(t *testing.T, d *enginetest.MySQLDatabase, which string) string {
	t.Helper()
	catalog := "innodb_sys_tables"
	if testmy.Tested() == testmy.MySQL {
		catalog = "innodb_tables"
	}
	which = strings.ReplaceAll(which, "table_name", "substring_index(name, '/', -1)")
	return strings.Join(d.AdminQuery(t, "SELECT table_id FROM information_schema."+catalog+" WHERE substring_index(name, '/', 1) = '"+d.Name+"' AND "+which), " ")
}
