package golangmigrate_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/migrate/golangmigrate"
)

// numbered are files of the versions, each with a digest made of its version.
func numbered(versions ...int) []migrate.Migration {
	var list []migrate.Migration
	for _, v := range versions {
		n := strconv.Itoa(v)
		list = append(list, migrate.Migration{Version: n, Name: "m", Kind: migrate.Versioned, File: n + "_m.up.sql", Digest: "digest of " + n})
	}
	return list
}

func knownOf(versions ...int) []migrate.Applied {
	var list []migrate.Applied
	for _, m := range numbered(versions...) {
		list = append(list, migrate.Applied{Version: m.Version, Name: m.Name, Kind: m.Kind, File: m.File, Digest: m.Digest})
	}
	return list
}

func at(version string) migrate.History {
	return migrate.History{Exists: true, Version: version}
}

func TestPending(t *testing.T) {
	t.Parallel()
	edited := knownOf(1, 2, 3)
	edited[1].Digest = "another"
	again := append(knownOf(1, 2), knownOf(2)...)
	again[1].Digest = "before it was taken back"
	cases := []struct {
		name     string
		files    []migrate.Migration
		history  migrate.History
		known    []migrate.Applied
		due      []string
		problems []string
	}{
		{"an empty database", numbered(2, 1, 10), migrate.History{}, nil, []string{"1", "2", "10"}, nil},
		{"version zero is a version", numbered(0, 1), at("0"), nil, []string{"1"}, nil},
		{"above the history", numbered(1, 2, 10), at("2"), nil, []string{"10"}, nil},
		{"nothing due", numbered(1, 2), at("2"), knownOf(1, 2), nil, nil},
		{"no files at all", nil, at("2"), nil, nil, []string{"too-new 2"}},
		{"an older release", numbered(1, 2), at("4"), knownOf(1, 2, 3, 4), nil, []string{"too-new 4"}},
		{"the history's file is gone", numbered(1, 3), at("2"), nil, []string{"3"}, []string{"missing 2"}},
		{"a known file is gone", numbered(1, 3), at("3"), knownOf(1, 2, 3), nil, []string{"missing 2"}},
		{"edited", numbered(1, 2, 3, 4), at("3"), edited, []string{"4"}, []string{"edited 2"}},
		{"edited, but taken back since", numbered(1, 2, 3), at("1"), edited, []string{"2", "3"}, nil},
		{"the newest record counts", numbered(1, 2), at("2"), again, nil, nil},
		{"late file", numbered(1, 2, 3, 4), at("3"), knownOf(1, 3), []string{"4"}, []string{"out-of-order 2"}},
		{"before the ledger", numbered(1, 2, 3), at("3"), knownOf(2, 3), nil, nil},
		{"golang-migrate went on", numbered(1, 2, 3, 4), at("3"), knownOf(1), []string{"4"}, nil},
		{"no ledger", numbered(1, 2, 3), at("3"), nil, nil, nil},
		{"dirty", numbered(1, 2, 3), migrate.History{Exists: true, Version: "2", Dirty: true}, nil, nil, []string{"dirty 2"}},
		{"dirty before the first", numbered(1), migrate.History{Exists: true, Dirty: true}, nil, nil, []string{"dirty "}},
		{"undo is never due", []migrate.Migration{{Version: "1", Kind: migrate.Undo}}, migrate.History{}, nil, nil, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			due, problems := golangmigrate.New(golangmigrate.Options{}).Pending(c.files, c.history, c.known)
			var gotDue, gotProblems []string
			for _, m := range due {
				gotDue = append(gotDue, m.Version)
			}
			for _, p := range problems {
				gotProblems = append(gotProblems, string(p.Kind)+" "+p.Version)
				if p.Detail == "" || p.Choice == "" || p.Warning {
					t.Errorf("problem %+v", p)
				}
			}
			if !slices.Equal(gotDue, c.due) || !slices.Equal(gotProblems, c.problems) {
				t.Errorf("due %q, problems %+v", gotDue, problems)
			}
		})
	}
}

func TestDirtyNamesFileAndChoices(t *testing.T) {
	t.Parallel()
	cases := []struct{ version, file, choices string }{
		{"2", "2_m.up.sql", "migrate force 2 if all of it is there, or migrate force 1 if nothing"},
		{"1", "1_m.up.sql", "migrate force 1 if all of it is there, or migrate force -- -1 if nothing"},
		{"7", "", "migrate force 7 if all of it is there, or migrate force 3 if nothing"},
	}
	for _, c := range cases {
		h := migrate.History{Exists: true, Version: c.version, Dirty: true}
		_, problems := golangmigrate.New(golangmigrate.Options{}).Pending(numbered(1, 2, 3), h, nil)
		if len(problems) != 1 || problems[0].File != c.file || !strings.Contains(problems[0].Choice, c.choices) || problems[0].Allowable() {
			t.Errorf("version %s: %+v", c.version, problems)
		}
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	c := golangmigrate.New(golangmigrate.Options{})
	ordered := []string{"", "0", "1", "2", "10", "20240101120000", "9223372036854775806"}
	for i, a := range ordered {
		for j, b := range ordered {
			if got := c.Compare(a, b); got != compareInts(i, j) {
				t.Errorf("Compare(%q, %q) = %d", a, b, got)
			}
		}
	}
	if c.Compare("007", "7") != 0 {
		t.Error("leading zeros count")
	}
}

func compareInts(a, b int) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
