//go:build unix

package changes_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestIdentifiers takes awkward names through all places in SQL that hold one.
func TestIdentifiers(t *testing.T) { runCases(t, "identifiers", identifierCases()) }

func identifierCases() []change {
	all := identifiers()
	const atOnce = 30
	var cases []change
	for chunk := range slices.Chunk(all, atOnce) {
		names := fmt.Sprintf("%d names from %q on, ", len(chunk), chunk[0])
		cases = append(cases,
			change{name: names + "created", setup: placesSetup, batch: each(chunk, placesMade)},
			change{name: names + "renamed", setup: placesSetup + each(chunk, placesMade), batch: each(chunk, placesRenamed)},
			change{name: names + "dropped", setup: placesSetup + each(chunk, placesMade), batch: each(chunk, placesDropped)},
		)
	}
	return cases
}

// The places of a name are those of a schema, table, column, index, constraint,
// function, parameter, type and view; its text is that of a label, a default, a
// comment and a check. «name», 'text' and # are put in for each.
const (
	placesSetup = `CREATE SCHEMA tables; CREATE SCHEMA columns; CREATE SCHEMA functions; CREATE SCHEMA types; CREATE SCHEMA views; `
	placesMade  = `CREATE SCHEMA «name»; CREATE TABLE «name».t (a int); INSERT INTO «name».t VALUES (1);
		CREATE TABLE tables.«name» (a int ); INSERT INTO tables.«name» VALUES (NULL);
		CREATE TABLE columns.t# («name» int NOT NULL DEFAULT 1, b text DEFAULT 'text' CHECK (b <> 'text' || 'text')); INSERT INTO columns.t# DEFAULT VALUES;
		CREATE INDEX «name» ON columns.t# («name») WHERE «name» > 0;
		ALTER TABLE columns.t# ADD CONSTRAINT «name» CHECK («name» > 0);
		CREATE FUNCTION functions.«name»(«name» int DEFAULT 1) RETURNS int LANGUAGE sql AS 'SELECT 1';
		CREATE TYPE types.«name» AS ENUM ('label'); CREATE TABLE types.t# (e types.«name» DEFAULT 'label'); INSERT INTO types.t# DEFAULT VALUES;
		CREATE VIEW views.«name» AS SELECT «name», 'text' AS said FROM columns.t#;
		COMMENT ON TABLE columns.t# IS 'text'; COMMENT ON COLUMN columns.t#.«name» IS 'text'; COMMENT ON CONSTRAINT «name» ON columns.t# IS 'text'; `
	placesRenamed = `ALTER SCHEMA «name» RENAME TO s#; ALTER TABLE tables.«name» RENAME TO r#; ALTER TABLE columns.t# RENAME «name» TO r#;
		ALTER INDEX columns.«name» RENAME TO i#; ALTER TABLE columns.t# RENAME CONSTRAINT «name» TO c#;
		ALTER FUNCTION functions.«name» RENAME TO f#; ALTER TYPE types.«name» RENAME TO y#; ALTER TYPE types.y# RENAME VALUE 'label' TO 'other';
		ALTER VIEW views.«name» RENAME TO v#; COMMENT ON TABLE columns.t# IS 'other'; COMMENT ON COLUMN columns.t#.r# IS NULL; `
	placesDropped = `DROP SCHEMA «name» CASCADE; DROP TABLE tables.«name»; ALTER TABLE columns.t# DROP «name» CASCADE, ALTER b DROP DEFAULT;
		DROP FUNCTION functions.«name»; DROP TABLE types.t#; DROP TYPE types.«name»; COMMENT ON TABLE columns.t# IS NULL; `
)

// each spells SQL for each name.
func each(names []string, sql string) string {
	var all strings.Builder
	for i, name := range names {
		text := "'" + strings.ReplaceAll(name, "'", "''") + "'"
		quoted := `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
		// In one pass: a name may look like a place.
		all.WriteString(strings.NewReplacer("«name»", quoted, "'text'", text, "'label'", text, "#", strconv.Itoa(i)).Replace(sql) + "\n")
	}
	return all.String()
}

// identifiers are names that are awkward in one way or in several, each of at most
// 63 bytes, as long as names can be.
func identifiers() []string {
	all := []string{
		"A", "Ab", "aB", "1", "1a", "_", "__", "a b", " ", "  ", " a", "a ", "\t", "\n", "a\nb", "a\r\nb", "\r", "\v\f",
		`"`, `""`, `"""`, `a"b`, `"a"`, "'", "''", "a'b", "'a'", `\`, `\\`, `\'`, `\"`, `a\b`, `\n`, `\x41`, `\u0041`, `\.`, `U&"\0041"`,
		"$", "$$", "$1", "$a$", "a$b", "$$a$$", "$body$", "%", "%%", "%s", "%I", "%L", "%1$s", "a%b", "?", "??", ":", "::", ":a", ":'a'", "@", "@x",
		";", "; ", "a;b", "; DROP TABLE t", `"; DROP TABLE t; --`, `'; DROP TABLE t; --`, "-", "--", "a--b", "-- a", "/*", "*/", "/* a */", "/*/", "//",
		".", "..", "a.b", `a"."b`, "t.a", ",", "a,b", "(", ")", "()", "(a)", "a(b)", "[", "]", "[]", "a[]", "{", "}", "{}", "{a,b}", "<", ">", "<>", "=", "a=b", "*", "a*", "+", "~", "!", "!=", "|", "||", "^", "&", "&&", "#", "`",
		"é", "É", "ü", "ß", "ı", "İ", "ﬀ", "ñandú", "Ω", "я", "表", "数据库", "データ", "한글", "עברית", "العربية", "ไทย", "हिन्दी", "😀", "👩‍👩‍👧", "🇨🇭", "𝔘", "𐍈",
		"e\u0301", "\u0301", "\u00a0", "\u2003", "\u200b", "\u200d", "\u2028", "\u202e", "\ufeff", "\ufffd", "\ue000", "\u0085", "\u0001", "\u001b[31m", "\u007f", "\x08",
		"NULL", "null", "true", "default", "public ", "information_schema ", "current_user", "session_user", "oid ", "tableoid ", "excluded", "new", "old", "value", "row", "array", "any", "all",
		"select", "SELECT", "from", "table", "column", "constraint", "index", "primary", "order", "group", "user", "check", "references", "foreign", "key", "unique", "collate", "analyze", "grant", "limit", "offset", "window", "with", "when", "then", "end", "begin", "commit",
		"between", "integer", "int", "bigint", "bit", "char", "character", "numeric", "real", "time", "timestamp", "interval", "varchar", "setof", "xmlelement", "coalesce", "exists", "extract", "json_table", "merge_action", "left", "right", "natural", "overlaps", "ilike", "verbose", "freeze",
		"serial", "text", "json", "record", "anyelement", "schema", "type", "function", "view", "trigger", "add", "alter", "drop",
	}
	for _, unit := range []string{"x", "X", `"`, "'", "ü", "表", "😀", "e\u0301", "%", "$"} {
		whole := strings.Repeat(unit, 63/len(unit))
		all = append(all, whole, whole[:len(whole)-len(unit)]+strings.Repeat("y", 63-len(whole)+len(unit)))
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(name string) bool { return name == "" || !utf8.ValidString(name) })
}
