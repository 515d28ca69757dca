// Package dump takes the rows of a whole database out over several connections that
// share one snapshot, and brings them into an empty one. Rows travel as the text of
// COPY: what stands in a part of a table is byte for byte what COPY … FROM reads.
// Schema and large objects are pg_dump's and pg_restore's work.
package dump
