package safemigrate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/safemigrate/safemigrate/internal/dsn"
	"github.com/safemigrate/safemigrate/internal/engine/mysql"
	"github.com/safemigrate/safemigrate/internal/engine/postgres"
	"github.com/safemigrate/safemigrate/internal/engine/sqlite"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/migrate/flyway"
	"github.com/safemigrate/safemigrate/migrate/golangmigrate"
)

// engine is a Target that can be closed.
type engine interface {
	migrate.Target
	Close(ctx context.Context) error
}

// connect opens a session for one operation.
func (db *DB) connect(ctx context.Context, operation string) (engine, error) {
	if db.target.Engine == dsn.PostgreSQL {
		dumps, err := db.dumps(ctx, operation)
		if err != nil {
			return nil, err
		}
		return postgres.Open(ctx, postgres.Options{
			Strategy: db.config.Strategy, Dumps: dumps,
			ConnString: db.target.PostgreSQL, Operation: operation, LockTimeout: db.config.LockTimeout, LockTry: db.config.LockTry,
			StatementTimeout: db.target.Options.StatementTimeout, Notice: db.warn,
		})
	}
	if db.target.Engine == dsn.MySQL {
		return db.connectMySQL(ctx, operation)
	}
	depot, err := db.depot(ctx, operation)
	if err != nil {
		return nil, err
	}
	// Only up makes a database: any other command on a file that is not there
	// has the wrong name.
	file, err := sqlite.Open(ctx, sqlite.Options{
		Path: db.target.Path, Pragmas: db.target.Pragmas, ReadOnly: db.target.ReadOnly,
		Create: operation == "up" && !db.target.MustExist, Depot: depot,
	})
	if errors.Is(err, sqlite.ErrMissing) {
		return nil, &Failure{Outcome: migrate.Unchanged, Op: "open the database", Err: err, State: "there is no database yet",
			Hint: "safemigrate up makes the file; or check the path"}
	}
	return fileEngine{file}, err
}

func (db *DB) connectMySQL(ctx context.Context, operation string) (engine, error) {
	var files *mysql.TLS
	if t := db.target.TLS; t.Used() {
		files = &mysql.TLS{CA: t.CA, Cert: t.Cert, Key: t.Key, SkipVerify: t.SkipVerify}
	}
	c, err := mysql.Configure(db.target.MySQL, files)
	if err != nil {
		hint := "write mysql://user@tcp(host:3306)/database"
		if files != nil {
			hint = "check the files that x-tls-ca, x-tls-cert and x-tls-key name"
		}
		return nil, usage("read the database URL", err, hint)
	}
	return mysql.Open(ctx, mysql.Options{Config: c, Operation: operation, LockTimeout: db.config.LockTimeout,
		StatementTimeout: db.target.Options.StatementTimeout, Notice: db.warn})
}

// fileEngine closes without a context: nobody has to be told.
type fileEngine struct{ *sqlite.DB }

func (e fileEngine) Close(context.Context) error { return e.DB.Close() } //nolint:contextcheck // see above

func (db *DB) warn(text string) {
	if db.config.Progress != nil {
		db.config.Progress(Notice{Phase: "warning", Text: text})
	}
}

// within runs work in a session.
func (db *DB) within(ctx context.Context, operation string, work func(engine) error) (err error) {
	e, err := db.connect(ctx, operation)
	if err != nil {
		return failed("connect", err)
	}
	defer func() {
		if closeErr := e.Close(context.WithoutCancel(ctx)); closeErr != nil && err == nil {
			db.warn(fmt.Sprintf("the session did not end in order: %v", closeErr))
		}
	}()
	return work(e)
}

// forward runs an operation that reads the migrations.
func (db *DB) forward(ctx context.Context, operation string, work func(*migrate.Runner) error) error {
	source, done, err := db.source()
	if err != nil {
		return err
	}
	defer done()
	return db.within(ctx, operation, func(e engine) error {
		c, err := db.byFiles(ctx, e, source)
		if err != nil {
			return failed("choose the convention", err)
		}
		return work(db.runner(e, c, source))
	})
}

// back runs an operation that needs no migration file.
func (db *DB) back(ctx context.Context, operation string, work func(*migrate.Runner) error) error {
	return db.within(ctx, operation, func(e engine) error {
		c, err := db.byLedger(ctx, e)
		if err != nil {
			return failed("choose the convention", err)
		}
		return work(db.runner(e, c, nil))
	})
}

func (db *DB) runner(e engine, c migrate.Convention, source fs.FS) *migrate.Runner {
	return &migrate.Runner{
		Target: e, Convention: c, Source: source, LockWait: db.config.LockTimeout, Version: db.config.Version,
		Scope:  migrate.Scope{Mode: db.config.Scope, Tables: db.config.Tables, Exclude: db.config.Exclude},
		Budget: migrate.Budget{Bytes: db.config.MaxSnapshot, Lock: db.config.MaxLock}, Tell: db.config.Progress,
	}
}

// failed makes a Failure of an error that is none yet.
func failed(op string, err error) error {
	if _, ok := errors.AsType[*Failure](err); ok {
		return err
	}
	return &Failure{Outcome: migrate.Unchanged, Op: op, Err: err, State: "the database was not changed",
		Hint: "check the database URL and what it names"}
}

// source opens the migrations. A directory is opened so that no link leads out
// of it.
func (db *DB) source() (fs.FS, func(), error) {
	if db.config.FS != nil {
		return db.config.FS, func() {}, nil
	}
	dir := strings.TrimPrefix(db.config.Source, "file://")
	if scheme, _, ok := strings.Cut(dir, "://"); ok {
		return nil, nil, usage("open the migrations", fmt.Errorf("source %s:// is not supported", scheme), "name a directory with --source")
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, nil, usage("open the migrations", err, "name the directory with --source")
	}
	return root.FS(), func() {
		if err := root.Close(); err != nil {
			db.warn(fmt.Sprintf("close the migrations: %v", err))
		}
	}, nil
}

// The conventions.
const (
	nameGolangMigrate = "golang-migrate"
	nameFlyway        = "flyway"
)

func knownConvention(name string) bool { return name == nameGolangMigrate || name == nameFlyway }

// convention makes a convention; its placeholders are those of session e.
func (db *DB) convention(ctx context.Context, e engine, name string) (migrate.Convention, error) {
	if name != nameFlyway {
		return db.bare(name, flyway.Builtin{}), nil
	}
	builtin, err := builtins(ctx, e)
	return db.bare(name, builtin), err
}

func (db *DB) bare(name string, builtin flyway.Builtin) migrate.Convention {
	if name != nameFlyway {
		o := db.target.Options
		return golangmigrate.New(golangmigrate.Options{Table: o.Table, TableQuoted: o.TableQuoted})
	}
	f := db.config.Flyway
	return flyway.New(flyway.Options{Schema: f.Schema, Table: f.Table, Placeholders: f.Placeholders, OutOfOrder: f.OutOfOrder,
		Encoding: f.Encoding, InstalledBy: f.InstalledBy, Builtin: builtin})
}

// builtins are the values of ${flyway:…} in this session.
func builtins(ctx context.Context, e engine) (flyway.Builtin, error) {
	b := flyway.Builtin{Timestamp: time.Now().Format(time.DateTime)}
	if dir, err := os.Getwd(); err == nil {
		b.WorkingDirectory = dir
	}
	query := `SELECT current_user, current_database(), coalesce(current_schema(), '')`
	switch e.Dialect() {
	case migrate.PostgreSQL:
	case migrate.MySQL:
		query = `SELECT substring_index(user(), '@', 1), database(), database()`
	default:
		return b, nil
	}
	rows, err := e.Query(ctx, query)
	if err != nil {
		return b, fmt.Errorf("read Flyway's placeholders: %w", err)
	}
	b.User, b.Database, b.DefaultSchema = rows[0].Text(0), rows[0].Text(1), rows[0].Text(2)
	return b, nil
}

// byFiles chooses the convention that claims the files; where none does, the
// one whose history the database has.
func (db *DB) byFiles(ctx context.Context, e engine, source fs.FS) (migrate.Convention, error) {
	claims := map[string]int{}
	for _, name := range []string{nameGolangMigrate, nameFlyway} {
		n, err := db.bare(name, flyway.Builtin{}).Claims(source)
		if err != nil {
			return nil, usage("read the migrations", err, "name the directory with --source")
		}
		claims[name] = n
	}
	g, f := claims[nameGolangMigrate], claims[nameFlyway]
	if name := db.config.Convention; name != "" {
		// Or every file would be passed over, and nothing would seem to be due.
		if claims[name] == 0 && g+f > 0 {
			return nil, usage("choose the convention", fmt.Errorf("no file is named as those of %s, and %d as those of another convention", name, g+f),
				"leave --convention out, or name the right directory with --source")
		}
		return db.convention(ctx, e, name)
	}
	switch {
	case g > 0 && f > 0:
		return nil, usage("choose the convention", fmt.Errorf("%d files are named as golang-migrate's, %d as Flyway's", g, f),
			"name it: --convention golang-migrate or --convention flyway")
	case g == 0 && f == 0:
		return db.byLedger(ctx, e)
	case f > 0:
		return db.agree(ctx, e, nameFlyway, nameGolangMigrate)
	}
	return db.agree(ctx, e, nameGolangMigrate, nameFlyway)
}

// agree refuses files of one convention for a database with the history of another.
func (db *DB) agree(ctx context.Context, e engine, files, other string) (migrate.Convention, error) {
	c, own, err := db.historyOf(ctx, e, files)
	if err != nil {
		return nil, err
	}
	if own.Exists {
		return c, nil
	}
	_, foreign, err := db.historyOf(ctx, e, other)
	if err != nil {
		return nil, err
	}
	if foreign.Version != "" {
		return nil, usage("choose the convention",
			fmt.Errorf("the files are named as those of %s, but the database has the history of %s (version %s)", files, other, foreign.Version),
			"name the right directory with --source, or the convention with --convention")
	}
	return c, nil
}

// byLedger chooses the convention of the newest batch, else the one whose
// history the database has.
func (db *DB) byLedger(ctx context.Context, e engine) (migrate.Convention, error) {
	if db.config.Convention != "" {
		return db.convention(ctx, e, db.config.Convention)
	}
	_, batches, err := migrate.NewLedger(e).Read(ctx)
	if err != nil {
		return nil, err
	}
	if len(batches) > 0 {
		return db.convention(ctx, e, batches[len(batches)-1].Convention)
	}
	c, h, err := db.historyOf(ctx, e, nameFlyway)
	if err != nil {
		return nil, err
	}
	if h.Exists {
		return c, nil
	}
	return db.convention(ctx, e, nameGolangMigrate)
}

func (db *DB) historyOf(ctx context.Context, e engine, name string) (migrate.Convention, migrate.History, error) {
	c, err := db.convention(ctx, e, name)
	if err != nil {
		return nil, migrate.History{}, err
	}
	if _, err := c.History().Identity(ctx, e); err != nil {
		return nil, migrate.History{}, err
	}
	h, err := c.History().Read(ctx, e)
	return c, h, err
}
