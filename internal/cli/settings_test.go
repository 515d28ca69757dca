package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// resolveUp reads the settings as `up` would.
func resolveUp(t *testing.T, variables, args []string) (settings, error) {
	t.Helper()
	p := newProgram(newTestEnv(variables...).Env, nil)
	cmd, rest, err := newRoot(p).Find(append([]string{"up"}, args...))
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.ParseFlags(rest); err != nil {
		t.Fatal(err)
	}
	err = p.resolve(cmd)
	return p.settings, err
}

// writeFile makes a configuration file and returns its path.
func writeFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "settings.yaml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFlagBeforeEnvironmentBeforeFile(t *testing.T) {
	t.Parallel()
	path := writeFile(t, `
database: sqlite://file.db
source: file-source
convention: flyway
tables: [file_a, "file_b"]
exclude: [file_x]
lock_timeout: 7s
allow: [gap]
on_failure: keep
flyway: {schema: file_schema, table: file_table, out_of_order: true, placeholders: {a: file, b: file}}
`)
	environment := []string{
		"SAFEMIGRATE_DATABASE=sqlite://environment.db", "DATABASE_URL=sqlite://other.db", "SAFEMIGRATE_SOURCE=environment-source",
		"SAFEMIGRATE_CONVENTION=golang-migrate", "SAFEMIGRATE_TABLES=environment_a,environment_b", "SAFEMIGRATE_EXCLUDE=environment_x",
		"SAFEMIGRATE_LOCK_TIMEOUT=8s", "SAFEMIGRATE_ALLOW=edited", "SAFEMIGRATE_ON_FAILURE=restore", "SAFEMIGRATE_VERBOSE=1",
		"SAFEMIGRATE_FLYWAY_SCHEMA=environment_schema", "SAFEMIGRATE_FLYWAY_OUT_OF_ORDER=false", "SAFEMIGRATE_FLYWAY_PLACEHOLDERS=b=environment",
	}
	flags := []string{"--database", "sqlite://flag.db", "--source=flag-source", "--convention", "flyway", "--tables", "flag_a", "--exclude", "flag_x",
		"--lock-timeout", "9s", "--allow", "missing", "--on-failure", "keep", "--verbose=false"}
	named := []string{"--config", path}
	cases := []struct {
		name                   string
		variables, args        []string
		database, source, conv string
		tables, exclude        []string
		timeout                time.Duration
		allow                  []string
		onFailure, schema      string
		outOfOrder, verbose    bool
	}{
		{"defaults", nil, nil, "", "migrations", "", nil, nil, 15 * time.Second, nil, "restore", "", false, false},
		{"file", nil, named, "sqlite://file.db", "file-source", "flyway", []string{"file_a", "file_b"}, []string{"file_x"}, 7 * time.Second, []string{"gap"}, "keep", "file_schema", true, false},
		{"environment", environment, named, "sqlite://environment.db", "environment-source", "golang-migrate", []string{"environment_a", "environment_b"}, []string{"environment_x"},
			8 * time.Second, []string{"edited"}, "restore", "environment_schema", false, true},
		{"flags", environment, append(flags, named...), "sqlite://flag.db", "flag-source", "flyway", []string{"flag_a"}, []string{"flag_x"},
			9 * time.Second, []string{"missing"}, "keep", "environment_schema", false, false},
		{"file by the environment", []string{"SAFEMIGRATE_CONFIG=" + path}, nil, "sqlite://file.db", "file-source", "flyway", []string{"file_a", "file_b"}, []string{"file_x"},
			7 * time.Second, []string{"gap"}, "keep", "file_schema", true, false},
		{"the common variable", []string{"DATABASE_URL=sqlite://other.db"}, nil, "sqlite://other.db", "migrations", "", nil, nil, 15 * time.Second, nil, "restore", "", false, false},
		{"empty is not set", []string{"SAFEMIGRATE_DATABASE=", "DATABASE_URL=sqlite://other.db", "SAFEMIGRATE_LOCK_TIMEOUT="}, nil, "sqlite://other.db", "migrations", "", nil, nil,
			15 * time.Second, nil, "restore", "", false, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, err := resolveUp(t, c.variables, c.args)
			if err != nil {
				t.Fatal(err)
			}
			if s.database != c.database || s.source != c.source || s.convention != c.conv || s.lockTimeout != c.timeout ||
				s.onFailure != c.onFailure || s.verbose != c.verbose || s.flyway.Schema != c.schema || s.flyway.OutOfOrder != c.outOfOrder {
				t.Errorf("got %+v, want %+v", s, c)
			}
			if !slices.Equal(s.tables, c.tables) || !slices.Equal(s.exclude, c.exclude) || !slices.Equal(s.allow, c.allow) {
				t.Errorf("lists: got %q %q %q, want %q %q %q", s.tables, s.exclude, s.allow, c.tables, c.exclude, c.allow)
			}
		})
	}
}

// TestFailOnFromEverySource: what a pipeline refuses can stand in each place.
func TestFailOnFromEverySource(t *testing.T) {
	t.Parallel()
	named := []string{"--config", writeFile(t, "fail_on: [blocking, column-dropped]\n")}
	for name, c := range map[string]struct {
		variables, args, want []string
	}{
		"default":     {nil, nil, nil},
		"file":        {nil, named, []string{"blocking", "column-dropped"}},
		"environment": {[]string{"SAFEMIGRATE_FAIL_ON=rights,all"}, named, []string{"rights", "all"}},
		"flag":        {[]string{"SAFEMIGRATE_FAIL_ON=rights"}, append([]string{"--fail-on", "failing"}, named...), []string{"failing"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if s, err := resolveUp(t, c.variables, c.args); err != nil || !slices.Equal(s.failOn, c.want) {
				t.Errorf("%q, %v; want %q", s.failOn, err, c.want)
			}
		})
	}
}

func TestPlaceholdersAreMerged(t *testing.T) {
	t.Parallel()
	path := writeFile(t, "flyway: {placeholders: {a: file, b: file}}")
	s, err := resolveUp(t, []string{"SAFEMIGRATE_FLYWAY_PLACEHOLDERS=b=environment,c=x=y"}, []string{"--config", path})
	if err != nil {
		t.Fatal(err)
	}
	if got := s.flyway.Placeholders; len(got) != 3 || got["a"] != "file" || got["b"] != "environment" || got["c"] != "x=y" {
		t.Errorf("placeholders %v", got)
	}
}

func TestWrongSettings(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, content, variable, want string }{
		{"unknown key", "source: a\nsuorce: s3cr3t\n", "", `line 2: there is no setting "suorce"`},
		{"unknown key below", "flyway:\n  shema: s3cr3t\n", "", `line 2: there is no setting "shema"`},
		{"value as a key", "postgres://app:s3cr3t: x\n", "", "line 1: there is no such setting"},
		{"twice", "source: a\nsource: s3cr3t\n", "", `line 2: "source" is set twice`},
		{"wrong type", "tables: {a: s3cr3t}\n", "", "line 1: not a valid value here"},
		{"no YAML", "database: [s3cr3t\n", "", "line 1"},
		{"binary", "\x00s3cr3t", "", "it is not YAML"},
		{"two documents", "source: a\n---\nsource: s3cr3t\n", "", "more than one document"},
		{"duration", "lock_timeout: s3cr3t\n", "", "lock_timeout: not a valid duration"},
		{"unset reference", "database: postgres://app:s3cr3t${NOWHERE}@db1/shop\n", "", "the environment variable NOWHERE is not set"},
		{"reference to nothing", "database: postgres://app:s3cr3t${}@db1/shop\n", "", "no name of a variable"},
		{"open reference", "database: postgres://app:s3cr3t${A\n", "", "no name of a variable"},
		{"variable", "", "SAFEMIGRATE_LOCK_TIMEOUT=s3cr3t", "SAFEMIGRATE_LOCK_TIMEOUT is not a valid lock-timeout"},
		{"boolean variable", "", "SAFEMIGRATE_QUIET=s3cr3t", "SAFEMIGRATE_QUIET is not a valid quiet"},
		{"Flyway boolean", "", "SAFEMIGRATE_FLYWAY_OUT_OF_ORDER=s3cr3t", "neither true nor false"},
		{"Flyway placeholders", "", "SAFEMIGRATE_FLYWAY_PLACEHOLDERS=s3cr3t", "name=value pairs"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := resolveUp(t, []string{c.variable}, []string{"--config", writeFile(t, c.content)})
			if err == nil {
				t.Fatal("no error")
			}
			f := failureOf(err)
			if f == nil || f.Outcome != 2 || f.Hint == "" || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("%v, want %q in it, a hint, and no value", err, c.want)
			}
		})
	}
}

func TestReferencesAreExpanded(t *testing.T) {
	t.Parallel()
	path := writeFile(t, "database: postgres://${ROLE}:${SECRET}@db1/shop$1\n")
	s, err := resolveUp(t, []string{"ROLE=app", "SECRET=$a{b"}, []string{"--config", path})
	if err != nil {
		t.Fatal(err)
	}
	if want := "postgres://app:$a{b@db1/shop$1"; s.database != want || s.from["database"] != fromFile {
		t.Errorf("database %q from %s, want %q", s.database, s.from["database"], want)
	}
}

func TestEmptyFile(t *testing.T) {
	t.Parallel()
	if s, err := resolveUp(t, nil, []string{"--config", writeFile(t, "# nothing yet\n")}); err != nil || s.source != "migrations" {
		t.Errorf("%+v, %v", s, err)
	}
}
