package sqltext

// Dialect names the database whose lexical rules hold.
type Dialect int

// The dialects that Split knows.
const (
	// PostgreSQL follows PostgreSQL 14 and newer with
	// standard_conforming_strings on, which is its default.
	PostgreSQL Dialect = iota
	// SQLite follows SQLite 3.
	SQLite
	// MySQL follows MySQL 8.0 and newer.
	MySQL
	// MariaDB follows MariaDB 10.6 and newer, in every mode but Oracle's.
	MariaDB
)

// String returns the name that people know the database by.
func (d Dialect) String() string {
	return [...]string{"PostgreSQL", "SQLite", "MySQL", "MariaDB"}[d]
}

// mysql reports whether the rules of MySQL and MariaDB hold.
func (d Dialect) mysql() bool { return d == MySQL || d == MariaDB }

// Rules are the lexical rules at the start of a text: those of a dialect and,
// on MySQL and MariaDB, what the server and its sql_mode add to them.
type Rules struct {
	Dialect Dialect
	// Version is the server's, as executable comments write it: 80036 for
	// MySQL 8.0.36, 101106 for MariaDB 10.11.6. 0 stands for the oldest
	// version that safemigrate works on.
	Version int
	// ANSIQuotes: sql_mode holds ANSI_QUOTES, "…" is a name.
	ANSIQuotes bool
	// NoBackslashEscapes: sql_mode holds NO_BACKSLASH_ESCAPES.
	NoBackslashEscapes bool
}

const (
	oldestMySQL   = 80000
	oldestMariaDB = 100600
)

// server is the version that executable comments are compared with.
func (r Rules) server() int {
	switch {
	case r.Version != 0:
		return r.Version
	case r.Dialect == MariaDB:
		return oldestMariaDB
	}
	return oldestMySQL
}
