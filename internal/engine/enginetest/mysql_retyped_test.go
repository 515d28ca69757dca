//go:build unix

package enginetest_test

import (
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/migrate"
)

const retypedBase = "CREATE TABLE t (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, a varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, d decimal(10,2), at datetime(3), n int, " +
	"moved timestamp NOT NULL DEFAULT '2001-02-03 04:05:06' ON UPDATE CURRENT_TIMESTAMP, KEY by_an (a, n), UNIQUE KEY by_d (d)); " +
	"INSERT INTO t (id, a, d, at, n) VALUES (1, 'one two', 1.25, '2024-01-02 03:04:05.678', 10), (2, 'two ', 2.5, NULL, 20), (3, 'ж', NULL, '2024-01-02 00:00:00', 30), (4, 'four', -0.4, '1999-12-31 23:59:59.999', 40)"

const retypedRows = "1,one two,1.25,2024-01-02 03:04:05.678,10 2,two ,2.50,-,20 3,ж,-,2024-01-02 00:00:00.000,30 4,four,-0.40,1999-12-31 23:59:59.999,40"

// TestMySQLRetyped gives columns types that do not hold what they hold. What is kept of their
// table are these and the key; what comes back are their values. Rows that others have put in
// since stay, where what they hold can be made back into the very same; a value that others
// have changed since is not overwritten without a word.
func TestMySQLRetyped(t *testing.T) {
	t.Parallel()
	const loose = "SET SESSION sql_mode = ''; "
	for name, c := range map[string]struct {
		batch, since string
		kept         string // columns
		discards     bool
		why          string
		rows         string // id, a, d, at, n
	}{
		"a number":              {batch: "ALTER TABLE t MODIFY d decimal(10,0);", kept: "id d", rows: retypedRows},
		"a text":                {batch: loose + "ALTER TABLE t MODIFY COLUMN a varchar(3) CHARACTER SET latin1 NOT NULL FIRST;", kept: "id a", rows: retypedRows},
		"a time":                {batch: "ALTER TABLE t CHANGE at at date, ADD COLUMN z int, ADD KEY by_z (z);", kept: "id at", rows: retypedRows},
		"there and back":        {batch: "ALTER TABLE t MODIFY d decimal(10,0); ALTER TABLE t MODIFY d decimal(10,2);", kept: "id d", rows: retypedRows},
		"several, and one goes": {batch: loose + "ALTER TABLE t MODIFY d int, DROP COLUMN a, MODIFY at date NOT NULL;", kept: "id a d at", rows: retypedRows},
		"others changed the rest": {batch: "ALTER TABLE t MODIFY d decimal(10,0);", kept: "id d", since: "UPDATE t SET n = 99, moved = moved WHERE id = 2; DELETE FROM t WHERE id IN (3, 4)",
			rows: "1,one two,1.25,2024-01-02 03:04:05.678,10 2,two ,2.50,-,99"},
		"rows came that fit": {batch: "ALTER TABLE t MODIFY d int, MODIFY at date;", kept: "id d at", since: "INSERT INTO t (id, a, d, at, n) VALUES (5, 'five', 55, '2025-05-05', 50), (6, 'six', NULL, NULL, 60)",
			rows: retypedRows + " 5,five,55.00,2025-05-05 00:00:00.000,50 6,six,-,-,60"},
		"and some do not": {batch: loose + "ALTER TABLE t MODIFY a varchar(90) NULL, MODIFY d varchar(20);", kept: "id a d", discards: true, why: "4 of after the snapshot",
			since: "INSERT INTO t (id, a, d, n) VALUES (5, repeat('x', 60), '5', 50), (6, NULL, '6.00', 60), (7, 'seven ', '7.70', 70), (8, 'eight', 'none', 80), (9, 'nine', '1.2', 90)",
			rows:  retypedRows + " 7,seven ,7.70,-,70"},
		"a value was changed": {batch: "ALTER TABLE t MODIFY d int;", kept: "id d", discards: true, since: "UPDATE t SET d = 7, moved = moved WHERE id = 1; UPDATE t SET n = 41, moved = moved WHERE id = 4",
			rows: strings.Replace(retypedRows, ",40", ",41", 1)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, d := myProject(t, nil, map[string]string{"1_x.up.sql": c.batch})
			p.Exec(t, retypedBase)
			before := d.Fingerprint(t)
			up := p.Up(t, safemigrate.UpOptions{})
			kept := up.Snapshot.Tables
			if len(kept) != 1 || strings.Join(kept[0].Columns, " ") != c.kept || kept[0].Rows != 4 {
				t.Fatalf("kept %+v", kept)
			}
			if c.since != "" {
				p.Exec(t, c.since)
			}
			since := d.Fingerprint(t)
			moved := strings.Join(p.Rows(t, "SELECT concat(id, moved) FROM t WHERE id < 5 ORDER BY id"), " ")
			if c.discards {
				_, err := p.TryRollback(t, safemigrate.RollbackOptions{})
				enginetest.Fails(t, err, migrate.Undecided, "")
				p.Is(t, since, "after the refusal")
			}
			decide := migrate.Decision("")
			if c.discards {
				decide = migrate.Discard
			}
			back := p.Rollback(t, safemigrate.RollbackOptions{Decide: decide})
			if len(back.Tables) != 1 || back.Tables[0].Way != "put back" || !strings.Contains(back.Tables[0].Why, c.why) || c.discards && back.Tables[0].Place == "" {
				t.Errorf("the way was %+v", back.Tables)
			}
			if c.since == "" {
				p.Is(t, before, "after the rollback")
			}
			rows := "SELECT concat_ws(',', id, coalesce(a, '-'), coalesce(d, '-'), coalesce(at, '-'), n) FROM t ORDER BY id"
			if got := strings.Join(p.Rows(t, rows), " "); got != c.rows {
				t.Errorf("the rows are\n%s, and should be\n%s", got, c.rows)
			}
			if got := strings.Join(p.Rows(t, "SELECT concat(id, moved) FROM t WHERE id < 5 ORDER BY id"), " "); got != moved {
				t.Errorf("the times are %s, and were %s", got, moved)
			}
			p.Rollback(t, safemigrate.RollbackOptions{Undo: true})
			p.Is(t, since, "after the undo")
		})
	}
}

// TestMySQLRetypedRestore has a batch fail, behind a column that got another type or before it.
// The values of before come back; what came or was changed meanwhile is in the quarantine.
func TestMySQLRetypedRestore(t *testing.T) {
	t.Parallel()
	const goes, fails = "ALTER TABLE plain MODIFY a tinyint NOT NULL; ", "SELECT * FROM nobody; "
	for name, c := range map[string]struct{ batch, meanwhile, rows, aside string }{
		"nobody wrote":    {"SET SESSION sql_mode = ''; " + goes + fails, "DO 0", "1,10,100 2,20,-200", "1,10,100 2,20,-128"},
		"a row came":      {"SET SESSION sql_mode = ''; " + goes + fails, "INSERT INTO plain VALUES (3, 30, 3); UPDATE plain SET n = 11 WHERE id = 1", "1,11,100 2,20,-200", "1,11,100 2,20,-128 3,30,3"},
		"one was changed": {"SET SESSION sql_mode = ''; " + goes + fails, "UPDATE plain SET a = 5, n = 21 WHERE id = 2", "1,10,100 2,21,-200", "1,10,100 2,21,5"},
		"still there":     {fails + goes, "UPDATE plain SET n = 11 WHERE id = 1; INSERT INTO plain VALUES (3, 30, 300)", "1,11,100 2,20,-200 3,30,300", ""},
		"gone meanwhile":  {"SET SESSION sql_mode = ''; " + goes + fails, "ALTER TABLE plain DROP COLUMN a; UPDATE plain SET n = 11 WHERE id = 1; INSERT INTO plain VALUES (3, 30)", "1,11,100 2,20,-200", "1,11 2,20 3,30"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, _ := myProject(t, nil, map[string]string{"1_x.up.sql": c.batch})
			p.Exec(t, "CREATE TABLE plain (id int PRIMARY KEY, n int, a int NOT NULL); INSERT INTO plain VALUES (1, 10, 100), (2, 20, -200)")
			before := strings.Join(p.Rows(t, "SHOW CREATE TABLE plain"), "")
			_, err := p.TryUp(t, safemigrate.UpOptions{KeepOnFailure: true})
			enginetest.Fails(t, err, migrate.Interrupted, "nobody")
			p.Exec(t, c.meanwhile)
			if _, err := p.Open(t).Recover(t.Context(), safemigrate.RecoverOptions{}); err != nil {
				t.Fatal(err)
			}
			if after := strings.Join(p.Rows(t, "SHOW CREATE TABLE plain"), ""); after != before {
				t.Errorf("the definition is %s", after)
			}
			if got := strings.Join(p.Rows(t, "SELECT concat_ws(',', id, n, a) FROM plain ORDER BY id"), " "); got != c.rows {
				t.Errorf("the rows are %s", got)
			}
			var aside []string
			for _, place := range p.Rows(t, "SELECT table_name FROM information_schema.columns WHERE table_schema = database() AND table_name LIKE 'safemigrate\\_c\\_%' AND column_name = 'n'") {
				values := p.Rows(t, "SELECT concat('concat_ws('','', ', group_concat(column_name ORDER BY ordinal_position), ')') FROM information_schema.columns WHERE table_schema = database() AND table_name = '"+place+"'")
				aside = append(aside, p.Rows(t, "SELECT "+values[0]+" FROM "+place+" ORDER BY id")...)
			}
			if got := strings.Join(aside, " "); got != c.aside {
				t.Errorf("the quarantine has %s", got)
			}
		})
	}
}

// TestMySQLRetypedAmongOthers takes several batches back at once, of which some gave columns of
// a table another type. Nobody wrote since, so nothing is to be decided.
func TestMySQLRetypedAmongOthers(t *testing.T) {
	t.Parallel()
	const (
		retypes = "ALTER TABLE t MODIFY d decimal(10,1);"
		more    = "ALTER TABLE t MODIFY d decimal(10,0);"
		drops   = "ALTER TABLE t DROP COLUMN d;"
		other   = "ALTER TABLE t MODIFY at date;"
		writes  = "UPDATE t SET n = n + 1 WHERE id < 3; DELETE FROM t WHERE id = 4;"
		wide    = "ALTER TABLE t ADD COLUMN w int; UPDATE t SET w = 1; ALTER TABLE t DROP COLUMN n;"
		again   = "ALTER TABLE t ADD COLUMN d decimal(10,1);"
		renames = "RENAME TABLE t TO u;"
	)
	for name, batches := range map[string][]string{
		"and dropped":            {retypes, drops},
		"dropped, and again":     {drops, again, more},
		"two columns":            {retypes, other},
		"another one is dropped": {retypes, "ALTER TABLE t DROP COLUMN a;"},
		"rows first":             {writes, retypes},
		"every row afterwards":   {retypes, wide},
		"then another name":      {retypes, renames},
		"rows between":           {retypes, writes, more},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			togetherBack(t, retypedBase, batches)
		})
	}
}

// TestMySQLRetypedOneByOne takes back at once a column of another type and a later batch that
// wrote rows, or dropped the column: a row that came between the two holds what nobody can put
// back then. One after the other they go back, and it stays.
func TestMySQLRetypedOneByOne(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		later    string
		outcome  migrate.Outcome
		decision migrate.Decision
	}{
		"rows":       {"UPDATE t SET n = n + 1 WHERE id < 3;", migrate.Disagreement, migrate.Discard},
		"the column": {"ALTER TABLE t DROP COLUMN d;", migrate.Undecided, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, _ := myProject(t, nil, map[string]string{"1_x.up.sql": "ALTER TABLE t MODIFY d int;"})
			p.Exec(t, retypedBase)
			p.Up(t, safemigrate.UpOptions{})
			p.Exec(t, "INSERT INTO t (id, a, d, n) VALUES (5, 'five', 55, 50)")
			p.Add(map[string]string{"2_x.up.sql": c.later})
			p.Up(t, safemigrate.UpOptions{})
			none := ""
			_, err := p.TryRollback(t, safemigrate.RollbackOptions{To: &none, Decide: c.decision})
			enginetest.Fails(t, err, c.outcome, "")
			p.Rollback(t, safemigrate.RollbackOptions{})
			p.Rollback(t, safemigrate.RollbackOptions{})
			if got := strings.Join(p.Rows(t, "SELECT concat_ws(',', id, d, n) FROM t ORDER BY id"), " "); got != "1,1.25,10 2,2.50,20 3,30 4,-0.40,40 5,55.00,50" {
				t.Errorf("the rows are %s", got)
			}
		})
	}
}
