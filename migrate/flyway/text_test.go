package flyway

import (
	"strings"
	"testing"
)

func TestChecksumVectors(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, text string
		want       int32
	}{
		{"empty", "", 0},
		{"one line", "alter table location_history add column valid_until timestamp with time zone;", -1039259818},
		{"two lines", "CREATE TABLE t (id int);\nINSERT INTO t VALUES (1);", 169406234},
		{"a final newline", "CREATE TABLE t (id int);\nINSERT INTO t VALUES (1);\n", 169406234},
		{"CRLF", "CREATE TABLE t (id int);\r\nINSERT INTO t VALUES (1);\r\n", 169406234},
		{"CR", "CREATE TABLE t (id int);\rINSERT INTO t VALUES (1);\r", 169406234},
	}
	for _, c := range cases {
		if got := checksum(c.text); *got != c.want {
			t.Errorf("%s: %d, want %d", c.name, *got, c.want)
		}
	}
	long := strings.Repeat("x", 3*pieceBytes+1)
	if *checksum(long + "\n") != *checksum(long) {
		t.Error("the pieces of a long line do not add up")
	}
}

func TestReplace(t *testing.T) {
	t.Parallel()
	values := map[string]string{"name": "shop", "empty": "", "nested": "${name}", "a b": "spaced"}
	cases := []struct{ text, want, err string }{
		{"no placeholder", "no placeholder", ""},
		{"${name}", "shop", ""},
		{"a ${NAME}, ${Name}${empty}.", "a shop, shop.", ""},
		{"${nested}", "${name}", ""},
		{"${a b}", "spaced", ""},
		{"$ { $name {name} $", "$ { $name {name} $", ""},
		{`select $${"a": 1}$$`, `select $${"a": 1}$$`, ""},
		{"$$${name}", "$$shop", ""},
		{"'é${name}€'", "'éshop€'", ""},
		{"a\nb ${other}", "", `line 2: there is no value for the placeholder ${other}`},
		{"${}", "", "no value for the placeholder ${}"},
		{"${ 'secret' }", "", "no value for the placeholder that begins with ${"},
		{"a ${name", "", "line 1: the placeholder that begins with ${ does not end"},
	}
	for _, c := range cases {
		got, err := replacer{"${", "}", values}.replace(c.text)
		if got != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%q: %q, %v", c.text, got, err)
		}
	}
	got, err := replacer{"<<", ">>", values}.replace("<<name>> ${name} <")
	if err != nil || got != "shop ${name} <" {
		t.Errorf("other marks: %q, %v", got, err)
	}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	cases := []struct{ encoding, raw, want, err string }{
		{"UTF-8", "é", "é", ""},
		{"utf8", "a\n\xe9", "", "line 2 is not UTF-8 (byte 0xe9)"},
		{"UTF-8", "\xff\xfeS\x00", "", "UTF-16"},
		{"ISO-8859-1", "caf\xe9", "café", ""},
		{"ISO8859_1", "caf\xe9", "café", ""},
		{"ISO-8859-15", "\xa4", "€", ""},
		{"windows-1252", "\x80", "€", ""},
		{"windows-1252", "a\n\x81", "", "line 2 is not windows-1252"},
		{"US-ASCII", "a\xe9", "", "line 1 is not US-ASCII"},
		{"UTF-16", "\xff\xfea\x00", "a", ""},
		{"UTF-16", "\x00a", "a", ""},
		{"UTF-16LE", "a\x00", "a", ""},
		{"UTF-16BE", "\xd8\x00", "", "not UTF-16BE"},
		{"EBCDIC", "", "", `encoding "EBCDIC" is unknown`},
	}
	for _, c := range cases {
		got, err := decode(c.raw, c.encoding)
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s %q: %v", c.encoding, c.raw, err)
		}
		if err == nil && got != c.want {
			t.Errorf("%s %q: %q, want %q", c.encoding, c.raw, got, c.want)
		}
	}
}

func TestReadScriptConfig(t *testing.T) {
	t.Parallel()
	c, err := readScriptConfig("# comment\r\n! other\n\nexecuteInTransaction=false\r\nencoding = ISO-8859-1\nplaceholderReplacement=TRUE\nshouldExecute=true")
	if err != nil || *c.executeInTransaction || c.encoding != "ISO-8859-1" || !*c.placeholderReplacement {
		t.Errorf("%+v, %v", c, err)
	}
	for text, want := range map[string]string{
		"executeInTransactions=false":     `line 1: the key "executeInTransactions" is unknown`,
		"\nexecuteInTransaction=no":       "line 2: executeInTransaction must be true or false",
		"encoding=EBCDIC":                 "is unknown",
		"shouldExecute=${env}==prod":      "Flyway Teams",
		"shouldExecute=false":             "Flyway Teams",
		"executeInTransaction":            "is not key=value",
		"[section]\nexecuteInTransaction": "is not key=value",
	} {
		if _, err := readScriptConfig(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestShorten(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 201)
	if got := shorten(long); got != strings.Repeat("ä", 197)+"..." {
		t.Errorf("description %q", got)
	}
	if fits := strings.Repeat("ä", 200); shorten(fits) != fits {
		t.Error("a description that fits was cut")
	}
	script := strings.Repeat("d/", 600) + "V1__x.sql"
	if got := shortenScript(script); len(got) != 1000 || got != "..."+script[3:1000] {
		t.Errorf("script %q", got)
	}
}

func TestJavaHash(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int32{"": 0, "a": 97, "hello": 99162322, "polygenelubricants": -2147483648, "😀": 1772899} {
		if got := javaHash(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
	if key := lockBase + int64(javaHash(`"public"."flyway_schema_history"`)); key != 77433833903597 {
		t.Errorf("lock key %d", key)
	}
}
