// Package pgarchive reads and writes the table of contents of pg_dump's archives in
// directory form (toc.dat), and adds data to an archive that holds a schema alone, so
// that a stock pg_restore loads what somebody else has copied out. Between the programs and
// a store it takes archives through pipes, in custom form. The format is that of
// PostgreSQL's pg_backup_archiver.c and pg_backup_custom.c, versions 1.14 (PostgreSQL 12 to 15), 1.15 (16)
// and 1.16 (17 and 18).
package pgarchive
