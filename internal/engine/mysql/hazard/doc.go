// Package hazard tells, before anything runs, which locks the statements of a
// batch take on MariaDB and MySQL, what they do under them, and what about them
// may hurt: the application that runs meanwhile, the release before, the way
// back. It knows texts and what the catalogs say, and changes nothing.
package hazard
