//go:build unix

package enginetest_test

import (
	"cmp"
	"context"
	"database/sql"
	"strings"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/testmy"
	"github.com/safemigrate/safemigrate/migrate"
)

// TestMySQLWindow reads tables all the time while they are taken back by being
// made again: who reads them waits, and finds all rows or those of the batch,
// never a table that is away or filled in part. A program that the batch does not change is
// never away, and a table's trigger is there at the end.
func TestMySQLWindow(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		batch, fails string
		scope        migrate.ScopeMode // what is kept in part is put back, and not made again
	}{
		"columns put back":            {batch: "ALTER TABLE t DROP COLUMN b; ALTER TABLE child DROP COLUMN b;", scope: migrate.ScopeAuto},
		"a rollback":                  {batch: "ALTER TABLE t DROP COLUMN b; ALTER TABLE child DROP COLUMN b;"},
		"a rollback of a parent":      {batch: "ALTER TABLE parent DROP COLUMN b;"},
		"the restore after a failure": {batch: "ALTER TABLE t DROP COLUMN b; ALTER TABLE child DROP COLUMN b; ALTER TABLE parent DROP COLUMN b; INSERT INTO t (id) VALUES (1);", fails: "Duplicate"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, d := myProject(t, nil, map[string]string{"1_x.up.sql": c.batch})
			p.Config.Scope = cmp.Or(c.scope, migrate.ScopeAll)
			p.Exec(t, `CREATE TABLE parent (id int PRIMARY KEY, b text); INSERT INTO parent SELECT seq, repeat('p', 50) FROM `+testmy.Numbers(3000)+`;
				CREATE TABLE t (id int PRIMARY KEY, b text, KEY kb (b(9))); INSERT INTO t SELECT seq, repeat('x', 50) FROM `+testmy.Numbers(3000)+`;
				CREATE TABLE child (id int PRIMARY KEY, b text, p int, CONSTRAINT fk FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE);
				INSERT INTO child SELECT seq, 'c', seq FROM `+testmy.Numbers(3000)+`;
				CREATE TRIGGER stamps BEFORE INSERT ON t FOR EACH ROW SET NEW.id = abs(NEW.id);
				CREATE FUNCTION thousands(n int) RETURNS int DETERMINISTIC RETURN 1000 * n`)
			before := d.Fingerprint(t)
			if c.fails == "" {
				if _, err := p.TryUp(t, safemigrate.UpOptions{}); err != nil {
					t.Fatal(err)
				}
			}
			var stops []func() []string
			for _, table := range []string{"t", "child", "parent"} {
				stops = append(stops, watch(t, d.Database.Connect(t), "SELECT count(*) FROM "+table))
			}
			stops = append(stops, watch(t, d.Database.Connect(t), "SELECT thousands(3)"))
			var err error
			if c.fails == "" {
				_, err = p.TryRollback(t, safemigrate.RollbackOptions{})
			} else if _, err = p.TryUp(t, safemigrate.UpOptions{}); err != nil && strings.Contains(err.Error(), c.fails) {
				err = nil
			}
			for _, stop := range stops {
				if seen := stop(); len(seen) != 1 || seen[0] != "3000" {
					t.Errorf("others saw %q", seen)
				}
			}
			if err != nil {
				t.Fatal(err)
			}
			p.Is(t, before, "afterwards")
		})
	}
}

// watch runs a query again and again; what it returns stops that and tells
// whatever it has brought.
func watch(t *testing.T, conn *sql.Conn, query string) func() []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	done := make(chan []string)
	go func() {
		var seen []string
		for ctx.Err() == nil {
			rows, err := testmy.Query(conn, query) //nolint:contextcheck // it takes none, and is short
			word := strings.Join(rows, " ")
			if err != nil {
				word = err.Error()
			}
			if len(seen) == 0 || seen[len(seen)-1] != word {
				seen = append(seen, word)
			}
		}
		done <- seen
	}()
	return func() []string {
		cancel()
		return <-done
	}
}
