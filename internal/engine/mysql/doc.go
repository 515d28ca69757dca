// Package mysql is the engine for MariaDB and MySQL.
//
// There every statement that changes the schema commits by itself, so a file
// that fails leaves half of itself behind, and the only way back is a snapshot.
// A snapshot keeps the text of every definition (SHOW CREATE) and the rows of
// the tables in scope as tables of the same database, under the prefix
// safemigrate_: a user without special privileges may not make databases.
//
// One run has three sessions. The ledger's writes the journal in short
// transactions. The application's runs the migrations' statements one by one,
// with the settings that an application gets, and holds the named locks: as long
// as a statement runs, whatever became of the client, they are held. Our own
// copies rows and takes back, with settings under which rows and definitions
// come out as they went in; it holds a lock of its own.
//
// A way back is no transaction here. It is journalled before it begins, every
// step of it compares what is there with what has to be there, and recover does
// the same once more, from wherever a crash left the database.
package mysql
