package hazard

import (
	"fmt"

	tree "github.com/pganalyze/pg_query_go/v6"

	"github.com/safemigrate/safemigrate/migrate"
)

// statement is what one statement does: the locks that it takes, the work under
// them, and its hazards.
type statement struct {
	*world
	outside bool // it is committed alone, in no transaction
	block   bool // it stands between BEGIN and COMMIT of its own file
	locks   []lock
	held    map[*relation]int // index in locks
	work    []work
	found   []finding
}

type lock struct {
	relation *relation
	mode     Mode
}

// work grows with the table that it is done on.
type work struct {
	relation *relation
	what     string
}

// The kinds of work, and how many bytes of a table a second does: round numbers
// for a table that is larger than the server's memory (docs/hazards.md).
const (
	scan       = "scan"
	rewrite    = "rewrite"
	indexBuild = "index build"
	update     = "update"
)

var rates = map[string]int64{scan: 200e6, rewrite: 50e6, indexBuild: 40e6, update: 20e6}

const pageSize = 8192

// finding is a hazard without its place.
type finding struct {
	kind     migrate.HazardKind
	relation *relation
	note     bool
	why      string
}

// lock notes that the statement locks r.
func (s *statement) lock(r *relation, m Mode) {
	if r == nil || m == None {
		return
	}
	if i, ok := s.held[r]; ok {
		s.locks[i].mode = max(s.locks[i].mode, m)
		return
	}
	if s.held == nil {
		s.held = map[*relation]int{}
	}
	s.held[r] = len(s.locks)
	s.locks = append(s.locks, lock{r, m})
}

// lockAll locks every relation of a list.
func (s *statement) lockAll(all []*relation, m Mode) {
	for _, r := range all {
		s.lock(r, m)
	}
}

// does notes work on r under its lock.
func (s *statement) does(what string, r *relation) { s.work = append(s.work, work{r, what}) }

// reports whether the statement already does that work on r.
func (s *statement) doing(what string, r *relation) bool {
	for _, w := range s.work {
		if w.what == what && w.relation == r {
			return true
		}
	}
	return false
}

// hazardf notes a hazard of the statement. About a table that the batch itself
// has made there is none.
func (s *statement) hazardf(id string, r *relation, format string, args ...any) {
	k := kinds.Called(id)
	note := false
	if r != nil {
		if r.fresh() {
			return
		}
		note = k.Note(r.bytes(), r.bytes() == 0)
	}
	s.found = append(s.found, finding{k, r, note, fmt.Sprintf(format, args...)})
}

// remarkf notes a hazard of design, which a new table has as well.
func (s *statement) remarkf(id string, r *relation, format string, args ...any) {
	s.found = append(s.found, finding{kind: kinds.Called(id), relation: r, why: fmt.Sprintf(format, args...)})
}

// judge finds what a statement does and carries the world on behind it.
func (s *statement) judge(n *tree.Node) {
	switch {
	case s.judgeTable(n), s.judgeRows(n), s.judgeObject(n):
	}
}
