// Package sqltext cuts the text of a migration into statements and says of
// each what kind it is, without a server.
//
// The rule it keeps: a cut is made exactly where the database itself would
// end the statement, or the text is refused with line and column. Quotes,
// dollar quotes, comments, BEGIN ATOMIC bodies, trigger bodies, the stored
// programs of MySQL and MariaDB and the inline data of COPY … FROM stdin are
// never cut apart; commands of the psql, mysql and sqlite3 shells, which no
// server understands, are refused by name. DELIMITER alone is understood:
// migrations for MySQL have it around their stored programs.
//
// The text of a statement is a sub-string of the input: only the data of COPY
// is copied. Work and memory grow linearly with the input.
//
// Kinds (Traits) are read from the keywords alone. What a statement does
// through a function, a DO block or a procedure that it calls is not seen
// here.
package sqltext
