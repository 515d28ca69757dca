// Package changes holds the table of change cases for PostgreSQL: kinds of
// objects times what a migration does to them. Each case is applied, taken back,
// compared with what was there, and applied again. Whatever cannot be taken back
// exactly has to be refused by name before it is committed.
//
// One file holds the cases of one kind: a variable of type []change and a test
// that hands it to runCases with the name of the kind. A case file needs nothing
// else; the totals at the end of a run count it. To add a case, append
//
//	{name: "a column dropped", setup: "CREATE TABLE …; INSERT …", batch: "ALTER TABLE …"},
//
// Names are unique within a kind. Setup and batch run as an ordinary role that
// owns the database; "@owner" in them is that role. The server also has the roles
// alice and bob, of which the owner is no member, and team, of which it is one.
// Setups put rows into their tables, so that data is compared too.
package changes
