package golangmigrate

import (
	"fmt"

	"github.com/safemigrate/safemigrate/migrate"
)

// appliedVersions are the history's version and those below it that the ledger
// knows. What the ledger knows above it was taken back by other means.
func (d disagreement) appliedVersions() []string {
	var versions []string
	for _, a := range d.known {
		if compareVersions(a.Version, d.current) < 0 {
			versions = append(versions, a.Version)
		}
	}
	if d.current != "" {
		versions = append(versions, d.current)
	}
	return versions
}

// spansKnown reports whether the ledger knows versions on both sides. Below its
// first version it was not there yet; above its last one golang-migrate may have
// gone on by itself.
func (d disagreement) spansKnown(version string) bool {
	return len(d.known) > 0 &&
		compareVersions(version, d.known[0].Version) > 0 &&
		compareVersions(version, d.known[len(d.known)-1].Version) < 0
}

func (d disagreement) newestFile() string {
	if len(d.files) == 0 {
		return ""
	}
	return d.files[len(d.files)-1].Version
}

// newest is the highest version among the files and the history.
func (d disagreement) newest() string {
	if compareVersions(d.newestFile(), d.current) > 0 {
		return d.newestFile()
	}
	return d.current
}

// dirty tells what is known. Whether the file's work is in the database is not:
// golang-migrate also leaves the mark where the database undid everything.
func (d disagreement) dirty() migrate.Problem {
	p := migrate.Problem{Kind: migrate.DirtyState, Version: d.current}
	if d.current == "" {
		p.Detail = "golang-migrate stopped while it took back the first version, and marked the database as dirty"
		p.Choice = "look at what is in the database, finish or undo it by hand, then run migrate force -- -1 (nothing is applied) or migrate force V for the version V that it is at"
		return p
	}
	file, before := "the file of version "+d.current, "-- -1"
	for _, m := range d.files {
		switch c := compareVersions(m.Version, d.current); {
		case c == 0:
			p.File, file = m.File, m.File
		case c < 0:
			before = m.Version
		}
	}
	p.Detail = fmt.Sprintf("golang-migrate stopped on the way to version %s and marked it as dirty; all, some or nothing of %s may be in the database", d.current, file)
	p.Choice = fmt.Sprintf("look at what is in the database, then run migrate force %s if all of it is there, or migrate force %s if nothing of it is (finish or undo a part by hand first)", d.current, before)
	return p
}
