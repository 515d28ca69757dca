//go:build unix

package testmy

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Database is an empty database for one test.
type Database struct {
	URL      string // as the user, over TCP, without TLS
	Name     string
	Role     string // has all privileges on the database, and no other
	Password string // of the user
	Server   *Server
}

// Database makes a database, and a user of its own that may do everything in
// it. Both are dropped when the test ends.
func (s *Server) Database(tb testing.TB) *Database {
	tb.Helper()
	suffix := strings.ToLower(rand.Text()[:12])
	d := &Database{Name: "db_" + suffix, Role: "u_" + suffix, Password: rand.Text(), Server: s}
	d.URL = fmt.Sprintf("mysql://%s:%s@tcp(127.0.0.1:%d)/%s", d.Role, d.Password, s.port, d.Name)
	err := s.admin("", "CREATE DATABASE "+d.Name+" CHARACTER SET utf8mb4",
		"CREATE USER "+d.Role+" IDENTIFIED BY '"+d.Password+"'",
		"GRANT ALL ON "+d.Name+".* TO "+d.Role)
	if err != nil {
		tb.Fatalf("making a database: %v", err)
	}
	tb.Cleanup(func() {
		if !s.running {
			return
		}
		if err := s.admin("", "DROP DATABASE IF EXISTS "+d.Name, "DROP USER "+d.Role); err != nil {
			tb.Errorf("dropping database %s: %v", d.Name, err)
		}
	})
	return d
}

// Connect opens a session as the user, closed when the test ends. It takes
// several statements in one text.
func (d *Database) Connect(tb testing.TB) *sql.Conn {
	tb.Helper()
	return connect(tb, d.Server.address(d.Role, d.Password, d.Name))
}

// Admin opens a session as root in the database, closed when the test ends.
func (d *Database) Admin(tb testing.TB) *sql.Conn {
	tb.Helper()
	return connect(tb, d.Server.address("root", "", d.Name))
}

// look opens a session as root for a moment.
func (d *Database) look(tb testing.TB) (*sql.Conn, func()) {
	tb.Helper()
	return dial(tb, d.Server.address("root", "", d.Name))
}

// AdminQuery runs a query as root and returns its rows, values joined by "|".
func (d *Database) AdminQuery(tb testing.TB, query string) []string {
	tb.Helper()
	conn, done := d.look(tb)
	defer done()
	rows, err := Query(conn, query)
	if err != nil {
		tb.Fatal(err)
	}
	return rows
}

// Sessions lists the user's sessions, what each runs at their end. A table of the
// server's has it, too, and fails on MySQL while a statement holds bytes.
func (d *Database) Sessions(tb testing.TB) []string {
	tb.Helper()
	var out []string
	for _, line := range d.AdminQuery(tb, "SHOW PROCESSLIST") {
		if strings.Contains(line, "|"+d.Role+"|") {
			out = append(out, line)
		}
	}
	return out
}

func connect(tb testing.TB, address string) *sql.Conn {
	tb.Helper()
	conn, done := dial(tb, address)
	tb.Cleanup(done)
	return conn
}

func dial(tb testing.TB, address string) (*sql.Conn, func()) {
	tb.Helper()
	db, err := sql.Open("mysql", address)
	if err != nil {
		tb.Fatalf("connecting: %v", err)
	}
	db.SetMaxOpenConns(1)
	ctx, cancel := context.WithTimeout(context.Background(), adminTimeout)
	defer cancel()
	conn, err := db.Conn(ctx)
	if err != nil {
		tb.Fatalf("connecting: %v", err)
	}
	return conn, func() { // closing what is gone is no failure
		_ = conn.Close()
		_ = db.Close()
	}
}

// Exec runs SQL, one statement or several, as the user.
func (d *Database) Exec(tb testing.TB, text string) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), adminTimeout)
	defer cancel()
	if err := runEach(ctx, d.Server.address(d.Role, d.Password, d.Name), []string{text}); err != nil {
		tb.Fatal(err)
	}
}

// AdminExec runs SQL, one statement or several, as root.
func (d *Database) AdminExec(tb testing.TB, text string) {
	tb.Helper()
	if err := d.Server.admin(d.Name, text); err != nil {
		tb.Fatal(err)
	}
}

// Dump is the text that mariadb-dump, or MySQL's mysqldump, has of the schema, without what differs from one
// moment to the next and without safemigrate's own tables. Whatever a table's
// AUTO_INCREMENT stands at is part of it, and so is what the program says of a view that has
// lost what it shows.
func (d *Database) Dump(tb testing.TB) string {
	tb.Helper()
	program, err := dumper()
	if err != nil {
		tb.Fatal(err)
	}
	arguments := []string{"--no-defaults", "--user=root", "--socket=" + d.Server.Socket(),
		"--no-data", "--routines", "--triggers", "--events", "--skip-dump-date", "--skip-add-locks", "--skip-lock-tables", "--force"}
	for _, table := range d.ours(tb) {
		arguments = append(arguments, "--ignore-table="+d.Name+"."+table)
	}
	if Tested() == MySQL { // neither the server's positions nor its statistics are the schema's
		arguments = append(arguments, "--set-gtid-purged=OFF", "--column-statistics=0")
	}
	var out, said strings.Builder
	c := exec.Command(program, append(arguments, d.Name)...)
	c.Stdout, c.Stderr = &out, &said
	if err := c.Run(); err != nil && !onlyViews(said.String()) {
		tb.Fatalf("%s: %v\n%s", filepath.Base(program), err, said.String())
	}
	return out.String() + said.String()
}

// onlyViews reports whether all that a program complains of are views that have lost what they
// show, or show themselves by now.
func onlyViews(said string) bool {
	for line := range strings.Lines(said) {
		if !strings.Contains(line, "references invalid table(s) or column(s) or function(s)") && !strings.Contains(line, "contains view recursion") {
			return false
		}
	}
	return said != ""
}

func (d *Database) ours(tb testing.TB) []string {
	tb.Helper()
	return d.AdminQuery(tb, `SELECT table_name FROM information_schema.tables WHERE table_schema = database() AND left(table_name, 12) = 'safemigrate_'`)
}

var autoIncrement = regexp.MustCompile(` AUTO_INCREMENT=\d+`)

// WithoutCounters takes the AUTO_INCREMENT values out of a dump.
func WithoutCounters(dump string) string { return autoIncrement.ReplaceAllString(dump, "") }
