// The plain golang-migrate command, for the tests that use it before, between and
// after safemigrate. A module of its own, so that its drivers stay out of ours.
module github.com/safemigrate/safemigrate/internal/testtools/golangmigrate

go 1.26.8

require github.com/golang-migrate/migrate/v4 v4.20.1
