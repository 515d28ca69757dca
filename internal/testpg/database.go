//go:build unix

package testpg

import (
	"context"
	"crypto/rand"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Database is an empty database for one test.
type Database struct {
	URL      string // as the owner, over TCP, without TLS
	AdminURL string // the same database as superuser
	Name     string
	Role     string // the owner: may log in, and has no other privilege
	Password string // of the owner
	Server   *Server

	observer *observer
}

// Database makes a database, and a role of its own that owns it. Both are dropped
// when the test ends, whoever is still connected.
func (s *Server) Database(tb testing.TB) *Database {
	tb.Helper()
	d, err := s.create()
	if err != nil {
		tb.Fatalf("making a database: %v", err)
	}
	tb.Cleanup(func() {
		if !s.running {
			return
		}
		if err := s.admin("DROP DATABASE IF EXISTS "+d.Name+" WITH (FORCE)", "DROP ROLE "+d.Role); err != nil {
			tb.Errorf("dropping database %s: %v", d.Name, err)
		}
	})
	return d
}

func (s *Server) create() (*Database, error) {
	suffix := strings.ToLower(rand.Text()[:12])
	d := &Database{Name: "db_" + suffix, Role: "role_" + suffix, Password: rand.Text(), Server: s}
	d.URL = s.url(d.Role, d.Password, d.Name)
	d.AdminURL = s.url(superuser, s.password, d.Name)
	return d, s.asSuperuser(func(ctx context.Context, conn *pgx.Conn) error {
		return runEach(ctx, conn, []string{
			"CREATE ROLE " + d.Role + " LOGIN PASSWORD '" + d.Password + "'",
			"CREATE DATABASE " + d.Name + " OWNER " + d.Role + " TEMPLATE template0" + copying(conn),
		})
	})
}

// copying has the server copy the template's files, as all versions did up to 14;
// newer ones write every page to the write-ahead log, which takes several times as long.
func copying(conn *pgx.Conn) string {
	if strings.HasPrefix(conn.PgConn().ParameterStatus("server_version"), "14.") {
		return ""
	}
	return " STRATEGY file_copy"
}

// observer is a session that looks at a database again and again.
type observer struct {
	mu   sync.Mutex
	conn *pgx.Conn
}

// Observe opens a session as superuser in which Census, Rows and Sequences look at the
// database from now on, instead of one for each look: planning the census takes
// longer than reading it. It is no use where the server is stopped, or where another
// session in the database would be in the way.
func (d *Database) Observe(tb testing.TB) {
	tb.Helper()
	d.observer = &observer{conn: connect(tb, d.AdminURL)}
}

// look lends a session as superuser.
func (d *Database) look(tb testing.TB, f func(context.Context, *pgx.Conn) error) error {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), adminTimeout)
	defer cancel()
	if d.observer != nil {
		d.observer.mu.Lock()
		defer d.observer.mu.Unlock()
		return f(ctx, d.observer.conn)
	}
	conn := connect(tb, d.AdminURL)
	defer conn.Close(ctx)
	return f(ctx, conn)
}

// Connect opens a session as the owner, closed when the test ends.
func (d *Database) Connect(tb testing.TB) *pgx.Conn {
	tb.Helper()
	return connect(tb, d.URL)
}

// Exec runs SQL, one statement or several, as the owner.
func (d *Database) Exec(tb testing.TB, sql string) {
	tb.Helper()
	run(tb, d.URL, sql)
}

// AdminExec runs SQL, one statement or several, as superuser.
func (d *Database) AdminExec(tb testing.TB, sql string) {
	tb.Helper()
	run(tb, d.AdminURL, sql)
}

func run(tb testing.TB, url, sql string) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), adminTimeout)
	defer cancel()
	conn := connect(tb, url)
	defer conn.Close(ctx)
	if _, err := conn.PgConn().Exec(ctx, sql).ReadAll(); err != nil {
		tb.Fatalf("running %.200q: %v", sql, err)
	}
}

func connect(tb testing.TB, url string) *pgx.Conn {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), adminTimeout)
	defer cancel()
	config, err := pgx.ParseConfig(url)
	if err != nil {
		tb.Fatalf("connecting: %v", err)
	}
	// A test holds on to what it cleaned up; so many tests need small sessions.
	config.StatementCacheCapacity = 32
	config.DescriptionCacheCapacity = 0
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		tb.Fatalf("connecting: %v", err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), adminTimeout)
		defer cancel()
		_ = conn.Close(ctx) // closing a session that is gone is no failure
	})
	return conn
}
