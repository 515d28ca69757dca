package postgres

import (
	"regexp"
	"strings"

	"github.com/safemigrate/safemigrate/internal/sqltext"
)

// noDefinition lists the kinds of object that the census sees and that have no
// definition here: a batch that touches one is stopped by the guard.
var noDefinition = []string{
	"ACCESS METHOD", "AGGREGATE", "CAST", "COLLATION", "CONVERSION", "LANGUAGE", "OPERATOR", "TEXT SEARCH", "TRANSFORM",
}

// madeOf begins all that makes a type, but for shell and base types.
var madeOf = regexp.MustCompile(`(?i)\bAS\s*(ENUM\b|RANGE\b|\()`)

// versions are the forms of ALTER EXTENSION that change what belongs to it.
var versions = regexp.MustCompile(`(?i)^ALTER\s+EXTENSION\s+("([^"]|"")+"|\S+)\s+(UPDATE|ADD|DROP)\b`)

// Foresee says of a statement, before anything runs, why the guard would stop
// the batch; "" where nothing in its text shows it.
func (d *DB) Foresee(st sqltext.Statement) string {
	action, kind, _ := strings.Cut(st.Verb, " ")
	if action != "CREATE" && action != "ALTER" && action != "DROP" {
		return ""
	}
	if st.Verb == "CREATE TYPE" && !madeOf.MatchString(st.Text) {
		return "a shell or base type cannot be taken back in this version"
	}
	if m := versions.FindStringSubmatch(strings.TrimSpace(st.Text)); m != nil {
		return "alter extension … " + strings.ToLower(m[3]) + " cannot be taken back"
	}
	for _, k := range noDefinition {
		if strings.HasPrefix(kind, k) {
			return strings.ToLower(st.Verb) + " cannot be taken back in this version"
		}
	}
	return ""
}
