package cli

import "github.com/safemigrate/safemigrate/migrate"

// exitStatus is one line of the table of exit codes.
type exitStatus struct {
	outcome migrate.Outcome
	meaning string
	hint    string // where a failure brings none of its own
}

// exitTable is the one place for the meaning of exit codes; --help and
// docs/exit-codes.md repeat it.
var exitTable = []exitStatus{
	{migrate.Done, "done, or nothing to do", ""},
	{migrate.Unchanged, "failed; the database was not changed", "mend what the message names and run the same command again"},
	{migrate.Usage, "wrong usage or configuration", "safemigrate --help"},
	{migrate.Restored, "the migration failed; the database is back at the old version", "correct the migration and run safemigrate up again"},
	{migrate.Interrupted, "interrupted or failed half-way: run safemigrate recover", "safemigrate recover"},
	{migrate.Locked, "locked by someone else", "wait until the other one is done, or give it longer with --lock-timeout"},
	{migrate.NoWayBack, "no way back could be made, or a limit refused it; nothing was changed", "safemigrate plan shows what stands in the way"},
	{migrate.Undecided, "rollback would take out rows written since; a decision is needed", "safemigrate rollback --discard-writes, or --keep-writes"},
	{migrate.Disagreement, "history and files disagree, or the schema drifted", "safemigrate status shows what disagrees"},
}

// statusOf returns the line of an outcome.
func statusOf(o migrate.Outcome) exitStatus {
	for _, s := range exitTable {
		if s.outcome == o {
			return s
		}
	}
	return exitTable[migrate.Unchanged]
}
