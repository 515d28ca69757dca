//go:build unix

package enginetest_test

import (
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/internal/testmy"
	"github.com/safemigrate/safemigrate/migrate"
)

const putBase = "CREATE TABLE t (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, a varchar(20) CHARACTER SET latin1 DEFAULT 'none', b int NOT NULL, n int, " +
	"moved timestamp NOT NULL DEFAULT '2001-02-03 04:05:06' ON UPDATE CURRENT_TIMESTAMP, KEY by_b (b), UNIQUE KEY by_a (a), KEY by_n (n)); " +
	"INSERT INTO t (id, a, b, n) VALUES (1, 'one', 1, 10), (2, 'two', 2, 20), (3, NULL, 3, 30), (4, 'four', 4, 40)"

// TestMySQLPutBack drops columns. What is kept of their table are these and the key; what
// comes back are their values, and whatever others have written since stays.
func TestMySQLPutBack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		batch, since string
		kept         string // columns
		discards     string // what does not fit
		rows         string // id, a, b, n
		undone       string // n, after the undo
	}{
		"a column": {batch: "ALTER TABLE t DROP COLUMN a;", kept: "id a", rows: "1,one,1,10 2,two,2,20 3,-,3,30 4,four,4,40", undone: "10 20 30 40"},
		"others wrote": {batch: "ALTER TABLE t DROP COLUMN a, ADD COLUMN z int, ADD KEY by_z (z);", kept: "id a", undone: "10 99 50",
			since: "UPDATE t SET n = 99, moved = moved WHERE id = 2; DELETE FROM t WHERE id IN (3, 4); INSERT INTO t (id, b, n) VALUES (5, 5, 50)", rows: "1,one,1,10 2,two,2,99 5,none,5,50"},
		"one that has to have a value": {batch: "ALTER TABLE t DROP COLUMN b;", kept: "id b", rows: "1,one,1,10 2,two,2,20 3,-,3,30 4,four,4,40", undone: "10 20 30 40"},
		"and a row has none": {batch: "ALTER TABLE t DROP b; ALTER TABLE t ADD c int;", kept: "id b", discards: "1 without a value for b", undone: "11 20 30 40 50",
			since: "INSERT INTO t (a, n) VALUES ('five', 50); UPDATE t SET n = 11 WHERE id = 1", rows: "1,one,1,11 2,two,2,20 3,-,3,30 4,four,4,40"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, _ := myProject(t, nil, map[string]string{"1_x.up.sql": c.batch})
			p.Exec(t, putBase)
			before := p.Rows(t, "SHOW CREATE TABLE t")
			plan, err := p.Open(t).Plan(t.Context(), safemigrate.UpOptions{})
			if err != nil {
				t.Fatal(err)
			}
			up := p.Up(t, safemigrate.UpOptions{})
			kept := up.Snapshot.Tables
			if len(kept) != 1 || strings.Join(kept[0].Columns, " ") != c.kept || kept[0].Rows != 4 {
				t.Fatalf("kept %+v", kept)
			}
			if got := plan.Snapshot.Tables; len(got) != 1 || got[0].Keeps != "columns "+strings.ReplaceAll(c.kept, " ", ", ") {
				t.Errorf("planned %+v", got)
			}
			if c.since != "" {
				p.Exec(t, c.since)
			}
			moved := strings.Join(p.Rows(t, "SELECT concat(id, moved) FROM t ORDER BY id LIMIT 3"), " ")
			if c.discards != "" {
				_, err := p.TryRollback(t, safemigrate.RollbackOptions{})
				enginetest.Fails(t, err, migrate.Undecided, "")
			}
			back := p.Rollback(t, safemigrate.RollbackOptions{Decide: migrate.Discard})
			if len(back.Tables) != 1 || back.Tables[0].Way != "put back" || !strings.Contains(back.Tables[0].Why, c.discards) {
				t.Errorf("the way was %+v", back.Tables)
			}
			if got := p.Rows(t, "SHOW CREATE TABLE t"); strings.Join(got, "") != strings.Join(before, "") && c.since == "" {
				t.Errorf("the definition is %s", got)
			}
			rows := "SELECT concat_ws(',', id, coalesce(a, '-'), b, n) FROM t ORDER BY id"
			if got := strings.Join(p.Rows(t, rows), " "); got != c.rows {
				t.Errorf("the rows are %s", got)
			}
			if got := strings.Join(p.Rows(t, "SELECT concat(id, moved) FROM t ORDER BY id LIMIT 3"), " "); got != moved {
				t.Errorf("the times are %s, and were %s", got, moved)
			}
			p.Rollback(t, safemigrate.RollbackOptions{Undo: true, Decide: migrate.Discard})
			if got := strings.Join(p.Rows(t, "SELECT n FROM t ORDER BY id"), " "); got != c.undone {
				t.Errorf("after the undo: %s", got)
			}
		})
	}
}

// TestMySQLPutBackRestore has a batch fail behind columns that went, of a table with a key of
// two columns and more rows than one portion has. What somebody wrote meanwhile stays, and a
// row without a value that has to be there is in the quarantine.
func TestMySQLPutBackRestore(t *testing.T) {
	t.Parallel()
	p, _ := myProject(t, nil, map[string]string{"1_x.up.sql": "ALTER TABLE big DROP COLUMN b; ALTER TABLE big DROP COLUMN c, ADD COLUMN z int; SELECT * FROM nobody;"})
	p.Exec(t, "CREATE TABLE big (k char(3) NOT NULL, id int NOT NULL, b varchar(9) NOT NULL, n int, c int, PRIMARY KEY (k, id), KEY by_c (c)); INSERT INTO big SELECT elt(1 + seq % 3, 'x', 'y', 'z'), seq, seq % 9, seq, seq * 2 FROM "+testmy.Numbers(110_000))
	before := strings.Join(p.Rows(t, "SHOW CREATE TABLE big"), "")
	_, err := p.TryUp(t, safemigrate.UpOptions{KeepOnFailure: true})
	enginetest.Fails(t, err, migrate.Interrupted, "nobody")
	p.Exec(t, "UPDATE big SET n = 0 WHERE id = 7; DELETE FROM big WHERE id = 8; INSERT INTO big (k, id, n) VALUES ('new', 1, 1)")
	if _, err := p.Open(t).Recover(t.Context(), safemigrate.RecoverOptions{}); err != nil {
		t.Fatal(err)
	}
	if after := strings.Join(p.Rows(t, "SHOW CREATE TABLE big"), ""); after != before {
		t.Errorf("the definition is %s", after)
	}
	if got := p.Rows(t, "SELECT concat_ws(' ', count(*), sum(b = id % 9), sum(c = id * 2), sum(n = id), sum(k = 'new')) FROM big")[0]; got != "109999 109999 109999 109998 0" {
		t.Errorf("the rows are %s", got)
	}
	place := p.Rows(t, "SELECT table_name FROM information_schema.tables WHERE table_schema = database() AND table_name LIKE 'safemigrate\\_c\\_%' AND table_name <> (SELECT min(table_name) FROM information_schema.tables WHERE table_schema = database() AND table_name LIKE 'safemigrate\\_c\\_%')")
	if len(place) != 1 || p.Rows(t, "SELECT concat_ws(' ', count(*), sum(k = 'new')) FROM "+place[0])[0] != "110000 1" {
		t.Errorf("the quarantine is %v", place)
	}
}

// TestMySQLPutBackMeanwhile has a batch fail, and somebody write then to columns that go, or
// make them again. Of a column the values of before come back; what else was in it, or has no
// place in the table any more, is in the quarantine.
func TestMySQLPutBackMeanwhile(t *testing.T) {
	t.Parallel()
	const goes, fails = "ALTER TABLE plain DROP COLUMN a; ", "SELECT * FROM nobody; "
	const adds = "ALTER TABLE plain ADD COLUMN z int DEFAULT 7, ADD COLUMN y varchar(9) NOT NULL DEFAULT 'x'; ALTER TABLE plain ADD w int NOT NULL, ADD KEY (z); "
	const many = "ALTER TABLE plain ADD c1 decimal(9,2) DEFAULT 1.5, ADD c2 float DEFAULT 0.1, ADD c3 double NOT NULL DEFAULT 1e-7, ADD c4 bit(3) DEFAULT b'101', ADD c5 year DEFAULT 2020, " +
		"ADD d1 date DEFAULT '2020-01-02', ADD d2 datetime(3) DEFAULT '2020-01-02 03:04:05.678', ADD d3 time(2) DEFAULT '01:02:03.04', ADD d4 timestamp NULL, ADD e1 char(3) DEFAULT 'a', ADD e2 binary(4) DEFAULT 'ab', " +
		"ADD e3 varbinary(4) DEFAULT 'a', ADD e4 text, ADD e5 blob, ADD f1 enum('a','b') DEFAULT 'b', ADD f2 set('a','b') DEFAULT 'a,b', ADD f3 json, ADD f4 point, ADD `DEFAULT` int DEFAULT -3, ADD q1 int AS (n + 1) STORED, " +
		"ADD q2 int AS (n + 1) VIRTUAL, ADD q3 int DEFAULT 4 INVISIBLE, ADD q4 int NOT NULL, ADD q5 text NOT NULL, ADD q6 varchar(9) CHARACTER SET latin1 DEFAULT 'it''s', ADD KEY (q3); "
	for name, c := range map[string]struct{ batch, meanwhile, rows, aside string }{
		"made again":            {goes + fails, "ALTER TABLE plain ADD COLUMN a int NOT NULL DEFAULT 7 AFTER n; UPDATE plain SET a = 5, n = 21 WHERE id = 2", "1,10,100,1 2,21,200,2", "1,10,7,1 2,21,5,2"},
		"still there":           {fails + goes, "UPDATE plain SET n = 11 WHERE id = 1; INSERT INTO plain VALUES (3, 30, 300, 3)", "1,11,100,1 2,20,200,2 3,30,300,3", ""},
		"changed":               {fails + goes, "UPDATE plain SET a = 5, n = 11 WHERE id = 1", "1,11,100,1 2,20,200,2", "1,11,5,1 2,20,200,2"},
		"a new column":          {"ALTER TABLE plain DROP COLUMN a, ADD COLUMN z int; " + fails, "UPDATE plain SET z = 5 WHERE id = 1", "1,10,100,1 2,20,200,2", "1,10,1,5 2,20,2"},
		"two of one kind":       {"ALTER TABLE plain DROP COLUMN u; " + fails, "INSERT INTO plain VALUES (3, 30, 300), (4, 40, 400); UPDATE plain SET n = 11 WHERE id = 1", "1,11,100,1 2,20,200,2", "1,11,100 2,20,200 3,30,300 4,40,400"},
		"another column":        {goes + fails, "ALTER TABLE plain ADD COLUMN a varchar(9) DEFAULT 'abc'; UPDATE plain SET n = 11 WHERE id = 1", "1,11,100,1 2,20,200,2", "1,11,1,abc 2,20,2,abc"},
		"one with no value":     {goes + fails, "ALTER TABLE plain ADD COLUMN a int; INSERT INTO plain VALUES (3, 30, 3, 300)", "1,10,100,1 2,20,200,2 3,30,7,3", "1,10,1 2,20,2 3,30,3,300"},
		"by a text that is run": {goes + "PREPARE s FROM 'ALTER TABLE plain ADD COLUMN a varchar(9)'; EXECUTE s; " + fails, "DO 0", "1,10,100,1 2,20,200,2", "1,10,1 2,20,2"},
		"what comes back": {fails + "ALTER TABLE plain DROP COLUMN u;", "UPDATE plain SET u = 5 WHERE id = 1; INSERT INTO plain VALUES (3, 30, 300, 1), (4, 40, 400, 4)",
			"1,10,100,1 2,20,200,2 4,40,400,4", "1,10,100,5 2,20,200,2 3,30,300,1 4,40,400,4"},
		"a column that comes":      {adds + fails, "UPDATE plain SET z = 8, y = 'X', n = 11 WHERE id = 1", "1,11,100,1 2,20,200,2", "1,11,100,1,8,X,0 2,20,200,2,7,x,0"},
		"one without a default":    {adds + fails, "UPDATE plain SET w = 1 WHERE id = 2", "1,10,100,1 2,20,200,2", "1,10,100,1,7,x,0 2,20,200,2,7,x,1"},
		"the letters alone":        {adds + fails, "UPDATE plain SET y = 'X' WHERE id = 2", "1,10,100,1 2,20,200,2", "1,10,100,1,7,x,0 2,20,200,2,7,X,0"},
		"columns that nobody uses": {adds + fails, "UPDATE plain SET n = 11 WHERE id = 1; INSERT INTO plain (id, n, a, u, w) VALUES (3, 30, 300, 3, 0)", "1,11,100,1 2,20,200,2 3,30,300,3", ""},
		"columns of many types":    {many + fails, "UPDATE plain SET n = 11 WHERE id = 1; INSERT INTO plain (id, n, a, u, q4, q5) VALUES (3, 30, 300, 3, 0, '')", "1,11,100,1 2,20,200,2 3,30,300,3", ""},
		"the time of an addition":  {"ALTER TABLE plain ADD COLUMN z datetime DEFAULT CURRENT_TIMESTAMP; " + fails, "UPDATE plain SET z = '2001-02-03 0:0:0'", "1,10,100,1 2,20,200,2", "1,10,100,1,2001-02-03_00:00:00 2,20,200,2,2001-02-03_00:00:00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, _ := myProject(t, nil, map[string]string{"1_x.up.sql": c.batch})
			p.Exec(t, "CREATE TABLE plain (id int PRIMARY KEY, n int, a int NOT NULL DEFAULT 7, u int NOT NULL DEFAULT 9, UNIQUE KEY one (u)); INSERT INTO plain VALUES (1, 10, 100, 1), (2, 20, 200, 2)")
			before := strings.Join(p.Rows(t, "SHOW CREATE TABLE plain"), "")
			_, err := p.TryUp(t, safemigrate.UpOptions{KeepOnFailure: true})
			enginetest.Fails(t, err, migrate.Interrupted, "nobody")
			p.Exec(t, c.meanwhile)
			report, err := p.Open(t).Recover(t.Context(), safemigrate.RecoverOptions{})
			if err != nil {
				t.Fatal(err)
			}
			for _, told := range report.Tables {
				if int(told.Kept) != len(strings.Fields(c.aside)) {
					t.Errorf("it says that %d rows of it are kept", told.Kept)
				}
			}
			if after := strings.Join(p.Rows(t, "SHOW CREATE TABLE plain"), ""); after != before {
				t.Errorf("the definition is %s", after)
			}
			if got := strings.Join(p.Rows(t, "SELECT concat_ws(',', id, n, a, u) FROM plain ORDER BY id"), " "); got != c.rows {
				t.Errorf("the rows are %s", got)
			}
			var aside []string
			for _, place := range p.Rows(t, "SELECT table_name FROM information_schema.columns WHERE table_schema = database() AND table_name LIKE 'safemigrate\\_c\\_%' AND column_name = 'n'") {
				values := p.Rows(t, "SELECT concat('concat_ws('','', ', group_concat(column_name ORDER BY ordinal_position), ')') FROM information_schema.columns WHERE table_schema = database() AND table_name = '"+place+"'")
				aside = append(aside, p.Rows(t, "SELECT replace("+values[0]+", ' ', '_') FROM "+place+" ORDER BY id")...)
			}
			if got := strings.Join(aside, " "); got != c.aside {
				t.Errorf("the quarantine has %s", got)
			}
		})
	}
}

// TestMySQLPutBackOthers has a batch fail, and somebody rename another column, whose values are
// kept nowhere: what is not there under its name is made by nobody.
func TestMySQLPutBackOthers(t *testing.T) {
	t.Parallel()
	p, _ := myProject(t, nil, map[string]string{"1_x.up.sql": "ALTER TABLE t DROP COLUMN a; SELECT * FROM nobody;"})
	p.Exec(t, putBase)
	_, err := p.TryUp(t, safemigrate.UpOptions{KeepOnFailure: true})
	enginetest.Fails(t, err, migrate.Interrupted, "nobody")
	p.Exec(t, "ALTER TABLE t CHANGE COLUMN n m int")
	_, err = p.Open(t).Recover(t.Context(), safemigrate.RecoverOptions{})
	enginetest.Fails(t, err, migrate.Interrupted, "of table t only a were kept")
	p.Exec(t, "ALTER TABLE t CHANGE COLUMN m n int")
	if _, err := p.Open(t).Recover(t.Context(), safemigrate.RecoverOptions{}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(p.Rows(t, "SELECT concat_ws(',', id, a, n) FROM t ORDER BY id"), " "); got != "1,one,10 2,two,20 3,30 4,four,40" {
		t.Errorf("the rows are %s", got)
	}
}

// TestMySQLPutBackByAnotherKey takes back a column by whose name a newer one was the primary
// key by which a third batch kept what it dropped.
func TestMySQLPutBackByAnotherKey(t *testing.T) {
	t.Parallel()
	p, _ := myProject(t, nil, map[string]string{"1_x.up.sql": "ALTER TABLE t DROP COLUMN a;"})
	p.Exec(t, "CREATE TABLE t (id int PRIMARY KEY, a int, n int); INSERT INTO t VALUES (1, 20, 10), (2, 10, 20)")
	p.Up(t, safemigrate.UpOptions{})
	p.Add(map[string]string{"2_x.up.sql": "ALTER TABLE t ADD COLUMN a int NOT NULL; UPDATE t SET a = id * 10; ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (a);"})
	p.Up(t, safemigrate.UpOptions{})
	p.Add(map[string]string{"3_x.up.sql": "ALTER TABLE t DROP COLUMN n;"})
	p.Up(t, safemigrate.UpOptions{})
	none := ""
	_, err := p.TryRollback(t, safemigrate.RollbackOptions{To: &none})
	enginetest.Fails(t, err, migrate.NoWayBack, "kept by a, which is another column")
	for range 3 {
		p.Rollback(t, safemigrate.RollbackOptions{})
	}
	if got := strings.Join(p.Rows(t, "SELECT concat_ws(',', id, a, n) FROM t ORDER BY id"), " "); got != "1,20,10 2,10,20" {
		t.Errorf("the rows are %s", got)
	}
}

// TestMySQLPutBackOneByOne takes back a column and, at once, a later batch that wrote every
// row: a row that came between the two would have no value, and there is no telling it from
// those that come back. One after the other they go back.
func TestMySQLPutBackOneByOne(t *testing.T) {
	t.Parallel()
	p, _ := myProject(t, nil, map[string]string{"1_x.up.sql": "ALTER TABLE t DROP COLUMN b;"})
	p.Exec(t, putBase)
	p.Up(t, safemigrate.UpOptions{})
	p.Exec(t, "INSERT INTO t (id, a, n) VALUES (5, 'five', 50)")
	p.Add(map[string]string{"2_x.up.sql": "ALTER TABLE t ADD COLUMN w int; UPDATE t SET w = 1; ALTER TABLE t DROP COLUMN n;"})
	p.Up(t, safemigrate.UpOptions{})
	none := ""
	_, err := p.TryRollback(t, safemigrate.RollbackOptions{To: &none, Decide: migrate.Discard})
	enginetest.Fails(t, err, migrate.Disagreement, "1 without a value for b")
	p.Rollback(t, safemigrate.RollbackOptions{})
	p.Rollback(t, safemigrate.RollbackOptions{Decide: migrate.Discard})
	if got := strings.Join(p.Rows(t, "SELECT concat_ws(',', id, b, n) FROM t ORDER BY id"), " "); got != "1,1,10 2,2,20 3,3,30 4,4,40" {
		t.Errorf("the rows are %s", got)
	}
}

// TestMySQLPutBackAmongOthers takes several batches back at once, of which some wrote rows of
// the table and some dropped columns of it. Nobody wrote since, so nothing is to be decided.
func TestMySQLPutBackAmongOthers(t *testing.T) {
	t.Parallel()
	const (
		drops   = "ALTER TABLE t DROP COLUMN a;"
		more    = "ALTER TABLE t DROP COLUMN b, ADD COLUMN y int;"
		writes  = "UPDATE t SET n = n + 1 WHERE id < 3; DELETE FROM t WHERE id = 4;"
		wide    = "ALTER TABLE t ADD COLUMN w int; UPDATE t SET w = 1; ALTER TABLE t DROP COLUMN n;"
		another = "ALTER TABLE t ADD COLUMN a int;"
		renames = "RENAME TABLE t TO u;"
	)
	for name, batches := range map[string][]string{
		"rows, then a column":             {writes, drops},
		"a column, then rows":             {drops, writes},
		"a column, then every row":        {drops, wide},
		"every row, then a column":        {wide, drops},
		"two columns":                     {drops, more},
		"another one of its form":         {drops, "ALTER TABLE t ADD COLUMN a varchar(20) CHARACTER SET latin1 DEFAULT 'none';", "ALTER TABLE t DROP COLUMN b;"},
		"rows between two columns":        {drops, writes, more},
		"another column of its name":      {drops, another, drops},
		"rows, a column, another name":    {writes, drops, renames},
		"rows, and another column":        {writes, drops, another, drops},
		"rows, and one that stays":        {writes, drops, another},
		"a column, then another name":     {drops, renames},
		"another name, then a column":     {renames, "ALTER TABLE u DROP COLUMN a;"},
		"a column, then the table":        {drops, "DROP TABLE t;"},
		"a column, columns come, another": {drops, "ALTER TABLE t ADD COLUMN q int;", more},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			togetherBack(t, putBase, batches)
		})
	}
}

// TestMySQLComputedNoMore has a batch fail that made a computed column another one, which
// somebody writes to then: that is in the quarantine.
func TestMySQLComputedNoMore(t *testing.T) {
	t.Parallel()
	for name, batch := range map[string]string{
		"stays":             "ALTER TABLE t MODIFY c int; ",
		"is made again":     "ALTER TABLE t DROP COLUMN c; ALTER TABLE t ADD COLUMN c int DEFAULT 8; ",
		"is another's then": "ALTER TABLE t DROP COLUMN c, ADD COLUMN e int AS (n) VIRTUAL; ALTER TABLE t ADD COLUMN c varchar(9); ",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, d := myProject(t, nil, map[string]string{"1_x.up.sql": batch + "SELECT * FROM nobody;"})
			p.Exec(t, "CREATE TABLE t (id int PRIMARY KEY, n int, c int AS (n * 2) STORED); INSERT INTO t (id, n) VALUES (1, 10), (2, 20)")
			before := d.Fingerprint(t)
			_, err := p.TryUp(t, safemigrate.UpOptions{KeepOnFailure: true})
			enginetest.Fails(t, err, migrate.Interrupted, "nobody")
			p.Exec(t, "UPDATE t SET c = 9 WHERE id = 1")
			report, err := p.Open(t).Recover(t.Context(), safemigrate.RecoverOptions{})
			if err != nil {
				t.Fatal(err)
			}
			p.Is(t, before, "after recover")
			if kept := report.Tables[0]; kept.Kept != 2 || len(p.Rows(t, "SELECT 1 FROM "+kept.Place+" WHERE c = 9")) != 1 {
				t.Errorf("kept are %+v", kept)
			}
		})
	}
}

// TestMySQLPutBackComputed drops columns that are computed: no row is kept, and they are
// computed again.
func TestMySQLPutBackComputed(t *testing.T) {
	t.Parallel()
	const batch = "ALTER TABLE t DROP COLUMN c, DROP COLUMN d; "
	p, d := myProject(t, nil, map[string]string{"1_x.up.sql": batch + "SELECT * FROM nobody;"})
	p.Exec(t, "CREATE TABLE t (id int PRIMARY KEY, n int, c int AS (n * 2) STORED, d int AS (n * 3) VIRTUAL, KEY (c), KEY (d)); INSERT INTO t (id, n) VALUES (1, 10), (2, 20)")
	before := d.Fingerprint(t)
	if got := planned(t, p).Snapshot.Tables; len(got) != 1 || got[0].Keeps != "no row, for what goes is computed" {
		t.Errorf("planned %+v", got)
	}
	_, err := p.TryUp(t, safemigrate.UpOptions{})
	enginetest.Fails(t, err, migrate.Restored, "nobody")
	p.Is(t, before, "after the failure")
	p.Add(map[string]string{"1_x.up.sql": batch})
	if kept := p.Up(t, safemigrate.UpOptions{}).Snapshot.Tables; len(kept) != 1 || kept[0].Rows != 0 {
		t.Errorf("kept %+v", kept)
	}
	after := d.Fingerprint(t)
	p.Rollback(t, safemigrate.RollbackOptions{})
	p.Is(t, before, "after the rollback")
	p.Rollback(t, safemigrate.RollbackOptions{Undo: true})
	p.Is(t, after, "after the undo")
	p.Exec(t, "INSERT INTO t VALUES (3, 30)")
	p.Rollback(t, safemigrate.RollbackOptions{})
	if got := strings.Join(p.Rows(t, "SELECT concat_ws(',', id, n, c, d) FROM t ORDER BY id"), " "); got != "1,10,20,30 2,20,40,60 3,30,60,90" {
		t.Errorf("the rows are %s", got)
	}
}
