//go:build unix

package mysql

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/testmy"
)

// apart are values of each type that are not the same, though the server may find them
// equal, or one may be spelt as another one is written to be hashed.
func apart() map[string][]string {
	long := strings.Repeat("x", longText)
	hash := digestMySQL
	if testmy.Tested() == testmy.MariaDB {
		hash = digestMaria
	}
	hashed := hash.of("'" + long + "'")
	texts := []string{"NULL", "''", "'N'", "'N,'", "'0:'", "'1:N'", "'H'", "'a'", "'A'", "'ä'", "'a '", "' a'", "'a,'",
		"'" + long[1:] + "'", "'" + long + "'", "'" + long + "x'", "concat('H', " + hashed + ")", hashed, "'\\0a'"}
	all := map[string][]string{
		"text": texts, "varchar(300)": texts, "varchar(300) CHARACTER SET latin1": texts, "varchar(300) CHARACTER SET utf16": texts,
		"longblob": texts, "varbinary(300)": texts,
		"varchar(60)":         {"NULL", "''", "'N'", "'0:'", "'a'", "'A'", "'a '", "'a,'"},
		"int":                 {"NULL", "0", "1", "-1", "10"},
		"int zerofill":        {"NULL", "0", "1", "10"},
		"bigint unsigned":     {"NULL", "0", "18446744073709551615", "18446744073709551614"},
		"decimal(30,10)":      {"NULL", "0", "0.0000000001", "-0.0000000001", "12345678901234567890.0123456789", "12345678901234567890.0123456788"},
		"double":              {"NULL", "0", "0.1", "0.30000000000000004", "0.3", "1e300"},
		"float":               {"NULL", "0", "0.1", "16777216", "16777215"},
		"date":                {"NULL", "'0000-00-00'", "'2026-02-30'", "'2026-03-02'"},
		"datetime(6)":         {"NULL", "'0000-00-00 00:00:00'", "'2026-01-01 00:00:00'", "'2026-01-01 00:00:00.000001'"},
		"timestamp NULL":      {"NULL", "'0000-00-00 00:00:00'", "'2026-01-01 00:00:00'", "'2026-01-01 00:00:01'"},
		"time(3)":             {"NULL", "'00:00:00'", "'-00:00:01'", "'00:00:01'", "'00:00:01.001'"},
		"year":                {"NULL", "0", "2000", "2026"},
		"bit(9)":              {"NULL", "0", "1", "256"},
		"enum('b', 'a', '1')": {"NULL", "'b'", "'a'", "'1'"},
		"set('b', 'a')":       {"NULL", "''", "'a'", "'b'", "'b,a'"},
		"geometry":            {"NULL", "ST_GeomFromText('POINT(1 2)')", "ST_GeomFromText('POINT(2 1)')", "ST_GeomFromText('LINESTRING(1 2, 2 1)')"},
		"json":                {"NULL", "'null'", "'1'", `'"1"'`, "'[1]'", "'{}'"},
	}
	if testmy.Tested() == testmy.MariaDB {
		all["uuid"] = []string{"NULL", "'00000000-0000-4000-8000-000000000000'", "'00000000-0000-4000-8000-000000000001'"}
		all["inet6"] = []string{"NULL", "'::'", "'::1'"}
	} else {
		all["double"] = append(all["double"], "0e0 * -1") // MariaDB keeps no sign of it
	}
	return all
}

// TestSumTells expects another sum of each value, and has two values be the same where they
// are one.
func TestSumTells(t *testing.T) {
	t.Parallel()
	db := opened(t)
	for kind, values := range apart() {
		db.mustExec(t, "DROP TABLE IF EXISTS t, u, one", "CREATE TABLE t (id int PRIMARY KEY, v "+kind+", w varchar(300) NOT NULL DEFAULT 'N')", "CREATE TABLE u LIKE t", "CREATE TABLE one LIKE t")
		of, err := db.shapeOf(t.Context(), "t")
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]string{}
		for i, v := range values {
			db.mustExec(t, fmt.Sprintf("INSERT INTO t (id, v) VALUES (%d, %s)", i, v), "DELETE FROM one", fmt.Sprintf("INSERT INTO one SELECT 0, v, w FROM t WHERE id = %d", i))
			got, err := db.own.sumOf(t.Context(), "one", of)
			if err != nil {
				t.Fatal(err)
			}
			if other, ok := seen[got.text]; ok {
				t.Errorf("%s: %.40s and %.40s have the same sum", kind, v, other)
			}
			seen[got.text] = v
		}
		db.mustExec(t, "INSERT INTO u SELECT * FROM t")
		values, ok := of.only([]string{"v", "w"})
		if !ok {
			t.Fatal("no columns")
		}
		rows, err := db.own.query(t.Context(), "SELECT t.id = u.id, count(*) FROM t JOIN u ON "+values.same("t", "u")+" GROUP BY 1")
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) != 1 || rows[0].Text(0) != "1" || rows[0].Text(1) != strconv.Itoa(len(seen)) {
			t.Errorf("%s: of %d values the same: %v", kind, len(seen), rows)
		}
	}
}

// TestSumIsOfRows has the same rows in another order, and in a table whose columns may be
// NULL, which is no other sum; a row that is there twice, and values that changed places,
// are.
func TestSumIsOfRows(t *testing.T) {
	t.Parallel()
	db := opened(t)
	sumOf := func(columns, rows string) sum {
		db.mustExec(t, "DROP TABLE IF EXISTS t", "CREATE TABLE t ("+columns+")", "INSERT INTO t (a, b) VALUES "+rows)
		of, err := db.shapeOf(t.Context(), "t")
		if err != nil {
			t.Fatal(err)
		}
		got, err := db.own.sumOf(t.Context(), "t", of)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	want := sumOf("a int, b varchar(9)", "(1, 'x'), (2, 'y'), (3, 'z')")
	for name, columns := range map[string]string{"no NULLs": "a int NOT NULL, b varchar(9) NOT NULL", "a key": "a int PRIMARY KEY, b varchar(9)", "another key": "b varchar(9) PRIMARY KEY, a int"} {
		got := sumOf(columns, "(3, 'z'), (1, 'x'), (2, 'y')")
		if same := got == want; same != (name != "another key") {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	for name, rows := range map[string]string{"twice": "(1, 'x'), (2, 'y'), (3, 'z'), (3, 'z')", "swapped": "(1, 'y'), (2, 'x'), (3, 'z')", "twice two": "(1, 'x'), (1, 'x'), (2, 'y'), (2, 'y'), (3, 'z')"} {
		if got := sumOf("a int, b varchar(9)", rows); got.text == want.text {
			t.Errorf("%s: the same sum", name)
		}
	}
}

// TestSumIsOfBytes has the sum that docs/format.md describes: the bytes of a text count as
// the column's character set has them, whatever its neighbours have.
func TestSumIsOfBytes(t *testing.T) {
	t.Parallel()
	db := opened(t)
	db.mustExec(t, `CREATE TABLE t (a varchar(9) CHARACTER SET latin1, b varchar(9) CHARACTER SET utf16, c text CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
		d varchar(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci, e varbinary(9), f char(9) CHARACTER SET latin1, g text, h int)`,
		"INSERT INTO t VALUES ('ä', 'ä', 'ä', 'ä', x'00ff3a', 'ä', NULL, -7)")
	of, err := db.shapeOf(t.Context(), "t")
	if err != nil {
		t.Fatal(err)
	}
	row := []byte("1:\xe42:\x00\xe42:ä2:ä3:\x00\xff:1:\xe4N-7,")
	hash := sha1.Sum(row)
	hashed := hash[:16]
	if testmy.Tested() == testmy.MySQL {
		longer := sha256.Sum256(row)
		hashed = longer[:16]
	}
	var quarters []string
	for quarter := range slices.Chunk(hashed, 4) {
		quarters = append(quarters, strconv.FormatUint(uint64(crc32.ChecksumIEEE([]byte(hex.EncodeToString(quarter)))), 10))
	}
	want := sum{1, strings.Join(quarters, "-")}
	if got, err := db.own.sumOf(t.Context(), "t", of); err != nil || got != want {
		t.Errorf("%v, want %v (%v)", got, want, err)
	}
}

// TestSumOfCopy has two sessions add up one table, and the hashes that are recorded of it.
func TestSumOfCopy(t *testing.T) {
	t.Parallel()
	db := opened(t)
	ctx := t.Context()
	const rows = 5*portionRows/2 + 1
	db.mustExec(t, "CREATE TABLE t (id int PRIMARY KEY, a int)", "INSERT INTO t SELECT 3 * seq, seq % 7 FROM "+testmy.Numbers(rows))
	of, err := db.shapeOf(ctx, "t")
	if err != nil {
		t.Fatal(err)
	}
	want, err := db.own.sumIn(ctx, "t", of, portions{from: of.from("t")})
	if err != nil || want.rows != rows {
		t.Fatal(want, err)
	}
	if got, err := db.sumOfCopy(ctx, db.own, "t", of, rows); err != nil || got != want {
		t.Errorf("by two sessions %v, want %v (%v)", got, want, err)
	}
	if got, err := db.own.sumOf(ctx, "t", of); err != nil || got != want {
		t.Errorf("in portions %v, want %v (%v)", got, want, err)
	}
	w := tableWay{Name: "t", Way: wayRebuilt, Hashes: placeOf("h", "x", 0)}
	if err := db.recordRows(ctx, &w, of, nil); err != nil {
		t.Fatal(err)
	}
	if got, err := db.own.sumOfHashes(ctx, w.Hashes); err != nil || got != want || w.Rows != rows {
		t.Errorf("of the hashes %v, want %v (%v)", got, want, err)
	}
	db.mustExec(t, "UPDATE t SET a = 7 WHERE id = 3000")
	if got, err := db.sumOfCopy(ctx, db.own, "t", of, rows); err != nil || got == want {
		t.Errorf("after a change %v, %v", got, err)
	}
}

// TestSumSmallPacket refuses a row whose values have no room together, rather than to leave
// it out.
func TestSumSmallPacket(t *testing.T) {
	t.Parallel()
	db := opened(t)
	columns, values := "id int PRIMARY KEY", "1"
	for name := range strings.FieldsSeq("a b c d e f g h i j") {
		columns, values = columns+", "+name+" varchar(200)", values+", repeat('x', 200)"
	}
	db.mustExec(t, "CREATE TABLE t ("+columns+")", "INSERT INTO t VALUES ("+values+")")
	of, err := db.shapeOf(t.Context(), "t")
	if err != nil {
		t.Fatal(err)
	}
	// As a server has it that joins no more than that.
	of.digest = "if(length(%[1]s) < 1000, " + digest(strings.ReplaceAll(string(of.digest), "%s", "%[1]s")) + ", NULL)"
	if got, err := db.own.sumOf(t.Context(), "t", of); err == nil || !strings.Contains(err.Error(), "1 row of t") {
		t.Errorf("%v, %v", got, err)
	}
}
