package postgres

import (
	"regexp"
	"strings"

	"github.com/safemigrate/safemigrate/internal/sqltext"
)

// madeOf begins all that makes a type, but for shell and base types.
var madeOf = regexp.MustCompile(`(?i)\bAS\s*(ENUM\b|RANGE\b|\()`)

// versions are the forms of ALTER EXTENSION that change what belongs to it.
var versions = regexp.MustCompile(`(?i)^ALTER\s+EXTENSION\s+("([^"]|"")+"|\S+)\s+(UPDATE|ADD|DROP)\b`)

// Foresee says of a statement, before anything runs, why the guard would stop
// the batch; "" where nothing in its text shows it.
func (d *DB) Foresee(st sqltext.Statement) string {
	if st.Verb == "CREATE TYPE" && !madeOf.MatchString(st.Text) {
		return "a shell or base type cannot be taken back in this version"
	}
	if m := versions.FindStringSubmatch(strings.TrimSpace(st.Text)); m != nil {
		return "alter extension … " + strings.ToLower(m[3]) + " cannot be taken back"
	}
	return ""
}
