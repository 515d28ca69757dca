//go:build unix

package dump_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/dump"
	"github.com/safemigrate/safemigrate/internal/testpg"
)

func (d taken) restoring(t *testing.T, into *testpg.Database) *dump.Restoring {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "schema")
	toc, err := os.ReadFile(filepath.Join(d.schema, "toc.dat"))
	err = errors.Join(err, os.Mkdir(dir, 0o700), os.WriteFile(filepath.Join(dir, "toc.dat"), toc, 0o600))
	if err != nil {
		t.Fatal(err)
	}
	return &dump.Restoring{
		Programs: programs(t, into.Server), Version: d.Server, Server: reach(t, into), Options: options(into, 2), Contents: d.Contents,
		Source: read(d), Dir: dir, NoOwner: true,
	}
}

// TestRestore brings every fixture back without pg_restore's loading.
func TestRestore(t *testing.T) {
	t.Parallel()
	server := testpg.Start(t)
	for _, f := range fixtures {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			d, into := server.Database(t), server.Database(t)
			d.Exec(t, f.setup)
			if err := take(t, d, options(d, 3), nil).restoring(t, into).Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if into.Rows(t) != d.Rows(t) || into.Sequences(t) != d.Sequences(t) || largeObjects(t, into) != largeObjects(t, d) {
				t.Error("rows, sequences or large objects differ")
			}
			was, is := strings.ReplaceAll(d.Dump(t), d.Role, "owner"), strings.ReplaceAll(into.Dump(t), into.Role, "owner")
			if was != is {
				t.Errorf("the schemas differ:\n%s\nwant:\n%s", is, was)
			}
		})
	}
}

// TestDatabaseForm: the one locale provider that servers before 15 have is not named to
// them.
func TestDatabaseForm(t *testing.T) {
	t.Parallel()
	d := testpg.Start(t).Database(t)
	dir := take(t, d, options(d, 1), nil).schema
	for _, c := range []struct {
		server int
		named  bool
	}{{140000, false}, {150000, true}} {
		form, err := dump.DatabaseForm(dir, c.server)
		if err != nil || !strings.Contains(form, "ENCODING = ") || strings.Contains(form, "LOCALE_PROVIDER") != c.named {
			t.Errorf("%d: %q, %v", c.server, form, err)
		}
	}
}

// TestNeeds reads what a dump needs of the cluster.
func TestNeeds(t *testing.T) {
	t.Parallel()
	d := testpg.Start(t).Database(t)
	d.Exec(t, "CREATE EXTENSION hstore; CREATE TABLE t (v hstore); GRANT SELECT ON t TO pg_monitor, PUBLIC; "+
		"CREATE POLICY p ON t AS RESTRICTIVE FOR UPDATE TO pg_signal_backend, pg_read_all_stats USING (true); COMMENT ON DATABASE "+d.Name+" IS 'x'")
	d.AdminExec(t, "ALTER SCHEMA public OWNER TO "+d.Role) // before 15 it is the administrator's
	d.AdminExec(t, "GRANT SELECT ON t TO pg_read_all_data WITH GRANT OPTION; SET ROLE pg_read_all_data; GRANT SELECT (v) ON t TO PUBLIC; RESET ROLE; "+
		"ALTER DEFAULT PRIVILEGES FOR ROLE pg_write_all_data GRANT SELECT ON TABLES TO PUBLIC; "+
		"CREATE FOREIGN DATA WRAPPER w; CREATE SERVER \"a SERVER b\" FOREIGN DATA WRAPPER w; "+
		"CREATE USER MAPPING FOR pg_read_server_files SERVER \"a SERVER b\"; CREATE USER MAPPING FOR PUBLIC SERVER \"a SERVER b\"")
	d.AdminExec(t, "CREATE FUNCTION f() RETURNS text LANGUAGE sql SET role = pg_write_server_files AS 'SELECT ''\n    SET role TO ''''none of this''''\n'' '; ALTER FUNCTION f() OWNER TO "+d.Role)
	dir := take(t, d, options(d, 1), nil).schema
	role := func(name, of string) dump.Need { return dump.Need{Kind: dump.NeedsRole, Name: name, For: of} }
	hstore := dump.Need{Kind: dump.NeedsExtension, Name: "hstore", For: "extension hstore"}
	one, two := role("pg_read_all_stats", "policy public.t p"), role("pg_signal_backend", "policy public.t p")
	acting, mapped := dump.Need{Kind: dump.NeedsRole, Name: "pg_write_server_files", For: "function public.f()", Setting: "role"}, role("pg_read_server_files", "user mapping pg_read_server_files SERVER a SERVER b")
	for noOwner, want := range map[bool][]dump.Need{
		true: {hstore, acting, mapped, one, two},
		false: {
			role(d.Role, "schema public"), hstore, acting, role("postgres", "foreign data wrapper w"), mapped, role("pg_monitor", "privileges on TABLE t"),
			role("pg_read_all_data", "privileges on TABLE t"), one, two, role("pg_write_all_data", "default privileges for tables"),
		},
	} {
		is, err := dump.Needs(dir, noOwner)
		if err != nil || !slices.Equal(is, want) {
			t.Errorf("without owners %t: %v, %v", noOwner, is, err)
		}
	}
}

// TestDamagedRowsAreNotRestored has one byte of a part changed, a row taken out, and
// two parts exchanged.
func TestDamagedRowsAreNotRestored(t *testing.T) {
	t.Parallel()
	server := testpg.Start(t)
	d := server.Database(t)
	d.Exec(t, fixtures[1].setup)
	dumped := take(t, d, options(d, 2), nil)
	path := folder(dumped.rows).path(dumped.Tables[0], 1)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, damage := range []struct {
		name string
		text []byte
	}{
		{"a byte changed", bytes.Replace(whole, []byte("x"), []byte("y"), 1)},
		{"a row gone", whole[bytes.IndexByte(whole, '\n')+1:]},
		{"the end cut off", whole[:len(whole)-3]},
		{"empty", nil},
		{"a row twice", append(bytes.Clone(whole), whole[:bytes.IndexByte(whole, '\n')+1]...)},
	} {
		if err := os.WriteFile(path, damage.text, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := dump.ReadTable(t.Context(), dumped.Tables[0], read(dumped)); !errors.Is(err, dump.ErrDamaged) {
			t.Errorf("%s: %v", damage.name, err)
		}
	}
	into := server.Database(t)
	if err := dumped.restoring(t, into).Run(t.Context()); err == nil {
		t.Error("a damaged dump is restored")
	}
}

// TestUnreadableRowsAreRefused has a table whose rows the role cannot see all of.
func TestUnreadableRowsAreRefused(t *testing.T) {
	t.Parallel()
	d := testpg.Start(t).Database(t)
	d.Exec(t, "CREATE TABLE mine (id int)")
	d.AdminExec(t, "CREATE TABLE theirs (id int)")
	_, err := dump.Begin(context.Background(), options(d, 1))
	if !errors.Is(err, dump.ErrUnreadable) || !strings.Contains(err.Error(), "public.theirs") {
		t.Errorf("got %v", err)
	}
}

// TestNewerProgramGoesOn: of what a pg_restore says that went on after errors, only what
// every session of it meets on an older server may be.
func TestNewerProgramGoesOn(t *testing.T) {
	t.Parallel()
	const known = "pg_restore: error: could not execute query: ERROR:  unrecognized configuration parameter \"transaction_timeout\"\nCommand was: SET transaction_timeout = 0;\n\n"
	for name, c := range map[string]struct {
		said string
		want bool
	}{
		"every session": {known + known + "pg_restore: warning: errors ignored on restore: 2", true},
		"another error": {known + "pg_restore: error: could not execute query: ERROR:  no\nCommand was: CREATE TABLE t ();\npg_restore: warning: errors ignored on restore: 2", false},
		"cut off":       {"pg_restore: warning: errors ignored on restore: 3\n" + known, false},
		"another end":   {known + "pg_restore: error: connection to server was lost", false},
	} {
		if got := dump.OnlyTimeout(errors.New(c.said)); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
	if dump.OnlyTimeout(nil) {
		t.Error("no error is one")
	}
}
