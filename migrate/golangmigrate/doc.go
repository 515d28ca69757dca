// Package golangmigrate is the convention of golang-migrate: files named
// 12_add_phone.up.sql, and a table schema_migrations with one row that holds the
// version and whether it is dirty.
//
// Files are found, named and ordered by golang-migrate's own source driver. This
// package looks at the directory first, because that driver stops at the first
// oddity, or passes over it in silence, where every oddity should be named.
//
// The rule that this package keeps: golang-migrate itself can go on from any
// state that this package leaves behind, and it is never in doubt about a state
// that golang-migrate left. The table is therefore written with DELETE and
// INSERT and never with TRUNCATE, after which a session with an older snapshot
// would read no version at all.
package golangmigrate
