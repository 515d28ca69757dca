// Package sqlite is safemigrate's engine for SQLite: one file, one writer.
//
// A snapshot is a clone of the whole file, made by the online backup API while
// BEGIN IMMEDIATE keeps every other writer out, and kept in a directory beside
// the database. The way back writes a clone into the live file by the same API,
// in one transaction of the file, so that connections of other processes stay
// valid and a crash in the middle is undone by SQLite's own journal.
//
// The rule that it keeps: nothing in the live file is replaced before what it
// holds is complete in a snapshot, and no write of another process falls
// between the counting of what would be lost and the replacing.
package sqlite
