package cli_test

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/safemigrate/safemigrate/internal/cli"
	"github.com/safemigrate/safemigrate/internal/testmy"
	"github.com/safemigrate/safemigrate/internal/testpg"
	"github.com/safemigrate/safemigrate/internal/testtools"
)

// TestMain also makes this test program the commands that scripts run.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"safemigrate": func() { os.Exit(cli.Main(context.Background(), cli.OS(), os.Args[1:])) },
		"sql":         func() { os.Exit(runSQL(os.Args[1:], os.Stdout, os.Stderr)) },
	})
}

// TestScripts runs testdata/script/*.txtar: sessions at the command line, on
// real databases. Besides testscript's commands there are
//
//	exits CODE COMMAND…   run COMMAND, which has to end with CODE and to say no password
//	sql URL STATEMENTS    run STATEMENTS, print rows with | between
//	s3                    start an S3 server, name a store in it in $SAFEMIGRATE_STORE
//	pgdb                  make a PostgreSQL database, name it in $SAFEMIGRATE_DATABASE;
//	                      $WRONG_DATABASE and $WRONG_PASSWORD lead nowhere
//	mydb                  make a database on MariaDB, name it in $SAFEMIGRATE_DATABASE
//	holds NAME STATEMENT  run STATEMENT in a transaction that stays open, as application NAME
//	letgo NAME            end that transaction
//	damage DIR            change one byte of the largest file below DIR
//	samples ENGINE [N]    copy the first N of the shipped migrations to ./migrations
//
// With -update, cmp writes the expected files anew.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       flag.Lookup("update").Value.String() == "true",
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			// Any place of its own: nothing of the developer's machine is read.
			e.Values[testKey{}] = t
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("SAFEMIGRATE_DATABASE", "sqlite://app.db")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":   exits,
			"samples": samples,
			"damage":  damage,
			"holds":   holds,
			"letgo":   letgo,
			"s3":      startS3,
			"mydb":    func(ts *testscript.TestScript, _ bool, _ []string) { makeMyDatabase(t, ts) },
			"pgdb":    func(ts *testscript.TestScript, _ bool, _ []string) { makeDatabase(t, ts) },
		},
	})
}

func startS3(ts *testscript.TestScript, _ bool, _ []string) {
	address, buckets := testtools.S3(ts.Value(testKey{}).(*testing.T))
	ts.Check(os.Mkdir(filepath.Join(buckets, "backups"), 0o700))
	ts.Setenv("AWS_ACCESS_KEY_ID", testtools.S3AccessKey)
	ts.Setenv("AWS_SECRET_ACCESS_KEY", testtools.S3SecretKey)
	ts.Setenv("SAFEMIGRATE_STORE", "s3://backups/shop?endpoint=http://"+address)
}

// testKey is under which a script finds the test that it belongs to.
type testKey struct{}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	default:
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
	password := ts.Getenv("PASSWORD")
	for _, stream := range []string{"stdout", "stderr"} {
		if password != "" && strings.Contains(ts.ReadFile(stream), password) {
			ts.Fatalf("the password is on %s", stream)
		}
	}
}

func samples(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) == 0 || len(args) > 2 {
		ts.Fatalf("usage: samples ENGINE [N]")
	}
	limit := "999999"
	if len(args) == 2 {
		limit = strings.Repeat("0", 6-len(args[1])) + args[1]
	}
	source := os.DirFS(filepath.Join("..", "..", "migrations", args[0]))
	names, err := fs.Glob(source, "*.up.sql")
	ts.Check(err)
	ts.Check(os.MkdirAll(ts.MkAbs("migrations"), 0o755))
	for _, name := range names {
		if name[:6] > limit {
			continue
		}
		text, err := fs.ReadFile(source, name)
		ts.Check(err)
		ts.Check(os.WriteFile(ts.MkAbs(filepath.Join("migrations", name)), text, 0o644))
	}
}

func damage(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: damage DIR")
	}
	var largest string
	var length int64
	ts.Check(filepath.WalkDir(ts.MkAbs(args[0]), func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		info, err := e.Info()
		if err == nil && info.Size() > length {
			largest, length = path, info.Size()
		}
		return err
	}))
	content, err := os.ReadFile(largest)
	ts.Check(err)
	content[length/2] ^= 1
	ts.Check(os.Chmod(largest, 0o600))
	ts.Check(os.WriteFile(largest, content, 0o600))
}

// holds opens a transaction in a session of its own, ended with the script.
func holds(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: holds NAME STATEMENT")
	}
	open := holdPostgres
	if strings.HasPrefix(ts.Getenv("SAFEMIGRATE_DATABASE"), "mysql") {
		open = holdMySQL
	}
	end, err := open(ts.Getenv("SAFEMIGRATE_DATABASE"), args[0], "BEGIN; "+args[1])
	ts.Check(err)
	ts.Defer(func() { _ = end() })
	held.Store(ts.Getenv("SAFEMIGRATE_DATABASE")+args[0], end)
}

func holdPostgres(url, name, statements string) (end func() error, err error) {
	ctx := context.Background()
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	config.RuntimeParams["application_name"] = name
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	_, err = conn.PgConn().Exec(ctx, statements).ReadAll()
	return func() error { return conn.Close(ctx) }, err
}

func holdMySQL(url, _, statements string) (end func() error, err error) {
	db, err := sql.Open("mysql", driverForm(url))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	_, err = db.ExecContext(context.Background(), statements)
	return db.Close, err
}

// held are the ends of the sessions of holds.
var held sync.Map

func letgo(ts *testscript.TestScript, _ bool, args []string) {
	end, ok := held.Load(ts.Getenv("SAFEMIGRATE_DATABASE") + args[0])
	if !ok {
		ts.Fatalf("nobody is called %s", args[0])
	}
	ts.Check(end.(func() error)())
}

func makeMyDatabase(t *testing.T, ts *testscript.TestScript) {
	t.Helper()
	d := testmy.Start(t).Database(t)
	ts.Setenv("SAFEMIGRATE_DATABASE", d.URL)
	ts.Setenv("PASSWORD", d.Password)
}

func makeDatabase(t *testing.T, ts *testscript.TestScript) {
	t.Helper()
	d := testpg.Start(t).Database(t)
	ts.Setenv("SAFEMIGRATE_DATABASE", d.URL)
	ts.Setenv("PASSWORD", d.Password)
	ts.Setenv("WRONG_DATABASE", strings.Replace(d.URL, "/"+d.Name, "/nowhere", 1))
	ts.Setenv("WRONG_PASSWORD", strings.Replace(d.URL, d.Password, "wr0ng", 1))
}
