//go:build unix

package enginetest

import "testing"

// Engine is one engine under test.
type Engine struct {
	Name string
	// PutsBack: a column that the batch dropped comes back beside the present
	// values of its row, so that what was written since stays.
	PutsBack bool
	// Keeps: the tables, with their number of rows, that a snapshot of the shop
	// holds for versions 2 to 4.
	Keeps map[string]int64
	// Rehearses: a batch runs on a copy first, and is not begun where it fails
	// there.
	Rehearses bool
	// CommitsEach: every statement is a step of its own.
	CommitsEach bool
	// Wrong is a statement that fails on the database itself, in a table
	// customers where a row has id 1, and not on a copy.
	Wrong string
	// Fresh makes an empty database that goes with the test.
	Fresh func(tb testing.TB) Database
}

// Database is one database for one test.
type Database interface {
	// URL is for safemigrate.
	URL() string
	// ToolURL is for the plain golang-migrate.
	ToolURL() string
	// Secret must appear nowhere; "" where there is none.
	Secret() string
	// Connect opens a session of an application, closed when the test ends.
	Connect(tb testing.TB) Session
	// Fingerprint is the schema and all rows, without safemigrate's own.
	Fingerprint(tb testing.TB) string
	// Store gives access to what safemigrate keeps, to damage it.
	Store() Store
}

// Session is an application's connection.
type Session interface {
	// Run runs statements.
	Run(sql string) error
	// Rows runs a query and returns its rows, values joined by "|".
	Rows(sql string) ([]string, error)
	Close()
}

// Store is what safemigrate keeps of a database, for a vandal.
type Store interface {
	// Damages lists ways to damage snapshot id; each is applied to a database
	// of its own.
	Damages() []Damage
	// BecomeForeign makes the database another one than the snapshots were
	// taken from, and returns its URL.
	BecomeForeign(tb testing.TB) string
	// Leftovers names what lies in the store and belongs to no complete snapshot.
	Leftovers(tb testing.TB) []string
}

// Damage is one way to damage a snapshot.
type Damage struct {
	Name string
	Do   func(tb testing.TB, id string)
}
