package golangmigrate_test

import (
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"unicode"

	"github.com/golang-migrate/migrate/v4/source"

	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/migrate/golangmigrate"
)

// FuzzFileName gives one file any name: what is taken is what golang-migrate
// takes, can be printed, and what looks like a migration is never passed over.
func FuzzFileName(f *testing.F) {
	for _, name := range []string{"1_a.up.sql", "01_.up.", "1_a\nb.up.sql", "18446744073709551616_a.up.sql", "1_a.down.sql", "x.sql", "1__a.up.down.sql", "\u202e.sql", "9223372036854775808_.up.x"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\x00") {
			return
		}
		src := fstest.MapFS{name: {Data: []byte("select 1"), Mode: 0o644}}
		found, problems, err := golangmigrate.New(golangmigrate.Options{}).Load(src)
		if err != nil {
			t.Fatal(err)
		}
		parsed, parseErr := source.Parse(name)
		taken := len(found) > 0 && found[0].Kind == migrate.Versioned
		switch {
		case taken && (parseErr != nil || strconv.FormatUint(uint64(parsed.Version), 10) != found[0].Version || parsed.Identifier != found[0].Name):
			t.Errorf("taken as %+v, golang-migrate says %+v, %v", found[0], parsed, parseErr)
		case taken && strings.ContainsFunc(name, unicode.IsControl):
			t.Errorf("%q was taken", name)
		case !taken && parseErr == nil && parsed.Direction == source.Up && len(problems) == 0:
			t.Errorf("%q was passed over", name)
		}
	})
}
