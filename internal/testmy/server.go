//go:build unix

package testmy

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/safemigrate/safemigrate/internal/testserver"
)

//go:embed supervisor.sh
var supervisorScript string

// adminTimeout is what is patient enough for any text of a test's on a busy machine.
const adminTimeout = 5 * time.Minute

// Server is one private MariaDB or MySQL server.
type Server struct {
	port    int
	keeper  *testserver.Supervisor
	running bool
}

// New starts a server for one test alone, for tests that stop it or need options
// of their own (names and values as on the server's command line). It ends with
// the test.
func New(tb testing.TB, options map[string]string) *Server {
	tb.Helper()
	return own(tb, options, nil)
}

// own starts a server for one test alone; certificate is nil where it has none.
func own(tb testing.TB, options map[string]string, certificate *Certificate) *Server {
	tb.Helper()
	s, err := launch(options, certificate)
	if err != nil {
		tb.Fatalf("starting %s: %v", Tested(), err)
	}
	tb.Cleanup(func() {
		if err := s.close(); err != nil {
			tb.Errorf("stopping %s: %v", Tested(), err)
		}
	})
	return s
}

// Port returns the TCP port on 127.0.0.1. It survives a restart.
func (s *Server) Port() int { return s.port }

// Socket returns the path of the socket.
func (s *Server) Socket() string { return filepath.Join(s.keeper.Dir, "socket") }

// Stop ends the server; immediately means as in a crash, by SIGKILL.
func (s *Server) Stop(tb testing.TB, immediately bool) {
	tb.Helper()
	signal := "TERM"
	if immediately {
		signal = "KILL"
	}
	if err := s.keeper.Do("stop " + signal); err != nil {
		tb.Fatalf("stopping %s: %v", Tested(), err)
	}
	s.running = false
}

// Restart starts a stopped server again, on the same port and data, and returns
// when it accepts connections.
func (s *Server) Restart(tb testing.TB) {
	tb.Helper()
	if err := s.keeper.Do("start"); err != nil {
		tb.Fatalf("restarting %s: %v", Tested(), err)
	}
	s.running = true
}

func launch(options map[string]string, certificate *Certificate) (*Server, error) {
	program, err := findServer()
	if err != nil {
		return nil, err
	}
	account, err := testserver.Account("mysql")
	if err != nil {
		return nil, err
	}
	made := "init " + string(Tested())
	if value, ok := options["lower-case-table-names"]; ok && Tested() == MySQL { // for its whole life
		made += " --lower-case-table-names=" + value
	}
	template, err := templates.get(made, program, account)
	if err != nil {
		return nil, err
	}
	s := &Server{}
	if s.keeper, err = keep(program, account); err != nil {
		return nil, err
	}
	if certificate != nil {
		options, err = certificate.install(s.keeper.Dir, options)
	}
	if err == nil {
		err = s.boot(template, options)
	}
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// keep starts the keeper of one server's directory.
func keep(program string, account *syscall.Credential) (*testserver.Supervisor, error) {
	dir, err := testserver.PrivateDir("safemigrate-my-", account)
	if err != nil {
		return nil, err
	}
	keeper, err := testserver.Start(supervisorScript, program, dir, account)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return keeper, nil
}

// boot starts the server on a copy of a template and on a free port.
func (s *Server) boot(template *testserver.Supervisor, options map[string]string) error {
	err := s.keeper.Boot("copy "+template.Dir, func(port int) error {
		s.port = port
		return s.configure(options)
	})
	s.running = err == nil
	return err
}

// productOptions are those that only one product has, or that it needs to be as
// small as the other.
var productOptions = map[Product]map[string]string{
	// MariaDB makes a certificate for itself from 11.4 on.
	MariaDB: {"innodb-log-file-size": "24M", "sync-frm": "OFF", "performance-schema": "OFF", "ssl": "OFF"},
	// MySQL writes a binary log unless it is told not to, listens on one more port, and
	// wants a directory for files that only its package makes.
	MySQL: {"innodb-redo-log-capacity": "48M", "disable-log-bin": "1", "mysqlx": "OFF", "secure-file-priv": ""},
}

// configure writes the options. A commit reaches the operating system before it
// is reported, so that a crash of the server alone loses nothing; a power cut
// would, which nobody misses in a test.
func (s *Server) configure(options map[string]string) error {
	all := map[string]string{
		"datadir":                        filepath.Join(s.keeper.Dir, "data"),
		"socket":                         s.Socket(),
		"port":                           strconv.Itoa(s.port),
		"bind-address":                   "127.0.0.1",
		"pid-file":                       filepath.Join(s.keeper.Dir, "pid"),
		"tmpdir":                         s.keeper.Dir,
		"skip-name-resolve":              "1",
		"innodb-flush-log-at-trx-commit": "2",
		"innodb-flush-method":            "nosync",
		"innodb-buffer-pool-size":        "48M",
		"max-connections":                "500",
		"innodb-stats-persistent":        "OFF",
		"default-time-zone":              "+00:00",
	}
	maps.Copy(all, productOptions[Tested()])
	maps.Copy(all, options)
	var lines strings.Builder
	for _, name := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&lines, "--%s=%s\n", name, all[name])
	}
	if err := os.WriteFile(filepath.Join(s.keeper.Dir, "options"), []byte(lines.String()), 0o644); err != nil {
		return fmt.Errorf("configuring the server: %w", err)
	}
	return nil
}

func (s *Server) close() error {
	s.running = false
	return s.keeper.Finish()
}

// address names a database of this server for a user, in the driver's form.
func (s *Server) address(user, password, database string) string {
	c := mysql.NewConfig()
	c.User, c.Passwd, c.DBName = user, password, database
	c.Net, c.Addr = "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port))
	if user == "root" {
		c.Net, c.Addr = "unix", s.Socket()
	}
	c.MultiStatements = true
	return c.FormatDSN()
}

// admin runs statements as root, each by itself.
func (s *Server) admin(database string, statements ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), adminTimeout)
	defer cancel()
	return runEach(ctx, s.address("root", "", database), statements)
}

func runEach(ctx context.Context, address string, statements []string) error {
	db, err := sql.Open("mysql", address)
	if err != nil {
		return fmt.Errorf("connecting: %w", err)
	}
	defer db.Close()
	for _, statement := range statements {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("running %.200q: %w", statement, err)
		}
	}
	return nil
}
