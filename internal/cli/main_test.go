package cli

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/internal/testpg"
)

func TestPanicIsAnError(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name     string
		changing bool
		want     int
		hint     string
	}{
		{"before anything", false, 1, "please report"},
		{"in the middle of a batch", true, 4, "safemigrate recover"},
	}
	for _, c := range cases {
		env := newTestEnv()
		p := newProgram(env.Env, []string{"version"})
		p.env.LookupEnv = func(string) (string, bool) { panic("boom") }
		p.changing.Store(c.changing)
		err := p.execute(t.Context())
		if code := p.end(err); code != c.want {
			t.Errorf("%s: exit code %d, want %d", c.name, code, c.want)
		}
		said := env.err.String()
		if !strings.Contains(said, "internal error: boom") || !strings.Contains(said, c.hint) || strings.Contains(said, "goroutine") {
			t.Errorf("%s: %s", c.name, said)
		}
		p.settings.verbose = true
		p.end(err)
		if !strings.Contains(env.err.String(), "goroutine") {
			t.Errorf("%s: --verbose does not show where it happened", c.name)
		}
	}
}

// failingWriter ends every write with err.
type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

func TestAnswersThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		err  error
		want int
		said string
	}{
		{"the reader has seen enough", syscall.EPIPE, 0, ""},
		{"full disk", syscall.ENOSPC, 1, "writing the answer: no space left on device"},
	}
	for _, c := range cases {
		env := newTestEnv()
		env.Stdout = failingWriter{c.err}
		if code := env.run("version"); code != c.want || !strings.Contains(env.err.String(), c.said) {
			t.Errorf("%s: exit code %d, %q", c.name, code, env.err.String())
		}
	}
	// What was done stays done: the exit code tells of the database.
	env := newTestEnv()
	p := newProgram(env.Env, nil)
	if err := p.told(errors.New("writing the answer: full")); err != nil || !strings.Contains(env.err.String(), "the command itself was carried out") {
		t.Errorf("%v, %q", err, env.err.String())
	}
}

// watchedWriter passes on and looks for a text.
type watchedWriter struct {
	mu    sync.Mutex
	all   bytes.Buffer
	text  string
	found chan struct{}
}

func (w *watchedWriter) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all.Write(b)
	if w.text != "" && strings.Contains(w.all.String(), w.text) {
		w.text = ""
		close(w.found)
	}
	return len(b), nil
}

func (w *watchedWriter) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.all.String()
}

// TestSignals interrupts an up on PostgreSQL in the middle of its second file.
func TestSignals(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		slow    string
		signals []os.Signal
		want    int
		said    string
	}{
		{"one stops and restores", "SELECT pg_sleep(300);", []os.Signal{syscall.SIGINT}, 3, "the database is back at version none"},
		// Its statement goes on for a while, or it could be over before the second signal is read.
		{"two stop at once", "DO $$ BEGIN PERFORM pg_sleep(300); EXCEPTION WHEN query_canceled THEN PERFORM pg_sleep(2); END $$;",
			[]os.Signal{syscall.SIGTERM, syscall.SIGTERM}, 4, "hint: safemigrate recover"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := testpg.Start(t).Database(t)
			dir := t.TempDir()
			writeMigration(t, dir, "1_notes.up.sql", "CREATE TABLE notes (id int);")
			writeMigration(t, dir, "2_slow.up.sql", c.slow)
			signals := make(chan os.Signal, 2)
			env := newTestEnv("SAFEMIGRATE_DATABASE="+d.URL, "SAFEMIGRATE_SOURCE="+dir)
			log := &watchedWriter{}
			env.Stderr, env.Signals = log, signals
			watch := d.Connect(t)
			go func() {
				untilSleeping(t, watch)
				for _, s := range c.signals {
					signals <- s
				}
			}()
			started := time.Now()
			code := env.run("up")
			if code != c.want || !strings.Contains(log.String(), c.said) || !strings.Contains(log.String(), "again to stop at once") {
				t.Errorf("exit code %d, want %d:\n%s", code, c.want, log.String())
			}
			if waited := time.Since(started); waited > 2*time.Minute {
				t.Errorf("it took %s", waited)
			}
			after := newTestEnv("SAFEMIGRATE_DATABASE="+d.URL, "SAFEMIGRATE_SOURCE="+dir)
			if code := after.run("recover"); code != 0 {
				t.Errorf("recover: exit code %d\n%s", code, after.err.String())
			}
			if strings.Contains(d.Dump(t), "notes") {
				t.Error("something of the batch is left")
			}
		})
	}
}

// untilSleeping waits until the slow file of an up runs.
func untilSleeping(t *testing.T, watch *pgx.Conn) {
	t.Helper()
	for asleep := false; !asleep; time.Sleep(10 * time.Millisecond) {
		err := watch.QueryRow(t.Context(), `SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database()
			AND pid <> pg_backend_pid() AND state = 'active' AND query LIKE '%pg_sleep(300)%'`).Scan(&asleep)
		switch {
		case t.Context().Err() != nil:
			return // up has ended by itself, which is judged elsewhere
		case err != nil:
			t.Errorf("looking for the slow file: %v", err)
			return
		}
	}
}

// TestLocked runs an up while another one is at work.
func TestLocked(t *testing.T) {
	t.Parallel()
	d := testpg.Start(t).Database(t)
	dir := t.TempDir()
	writeMigration(t, dir, "1_notes.up.sql", "CREATE TABLE notes (id int);")
	writeMigration(t, dir, "2_slow.up.sql", "SELECT pg_sleep(300);")
	variables := []string{"SAFEMIGRATE_DATABASE=" + d.URL, "SAFEMIGRATE_SOURCE=" + dir}
	signals := make(chan os.Signal, 1)
	first := newTestEnv(variables...)
	log := &watchedWriter{text: "1 notes, ", found: make(chan struct{})}
	first.Stderr, first.Signals = log, signals
	ended := make(chan int)
	go func() { ended <- first.run("up") }()
	<-log.found
	second := newTestEnv(variables...)
	if code := second.run("up", "--lock-timeout", "300ms"); code != 5 || !strings.Contains(second.err.String(), `held by "safemigrate up pid `) ||
		!strings.Contains(second.err.String(), "state: the database was not changed") {
		t.Errorf("exit code %d\n%s", code, second.err.String())
	}
	signals <- syscall.SIGINT
	if code := <-ended; code != 3 {
		t.Errorf("the first one: exit code %d\n%s", code, log.String())
	}
}

func writeMigration(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(dir+"/"+name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestRollbackAsks answers the question at a terminal, with a real database.
func TestRollbackAsks(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, answer string
		want         int
		rows         string
	}{
		{"yes", "y\n", 0, "version 1"},
		{"no", "n\n", 7, "still at version 2"},
		{"nothing", "\n", 7, "still at version 2"},
		{"end of input", "", 7, "still at version 2"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := testpg.Start(t).Database(t)
			dir := t.TempDir()
			variables := []string{"SAFEMIGRATE_DATABASE=" + d.URL, "SAFEMIGRATE_SOURCE=" + dir}
			writeMigration(t, dir, "1_notes.up.sql", "CREATE TABLE notes (id int, body text, title text);")
			if code := newTestEnv(variables...).run("up"); code != 0 {
				t.Fatalf("up: exit code %d", code)
			}
			writeMigration(t, dir, "2_drop.up.sql", "ALTER TABLE notes DROP COLUMN body;")
			if code := newTestEnv(variables...).run("up"); code != 0 {
				t.Fatalf("up: exit code %d", code)
			}
			d.Exec(t, "INSERT INTO notes VALUES (1, 'later'), (2, 'even later')")
			env := newTestEnv(variables...)
			env.Stdin, env.Terminals = strings.NewReader(c.answer), Terminals{Stdin: true, Stderr: true}
			code := env.run("rollback")
			said := env.err.String() + env.out.String()
			if code != c.want || !strings.Contains(said, "take these 2 rows out (they are kept in the quarantine)? [y/N]") || !strings.Contains(said, c.rows) {
				t.Errorf("exit code %d, want %d:\n%s", code, c.want, said)
			}
		})
	}
}
