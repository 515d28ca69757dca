//go:build unix

package mysql

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/dsn"
	"github.com/safemigrate/safemigrate/internal/testmy"
)

func TestMain(m *testing.M) { testmy.Main(m) }

// opened is an engine on a database of its own.
func opened(t *testing.T) *DB {
	t.Helper()
	d := testmy.Start(t).Database(t)
	target, err := dsn.Parse(d.URL)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Configure(target.MySQL, nil)
	if err != nil {
		t.Fatal(err)
	}
	db, err := Open(t.Context(), Options{Config: c, Operation: "up"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
	return db
}

// TestPortions copies 25 rows in portions of 4, along primary keys of every type
// and form.
func TestPortions(t *testing.T) {
	t.Parallel()
	db := opened(t)
	ctx := t.Context()
	for _, c := range []struct {
		name, columns, key, values string
		inserts                    int64
	}{
		{"int", "k int", "k", "seq - 12", 7},
		{"unsigned bigint", "k bigint unsigned", "k", "18446744073709551615 - seq", 7},
		{"decimal", "k decimal(20,3)", "k", "seq * -1.125", 7},
		{"varchar", "k varchar(20)", "k", "concat(char(64 + seq), '''\\\\ä', seq)", 7},
		{"varchar, binary collation", "k varchar(20) COLLATE utf8mb4_bin", "k", "if(seq % 2, concat('a', seq), concat('A', seq))", 7},
		{"another character set", "k varchar(20) CHARACTER SET latin1 COLLATE latin1_german1_ci", "k", "concat(if(seq % 3, 'ä', 'z'), seq)", 7},
		{"char", "k char(9)", "k", "concat(seq % 5, ' ', seq)", 7},
		{"varbinary", "k varbinary(20)", "k", "unhex(hex(seq * 77777))", 7},
		{"binary", "k binary(16)", "k", "left(unhex(sha2(seq, 256)), 16)", 7},
		{"date", "k date", "k", "date_add('2024-02-20', INTERVAL seq DAY)", 7},
		{"zero date", "k date", "k", "if(seq = 1, '0000-00-00', date_add('2024-02-20', INTERVAL seq DAY))", 7},
		{"datetime", "k datetime(6)", "k", "date_add('2024-02-20 10:00:00.000001', INTERVAL seq MICROSECOND)", 7},
		{"timestamp", "k timestamp", "k", "date_add('2024-03-31 00:30:00', INTERVAL seq HOUR)", 7},
		{"time", "k time", "k", "sec_to_time((seq - 12) * 3601)", 7},
		{"year", "k year", "k", "2000 + seq", 7},
		{"uuid", "k uuid", "k", "concat('00000000-0000-4000-8000-', lpad(seq * 7919, 12, '0'))", 7},
		{"two columns", "k int, l varchar(9)", "k, l", "seq % 3, seq", 7},
		{"three columns", "k int, l int, m date", "m, k, l", "seq % 2, seq % 3, date_add('2024-01-01', INTERVAL seq DIV 6 DAY)", 7},
		{"a quoted name", "`k``k` int", "`k``k`", "seq", 7},
		{"double, which has no exact text", "k double", "k", "seq / 7", 1},
		{"enum, which is ordered by number", "k enum('z','b'), l int", "k, l", "if(seq % 2, 'z', 'b'), seq", 1},
	} {
		if c.columns == "k uuid" && testmy.Tested() == testmy.MySQL {
			continue // a type of MariaDB's
		}
		db.mustExec(t, "DROP TABLE IF EXISTS t, u", "CREATE TABLE t ("+c.columns+", v int, PRIMARY KEY ("+c.key+"))", "INSERT INTO t SELECT "+c.values+", seq FROM "+testmy.Numbers(25), "CREATE TABLE u LIKE t")
		of, err := db.shapeOf(ctx, "t")
		if err != nil {
			t.Fatal(err)
		}
		rows, err := db.transferOf(ctx, "t", "u", of, of)
		if err != nil {
			t.Fatal(err)
		}
		rows.rows = min(rows.rows, 4)
		before := inserts(t, db)
		if err := rows.run(ctx, db.own); err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if n := inserts(t, db) - before; n != c.inserts {
			t.Errorf("%s: %d INSERTs, want %d", c.name, n, c.inserts)
		}
		want, err1 := db.own.sumOf(ctx, "t", of)
		got, err2 := db.own.sumOf(ctx, "u", of)
		if err1 != nil || err2 != nil || got != want || got.rows != 25 {
			t.Errorf("%s: %v, want %v (%v, %v)", c.name, got, want, err1, err2)
		}
		if got, err := db.own.sumIn(ctx, "t", of, rows.portions); err != nil || got != want {
			t.Errorf("%s: in portions %v, want %v (%v)", c.name, got, want, err)
		}
	}
}

// TestPortionsOfWideRows has rows of a megabyte, of which a portion holds as many as its
// bytes allow.
func TestPortionsOfWideRows(t *testing.T) {
	t.Parallel()
	db := opened(t)
	const rowBytes, few = 1 << 20, 6
	db.mustExec(t, "CREATE TABLE narrow (id int PRIMARY KEY, v int)", "INSERT INTO narrow SELECT seq, seq FROM "+testmy.Numbers(1000),
		"CREATE TABLE wide (id int PRIMARY KEY, v longtext)", fmt.Sprintf("INSERT INTO wide SELECT seq, repeat('x', %d) FROM ", rowBytes)+testmy.Numbers(few), "ANALYZE TABLE narrow, wide")
	for table, want := range map[string][2]int64{"narrow": {portionRows, portionRows}, "wide": {portionBytes / rowBytes / 2, portionBytes / rowBytes}} {
		of, err := db.shapeOf(t.Context(), table)
		if err != nil {
			t.Fatal(err)
		}
		got, err := db.transferOf(t.Context(), table, "other", of, of)
		if err != nil || got.rows < want[0] || got.rows > want[1] {
			t.Errorf("%s: portions of %d rows, want %d to %d (%v)", table, got.rows, want[0], want[1], err)
		}
	}
}

func (d *DB) mustExec(t *testing.T, statements ...string) {
	t.Helper()
	if err := d.own.execAll(t.Context(), statements...); err != nil {
		t.Fatal(err)
	}
}

func inserts(t *testing.T, d *DB) int64 {
	t.Helper()
	rows, err := d.own.query(t.Context(), "SHOW SESSION STATUS LIKE 'Com_insert_select'")
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.ParseInt(rows[0].Text(1), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestLighten keeps of a copy's indexes those that rows are told by.
func TestLighten(t *testing.T) {
	t.Parallel()
	db := opened(t)
	db.mustExec(t, `CREATE TABLE t (id int NOT NULL, n int NOT NULL AUTO_INCREMENT, a varchar(20), b text, g geometry NOT NULL,
			PRIMARY KEY (id), KEY counts (n, a), UNIQUE one (a), KEY plain (a, id), KEY part (b(5)), FULLTEXT words (b), SPATIAL places (g))`,
		"CREATE TABLE m (id int, KEY plain (id)) ENGINE=MyISAM")
	now, err := db.census(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for table, want := range map[string]string{"t": "PRIMARY counts one", "m": "plain"} {
		if err := db.lighten(t.Context(), table, now.Objects["table "+table]); err != nil {
			t.Fatal(err)
		}
		rows, err := db.own.query(t.Context(), "SELECT DISTINCT index_name FROM information_schema.statistics WHERE table_schema = database() AND table_name = $1", table)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, r := range rows {
			names = append(names, r.Text(0))
		}
		slices.Sort(names)
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s: %s, want %s", table, got, want)
		}
	}
}
