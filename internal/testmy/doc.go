// Package testmy gives tests a real, private MariaDB server, or a MySQL server
// where the environment names one (SAFEMIGRATE_TEST_MYSQL).
//
// Every test process that asks gets a server of its own: a new data directory in
// a temporary place, on a free port of 127.0.0.1, run by an account that is not
// root. Tests work in databases on which a user of their own has all privileges,
// and no other one, because that is what a deploy pipeline has.
//
// Nothing outlives the test process. A small shell supervisor holds the reading
// end of a pipe; when the process ends, however it ends, the pipe closes, and
// the supervisor stops the server and removes the directory.
//
// A machine without MariaDB makes the tests fail with the command that installs
// it; tests are never skipped.
//
// Only tests import this package.
package testmy
