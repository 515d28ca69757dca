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
)

// String returns the name that people know the database by.
func (d Dialect) String() string {
	if d == SQLite {
		return "SQLite"
	}
	return "PostgreSQL"
}
