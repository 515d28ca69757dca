// Package parse reads statements with PostgreSQL's own parser: linked in with
// cgo, compiled to WebAssembly without. Both are of PostgreSQL 17 and give the
// same trees. Nothing is loaded before the first call; without cgo that call
// takes a second and some 250 MB.
package parse
