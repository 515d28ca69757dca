// Package testpg gives tests a real, private PostgreSQL server.
//
// Every test process that asks gets a server of its own: a new cluster in a
// temporary directory, on a free port of 127.0.0.1, run by an account that is
// not root. Tests work in databases that are owned by roles without special
// privileges, because that is what a deploy pipeline has.
//
// Nothing outlives the test process. A small shell supervisor holds the reading
// end of a pipe; when the process ends, however it ends, the pipe closes, and
// the supervisor stops the server and removes the directory.
//
// A machine without PostgreSQL makes the tests fail with the command that
// installs it; tests are never skipped.
//
// Only tests, and the programs that show the product off, import this package.
package testpg
