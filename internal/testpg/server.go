//go:build unix

package testpg

import (
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/internal/testserver"
)

//go:embed supervisor.sh
var supervisorScript string

const (
	superuser    = "postgres"
	adminTimeout = 5 * time.Minute
)

// Server is one private PostgreSQL server.
type Server struct {
	binDir   string
	port     int
	password string
	keeper   *testserver.Supervisor
	running  bool

	said sync.Once // that pg_dump is too old
}

// New starts a server for one test alone, for tests that stop it or need settings
// of their own (postgresql.conf names and values). It ends with the test.
// Each server has its own system identifier.
func New(tb testing.TB, settings map[string]string) *Server {
	tb.Helper()
	s, err := launch(settings)
	if err != nil {
		tb.Fatalf("starting PostgreSQL: %v", err)
	}
	tb.Cleanup(func() {
		if err := s.close(); err != nil {
			tb.Errorf("stopping PostgreSQL: %v", err)
		}
	})
	return s
}

// BinDir returns the directory of the server's programs.
func (s *Server) BinDir() string { return s.binDir }

// Program returns the path of a PostgreSQL program, such as psql or pg_restore, that
// fits the server.
func (s *Server) Program(tb testing.TB, name string) string {
	tb.Helper()
	path, err := findProgram(s.binDir, name)
	if err != nil {
		tb.Fatal(err)
	}
	return path
}

// Port returns the TCP port on 127.0.0.1. It survives a restart.
func (s *Server) Port() int { return s.port }

// Stop ends the server. Immediately means as in a crash: without a checkpoint,
// so that the next start recovers from the write-ahead log.
func (s *Server) Stop(tb testing.TB, immediately bool) {
	tb.Helper()
	mode := "fast"
	if immediately {
		mode = "immediate"
	}
	if err := s.keeper.Do("stop " + mode); err != nil {
		tb.Fatalf("stopping PostgreSQL: %v", err)
	}
	s.running = false
}

// Restart starts a stopped server again, on the same port and data, and returns
// when it accepts connections.
func (s *Server) Restart(tb testing.TB) {
	tb.Helper()
	if err := s.keeper.Do("start"); err != nil {
		tb.Fatalf("restarting PostgreSQL: %v", err)
	}
	s.running = true
}

// RestartLimited is Restart on what is to the server a disk that is full as soon
// as one of its files has grown over so many bytes, a multiple of 512. Files that
// are larger already can be read.
func (s *Server) RestartLimited(tb testing.TB, most int64) {
	tb.Helper()
	const block = 512
	if err := s.keeper.Do("limited " + strconv.FormatInt(most/block, 10)); err != nil {
		tb.Fatalf("restarting PostgreSQL: %v", err)
	}
	s.running = true
}

func launch(settings map[string]string) (*Server, error) {
	binDir, err := findBinDir()
	if err != nil {
		return nil, err
	}
	account, err := testserver.Account("postgres")
	if err != nil {
		return nil, err
	}
	dir, err := testserver.PrivateDir("safemigrate-pg-", account)
	if err != nil {
		return nil, err
	}
	s := &Server{binDir: binDir, password: rand.Text()}
	if err := writePrivate(filepath.Join(dir, "password"), s.password, account); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	s.keeper, err = testserver.Start(supervisorScript, binDir, dir, account)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := s.boot(settings); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// boot starts the server on a free port.
func (s *Server) boot(settings map[string]string) error {
	err := s.keeper.Boot("init", func(port int) error {
		s.port = port
		return s.configure(settings)
	})
	s.running = err == nil
	return err
}

// configure writes the settings. Without fsync a power cut loses data, which nobody
// misses in a test. A crash of the server alone must lose nothing, so commits are
// written before they are reported (synchronous_commit stays on). What initdb found
// out about the machine stays; of two settings the last one counts.
func (s *Server) configure(settings map[string]string) error {
	all := map[string]string{
		"listen_addresses":        "127.0.0.1",
		"port":                    strconv.Itoa(s.port),
		"unix_socket_directories": s.keeper.Dir,
		"fsync":                   "off",
		"full_page_writes":        "off",
		"jit":                     "off", // large queries over small catalogs are not worth it
		"shared_buffers":          "16MB",
		"max_connections":         "100",
		"log_line_prefix":         "%m [%p] %u@%d ",
		"log_timezone":            "UTC",
		"timezone":                "UTC",
	}
	maps.Copy(all, settings)
	var conf strings.Builder
	for _, name := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&conf, "%s = '%s'\n", name, strings.ReplaceAll(all[name], "'", "''"))
	}
	file, err := os.OpenFile(filepath.Join(s.keeper.Dir, "data", "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("configuring the server: %w", err)
	}
	_, err = file.WriteString(conf.String())
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("configuring the server: %w", err)
	}
	return nil
}

func (s *Server) close() error {
	s.running = false
	return s.keeper.Finish()
}

// url names a database of this server for a role.
func (s *Server) url(role, password, database string) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(role, password),
		Host:     net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)),
		Path:     "/" + database,
		RawQuery: "sslmode=disable",
	}
	return u.String()
}

// admin runs statements as superuser, each by itself, in the maintenance database.
func (s *Server) admin(statements ...string) error {
	return s.asSuperuser(func(ctx context.Context, conn *pgx.Conn) error { return runEach(ctx, conn, statements) })
}

// asSuperuser calls f with a session in the maintenance database.
func (s *Server) asSuperuser(f func(context.Context, *pgx.Conn) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), adminTimeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.url(superuser, s.password, "postgres"))
	if err != nil {
		return fmt.Errorf("connecting as superuser: %w", err)
	}
	defer conn.Close(ctx)
	return f(ctx, conn)
}

func runEach(ctx context.Context, conn *pgx.Conn, statements []string) error {
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("as superuser: %w", err)
		}
	}
	return nil
}

func writePrivate(path, text string, account *syscall.Credential) error {
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return fmt.Errorf("writing %s: %w", filepath.Base(path), err)
	}
	if account == nil {
		return nil
	}
	if err := os.Chown(path, int(account.Uid), int(account.Gid)); err != nil {
		return fmt.Errorf("handing over %s: %w", filepath.Base(path), err)
	}
	return nil
}
