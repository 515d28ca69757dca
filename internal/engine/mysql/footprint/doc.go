// Package footprint tells, before anything runs, what a batch for MySQL or
// MariaDB touches: each statement is read by a parser of MySQL's grammar and,
// where that refuses it, by its verb and its names. Its answer is never smaller
// than the truth; where it cannot know, it says so and takes everything.
//
// Names are followed through the batch: what it renames is the same table, what
// it makes is none that a snapshot has to keep. Rows that change by a foreign
// key, a trigger, a view that is written through or a stored program that is
// called are in it.
package footprint
