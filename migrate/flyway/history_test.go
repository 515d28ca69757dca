package flyway_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate/internal/testconn"
	"github.com/safemigrate/safemigrate/internal/testmy"
	"github.com/safemigrate/safemigrate/internal/testpg"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/migrate/flyway"
)

// plainRows are rows as Flyway itself writes them: a schema's marker, a baseline,
// a migration, a repeatable and a failed one.
const plainRows = `INSERT INTO flyway_schema_history
	(installed_rank, version, description, type, script, checksum, installed_by, installed_on, execution_time, success) VALUES
	(0, NULL, '<< Flyway Schema Creation >>', 'SCHEMA', '"app"', NULL, 'deploy', '2024-02-29 23:59:59.123', 0, true),
	(1, '1', '<< Flyway Baseline >>', 'BASELINE', '<< Flyway Baseline >>', NULL, 'deploy', '2024-03-01 00:00:00', 0, true),
	(2, '1.1', 'add phone', 'SQL', 'V1_1__add_phone.sql', -1039259818, 'deploy', '2024-03-01 00:00:00.5', 12, true),
	(3, NULL, 'views', 'SQL', 'R__views.sql', 169406234, 'O''Brien', '2024-03-02 01:02:03.000001', 2147483647, true),
	(5, '002', 'half', 'SQL', 'V002__half.sql', 0, '', '2024-03-03 00:00:00', 1, false)`

func TestHistoryOfEachDialect(t *testing.T) {
	t.Parallel()
	for dialect, c := range testconn.Databases(t) {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			table := flyway.New(flyway.Options{}).History()
			read := func() migrate.History {
				t.Helper()
				h, err := table.Read(t.Context(), c)
				testconn.Must(t, err)
				return h
			}
			if h := read(); h.Exists {
				t.Fatalf("history %+v", h)
			}
			testconn.Must(t, table.Create(t.Context(), c))
			testconn.Must(t, table.Create(t.Context(), c))
			if h := read(); !reflect.DeepEqual(h, migrate.History{Exists: true}) {
				t.Fatalf("history %+v", h)
			}
			testconn.Must(t, c.Exec(t.Context(), plainRows))
			plain := read()
			if plain.Version != "002" || !plain.Dirty || len(plain.Entries) != 5 {
				t.Fatalf("history %+v", plain)
			}
			installedOn := "2024-03-02 01:02:03.000001"
			if dialect == "mysql" { // Flyway's column keeps no fractions there
				installedOn = "2024-03-02 01:02:03"
			}
			if e := plain.Entries[3]; e.InstalledOn != installedOn || e.InstalledBy != "O'Brien" || e.Millis != 2147483647 || *e.Checksum != 169406234 || e.Version != "" {
				t.Errorf("row %+v", e)
			}
			testconn.Must(t, c.Exec(t.Context(), "DELETE FROM flyway_schema_history WHERE NOT success"))
			before := read()
			if before.Version != "1.1" || before.Dirty {
				t.Fatalf("history %+v", before)
			}

			finish(t, c, table)
			after := read()
			if after.Version != "10" || len(after.Entries) != 7 {
				t.Fatalf("history %+v", after)
			}
			mangle := "UPDATE flyway_schema_history SET checksum = 1, installed_on = '2020-01-01 00:00:00' WHERE installed_rank IN (2, 4)"
			for _, h := range []migrate.History{before, after, plain, {}, after, {Exists: true}, plain} {
				testconn.Must(t, table.Restore(t.Context(), c, h))
				if got := read(); !reflect.DeepEqual(got, h) {
					t.Fatalf("restored %+v, want %+v", got, h)
				}
				if h.Exists {
					testconn.Must(t, c.Exec(t.Context(), mangle))
				}
			}
			testconn.Must(t, table.Restore(t.Context(), c, migrate.History{}))
			testconn.Must(t, table.Restore(t.Context(), c, migrate.History{}))
		})
	}
}

// finish records one migration of each kind and looks at the rows.
func finish(t *testing.T, c migrate.Conn, table migrate.HistoryTable) {
	t.Helper()
	sum := int32(-7)
	long := strings.Repeat("d", 201)
	for _, m := range []migrate.Migration{
		{Version: "2", Name: long, Kind: migrate.Versioned, File: "a/V2__x.sql", Checksum: &sum},
		{Name: "views", Kind: migrate.Repeatable, File: "R__views.sql", Checksum: &sum},
		{Version: "10", Name: "", Kind: migrate.Baseline, File: "B10.sql"},
	} {
		testconn.Must(t, table.Started(t.Context(), c, m))
		testconn.Must(t, table.Finished(t.Context(), c, m, 1500*time.Millisecond))
	}
	h, err := table.Read(t.Context(), c)
	testconn.Must(t, err)
	by := h.Entries[4].InstalledBy
	if prefix := map[migrate.Dialect]string{migrate.PostgreSQL: "role_", migrate.MySQL: "u_"}[c.Dialect()]; !strings.HasPrefix(by, prefix) || (prefix == "") != (by == "") || strings.Contains(by, "@") {
		t.Errorf("installed by %q", by)
	}
	for i, want := range []migrate.Entry{
		{Rank: 4, Version: "2", Description: long[:197] + "...", Type: "SQL", Script: "a/V2__x.sql", Checksum: &sum, Millis: 1500, Success: true},
		{Rank: 5, Description: "views", Type: "SQL", Script: "R__views.sql", Checksum: &sum, Millis: 1500, Success: true},
		{Rank: 6, Version: "10", Type: "SQL_BASELINE", Script: "B10.sql", Millis: 1500, Success: true},
	} {
		got := h.Entries[4+i]
		if _, err := time.Parse("2006-01-02 15:04:05", got.InstalledOn); err != nil {
			t.Errorf("installed on %q", got.InstalledOn)
		}
		got.InstalledOn, got.InstalledBy = "", ""
		if !reflect.DeepEqual(got, want) {
			t.Errorf("row %+v, want %+v", got, want)
		}
	}
	if err := table.Finished(t.Context(), c, migrate.Migration{Kind: migrate.Undo, File: "U1__x.sql"}, 0); err == nil {
		t.Error("an undo file was recorded")
	}
}

func TestInstalledByIsWritten(t *testing.T) {
	t.Parallel()
	for dialect, c := range testconn.Databases(t) {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			table := flyway.New(flyway.Options{InstalledBy: strings.Repeat("x", 101), Table: `my "history"`}).History()
			testconn.Must(t, table.Create(t.Context(), c))
			testconn.Must(t, table.Finished(t.Context(), c, migrate.Migration{Version: "1", Kind: migrate.Versioned, File: "V1__x.sql"}, 0))
			h, err := table.Read(t.Context(), c)
			if err != nil || h.Entries[0].Rank != 1 || h.Entries[0].InstalledBy != strings.Repeat("x", 100) {
				t.Errorf("history %+v, %v", h, err)
			}
		})
	}
}

// TestTableIsFlyways compares the catalog with what Flyway's own statements make.
func TestTableIsFlyways(t *testing.T) {
	t.Parallel()
	c := testconn.OpenPostgreSQL(t, testpg.Start(t).Database(t).URL)
	testconn.Must(t, flyway.New(flyway.Options{}).History().Create(t.Context(), c))
	rows, err := c.Query(t.Context(), `SELECT string_agg(column_name || ' ' || data_type || coalesce('(' || character_maximum_length || ')', '')
		|| CASE is_nullable WHEN 'NO' THEN '!' ELSE '' END || coalesce(' ' || column_default, ''), ', ' ORDER BY ordinal_position)
		FROM information_schema.columns WHERE table_name = 'flyway_schema_history'
		UNION ALL SELECT string_agg(indexdef, '; ' ORDER BY indexname) FROM pg_indexes WHERE tablename = 'flyway_schema_history'`)
	testconn.Must(t, err)
	want := []string{
		"installed_rank integer!, version character varying(50), description character varying(200)!, type character varying(20)!, " +
			"script character varying(1000)!, checksum integer, installed_by character varying(100)!, " +
			"installed_on timestamp without time zone! now(), execution_time integer!, success boolean!",
		"CREATE UNIQUE INDEX flyway_schema_history_pk ON public.flyway_schema_history USING btree (installed_rank); " +
			"CREATE INDEX flyway_schema_history_s_idx ON public.flyway_schema_history USING btree (success)",
	}
	for i := range want {
		if got := rows[i].Text(0); got != want[i] {
			t.Errorf("got  %s\nwant %s", got, want[i])
		}
	}
}

// TestTableIsFlywaysOnMySQL compares SHOW CREATE TABLE with what Flyway's own
// statements make, where the server writes it the same way.
func TestTableIsFlywaysOnMySQL(t *testing.T) {
	t.Parallel()
	c := testconn.MySQL{Conn: testmy.Start(t).Database(t).Connect(t)}
	testconn.Must(t, flyway.New(flyway.Options{}).History().Create(t.Context(), c))
	rows, err := c.Query(t.Context(), "SHOW CREATE TABLE flyway_schema_history")
	testconn.Must(t, err)
	for _, want := range []string{
		"`installed_rank` int(11) NOT NULL,\n  `version` varchar(50) DEFAULT NULL,\n  `description` varchar(200) NOT NULL,\n" +
			"  `type` varchar(20) NOT NULL,\n  `script` varchar(1000) NOT NULL,\n  `checksum` int(11) DEFAULT NULL,\n" +
			"  `installed_by` varchar(100) NOT NULL,\n  `installed_on` timestamp NOT NULL DEFAULT current_timestamp(),\n" +
			"  `execution_time` int(11) NOT NULL,\n  `success` tinyint(1) NOT NULL,\n",
		"PRIMARY KEY (`installed_rank`),\n  KEY `flyway_schema_history_s_idx` (`success`)",
	} {
		if testmy.Tested() == testmy.MySQL {
			want = strings.NewReplacer("int(11)", "int", "current_timestamp()", "CURRENT_TIMESTAMP").Replace(want)
		}
		if got := rows[0].Text(1); !strings.Contains(got, want) {
			t.Errorf("got %s\nwant %s in it", got, want)
		}
	}
}

// TestDatesSurviveTimeZone reads under one setting and restores under another.
func TestDatesSurviveTimeZone(t *testing.T) {
	t.Parallel()
	c := testconn.MySQL{Conn: testmy.Start(t).Database(t).Connect(t)}
	table := flyway.New(flyway.Options{}).History()
	testconn.Must(t, table.Create(t.Context(), c))
	testconn.Must(t, c.Exec(t.Context(), "SET time_zone = '+05:30'"))
	testconn.Must(t, c.Exec(t.Context(), plainRows))
	h, err := table.Read(t.Context(), c)
	testconn.Must(t, err)
	testconn.Must(t, c.Exec(t.Context(), "SET time_zone = '-03:00'"))
	testconn.Must(t, table.Restore(t.Context(), c, migrate.History{}))
	testconn.Must(t, table.Restore(t.Context(), c, h))
	testconn.Must(t, c.Exec(t.Context(), "SET time_zone = '+05:30'"))
	rows, err := c.Query(t.Context(), "SELECT installed_on FROM flyway_schema_history ORDER BY installed_rank")
	if err != nil || rows[0].Text(0) != "2024-02-29 23:59:59" || rows[3].Text(0) != "2024-03-02 01:02:03" {
		t.Errorf("rows %v, %v", rows, err)
	}
}

func TestIdentityOnMySQL(t *testing.T) {
	t.Parallel()
	d := testmy.Start(t).Database(t)
	d.AdminExec(t, "CREATE DATABASE IF NOT EXISTS app")
	t.Cleanup(func() { d.AdminExec(t, "DROP DATABASE app") })
	c := testconn.MySQL{Conn: d.Admin(t)}
	id, err := flyway.New(flyway.Options{Schema: "app"}).History().Identity(t.Context(), c)
	if want := (migrate.TableID{Schema: "app", Table: "flyway_schema_history", LockNames: []string{"Flyway--320650056"}}); err != nil || !reflect.DeepEqual(id, want) {
		t.Errorf("identity %+v, %v; want %+v", id, err, want)
	}
	if id, err = flyway.New(flyway.Options{}).History().Identity(t.Context(), c); err != nil || id.Schema != d.Name {
		t.Errorf("identity %+v, %v", id, err)
	}
	if _, err = flyway.New(flyway.Options{Schema: "nowhere"}).History().Identity(t.Context(), c); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("error %v", err)
	}
}

// TestDatesSurviveDateStyle reads under one setting and restores under another.
func TestDatesSurviveDateStyle(t *testing.T) {
	t.Parallel()
	c := testconn.OpenPostgreSQL(t, testpg.Start(t).Database(t).URL)
	table := flyway.New(flyway.Options{}).History()
	testconn.Must(t, table.Create(t.Context(), c))
	testconn.Must(t, c.Exec(t.Context(), plainRows))
	testconn.Must(t, c.Exec(t.Context(), "SET datestyle = 'SQL, DMY'"))
	h, err := table.Read(t.Context(), c)
	testconn.Must(t, err)
	testconn.Must(t, c.Exec(t.Context(), "DELETE FROM flyway_schema_history"))
	testconn.Must(t, c.Exec(t.Context(), "SET datestyle = 'German, MDY'"))
	testconn.Must(t, table.Restore(t.Context(), c, h))
	rows, err := c.Query(t.Context(), "SELECT to_char(installed_on, 'YYYY-MM-DD HH24:MI:SS.US') FROM flyway_schema_history ORDER BY installed_rank")
	if err != nil || rows[0].Text(0) != "2024-02-29 23:59:59.123000" || rows[3].Text(0) != "2024-03-02 01:02:03.000001" {
		t.Errorf("rows %v, %v", rows, err)
	}
}

func TestIdentityOnPostgreSQL(t *testing.T) {
	t.Parallel()
	d := testpg.Start(t).Database(t)
	d.Exec(t, `CREATE SCHEMA app`)
	cases := []struct {
		name, searchPath string
		options          flyway.Options
		want             migrate.TableID
		err              string
	}{
		{"default", "public", flyway.Options{}, migrate.TableID{Schema: "public", Table: "flyway_schema_history", LockKeys: []int64{77433833903597}}, ""},
		{"current schema", "nowhere, app", flyway.Options{Table: "h"}, migrate.TableID{Schema: "app", Table: "h", LockKeys: []int64{77431708279161 - 214563535}}, ""},
		{"no such schema", "public", flyway.Options{Schema: "nowhere"}, migrate.TableID{}, `schema "nowhere" of Flyway's history does not exist`},
		{"empty search path", "", flyway.Options{}, migrate.TableID{}, "search_path names none"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := testconn.OpenPostgreSQL(t, d.URL)
			testconn.Must(t, c.Exec(t.Context(), "SELECT set_config('search_path', $1, false)", tc.searchPath))
			id, err := flyway.New(tc.options).History().Identity(t.Context(), c)
			if (err == nil) != (tc.err == "") || err != nil && !strings.Contains(err.Error(), tc.err) {
				t.Fatalf("error %v, want %q", err, tc.err)
			}
			if !reflect.DeepEqual(id, tc.want) {
				t.Errorf("identity %+v, want %+v", id, tc.want)
			}
		})
	}
}

func TestReadRefusesWhatItCannotMean(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, statement, want string }{
		{"another table", "CREATE TABLE flyway_schema_history (installed_rank int)", "has no column version"},
		{"a version that is none", "UPDATE flyway_schema_history SET version = 'x' WHERE installed_rank = 2", `the version "x" of rank 2`},
	}
	for _, c := range cases {
		for dialect, conn := range testconn.Databases(t) {
			t.Run(c.name+" "+dialect, func(t *testing.T) {
				t.Parallel()
				table := flyway.New(flyway.Options{}).History()
				if strings.HasPrefix(c.statement, "UPDATE") {
					testconn.Must(t, errors.Join(table.Create(t.Context(), conn), conn.Exec(t.Context(), plainRows)))
				}
				testconn.Must(t, conn.Exec(t.Context(), c.statement))
				if _, err := table.Read(t.Context(), conn); err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("error %v, want %q", err, c.want)
				}
			})
		}
	}
}
