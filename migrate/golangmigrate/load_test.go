package golangmigrate_test

import (
	"crypto/sha256"
	"encoding/hex"
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
	"github.com/safemigrate/safemigrate/migrate/golangmigrate"
)

func files(texts map[string]string) fstest.MapFS {
	m := fstest.MapFS{}
	for name, text := range texts {
		m[name] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
	}
	return m
}

func load(t *testing.T, src fs.FS) ([]migrate.Migration, []migrate.Problem) {
	t.Helper()
	found, problems, err := golangmigrate.New(golangmigrate.Options{}).Load(src)
	testconn.Must(t, err)
	return found, problems
}

func TestLoadReadsUpFilesInOrder(t *testing.T) {
	t.Parallel()
	src := files(map[string]string{
		"10_ten.up.sql":    "select 10;",
		"2_two.up.sql":     "\ufeffselect 2;\r\n",
		"002_two.down.sql": "drop",
		"1_one.up.sql":     "",
		"README.md":        "words",
		"3_x.up.sql.swp":   "",
		".4_x.up.sql":      "",
		"notes.txt":        "",
	})
	src["archive.sql"] = &fstest.MapFile{Mode: fs.ModeDir | 0o755}
	found, problems := load(t, src)
	var got []string
	for _, m := range found {
		got = append(got, string(m.Kind)+" "+m.Label()+" "+m.File)
	}
	want := []string{
		"versioned 1 one 1_one.up.sql", "versioned 2 two 2_two.up.sql",
		"versioned 3 x 3_x.up.sql.swp", // golang-migrate does not look at the extension
		"versioned 10 ten 10_ten.up.sql", "undo 2 two 002_two.down.sql",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if found[1].Text != "select 2;\r\n" {
		t.Errorf("text %q", found[1].Text)
	}
	sum := sha256.Sum256([]byte("select 2;\r\n"))
	if found[1].Digest != hex.EncodeToString(sum[:]) {
		t.Errorf("digest %q", found[1].Digest)
	}
	if len(problems) != 2 || problems[0].File != "archive.sql" || problems[1].Kind != migrate.Gap {
		t.Errorf("problems %+v", problems)
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
		{"two files of one version", map[string]string{"1_a.up.sql": "", "1_b.up.sql": ""}, migrate.Duplicate, false, `"1_a.up.sql" and "1_b.up.sql" are both`},
		{"one version written in two ways", map[string]string{"1_a.up.sql": "", "001_b.up.sql": ""}, migrate.Duplicate, false, `"001_b.up.sql" and "1_a.up.sql"`},
		{"an editor's copy", map[string]string{"1_a.up.sql": "", "1_a.up.sql~": ""}, migrate.Duplicate, false, `"1_a.up.sql~"`},
		{"two down files", map[string]string{"1_a.up.sql": "", "1_a.down.sql": "", "01_b.down.sql": ""}, migrate.Duplicate, true, "down file of version 1"},
		{"a newline", map[string]string{"1_a\nb.up.sql": ""}, migrate.BadName, false, `"1_a\nb.up.sql" contains a control`},
		{"a turned direction", map[string]string{"1_a\u202elqs.pu.sql": ""}, migrate.BadName, false, `\u202e`},
		{"a zero-width space", map[string]string{"1_a\u200b.up.sql": ""}, migrate.BadName, false, `\u200b`},
		{"an escape", map[string]string{"1_\x1b[31m.up.sql": ""}, migrate.BadName, false, `\x1b`},
		{"two dots", map[string]string{"1_..a.up.sql": ""}, migrate.BadName, false, `".."`},
		{"no direction", map[string]string{"1_a.sql": ""}, migrate.BadName, true, "does not have the form"},
		{"capital direction", map[string]string{"1_a.UP.sql": ""}, migrate.BadName, true, "does not have the form"},
		{"no version", map[string]string{"schema.sql": ""}, migrate.BadName, true, "does not have the form"},
		{"above int64", map[string]string{"9223372036854775808_a.up.sql": ""}, migrate.BadName, false, "above 9223372036854775807"},
		{"above uint64", map[string]string{"99999999999999999999_a.up.sql": ""}, migrate.BadName, false, "above 9223372036854775807"},
		{"down alone", map[string]string{"1_a.up.sql": "", "2_b.down.sql": ""}, migrate.BadName, true, "no up file"},
		{"a gap", map[string]string{"0001_a.up.sql": "", "0002_b.up.sql": "", "0005_c.up.sql": ""}, migrate.Gap, true, "no file has version 3 to 4"},
		{"a gap of one", map[string]string{"1_a.up.sql": "", "3_c.up.sql": ""}, migrate.Gap, true, "no file has version 2:"},
		{"UTF-16", map[string]string{"1_a.up.sql": "\xff\xfes\x00"}, migrate.BadText, false, "UTF-16"},
		{"a zero byte", map[string]string{"1_a.up.sql": "a\nb\x00"}, migrate.BadText, false, "line 2 contains a zero byte"},
		{"Latin-1", map[string]string{"1_a.up.sql": "a\n\n'caf\xe9'"}, migrate.BadText, false, "line 3 is not UTF-8 (byte 0xe9)"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, problems := load(t, files(c.files))
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

func TestLoadSeesNoGap(t *testing.T) {
	t.Parallel()
	cases := map[string][]string{
		"timestamps":                             {"20240101120000_a.up.sql", "20240101120001_b.up.sql", "20250101120000_c.up.sql"},
		"tens":                                   {"10_a.up.sql", "20_b.up.sql", "30_c.up.sql"},
		"one by one":                             {"7_a.up.sql", "8_b.up.sql", "9_c.up.sql"},
		"one file":                               {"5_a.up.sql"},
		"sparse high numbers":                    {"100_a.up.sql", "250_b.up.sql", "300_c.up.sql"},
		"a replacement character that was typed": {"1_\u00e9.up.sql"},
	}
	for name, names := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			texts := map[string]string{}
			for _, n := range names {
				texts[n] = "select '\ufffd';"
			}
			if found, problems := load(t, files(texts)); len(problems) > 0 || len(found) != len(names) {
				t.Errorf("found %v, problems %+v", found, problems)
			}
		})
	}
}

// TestLoadFromRealDirectory is about what only a file system can hold.
func TestLoadFromRealDirectory(t *testing.T) {
	t.Parallel()
	dir, outside := t.TempDir(), filepath.Join(t.TempDir(), "outside.sql")
	testconn.Must(t, os.WriteFile(outside, []byte("drop everything"), 0o600))
	testconn.Must(t, os.WriteFile(filepath.Join(dir, "1_a.up.sql"), []byte("select 1"), 0o600))
	testconn.Must(t, os.Symlink(outside, filepath.Join(dir, "2_leaves.up.sql")))
	testconn.Must(t, syscall.Mkfifo(filepath.Join(dir, "3_pipe.up.sql"), 0o600))
	testconn.Must(t, os.Mkdir(filepath.Join(dir, "4_dir.up.sql"), 0o700))
	testconn.Must(t, os.Symlink("1_a.up.sql", filepath.Join(dir, "5_inside.up.sql")))
	testconn.Must(t, os.Symlink("nowhere", filepath.Join(dir, "6_dangling.up.sql")))
	testconn.Must(t, os.WriteFile(filepath.Join(dir, "7_large.up.sql"), nil, 0o600))
	testconn.Must(t, os.Truncate(filepath.Join(dir, "7_large.up.sql"), 256<<20+1))
	testconn.Must(t, os.WriteFile(dir+"/8_\xff.up.sql", nil, 0o600))
	root, err := os.OpenRoot(dir)
	testconn.Must(t, err)
	t.Cleanup(func() { testconn.Must(t, root.Close()) })

	found, problems := load(t, root.FS())
	if len(found) != 2 || found[1].File != "5_inside.up.sql" || found[1].Text != "select 1" {
		t.Errorf("found %+v", found)
	}
	want := []struct{ file, detail string }{
		{"2_leaves.up.sql", "escapes"},
		{"3_pipe.up.sql", "not a regular file"},
		{"4_dir.up.sql", "is a directory"},
		{"6_dangling.up.sql", "no such file"},
		{"7_large.up.sql", "256 MiB"},
		{"8_\xff.up.sql", "not valid UTF-8"},
	}
	problems = slices.DeleteFunc(problems, func(p migrate.Problem) bool { return p.Kind == migrate.Gap })
	if len(problems) != len(want) {
		t.Fatalf("problems %+v", problems)
	}
	for i, w := range want {
		if p := problems[i]; p.File != w.file || p.Warning || p.Kind != migrate.BadName || !strings.Contains(p.Detail, w.detail) {
			t.Errorf("problem %+v, want %+v", p, w)
		}
	}
}

// TestLoadFromMountedVolume has the layout of a directory that a cluster mounts:
// every file is a link into a hidden directory.
func TestLoadFromMountedVolume(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	testconn.Must(t, os.Mkdir(filepath.Join(dir, "..2024_01_01"), 0o700))
	testconn.Must(t, os.WriteFile(filepath.Join(dir, "..2024_01_01", "1_a.up.sql"), []byte("select 1"), 0o600))
	testconn.Must(t, os.Symlink("..2024_01_01", filepath.Join(dir, "..data")))
	testconn.Must(t, os.Symlink(filepath.Join("..data", "1_a.up.sql"), filepath.Join(dir, "1_a.up.sql")))
	root, err := os.OpenRoot(dir)
	testconn.Must(t, err)
	t.Cleanup(func() { testconn.Must(t, root.Close()) })
	if found, problems := load(t, root.FS()); len(found) != 1 || found[0].Text != "select 1" || len(problems) > 0 {
		t.Errorf("found %+v, problems %+v", found, problems)
	}
}

func TestClaims(t *testing.T) {
	t.Parallel()
	src := files(map[string]string{"1_a.up.sql": "", "1_a.down.sql": "", "V1__a.sql": "", "x.sql": ""})
	count, err := golangmigrate.New(golangmigrate.Options{}).Claims(src)
	if err != nil || count != 2 {
		t.Errorf("claims %d, %v", count, err)
	}
	if _, err := golangmigrate.New(golangmigrate.Options{}).Claims(os.DirFS(filepath.Join(t.TempDir(), "none"))); err == nil {
		t.Error("a directory that does not exist was read")
	}
}
