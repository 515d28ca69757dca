//go:build unix

package enginetest_test

import (
	"crypto/rand"
	"slices"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/migrate"
)

func postgresProject(t *testing.T, files map[string]string) (*enginetest.Project, *enginetest.PostgresDatabase) {
	t.Helper()
	p := enginetest.NewProject(t, enginetest.Postgres(), files)
	d, ok := p.DB.(*enginetest.PostgresDatabase)
	if !ok {
		t.Fatalf("%T is no PostgreSQL database", p.DB)
	}
	return p, d
}

// role makes a role that goes with the test.
func role(t *testing.T, d *enginetest.PostgresDatabase, options string) string {
	t.Helper()
	name := "other_" + strings.ToLower(rand.Text()[:10])
	d.AdminExec(t, "CREATE ROLE "+name+" "+options)
	t.Cleanup(func() {
		d.AdminExec(t, "REASSIGN OWNED BY "+name+" TO CURRENT_USER; DROP OWNED BY "+name+" CASCADE; DROP ROLE "+name)
	})
	return name
}

func TestPostgresNoWayBack(t *testing.T) {
	t.Parallel()
	for name, statement := range map[string]string{
		"alter system":    "ALTER SYSTEM SET work_mem = '5MB';",
		"create role":     "CREATE ROLE safemigrate_test_never PASSWORD 'hunter2';",
		"alter role":      "ALTER ROLE CURRENT_USER SET work_mem = '5MB';",
		"drop role":       "DROP ROLE safemigrate_test_never;",
		"create database": "CREATE DATABASE safemigrate_test_never;",
		"drop database":   "DROP DATABASE safemigrate_test_never;",
		"tablespace":      "CREATE TABLESPACE x LOCATION '/nowhere';",
		"a program":       "COPY t TO PROGRAM 'cat';",
		"a file":          "COPY t TO '/nowhere/at/all';",
		"a library":       "LOAD 'auto_explain';",
		"subscription":    "CREATE SUBSCRIPTION s CONNECTION 'host=nowhere' PUBLICATION p;",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, d := postgresProject(t, map[string]string{"1_t.up.sql": "CREATE TABLE t (id integer);", "2_x.up.sql": "SELECT 1;\n" + statement})
			before := d.Fingerprint(t)
			_, err := p.TryUp(t, safemigrate.UpOptions{})
			said := enginetest.Fails(t, err, migrate.NoWayBack, "2_x.up.sql:2", "--accept-loss")
			if strings.Contains(said, "hunter2") {
				t.Errorf("a literal is shown: %s", said)
			}
			plan, err := p.Open(t).Plan(t.Context(), safemigrate.UpOptions{})
			if err != nil || len(plan.Migrations[1].NoWayBack) != 1 {
				t.Errorf("plan: %+v, %v", plan, err)
			}
			p.Is(t, before, "after a refusal")
		})
	}
}

func TestPostgresAcceptLoss(t *testing.T) {
	t.Parallel()
	p, d := postgresProject(t, nil)
	d.AdminExec(t, "ALTER ROLE "+d.Role+" CREATEROLE")
	name := "made_" + strings.ToLower(rand.Text()[:10])
	t.Cleanup(func() { d.AdminExec(t, "DROP ROLE "+name) })
	p.Add(map[string]string{"1_role.up.sql": "CREATE TABLE t (id integer);\nCREATE ROLE " + name + ";"})
	before := d.Fingerprint(t)
	p.Up(t, safemigrate.UpOptions{AcceptLoss: true})
	p.Rollback(t, safemigrate.RollbackOptions{})
	p.Is(t, before, "after the rollback")
	if got := p.Rows(t, "SELECT count(*) FROM pg_roles WHERE rolname = '"+name+"'"); got[0] != "1" {
		t.Error("the role, which lies outside the database, did not stay")
	}
}

func TestPostgresPrivileges(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		admin string // @owner is the role that runs, @other another one
		words []string
	}{
		{"no right to make schemas", "ALTER DATABASE @db OWNER TO @other; GRANT CREATE, USAGE ON SCHEMA public TO @owner", []string{"CREATE", "database"}},
		{"no right to read a table", "CREATE TABLE secret (id integer); ALTER TABLE secret OWNER TO @other", []string{"public.secret", "read"}},
		{"no right to lock a table", "CREATE TABLE secret (id integer); ALTER TABLE secret OWNER TO @other; GRANT SELECT ON secret TO @owner", []string{"public.secret", "lock"}},
		{"rows hidden by row security", `CREATE TABLE secret (id integer); INSERT INTO secret VALUES (1), (2); ALTER TABLE secret OWNER TO @other;
			GRANT ALL ON secret TO @owner; ALTER TABLE secret ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON secret USING (id = 1)`, []string{"public.secret", "row security"}},
		{"a schema without the right to use it", "CREATE SCHEMA hidden; CREATE TABLE hidden.secret (id integer)", []string{"hidden"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, d := postgresProject(t, map[string]string{"1_t.up.sql": "CREATE TABLE t (id integer);"})
			other := role(t, d, "")
			d.AdminExec(t, strings.NewReplacer("@owner", d.Role, "@other", other, "@db", d.Name).Replace(c.admin))
			before := d.Fingerprint(t)
			p.Config.Scope = migrate.ScopeAll // by itself the batch touches no other table
			_, err := p.TryUp(t, safemigrate.UpOptions{})
			enginetest.Fails(t, err, migrate.NoWayBack, c.words...)
			if got := d.Fingerprint(t); got != before {
				t.Error("the database was changed")
			}
			if got := p.Rows(t, "SELECT count(*) FROM pg_namespace WHERE nspname ~ '^safemigrate'"); got[0] != "0" {
				t.Error("a schema of safemigrate's is left")
			}
		})
	}
}

// TestPostgresNotOwner finds out in the transaction that a table is not the
// role's own.
func TestPostgresNotOwner(t *testing.T) {
	t.Parallel()
	p, d := postgresProject(t, map[string]string{"1_t.up.sql": "CREATE TABLE t (id integer);\nALTER TABLE shared ADD COLUMN b text;"})
	other := role(t, d, "")
	d.AdminExec(t, "CREATE TABLE shared (id integer); ALTER TABLE shared OWNER TO "+other+"; GRANT ALL ON shared TO "+d.Role)
	before := d.Fingerprint(t)
	_, err := p.TryUp(t, safemigrate.UpOptions{})
	enginetest.Fails(t, err, migrate.Restored, "1_t.up.sql:2:1", "must be owner", "shared")
	p.Is(t, before, "after the failure")
}

// TestPostgresRole runs with the rights of a group, as many deploy roles do.
func TestPostgresRole(t *testing.T) {
	t.Parallel()
	p, d := postgresProject(t, map[string]string{
		"1_t.up.sql": "CREATE TABLE t (id integer, owner name DEFAULT current_user);\nINSERT INTO t VALUES (1);",
		"2_t.up.sql": "CREATE TABLE u (id integer);",
	})
	group := role(t, d, "NOLOGIN")
	d.AdminExec(t, "GRANT "+group+" TO "+d.Role+"; GRANT ALL ON SCHEMA public TO "+group)
	p.Files["1_t.up.sql"].Data = []byte("SET ROLE " + group + ";\n" + string(p.Files["1_t.up.sql"].Data))
	before := d.Fingerprint(t)
	p.Up(t, safemigrate.UpOptions{})
	owners := strings.Join(p.Rows(t, "SELECT tablename, tableowner = '"+group+"' FROM pg_tables WHERE schemaname IN ('public', 'safemigrate') AND tablename IN ('t', 'u', 'batch') ORDER BY 1"), " ")
	if owners != "batch|f t|t u|f" {
		t.Errorf("owners: %s", owners)
	}
	after := d.Fingerprint(t)
	p.Rollback(t, safemigrate.RollbackOptions{})
	p.Is(t, before, "after the rollback")
	p.Rollback(t, safemigrate.RollbackOptions{Undo: true})
	p.Is(t, after, "after its undo")
	p.Rollback(t, safemigrate.RollbackOptions{})
}

func TestPostgresScope(t *testing.T) {
	t.Parallel()
	const setup = "CREATE TABLE log (id integer PRIMARY KEY, line text); INSERT INTO log VALUES (1, 'x'); CREATE TABLE t (id integer); INSERT INTO t VALUES (1)"
	cases := []struct {
		name, batch     string
		tables, exclude []string
		fails           bool
	}{
		{"rows of an excluded table", "UPDATE log SET line = 'y';", nil, []string{"l*g"}, true},
		{"rows of an excluded table, truncated", "TRUNCATE log;", nil, []string{"public.log"}, true},
		{"rows of a table that is not named", "DELETE FROM t; DELETE FROM log;", []string{"t"}, nil, true},
		{"a column of an excluded table", "ALTER TABLE log DROP COLUMN line;", nil, []string{"log"}, true},
		{"an excluded table dropped", "DROP TABLE log;", nil, []string{"log"}, true},
		{"an excluded table rewritten with loss", "ALTER TABLE log ALTER COLUMN line TYPE char(1) USING 'y';", nil, []string{"log"}, true},
		{"an excluded table rewritten and emptied", "ALTER TABLE log ALTER COLUMN id TYPE bigint; DELETE FROM log;", nil, []string{"log"}, true},
		{"an excluded table rewritten without loss", "ALTER TABLE log ALTER COLUMN id TYPE bigint; DELETE FROM t;", nil, []string{"log"}, false},
		{"an excluded table added to", "ALTER TABLE log ADD COLUMN n integer; CREATE INDEX i ON log (line); DELETE FROM t;", nil, []string{"log"}, false},
		{"an excluded table renamed", "ALTER TABLE log RENAME TO log_2; DELETE FROM t;", []string{"t"}, nil, false},
		{"other tables only", "DELETE FROM t; CREATE TABLE u AS SELECT * FROM log;", nil, []string{"log"}, false},
		{"an excluded table changed and changed back", "UPDATE log SET line = 'y'; UPDATE log SET line = 'x';", nil, []string{"log"}, true},
		{"an excluded table written anew and emptied unforeseen", "ALTER TABLE log ALTER id TYPE bigint;\n" + unforeseen("nothing", "TRUNCATE log"), nil, []string{"log"}, true},
		{"dynamic SQL, narrowed", hidden("DELETE FROM t"), []string{"t"}, nil, false},
		{"dynamic SQL, narrowed, that deletes more", hidden("DELETE FROM t; DELETE FROM log"), []string{"t"}, nil, true},
		{"dynamic SQL, narrowed, that inserts more", hidden("DELETE FROM t; INSERT INTO log VALUES (2)"), []string{"t"}, nil, true},
		{"dynamic SQL, narrowed, that updates more", hidden("UPDATE log SET line = 'y'"), []string{"t"}, nil, true},
		{"dynamic SQL, narrowed, that empties more", hidden("TRUNCATE t, log"), []string{"t"}, nil, true},
		{"dynamic SQL, narrowed, that drops a column of more", hidden("ALTER TABLE log DROP line"), []string{"t"}, nil, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, d := postgresProject(t, map[string]string{"1_x.up.sql": c.batch})
			p.Config.Tables, p.Config.Exclude = c.tables, c.exclude
			p.Exec(t, setup)
			before := d.Fingerprint(t)
			plan, err := p.Open(t).Plan(t.Context(), safemigrate.UpOptions{})
			if err != nil {
				t.Fatal(err)
			}
			whole, dynamic := plan.Snapshot.Footprint.Whole, strings.HasPrefix(c.name, "dynamic SQL")
			if dynamic && (len(whole) != 1 || whole[0].File != "1_x.up.sql" || whole[0].Line != 1) || !dynamic && len(whole) > 0 {
				t.Errorf("what made it whole: %+v", whole)
			}
			if slices.ContainsFunc(plan.Snapshot.Tables, func(e migrate.TableEstimate) bool { return e.Name == "public.log" }) {
				t.Errorf("plan keeps what is left out: %+v", plan.Snapshot.Tables)
			}
			report, err := p.TryUp(t, safemigrate.UpOptions{})
			if c.fails {
				enginetest.Fails(t, err, migrate.NoWayBack, "log")
				p.Is(t, before, "after the guard stopped it")
				return
			}
			if err != nil {
				t.Fatalf("up: %v", err)
			}
			for _, kept := range report.Snapshot.Tables {
				if kept.Name == "public.log" {
					t.Error("the excluded table was copied")
				}
			}
			p.Exec(t, "INSERT INTO t VALUES (1)") // what the batch deleted is written again
			p.Rollback(t, safemigrate.RollbackOptions{Decide: migrate.Discard})
			p.Is(t, before, "after the rollback")
		})
	}
}

// TestPostgresDiskFull has the server answer as one does whose disk is full when the second
// table is copied.
func TestPostgresDiskFull(t *testing.T) {
	t.Parallel()
	p, d := postgresProject(t, map[string]string{"1_x.up.sql": "DELETE FROM small; DELETE FROM t;"})
	p.Exec(t, table+"CREATE TABLE small (id integer); INSERT INTO small VALUES (1);")
	d.AdminExec(t, `CREATE FUNCTION public.full_disk() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
		IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE schema_name ~ '^safemigrate_2') AND (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE nspname ~ '^safemigrate_2') > 1 THEN
			RAISE 'could not extend file "base/5/16384": No space left on device' USING ERRCODE = 'disk_full', HINT = 'Check free disk space.';
		END IF; END $$;
		CREATE EVENT TRIGGER full_disk ON ddl_command_end WHEN TAG IN ('CREATE TABLE AS') EXECUTE FUNCTION public.full_disk()`)
	before := d.Fingerprint(t)
	_, err := p.TryUp(t, safemigrate.UpOptions{})
	enginetest.Fails(t, err, migrate.NoWayBack, "disk space", "which is undone", "(SQLSTATE 53100)", "--exclude")
	p.Is(t, before, "after the disk was full")
	if left := p.Rows(t, "SELECT nspname FROM pg_namespace WHERE nspname ~ '^safemigrate_2'"); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
	d.AdminExec(t, "DROP EVENT TRIGGER full_disk; DROP FUNCTION public.full_disk()")
	before = d.Fingerprint(t)
	p.Up(t, safemigrate.UpOptions{})
	p.Rollback(t, safemigrate.RollbackOptions{})
	p.Is(t, before, "after the rollback of the batch that had room")
}

// TestPostgresStepsAfterDisconnect loses its session when a step is committed
// already.
func TestPostgresStepsAfterDisconnect(t *testing.T) {
	t.Parallel()
	p, d := postgresProject(t, map[string]string{"1_x.up.sql": "BEGIN; DELETE FROM t WHERE id = 1; COMMIT; SELECT pg_terminate_backend(pg_backend_pid());"})
	p.Exec(t, table)
	before := d.Fingerprint(t)
	_, err := p.TryUp(t, safemigrate.UpOptions{})
	enginetest.Fails(t, err, migrate.Interrupted, "safemigrate recover", "1 of 2 steps")
	r, err := p.Open(t).Recover(t.Context(), safemigrate.RecoverOptions{})
	if err != nil || r.Action != "restored" {
		t.Fatalf("recover: %+v, %v", r, err)
	}
	p.Is(t, before, "after recover")
}
