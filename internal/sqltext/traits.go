package sqltext

// Traits is the set of what is known about a statement by its kind.
type Traits uint32

// The traits of a statement. One statement can have several.
const (
	// Begin opens a transaction: BEGIN, START TRANSACTION.
	Begin Traits = 1 << iota
	// Commit ends the transaction and keeps it: COMMIT, END.
	Commit
	// Rollback ends the transaction and undoes it: ROLLBACK, ABORT; not
	// ROLLBACK TO.
	Rollback
	// Savepoint works inside a transaction: SAVEPOINT, RELEASE, ROLLBACK TO.
	Savepoint
	// Chain opens the next transaction at once: COMMIT or ROLLBACK AND CHAIN.
	Chain
	// TwoPhase is PREPARE TRANSACTION, COMMIT PREPARED, ROLLBACK PREPARED, XA.
	TwoPhase
	// Outside cannot run inside a transaction block, or has no effect there.
	// REINDEX and CLUSTER of a partitioned table cannot either, which the text
	// does not show: the server answers with SQLSTATE 25001.
	Outside
	// CommitAfter makes something that can only be used after a commit:
	// ALTER TYPE … ADD VALUE.
	CommitAfter
	// NoWayBack does something that lies outside any snapshot of this
	// database: cluster-wide objects and settings, files and programs of the
	// server, other database files.
	NoWayBack
	// CopyFromStdin is COPY … FROM stdin; Statement.Data holds its rows.
	CopyFromStdin
	// SessionSetting changes settings of the session or the transaction: SET,
	// RESET, DISCARD, PRAGMA, USE, LOCK TABLES.
	SessionSetting
	// ForeignKeysPragma is SQLite's PRAGMA foreign_keys, set or read.
	ForeignKeysPragma
	// Harmless changes nothing durable: SHOW, and EXPLAIN that does not run
	// the statement.
	Harmless
	// CommitsItself ends the open transaction and commits by itself: DDL and
	// some more statements of MySQL and MariaDB.
	CommitsItself
)

// Has reports whether every trait of x is in t.
func (t Traits) Has(x Traits) bool { return t&x == x }
