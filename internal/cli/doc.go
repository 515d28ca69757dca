// Package cli is the command line: one file per command, each with its flags,
// its run and its text; what they share is the settings, the output and the
// way in which a run ends.
//
// The rules of output. stdout holds the answer, as text or, with --json, as
// exactly one JSON document. stderr holds progress, warnings and errors, each
// error with the state of the database and a hint. Whatever a database or a
// file supplied is escaped before a terminal sees it. A URL is only ever shown
// by package dsn. The last line and the exit code tell the truth about the
// state of the database.
package cli
