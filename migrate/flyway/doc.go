// Package flyway is the convention of Flyway: files named V1.2__add_phone.sql,
// R__views.sql, B10__start.sql and U1.2__add_phone.sql in a directory and those
// below it, and a table flyway_schema_history with one row for each run.
//
// Names, versions, checksums, placeholders, script configuration, ranks and the
// meaning of each kind of row follow Flyway 13, community edition. What is read
// but not run here is said: undo files, and callbacks.
//
// The rule that this package keeps: Flyway validates and goes on from any history
// that this package leaves behind, and rows that Flyway wrote come back to the
// letter when a rollback restores them.
package flyway
