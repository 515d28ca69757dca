package cli

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// FuzzEscape looks for anything that a terminal would obey.
func FuzzEscape(f *testing.F) {
	for _, text := range []string{"orders", "\x1b[31m", "a\nb", "\u202e", "\u009b", "\xff", "\\x1b"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := escape(text)
		if strings.ContainsFunc(got, unicode.IsControl) || strings.ContainsFunc(got, harmful) || !utf8.ValidString(got) {
			t.Errorf("%q became %q", text, got)
		}
		if again := escape(got); again != got {
			t.Errorf("%q became %q, and then %q", text, got, again)
		}
	})
}

// FuzzFile looks for values in the errors of a configuration file.
func FuzzFile(f *testing.F) {
	const canary = "s3cr3tCANARY"
	for _, around := range []string{"", ":", "'", "\"", "[", "{", "&", "*", "!", "|", "\n", "\t", "%", "@", "---\n"} {
		f.Add("database: postgres://app:"+around, "@db1/shop\n")
		f.Add("database: ", around+"\n")
		f.Add(around+"tables: [", "]\n")
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		_, err := readFile("safemigrate.yaml", []byte(before+canary+after))
		if err != nil && strings.Contains(err.Error(), canary) {
			t.Errorf("%v", err)
		}
	})
}
