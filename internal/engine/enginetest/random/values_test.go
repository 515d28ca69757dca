//go:build unix

package random

import (
	"fmt"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/enginetest/soak"
)

// baseTypes are types of columns with values for them.
var baseTypes = map[string][]string{
	"smallint":                    {"0", "1", "2", "-3", "32767"},
	"integer":                     {"0", "1", "2", "3", "4", "5", "-7", "2147483647"},
	"bigint":                      {"0", "1", "2", "3", "9223372036854775807"},
	"numeric":                     {"0", "1.50", "-2.000", "'NaN'", "123456789012345678901234567890.5"},
	"numeric(10,2)":               {"0", "1.5", "99.99", "'NaN'", "-12345678.9"},
	"real":                        {"0", "1.5", "'NaN'", "'-Infinity'", "1e-30"},
	"double precision":            {"0", "0.1", "'NaN'", "'Infinity'", "1e300", "'-0'"},
	"boolean":                     {"true", "false"},
	"text":                        {"''", "'a'", "'b'", "'Größe'", "'quo''te'", `E'tab\tnew\nline'`, `'back\slash'`, "repeat('long ', 900)", "'NULL'"},
	"character varying(20)":       {"''", "'a'", "'twenty characters ok'", "'x '"},
	"character(5)":                {"''", "'abc'", "'abcde'"},
	`"char"`:                      {"'a'", "''", "'z'"},
	"name":                        {"'n'", "'another'"},
	"bytea":                       {`'\x'`, `'\x00ff'`, `'\xdeadbeef'`},
	"date":                        {"'2020-02-29'", "'infinity'", "'0001-01-01'", "'4713-01-01 BC'"},
	"time without time zone":      {"'00:00'", "'23:59:59.999999'", "'24:00'"},
	"timestamp without time zone": {"'2020-01-01 12:00:00.123456'", "'-infinity'", "'1999-12-31'"},
	"timestamp with time zone":    {"'2020-01-01 12:00:00+02'", "'infinity'", "'1900-01-01 00:00:00Z'"},
	"interval":                    {"'1 day'", "'-1 mon 3 days 04:05:06'", "'0'"},
	"uuid":                        {"'00000000-0000-0000-0000-000000000001'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"},
	"json":                        {"'{}'", `'{"b": 1,  "a":2, "a":3}'`, "'null'"},
	"jsonb":                       {"'{}'", `'{"a": [1, null, "x"]}'`, "'null'", `'"\u00e9"'`},
	"xml":                         {"'<a/>'", "'<b>x</b>'"},
	"inet":                        {"'127.0.0.1'", "'10.0.0.0/8'", "'::1'"},
	"macaddr":                     {"'08:00:2b:01:02:03'"},
	"bit(4)":                      {"B'1010'", "B'0000'"},
	"bit varying":                 {"B'1'", "B''"},
	"integer[]":                   {"'{}'", "'{1,2,NULL}'", "'[0:1]={5,6}'", "'{{1,2},{3,4}}'"},
	"text[]":                      {"'{}'", `'{a,"b c",NULL,"NULL"}'`, `'{"\"q\""}'`},
	"int4range":                   {"'empty'", "'[1,5)'", "'(,)'"},
	"tstzrange":                   {"'empty'", "'[2020-01-01,2021-01-01)'"},
	"int4multirange":              {"'{}'", "'{[1,3),[5,9)}'"},
	"tsvector":                    {"'a:1 b:2'", "''"},
	"point":                       {"'(1,2)'"},
	"money":                       {"1.5"},
	"pg_lsn":                      {"'0/1'"},
}

// typeNames are the keys of baseTypes; numbers and texts come up more often,
// since other things can be made of them.
var typeNames = func() []string {
	var all []string
	for name := range baseTypes {
		all = append(all, name)
	}
	slices.Sort(all)
	for range 6 {
		all = append(all, "integer", "text")
	}
	return append(all, "bigint", "bigint", "numeric(10,2)", "boolean", "jsonb")
}()

// columnType is a type for a new column.
func (g *gen) columnType() string {
	if t, ok := soak.Pick(g.Dice, g.w.Types); ok && g.Chance(20) {
		return t.sql() + g.Or(20, "[]")
	}
	return g.One(typeNames...)
}

// value is a value for a column, as SQL.
func (g *gen) value(c column) string {
	if !c.NotNull && g.Chance(15) {
		return "NULL"
	}
	if values, ok := baseTypes[c.Base]; ok {
		return g.One(values...)
	}
	if strings.HasPrefix(c.Base, "numeric") {
		return g.One(baseTypes["numeric(10,2)"]...)
	}
	return g.userValue(c)
}

// userValue is a value of a type that the schema made.
func (g *gen) userValue(c column) string {
	array := strings.HasSuffix(c.Type, "[]")
	for _, t := range g.w.Types {
		if bare := strings.TrimSuffix(c.Type, "[]"); bare != t.spelled() && bare != t.sql() && bare != t.Name {
			continue
		}
		one, ok := g.One("NULL"), true
		switch t.Kind {
		case "e":
			var label string
			label, ok = soak.Pick(g.Dice, t.Labels)
			one = literal(label)
		case "c":
			values := make([]string, len(t.Columns))
			for i, sub := range t.Columns {
				values[i] = g.value(sub)
			}
			one = "ROW(" + strings.Join(values, ", ") + ")"
		case "r":
			one = g.One("'empty'", "'(,)'")
		case "d":
			one = g.value(column{Type: t.Base, Base: t.Base, NotNull: c.NotNull})
		}
		if !ok {
			break
		}
		if array {
			return g.One("'{}'", "ARRAY["+one+"]::"+t.sql()+"[]", "ARRAY["+one+", NULL]::"+t.sql()+"[]")
		}
		return one + "::" + t.sql()
	}
	return "NULL"
}

// spelled is how format_type writes a type, where the schema has to be named.
func (t userType) spelled() string {
	if t.Schema == "public" {
		return t.Name
	}
	return t.Schema + "." + t.Name
}

// expression computes something immutable from a column.
func (g *gen) expression(c column) string {
	x := quote(c.Name)
	if f, ok := soak.Pick(g.Dice, g.w.routinesOf(func(r routine) bool { return r.Kind == "f" && r.argumentType() == c.Type })); ok && g.Chance(40) {
		return quote(f.Schema, f.Name) + "(" + x + ")"
	}
	switch c.Base {
	case "smallint", "integer", "bigint", "numeric", "numeric(10,2)", "real", "double precision":
		return g.One("("+x+" + 1)", "abs("+x+")", "(- "+x+")", "COALESCE("+x+", 0)")
	case "text", "character varying(20)":
		return g.One("lower("+x+")", "("+x+" || 'x')", "length("+x+")", "("+x+` COLLATE "C")`, "md5("+x+")", "COALESCE("+x+", '%')")
	case "jsonb":
		return g.One("("+x+" ->> 'a')", "jsonb_typeof("+x+")")
	case "boolean":
		return "(NOT " + x + ")"
	}
	return "(" + x + " IS NULL)"
}

// condition is something true of most rows.
func (g *gen) condition(c column) string {
	x := quote(c.Name)
	if t := g.enum(c.Type); t != nil && len(t.Labels) > 0 && g.Chance(60) {
		return fmt.Sprintf("%s <> %s", x, literal(g.One(t.Labels...))+g.Or(50, "::"+t.sql()))
	}
	switch c.Base {
	case "smallint", "integer", "bigint", "numeric", "numeric(10,2)":
		return g.One(x+" > -100", x+" <> 77", x+" IS NOT NULL", x+" BETWEEN -9 AND 2000000000", g.expression(c)+" IS NOT NULL")
	case "text", "character varying(20)":
		return g.One(x+" <> 'no'", "length("+x+") < 9999", x+" LIKE '%'", x+" IS NOT NULL", x+" ~ '.*'", x+" IN ('a', 'b') OR "+x+" <> 'z'")
	case "boolean":
		return g.One(x+" IS NOT NULL", x+" OR NOT "+x)
	}
	return g.One(x+" IS NOT NULL", x+" IS NULL OR true")
}

func (g *gen) enum(spelled string) *userType {
	for _, t := range g.w.typesOf("e") {
		if spelled == t.spelled() || spelled == t.sql() {
			return &t
		}
	}
	return nil
}

// argumentType is the type of the only argument, "" where there are others.
func (r routine) argumentType() string {
	if strings.Contains(r.Arguments, ",") {
		return ""
	}
	return r.Arguments
}
