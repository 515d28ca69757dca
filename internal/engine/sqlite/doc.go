// Package sqlite is safemigrate's engine for SQLite: one file, one writer.
//
// A snapshot is a clone of the whole file, made by the online backup API while
// BEGIN IMMEDIATE keeps every other writer out, and kept in a directory beside
// the database. The way back corrects, in one transaction on the live file,
// only what the batch touched, from the attached snapshot; where that cannot be
// proved exact, it writes the clone into the live file by the backup API, in one
// transaction of the file. Either way connections of other processes stay valid,
// and a crash in the middle is undone by SQLite's own journal.
//
// The rule that it keeps: nothing in the live file is replaced before what it
// holds is complete in a snapshot, and no write of another process falls
// between the counting of what would be lost and the replacing.
package sqlite
