package dsn

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// The engines.
const (
	PostgreSQL = "postgresql"
	SQLite     = "sqlite"
	MySQL      = "mysql" // and MariaDB
)

// Target is a database, as its URL describes it.
type Target struct {
	Engine string // PostgreSQL, SQLite or MySQL
	// PostgreSQL is a connection string for pgx.ParseConfig: a postgres:// URL
	// without golang-migrate's options. It holds the password.
	PostgreSQL string
	// MySQL is a DSN for mysql.ParseDSN of go-sql-driver, without golang-migrate's
	// options and with no word for TLS where TLS.Used. It holds the password.
	MySQL string
	TLS   TLS
	// Path is the SQLite file, relative to the working directory or absolute.
	Path string
	// Pragmas are SQLite settings for every connection, each "name=value".
	Pragmas []string
	// ReadOnly and MustExist are SQLite's mode=ro and mode=rw.
	ReadOnly  bool
	MustExist bool
	Options   MigrateOptions
}

// MigrateOptions are golang-migrate's x- options of a URL. Those that tell how
// golang-migrate sends statements (x-multi-statement) are understood and have
// no field: safemigrate always sends one at a time.
type MigrateOptions struct {
	Table            string // x-migrations-table, "" where not set
	TableQuoted      bool   // x-migrations-table-quoted: Table is `"schema"."table"`
	StatementTimeout time.Duration
	NoTxWrap         bool // x-no-tx-wrap
	NoLock           bool // x-no-lock: golang-migrate takes no lock of MySQL; safemigrate takes it all the same
	tls              TLS  // x-tls-…
}

// ErrEmpty is returned by Parse when there is no URL.
var ErrEmpty = errors.New("no database is named")

var (
	schemePattern  = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*)://`)
	keywordPattern = regexp.MustCompile(`^[A-Za-z_]+\s*=`)
)

// otherSchemes are shown in an error; whatever else stands before "://" could
// be anything, and is not.
var otherSchemes = []string{
	"sqlserver", "mssql", "oracle", "mongodb", "cockroach", "cockroachdb", "crdb-postgres",
	"redshift", "clickhouse", "spanner", "cassandra", "http", "https", "file", "jdbc", "redis", "libsql",
}

// Parse reads a URL, PostgreSQL's keyword form, or the DSN of MySQL's driver. Its errors tell what is
// wrong, in which form of a URL, and never quote a piece that could belong to a password;
// the caller says what was tried.
func Parse(url string) (Target, error) {
	url = strings.TrimSpace(url)
	if url == "" {
		return Target{}, ErrEmpty
	}
	scheme, rest := splitScheme(url)
	if isMySQL(scheme, rest) {
		return parseMySQLTarget(scheme, rest)
	}
	switch scheme {
	case "postgres", "postgresql", "pgx", "pgx5":
		c, err := parseServer(rest)
		if err != nil {
			return Target{}, fmt.Errorf("%s://…: %w", scheme, err)
		}
		return c.target()
	case "sqlite", "sqlite3":
		t, err := parseFile(rest)
		if err != nil {
			return Target{}, fmt.Errorf("%s://…: %w", scheme, err)
		}
		return t, nil
	case "":
		if !keywordPattern.MatchString(url) {
			return Target{}, errNoScheme
		}
		c, err := parseKeywords(url)
		if err != nil {
			return Target{}, fmt.Errorf("keywords: %w", err)
		}
		return c.target()
	}
	return Target{}, unknownScheme(scheme)
}

func unknownScheme(scheme string) error {
	const known = "postgres://, postgresql://, pgx://, pgx5://, mysql://, mariadb://, sqlite:// and sqlite3:// are understood"
	if slices.Contains(otherSchemes, scheme) {
		return fmt.Errorf("there is no engine for %s://; %s", scheme, known)
	}
	return errors.New("its scheme is unknown; " + known)
}

func splitScheme(url string) (scheme, rest string) {
	m := schemePattern.FindStringSubmatch(url)
	if m == nil {
		return "", url
	}
	return strings.ToLower(m[1]), url[len(m[0]):]
}
