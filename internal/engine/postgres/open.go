package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"

	"github.com/safemigrate/safemigrate/internal/client"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/revert"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/rows"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// minServer is the oldest server that is supported (server_version_num).
const minServer = 140000

// Options says how to open a database.
type Options struct {
	// ConnString is what pgx.ParseConfig understands.
	ConnString string
	// Operation is part of the session's application_name, for whoever waits.
	Operation string
	// LockTimeout bounds the wait for a lock on tables.
	LockTimeout time.Duration
	// LockTry bounds one try for a lock that makes others queue; 0: DefaultLockTry.
	LockTry time.Duration
	// StatementTimeout bounds each statement of a migration; 0: as the server has it.
	StatementTimeout time.Duration
	// Strategy is how snapshots keep rows: copy, dump, clone, or "" for the cheapest of the
	// first two that will do.
	Strategy snapshot.Strategy
	// Dumps say where those of strategy dump go.
	Dumps Dumps
	// Notice, when set, receives the server's warnings.
	Notice func(text string)
}

// DB is one session on one PostgreSQL database. It implements migrate.Target.
type DB struct {
	conn     *pgx.Conn
	opts     Options
	server   int  // server_version_num
	filtered bool // forced row security hides rows from the role
	watch    bool // the server can look for a dead client while a statement runs
	locks    []int64
	own      bool // safemigrate's own settings are in force, until the transaction ends
	dirty    bool // the next statement of a file needs its settings first
	middle   bool // a file has begun and not ended
	setAll   bool // all constraints are set in this transaction, also those to come
	kept     []setting
	// bounded is the lock_timeout of the statements of a file, 0 where it is not
	// known; boundText is what the server calls it.
	bounded   time.Duration
	boundText string
	batch     *batchState
	spent     map[uint32]spent // sequences that an undone first step had moved
	// dumped is in a store, and nothing that is committed refers to it yet.
	dumped *dumpRef
	// cloned is a database that was made for a snapshot which is not committed yet.
	cloned string
	// byDump, byClone: the estimate of this session has chosen that strategy.
	byDump, byClone bool
	// foreseen is what the estimate of this session has chosen.
	foreseen foreseen
}

// batchState is what a session knows of the batch under way.
type batchState struct {
	id      string
	history migrate.TableID
	scope   *scope
	budget  migrate.Budget
	locked  time.Time // when the tables of the scope were locked
	before  *catalog.State
	kept    kept
	files   map[uint32]uint32 // file nodes of the tables when the snapshot was taken
	base    base              // counters when the open transaction began
	suspect map[uint32]bool   // tables that the batch may have written to
	beyond  map[uint32]string // … without being expected to, or without anything being kept of them; what it did
	// saved is what an undone transaction goes back to.
	saved checkpoint
	// uncounted: a statement outside a transaction may have written rows, which
	// no counter of a later transaction shows.
	uncounted bool
	committed bool
	outside   bool                     // a statement outside a transaction ran since the last Guard
	mine      map[catalog.Address]bool // objects that others did not make meanwhile
	marks     map[uint32]rows.Mark     // as of the newest step
	known     map[uint32]rows.Mark     // marks that were made already
	records   map[uint32]revert.Record // of the rows that it wrote; known with the last step
}

// Open connects and refuses what cannot serve: an old server, a standby, a
// read-only session, a transaction pooler.
func Open(ctx context.Context, o Options) (*DB, error) {
	config, err := pgx.ParseConfig(o.ConnString)
	if err != nil {
		return nil, parseFailure()
	}
	config.RuntimeParams["application_name"] = client.Name(o.Operation)
	if o.StatementTimeout > 0 {
		config.RuntimeParams["statement_timeout"] = strconv.FormatInt(o.StatementTimeout.Milliseconds(), 10)
	}
	// A cancelled context asks the server to stop the statement and keeps the
	// connection, so that what was done can be undone in order.
	config.BuildContextWatcherHandler = func(pc *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: pc, DeadlineDelay: 30 * time.Second}
	}
	if o.Notice != nil {
		config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
			if n.Severity == "WARNING" {
				o.Notice(n.Message)
			}
		}
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, connectFailure(config, err)
	}
	d := &DB{conn: conn, opts: o, dirty: true}
	if err := d.greet(ctx); err != nil {
		return nil, errors.Join(err, conn.Close(context.WithoutCancel(ctx)))
	}
	return d, nil
}

// Close ends the session. What is not committed is undone by the server.
func (d *DB) Close(ctx context.Context) error { return d.conn.Close(ctx) }

// greet checks what is at the other end.
func (d *DB) greet(ctx context.Context) error {
	found, err := d.Query(ctx, `SELECT pg_catalog.current_setting('server_version_num'), pg_catalog.pg_is_in_recovery(),
		pg_catalog.current_setting('transaction_read_only'), pg_catalog.pg_backend_pid(), pg_catalog.current_setting('server_version'),
		(SELECT NOT (rolsuper OR rolbypassrls) FROM pg_catalog.pg_roles WHERE rolname = current_user)`)
	if err != nil {
		return refuse("ask the server what it is", err, "look at the server's log")
	}
	r := found[0]
	if d.server, err = strconv.Atoi(r.Text(0)); err != nil {
		return refuse("read the server's version", err, "look at the server's log")
	}
	d.filtered = r.True(5)
	switch {
	case d.server < minServer:
		return refuse("connect", fmt.Errorf("PostgreSQL %s is older than 14", r.Text(4)), "upgrade the server")
	case r.True(1):
		return refuse("connect", errors.New("this server is a standby: it cannot be written to"), "name the primary in the database URL")
	case r.Text(2) == "on":
		return refuse("connect", errors.New("the session is read-only (default_transaction_read_only)"), "use a role or server that may write")
	case r.Text(3) != strconv.FormatUint(uint64(d.conn.PgConn().PID()), 10):
		return refuse("connect", errors.New("a connection pooler stands in between: locks and settings of a session would not hold"),
			"name the server itself in the database URL")
	}
	// Some platforms cannot look for a dead client while a statement runs.
	d.watch = d.script(ctx, watchScript) == nil
	return nil
}

// Actor names this session for the ledger.
func (d *DB) Actor() migrate.Actor {
	a := migrate.Actor{PID: os.Getpid(), Host: client.Host(), Session: strconv.FormatUint(uint64(d.conn.PgConn().PID()), 10)}
	if u, err := user.Current(); err == nil {
		a.User = u.Username
	}
	return a
}

func refuse(op string, err error, hint string) error {
	return &migrate.Failure{Outcome: migrate.Unchanged, Op: op, Err: err, State: "the database was not changed", Hint: hint}
}

// parseFailure never repeats the text: the driver's own error shows the
// password of some malformed URLs.
func parseFailure() error {
	return &migrate.Failure{Outcome: migrate.Usage, Op: "read the database URL",
		Err:   errors.New("it is not a PostgreSQL connection string, or a file that it names (password, service, certificate) cannot be read"),
		State: "the database was not changed",
		Hint:  "write postgres://user@host:5432/database, with special characters in the password percent-encoded"}
}

// connectFailure says where the connection was tried, and the server's answer
// without the connection string.
func connectFailure(config *pgx.ConnConfig, err error) error {
	where := fmt.Sprintf("connect to database %q at %s as %q", config.Database, address(config), config.User)
	hint := "is the server running, and is host and port right?"
	answer, answered := errors.AsType[*pgconn.PgError](err)
	switch {
	case errors.Is(err, context.Canceled):
		err, hint = errors.New("interrupted"), "run the same command again"
	case answered:
		err = fmt.Errorf("%s (SQLSTATE %s)", answer.Message, answer.Code)
		hint = connectHint(answer.Code)
		if answer.Code == tooManyConnections && strings.Contains(answer.Message, "too many connections for") {
			hint = "raise the CONNECTION LIMIT of what is named, or try again later"
		}
	default:
		if cause := rootCause(err); cause != nil {
			err = cause
		}
	}
	return &migrate.Failure{Outcome: migrate.Unchanged, Op: where, Err: err, State: "the database was not changed", Hint: hint}
}

const tooManyConnections = "53300"

func connectHint(code string) string {
	switch code {
	case "28P01", "28000":
		return "check user and password, and the server's pg_hba.conf"
	case "3D000":
		return "create the database, or check its name"
	case "08P01":
		return "if a connection pooler stands in between, name the server itself in the database URL"
	case tooManyConnections:
		return "the server has no free connection: try again later"
	}
	return "look at the server's log"
}

// rootCause takes the innermost error: the outer ones repeat the configuration.
func rootCause(err error) error {
	for {
		{
			var u interface{ Unwrap() error }
			var u1 interface{ Unwrap() []error }
			switch {
			case errors.As(err, &u):
				if u.Unwrap() == nil {
					if innermost, ok := u.(error); ok {
						return innermost // one of several tries that ended alike
					}
					return err
				}
				err = u.Unwrap()
			case errors.As(err, &u1):
				if len(u1.Unwrap()) == 0 {
					return err
				}
				err = u1.Unwrap()[0]
			default:
				return err
			}
		}
	}
}

func address(config *pgx.ConnConfig) string {
	if len(config.Host) > 0 && config.Host[0] == '/' {
		return config.Host
	}
	return fmt.Sprintf("%s:%d", config.Host, config.Port)
}
