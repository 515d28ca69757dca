package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/safemigrate/safemigrate/internal/client"
	"github.com/safemigrate/safemigrate/internal/sqltext"
	"github.com/safemigrate/safemigrate/migrate"
)

// Options say where and how to connect.
type Options struct {
	// Config is the driver's; it holds the password.
	Config    *mysql.Config
	Operation string // "up", "rollback", …
	// LockTimeout is how long a statement waits for a lock at most.
	LockTimeout time.Duration
	// StatementTimeout ends a statement of a migration; 0: none.
	StatementTimeout time.Duration
	Notice           func(text string)
}

// DB is one run on one database.
type DB struct {
	options       Options
	pool          *sql.DB
	ownPool       *sql.DB  // of own, which can send several statements at once
	ledger        *session // journal, histories, catalogs
	own           *session // copies and ways back
	app           *session // the migrations' statements; nil until the first
	gone          int64    // an application's session that was given up and may still work
	inTransaction bool     // the ledger's
	locks         []string
	defaults      map[string]string // the application's session as it was opened
	name          string            // of the database
	server        server
	user          string        // as the server knows it, "user@host"
	batch         *batch        // the snapshot under way
	rules         sqltext.Rules // by which the application's session reads a text
}

// server is what answered.
type server struct {
	version string // as it says of itself
	maria   bool
	number  int   // 1011 for 10.11
	started int64 // seconds since 1970, as far as its clock tells
}

const (
	oldestMariaDB = 1006
	oldestMySQL   = 800
	// idle is how long a session may be silent while another one works.
	idle = 7 * 24 * time.Hour
)

// Open connects, and refuses what safemigrate cannot work on.
func Open(ctx context.Context, o Options) (*DB, error) {
	c := o.Config.Clone()
	c.InterpolateParams, c.MultiStatements, c.ParseTime = true, false, false
	c.Logger = &mysql.NopLogger{} // it would write to stderr what the error says
	c.MaxAllowedPacket = 0        // ask the server: what is longer fails here, and the connection stays
	c.ConnectionAttributes = attributes(c.ConnectionAttributes, client.Name(o.Operation))
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return nil, fmt.Errorf("read the database URL: %w", err)
	}
	several := c.Clone()
	several.MultiStatements = true
	ownConnector, err := mysql.NewConnector(several)
	if err != nil {
		return nil, fmt.Errorf("read the database URL: %w", err)
	}
	d := &DB{options: o, pool: sql.OpenDB(connector), ownPool: sql.OpenDB(ownConnector)}
	d.pool.SetMaxIdleConns(0)
	d.ownPool.SetMaxIdleConns(0)
	if err := d.start(ctx); err != nil {
		return nil, errors.Join(err, d.pool.Close(), d.ownPool.Close())
	}
	return d, nil
}

func (d *DB) start(ctx context.Context) (err error) {
	if d.ledger, err = d.connect(ctx, d.pool); err != nil {
		return err
	}
	if err := d.recognise(ctx); err != nil {
		return err
	}
	if err := d.logsRows(ctx); err != nil {
		return err
	}
	if err := d.settle(ctx, d.ledger, "STRICT_ALL_TABLES"); err != nil {
		return err
	}
	d.own, err = d.openOwn(ctx)
	return err
}

// openOwn opens the session that copies and takes back. Its sql_mode takes rows
// as they are: a zero stays a zero, an invalid date stays one.
func (d *DB) openOwn(ctx context.Context) (*session, error) {
	s, err := d.connect(ctx, d.ownPool)
	if err != nil {
		return nil, err
	}
	s.mark = markBegins + client.Name(d.options.Operation) + markEnds
	if err := d.settle(ctx, s, ownMode); err != nil {
		return nil, err
	}
	if err := d.lenient(ctx, s); err != nil {
		return nil, fmt.Errorf("prepare the session: %w", err)
	}
	return s, nil
}

const ownMode = "NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES"

func (d *DB) connect(ctx context.Context, pool *sql.DB) (*session, error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, connectFailure(d.options.Config, err)
	}
	s := &session{conn: conn}
	if s.id, err = s.number(ctx, "SELECT CONNECTION_ID()"); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return s, nil
}

var versionPattern = regexp.MustCompile(`^(?:5\.5\.5-)?(\d+)\.(\d+)\.(\d+)`)

// recognise asks the server what it is.
func (d *DB) recognise(ctx context.Context) error {
	rows, err := d.ledger.query(ctx, "SELECT @@version, coalesce(database(), ''), current_user(), @@sql_mode")
	if err != nil {
		return fmt.Errorf("ask the server for its version: %w", err)
	}
	d.server.version, d.name, d.user = rows[0].Text(0), rows[0].Text(1), rows[0].Text(2)
	d.server.maria = strings.Contains(d.server.version, "MariaDB")
	if d.server.started, err = d.serverStart(ctx); err != nil {
		return err
	}
	m := versionPattern.FindStringSubmatch(d.server.version)
	if m == nil {
		return fmt.Errorf("the server's version %q is not understood", d.server.version)
	}
	major, _ := strconv.Atoi(m[1])
	minor, _ := strconv.Atoi(m[2])
	patch, _ := strconv.Atoi(m[3])
	d.server.number = 100*major + minor
	d.rules = sqltext.Rules{Dialect: sqltext.MySQL, Version: 100*d.server.number + patch,
		ANSIQuotes: strings.Contains(rows[0].Text(3), "ANSI_QUOTES"), NoBackslashEscapes: strings.Contains(rows[0].Text(3), "NO_BACKSLASH_ESCAPES")}
	if d.server.maria {
		d.rules.Dialect = sqltext.MariaDB
	}
	switch {
	case d.server.maria && d.server.number < oldestMariaDB:
		return fmt.Errorf("MariaDB %s is too old: 10.6 or newer is needed", d.server.version)
	case !d.server.maria && d.server.number < oldestMySQL:
		return fmt.Errorf("MySQL %s is too old: 8.0 or newer is needed", d.server.version)
	case d.name == "":
		return errors.New("the database URL names no database")
	}
	return nil
}

func (d *DB) serverStart(ctx context.Context) (int64, error) {
	rows, err := d.ledger.query(ctx, "SHOW GLOBAL STATUS LIKE 'Uptime'")
	if err != nil || len(rows) == 0 {
		return 0, fmt.Errorf("ask the server for its start: %w", err)
	}
	now, err := d.ledger.number(ctx, "SELECT UNIX_TIMESTAMP()")
	if err != nil {
		return 0, fmt.Errorf("ask the server for its start: %w", err)
	}
	up, err := strconv.ParseInt(rows[0].Text(1), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("ask the server for its start: %w", err)
	}
	return now - up, nil
}

// settle gives a session of ours its settings.
func (d *DB) settle(ctx context.Context, s *session, mode string) error {
	seconds := int64(idle / time.Second)
	settings := []string{
		"SET NAMES utf8mb4",
		"SET SESSION sql_mode = " + literal(mode),
		"SET SESSION time_zone = '+00:00', autocommit = 1, sql_quote_show_create = 1",
		fmt.Sprintf("SET SESSION wait_timeout = %d, net_read_timeout = 3600, net_write_timeout = 3600", seconds),
		fmt.Sprintf("SET SESSION lock_wait_timeout = %d, innodb_lock_wait_timeout = %d", d.patience(), d.patience()),
		"SET SESSION transaction_read_only = 0",
	}
	if d.server.maria {
		settings[len(settings)-1] = "SET SESSION tx_read_only = 0, check_constraint_checks = 0, max_statement_time = 0"
	} else {
		// MySQL reads its own catalogs in the transaction that is open: one that keeps
		// seeing what it saw at first would not find what our other session made since.
		settings = append(settings, "SET SESSION information_schema_stats_expiry = 0, max_execution_time = 0, transaction_isolation = 'READ-COMMITTED'")
	}
	if err := s.execAll(ctx, settings...); err != nil {
		return fmt.Errorf("prepare the session: %w", err)
	}
	return nil
}

// patience is the time limit of one wait for a lock, in seconds.
func (d *DB) patience() int64 { return max(1, int64(d.options.LockTimeout/time.Second)) }

// Close ends the sessions; the locks go with them.
func (d *DB) Close(ctx context.Context) error {
	err := d.Unlock(ctx)
	for _, s := range []*session{d.app, d.own, d.ledger} {
		if s != nil {
			_ = s.conn.Close() // what is gone already is closed
		}
	}
	return errors.Join(err, d.pool.Close(), d.ownPool.Close())
}

// Actor names the session that runs the migrations' statements.
func (d *DB) Actor() migrate.Actor {
	a := migrate.Actor{User: d.user, PID: os.Getpid(), Host: client.Host()}
	if d.app != nil {
		a.Session = fmt.Sprintf(sessionForm, d.app.id, d.own.id, d.server.started)
	}
	return a
}

// sessionForm names the sessions of a run for the ledger. The server numbers
// connections from 1 after each start, so its start is part of the name.
const sessionForm = "connections %d and %d of the server started at %d"
