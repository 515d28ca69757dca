// Package testconn gives tests of conventions real databases of each dialect as
// migrate.Conn, without the engines, which conventions do not know.
//
// Only tests import this package.
package testconn
