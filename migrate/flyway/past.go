package flyway

import (
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/migrate"
)

// The types of rows that mean something of their own.
const (
	typeSchema      = "SCHEMA"
	typeBaseline    = "BASELINE"
	typeDelete      = "DELETE"
	typeSQL         = "SQL"
	typeSQLBaseline = "SQL_BASELINE"
)

// past is what the rows of a history amount to.
type past struct {
	versioned  map[string]migrate.Entry // by the version's key; what counts as applied
	repeatable map[string]migrate.Entry // by description; the newest run
	failed     []migrate.Entry
	current    string // newest applied version, "" before the first
	baseline   string // newest baseline's version, "" without one
}

// readPast goes through rows in the order of their ranks. A row of type DELETE or
// UNDO takes the newest row of its version, or description, out of the count.
func readPast(rows []migrate.Entry) past {
	var counted []migrate.Entry
	for _, row := range rows {
		switch {
		case row.Type == typeDelete || isUndo(row):
			if row.Success {
				counted = withoutNewest(counted, row)
			} else if isUndo(row) {
				counted = append(counted, row)
			}
		case row.Type != typeSchema:
			counted = append(counted, row)
		}
	}
	p := past{versioned: map[string]migrate.Entry{}, repeatable: map[string]migrate.Entry{}}
	for _, row := range counted {
		p.count(row)
	}
	return p
}

func (p *past) count(row migrate.Entry) {
	if !row.Success {
		p.failed = append(p.failed, row)
	}
	if row.Version == "" {
		p.repeatable[row.Description] = row
		return
	}
	p.versioned[key(row.Version)] = row
	if compareVersions(row.Version, p.current) > 0 {
		p.current = row.Version
	}
	if isBaseline(row) && compareVersions(row.Version, p.baseline) > 0 {
		p.baseline = row.Version
	}
}

func withoutNewest(rows []migrate.Entry, gone migrate.Entry) []migrate.Entry {
	for i, row := range slices.Backward(rows) {
		same := key(row.Version) == key(gone.Version) && (row.Version == "") == (gone.Version == "")
		if gone.Version == "" {
			same = same && row.Description == gone.Description
		}
		if same && row.Type != typeBaseline {
			return slices.Delete(rows, i, i+1)
		}
	}
	return rows
}

func isUndo(row migrate.Entry) bool { return strings.HasPrefix(row.Type, "UNDO_") }

func isBaseline(row migrate.Entry) bool {
	return row.Type == typeBaseline || strings.HasSuffix(row.Type, "_"+typeBaseline)
}

// fromFile reports whether a row was made of a file that this package can see:
// Flyway also runs Java classes and scripts, which are not looked for here.
func fromFile(row migrate.Entry) bool {
	return row.Type == typeSQL || row.Type == typeSQLBaseline
}

// kindOf is the kind of file that a row was made of.
func kindOf(row migrate.Entry) migrate.Kind {
	switch {
	case row.Type == typeSQLBaseline:
		return migrate.Baseline
	case row.Version == "":
		return migrate.Repeatable
	}
	return migrate.Versioned
}
