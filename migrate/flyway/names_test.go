package flyway

import (
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/migrate"
)

func TestReadName(t *testing.T) {
	t.Parallel()
	custom := Options{Prefix: "VER", RepeatablePrefix: "V", Separator: "--", Suffix: ".ddl"}
	cases := []struct {
		base    string
		options Options
		want    name
		fault   string
		warning bool
	}{
		{"V1__init.sql", Options{}, name{kind: migrate.Versioned, version: "1", description: "init"}, "", false},
		{"V1.2.3__Add_a_column.sql", Options{}, name{kind: migrate.Versioned, version: "1.2.3", description: "Add a column"}, "", false},
		{"V1_2_3__x.SQL", Options{}, name{kind: migrate.Versioned, version: "1.2.3", description: "x"}, "", false},
		{"V001.050__x.sql", Options{}, name{kind: migrate.Versioned, version: "001.050", description: "x"}, "", false},
		{"V20240101120000__x__y.sql", Options{}, name{kind: migrate.Versioned, version: "20240101120000", description: "x  y"}, "", false},
		{"V7.sql", Options{}, name{kind: migrate.Versioned, version: "7"}, "", false},
		{"R__views.sql", Options{}, name{kind: migrate.Repeatable, description: "views"}, "", false},
		{"B10__start.sql", Options{}, name{kind: migrate.Baseline, version: "10", description: "start"}, "", false},
		{"U1__init.sql", Options{}, name{kind: migrate.Undo, version: "1", description: "init"}, "", false},
		{"beforeMigrate.sql", Options{}, name{event: "beforeMigrate"}, "", false},
		{"afterEachMigrateStatementError__log.sql", Options{}, name{event: "afterEachMigrateStatementError", description: "log"}, "", false},
		{"VER2--b.ddl", custom, name{kind: migrate.Versioned, version: "2", description: "b"}, "", false},
		{"V--b.ddl", custom, name{kind: migrate.Repeatable, description: "b"}, "", false},
		{"V1__x.sql", custom, name{}, "", false},
		{"README.md", Options{}, name{}, "", false},
		{"V1__x.sql.conf", Options{}, name{}, "", false},
		{".V1__x.sql", Options{}, name{}, "", false},
		{"V__x.sql", Options{}, name{}, "has none", false},
		{"V1_x.sql", Options{}, name{}, "no valid version", false},
		{"V1a__x.sql", Options{}, name{}, "no valid version", false},
		{"V1.__x.sql", Options{}, name{}, "no valid version", false},
		{"V" + strings.Repeat("1", 51) + "__x.sql", Options{}, name{}, "at most 50 characters", false},
		{"R1__x.sql", Options{}, name{}, `have no version, but has "1"`, false},
		{"README.sql", Options{}, name{}, "have no version", true},
		{"Version.sql", Options{}, name{}, "no valid version", true},
		{"U__x.sql", Options{}, name{}, "has none", true},
		{"afterMigrateX.sql", Options{}, name{}, "have no version", true},
		{"schema.sql", Options{}, name{}, "does not begin", true},
		{"v1__x.sql", Options{}, name{}, "does not begin", true},
		{"V1__x.py", Options{}, name{}, "does not end in .sql", true},
		{"V1__a\nb.sql", Options{}, name{}, "control or invisible", false},
		{"V1__a\u202egpj.sql", Options{}, name{}, "control or invisible", false},
		{"V1__a\xff.sql", Options{}, name{}, "not valid UTF-8", false},
		{"V1__...sql", Options{}, name{}, `".."`, false},
	}
	for _, c := range cases {
		t.Run(c.base, func(t *testing.T) {
			t.Parallel()
			got, fault := newNamer(c.options.withDefaults()).read(c.base)
			if (fault != nil) != (c.fault != "") {
				t.Fatalf("name %+v, fault %+v", got, fault)
			}
			if fault != nil && (!strings.Contains(fault.detail, c.fault) || fault.warning != c.warning) {
				t.Errorf("fault %+v, want %q, warning %t", *fault, c.fault, c.warning)
			}
			if got != c.want {
				t.Errorf("name %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestCompareVersions(t *testing.T) {
	t.Parallel()
	ordered := [][]string{
		{""}, {"0", "0.0", "00"}, {"0.1"}, {"1", "1.0", "01", "1.0.0", "1_0"}, {"1.0.1"}, {"1.1", "1.01"}, {"1.2"}, {"1.10"},
		{"2"}, {"10"}, {"20240101120000"}, {"99999999999999999999999"},
	}
	for i, as := range ordered {
		for j, bs := range ordered {
			for _, a := range as {
				for _, b := range bs {
					want := 0
					if i < j {
						want = -1
					} else if i > j {
						want = 1
					}
					if got := compareVersions(a, b); got != want {
						t.Errorf("compareVersions(%q, %q) = %d, want %d", a, b, got, want)
					}
				}
			}
		}
	}
}
