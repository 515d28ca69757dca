//go:build unix

package mychanges_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/internal/testmy"
	"github.com/safemigrate/safemigrate/migrate"
)

// columnKind is a column's type with values at its edges. Where only is set, the other
// product does not know it.
type columnKind struct {
	kind, values string
	only         testmy.Product
}

var allKinds = []columnKind{
	{"tinyint", "-128, 127, 0, NULL", ""},
	{"tinyint unsigned", "0, 255", ""},
	{"smallint", "-32768, 32767", ""},
	{"smallint unsigned zerofill", "0, 65535", ""},
	{"mediumint", "-8388608, 8388607", ""},
	{"mediumint unsigned", "16777215", ""},
	{"int", "-2147483648, 2147483647, NULL", ""},
	{"int(5) zerofill", "7", ""},
	{"int unsigned", "4294967295", ""},
	{"bigint", "-9223372036854775808, 9223372036854775807", ""},
	{"bigint unsigned", "18446744073709551615", ""},
	{"boolean", "true, false, NULL", ""},
	{"decimal(65,30)", "12345678901234567890123456789012345.123456789012345678901234567891, -0.000000000000000000000000000001", ""},
	{"decimal(10,2) unsigned", "0.01, 99999999.99", ""},
	{"float", "3.4028e38, 1.17549e-38, 0.1, 16777217, -0e0", ""},
	{"float(7,3)", "1234.567", ""},
	{"float unsigned", "0.3333333333", ""},
	{"double", "1.7976931348623157e308, 2.2250738585072014e-308, 0.1, 3.141592653589793, -0e0", ""},
	{"double(20,5)", "123456789012.12345", ""},
	{"bit(1)", "b'0', b'1'", ""},
	{"bit(64)", "b'1111111111111111111111111111111111111111111111111111111111111111', b'0'", ""},
	{"bit(10)", "b'1010101010'", ""},
	{"date", "'1000-01-01', '9999-12-31', '0000-00-00', '2024-02-00', NULL", ""},
	{"datetime", "'1000-01-01 00:00:00', '9999-12-31 23:59:59', '0000-00-00 00:00:00'", ""},
	{"datetime(6)", "'2024-02-29 12:34:56.789012'", ""},
	{"datetime(3)", "'2024-02-29 12:34:56.789'", ""},
	{"timestamp NULL", "'1970-01-01 00:00:01', '2038-01-19 03:14:07', '0000-00-00 00:00:00', NULL", ""},
	{"timestamp(6) NULL", "'2001-02-03 04:05:06.000001'", ""},
	{"time", "'-838:59:59', '838:59:59', '00:00:00'", ""},
	{"time(6)", "'12:34:56.123456', '-00:00:00.000001'", ""},
	{"year", "1901, 2155, 0000", ""},
	{"char(1)", "'', 'x', ' ', NULL", ""},
	{"char(255)", "repeat('z', 255), 'trailing   '", ""},
	{"char(10) CHARACTER SET binary", "'a', x'00ff00'", ""},
	{"varchar(10)", "'', ' ', 'a ', 'ä☃😀', '\\\\', '''', 'a\\nb\\0c'", ""},
	{"varchar(300)", "repeat('ä', 300), ''", ""},
	{"varchar(10000)", "repeat('x', 10000)", ""},
	{"varchar(50) CHARACTER SET latin1", "'äöü€', ''", ""},
	{"varchar(50) CHARACTER SET latin1 COLLATE latin1_bin", "'ÄÖÜ'", ""},
	{"varchar(50) CHARACTER SET utf8mb3", "'☃'", ""},
	{"varchar(50) CHARACTER SET ucs2", "'☃ä'", ""},
	{"varchar(50) CHARACTER SET utf16", "'😀'", ""},
	{"varchar(50) CHARACTER SET utf32", "'😀'", ""},
	{"varchar(50) CHARACTER SET sjis", "'日本'", ""},
	{"varchar(50) CHARACTER SET gbk", "'中文'", ""},
	{"varchar(50) CHARACTER SET koi8r", "'Привет'", ""},
	{"varchar(50) CHARACTER SET cp1251", "'Привет'", ""},
	{"varchar(50) CHARACTER SET big5", "'中文'", ""},
	{"varchar(50) COLLATE utf8mb4_unicode_520_ci", "'ß', 'ss', 'SS'", ""},
	{"binary(4)", "x'00000000', x'ff', ''", ""},
	{"varbinary(20)", "x'', x'00', x'0001020304ff', x'27225c'", ""},
	{"varbinary(1000)", "repeat(x'00', 1000)", ""},
	{"tinyblob", "x'00ff', ''", ""},
	{"blob", "repeat(x'ff', 60000), x'', NULL", ""},
	{"mediumblob", "repeat(x'00', 200000)", ""},
	{"longblob", "x'0a0d1a'", ""},
	{"tinytext", "'', 'ä'", ""},
	{"text", "repeat('☃', 20000), '', 'a\\r\\nb', NULL", ""},
	{"mediumtext", "repeat('x', 300000)", ""},
	{"longtext", "'N', 'NULL', '0'", ""},
	{"text COMPRESSED", "repeat('y', 5000), ''", testmy.MariaDB},
	{"enum('a','b','','ä')", "'a', '', 'ä', 0, NULL", ""},
	{"set('x','y','z')", "'', 'x', 'x,z', 'x,y,z', NULL", ""},
	{"json", `'{"a": [1, 2.50, "ä"], "b":null}', '[]', 'null', NULL`, ""},
	{"uuid", "'123e4567-e89b-12d3-a456-426655440000', NULL", testmy.MariaDB},
	{"inet6", "'2001:db8::ff00:42:8329', '::', NULL", testmy.MariaDB},
	{"inet4", "'192.0.2.1', '0.0.0.0'", testmy.MariaDB},
	{"geometry", "ST_GeomFromText('POINT(1 2)'), ST_GeomFromText('LINESTRING(0 0,1 1)', 4326), NULL", ""},
	{"point", "ST_GeomFromText('POINT(-0.1 1e300)')", ""},
	{"linestring", "ST_GeomFromText('LINESTRING(0 0,1 1,2 2)')", ""},
	{"polygon", "ST_GeomFromText('POLYGON((0 0,10 0,10 10,0 10,0 0),(5 5,7 5,7 7,5 7,5 5))')", ""},
	{"multipoint", "ST_GeomFromText('MULTIPOINT(1 1,2 2)')", ""},
	{"multilinestring", "ST_GeomFromText('MULTILINESTRING((0 0,1 1),(2 2,3 3))')", ""},
	{"multipolygon", "ST_GeomFromText('MULTIPOLYGON(((0 0,1 0,1 1,0 0)))')", ""},
	{"vector(3)", "string_to_vector('[1,-2.5,3e10]'), NULL", testmy.MySQL9},
	{"point SRID 4326", "ST_GeomFromText('POINT(10 20)', 4326), NULL", testmy.MySQL},
	{"varchar(50) COLLATE utf8mb4_0900_as_cs", "'ß', 'ss', 'SS', 'a '", testmy.MySQL},
	{"varchar(50) COLLATE utf8mb4_0900_bin", "'ß', 'a '", testmy.MySQL},
	{"varchar(50) CHARACTER SET gb18030", "'中文'", testmy.MySQL},
	{"json DEFAULT (json_object())", `'{"a": 1e10}', '[1, {"b": true}]'`, testmy.MySQL},
	{"geometrycollection", "ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(0 0,1 1))')", ""},
}

// fewestKinds is how many kinds of columns each product knows at least.
const fewestKinds = 75

// TestValues lets batches change and drop columns of every type. Judges are the
// values as text and the server's own CHECKSUM TABLE.
func TestValues(t *testing.T) {
	t.Parallel()
	p := enginetest.NewProject(t, enginetest.MySQL(), nil)
	kinds := slices.DeleteFunc(slices.Clone(allKinds), func(k columnKind) bool { return !testmy.Knows(k.only) })
	t.Logf("%s: %d kinds of columns", testmy.Tested(), len(kinds))
	if len(kinds) < fewestKinds {
		t.Errorf("%d kinds of columns, want at least %d", len(kinds), fewestKinds)
	}
	var drop, move strings.Builder
	checks := make([]string, len(kinds))
	for i, k := range kinds {
		create := fmt.Sprintf("SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'; SET NAMES utf8mb4; CREATE TABLE t%02d (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, v %s, w int)", i, k.kind)
		p.Exec(t, create)
		for _, value := range splitValues(k.values) {
			p.Exec(t, fmt.Sprintf("INSERT INTO t%02d (v) VALUES (%s)", i, value))
		}
		fmt.Fprintf(&drop, "ALTER TABLE t%02d DROP COLUMN v;\n", i)
		fmt.Fprintf(&move, "SET foreign_key_checks = 0; UPDATE t%02d SET w = id, v = NULL WHERE id %% 2 = 1; DELETE FROM t%02d WHERE id = 2;\n", i, i)
		checks[i] = fmt.Sprintf("t%02d", i)
	}
	drops, moves := drop.String(), move.String()
	sums := "CHECKSUM TABLE " + strings.Join(checks, ", ")
	before, was := p.DB.Fingerprint(t), strings.Join(p.Rows(t, sums), "\n")
	for name, text := range map[string]string{"dropped": drops, "changed": moves} {
		p.Add(map[string]string{"1_values.up.sql": text})
		p.Up(t, safemigrate.UpOptions{})
		p.Rollback(t, safemigrate.RollbackOptions{})
		p.Is(t, before, name)
		if is := strings.Join(p.Rows(t, sums), "\n"); is != was {
			t.Errorf("%s: %s", name, enginetest.Difference(was, is))
		}
	}
	p.Add(map[string]string{"1_values.up.sql": drops + "SELECT * FROM nowhere;"})
	_, err := p.TryUp(t, safemigrate.UpOptions{})
	enginetest.Fails(t, err, migrate.Restored)
	p.Is(t, before, "failed")
}

// splitValues cuts a list at the commas that stand outside of quotes and
// parentheses.
func splitValues(list string) []string {
	var out []string
	depth, quoted, from := 0, false, 0
	for i := range len(list) {
		switch c := list[i]; {
		case c == '\'':
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ',' && depth == 0:
			out = append(out, list[from:i])
			from = i + 1
		}
	}
	return append(out, list[from:])
}
