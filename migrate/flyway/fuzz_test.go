package flyway

import (
	"strings"
	"testing"
	"unicode"

	"github.com/safemigrate/safemigrate/migrate"
)

// FuzzReadName: a name that is taken can be put together again.
func FuzzReadName(f *testing.F) {
	for _, base := range []string{"V1__a.sql", "V1_2__a_b.sql", "R__x.SQL", "beforeMigrate__y.sql", "V__.sql", "U0__.sql", "V1__a\n.sql", "B1.sql", "V1__x.py"} {
		f.Add(base)
	}
	names := newNamer(Options{}.withDefaults())
	f.Fuzz(func(t *testing.T, base string) {
		n, fault := names.read(base)
		if fault != nil {
			if n != (name{}) || fault.detail == "" {
				t.Errorf("%q: both a name %+v and a fault %+v", base, n, fault)
			}
			return
		}
		if n == (name{}) {
			return
		}
		if strings.ContainsFunc(base, unicode.IsControl) {
			t.Errorf("%q was taken", base)
		}
		first := map[migrate.Kind]string{migrate.Versioned: "V", migrate.Repeatable: "R", migrate.Baseline: "B", migrate.Undo: "U", "": n.event}[n.kind]
		stem := base[:len(base)-len(".sql")]
		again := first + n.version
		if strings.Contains(stem, "__") {
			again += "__" + n.description
		}
		if fold(again) != fold(stem) {
			t.Errorf("%q was read as %+v, which makes %q", base, n, again)
		}
		if n.version != "" && compareVersions(n.version, n.version) != 0 {
			t.Errorf("%q does not equal itself", n.version)
		}
	})
}

// fold makes names equal that differ only in what reading changes.
func fold(s string) string { return strings.NewReplacer("_", " ", ".", " ").Replace(s) }

// FuzzCompareVersions: the order is the same from both sides, and agrees with keys.
func FuzzCompareVersions(f *testing.F) {
	f.Add("1.0", "1")
	f.Add("1.10", "1.9")
	f.Add("", "0")
	f.Fuzz(func(t *testing.T, a, b string) {
		c := compareVersions(a, b)
		if c != -compareVersions(b, a) {
			t.Errorf("%q and %q: %d from one side only", a, b, c)
		}
		if _, err := readVersion(a); err != nil {
			return
		}
		if _, err := readVersion(b); err == nil && (c == 0) != (key(a) == key(b)) {
			t.Errorf("%q and %q: %d, keys %q and %q", a, b, c, key(a), key(b))
		}
	})
}

// FuzzReplace: with each placeholder standing for itself, the text comes out as it
// went in; and a text without the prefix is left alone.
func FuzzReplace(f *testing.F) {
	f.Add("a ${x} $${y} ${", "x")
	f.Add("$$$${x}}", "x")
	f.Add("${é}", "É")
	f.Fuzz(func(t *testing.T, text, placeholder string) {
		if strings.Contains(placeholder, "}") || placeholder != strings.ToLower(placeholder) {
			return
		}
		itself := replacer{"${", "}", map[string]string{placeholder: "${" + placeholder + "}"}}
		written := text + "${" + placeholder + "}"
		got, err := itself.replace(written)
		if err == nil && !strings.EqualFold(got, written) {
			t.Errorf("%q became %q", written, got)
		}
		if got, err := itself.replace(text); !strings.Contains(text, "${") && (err != nil || got != text) {
			t.Errorf("%q became %q, %v", text, got, err)
		}
	})
}

// FuzzReadScriptConfig never fails in another way than by an error.
func FuzzReadScriptConfig(f *testing.F) {
	f.Add("executeInTransaction=false\n# x\nencoding=UTF-8")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := readScriptConfig(text)
		if err == nil && c.encoding != "" && checkEncoding(c.encoding) != nil {
			t.Errorf("%q gave the encoding %q", text, c.encoding)
		}
	})
}
