package flyway_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/safemigrate/safemigrate/internal/testconn"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/migrate/flyway"
)

func files(texts map[string]string) fstest.MapFS {
	m := fstest.MapFS{}
	for name, text := range texts {
		m[name] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
	}
	return m
}

func load(t *testing.T, src fs.FS, o flyway.Options) ([]migrate.Migration, []migrate.Problem) {
	t.Helper()
	found, problems, err := flyway.New(o).Load(src)
	testconn.Must(t, err)
	return found, problems
}

func TestLoadReadsAllKinds(t *testing.T) {
	t.Parallel()
	src := files(map[string]string{
		"V10__ten.sql":           "select 10;",
		"V2__two.sql":            "\ufeffCREATE TABLE t (id int);\r\nINSERT INTO t VALUES (1);\r\n",
		"2024/q1/V2.1__deep.sql": "select '${schema}';",
		"R__b_views.sql":         "-- ${SCHEMA}",
		"R__a_views.sql":         "",
		"B5__start.sql":          "",
		"U2__two.sql":            "drop table t;",
		".hidden/V99__x.sql":     "",
		"V10__ten.sql.conf":      "executeInTransaction=false",
		"README.md":              "",
	})
	found, problems := load(t, src, flyway.Options{Placeholders: map[string]string{"Schema": "shop"}})
	if len(problems) > 0 {
		t.Errorf("problems %+v", problems)
	}
	var got []string
	for _, m := range found {
		got = append(got, string(m.Kind)+" "+m.Label()+" "+m.File)
	}
	want := []string{
		"versioned 2 two V2__two.sql", "versioned 2.1 deep 2024/q1/V2.1__deep.sql", "versioned 10 ten V10__ten.sql",
		"baseline 5 start B5__start.sql", "repeatable R a views R__a_views.sql", "repeatable R b views R__b_views.sql",
		"undo 2 two U2__two.sql",
	}
	if !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	if found[0].Text != "CREATE TABLE t (id int);\r\nINSERT INTO t VALUES (1);\r\n" || *found[0].Checksum != 169406234 {
		t.Errorf("first %+v", found[0])
	}
	if found[1].Text != "select 'shop';" || len(found[1].Digest) != 64 {
		t.Errorf("placeholder %+v", found[1])
	}
	if !found[2].OutsideTransaction || found[0].OutsideTransaction {
		t.Errorf("transactions %+v", found)
	}
	raw, _ := load(t, files(map[string]string{"V1__x.sql": "select '${schema}';", "R__x.sql": "-- shop"}), flyway.Options{Placeholders: map[string]string{"schema": "other"}})
	if *raw[0].Checksum != *found[1].Checksum {
		t.Error("the checksum of a versioned file depends on placeholders")
	}
	if *raw[1].Checksum != *found[5].Checksum {
		t.Error("the checksum of a repeatable is not that of the replaced text")
	}
}

func TestBuiltinPlaceholders(t *testing.T) {
	t.Parallel()
	src := files(map[string]string{"d/V1__x.sql": "${flyway:defaultSchema} ${flyway:user} ${flyway:database} ${flyway:timestamp} ${flyway:filename} ${flyway:workingDirectory} ${flyway:table} ${flyway:environment}"})
	o := flyway.Options{Schema: "app", Builtin: flyway.Builtin{User: "u", Database: "db", Timestamp: "2026-01-02 03:04:05", WorkingDirectory: "/srv"}}
	found, problems := load(t, src, o)
	if len(problems) > 0 || found[0].Text != "app u db 2026-01-02 03:04:05 V1__x.sql /srv flyway_schema_history default" {
		t.Errorf("%+v, %+v", found, problems)
	}
	off := false
	o.PlaceholderReplacement = &off
	if found, problems = load(t, src, o); len(problems) > 0 || !strings.HasPrefix(found[0].Text, "${flyway:defaultSchema}") {
		t.Errorf("replacement off: %+v, %+v", found, problems)
	}
}

func TestLoadNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		files   map[string]string
		kind    migrate.ProblemKind
		warning bool
		detail  string
	}{
		{"two files of one version", map[string]string{"V1__a.sql": "", "V1__b.sql": ""}, migrate.Duplicate, false, `"V1__a.sql" and "V1__b.sql" are both the versioned migration of version 1`},
		{"one version written in two ways", map[string]string{"V1__a.sql": "", "x/V1_0__b.sql": ""}, migrate.Duplicate, false, `"x/V1_0__b.sql"`},
		{"two repeatables", map[string]string{"R__a.sql": "", "x/R__a.sql": ""}, migrate.Duplicate, false, `the repeatable migration "a"`},
		{"two baselines", map[string]string{"B1__a.sql": "", "B1__b.sql": ""}, migrate.Duplicate, false, "baseline migration"},
		{"two undo files", map[string]string{"U1__a.sql": "", "U1__b.sql": ""}, migrate.Duplicate, true, "undo migration"},
		{"a callback", map[string]string{"x/beforeMigrate.sql": ""}, migrate.BadName, true, `"x/beforeMigrate.sql" is a callback (beforeMigrate), and is not run`},
		{"no version", map[string]string{"V__a.sql": ""}, migrate.BadName, false, `"V__a.sql" begins with V`},
		{"one underscore", map[string]string{"V1_a.sql": ""}, migrate.BadName, false, "no valid version"},
		{"some other SQL", map[string]string{"schema.sql": ""}, migrate.BadName, true, "is not run"},
		{"a newline", map[string]string{"V1__a\nb.sql": ""}, migrate.BadName, false, `"V1__a\nb.sql"`},
		{"a directory that turns the writing", map[string]string{"a\u202eb/V1__x.sql": ""}, migrate.BadName, false, "the directory of"},
		{"a configuration alone", map[string]string{"V1__a.sql.conf": ""}, migrate.BadName, true, "configures a script that does not exist"},
		{"an unknown key", map[string]string{"V1__a.sql": "", "V1__a.sql.conf": "x=y"}, migrate.BadText, false, `"V1__a.sql.conf" is not a script configuration: line 1: the key "x" is unknown`},
		{"an unknown placeholder", map[string]string{"V1__a.sql": "a\n${x}"}, migrate.BadText, false, `"V1__a.sql": line 2: there is no value for the placeholder ${x}`},
		{"an unknown placeholder in an undo file", map[string]string{"U1__a.sql": "${x}"}, migrate.BadText, true, "no value"},
		{"a built-in without value", map[string]string{"V1__a.sql": "${flyway:database}"}, migrate.BadText, false, "${flyway:database}"},
		{"UTF-16", map[string]string{"V1__a.sql": "\xff\xfes\x00"}, migrate.BadText, false, "UTF-16"},
		{"a zero byte", map[string]string{"V1__a.sql": "a\nb\x00"}, migrate.BadText, false, "line 2 contains a zero byte"},
		{"Latin-1", map[string]string{"V1__a.sql": "caf\xe9"}, migrate.BadText, false, "line 1 is not UTF-8"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, problems := load(t, files(c.files), flyway.Options{})
			if len(problems) != 1 {
				t.Fatalf("problems %+v", problems)
			}
			p := problems[0]
			if p.Kind != c.kind || p.Warning != c.warning || !strings.Contains(p.Detail, c.detail) || p.Choice == "" {
				t.Errorf("problem %+v", p)
			}
		})
	}
}

func TestEncodings(t *testing.T) {
	t.Parallel()
	src := files(map[string]string{"V1__a.sql": "caf\xe9", "V2__b.sql": "café", "V2__b.sql.conf": "encoding=UTF-8\nplaceholderReplacement=false"})
	found, problems := load(t, src, flyway.Options{Encoding: "ISO-8859-1"})
	if len(problems) > 0 || found[0].Text != "café" || *found[0].Checksum != *found[1].Checksum {
		t.Errorf("%+v, %+v", found, problems)
	}
	if _, _, err := flyway.New(flyway.Options{Encoding: "EBCDIC"}).Load(src); err == nil {
		t.Error("an unknown encoding was taken")
	}
}

// TestLoadFromRealDirectory is about what only a file system can hold.
func TestLoadFromRealDirectory(t *testing.T) {
	t.Parallel()
	dir, outside := t.TempDir(), t.TempDir()
	testconn.Must(t, os.WriteFile(filepath.Join(outside, "V9__x.sql"), []byte("drop everything"), 0o600))
	testconn.Must(t, os.WriteFile(filepath.Join(dir, "V1__a.sql"), []byte("select 1"), 0o600))
	testconn.Must(t, os.Symlink(filepath.Join(outside, "V9__x.sql"), filepath.Join(dir, "V2__leaves.sql")))
	testconn.Must(t, syscall.Mkfifo(filepath.Join(dir, "V3__pipe.sql"), 0o600))
	testconn.Must(t, os.Mkdir(filepath.Join(dir, "V4__dir.sql"), 0o700))
	testconn.Must(t, os.WriteFile(filepath.Join(dir, "V4__dir.sql", "V4.1__inside.sql"), nil, 0o600))
	testconn.Must(t, os.Symlink("V1__a.sql", filepath.Join(dir, "V5__link.sql")))
	testconn.Must(t, os.Symlink(outside, filepath.Join(dir, "V6__linked")))
	testconn.Must(t, os.WriteFile(filepath.Join(dir, "V7__large.sql"), nil, 0o600))
	testconn.Must(t, os.Truncate(filepath.Join(dir, "V7__large.sql"), 256<<20+1))
	// The layout of a directory that a cluster mounts: links into a hidden one.
	testconn.Must(t, os.Mkdir(filepath.Join(dir, "..2024"), 0o700))
	testconn.Must(t, os.WriteFile(filepath.Join(dir, "..2024", "V8__mounted.sql"), nil, 0o600))
	testconn.Must(t, os.Symlink("..2024", filepath.Join(dir, "..data")))
	testconn.Must(t, os.Symlink(filepath.Join("..data", "V8__mounted.sql"), filepath.Join(dir, "V8__mounted.sql")))
	root, err := os.OpenRoot(dir)
	testconn.Must(t, err)
	t.Cleanup(func() { testconn.Must(t, root.Close()) })

	found, problems := load(t, root.FS(), flyway.Options{})
	var got []string
	for _, m := range found {
		got = append(got, m.File)
	}
	if want := []string{"V1__a.sql", "V4__dir.sql/V4.1__inside.sql", "V5__link.sql", "V8__mounted.sql"}; !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
	want := map[string]string{"V2__leaves.sql": "escapes", "V3__pipe.sql": "not a regular file", "V7__large.sql": "256 MiB", "V6__linked": "may be a directory"}
	for _, p := range problems {
		if detail, expected := want[p.File]; !expected || p.Warning || !strings.Contains(p.Detail, detail) {
			t.Errorf("problem %+v", p)
		}
		delete(want, p.File)
	}
	if len(want) > 0 {
		t.Errorf("not reported: %q", want)
	}
}

func TestLinksInACircleEnd(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	testconn.Must(t, os.Mkdir(filepath.Join(dir, "a"), 0o700))
	testconn.Must(t, os.Symlink("..", filepath.Join(dir, "a", "back")))
	root, err := os.OpenRoot(dir)
	testconn.Must(t, err)
	t.Cleanup(func() { testconn.Must(t, root.Close()) })
	_, _, err = flyway.New(flyway.Options{}).Load(root.FS())
	if err == nil || !strings.Contains(err.Error(), `"a/back" leads back`) {
		t.Errorf("error %v", err)
	}
}

func TestClaims(t *testing.T) {
	t.Parallel()
	src := files(map[string]string{"V1__a.sql": "", "x/R__b.sql": "", "B1__c.sql": "", "U1__d.sql": "", "beforeMigrate.sql": "", "1_a.up.sql": "", "README.sql": ""})
	count, err := flyway.New(flyway.Options{}).Claims(src)
	if err != nil || count != 4 {
		t.Errorf("claims %d, %v", count, err)
	}
	if _, err := flyway.New(flyway.Options{}).Claims(os.DirFS(filepath.Join(t.TempDir(), "none"))); err == nil {
		t.Error("a directory that does not exist was read")
	}
}
