package flyway_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/testconn"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/migrate/flyway"
)

// filesOf makes files of names, each with its name as text.
func filesOf(t *testing.T, names ...string) []migrate.Migration {
	t.Helper()
	texts := map[string]string{}
	for _, name := range names {
		texts[name] = name
	}
	found, problems := load(t, files(texts), flyway.Options{})
	if len(problems) > 0 {
		t.Fatalf("problems %+v", problems)
	}
	return found
}

// row is a row of that version, as Flyway would have written it for the file that
// has the version, or else for one that is gone.
func row(rank int, version, kind string, files []migrate.Migration) migrate.Entry {
	e := migrate.Entry{Rank: rank, Version: version, Type: kind, Script: "gone.sql", Description: "x", Success: true}
	for _, m := range files {
		isBaseline := m.Kind == migrate.Baseline
		if m.Version == version && version != "" && isBaseline == (kind == "SQL_BASELINE") {
			e.Script, e.Description, e.Checksum = m.File, m.Name, m.Checksum
		}
	}
	return e
}

func historyOf(rows ...migrate.Entry) migrate.History {
	return migrate.History{Exists: true, Entries: rows}
}

func TestPending(t *testing.T) {
	t.Parallel()
	one := filesOf(t, "V1__x.sql", "V2__x.sql", "V3__x.sql")
	with := filesOf(t, "V1__x.sql", "V2__x.sql", "V3__x.sql", "B2__x.sql", "B1__x.sql", "R__b.sql", "R__a.sql", "U3__x.sql")
	late := filesOf(t, "V1__x.sql", "V1.5__x.sql", "V2__x.sql", "V10__x.sql")
	changed := row(1, "1", "SQL", one)
	changed.Checksum = new(int32)
	renamed := row(1, "1", "SQL", one)
	renamed.Description = "another"
	failed := row(2, "2", "SQL", one)
	failed.Success = false
	repeatable := func(rank int, name string, sum *int32) migrate.Entry {
		return migrate.Entry{Rank: rank, Description: name, Type: "SQL", Script: "R__" + name + ".sql", Checksum: sum, Success: true}
	}
	sums := map[string]*int32{}
	for _, m := range with {
		sums[m.File] = m.Checksum
	}
	marker := migrate.Entry{Rank: 0, Type: "SCHEMA", Description: "<< Flyway Schema Creation >>", Script: `"app"`, Success: true}
	cases := []struct {
		name     string
		files    []migrate.Migration
		history  migrate.History
		due      string
		problems string
	}{
		{"an empty database", one, migrate.History{}, "1 2 3", ""},
		{"only the schema's marker", one, historyOf(marker), "1 2 3", ""},
		{"a baseline file comes first", with, historyOf(), "B2 3 Ra Rb", ""},
		{"a baseline file is too late", with, historyOf(row(1, "1", "SQL", with)), "2 3 Ra Rb", ""},
		{"a baseline file was run", with, historyOf(row(1, "2", "SQL_BASELINE", with)), "3 Ra Rb", ""},
		{"nothing due", one, historyOf(row(1, "1", "SQL", one), row(2, "2", "SQL", one), row(3, "3", "SQL", one)), "", ""},
		{"below a baseline row", one, historyOf(row(1, "2", "BASELINE", nil)), "3", ""},
		{"a baseline row above all files", one, historyOf(row(1, "9", "BASELINE", nil)), "", ""},
		{"as numbers", late, historyOf(row(1, "1", "SQL", late), row(2, "1.5", "SQL", late), row(3, "2", "SQL", late)), "10", ""},
		{"1.0 is 1", one, historyOf(row(1, "1.0", "JDBC", nil)), "2 3", "edited 1"},
		{"out of order", late, historyOf(row(1, "1", "SQL", late), row(2, "2", "SQL", late)), "10", "out-of-order 1.5"},
		{"edited", one, historyOf(changed), "2 3", "edited 1"},
		{"renamed", one, historyOf(renamed), "2 3", "edited 1"},
		{"edited below a baseline", one, historyOf(changed, row(2, "2", "BASELINE", nil)), "3", ""},
		{"missing", one, historyOf(row(1, "1", "SQL", one), row(2, "1.1", "SQL", nil)), "2 3", "missing 1.1"},
		{"missing below a baseline", one, historyOf(row(1, "0.5", "SQL", nil), row(2, "2", "BASELINE", nil)), "3", ""},
		{"a missing Java class", one, historyOf(row(1, "1", "SQL", one), row(2, "1.1", "JDBC", nil)), "2 3", ""},
		{"an older release", one, historyOf(row(1, "3", "SQL", one), row(2, "5", "SQL", nil), row(3, "4", "SQL", nil)), "", "too-new 5, out-of-order 1, out-of-order 2"},
		{"no files", nil, historyOf(row(1, "1", "SQL", nil)), "", "too-new 1"},
		{"failed", one, historyOf(row(1, "1", "SQL", one), failed), "", "dirty 2"},
		{"deleted, so due again", one, historyOf(row(1, "1", "SQL", one), row(2, "1", "DELETE", nil)), "1 2 3", ""},
		{"deleted with its file", one, historyOf(row(1, "1", "SQL", one), row(2, "1.1", "SQL", nil), row(3, "1.1", "DELETE", nil)), "2 3", ""},
		{"deleted and applied again", one, historyOf(row(1, "1", "SQL", one), row(2, "1", "DELETE", nil), row(3, "1", "SQL", one)), "2 3", ""},
		{"undone", one, historyOf(row(1, "1", "SQL", one), row(2, "2", "SQL", one), row(3, "2", "UNDO_SQL", nil)), "2 3", ""},
		{"repeatables unchanged", with, historyOf(row(1, "3", "BASELINE", nil), repeatable(2, "a", sums["R__a.sql"]), repeatable(3, "b", sums["R__b.sql"])), "", ""},
		{"a repeatable changed", with, historyOf(row(1, "3", "BASELINE", nil), repeatable(2, "a", sums["R__b.sql"]), repeatable(3, "b", sums["R__b.sql"])), "Ra", ""},
		{"the newest run counts", with, historyOf(row(1, "3", "BASELINE", nil), repeatable(2, "a", sums["R__a.sql"]), repeatable(3, "a", sums["R__b.sql"]), repeatable(4, "b", sums["R__b.sql"])), "Ra", ""},
		{"a repeatable is gone", one, historyOf(row(1, "3", "BASELINE", nil), repeatable(2, "z", nil)), "", "missing "},
		{"a repeatable was deleted", one, historyOf(row(1, "3", "BASELINE", nil), repeatable(2, "z", nil), migrate.Entry{Rank: 3, Description: "z", Type: "DELETE", Success: true}), "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			due, problems := flyway.New(flyway.Options{}).Pending(c.files, c.history, nil)
			if got := labels(due); got != c.due {
				t.Errorf("due %q, want %q", got, c.due)
			}
			var got []string
			for _, p := range problems {
				got = append(got, string(p.Kind)+" "+p.Version)
				if p.Detail == "" || p.Choice == "" || p.Warning {
					t.Errorf("problem %+v", p)
				}
			}
			if strings.Join(got, ", ") != c.problems {
				t.Errorf("problems %+v, want %q", problems, c.problems)
			}
		})
	}
}

func labels(due []migrate.Migration) string {
	var list []string
	for _, m := range due {
		switch m.Kind {
		case migrate.Repeatable:
			list = append(list, "R"+m.Name)
		case migrate.Baseline:
			list = append(list, "B"+m.Version)
		default:
			list = append(list, m.Version)
		}
	}
	return strings.Join(list, " ")
}

func TestOutOfOrderMakesLateFilesDue(t *testing.T) {
	t.Parallel()
	late := filesOf(t, "V1__x.sql", "V1.5__x.sql", "V2__x.sql", "V3__x.sql")
	h := historyOf(row(1, "1", "SQL", late), row(2, "2", "SQL", late))
	due, problems := flyway.New(flyway.Options{OutOfOrder: true}).Pending(late, h, nil)
	if labels(due) != "1.5 3" || len(problems) > 0 {
		t.Errorf("due %q, problems %+v", labels(due), problems)
	}
}

func TestEditedNamesBothChecksums(t *testing.T) {
	t.Parallel()
	found, _ := load(t, files(map[string]string{"V1__x.sql": "CREATE TABLE t (id int);\nINSERT INTO t VALUES (1);"}), flyway.Options{})
	applied := int32(-1039259818)
	h := historyOf(migrate.Entry{Rank: 1, Version: "1", Description: "x", Type: "SQL", Script: "V1__x.sql", Checksum: &applied, Success: true})
	_, problems := flyway.New(flyway.Options{}).Pending(found, h, nil)
	if len(problems) != 1 || !strings.Contains(problems[0].Detail, "checksum 169406234, applied was -1039259818") {
		t.Errorf("problems %+v", problems)
	}
}

// TestRepeatableEqualsEitherChecksum: rows of before Flyway replaced placeholders
// in checksums still count.
func TestRepeatableEqualsEitherChecksum(t *testing.T) {
	t.Parallel()
	c := flyway.New(flyway.Options{Placeholders: map[string]string{"x": "y"}})
	found, _, err := c.Load(files(map[string]string{"R__v.sql": "select '${x}'"}))
	testconn.Must(t, err)
	off := false
	raw, _ := load(t, files(map[string]string{"R__v.sql": "select '${x}'"}), flyway.Options{PlaceholderReplacement: &off})
	for _, sum := range []*int32{found[0].Checksum, raw[0].Checksum} {
		h := historyOf(migrate.Entry{Rank: 1, Description: "v", Type: "SQL", Script: "R__v.sql", Checksum: sum, Success: true})
		if due, problems := c.Pending(found, h, nil); len(due) > 0 || len(problems) > 0 {
			t.Errorf("checksum %d: due %+v, problems %+v", *sum, due, problems)
		}
	}
	h := historyOf(migrate.Entry{Rank: 1, Description: "v", Type: "SQL", Script: "R__v.sql", Success: true})
	if due, _ := c.Pending(found, h, nil); !slices.Equal(due, found) {
		t.Errorf("no checksum: due %+v", due)
	}
}
