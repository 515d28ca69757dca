// Package postgres is the engine for PostgreSQL 14 and newer. One session does
// everything: it holds the locks, reads the catalogs, copies the rows, runs the
// batch and judges it, so that all of it is true together at COMMIT or not at
// all. Files run under the settings that their session would have with any
// other tool; safemigrate's own statements run under settings of their own.
package postgres
