//go:build unix

package testpg_test

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/internal/testpg"
)

// victimVariable makes this test program the one that is killed.
const victimVariable = "SAFEMIGRATE_TESTPG_VICTIM"

func TestMain(m *testing.M) { testpg.Main(m) }

func TestDatabaseIsOwnedByAnOrdinaryRole(t *testing.T) {
	t.Parallel()
	d := testpg.Start(t).Database(t)
	conn := d.Connect(t)
	var role string
	var super, createDB, createRole bool
	err := conn.QueryRow(t.Context(),
		"SELECT rolname, rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user").
		Scan(&role, &super, &createDB, &createRole)
	if err != nil {
		t.Fatal(err)
	}
	if role != d.Role || super || createDB || createRole {
		t.Errorf("role %s (superuser %t, createdb %t, createrole %t), want plain %s", role, super, createDB, createRole, d.Role)
	}
	d.Exec(t, "CREATE TABLE public.t (id int); CREATE SCHEMA own")
}

func TestPasswordIsRequired(t *testing.T) {
	t.Parallel()
	d := testpg.Start(t).Database(t)
	command := exec.Command(d.Server.Program(t, "pg_dump"), strings.Replace(d.URL, d.Password, "wrong", 1))
	if out, err := command.CombinedOutput(); err == nil || !strings.Contains(string(out), "password authentication failed") {
		t.Errorf("a wrong password: %v, %s", err, out)
	}
}

func TestDumpTellsSchemasApart(t *testing.T) {
	t.Parallel()
	d := testpg.Start(t).Database(t)
	d.Exec(t, `CREATE TABLE t (id int PRIMARY KEY);
		CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$
		-- a comment of the user's
		SELECT 1 $$;
		CREATE SCHEMA safemigrate; CREATE TABLE safemigrate.ledger (id int)`)
	before := d.Dump(t)
	if !strings.Contains(before, "-- a comment of the user's") {
		t.Error("a comment inside a function body was left out")
	}
	for _, noise := range []string{"safemigrate", "restrict ", "Dumped"} {
		if strings.Contains(before, noise) {
			t.Errorf("%q is in the dump:\n%s", noise, before)
		}
	}
	d.Exec(t, "ALTER TABLE t ADD COLUMN a text; ALTER TABLE t DROP COLUMN a")
	if again := d.Dump(t); again != before {
		t.Errorf("the schema is as before, the dump is not:\n%s", again)
	}
	d.Exec(t, "COMMENT ON COLUMN t.id IS 'x'")
	if d.Dump(t) == before {
		t.Error("a comment more, and the dump did not change")
	}
	if dump := d.Dump(t, "public.t"); strings.Contains(dump, "public.t ") {
		t.Errorf("option without effect:\n%s", dump)
	}
}

func TestRowsAndSequences(t *testing.T) {
	t.Parallel()
	d := testpg.Start(t).Database(t)
	d.Exec(t, `CREATE TABLE "Odd ""name" (b text, a int GENERATED ALWAYS AS IDENTITY);
		INSERT INTO "Odd ""name" (b) VALUES ('z'), (E'tab\there'), (NULL);
		CREATE TABLE p (k int) PARTITION BY LIST (k); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1); INSERT INTO p VALUES (1);
		CREATE TABLE nothing (); CREATE SEQUENCE "50%s"; CREATE SEQUENCE next INCREMENT -2 MINVALUE -9; SELECT setval('next', -3, false);
		CREATE MATERIALIZED VIEW m AS SELECT 7 AS seven; CREATE MATERIALIZED VIEW n AS SELECT 8 AS eight WITH NO DATA;
		CREATE SCHEMA safemigrate; CREATE TABLE safemigrate.ledger (id int)`)
	want := "public.Odd \"name (b, a)\n\t\\N\t3\n\ttab\\there\t2\n\tz\t1\n" +
		"public.m (seven)\n\t7\npublic.n (eight)\n\tnot populated\npublic.nothing ()\npublic.p1 (k)\n\t1\n"
	if got := d.Rows(t); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := d.Rows(t, "public.p1"); strings.Contains(got, "p1") {
		t.Errorf("public.p1 was not left out:\n%s", got)
	}
	if got, want := d.Sequences(t), "sequence public.50%s 1 not called 1\nsequence public.Odd \"name_a_seq 3 1\nsequence public.next -3 not called -2"; got != want {
		t.Errorf("sequences %q, want %q", got, want)
	}
}

func TestCrashAndRestart(t *testing.T) {
	t.Parallel()
	s := testpg.New(t, map[string]string{"work_mem": "5MB"})
	d := s.Database(t)
	d.Exec(t, "CREATE TABLE t (id int); INSERT INTO t VALUES (1); CREATE TABLE setting AS SELECT current_setting('work_mem') AS work_mem")
	before := d.Rows(t)
	if !strings.Contains(before, "5MB") {
		t.Errorf("setting not in force:\n%s", before)
	}
	for _, immediately := range []bool{true, false} {
		s.Stop(t, immediately)
		s.Restart(t)
		if after := d.Rows(t); after != before {
			t.Errorf("after a stop (immediately %t):\n%s\nwant\n%s", immediately, after, before)
		}
	}
}

// TestServerDiesWithTheTests kills a test process and waits for its server to be gone.
func TestServerDiesWithTheTests(t *testing.T) {
	t.Parallel()
	victim := exec.Command(os.Args[0], "-test.run=^TestVictim$", "-test.v")
	victim.Env = append(os.Environ(), victimVariable+"=1")
	output, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	var place string
	for lines := bufio.NewScanner(output); place == "" && lines.Scan(); {
		_, place, _ = strings.Cut(lines.Text(), "ready: ")
	}
	if err := victim.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = victim.Wait() // it was killed
	if place == "" {
		t.Fatal("the victim did not start a server")
	}
	dir, postmaster, _ := strings.Cut(place, " ")
	pid, err := strconv.Atoi(postmaster)
	if err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(time.Minute)
	for {
		_, dirErr := os.Stat(dir)
		processErr := syscall.Kill(pid, 0)
		if os.IsNotExist(dirErr) && errors.Is(processErr, syscall.ESRCH) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("directory %s: %v, process %d: %v", dir, dirErr, pid, processErr)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// TestVictim does nothing, unless this process is the one to be killed.
func TestVictim(t *testing.T) {
	t.Parallel()
	if os.Getenv(victimVariable) == "" {
		return
	}
	testpg.Start(t)
	dir, pid := postmasterOf(t, testpg.New(t, nil).Database(t))
	if _, err := os.Stdout.WriteString("ready: " + dir + " " + pid + "\n"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Minute)
}

// postmasterOf reads the server's directory and process id.
func postmasterOf(t *testing.T, d *testpg.Database) (dir, pid string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), d.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	err = conn.QueryRow(t.Context(), "SELECT current_setting('unix_socket_directories'), "+
		"split_part(pg_read_file('postmaster.pid'), E'\\n', 1)").Scan(&dir, &pid)
	if err != nil {
		t.Fatal(err)
	}
	return dir, pid
}
