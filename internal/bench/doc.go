// Package bench holds the benchmarks that compare safemigrate with what it can
// be compared with, in pairs: A B A B … in one run, medians and their ratio.
// They are run by make bench and prove nothing; no test depends on a time.
package bench
