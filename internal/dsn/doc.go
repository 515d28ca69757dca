// Package dsn reads the URL of a database, in the forms that users of
// PostgreSQL, MySQL, SQLite and golang-migrate already have, and is the only place
// that prints one.
//
// The rule that this package keeps: no text that it returns holds a password.
// What cannot be read with certainty is not quoted at all, because nobody can
// tell which piece of it is the password: an unescaped "/", "?", "#" or "@" in
// a password moves the rest of it into the host, the path or the query.
package dsn
