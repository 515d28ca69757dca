package golangmigrate

import (
	"fmt"
	"maps"
	"slices"

	"github.com/safemigrate/safemigrate/migrate"
)

// Pending returns the versions above the history's. The table remembers one
// number only, so what lies below it is judged by what the ledger knows: a file
// is edited when its digest differs, and out of order when it lies between
// versions that the ledger has and is not among them. The ledger is therefore
// expected to know the files that golang-migrate itself applied in between.
func (*Convention) Pending(files []migrate.Migration, h migrate.History, known []migrate.Applied) ([]migrate.Migration, []migrate.Problem) {
	d := compare(versioned(files), h.Version, latest(known))
	if h.Dirty {
		return nil, []migrate.Problem{d.dirty()}
	}
	var due []migrate.Migration
	for _, m := range d.files {
		if compareVersions(m.Version, h.Version) > 0 {
			due = append(due, m)
		}
	}
	return due, d.problems()
}

func versioned(files []migrate.Migration) []migrate.Migration {
	var ups []migrate.Migration
	for _, m := range files {
		if m.Kind == migrate.Versioned {
			ups = append(ups, m)
		}
	}
	slices.SortStableFunc(ups, func(a, b migrate.Migration) int { return compareVersions(a.Version, b.Version) })
	return ups
}

// latest keeps the newest record of each version, sorted by version.
func latest(known []migrate.Applied) []migrate.Applied {
	newest := map[string]migrate.Applied{}
	for _, a := range known {
		if a.Kind == migrate.Versioned {
			newest[a.Version] = a
		}
	}
	return slices.SortedFunc(maps.Values(newest), func(a, b migrate.Applied) int { return compareVersions(a.Version, b.Version) })
}

// disagreement compares sorted files, the history's version and the ledger.
type disagreement struct {
	files   []migrate.Migration
	current string
	known   []migrate.Applied
	hasFile map[string]bool
	applied map[string]migrate.Applied
}

func compare(files []migrate.Migration, current string, known []migrate.Applied) disagreement {
	d := disagreement{files: files, current: current, known: known, hasFile: map[string]bool{}, applied: map[string]migrate.Applied{}}
	for _, m := range files {
		d.hasFile[m.Version] = true
	}
	for _, a := range known {
		d.applied[a.Version] = a
	}
	return d
}

func (d disagreement) problems() []migrate.Problem {
	found := d.withoutFile()
	for _, m := range d.files {
		if compareVersions(m.Version, d.current) > 0 {
			break
		}
		if p := d.judge(m); p != nil {
			found = append(found, *p)
		}
	}
	return found
}

// judge looks at one file that the history says was applied.
func (d disagreement) judge(m migrate.Migration) *migrate.Problem {
	if a, ok := d.applied[m.Version]; ok {
		if m.Digest == "" || a.Digest == "" || a.Digest == m.Digest {
			return nil
		}
		return &migrate.Problem{
			Kind: migrate.Edited, Version: m.Version, File: m.File,
			Detail: fmt.Sprintf("%q was changed after it was applied (SHA-256 %.12s…, applied was %.12s…)", m.File, m.Digest, a.Digest),
			Choice: "bring back the text that was applied and put the change into a new migration, or go on with --allow edited",
		}
	}
	if m.Version == d.current || !d.spansKnown(m.Version) {
		return nil
	}
	return &migrate.Problem{
		Kind: migrate.OutOfOrder, Version: m.Version, File: m.File,
		Detail: fmt.Sprintf("%q was never applied, but the database is at version %s already, and golang-migrate's history cannot go back to it", m.File, d.current),
		Choice: fmt.Sprintf("give the file a version above %s, or go on without it with --allow out-of-order", d.newest()),
	}
}

// withoutFile finds what was applied and has no file any more.
func (d disagreement) withoutFile() []migrate.Problem {
	var found []migrate.Problem
	if d.current != "" && compareVersions(d.current, d.newestFile()) > 0 {
		found = append(found, d.tooNew())
	}
	for _, version := range d.appliedVersions() {
		if compareVersions(version, d.newestFile()) > 0 || d.hasFile[version] {
			continue
		}
		found = append(found, migrate.Problem{
			Kind: migrate.Missing, Version: version,
			Detail: fmt.Sprintf("version %s is applied, but no file has it any more", version),
			Choice: "bring the file back, or go on with --allow missing",
		})
	}
	return found
}

func (d disagreement) tooNew() migrate.Problem {
	detail := fmt.Sprintf("the database is at version %s, but the newest file is version %s: these files belong to an older release", d.current, d.newestFile())
	if d.newestFile() == "" {
		detail = fmt.Sprintf("the database is at version %s, but there is no migration file at all", d.current)
	}
	return migrate.Problem{
		Kind: migrate.TooNew, Version: d.current, Detail: detail,
		Choice: "use the newer release's files, take the database back with safemigrate rollback, or go on with --allow too-new",
	}
}
