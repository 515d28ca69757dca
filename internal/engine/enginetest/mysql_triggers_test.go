//go:build unix

package enginetest_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/testmy"
	"github.com/safemigrate/safemigrate/migrate"
)

// TestMySQLTriggersStay writes to a table all the while it is taken back, whichever way it
// goes: each row fires the trigger of before the batch or the batch's. Nobody writes while
// neither is there, since they go and come under the lock under which the rows do.
func TestMySQLTriggersStay(t *testing.T) {
	t.Parallel()
	const again = "DROP TRIGGER stamps; CREATE TRIGGER stamps BEFORE INSERT ON `held` FOR EACH ROW SET NEW.stamp = 2;"
	for name, c := range map[string]struct {
		batch, way, more, fails string
		untied                  bool // nothing refers to it, nor it to anything
	}{
		"rebuilt":                       {batch: "ALTER TABLE `held` DROP COLUMN b, ADD COLUMN c int; UPDATE `held` SET c = 1;", way: "rebuilt"},
		"put back":                      {batch: "ALTER TABLE `held` DROP COLUMN b;", way: "put back"},
		"corrected":                     {batch: "UPDATE `held` SET b = 'new' WHERE id % 100 = 0;", way: "corrected"},
		"corrected, and an older batch": {batch: "UPDATE `held` SET b = 'new' WHERE id % 100 = 0;", way: "corrected", more: "UPDATE `held` SET b = 'newer' WHERE id % 50 = 0;"},
		"corrected, losing a column":    {batch: "ALTER TABLE `held` ADD COLUMN c int; UPDATE `held` SET b = 'new', c = 3 WHERE id % 100 = 0;" + again, way: "corrected"},
		"in place":                      {batch: "ALTER TABLE `held` ADD COLUMN c int;" + again, way: "in place"},
		"the trigger alone":             {batch: again},
		"what its trigger uses is gone": {batch: "ALTER TABLE `held` DROP COLUMN b; DROP TABLE seen;", way: "put back"},
		"restored":                      {batch: "ALTER TABLE `held` DROP COLUMN b; INSERT INTO nowhere VALUES (1);", fails: "nowhere"},
		"exchanged":                     {batch: "ALTER TABLE `held` DROP COLUMN b; INSERT INTO nowhere VALUES (1);", fails: "nowhere", untied: true},
	} {
		if c.untied && testmy.Tested() == testmy.MariaDB {
			continue // it renames nothing under a lock
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, d := myProject(t, nil, map[string]string{"1_x.up.sql": c.batch})
			p.Exec(t, "CREATE TABLE seen (n int); CREATE TABLE kin (id int PRIMARY KEY); CREATE TABLE `held` (id int AUTO_INCREMENT PRIMARY KEY, b text, stamp int NOT NULL DEFAULT 0, k int, CONSTRAINT to_kin FOREIGN KEY (k) REFERENCES kin (id));"+
				"CREATE TABLE kid (id int PRIMARY KEY, h int, CONSTRAINT to_held FOREIGN KEY (h) REFERENCES `held` (id) ON DELETE CASCADE ON UPDATE CASCADE); INSERT INTO kin VALUES (1);"+
				"INSERT INTO `held` (id, b, stamp, k) SELECT seq, repeat('x', 50), 1, 1 FROM "+testmy.Numbers(3000)+"; INSERT INTO kid SELECT id, id FROM `held`;"+
				"CREATE TRIGGER stamps BEFORE INSERT ON `held` FOR EACH ROW SET NEW.stamp = 1 + (SELECT count(*) FROM seen)")
			if c.untied {
				p.Config.Scope = migrate.ScopeAll // a copy of columns that go is never exchanged
				p.Exec(t, "ALTER TABLE kid DROP FOREIGN KEY to_held; ALTER TABLE `held` DROP FOREIGN KEY to_kin")
			}
			schema := testmy.WithoutCounters(d.Dump(t))
			const tied = "SELECT count(*), sum(kid.h), sum(b = repeat('x', 50)), (SELECT count(*) FROM kin) FROM kid JOIN `held` ON `held`.id = kid.h"
			was := d.AdminQuery(t, tied)
			up := func() error {
				_, err := p.TryUp(t, safemigrate.UpOptions{})
				return err
			}
			if c.fails == "" {
				if err := up(); err != nil {
					t.Fatal(err)
				}
			}
			if c.more != "" {
				p.Add(map[string]string{"2_x.up.sql": c.more})
				if err := up(); err != nil {
					t.Fatal(err)
				}
			}
			stop := inserts(t, d.Database.Connect(t))
			var err error
			if c.fails == "" {
				var back *safemigrate.RollbackReport
				none := ""
				if back, err = p.TryRollback(t, safemigrate.RollbackOptions{To: &none, Decide: migrate.Discard}); err == nil && c.way != "" && (back.Tables[0].Way != c.way || !strings.HasPrefix(back.Tables[0].Readers, "wait")) {
					t.Errorf("another way than the one that is tested, or not said to be locked: %+v", back.Tables)
				}
			} else if err = up(); err != nil && strings.Contains(err.Error(), c.fails) {
				err = nil
			}
			written := stop()
			if err != nil {
				t.Fatal(err)
			}
			if n := d.AdminQuery(t, "SELECT count(*) FROM `held` WHERE stamp = 0"); n[0] != "0" {
				t.Errorf("%s of %d rows fired no trigger", n[0], written)
			}
			if is := d.AdminQuery(t, tied); is[0] != was[0] {
				t.Errorf("the tables on either side of its foreign keys hold %s, and held %s", is, was)
			}
			if is := testmy.WithoutCounters(d.Dump(t)); is != schema {
				t.Errorf("the schema is\n%s\nand was\n%s", is, schema)
			}
		})
	}
}

// inserts writes row after row. What it returns waits for some more, and stops.
func inserts(t *testing.T, conn *sql.Conn) func() int {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	written, done := make(chan int), make(chan struct{})
	go func() {
		defer close(done)
		for n := 0; ctx.Err() == nil; {
			if _, err := conn.ExecContext(ctx, "INSERT INTO `held` (k) VALUES (NULL)"); err != nil {
				continue // where the table is away for a moment
			}
			n++
			select {
			case written <- n:
			default:
			}
		}
	}()
	return func() int {
		<-written
		n := <-written
		cancel()
		<-done
		return n
	}
}
