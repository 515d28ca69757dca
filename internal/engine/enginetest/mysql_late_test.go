//go:build unix

package enginetest_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/testmy"
	"github.com/safemigrate/safemigrate/migrate"
)

// TestMySQLLateRows writes all the time while tables are taken back: between the moment
// at which a table is kept and the one at which it is replaced, too. What was
// acknowledged is in the table, or in what safemigrate keeps of it.
func TestMySQLLateRows(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		batch string
		fails bool
		write string // of a number
		kept  string // the numbers in a table that holds what was written
		in    string
		scope migrate.ScopeMode
	}{
		"the restore after a failure": {batch: "ALTER TABLE t DROP COLUMN b; SELECT * FROM nowhere;", fails: true, write: "INSERT INTO t (id) VALUES (%d)", kept: "SELECT id FROM %s WHERE id > 100000", in: "t", scope: migrate.ScopeAll},
		"a rollback":                  {batch: "ALTER TABLE t DROP COLUMN b;", write: "INSERT INTO t (id) VALUES (%d)", kept: "SELECT id FROM %s WHERE id > 100000", in: "t", scope: migrate.ScopeAll},
		"a column that is put back":   {batch: "ALTER TABLE t DROP COLUMN b;", write: "INSERT INTO t (id) VALUES (%d)", kept: "SELECT id FROM %s WHERE id > 100000", in: "t"},
		"and rows that changed":       {batch: "ALTER TABLE t DROP COLUMN b, ADD COLUMN c int;", write: "UPDATE t SET k = %d WHERE id = 1 + %[1]d %% 20000", kept: "SELECT k FROM %s WHERE k > 100000", in: "t"},
		"put back after a failure":    {batch: "ALTER TABLE t DROP COLUMN b; SELECT * FROM nowhere;", fails: true, write: "INSERT INTO t (id) VALUES (%d)", kept: "SELECT id FROM %s WHERE id > 100000", in: "t"},
		"values that were changed":    {batch: "SELECT * FROM nowhere; ALTER TABLE t DROP COLUMN b;", fails: true, write: "UPDATE t SET b = %d WHERE id = 1 + %[1]d %% 20000", kept: "SELECT b FROM %s WHERE b BETWEEN 100000 AND 999999", in: "t"},
		"a column of another type":    {batch: "SET SESSION sql_mode = ''; ALTER TABLE t MODIFY b varchar(9);", write: "INSERT INTO t (id, b) VALUES (%d, 'new')", kept: "SELECT id FROM %s WHERE id > 100000", in: "t"},
		"values of another type":      {batch: "SET SESSION sql_mode = ''; ALTER TABLE t MODIFY b varchar(9);", write: "UPDATE t SET b = %d WHERE id = 1 + %[1]d %% 20000", kept: "SELECT b FROM %s WHERE b BETWEEN 100000 AND 999999", in: "t"},
		"rows that only changed":      {batch: "UPDATE t SET b = 'y', k = k + 1;", write: "UPDATE t SET k = %d WHERE id = 1 + %[1]d %% 20000", kept: "SELECT k FROM %s WHERE k > 100000", in: "t"},
		"a table of the batch":        {batch: "CREATE TABLE made (id int PRIMARY KEY, b text, k int); INSERT INTO made SELECT * FROM t;", write: "INSERT INTO made (id) VALUES (%d)", kept: "SELECT id FROM %s WHERE id > 100000", in: "t"},
		"a column of the batch":       {batch: "ALTER TABLE t ADD COLUMN c int;", write: "INSERT INTO t (id, c) VALUES (%d, %[1]d)", kept: "SELECT c FROM %s WHERE c > 100000", in: ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, d := myProject(t, nil, map[string]string{"1_x.up.sql": c.batch})
			p.Config.Scope = c.scope
			p.Exec(t, "CREATE TABLE t (id int PRIMARY KEY, b text, k int); INSERT INTO t SELECT seq, repeat('x', 50), seq FROM "+testmy.Numbers(20000))
			before := d.Fingerprint(t)
			if !c.fails {
				p.Up(t, safemigrate.UpOptions{})
			}
			conn := d.Database.Connect(t)
			stop, done := make(chan struct{}), make(chan []string)
			go func() {
				var wrote []string
				for n := 100_001; ; n++ {
					select {
					case <-stop:
						done <- wrote
						return
					default:
					}
					if _, err := conn.ExecContext(t.Context(), fmt.Sprintf(c.write, n)); err == nil {
						wrote = append(wrote, strconv.Itoa(n))
					}
				}
			}()
			var err error
			if c.fails {
				_, err = p.TryUp(t, safemigrate.UpOptions{})
				if f, ok := errors.AsType[*safemigrate.Failure](err); ok && f.Outcome == migrate.Restored {
					err = nil
				}
			} else {
				_, err = p.TryRollback(t, safemigrate.RollbackOptions{Decide: migrate.Discard})
			}
			close(stop)
			wrote := <-done
			if err != nil {
				t.Fatal(err)
			}
			var have []string
			places := p.Rows(t, "SELECT table_name FROM information_schema.tables WHERE table_schema = database() AND table_name LIKE 'safemigrate\\_c\\_%' ORDER BY 1")
			if c.in != "" {
				places = append(places, c.in)
			}
			for _, place := range places {
				if rows, err := testmy.Query(conn, fmt.Sprintf(c.kept, "`"+place+"`")); err == nil { // another copy may lack the column
					have = append(have, rows...)
				}
			}
			lost := slices.DeleteFunc(slices.Clone(wrote), func(n string) bool { return slices.Contains(have, n) })
			t.Logf("%d written, %d lost", len(wrote), len(lost))
			if len(wrote) == 0 || len(lost) > 0 {
				t.Errorf("%d of %d that were acknowledged are nowhere: %.10q", len(lost), len(wrote), lost)
			}
			all, err := p.Open(t).Snapshots(t.Context())
			if err != nil {
				t.Error(err)
			}
			for _, m := range all {
				if _, err := p.Open(t).Verify(t.Context(), m.ID); err != nil {
					t.Errorf("snapshot %s: %v", m.ID, err)
				}
			}
			p.Exec(t, "DELETE FROM t WHERE id > 100000; UPDATE t SET k = id, b = repeat('x', 50)")
			p.Is(t, before, "but for what was written")
		})
	}
}
