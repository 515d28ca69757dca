package golangmigrate_test

import (
	"context"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/internal/testconn"
	"github.com/safemigrate/safemigrate/internal/testmy"
	"github.com/safemigrate/safemigrate/internal/testpg"
	"github.com/safemigrate/safemigrate/internal/testtools"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/migrate/golangmigrate"
)

// plain is golang-migrate's own command on one database and one directory.
type plain struct {
	program, dir, url string
}

func (p plain) run(ctx context.Context, args ...string) (string, error) {
	args = append([]string{"-source", "file://" + p.dir, "-database", p.url}, args...)
	out, err := exec.CommandContext(ctx, p.program, args...).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// shop is a directory of four migrations.
func shop(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"1_a.up.sql": "create table a (id int);", "1_a.down.sql": "drop table a;",
		"2_b.up.sql": "create table b (id int);", "2_b.down.sql": "drop table b;",
		"3_c.up.sql": "create table c (id int);", "3_c.down.sql": "drop table c;",
		"4_bad.up.sql": "create table nonsense;;(",
	} {
		testconn.Must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	return dir
}

type workplace struct {
	conn migrate.Conn
	url  string
}

func workplaces(t *testing.T) map[string]workplace {
	t.Helper()
	d, my := testpg.Start(t).Database(t), testmy.Start(t).Database(t)
	path := filepath.Join(t.TempDir(), "app.db")
	return map[string]workplace{
		"postgresql": {testconn.OpenPostgreSQL(t, d.URL), "pgx5" + strings.TrimPrefix(d.URL, "postgres")},
		"sqlite":     {testconn.OpenSQLite(t, path), "sqlite://" + path},
		"mysql":      {testconn.MySQL{Conn: my.Connect(t)}, my.URL},
	}
}

// TestPlainToolGoesOn interleaves golang-migrate's command with our writes.
func TestPlainToolGoesOn(t *testing.T) {
	t.Parallel()
	program := testtools.GolangMigrate(t)
	for dialect, w := range workplaces(t) {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			p := plain{program, shop(t), w.url}
			convention := golangmigrate.New(golangmigrate.Options{})
			table := convention.History()
			root := os.DirFS(p.dir)
			says := func(want string, args ...string) {
				t.Helper()
				if out, err := p.run(t.Context(), args...); err != nil || !strings.Contains(out, want) {
					t.Fatalf("migrate %q: %q, %v; want %q", args, out, err, want)
				}
			}
			due := func(want ...string) []migrate.Migration {
				t.Helper()
				files, _, err := convention.Load(root)
				testconn.Must(t, err)
				h, err := table.Read(t.Context(), w.conn)
				testconn.Must(t, err)
				pending, problems := convention.Pending(files, h, nil)
				var got []string
				for _, m := range pending {
					got = append(got, m.Version)
				}
				if !slices.Equal(got, want) || len(problems) > 0 {
					t.Fatalf("due %q, want %q; problems %+v", got, want, problems)
				}
				return pending
			}

			ours := due("1", "2", "3", "4")[0]
			testconn.Must(t, table.Create(t.Context(), w.conn))
			testconn.Must(t, w.conn.Exec(t.Context(), ours.Text))
			testconn.Must(t, table.Finished(t.Context(), w.conn, ours, time.Second))
			says("1", "version")
			says("2/u b", "up", "1")
			ours = due("3", "4")[0]
			testconn.Must(t, w.conn.Exec(t.Context(), ours.Text))
			testconn.Must(t, table.Finished(t.Context(), w.conn, ours, time.Second))
			says("3", "version")
			says("3/d c", "down", "1")
			due("3", "4")

			testconn.Must(t, table.Started(t.Context(), w.conn, ours))
			if out, err := p.run(t.Context(), "up"); err == nil || !strings.Contains(out, "Dirty database version 3") {
				t.Fatalf("migrate up on a started migration: %q, %v", out, err)
			}
			testconn.Must(t, table.Restore(t.Context(), w.conn, migrate.History{Exists: true, Version: "2"}))
			if out, err := p.run(t.Context(), "up"); err == nil || !strings.Contains(out, "3/u c") {
				t.Fatalf("migrate up over the bad file: %q, %v", out, err)
			}
			h, err := table.Read(t.Context(), w.conn)
			if err != nil || h.Version != "4" || !h.Dirty {
				t.Fatalf("after the plain tool failed: %+v, %v", h, err)
			}
			says("", "force", "--", "-1")
			if h, err = table.Read(t.Context(), w.conn); err != nil || h.Version != "" || h.Dirty {
				t.Fatalf("after force -1: %+v, %v", h, err)
			}
		})
	}
}

// TestLockKeysKeepPlainToolOut holds each key in turn: golang-migrate's command
// has to wait for the one that is made of its URL.
func TestLockKeysKeepPlainToolOut(t *testing.T) {
	t.Parallel()
	d := testpg.Start(t).Database(t)
	c := testconn.OpenPostgreSQL(t, d.URL)
	id, err := golangmigrate.New(golangmigrate.Options{}).History().Identity(t.Context(), c)
	testconn.Must(t, err)
	keys := id.LockKeys
	if len(keys) != 2 || keys[0] == keys[1] {
		t.Fatalf("keys %v", keys)
	}
	p := plain{testtools.GolangMigrate(t), shop(t), "pgx5" + strings.TrimPrefix(d.URL, "postgres")}
	_, err = p.run(t.Context(), "up", "1")
	testconn.Must(t, err)
	for i, waits := range []bool{false, true} {
		testconn.Must(t, c.Exec(t.Context(), "SELECT pg_advisory_lock($1)", keys[i]))
		if got := waitsForLock(t, c, p); got != waits {
			t.Errorf("key %d held: waits %t, want %t", i, got, waits)
		}
		testconn.Must(t, c.Exec(t.Context(), "SELECT pg_advisory_unlock($1)", keys[i]))
	}
}

// waitsForLock runs the plain tool until it waits for an advisory lock or has ended.
func waitsForLock(t *testing.T, c migrate.Conn, p plain) bool {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := p.run(ctx, "version")
		ended <- err
	}()
	for {
		select {
		case err := <-ended:
			testconn.Must(t, err)
			return false
		case <-time.After(20 * time.Millisecond):
		}
		waiting, err := c.Query(t.Context(), `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
			AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
		testconn.Must(t, err)
		if len(waiting) > 0 {
			cancel()
			<-ended
			return true
		}
	}
}

// TestLockNameKeepsPlainToolOut holds the lock on MariaDB: golang-migrate's
// command waits ten seconds for it, and then gives up.
func TestLockNameKeepsPlainToolOut(t *testing.T) {
	t.Parallel()
	d := testmy.Start(t).Database(t)
	c := testconn.MySQL{Conn: d.Connect(t)}
	id, err := golangmigrate.New(golangmigrate.Options{}).History().Identity(t.Context(), c)
	testconn.Must(t, err)
	if len(id.LockNames) != 1 || len(id.LockKeys) != 0 {
		t.Fatalf("identity %+v", id)
	}
	p := plain{testtools.GolangMigrate(t), shop(t), d.URL}
	if out, err := p.run(t.Context(), "up", "1"); err != nil {
		t.Fatalf("migrate up: %q, %v", out, err)
	}
	_, err = c.Query(t.Context(), "SELECT get_lock($1, 0)", id.LockNames[0])
	testconn.Must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	if out, err := p.run(ctx, "version"); err == nil {
		t.Errorf("migrate did not wait: %q", out)
	}
	testconn.Must(t, c.Exec(t.Context(), "DO release_lock($1)", id.LockNames[0]))
	if out, err := p.run(t.Context(), "version"); err != nil || out != "1" {
		t.Errorf("migrate version: %q, %v", out, err)
	}
}

// TestLockNameVector is golang-migrate's lock of a well-known database.
func TestLockNameVector(t *testing.T) {
	t.Parallel()
	d := testmy.Start(t).Database(t)
	d.AdminExec(t, "CREATE DATABASE app")
	t.Cleanup(func() { d.AdminExec(t, "DROP DATABASE app") })
	c := testconn.MySQL{Conn: d.Admin(t)}
	testconn.Must(t, c.Exec(t.Context(), "USE app"))
	id, err := golangmigrate.New(golangmigrate.Options{}).History().Identity(t.Context(), c)
	if want := (migrate.TableID{Schema: "app", Table: "schema_migrations", LockNames: []string{"2938252834"}}); err != nil || !reflect.DeepEqual(id, want) {
		t.Errorf("identity %+v, %v; want %+v", id, err, want)
	}
}

// TestLockKeyVector is golang-migrate's key of a well-known database.
func TestLockKeyVector(t *testing.T) {
	t.Parallel()
	d := testpg.Start(t).Database(t)
	d.AdminExec(t, "CREATE DATABASE app OWNER "+d.Role)
	t.Cleanup(func() { d.AdminExec(t, "DROP DATABASE app WITH (FORCE)") })
	u, err := url.Parse(d.URL)
	testconn.Must(t, err)
	u.Path = "/app"
	id, err := golangmigrate.New(golangmigrate.Options{}).History().Identity(t.Context(), testconn.OpenPostgreSQL(t, u.String()))
	if err != nil || id.Schema != "public" || id.Table != "schema_migrations" || !slices.Contains(id.LockKeys, 1787120056) {
		t.Errorf("identity %+v, %v", id, err)
	}
}

// TestOlderSnapshotStillReadsVersion is why the row is deleted and not truncated.
func TestOlderSnapshotStillReadsVersion(t *testing.T) {
	t.Parallel()
	d := testpg.Start(t).Database(t)
	writer, reader := testconn.OpenPostgreSQL(t, d.URL), testconn.OpenPostgreSQL(t, d.URL)
	table := golangmigrate.New(golangmigrate.Options{}).History()
	testconn.Must(t, table.Restore(t.Context(), writer, migrate.History{Exists: true, Version: "1"}))
	tx, err := reader.BeginTx(t.Context(), pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
	testconn.Must(t, err)
	var one int
	testconn.Must(t, tx.QueryRow(t.Context(), "SELECT 1").Scan(&one))
	testconn.Must(t, table.Finished(t.Context(), writer, migrate.Migration{Version: "2"}, 0))
	h, err := table.Read(t.Context(), reader)
	if err = errors.Join(err, tx.Rollback(t.Context())); err != nil || h.Version != "1" {
		t.Errorf("history %+v, %v", h, err)
	}
}
