package mysql

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
	"github.com/safemigrate/safemigrate/internal/sqltext"
	"github.com/safemigrate/safemigrate/migrate"
)

// historyInserted is the first MariaDB that takes rows of a history with their time.
const historyInserted = 1011

// older tells a MariaDB before that.
func (d *DB) older() bool { return d.server.maria && d.server.number < historyInserted }

// bytesLost finds a default of bytes in which the server put question marks for what is no
// text; 10.11 shows them as they are.
var bytesLost = regexp.MustCompile("(?m)^  `(?:[^`]|``)*` (?:var)?binary\\(\\d+\\)[^'\n]* DEFAULT '(?:[^'\\\\]|''|\\\\.)*\\?")

// begins reports whether a statement has a table keep a history.
func begins(st sqltext.Statement) bool {
	return slices.ContainsFunc(textsOf(st), func(tokens []sqltext.Token) bool {
		for i := range len(tokens) - 2 {
			if tokens[i].Is("WITH", "ADD") && tokens[i+1].Is("SYSTEM") && tokens[i+2].Is("VERSIONING") {
				return true
			}
		}
		return false
	})
}

// textsOf are the tokens of a statement and of each string in it, which may be run.
func textsOf(st sqltext.Statement) [][]sqltext.Token {
	all := [][]sqltext.Token{st.Tokens()}
	for i := 0; i < len(all); i++ {
		for _, t := range all[i] {
			if t.Kind == sqltext.Literal {
				all = append(all, st.Rules().TokensOf(t.Value()))
			}
		}
	}
	return all
}

// histories refuses to begin a history that a rollback could not keep in the quarantine.
func (d *DB) histories(e *migrate.Estimate, scripts []migrate.Script) {
	if !d.older() {
		return
	}
	for _, script := range scripts {
		for _, st := range script.Statements {
			if begins(st) {
				e.Blockers = append(e.Blockers, fmt.Sprintf("%s:%d: it begins a history of rows, which a rollback could not keep before MariaDB 10.11", script.Migration.File, st.Line))
			}
		}
	}
}

// byTransaction finds a history that tells its rows' time by the number of a transaction.
var byTransaction = regexp.MustCompile(`(?i)bigint\(?\d*\)? unsigned GENERATED ALWAYS AS ROW START`)

// unkept says why a table's rows cannot be brought back exactly.
func (d *DB) unkept(o catalog.Object) string {
	switch versioned := strings.Contains(o.Create, "WITH SYSTEM VERSIONING"); {
	case versioned && d.older():
		return "is system-versioned, and the history of its rows cannot be brought back before MariaDB 10.11"
	case versioned && byTransaction.MatchString(o.Create), strings.Contains(o.Create, "PARTITION BY SYSTEM_TIME"):
		return "is system-versioned by transactions or in partitions, and the history of its rows cannot be brought back"
	case d.older() && bytesLost.MatchString(o.Create):
		return "has a binary default with a byte that MariaDB before 10.11 may show as a question mark, so it could not be made again"
	case !slices.Contains(engines, o.Engine):
		return "is kept by the engine " + o.Engine + ", whose rows cannot be brought back"
	}
	return ""
}
