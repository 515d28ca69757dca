// Package migrate runs batches of migrations and takes them back. It holds the
// conventions' common ground, planning, the ledger and the state machine of a
// batch, and knows no database driver and no terminal: a Target does the work
// in a database, a Convention knows how a tool names its files and where it
// keeps its history.
//
// The rule that this package keeps: no migration statement runs before a way
// back exists, and the ledger never says more than what is committed.
package migrate
