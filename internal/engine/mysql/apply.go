package mysql

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-sql-driver/mysql"

	"github.com/safemigrate/safemigrate/internal/sqltext"
	"github.com/safemigrate/safemigrate/migrate"
)

// Split cuts a migration into statements, as the application's sql_mode reads
// them. Each is committed by itself, so each runs outside a transaction; BEGIN
// and COMMIT of the file have nothing to hold together.
func (d *DB) Split(m migrate.Migration) ([]sqltext.Statement, error) {
	statements, err := d.rules.Split(m.Text)
	if err != nil {
		return nil, err
	}
	for i := range statements {
		st := &statements[i]
		if !st.Traits.Has(sqltext.Begin) && !st.Traits.Has(sqltext.Commit) {
			st.Traits |= sqltext.Outside
		}
		if beyond(*st) {
			st.Traits |= sqltext.NoWayBack
		}
		if d.ownDefaults(*st) {
			st.Traits &^= sqltext.NoWayBack
		}
	}
	return statements, nil
}

// openApp opens the session that runs the migrations' statements, with the
// settings that an application gets from the server and the URL.
func (d *DB) openApp(ctx context.Context) error {
	if d.gone != 0 {
		// Its statement may still be running, and nothing may be decided before
		// it is over.
		if err := d.end(ctx, d.gone); err != nil {
			return err
		}
		d.gone = 0
	}
	if d.app != nil {
		return nil
	}
	s, err := d.connect(ctx, d.pool)
	if err != nil {
		return err
	}
	d.app = s
	if err := s.execAll(ctx, fmt.Sprintf("SET SESSION lock_wait_timeout = %d, innodb_lock_wait_timeout = %d", d.patience(), d.patience()),
		fmt.Sprintf("SET SESSION wait_timeout = %d", int64(idle.Seconds()))); err != nil {
		return fmt.Errorf("prepare the session: %w", err)
	}
	if d.options.StatementTimeout > 0 && d.server.maria {
		if err := s.exec(ctx, fmt.Sprintf("SET SESSION max_statement_time = %f", d.options.StatementTimeout.Seconds())); err != nil {
			return fmt.Errorf("prepare the session: %w", err)
		}
	}
	d.defaults, err = d.settings(ctx)
	return err
}

// fleeting are variables that tell of the session and set nothing, or follow the database
// that it uses: MySQL lets administrators alone set those.
var fleeting = []string{"character_set_database", "collation_database", "insert_id", "last_insert_id", "identity", "timestamp", "rand_seed1", "rand_seed2", "pseudo_thread_id",
	"warning_count", "error_count", "in_transaction", "gtid_next", "gtid_seq_no", "last_gtid", "skip_replication", "sql_log_bin",
	"pseudo_slave_mode", "pseudo_replica_mode", "external_user", "proxy_user", "statement_id", "original_commit_timestamp", "immediate_server_version", "original_server_version"}

// settings reads the variables of the application's session.
func (d *DB) settings(ctx context.Context) (map[string]string, error) {
	query := "SELECT lower(variable_name), session_value FROM information_schema.system_variables WHERE session_value IS NOT NULL AND read_only = 'NO'"
	if !d.server.maria {
		query = "SHOW SESSION VARIABLES"
	}
	rows, err := d.app.query(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("read the session's settings: %w", err)
	}
	all := map[string]string{}
	for _, r := range rows {
		if !slices.Contains(fleeting, r.Text(0)) {
			all[r.Text(0)] = r.Text(1)
		}
	}
	return all, nil
}

// Begin opens the ledger's transaction.
func (d *DB) Begin(ctx context.Context, _ migrate.Step) error {
	if d.inTransaction {
		return errors.New("a transaction is open already")
	}
	if err := d.ledger.exec(ctx, "START TRANSACTION"); err != nil {
		return err
	}
	d.inTransaction = true
	return nil
}

// limited is the time limit of a statement where the server has none: MySQL's own
// holds for SELECT alone.
func (d *DB) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	if d.server.maria || d.options.StatementTimeout <= 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, d.options.StatementTimeout)
}

// giveUpApp leaves a session whose connection is of no use any more. The server
// may not know that yet.
func (d *DB) giveUpApp() {
	_ = d.app.conn.Close()
	d.gone, d.app = d.app.id, nil
}

// Run runs one statement in the application's session.
func (d *DB) Run(ctx context.Context, st sqltext.Statement) error {
	if err := d.openApp(ctx); err != nil {
		return err
	}
	if err := d.holdLocks(ctx); err != nil {
		return err
	}
	limited, stop := d.limited(ctx)
	defer stop()
	err := d.app.drain(limited, st.Text)
	if err == nil {
		return nil
	}
	if limited.Err() != nil && ctx.Err() == nil {
		d.giveUpApp()
		// It is ended now, so that whatever follows does not wait for it.
		return errors.Join(fmt.Errorf("it ran for longer than the statement timeout, %s, and was ended", d.options.StatementTimeout), d.openApp(ctx))
	}
	if _, told := errors.AsType[*mysql.MySQLError](err); !told || ctx.Err() != nil {
		d.giveUpApp() // its statement may still be running
		if ctx.Err() != nil {
			return errors.New("interrupted")
		}
	}
	return statementError(st, err)
}

var nearPattern = regexp.MustCompile(`(?s)near '(.*)' at line (\d+)$`)

const (
	codeSyntax       = 1064
	codeNoTable      = 1146
	codeCannotCreate = 1005
	codeEngine       = 1030
	codeLockTimeout  = 1205
	codeTableLock    = 3572 // NOWAIT

	codeViewRecursive = 1462

	codeUnknownVariable = 1193
	codeAccessDenied    = 1227 // a privilege of the whole server is needed
	codeGlobalVariable  = 1229
	codeReadOnly        = 1238
)

// statementError finds the place that a syntax error names: the server tells
// the text from which on it did not understand.
func statementError(st sqltext.Statement, err error) error {
	told, ok := errors.AsType[*mysql.MySQLError](err)
	if !ok {
		return err
	}
	out := &migrate.StatementError{Code: strconv.Itoa(int(told.Number)), Err: err,
		Busy: told.Number == codeLockTimeout || told.Number == codeTableLock}
	m := nearPattern.FindStringSubmatch(told.Message)
	if told.Number != codeSyntax || m == nil {
		return out
	}
	line, convErr := strconv.Atoi(m[2])
	if convErr != nil {
		return out
	}
	start := 0
	for range line - 1 {
		i := strings.IndexByte(st.Text[start:], '\n')
		if i < 0 {
			return out
		}
		start += i + 1
	}
	if i := strings.Index(st.Text[start:], m[1]); i >= 0 {
		out.Char = utf8.RuneCountInString(st.Text[:start+i]) + 1
	}
	return out
}

// EndFile takes back what a file set for its session.
func (d *DB) EndFile(ctx context.Context) error {
	if d.app == nil {
		return nil
	}
	if err := d.app.execAll(ctx, "COMMIT", "UNLOCK TABLES"); err != nil {
		return err
	}
	if err := d.app.exec(ctx, "USE "+quote(d.name)); err != nil {
		return err
	}
	return d.reset(ctx)
}

// reset sets the session's variables as they were at its start.
func (d *DB) reset(ctx context.Context) error {
	now, err := d.settings(ctx)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(d.defaults)) {
		was := d.defaults[name]
		if now[name] == was {
			continue
		}
		err := d.app.exec(ctx, "SET SESSION "+quote(name)+" = "+variable(was))
		if err != nil && !isCode(err, codeGlobalVariable) && !isCode(err, codeReadOnly) { // those are the server's own
			return fmt.Errorf("set %s back: %w", name, err)
		}
	}
	return nil
}

var numeric = regexp.MustCompile(`^-?\d+(\.\d+)?$`)

// variable writes a setting's value; numbers are no strings to the server.
func variable(value string) string {
	if numeric.MatchString(value) {
		return value
	}
	return "'" + strings.ReplaceAll(value, "'", "''") + "'"
}

// Commit makes the ledger's transaction true.
func (d *DB) Commit(ctx context.Context) error {
	if !d.inTransaction {
		return errors.New("no transaction is open")
	}
	if err := d.ledger.exec(ctx, "COMMIT"); err != nil {
		return &migrate.UnknownCommitError{Err: err}
	}
	d.inTransaction = false
	if d.batch != nil {
		d.batch.committed = true
		if d.batch.final {
			d.batch = nil
		}
	}
	return nil
}

// Abort undoes the ledger's transaction, and a snapshot that no ledger knows of
// yet. What the application's session holds is given up; what its statements
// have done stays until it is restored.
func (d *DB) Abort(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	var errs []error
	if d.inTransaction {
		d.inTransaction = false
		errs = append(errs, d.ledger.exec(ctx, "ROLLBACK"))
	}
	errs = append(errs, d.own.execAll(ctx, "ROLLBACK", "UNLOCK TABLES"))
	if d.app != nil {
		if err := d.app.execAll(ctx, "ROLLBACK", "UNLOCK TABLES", "USE "+quote(d.name)); err != nil {
			d.giveUpApp()
		} else {
			errs = append(errs, d.reset(ctx))
		}
	}
	if d.app == nil && len(d.locks) > 0 {
		errs = append(errs, d.openApp(ctx))
		if d.app != nil {
			errs = append(errs, d.holdLocks(ctx))
		}
	}
	if d.batch != nil && !d.batch.committed {
		errs = append(errs, d.forget(ctx))
	}
	return errors.Join(errs...)
}

// beyond reports whether a statement does something that lies outside any
// snapshot of this database, besides what its verb tells.
func beyond(st sqltext.Statement) bool {
	switch verb, _, _ := strings.Cut(st.Verb, " "); verb {
	case "USE", "HANDLER", "BACKUP":
		return true
	}
	return outsideText.MatchString(st.Text)
}

// defaultsText finds the statement that changes a database's default character set and
// collation, and nothing else of it.
var defaultsText = regexp.MustCompile("(?is)^ALTER\\s+(?:DATABASE|SCHEMA)(?:\\s+`?([\\w$]+)`?)??(?:(?:\\s+DEFAULT)?\\s+(?:CHARACTER\\s+SET|CHARSET|COLLATE)(?:\\s*=\\s*|\\s+)['\"]?\\w+['\"]?)+\\s*$")

// ownDefaults reports whether a statement changes the defaults of this very database, which
// a snapshot keeps.
func (d *DB) ownDefaults(st sqltext.Statement) bool {
	m := defaultsText.FindStringSubmatch(st.Text)
	return len(m) == 2 && (m[1] == "" || m[1] == d.name)
}

// outsideText finds files of the server.
var outsideText = regexp.MustCompile(`(?is)\b(DATA|INDEX)\s+DIRECTORY\b|\b(DISCARD|IMPORT)\s+(PARTITION\s+\S+\s+)?TABLESPACE\b`)
