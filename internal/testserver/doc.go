// Package testserver has what the private servers of tests have in common, whichever
// program they run: the account that they run as, their directory, and the supervisor
// that ends them when the test process ends, however it does.
package testserver
