// Package mychanges holds the change cases of MariaDB: each is a batch that is
// taken back by a rollback, and once more by itself where a statement behind it
// fails. Judges are mariadb-dump and all rows.
package mychanges
