package flyway

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/safemigrate/safemigrate/migrate"
)

// failures tell of rows that Flyway wrote for a migration that stopped half-way.
func (r *review) failures() []migrate.Problem {
	var found []migrate.Problem
	for _, row := range r.past.failed {
		found = append(found, migrate.Problem{
			Kind: migrate.DirtyState, Version: row.Version, File: row.Script,
			Detail: fmt.Sprintf("a failed migration is in Flyway's history (rank %d, %s %q); a part of what it does may be in the database", row.Rank, nameOf(row), row.Script),
			Choice: "look at what is in the database, undo that part by hand, then run flyway repair, which takes the row out",
		})
	}
	return found
}

func nameOf(row migrate.Entry) string {
	if row.Version == "" {
		return "repeatable"
	}
	return "version " + row.Version
}

// checkApplied compares a file with the row of its version, as flyway validate does.
func (r *review) checkApplied(m migrate.Migration) {
	row, applied := r.past.versioned[key(m.Version)]
	if !applied || (m.Kind == migrate.Baseline) != (kindOf(row) == migrate.Baseline) || row.Type == typeBaseline {
		return
	}
	var difference string
	switch {
	case !fromFile(row):
		difference = fmt.Sprintf("was applied as %s, and is SQL now", row.Type)
	case !equalChecksums(row.Checksum, m.Checksum) && m.Checksum != nil:
		difference = fmt.Sprintf("was changed after it was applied (checksum %s, applied was %s)", written(m.Checksum), written(row.Checksum))
	case row.Description != shorten(m.Name) && row.Description != noDescription:
		difference = fmt.Sprintf("is described as %q, and was %q when it was applied", m.Name, row.Description)
	default:
		return
	}
	r.problems = append(r.problems, migrate.Problem{
		Kind: migrate.Edited, Version: m.Version, File: m.File,
		Detail: fmt.Sprintf("%q %s", m.File, difference),
		Choice: "bring back what was applied and put the change into a new migration, or accept it with flyway repair, or go on with --allow edited",
	})
}

// noDescription stands in a row where a database cannot store an empty one.
const noDescription = "<< no description >>"

func written(checksum *int32) string {
	if checksum == nil {
		return "none"
	}
	return strconv.FormatInt(int64(*checksum), 10)
}

func (r *review) outOfOrder(m migrate.Migration) {
	r.problems = append(r.problems, migrate.Problem{
		Kind: migrate.OutOfOrder, Version: m.Version, File: m.File,
		Detail: fmt.Sprintf("%q was never applied, but the database is at version %s already", m.File, r.past.current),
		Choice: fmt.Sprintf("give the file a version above %s, set Flyway's outOfOrder to run it, or go on without it with --allow out-of-order", r.newest()),
	})
}

// newest is the highest version among the files and the history.
func (r *review) newest() string {
	if newest := r.newestFile(); compareVersions(newest, r.past.current) > 0 {
		return newest
	}
	return r.past.current
}

func (r *review) newestFile() string {
	newest := ""
	for _, m := range r.files {
		if (m.Kind == migrate.Versioned || m.Kind == migrate.Baseline) && compareVersions(m.Version, newest) > 0 {
			newest = m.Version
		}
	}
	return newest
}

// findMissing looks for the file of each row. Rows at or below a baseline need
// none, except the baseline's own.
func (r *review) findMissing() {
	have := map[slot]bool{}
	for _, m := range r.files {
		have[slotOf(m.Kind, m.Version, m.Name)] = true
	}
	newest, newer := r.newestFile(), []string(nil)
	for _, row := range r.rows() {
		below := row.Version != "" && r.past.baseline != "" && compareVersions(row.Version, r.past.baseline) <= 0
		switch {
		case !fromFile(row) || below && row.Type != typeSQLBaseline:
		case have[slotOf(kindOf(row), row.Version, row.Description)]:
		case row.Version != "" && compareVersions(row.Version, newest) > 0:
			newer = append(newer, row.Version)
		default:
			r.missing(row)
		}
	}
	if len(newer) > 0 {
		r.tooNew(newest, newer)
	}
}

func slotOf(kind migrate.Kind, version, description string) slot {
	if version == "" {
		return slot{kind: kind, key: shorten(description)}
	}
	return slot{kind: kind, key: key(version)}
}

// rows are what counts as applied, in the order of ranks.
func (r *review) rows() []migrate.Entry {
	var list []migrate.Entry
	for _, row := range r.past.versioned {
		list = append(list, row)
	}
	for _, row := range r.past.repeatable {
		list = append(list, row)
	}
	slices.SortFunc(list, func(a, b migrate.Entry) int { return a.Rank - b.Rank })
	return list
}

func (r *review) missing(row migrate.Entry) {
	r.problems = append(r.problems, migrate.Problem{
		Kind: migrate.Missing, Version: row.Version, File: row.Script,
		Detail: fmt.Sprintf("%q is applied (rank %d), but the file is not there any more", row.Script, row.Rank),
		Choice: "bring the file back, or mark it as deleted with flyway repair, or go on with --allow missing",
	})
}

func (r *review) tooNew(newest string, versions []string) {
	slices.SortFunc(versions, compareVersions)
	detail := fmt.Sprintf("the database has version %s applied, but the newest file is version %s: these files belong to an older release", strings.Join(versions, ", "), newest)
	if newest == "" {
		detail = fmt.Sprintf("the database has version %s applied, but there is no versioned file at all", strings.Join(versions, ", "))
	}
	r.problems = append(r.problems, migrate.Problem{
		Kind: migrate.TooNew, Version: versions[len(versions)-1], Detail: detail,
		Choice: "use the newer release's files, take the database back with safemigrate rollback, or go on with --allow too-new",
	})
}
