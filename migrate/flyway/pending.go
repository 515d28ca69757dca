package flyway

import (
	"cmp"
	"slices"

	"github.com/safemigrate/safemigrate/migrate"
)

// Pending returns the versions above the newest applied one, then the repeatables
// that are new or changed, by description. Before a first version the newest
// baseline file is due in place of all versions up to its own. The ledger is not
// needed: the history has checksums.
func (c *Convention) Pending(files []migrate.Migration, h migrate.History, _ []migrate.Applied) ([]migrate.Migration, []migrate.Problem) {
	r := &review{convention: c, files: sorted(files), past: readPast(h.Entries)}
	if len(r.past.failed) > 0 {
		return nil, r.failures()
	}
	r.findMissing()
	floor := r.past.baseline
	if r.past.current == "" {
		floor = r.start()
	}
	for _, m := range r.files {
		switch m.Kind {
		case migrate.Versioned:
			r.version(m, floor)
		case migrate.Repeatable:
			r.repeatable(m)
		case migrate.Baseline:
			r.checkApplied(m)
		}
	}
	return r.due, r.problems
}

// sorted puts versions before repeatables.
func sorted(files []migrate.Migration) []migrate.Migration {
	list := slices.Clone(files)
	slices.SortStableFunc(list, func(a, b migrate.Migration) int {
		if a.Version == "" || b.Version == "" {
			return cmp.Or(-cmp.Compare(min(len(a.Version), 1), min(len(b.Version), 1)), cmp.Compare(a.Name, b.Name))
		}
		return compareVersions(a.Version, b.Version)
	})
	return list
}

// review compares files with a history.
type review struct {
	convention *Convention
	files      []migrate.Migration
	past       past
	due        []migrate.Migration
	problems   []migrate.Problem
}

// start makes the newest baseline due and returns its version.
func (r *review) start() string {
	for _, m := range slices.Backward(r.files) {
		if m.Kind == migrate.Baseline {
			r.due = append(r.due, m)
			return m.Version
		}
	}
	return ""
}

func (r *review) version(m migrate.Migration, floor string) {
	_, applied := r.past.versioned[key(m.Version)]
	switch {
	case floor != "" && compareVersions(m.Version, floor) <= 0:
		return
	case applied:
		r.checkApplied(m)
	case r.past.current == "" || compareVersions(m.Version, r.past.current) > 0 || r.convention.options.OutOfOrder:
		r.due = append(r.due, m)
	default:
		r.outOfOrder(m)
	}
}

func (r *review) repeatable(m migrate.Migration) {
	row, applied := r.past.repeatable[shorten(m.Name)]
	if !applied || !r.convention.unchanged(m, row.Checksum) {
		r.due = append(r.due, m)
	}
}
