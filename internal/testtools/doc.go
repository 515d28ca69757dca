// Package testtools builds the other migration tools that tests run beside
// safemigrate.
//
// Each tool is a Go module in a directory of its own below this one, so that its
// dependencies and its versions stay out of the module that users import. Only
// tests and benchmarks import this package.
package testtools
