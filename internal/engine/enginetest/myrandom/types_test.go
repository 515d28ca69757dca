//go:build unix

package myrandom

import (
	"regexp"
	"strings"

	"github.com/safemigrate/safemigrate/internal/testmy"
)

// class is what expressions and values a type takes.
type class string

const (
	number  class = "number"
	text    class = "text"
	bytes   class = "bytes"
	date    class = "date"
	clocked class = "time"
	choice  class = "choice"
	other   class = "other"
)

// types are those of new columns; what comes up often stands there more than once.
var types = []string{
	"int", "int", "int unsigned", "bigint", "bigint unsigned", "smallint", "tinyint", "tinyint(1)", "mediumint unsigned", "int(5) unsigned zerofill", "decimal(10,2)", "decimal(30,10) unsigned", "float", "double", "bit(5)",
	"varchar(20)", "varchar(20)", "varchar(80)", "varchar(300)", "char(8)", "text", "mediumtext", "tinytext", "varbinary(30)", "binary(4)", "blob", "date", "datetime", "datetime(3)", "timestamp NULL", "timestamp(6) NULL", "time(2)", "year",
	"enum('a','b','c')", "enum('x,y','it''s','')", "set('a','b','c')", "json", "point", "geometry",
	"varchar(20) CHARACTER SET latin1", "varchar(30) COLLATE utf8mb4_bin", "char(5) CHARACTER SET ascii", "text CHARACTER SET utf8mb3", "varchar(10) COLLATE utf8mb4_unicode_520_ci",
}

// typesElse are those that only one of the products knows.
var typesElse = map[testmy.Product][]string{
	testmy.MariaDB: {"uuid", "inet6", "varchar(200) COMPRESSED NULL", "text COMPRESSED NULL", "varchar(20) COLLATE utf8mb4_uca1400_ai_ci"},
	testmy.MySQL:   {"varchar(20) COLLATE utf8mb4_0900_as_cs", "point SRID 4326"},
}[testmy.Tested()]

func (g *gen) columnType() string {
	if testmy.Knows(testmy.MySQL9) && g.Chance(3) {
		return "vector(3)"
	}
	if g.Chance(8) {
		return g.One(typesElse...)
	}
	return g.One(types...)
}

var (
	baseWord = regexp.MustCompile(`^[a-z0-9]+`)
	members  = regexp.MustCompile(`'(?:[^']|'')*'`)
)

var classes = map[string]class{
	"int": number, "bigint": number, "smallint": number, "tinyint": number, "mediumint": number, "decimal": number, "float": number, "double": number,
	"varchar": text, "char": text, "text": text, "mediumtext": text, "tinytext": text, "longtext": text,
	"varbinary": bytes, "binary": bytes, "blob": bytes, "mediumblob": bytes, "date": date, "datetime": date, "timestamp": date, "time": clocked, "enum": choice, "set": choice,
}

// classOf is what a type takes, as it was written or as the server writes it.
func classOf(kind string) class {
	if c, ok := classes[baseWord.FindString(strings.ToLower(kind))]; ok {
		return c
	}
	return other
}

var valuesOf = map[class][]string{
	number:  {"0", "1", "2", "3", "5", "7", "12", "100", "-3", "1.5", "127"},
	text:    {"''", "'a'", "'A'", "'b'", "'ab'", "'x '", "'quo''te'", `'back\\slash'`, "'ä'", "'ß☃'", "'tab\tnew\nline'", "repeat('z', 19)", "repeat('long', 500)", "'NULL'"},
	bytes:   {"''", "x'00'", "x'ff2700'", "'a'", "x'0a5c'", "repeat(x'e4', 30)"},
	date:    {"'2020-02-29'", "'1999-12-31 23:59:59'", "'2024-05-06 07:08:09.123456'", "'2001-01-01'"},
	clocked: {"'00:00:00'", "'-12:30:00.25'", "'838:59:59'"},
}

var othersOf = map[string][]string{
	"bit": {"b'1'", "b'10101'", "0"}, "year": {"2024", "1901", "0"}, "json": {"'{\"a\": 1}'", "'[]'", "'null'", "'{\"b\": [1, null, \"ä\"]}'"},
	"point": {"ST_GeomFromText('POINT(1 2)')", "ST_GeomFromText('POINT(-1 0.5)')"}, "geometry": {"ST_GeomFromText('POINT(1 2)')", "ST_GeomFromText('LINESTRING(0 0,1 1)')"},
	"uuid": {"'123e4567-e89b-12d3-a456-426655440000'", "'00000000-0000-0000-0000-000000000001'"}, "inet6": {"'::1'", "'2001:db8::ff00:42:8329'"}, "vector": {"string_to_vector('[1,2,3]')"},
}

// value is a value for a type, as SQL.
func (g *gen) value(c column) string {
	if c.null && g.Chance(15) || c.counts && g.Chance(60) {
		return "NULL"
	}
	return g.valueOf(c.kind)
}

func (g *gen) valueOf(kind string) string {
	k := classOf(kind)
	switch {
	case k == choice:
		return g.One(members.FindAllString(kind, -1)...)
	case valuesOf[k] != nil:
		return g.One(valuesOf[k]...)
	}
	if values := othersOf[baseWord.FindString(kind)]; values != nil {
		return g.One(values...)
	}
	return "'1'"
}

// expression is one over a column.
func (g *gen) expression(c column) string {
	n := c.sql()
	switch classOf(c.kind) {
	case number:
		return g.One(n+" + 1", n+" * 2", "abs("+n+")", n+" - 3", "ifnull("+n+", 0)", "-"+n, n+" % 7")
	case text:
		return g.One("upper("+n+")", "concat("+n+", 'x')", "left("+n+", 3)", "char_length("+n+")", "reverse("+n+")", "trim("+n+")", "replace("+n+", 'a', 'it''s')")
	case date:
		return g.One("year("+n+")", n+" + INTERVAL 1 DAY", "date("+n+")")
	case bytes:
		return g.One("length("+n+")", "hex("+n+")")
	}
	return g.One("length("+n+")", n+" IS NULL", n)
}

// condition is one over a column.
func (g *gen) condition(c column) string {
	n := c.sql()
	if g.Chance(15) {
		return n + g.One(" IS NULL", " IS NOT NULL")
	}
	switch classOf(c.kind) {
	case number:
		return n + g.One(" > ", " < ", " <> ", " >= ", " = ") + g.One("0", "1", "3", "100", "-1000")
	case text:
		return g.One(n+" <> 'zz'", n+" LIKE 'a%'", "char_length("+n+") < 300", n+" IN ('a', 'b', 'x ')", n+" > 'a'")
	case date:
		return n + g.One(" > ", " < ") + "'2010-01-01'"
	}
	return g.One(n+" IS NULL", n+" IS NOT NULL", "length("+n+") > 1")
}
