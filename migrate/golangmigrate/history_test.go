package golangmigrate_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/testconn"
	"github.com/safemigrate/safemigrate/internal/testmy"
	"github.com/safemigrate/safemigrate/internal/testpg"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/migrate/golangmigrate"
)

func TestHistoryOfEachDialect(t *testing.T) {
	t.Parallel()
	for dialect, c := range testconn.Databases(t) {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			table := golangmigrate.New(golangmigrate.Options{}).History()
			expect := func(want migrate.History) {
				t.Helper()
				got, err := table.Read(t.Context(), c)
				testconn.Must(t, err)
				got.Entries = nil
				if !reflect.DeepEqual(got, want) {
					t.Fatalf("history %+v, want %+v", got, want)
				}
			}
			three := migrate.Migration{Version: "3"}
			expect(migrate.History{})
			testconn.Must(t, table.Create(t.Context(), c))
			testconn.Must(t, table.Create(t.Context(), c))
			expect(migrate.History{Exists: true})
			testconn.Must(t, table.Started(t.Context(), c, three))
			expect(migrate.History{Exists: true, Version: "3", Dirty: true})
			testconn.Must(t, table.Finished(t.Context(), c, three, 0))
			expect(migrate.History{Exists: true, Version: "3"})
			for _, h := range []migrate.History{
				{},
				{Exists: true, Version: "20240101120000"},
				{Exists: true, Dirty: true},
				{Exists: true},
				{Exists: true, Version: "2", Dirty: true},
				{},
				{},
			} {
				testconn.Must(t, table.Restore(t.Context(), c, h))
				expect(h)
			}
		})
	}
}

func TestReadRefusesWhatItCannotMean(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, table, want string }{
		{"two rows", "create table schema_migrations (version bigint, dirty bool); insert into schema_migrations values (1, false), (2, false)", "holds 2 rows (versions 1 to 2)"},
		{"another tool's table", "create table schema_migrations (version varchar(128) primary key)", "has no column dirty"},
		{"a version that is none", "create table schema_migrations (version text, dirty bool); insert into schema_migrations values ('x', false)", `the version "x"`},
		{"below -1", "create table schema_migrations (version bigint, dirty bool); insert into schema_migrations values (-2, false)", `the version "-2"`},
	}
	for _, c := range cases {
		for dialect, conn := range testconn.Databases(t) {
			t.Run(c.name+" "+dialect, func(t *testing.T) {
				t.Parallel()
				for statement := range strings.SplitSeq(c.table, "; ") {
					testconn.Must(t, conn.Exec(t.Context(), statement))
				}
				_, err := golangmigrate.New(golangmigrate.Options{}).History().Read(t.Context(), conn)
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("error %v, want %q", err, c.want)
				}
			})
		}
	}
}

func TestIdentityOnPostgreSQL(t *testing.T) {
	t.Parallel()
	d := testpg.Start(t).Database(t)
	d.Exec(t, `CREATE SCHEMA app; CREATE SCHEMA second; CREATE SCHEMA "Odd ""Name"""`)
	cases := []struct {
		name, searchPath string
		options          golangmigrate.Options
		schema, table    string
		err              string
	}{
		{"default", "public", golangmigrate.Options{}, "public", "schema_migrations", ""},
		{"current schema", "app, public", golangmigrate.Options{}, "app", "schema_migrations", ""},
		{"first that exists", "nowhere, second", golangmigrate.Options{}, "second", "schema_migrations", ""},
		{"named schema", "public", golangmigrate.Options{Schema: `Odd "Name"`, Table: `my "table"`}, `Odd "Name"`, `my "table"`, ""},
		{"quoted table", "app", golangmigrate.Options{Table: `"My.Table"`, TableQuoted: true}, "app", "My.Table", ""},
		{"quoted schema and table", "public", golangmigrate.Options{Table: `"app"."versions"`, TableQuoted: true}, "app", "versions", ""},
		{"unquoted with a dot", "public", golangmigrate.Options{Table: "app.versions"}, "public", "app.versions", ""},
		{"quoted without marks", "public", golangmigrate.Options{Table: "versions", TableQuoted: true}, "", "", "x-migrations-table must be"},
		{"three parts", "public", golangmigrate.Options{Table: `"a"."b"."c"`, TableQuoted: true}, "", "", "x-migrations-table must be"},
		{"no such schema", "public", golangmigrate.Options{Schema: "nowhere"}, "", "", `schema "nowhere" of golang-migrate's history does not exist`},
		{"empty search path", "", golangmigrate.Options{}, "", "", "search_path names none"},
		{"search path to nowhere", "nowhere", golangmigrate.Options{}, "", "", "search_path names none"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := testconn.OpenPostgreSQL(t, d.URL)
			testconn.Must(t, c.Exec(t.Context(), "SELECT set_config('search_path', $1, false)", tc.searchPath))
			table := golangmigrate.New(tc.options).History()
			id, err := table.Identity(t.Context(), c)
			if tc.err != "" {
				if err == nil || !strings.Contains(err.Error(), tc.err) {
					t.Errorf("error %v, want %q", err, tc.err)
				}
				return
			}
			testconn.Must(t, err)
			if id.Schema != tc.schema || id.Table != tc.table || len(id.LockKeys) != 2 {
				t.Errorf("identity %+v", id)
			}
			testconn.Must(t, table.Restore(t.Context(), c, migrate.History{Exists: true, Version: "1"}))
			h, err := table.Read(t.Context(), c)
			if err != nil || h.Version != "1" {
				t.Errorf("history %+v, %v", h, err)
			}
		})
	}
}

func TestReadNamesMissingPrivilege(t *testing.T) {
	t.Parallel()
	d := testpg.Start(t).Database(t)
	d.AdminExec(t, "CREATE TABLE public.schema_migrations (version bigint, dirty boolean)")
	_, err := golangmigrate.New(golangmigrate.Options{}).History().Read(t.Context(), testconn.OpenPostgreSQL(t, d.URL))
	if err == nil || !strings.Contains(err.Error(), "permission denied") {
		t.Errorf("error %v", err)
	}
}

func TestIdentityOnMySQL(t *testing.T) {
	t.Parallel()
	d := testmy.Start(t).Database(t)
	for _, given := range []string{"", "own", "odd `name`", "app.versions"} {
		c := testconn.MySQL{Conn: d.Connect(t)}
		table := golangmigrate.New(golangmigrate.Options{Table: given}).History()
		id, err := table.Identity(t.Context(), c)
		if err != nil || id.Schema != d.Name || given != "" && id.Table != given {
			t.Errorf("%q: %+v, %v", given, id, err)
		}
		testconn.Must(t, table.Restore(t.Context(), c, migrate.History{Exists: true, Version: "1"}))
		testconn.Must(t, c.Exec(t.Context(), "USE information_schema"))
		if h, err := table.Read(t.Context(), c); err != nil || h.Version != "1" {
			t.Errorf("%q: history %+v, %v", given, h, err)
		}
	}
	c := testconn.MySQL{Conn: d.Admin(t)}
	testconn.Must(t, c.Exec(t.Context(), "CREATE DATABASE gone_"+d.Name))
	testconn.Must(t, c.Exec(t.Context(), "USE gone_"+d.Name))
	testconn.Must(t, c.Exec(t.Context(), "DROP DATABASE gone_"+d.Name))
	if _, err := golangmigrate.New(golangmigrate.Options{}).History().Identity(t.Context(), c); err == nil || !strings.Contains(err.Error(), "has chosen none") {
		t.Errorf("without a database: %v", err)
	}
}

func TestIdentityOnSQLite(t *testing.T) {
	t.Parallel()
	c := testconn.OpenSQLite(t, ":memory:")
	for given, want := range map[string]string{"": "schema_migrations", "my table": "my table", `"quoted"`: "quoted"} {
		id, err := golangmigrate.New(golangmigrate.Options{Table: given}).History().Identity(t.Context(), c)
		if err != nil || id.Table != want || id.Schema != "" || len(id.LockKeys) != 0 {
			t.Errorf("%q: %+v, %v", given, id, err)
		}
	}
}
