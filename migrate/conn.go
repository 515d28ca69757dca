package migrate

import "context"

// Dialect is the SQL that a database speaks.
type Dialect string

// The dialects.
const (
	PostgreSQL Dialect = "postgresql"
	SQLite     Dialect = "sqlite"
	MySQL      Dialect = "mysql" // and MariaDB
)

// Row is one row of a result, each value in the database's text form, nil for NULL.
type Row []*string

// Text returns column i, and "" for NULL.
func (r Row) Text(i int) string {
	if r[i] == nil {
		return ""
	}
	return *r[i]
}

// True reports whether column i holds a true boolean in either dialect's text form.
func (r Row) True(i int) bool {
	switch r.Text(i) {
	case "t", "true", "1":
		return true
	}
	return false
}

// Conn runs the small statements of the ledger and of a convention's history,
// inside the transaction that is open, if one is. Parameters are written $1,
// $2, … in every dialect; arguments are string, int64, bool or nil.
type Conn interface {
	Dialect() Dialect
	Exec(ctx context.Context, sql string, args ...any) error
	Query(ctx context.Context, sql string, args ...any) ([]Row, error)
}
